/* sched/turn.c: a turn that is not plain, and what follows from what a step returned. */
#include "sched/turn.h"

#include "sched/adopt.h"
#include "sched/await.h"
#include "sched/pressure.h"
#include "sched/remote.h"
#include "sched/send.h"
#include "sched/tree.h"

#include <string.h>

/* A message waits with its task, in front of its other mail; by: the step that handles it, NULL
 * for the task's own; deadline: that its questions keep to. */
static void keep_message(struct domain *d, struct task *t, const struct record *m,
                         task_step by, uint64_t deadline)
{
    struct mailq *q = queue_begin(d, t) ? task_queue(d->sched, t) : NULL;
    struct aside *aside = q != NULL ? aside_of(d, q) : NULL;

    if (aside == NULL) { /* no memory to wait in: then it waits behind the others */
        if (!deliver(d, t, m))
            d->sched->ops->dead(d->sched, &d->stock, m, SCHED_NO_MEMORY);
        return;
    }
    memmove(aside->message, m, record_slots(m) * sizeof *m);
    aside->step = by;
    aside->deadline = deadline;
    q->held = true;
    queue_kick(d, t);
}

/* Not wanted now: the mailq was made, and the stash's limit looked at, in the step. */
static void stash(struct domain *d, struct task *t, const struct record *m)
{
    if (!fifo_put(&task_queue(d->sched, t)->stash, &d->stock.pool, m))
        d->sched->ops->dead(d->sched, &d->stock, m, SCHED_NO_MEMORY);
}

/* The task goes on without mail, at its next turn. */
static void go_on_later(struct domain *d, struct task *t, const uint64_t verdict[3])
{
    struct record r = {task_id(&d->sched->table, t), 0,
                       record_head((uint32_t)verdict[1], RECORD_MAIL, 0, 8), verdict[2]};

    r.from = r.to;
    record_mark(&r, RECORD_MARK);
    keep_message(d, t, &r, (task_step)(uintptr_t)verdict[0], 0);
}

/* Not handled yet: it will come up again, or is dead. */
static void put_off(struct domain *d, const struct record *m)
{
    if (is_counted(m))
        d->others++;
}

void settle(struct worker *w, struct domain *d, struct task *t, const struct outcome *o)
{
    switch (o->next) {
    case NEXT_STAY:
        break;
    case NEXT_YIELD:
        put_off(d, o->message);
        keep_message(d, t, o->message, o->by, o->deadline);
        break;
    case NEXT_STASH:
        put_off(d, o->message);
        stash(d, t, o->message);
        break;
    case NEXT_STASH_FULL:
        put_off(d, o->message);
        d->sched->ops->dead(d->sched, &d->stock, o->message, SCHED_STASH_FULL);
        break;
    case NEXT_LATER:
        task_unflag(t, TASK_AWAITING | TASK_DUE); /* that was given up */
        go_on_later(d, t, o->verdict);
        break;
    case NEXT_AWAIT:
        await_begin(d, t, o->question, o->verdict);
        break;
    case NEXT_RECEIVE:
        receive_begin(d, t, o->verdict);
        break;
    default:
        d->sched->ops->next(w, t, o->next, o->verdict);
    }
}

COLD static bool after_odd_turn(struct worker *w, struct domain *d, struct task *t,
                                const struct record *m, int next)
{
    struct outcome o = {next, w->verdict, m, w->question, w->reply_step, w->deadline};
    struct mailq *q = task_queue(d->sched, t);

    if (w->boxed)
        flush(w, d, true);
    if (!keeps_message(next) && (record_extra(m) & (RECORD_BLOCK | RECORD_OPEN)) != 0)
        d->sched->ops->handled(d->sched, &d->stock, m, next);
    if (next != NEXT_AWAIT)
        sched_unask(d->sched, &d->stock, w->question);
    if (UNLIKELY(w->slips != NULL))
        pressure_begin(d, t, slips_take(w));
    if (UNLIKELY(q != NULL && q->unstash)) /* first: the step may want a message of it */
        unstash(d, t, q);
    settle(w, d, t, &o);
    w->deadline = 0;
    return !w->lost;
}

/* Does the floor below the actors know what to do with this result? */
static inline bool is_ours(int next)
{
    return next == NEXT_STAY ||
           (unsigned)next - NEXT_YIELD < (unsigned)(NEXT_OTHERS - NEXT_YIELD);
}

/* Most only end. */
COLD bool after_turn(struct worker *w, struct domain *d, struct task *t,
                     const struct record *m, int next)
{
    if (UNLIKELY(w->boxed || is_ours(next) ||
                 (record_extra(m) & (RECORD_BLOCK | RECORD_OPEN)) != 0))
        return after_odd_turn(w, d, t, m, next);
    d->sched->ops->next(w, t, next, w->verdict);
    return !w->lost;
}

bool run_end(struct worker *w, struct domain *d, struct task *t, struct record *m,
             enum record_kind how)
{
    const struct sched_ops *ops = d->sched->ops;

    d->others++;
    if (record_kind(m) == RECORD_WATCH && record_tag(m) != SCHED_TAG_STARTED)
        ops->watch(d->sched, &d->stock, t, m); /* of this very end */
    else if (record_is_mail(m))                /* first: the end may lose the domain */
        ops->dead(d->sched, &d->stock, m, SCHED_ENDED);
    ops->control(w, t, how);
    return !w->lost;
}

bool run_mark(struct worker *w, struct domain *d, struct task *t, struct record *m)
{
    if (record_kind(m) == RECORD_LAST)
        return run_end(w, d, t, m, RECORD_LAST);
    d->others++;
    d->sched->ops->watch(d->sched, &d->stock, t, m);
    if (is_to_act(d->sched, t))
        control_later(d, t);
    return true;
}

COLD bool turn_by(struct worker *w, struct domain *d, struct task *t, struct record *m,
                  task_step by, uint64_t deadline)
{
    bool goes_on;
    int next;

    if (!is_counted(m))
        d->others++;
    w->deadline = deadline;
    w->reply_step = by;
    w->handled = m;
    next = step_by(w, t, m, by != NULL ? by : t->step);
    w->handled = NULL;
    goes_on = step_over(w, d, t, m, next) && after_turn(w, d, t, m, next);
    w->reply_step = NULL;
    w->deadline = 0;
    return goes_on;
}

COLD bool turn(struct worker *w, struct domain *d, struct task *t, struct record *m)
{
    if (!record_is_message(m))
        return run_mark(w, d, t, m);
    if (!await_hears(d, t, m)) {
        d->others++;
        return true;
    }
    return turn_by(w, d, t, m, NULL, record_deadline(m));
}

COLD bool run_awaited(struct worker *w, struct domain *d, struct task *t,
                      struct record *m)
{
    struct talk *k = &task_queue(d->sched, t)->talk;
    uint64_t id = m->to;

    if (!await_hears(d, t, m)) {
        d->others++;
        return true;
    }
    if (UNLIKELY(pressure_keeps(t, m))) {
        d->others++;
        return true;
    }
    task_unflag(t, TASK_AWAITING | TASK_DUE);
    k->ref = 0;
    k->deadline = 0;
    if (!turn_by(w, d, t, m, k->step,
                 record_is_answer(m) ? k->inherited : record_deadline(m)))
        return false;
    if (task_is(t, id))
        await_done(d, t);
    return true;
}

static void failure(struct domain *d, struct task *t, struct record *m)
{
    const struct mailq *q = task_queue(d->sched, t);

    m[0] = (struct record){task_id(&d->sched->table, t),
                           q->talk.ref != 0 ? q->talk.callee : 0,
                           record_head(SCHED_TAG_FAILURE, RECORD_REPLY,
                                       RECORD_CALL | RECORD_FAILED | RECORD_HEARD | 1, 8),
                           (uint64_t)(int64_t)q->error};
    *record_call(m) = (struct call){.ref = q->talk.ref};
}

/* Or the answer, if the task was held when it came. */
COLD void run_due(struct worker *w, struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);

    if (q->held)
        memcpy(w->message, q->aside->message, sizeof w->message);
    else
        failure(d, t, w->message);
    q->held = false;
    d->turns++;
    run_awaited(w, d, t, w->message);
}

/* Who waits for a message gets it as one. */
static void signal_as_mail(struct domain *d, struct task *t, const struct record *m)
{
    if (!deliver(d, t, m))
        d->sched->ops->dead(d->sched, &d->stock, m, SCHED_NO_MEMORY);
}

/* There is more: said before a step is run, which may lose the domain. */
static void signal_rest(struct domain *d, struct task *t)
{
    if (tree_has_news(d->sched, t))
        task_flag(t, TASK_SIGNALLED);
}

/* The task hears what has become of a child. False: the domain was lost. */
static bool run_news(struct worker *w, struct domain *d, struct task *t, struct record *m)
{
    enum record_kind what;
    struct task *child = tree_hear(d, t, &what);
    task_step hook;

    *m = (struct record){task_id(&d->sched->table, t),
                         task_kin(d->sched, child)->note.from,
                         record_head(0, RECORD_MAIL, RECORD_MARK, 0), 0};
    hook = d->sched->ops->news(w, t, child, what, m);
    if (hook == NULL)
        return !w->lost;
    signal_rest(d, t);
    d->turns++;
    return turn_by(w, d, t, m, hook, 0);
}

/* One signal: an exit, or else what there is to hear of the children. */
COLD void run_signal(struct worker *w, struct domain *d, struct task *t)
{
    struct record *m = w->message;
    uint64_t id = task_id(&d->sched->table, t);
    bool goes_on = true;

    task_unflag(t, TASK_SIGNALLED);
    if (d->sched->ops->signal(w, t, m)) {
        if ((task_word(t) & TASK_AWAITING) != 0) {
            signal_as_mail(d, t, m);
        } else {
            signal_rest(d, t);
            d->turns++;
            goes_on = turn_by(w, d, t, m, NULL, 0);
        }
    } else if (!w->lost && task_is(t, id) && !is_closed(t) &&
               tree_has_news(d->sched, t)) {
        goes_on = run_news(w, d, t, m);
    }
    if (!goes_on || w->lost || !task_is(t, id) || is_closed(t))
        return;
    signal_rest(d, t);
    await_resume(d, t);
}

void sched_code_begin(struct worker *w, struct task *t)
{
    if (is_bounded(t))
        pressure_release(w->domain, t);
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
    pressure_begin(w->domain, t, slips_take(w));
    sched_unask(w->sched, &w->domain->stock, w->question);
    w->deadline = 0;
    return true;
}
