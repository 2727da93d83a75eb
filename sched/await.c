/* sched/await.c: beginning to wait, and what a task that waits is told. */
#include "sched/await.h"

#include "sched/adopt.h"
#include "sched/alarm.h"
#include "sched/limit.h"
#include "sched/pressure.h"
#include "sched/send.h"
#include "sched/timer.h"
#include "sched/tree.h"

#include <string.h>
#include <weft/error.h>

/* --- the mailq --- */

struct mailq *talk_begin(struct domain *d, struct task *t)
{
    if (t->cold.queue == NULL)
        t->cold.queue = mailq_new(&d->stock.pool);
    return t->cold.queue;
}

void talk_rest(struct domain *d, struct task *t)
{
    if (t->cold.queue == NULL ||
        (task_word(t) & (TASK_QUEUED | TASK_AWAITING | TASK_DETACHED)) != 0 ||
        !mailq_is_idle(t->cold.queue)) /* last: the asks are a detached step's */
        return;
    mailq_free(&d->stock.pool, t->cold.queue);
    t->cold.queue = NULL;
}

struct aside *aside_of(struct domain *d, struct mailq *q)
{
    if (q->aside == NULL)
        q->aside = aside_new(&d->stock.pool);
    return q->aside;
}

/* --- waiting for an answer --- */

void await_fail(struct domain *d, struct task *t, int error)
{
    task_queue(d->sched, t)->error = error;
    task_flag(t, TASK_DUE);
    control_later(d, t);
}

static void begin_waiting(struct domain *d, struct task *t)
{
    task_flag(t, TASK_AWAITING);
    if (is_bounded(t))
        pressure_release(d, t);
}

/* Who awaits has no more than one question out: no need to hold it. */
static enum sched_sent send_question(struct domain *d, struct record *question)
{
    enum sched_sent sent = send_between(d, question);

    if (LIKELY(sent != SENT_NO_ROOM) ||
        !is_holding(d->sched, task_at(&d->sched->table, question->to)))
        return sent;
    record_mark(question, RECORD_PAST);
    return send_between(d, question);
}

static int ask(struct domain *d, struct task *t, struct record *question)
{
    static const int errors[] = {[SENT] = 0,
                                 [SENT_NO_TASK] = WEFT_ENOACTOR,
                                 [SENT_FOREIGN] = WEFT_EFOREIGN,
                                 [SENT_NO_MEMORY] = WEFT_ENOMEM,
                                 [SENT_NO_ROOM] = WEFT_EFULL};
    uint64_t deadline = task_queue(d->sched, t)->talk.deadline;

    if (question->to == task_id(&d->sched->table, t))
        return WEFT_EDEADLOCK;
    if (deadline != 0 && !timer_arm(d, t, deadline))
        return WEFT_ENOMEM;
    return errors[send_question(d, question)];
}

void await_begin(struct domain *d, struct task *t, struct record *question,
                 const uint64_t verdict[3])
{
    struct talk *k = &task_queue(d->sched, t)->talk;
    int error;

    k->ref = slab_key(++d->stock.serial, SLAB_NO_PLACE);
    k->step = (task_step)(uintptr_t)verdict[0];
    k->deadline = verdict[1];
    k->inherited = verdict[2];
    k->callee = question->to;
    record_call(question)->ref = k->ref;
    begin_waiting(d, t);
    error = ask(d, t, question);
    if (UNLIKELY(error != 0)) {
        record_unmark(question, RECORD_OPEN);
        d->sched->ops->dead(d->sched, &d->stock, question,
                            error == WEFT_ENOMEM  ? SCHED_NO_MEMORY
                            : error == WEFT_EFULL ? SCHED_FULL
                                                  : SCHED_NO_TASK);
        await_fail(d, t, error);
    }
    question->to = 0;
}

/* --- waiting for a message --- */

static bool is_wanted(const struct task *t, const struct talk *k, const struct record *m)
{
    return record_is_message(m) &&
           (k->wanted == NULL ||
            k->wanted(t->state, (const struct weft_msg *)(const void *)m));
}

bool await_wants(struct domain *d, struct task *t, const struct record *m)
{
    const struct talk *k = &task_queue(d->sched, t)->talk;

    if (k->ref != 0)
        return record_is_answer(m) && record_call(m)->ref == k->ref;
    return is_wanted(t, k, m);
}

bool await_hears(struct domain *d, struct task *t, struct record *m)
{
    struct mailq *q = task_queue(d->sched, t);
    uint64_t ref;

    if (record_kind(m) == RECORD_TIMED)
        return alarm_heard(d, t, m);
    if (!record_is_answer(m) || (record_extra(m) & RECORD_HEARD) != 0)
        return true;
    ref = record_call(m)->ref;
    if ((q == NULL || ref != q->talk.ref) &&
        !d->sched->ops->answered(d->sched, &d->stock, t, m)) {
        d->sched->ops->dead(d->sched, &d->stock, m, SCHED_LATE);
        return false;
    }
    record_mark(m, RECORD_HEARD);
    return true;
}

/* Keeps a message for the step that waits for it. */
static void hold_for_step(struct task *t, struct mailq *q, const struct record *m)
{
    memcpy(q->aside->message, m, record_slots(m) * sizeof *m);
    q->aside->step = q->talk.step;
    q->aside->deadline = record_deadline(m);
    q->held = true;
    q->talk.deadline = 0;
    task_unflag(t, TASK_AWAITING | TASK_DUE);
}

/* The task waits for a message, and none is to come: this record's turn is next. Without memory
 * for that the task is stopped. */
static void last_again(struct domain *d, struct task *t, struct fifo *f,
                       struct record *last)
{
    if (!put_in_ring(d, t, last)) {
        task_flag(t, TASK_STOPPING);
        control_later(d, t);
    }
    fifo_remove(f, last);
}

/* So that what is left can be walked over in a time that has to do with its length. */
static void tidy(struct domain *d, struct fifo *f, const struct fifo_walk *i)
{
    if (i->skipped > QBLOCK_FEW && i->skipped > f->count)
        fifo_tidy(f, &d->stock.pool);
}

/* The first that is wanted of a queue that has all of the task's mail before the ring's. */
static bool take_wanted(struct domain *d, struct task *t, struct mailq *q, struct fifo *f)
{
    struct fifo_walk i;

    for (i = fifo_walk(f); i.at != NULL; fifo_step(f, &i)) {
        uint64_t bytes = is_bounded(t) ? limit_bytes(d->sched, t, i.at) : 0;
        bool heard;

        if (record_kind(i.at) == RECORD_LAST) {
            last_again(d, t, f, i.at);
            return false;
        }
        if (!is_wanted(t, &q->talk, i.at))
            continue;
        heard = await_hears(d, t, i.at);
        if (heard)
            hold_for_step(t, q, i.at);
        fifo_remove(f, i.at);
        if (is_bounded(t))
            limit_took(d->sched, t, bytes);
        if (heard) {
            tidy(d, f, &i);
            return true;
        }
    }
    tidy(d, f, &i);
    return false;
}

/* They are looked through where they are: their order is not that of arrival. */
static bool take_ranked(struct domain *d, struct task *t, struct mailq *q)
{
    for (unsigned k = RANKS; k > 0; k--)
        if (take_wanted(d, t, q, &q->ranks->of[k - 1]))
            return true;
    return false;
}

/* Within the queue. */
static void move(struct domain *d, struct task *t, struct record *m, struct fifo *to)
{
    if (fifo_put(to, &d->stock.pool, m))
        return;
    if (is_bounded(t))
        limit_left(d->sched, t, m);
    record_lost(d, t, m);
}

/* All older mail has come up, so what is left of the fresh mail joins it: from here on new
 * mail goes by the ring, where it is looked at as it comes. */
bool receive_look(struct domain *d, struct task *t, struct mailq *q)
{
    struct record *m;
    bool found = q->ranks != NULL && take_ranked(d, t, q);

    found = found || take_wanted(d, t, q, &q->fresh);

    while (!found && (m = fifo_next(&q->fresh, &d->stock.pool)) != NULL)
        move(d, t, m, &q->old);
    return found;
}

static void receive_from_queue(struct domain *d, struct task *t, struct mailq *q)
{
    if (take_wanted(d, t, q, &q->old) || mailq_waiting(q) > q->old.count)
        queue_kick(d, t);
}

void receive_begin(struct domain *d, struct task *t, const uint64_t verdict[3])
{
    struct mailq *q = task_queue(d->sched, t);

    q->talk.ref = 0;
    q->talk.step = (task_step)(uintptr_t)verdict[0];
    q->talk.deadline = verdict[1];
    q->talk.wanted = (record_wanted)(uintptr_t)verdict[2];
    q->talk.inherited = 0;
    begin_waiting(d, t);
    if (q->talk.deadline != 0 && !timer_arm(d, t, q->talk.deadline))
        await_fail(d, t, WEFT_ENOMEM);
    else
        receive_from_queue(d, t, q);
}

/* --- afterwards --- */

COLD bool signal_is_due(struct sched *s, struct task *t)
{
    const struct mailq *q = task_queue(s, t);

    if ((task_word(t) & (TASK_STARTING | TASK_ENDING)) != 0)
        return false;
    return !((task_word(t) & TASK_HELD) != 0 || (q != NULL && q->held)) ||
           !s->ops->handles_signals(s, t);
}

void await_done(struct domain *d, struct task *t)
{
    uint64_t word = task_word(t);

    if ((word & TASK_BLOCKED & ~(uint64_t)TASK_HELD) != 0 || is_dormant(t))
        return;
    if (is_to_act(d->sched, t))
        control_later(d, t);
    else if ((word & TASK_QUEUED) != 0)
        queue_kick(d, t);
    else
        talk_rest(d, t);
}

void await_resume(struct domain *d, struct task *t)
{
    if ((task_word(t) & TASK_AWAITING) == 0)
        await_done(d, t);
    else if (is_to_act(d->sched, t))
        control_later(d, t);
    else if (is_receiving(t, task_queue(d->sched, t)))
        receive_from_queue(d, t, task_queue(d->sched, t));
}

/* What was stashed did not count meanwhile. */
static void stash_counts(struct domain *d, struct task *t, const struct mailq *q)
{
    for (struct fifo_walk i = fifo_walk(&q->stash); i.at != NULL;
         fifo_step(&q->stash, &i))
        limit_entered(d->sched, t, i.at);
}

void unstash(struct domain *d, struct task *t, struct mailq *q)
{
    struct record *m;

    q->unstash = false;
    if (q->stash.count == 0)
        return;
    if (is_bounded(t))
        stash_counts(d, t, q);
    while ((m = fifo_next(&q->old, &d->stock.pool)) != NULL)
        move(d, t, m, &q->stash);
    fifo_swap(&q->stash, &q->old);
    task_flag(t, TASK_QUEUED);
    queue_kick(d, t);
}
