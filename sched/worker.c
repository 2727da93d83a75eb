/* sched/worker.c: the loop that runs turns. */
#include "sched/worker.h"

#include "sched/adopt.h"
#include "sched/idle.h"
#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/send.h"
#include "sched/share.h"

#include <string.h>

/* --- a turn --- */

/* A yielded step's message waits with the task, in front of its other mail. */
static void keep_message(struct domain *d, struct task *t, const struct record *m)
{
    struct mailq *q;

    if (!queue_begin(d, t)) { /* no memory to wait in: then it waits behind the others */
        if (!deliver(d, t, m))
            d->sched->ops->dead(d->sched, &d->stock, m, SCHED_NO_MEMORY);
        return;
    }
    q = task_queue(d->sched, t);
    memmove(q->message, m, record_slots(m) * sizeof *m);
    q->held = true;
    queue_kick(d, t);
}

/* Behind a step that did more than stay: its mail for elsewhere, its message, its result.
 * False: the domain was lost. */
COLD static bool after_turn(struct worker *w, struct domain *d, struct task *t,
                            const struct record *m, int next)
{
    if (w->boxed)
        flush(w, d, true);
    if (next == NEXT_YIELD) {
        keep_message(d, t, m);
        d->others++;
        return true;
    }
    if ((record_extra(m) & RECORD_BLOCK) != 0)
        d->sched->ops->handled(d->sched, &d->stock, m);
    if (next != NEXT_STAY)
        d->sched->ops->next(w, t, next, w->verdict);
    return !w->lost;
}

/* The step itself; the guard is down meanwhile. */
static inline int step(struct worker *w, struct task *t, struct record *m)
{
    int next;

    at_set(&w->running, m->to); /* relaxed: the guard shows it */
    guard_lower(&w->guard);
    next = t->step((struct weft_self *)(void *)w, t->state, (struct weft_msg *)(void *)m);
    guard_raise(&w->guard);
    return next;
}

/* A whole turn of any message. False: the domain was lost. */
COLD static bool turn(struct worker *w, struct domain *d, struct task *t,
                      struct record *m)
{
    int next = step(w, t, m);

    return step_over(w, d, t, m, next) && after_turn(w, d, t, m, next);
}

void sched_code_begin(struct worker *w, struct task *t)
{
    at_set(&w->running, task_id(&w->sched->table, t)); /* relaxed: the guard shows it */
    guard_lower(&w->guard);
}

bool sched_code_end(struct worker *w, struct task *t, int next)
{
    guard_raise(&w->guard);
    if (!step_over(w, w->domain, t, NULL, next))
        return false;
    if (w->boxed)
        flush(w, w->domain, true);
    return true;
}

/* --- tasks in a special state --- */

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct record *queue_next(struct domain *d, struct mailq *q)
{
    struct record *r = fifo_next(&q->old, &d->stock.pool);

    return r != NULL ? r : fifo_next(&q->fresh, &d->stock.pool);
}

/* Still this task, alive, with its queue, and nothing more urgent to do for it. */
static bool queue_goes_on(struct task *t, uint64_t high)
{
    uint64_t word = task_word(t);

    return id_high(word) == high &&
           (word & (TASK_QUEUED | TASK_KILLED | TASK_STOPPING)) == TASK_QUEUED;
}

/* One message, from a queue or a newborn's first. False: the domain was lost. */
static inline bool counted_turn(struct worker *w, struct domain *d, struct task *t,
                                struct record *m)
{
    int next;

    d->turns++;
    if (UNLIKELY(record_extra(m) != 0))
        return turn(w, d, t, m);
    next = step(w, t, m);
    if (UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY) && !step_over(w, d, t, m, next))
        return false;
    return LIKELY((next | (int)w->boxed) == 0) || after_turn(w, d, t, m, next);
}

/* The mail that a queue has now, for up to QUEUE_NS; what comes meanwhile has to wait. The
 * clock is looked at after 1, 2, 4 .. messages. False: the domain was lost. */
static bool run_mail(struct worker *w, struct domain *d, struct task *t, struct mailq *q)
{
    uint64_t high = id_high(task_word(t)), left = q->old.count + q->fresh.count;
    uint64_t end = sched_now(d->sched) + cycles(d->sched, QUEUE_NS), now;
    uint32_t stride = 1, check = 1;

    for (; left > 0 && queue_goes_on(t, high) && !q->held; left--) {
        if (!counted_turn(w, d, t, queue_next(d, q)))
            return false;
        if (--check > 0)
            continue;
        now = sched_now(d->sched);
        at_set(&d->beat, now); /* relaxed: advisory */
        if (is_past(end, now))
            break;
        stride = least(2 * stride, QUEUE_CHECK);
        check = stride;
    }
    return true;
}

/* A queue with little mail goes back to the ring, in order; false if there is no memory for
 * all of it. */
static bool queue_to_ring(struct domain *d, struct task *t, struct mailq *q)
{
    struct record *m;

    while ((m = queue_next(d, q)) != NULL)
        if (!put_in_ring(d, t, m)) {
            d->sched->ops->dead(d->sched, &d->stock, m, SCHED_NO_MEMORY);
            return false;
        }
    return true;
}

/* Behind its turn: another one, or streaming again. */
static void queue_after(struct domain *d, struct task *t, struct mailq *q)
{
    if (q->held || q->turn_out || task_in_ring(t) > 0 ||
        q->old.count + q->fresh.count > QUEUE_FEW || !queue_to_ring(d, t, q)) {
        queue_kick(d, t);
        return;
    }
    task_unflag(t, TASK_QUEUED);
    mailq_free(&d->stock.pool, q);
}

/* A queued task has its turn; a yielded message is handled alone. */
static bool run_queue(struct worker *w, struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);
    uint64_t high = id_high(task_word(t));

    q->turn_out = false;
    if ((task_word(t) & TASK_BLOCKED) != 0)
        return true;
    if (q->held) {
        memcpy(w->message, q->message, sizeof w->message);
        q->held = false;
        if (!counted_turn(w, d, t, w->message))
            return false;
    }
    if (queue_goes_on(t, high) && !run_mail(w, d, t, q))
        return false;
    if (queue_goes_on(t, high))
        queue_after(d, t, q);
    return true;
}

/* A message for a task that may not run now, or that has older mail in its queue. */
static bool must_wait(struct domain *d, const struct task *t)
{
    uint64_t word = task_word(t);
    struct mailq *q;

    if ((word & TASK_QUEUED) == 0)
        return false;
    q = task_queue(d->sched, t);
    return (word & TASK_BLOCKED) != 0 || q->held || q->old.count > 0;
}

/* Any record, any state. False: the domain was lost. */
COLD static bool run_record(struct worker *w, struct domain *d, struct task *t,
                            struct record *m)
{
    const struct sched_ops *ops = d->sched->ops;
    uint64_t word = task_word(t);

    d->turns++;
    if ((word & (TASK_KILLED | TASK_STOPPING)) != 0 && (word & TASK_DETACHED) == 0) {
        d->others++;
        if (record_kind(m) != RECORD_TURN) /* first: the end may lose the domain */
            ops->dead(d->sched, &d->stock, m, SCHED_ENDED);
        ops->control(w, t, (word & TASK_KILLED) != 0 ? RECORD_KILL : RECORD_STOP);
        return !w->lost;
    }
    switch (record_kind(m)) {
    case RECORD_START:
        d->others++;
        task_unflag(t, TASK_STARTING);
        ops->start(w, t, m);
        return !w->lost;
    case RECORD_TURN:
        d->turns--;
        return run_queue(w, d, t);
    default:
        if (!must_wait(d, t))
            return turn(w, d, t, m);
        d->others++;
        if (!fifo_put(&task_queue(d->sched, t)->old, &d->stock.pool, m))
            ops->dead(d->sched, &d->stock, m, SCHED_NO_MEMORY);
        return true;
    }
}

/* The record at the head is not the plain case: an END mark, a place to skip, mail for a
 * task that is over or in a special state. False: the domain was lost. */
COLD static bool run_odd(struct worker *w, struct domain *d, struct record *m)
{
    struct task *t = worker_task(w, m->to);

    if (m->to == 0 && record_kind(m) == RECORD_END) {
        ring_advance(&d->ring, &d->stock.pool);
        return true;
    }
    d->ring.head = m + record_slots(m);
    if (m->to == 0)
        return true;
    if (!task_is(t, m->to)) {
        if (record_kind(m) != RECORD_TURN)
            d->sched->ops->dead(d->sched, &d->stock, m, SCHED_ENDED);
        return true;
    }
    t->left++;
    return run_record(w, d, t, m);
}

/* --- batches of turns --- */

static inline void count_turns(struct domain *d, uint32_t *done)
{
    d->turns += *done;
    *done = 0;
}

/* Past the tail there are old records: harmless. */
static inline void prefetch_ahead(const struct worker *w, const struct record *m)
{
    uint64_t ahead = m[PREFETCH].to & w->index_mask;

    __builtin_prefetch(&w->tasks[ahead], 1);
    __builtin_prefetch(&w->colds[ahead], 1);
}

/* Up to `budget` turns from the ring. False: the domain was lost.
 *
 * The turns of the plain case are counted here and added up when anybody may want to know;
 * if the domain is lost step_over does that. */
static bool run_ring(struct worker *w, struct domain *d, uint32_t budget)
{
    uint32_t mine = guard_mine(&w->guard), done = 0;
    bool far = d->far;

    for (; budget > 0; budget--) {
        struct record *m = d->ring.head;
        struct task *t;
        int next;

        if (m == d->ring.tail)
            break;
        t = worker_task(w, m->to);
        if (far)
            prefetch_ahead(w, m);
        if (UNLIKELY(task_word(t) != (id_high(m->to) | mine) || record_extra(m) != 0)) {
            count_turns(d, &done);
            if (!run_odd(w, d, m))
                return false;
            continue;
        }
        d->ring.head = m + 1;
        t->left++;
        done++;
        next = step(w, t, m);
        if (UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY)) {
            w->turns_of_lost = done;
            if (!step_over(w, d, t, m, next))
                return false;
            w->turns_of_lost = 0;
        }
        if (UNLIKELY((next | (int)w->boxed) != 0)) {
            count_turns(d, &done);
            if (!after_turn(w, d, t, m, next))
                return false;
        }
    }
    count_turns(d, &done);
    return true;
}

/* Newborns, the youngest first: a tree of spawns is walked depth first, in little memory. */
static bool run_newborns(struct worker *w, struct domain *d, uint32_t budget)
{
    for (; budget > 0 && d->newborns_top != d->newborns_base; budget--) {
        struct record *m = &w->newborn;
        struct task *t;

        record_copy(m, &d->newborns[--d->newborns_top]);
        if (m->to == 0)
            continue;
        t = worker_task(w, m->to);
        if (UNLIKELY(!task_is(t, m->to))) {
            d->sched->ops->dead(d->sched, &d->stock, m, SCHED_ENDED);
            continue;
        }
        task_unflag(t, TASK_LIFO);
        t->place = 0;
        if (LIKELY((task_word(t) & TASK_FLAGS) == 0)) {
            if (UNLIKELY(!counted_turn(w, d, t, m)))
                return false;
        } else if (!run_record(w, d, t, m)) {
            return false;
        }
    }
    return true;
}

/* Until the domain is left or lost, or the workers are to end. Guard up on entry. */
static void run(struct worker *w, struct domain *d)
{
    for (;;) {
        bool newborns;

        if (at_peek(&d->tokens) != NULL) /* relaxed: TK2 acquires */
            take_tokens(w, d, d);
        if (UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY) &&
            guard_held(&w->guard) == MINE_NOBODY)
            regain(w,
                   d); /* we were late, not stuck; with the guard up nobody else has it */
        if (UNLIKELY(d->control_first != NULL)) {
            serve_control(w, d);
            if (w->lost)
                return;
        }
        if (d->turns - d->ticked_turns >= d->span && !tick(w, d))
            break;
        newborns = d->newborns_top != d->newborns_base;
        if (!newborns && ring_empty(&d->ring) && d->control_first == NULL) {
            if (!idle(w, d))
                return;
            continue;
        }
        if (!run_ring(w, d, newborns ? least(NEWBORN_TURNS, d->span) : d->span) ||
            !run_newborns(w, d, least(NEWBORN_TURNS, d->span)))
            return;
        show_turns(d);
    }
    leave(w, d);
}

void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct sched *s = w->sched;

    while (!at_load(&s->stop, acquire, WK1)) {
        struct domain *d = borrow(w);

        if (d != NULL)
            run(w, d);
        else
            nap(w, NULL);
    }
    return NULL;
}
