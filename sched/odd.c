/* sched/odd.c: records for tasks in a special state: queued, waiting, stopping, over. */
#include "sched/odd.h"

#include "sched/adopt.h"
#include "sched/await.h"
#include "sched/limit.h"
#include "sched/pressure.h"
#include "sched/send.h"
#include "sched/turn.h"

#include <string.h>

static struct record *queue_next(struct domain *d, struct mailq *q)
{
    struct record *r = fifo_next(&q->old, &d->stock.pool);

    if (r == NULL && q->ranks != NULL)
        r = ranks_next(q->ranks, &d->stock.pool);
    return r != NULL ? r : fifo_next(&q->fresh, &d->stock.pool);
}

/* A message that may be dropped while another one's step runs must not take that one's block
 * along: so it is copied. */
static inline struct record *queue_take(struct worker *w, struct domain *d,
                                        struct task *t, struct mailq *q)
{
    struct record *m = queue_next(d, q);

    if (!is_bounded(t) || m == NULL)
        return m;
    limit_left(d->sched, t, m);
    if (LIKELY(!limit_of(d->sched, t)->attends))
        return m;
    if (is_holding(d->sched, t)) {
        pressure_eased(d, t, q);
        return m;
    }
    memcpy(w->message, m, record_slots(m) * sizeof *m);
    return w->message;
}

/* Still this task, alive, with its queue, and nothing more urgent to do for it. */
static bool queue_goes_on(struct sched *s, struct task *t, uint64_t high)
{
    uint64_t word = task_word(t);

    return id_high(word) == high &&
           (word & (TASK_QUEUED | TASK_KILLED | TASK_STOPPING | TASK_AWAITING |
                    TASK_HELD)) == TASK_QUEUED &&
           (LIKELY((word & TASK_SIGNALLED) == 0) || !signal_is_due(s, t));
}

/* The mail that a queue has now, for up to QUEUE_NS; what comes meanwhile has to wait. The
 * clock is looked at after 1, 2, 4 .. messages. False: the domain was lost. */
static bool run_mail(struct worker *w, struct domain *d, struct task *t, struct mailq *q)
{
    uint64_t high = id_high(task_word(t)), had = mailq_waiting(q), left = had;
    uint64_t end = sched_now(d->sched) + cycles(d->sched, QUEUE_NS), now;
    uint32_t stride = 1, check = 1;

    while (left > 0 && queue_goes_on(d->sched, t, high) && !q->held) {
        struct record *m = queue_take(w, d, t, q);

        if (m == NULL) /* the oldest were dropped meanwhile */
            break;
        left--;
        if (!counted_turn(w, d, t, m))
            return false;
        if (--check > 0)
            continue;
        now = sched_now(d->sched);
        at_set(&d->beat, now); /* relaxed: advisory */
        if (is_past(end, now))
            break;
        stride = (uint32_t)least(2 * stride, QUEUE_CHECK);
        check = stride;
    }
    if (queue_goes_on(d->sched, t, high))
        task_took(t, (uint32_t)(had - left) - 1); /* its TURN was counted for one */
    return true;
}

/* A queue with little mail goes back to the ring, in order; false if there is no memory for
 * all of it. */
static bool queue_to_ring(struct domain *d, struct task *t, struct mailq *q)
{
    struct record *m;

    while ((m = queue_next(d, q)) != NULL)
        if (!put_in_ring(d, t, m)) {
            record_lost(d, t, m);
            return false;
        }
    return true;
}

/* Behind its turn: another one, or streaming again. */
static void queue_after(struct domain *d, struct task *t, struct mailq *q)
{
    if (q->held || q->turn_out || is_bounded(t) || task_in_ring(t) > 0 ||
        mailq_waiting(q) > QUEUE_FEW || !queue_to_ring(d, t, q)) {
        queue_kick(d, t);
        return;
    }
    task_unflag(t, TASK_QUEUED);
    talk_rest(d, t);
}

/* The message that was kept. */
static bool run_held(struct worker *w, struct domain *d, struct task *t, struct mailq *q)
{
    memcpy(w->message, q->aside->message, sizeof w->message);
    q->held = false;
    d->turns++;
    return turn_by(w, d, t, w->message, q->aside->step, q->aside->deadline);
}

/* A queued task has its turn; a message that was kept is handled alone. */
static bool run_queue(struct worker *w, struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);
    uint64_t high = id_high(task_word(t));

    q->turn_out = false;
    if (is_receiving(t, q) && !receive_look(d, t, q))
        return true;
    if (is_blocked(t))
        return true;
    if (q->held && !run_held(w, d, t, q))
        return false;
    if (queue_goes_on(d->sched, t, high) && !run_mail(w, d, t, q))
        return false;
    if (queue_goes_on(d->sched, t, high))
        queue_after(d, t, q);
    else if (id_high(task_word(t)) == high && is_to_act(d->sched, t))
        control_later(d, t); /* a signal may have waited for this turn */
    return true;
}

/* A message for a task that may not run now, or that has older mail in its queue. */
static bool must_wait(struct domain *d, const struct task *t)
{
    uint64_t word = task_word(t);
    struct mailq *q;

    if ((word & (TASK_QUEUED | TASK_AWAITING)) == 0 && !is_dormant(t))
        return false;
    q = task_queue(d->sched, t);
    return is_blocked(t) || q->held || q->old.count > 0;
}

static bool waits_for(struct domain *d, struct task *t, const struct record *m)
{
    return (task_word(t) & (TASK_AWAITING | TASK_DETACHED)) == TASK_AWAITING &&
           !task_queue(d->sched, t)->held && await_wants(d, t, m);
}

/* For a message, which will not come if the task drains. */
static bool is_waiting(struct domain *d, const struct task *t)
{
    return (task_word(t) & TASK_AWAITING) != 0 &&
           is_receiving(t, task_queue(d->sched, t));
}

/* Mail that may not run now joins the task's queue. */
static void hold_back(struct domain *d, struct task *t, const struct record *m)
{
    d->others++;
    if (!queue_begin(d, t) || !queue_add(d, t, &task_queue(d->sched, t)->old, m))
        record_lost(d, t, m);
}

/* The task is to stop, or has a signal, and this record comes up before that is acted on. */
static void act_first(struct domain *d, struct task *t, const struct record *m)
{
    if (record_kind(m) == RECORD_TURN) {
        d->turns--;
        task_queue(d->sched, t)->turn_out = false;
    } else {
        hold_back(d, t, m);
    }
    control_later(d, t);
}

/* Its children are ending, and then it does. */
static void run_closed(struct domain *d, struct task *t, const struct record *m)
{
    if (record_kind(m) == RECORD_TURN) {
        d->turns--;
        task_queue(d->sched, t)->turn_out = false;
        return;
    }
    d->others++;
    if (record_kind(m) == RECORD_WATCH || record_kind(m) == RECORD_TIE)
        d->sched->ops->watch(d->sched, &d->stock, t, m);
    else if (record_is_mail(m))
        d->sched->ops->dead(d->sched, &d->stock, m, SCHED_ENDED);
}

COLD bool run_record(struct worker *w, struct domain *d, struct task *t, struct record *m)
{
    uint64_t word = task_word(t), id = m->to;

    d->turns++;
    if (is_closed(t)) {
        run_closed(d, t, m);
        return true;
    }
    if ((word & TASK_KILLED) != 0 && (word & TASK_DETACHED) == 0)
        return run_end(w, d, t, m, RECORD_KILL);
    if (is_to_act(d->sched, t)) {
        act_first(d, t, m);
        return true;
    }
    if (waits_for(d, t, m))
        return run_awaited(w, d, t, m);
    switch (record_kind(m)) {
    case RECORD_START:
        d->others++;
        task_unflag(t, TASK_STARTING);
        d->sched->ops->start(w, t, m);
        if (!w->lost && task_is(t, id) && is_to_act(d->sched, t))
            control_later(d, t);
        return !w->lost;
    case RECORD_TURN:
        d->turns--;
        return run_queue(w, d, t);
    case RECORD_WATCH:
        if ((word & TASK_DETACHED) == 0 && !is_dormant(t)) /* whatever it waits for */
            return run_mark(w, d, t, m);
        hold_back(d, t, m);
        return true;
    case RECORD_LAST:
        if (is_waiting(d, t)) /* in vain */
            return run_mark(w, d, t, m);
        /* fall through */
    default:
        if (!must_wait(d, t))
            return turn(w, d, t, m);
        hold_back(d, t, m);
        return true;
    }
}

COLD bool run_odd(struct worker *w, struct domain *d, struct record *m)
{
    struct task *t = worker_task(w, m->to);

    if (m->to == 0 && record_kind(m) == RECORD_END) {
        ring_advance(&d->ring, &d->stock.pool);
        return true;
    }
    if (m->to != 0 && task_is(t, m->to) && is_signalled(d->sched, t)) {
        run_signal(w, d, t); /* before the message */
        return !w->lost;
    }
    d->ring.head = m + record_slots(m);
    if (m->to == 0)
        return true;
    if (!task_is(t, m->to)) {
        if (record_is_mail(m))
            d->sched->ops->dead(d->sched, &d->stock, m, SCHED_ENDED);
        return true;
    }
    at_bump(&t->left, 1);
    return run_record(w, d, t, m);
}
