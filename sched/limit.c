/* sched/limit.c: counting what waits, reserving from elsewhere, and what a full queue does. */
#include "sched/limit.h"

#include "sched/adopt.h"
#include "sched/send.h"

/* --- beginning --- */

static uint64_t or_none(uint64_t max)
{
    return max != 0 ? max : UINT64_MAX;
}

/* The generation's bits in a number of reserved places. */
static uint64_t key_of(uint64_t id)
{
    return (id & ID_GENERATION) << (64 - ID_RUNTIME_SHIFT);
}

static void limit_begin(struct limit *l, uint64_t id, const struct sched_mailbox *box)
{
    bool limited = box->max != 0 || box->bytes_max != 0;
    bool reserves =
        limited && (box->overflow <= SCHED_DROP_NEWEST || box->overflow == SCHED_HOLD);

    /* relaxed, all of them: as the limit's other operations */
    at_set(&l->reserved, key_of(id));
    at_set(&l->reserved_bytes, key_of(id));
    at_set(&l->settled, 0);
    at_set(&l->settled_bytes, 0); /* relaxed, here and below */
    at_set(&l->max, or_none(box->max));
    at_set(&l->bytes_max, or_none(box->bytes_max));
    at_set(&l->overflow, (uint8_t)box->overflow);
    at_set(&l->reserves, reserves); /* relaxed */
    l->arriving_bytes = 0;
    l->arrived = 0;
    l->overflown = false;
    l->attends = box->overflow == SCHED_DROP_OLDEST || box->overflow == SCHED_HOLD;
}

bool sched_mailbox(struct sched *s, struct stock *stock, struct task *t,
                   const struct sched_mailbox *box)
{
    struct mailq *q = mailq_new(&stock->pool);

    if (q == NULL)
        return false;
    t->cold.queue = q;
    if (box->rank != NULL && (q->ranks = ranks_new(&stock->pool, box->rank)) == NULL)
        return false;
    limit_begin(limit_of(s, t), task_id(&s->table, t), box);
    task_set_word(t, (task_word(t) & ~(uint64_t)TASK_FRESH) | TASK_QUEUED | TASK_BOUNDED);
    return true;
}

bool sched_overflown(const struct sched *s, const struct task *t)
{
    return is_bounded(t) && limit_of(s, t)->overflown;
}

/* --- the holder's numbers --- */

static uint64_t bytes_of(const struct sched *s, const struct record *r)
{
    return (record_extra(r) & RECORD_BLOCK) != 0 ? s->ops->size(r) : record_size(r);
}

uint64_t limit_bytes(const struct sched *s, struct task *t, const struct record *r)
{
    return UNLIKELY(limit_counts_bytes(limit_of(s, t))) ? bytes_of(s, r) : 0;
}

COLD void limit_settle_bytes(struct limit *l, uint64_t more)
{
    uint64_t arrived = l->arriving_bytes;

    l->arriving_bytes = 0;
    /* relaxed: our own */
    places_settle(&l->settled_bytes, at_peek(&l->settled_bytes) + more - arrived);
}

/* --- more than there is room for --- */

static bool is_limited(const struct record *r)
{
    return record_kind(r) == RECORD_MAIL && (record_extra(r) & RECORD_PAST) == 0;
}

static void drop(struct domain *d, struct record *m)
{
    d->sched->ops->dead(d->sched, &d->stock, m, SCHED_FULL);
}

static bool drop_from_old(struct domain *d, struct task *t, struct mailq *q)
{
    struct fifo_walk i = fifo_walk(&q->old);
    uint64_t bytes;

    while (i.at != NULL && !is_limited(i.at))
        fifo_step(&q->old, &i);
    if (i.at == NULL)
        return false;
    bytes = limit_bytes(d->sched, t, i.at);
    drop(d, i.at);
    fifo_remove(&q->old, i.at);
    limit_took(d->sched, t, bytes);
    if (i.skipped > QBLOCK_FEW && i.skipped > q->old.count)
        fifo_tidy(&q->old, &d->stock.pool); /* the message in hand is a copy */
    return true;
}

/* What may not be dropped goes where it is served next: it is the oldest. */
static bool drop_first(struct domain *d, struct task *t, struct mailq *q, struct fifo *f)
{
    struct record *m;

    while ((m = fifo_next(f, &d->stock.pool)) != NULL) {
        bool limited = is_limited(m);

        if (!limited && fifo_put(&q->old, &d->stock.pool, m))
            continue;
        limit_left(d->sched, t, m);
        if (limited) {
            drop(d, m);
            return true;
        }
        record_lost(d, t, m);
    }
    return false;
}

/* Of those with priorities the lowest. */
static bool drop_one(struct domain *d, struct task *t, struct mailq *q)
{
    for (unsigned k = 0; q->ranks != NULL && k < RANKS; k++)
        if (drop_first(d, t, q, &q->ranks->of[k]))
            return true;
    return drop_from_old(d, t, q) || drop_first(d, t, q, &q->fresh);
}

static bool make_room(struct domain *d, struct task *t, struct limit *l, uint64_t bytes)
{
    struct mailq *q = task_queue(d->sched, t);

    if (bytes > at_peek(&l->bytes_max)) /* relaxed: constant */
        return false; /* it alone is too large: no reason to drop the others */
    while (!limit_has_room(l, bytes))
        if (!drop_one(d, t, q))
            return false;
    return true;
}

static void stop(struct domain *d, struct task *t, struct limit *l)
{
    l->overflown = true;
    task_flag(t, TASK_STOPPING);
    control_later(d, t);
}

enum limit_verdict limit_admit(struct domain *d, struct task *t, const struct record *r)
{
    struct limit *l = limit_of(d->sched, t);
    uint64_t bytes = limit_bytes(d->sched, t, r);

    if (!is_limited(r) || limit_has_room(l, bytes))
        return LIMIT_ROOM;
    switch (at_peek(&l->overflow)) { /* relaxed: constant */
    case SCHED_DROP_NEWEST:
        return LIMIT_DROP;
    case SCHED_DROP_OLDEST:
        return make_room(d, t, l, bytes) ? LIMIT_ROOM : LIMIT_FULL;
    case SCHED_STOP:
        stop(d, t, l);
        return LIMIT_FULL;
    default:
        return LIMIT_FULL;
    }
}

/* --- from elsewhere --- */

enum limit_verdict limit_reserve(struct sched *s, struct task *t, const struct record *r)
{
    struct limit *l = limit_of(s, t);
    uint64_t key = key_of(r->to);
    bool drops = at_peek(&l->overflow) == SCHED_DROP_NEWEST; /* relaxed: constant */
    enum limit_verdict full = drops ? LIMIT_DROP : LIMIT_FULL;
    uint64_t bytes;

    if (!is_limited(r) || !at_peek(&l->reserves)) /* relaxed: constant */
        return LIMIT_ROOM;
    if (!places_take(&l->reserved, key, 1, &l->settled, at_peek(&l->max)))
        return full;
    bytes = limit_bytes(s, t, r);
    if (bytes > 0 && /* relaxed: constant */
        !places_take(&l->reserved_bytes, key, bytes, &l->settled_bytes,
                     at_peek(&l->bytes_max))) {
        places_return(&l->reserved, key, 1);
        return full;
    }
    return LIMIT_ROOM;
}

static bool has_place(struct limit *l, const struct record *r)
{
    return is_limited(r) && at_peek(&l->reserves); /* relaxed: constant */
}

void limit_release(struct sched *s, struct task *t, const struct record *r)
{
    struct limit *l = limit_of(s, t);

    if (!has_place(l, r))
        return;
    places_return(&l->reserved, key_of(r->to), 1);
    places_return(&l->reserved_bytes, key_of(r->to), limit_bytes(s, t, r));
}

/* There may be no place: a forged id may have found the task before it had a limit. */
void limit_arriving(struct sched *s, struct task *t, const struct record *r)
{
    struct limit *l = limit_of(s, t);

    /* relaxed: the place was reserved before the message was sent */
    if (!has_place(l, r) || (uint32_t)at_peek(&l->reserved) == l->arrived)
        return;
    l->arrived++;
    l->arriving_bytes += limit_bytes(s, t, r);
}

void limit_arrived(struct sched *s, struct task *t)
{
    limit_took(s, t, 0);
}
