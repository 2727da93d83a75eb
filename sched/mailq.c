/* sched/mailq.c: queues of records in blocks. */
#include "sched/mailq.h"

#include "sched/alarm.h"

#include <string.h>

struct mailq *mailq_new(struct pool *pool)
{
    struct mailq *q = pool_alloc(pool, POOL_256);

    if (q != NULL)
        memset(q, 0, sizeof *q);
    return q;
}

struct aside *aside_new(struct pool *pool)
{
    struct aside *a = pool_alloc(pool, POOL_256);

    if (a != NULL)
        memset(a, 0, sizeof *a);
    return a;
}

void aside_tie(struct aside *a, struct node *envelope)
{
    envelope->next = NULL;
    if (a->ties == NULL)
        a->ties = envelope;
    else
        a->last_tie->next = envelope;
    a->last_tie = envelope;
}

static struct record *block_of(struct qfoot *foot)
{
    return (struct record *)(void *)foot - foot->capacity;
}

static void block_free(struct pool *pool, struct qfoot *foot)
{
    pool_free(pool, foot->capacity == QBLOCK_FEW ? POOL_1K : POOL_SEGMENT,
              block_of(foot));
}

static void blocks_free(struct pool *pool, struct qfoot *foot)
{
    struct qfoot *next;

    for (; foot != NULL; foot = next) {
        next = foot->next;
        block_free(pool, foot);
    }
}

/* A block that is read to its end is kept for the message being handled; and there are more
 * if the last records were taken out. */
static void fifo_done(struct fifo *f, struct pool *pool)
{
    blocks_free(pool, f->read_end);
}

void mailq_free(struct pool *pool, struct mailq *q)
{
    INVARIANT(!mailq_has_mail(q) && q->stash.count == 0 && !q->returned);
    fifo_done(&q->old, pool);
    fifo_done(&q->fresh, pool);
    fifo_done(&q->stash, pool);
    for (unsigned k = 0; q->ranks != NULL && k < RANKS; k++)
        fifo_done(&q->ranks->of[k], pool);
    if (q->ranks != NULL)
        pool_free(pool, POOL_256, q->ranks);
    slab_done(&q->talk.asks, pool);
    slab_done(&q->talk.debts, pool);
    timing_free(pool, q->talk.timing);
    if (q->aside != NULL)
        pool_free(pool, POOL_256, q->aside);
    pool_free(pool, POOL_256, q);
}

bool mailq_is_idle(const struct mailq *q)
{
    return !mailq_has_mail(q) && !q->turn_out && q->stash.count == 0 &&
           (q->aside == NULL || q->aside->slips_out == 0) && q->talk.armed == 0 &&
           q->talk.asks.used == 0 && q->talk.debts.used == 0 && q->talk.ties == NULL &&
           timing_is_idle(q->talk.timing);
}

/* --- priorities --- */

struct ranks *ranks_new(struct pool *pool, unsigned (*rank)(const struct weft_msg *msg))
{
    struct ranks *ranks = pool_alloc(pool, POOL_256);

    if (ranks != NULL) {
        memset(ranks, 0, sizeof *ranks);
        ranks->rank = rank;
    }
    return ranks;
}

/* What is no message cannot wait for messages. */
struct fifo *ranks_for(struct ranks *ranks, const struct record *r)
{
    unsigned rank = RANKS - 1;

    if (record_is_message(r))
        rank = ranks->rank((const struct weft_msg *)(const void *)r);
    return &ranks->of[rank < RANKS ? rank : RANKS - 1];
}

static unsigned highest(const struct ranks *ranks)
{
    unsigned rank = RANKS - 1;

    while (rank > 0 && ranks->of[rank].count == 0)
        rank--;
    return rank;
}

struct record *ranks_next(struct ranks *ranks, struct pool *pool)
{
    unsigned top = highest(ranks), next = top;

    for (unsigned k = 0; k < top; k++)
        if (ranks->of[k].count > 0 && ++ranks->overtaken[k] > OVERTAKEN_MAX &&
            next == top)
            next = k;
    ranks->overtaken[next] = 0;
    return fifo_next(&ranks->of[next], pool);
}

uint64_t ranks_waiting(const struct ranks *ranks)
{
    uint64_t count = 0;

    for (unsigned k = 0; k < RANKS; k++)
        count += ranks->of[k].count;
    return count;
}

/* --- blocks --- */

COLD bool fifo_grow(struct fifo *f, struct pool *pool)
{
    bool large = f->count >= QBLOCK_FEW;
    uint32_t capacity = large ? QBLOCK_MANY : QBLOCK_FEW;
    struct record *block = pool_alloc(pool, large ? POOL_SEGMENT : POOL_1K);
    struct qfoot *foot;

    if (block == NULL)
        return false;
    foot = (struct qfoot *)(void *)(block + capacity);
    foot->next = NULL;
    foot->capacity = capacity;
    if (f->write_end == NULL) {
        f->read = block;
        f->read_end = foot;
    } else {
        f->write_end->next = foot;
        if (f->write !=
            (struct record *)(void *)f->write_end) { /* too little room: skip it */
            f->write->to = 0;
            f->write->head = record_head(0, RECORD_END, 0, 0);
        }
    }
    f->write = block;
    f->write_end = foot;
    return true;
}

COLD void fifo_skip(struct fifo *f, struct pool *pool)
{
    struct qfoot *foot = f->read_end;

    if (f->read != (struct record *)(void *)foot && record_kind(f->read) != RECORD_END) {
        f->read += record_slots(f->read);
        return;
    }
    f->read_end = foot->next;
    f->read = block_of(foot->next);
    block_free(pool, foot);
}

/* To the next record, over ends of blocks and what was taken out. */
static void walk_on(struct fifo_walk *i)
{
    while (i->at == (struct record *)(void *)i->end || i->at->to == 0) {
        if (i->at != (struct record *)(void *)i->end &&
            record_kind(i->at) != RECORD_END) {
            i->at += record_slots(i->at);
            i->skipped++;
        } else {
            i->end = i->end->next;
            i->at = block_of(i->end);
        }
    }
}

struct fifo_walk fifo_walk(const struct fifo *f)
{
    struct fifo_walk i = {f->read, f->read_end, f->count, 0};

    if (i.left == 0)
        i.at = NULL;
    else
        walk_on(&i);
    return i;
}

void fifo_step(const struct fifo *f, struct fifo_walk *i)
{
    (void)f;
    if (--i->left == 0) {
        i->at = NULL;
        return;
    }
    i->at += record_slots(i->at);
    walk_on(i);
}

/* A record goes to the end of what is written, which is at or before its place. */
static void move_up(struct fifo *f, const struct record *r)
{
    unsigned slots = record_slots(r);
    struct record *end = (struct record *)(void *)f->write_end;

    if (end - f->write < (ptrdiff_t)slots) { /* it lies in a block behind this one */
        if (f->write != end)
            *f->write = (struct record){.head = record_head(0, RECORD_END, 0, 0)};
        f->write_end = f->write_end->next;
        f->write = block_of(f->write_end);
    }
    memmove(f->write, r, slots * sizeof *r);
    f->write += slots;
}

void fifo_tidy(struct fifo *f, struct pool *pool)
{
    struct fifo_walk i = fifo_walk(f);

    if (f->read_end == NULL)
        return;
    f->write = f->read;
    f->write_end = f->read_end;
    while (i.at != NULL) {
        const struct record *r = i.at;

        fifo_step(f, &i); /* first: r may be written over */
        move_up(f, r);
    }
    blocks_free(pool, f->write_end->next);
    f->write_end->next = NULL;
}
