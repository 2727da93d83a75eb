/* sched/outside.c: the way in for threads without a domain: plain threads, and steps that
 * have lost theirs. They share a few lanes with memory and counters, each behind a lock. */
#include "sched/remote.h"
#include "sched/rescue.h"

struct stock *lane_enter(struct sched *s)
{
    /* A thread keeps to its lane; which one it is does not matter. */
    uint64_t seed = (uint64_t)pthread_self();
    struct lane *lane = &s->lanes[s->sim == NULL ? random_mix(&seed) % LANES : 0];

    pthread_mutex_lock(&lane->lock);
    return &lane->stock;
}

static struct lane *lane_of(struct stock *stock)
{
    return (struct lane *)(void *)((char *)stock - offsetof(struct lane, stock));
}

void lane_leave(struct sched *s, struct stock *stock)
{
    (void)s;
    pthread_mutex_unlock(&lane_of(stock)->lock);
}

enum sched_sent sched_post(struct sched *s, const struct record *r)
{
    struct stock *stock = lane_enter(s);
    enum sched_sent sent = push_record(s, stock, r);

    lane_leave(s, stock);
    return sent;
}

/* --- messages whose memory was there before them --- */

struct node *sched_envelope_new(struct sched *s)
{
    struct stock *stock = lane_enter(s);
    struct node *n = pool_alloc(&stock->pool, POOL_128);

    lane_leave(s, stock);
    return n;
}

void sched_envelope_free(struct sched *s, struct node *envelope)
{
    struct stock *stock = lane_enter(s);

    pool_free(&stock->pool, POOL_128, envelope);
    lane_leave(s, stock);
}

enum sched_sent sched_push_in(struct sched *s, struct stock *stock, struct node *envelope,
                              const struct record *r)
{
    struct task *t = task_at(&s->table, r->to);
    bool alive = task_is(t, r->to) && task_id_is_sound(&s->table, r->to);

    INVARIANT(record_slots(r) > 1);
    envelope->next = NULL;
    for (unsigned i = 0; i < record_slots(r); i++)
        record_copy(&envelope->record + i, &r[i]);
    if (alive)
        push_mail(s, NULL, stock, t, envelope, envelope);
    else
        nodes_dead(s, stock, envelope, SCHED_NO_TASK);
    return alive ? SENT : SENT_NO_TASK;
}

enum sched_sent sched_post_in(struct sched *s, struct node *envelope,
                              const struct record *r)
{
    struct stock *stock = lane_enter(s);
    enum sched_sent sent = sched_push_in(s, stock, envelope, r);

    lane_leave(s, stock);
    return sent;
}

/* --- the place where a step works --- */

struct stock *stock_enter(struct worker *w, bool *lane)
{
    guard_raise(&w->guard);
    *lane = UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY) && !still_holds(w);
    if (LIKELY(!*lane))
        return &w->domain->stock;
    guard_lower(&w->guard);
    w->laned = true;
    return lane_enter(w->sched);
}

void stock_leave(struct worker *w, struct stock *stock, bool lane)
{
    if (lane) {
        lane_leave(w->sched, stock);
        w->laned = false;
    } else {
        guard_lower(&w->guard);
    }
}

struct pool *stock_pool(struct stock *stock)
{
    return &stock->pool;
}

struct tally *stock_tally(struct stock *stock)
{
    return &stock->tally;
}

struct stock *sched_stock(struct worker *w)
{
    return &w->domain->stock;
}

uint64_t sched_random(struct worker *w, uint64_t below)
{
    bool lane;
    struct stock *stock = stock_enter(w, &lane);
    uint64_t n = random_below(lane ? &lane_of(stock)->random : &w->domain->random, below);

    stock_leave(w, stock, lane);
    return n;
}

/* What was drained left a flag; what was not is looked through: only we may drain it, and we
 * are here. A detached task's mail is its domain's matter: then the flag has to do. */
bool sched_asked_to_end(struct worker *w)
{
    struct task *t = worker_task(w, sched_running(w));
    bool asked = (task_word(t) & (TASK_KILLED | TASK_STOPPING)) != 0;

    guard_raise(&w->guard);
    if (!asked && still_holds(w)) {
        struct node *n = inbox_chain(at_load(&t->in, acquire, IN7));

        for (; n != NULL && !asked; n = n->next)
            asked = n->record.to == sched_running(w) &&
                    (record_kind(&n->record) == RECORD_KILL ||
                     record_kind(&n->record) == RECORD_STOP);
    }
    guard_lower(&w->guard);
    return asked;
}
