/* sched/await.h: a task that waits for one thing before its other mail: the answer to a question,
 * or a message of a kind that it wants.
 *
 *            step returned NEXT_AWAIT           the answer is dispatched
 *   plain ---------------------------> awaiting -------------------------> its step runs
 *                                        |   ^
 *                  deadline, no memory   |   | await_fail: TASK_DUE, on the control list
 *                                        +---+ then the failure is dispatched
 *
 * Mail that comes up meanwhile goes to the task's queue (old), in order. A stop waits until the
 * step that handles the answer is over, a kill does not. Who waits for a message is stopped at
 * once; and a task that drains is over when none can come any more. */
#ifndef WEFT_SCHED_AWAIT_H
#define WEFT_SCHED_AWAIT_H

#include "sched/domain.h"

/* The mailq of a task, which is made if there is none. NULL: no memory. */
struct mailq *talk_begin(struct domain *d, struct task *t);
/* Frees it if nobody needs it any more. */
void talk_rest(struct domain *d, struct task *t);
struct aside *aside_of(struct domain *d, struct mailq *q);

/* Behind a step that returned NEXT_AWAIT or NEXT_RECEIVE; the task has a mailq. Takes the
 * question. The verdict: step, deadline, and the deadline that its questions inherit, or
 * which messages are wanted. */
void await_begin(struct domain *d, struct task *t, struct record *question,
                 const uint64_t verdict[3]);
void receive_begin(struct domain *d, struct task *t, const uint64_t verdict[3]);
/* The answer will not come. */
void await_fail(struct domain *d, struct task *t, int error);
/* A message comes up. False: it is an answer, and nobody waits for it any more: it is dead; or
 * it is of an alarm that was taken back, and over. */
bool await_hears(struct domain *d, struct task *t, struct record *m);
/* Is this what the task waits for? */
bool await_wants(struct domain *d, struct task *t, const struct record *m);
/* Its TURN has come up while it waits for a message: looks through the queue. False: there is
 * none. Else it is in aside->message, held. */
bool receive_look(struct domain *d, struct task *t, struct mailq *q);
/* The step of the answer is over. */
void await_done(struct domain *d, struct task *t);
/* The task is not to stop after all: it may have waited for a message. */
void await_resume(struct domain *d, struct task *t);

/* Puts the stash back, before all other mail. */
void unstash(struct domain *d, struct task *t, struct mailq *q);

static inline bool is_receiving(const struct task *t, const struct mailq *q)
{
    return (task_word(t) & (TASK_AWAITING | TASK_DETACHED | TASK_HELD)) ==
               TASK_AWAITING &&
           q->talk.ref == 0 && !q->held;
}

/* A signal waits for the beginning; and, if the task handles it, for a turn: while a step is not
 * over, or the task is held, it has none. */
bool signal_is_due(struct sched *s, struct task *t);

/* Before its mail the task is to stop, or there is a signal for it, and no step of it runs. Both
 * wait for an answer, not for a message. */
static inline bool is_to_act(struct sched *s, struct task *t)
{
    uint64_t word = task_word(t);

    if ((word & (TASK_STOPPING | TASK_SIGNALLED)) == 0 || (word & TASK_DETACHED) != 0 ||
        ((word & TASK_AWAITING) != 0 && !is_receiving(t, task_queue(s, t))))
        return false;
    return (word & TASK_STOPPING) != 0 || signal_is_due(s, t);
}

/* There is a signal for it, and nothing more urgent, and no step of it runs. */
static inline bool is_signalled(struct sched *s, struct task *t)
{
    return UNLIKELY((task_word(t) & (TASK_SIGNALLED | TASK_STOPPING | TASK_KILLED)) ==
                    TASK_SIGNALLED) &&
           is_to_act(s, t);
}

#endif
