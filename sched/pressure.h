/* sched/pressure.h: who sends to a full mailbox waits until there is room (SCHED_HOLD).
 *
 * A step is not stopped in its middle: what it sends goes past the limit, and it writes a slip
 * for each mailbox that was full. When it is over its task is *held*, which means that it has no
 * turn until all its slips are back:
 *
 *     sender                                     receiver
 *     a step finds no room: a slip
 *     the step is over: TASK_HELD --- HOLD --->  keeps the slip, or gives it back at once
 *     (its mail waits in its queue)              half of its limit is free: gives all back
 *     has its next turn           <--- GO -----
 *
 * A slip is a node, which goes there and back through the inboxes; so nothing can fail on the
 * way, and it does not matter where the two are or whether they move. Without memory for a slip
 * nobody is held.
 *
 * Nobody is held for ever:
 *   - Who awaits, drains or ends keeps no slip, so what a receiver waits for never waits for the
 *     receiver. (Its step has all answers that it asked for: it has mail, or gives all back.)
 *   - Who keeps a slip is not held. So a circle of tasks each held by the next could only come
 *     about while a slip is on its way. Against that each time of being held has a number, greater than
 *     all before, and who is held keeps only slips with greater numbers than its own: along
 *     a chain of held tasks the numbers fall, and a circle of them cannot be.
 *
 * An awaited answer ends a step only when its own step is over. If it comes while the task is
 * held it is kept, TASK_AWAITING, in aside->message; and is run as a TASK_DUE failure would be.
 *
 * Used by a domain's holder, but for what a step writes. The number is relaxed: it is a number. */
#ifndef WEFT_SCHED_PRESSURE_H
#define WEFT_SCHED_PRESSURE_H

#include "sched/limit.h"

/* The slips that the step has written, which is over. */
static inline struct node *slips_take(struct worker *w)
{
    struct node *slips = w->slips;

    w->slips = NULL;
    return slips;
}

/* Behind a step of t: takes the slips that it has written, or NULL, and holds t for them. */
void pressure_begin(struct domain *d, struct task *t, struct node *slips);
/* Takes a slip that has come for t, or for who was there before. */
void pressure_asked(struct domain *d, struct task *t, struct node *slip);
/* One of t's own slips is back. */
void pressure_answered(struct domain *d, struct task *t);
/* t is not held any more, whatever slips are out. */
void pressure_end(struct domain *d, struct task *t);
/* Gives back all slips that t keeps. */
void pressure_release(struct domain *d, struct task *t);
/* A slip for a task that is over. Any thread. */
void pressure_refused(struct sched *s, struct stock *stock, struct node *slip);
/* Keeps what a held task has awaited. False: no need to, or no place. */
bool pressure_keeps(struct task *t, const struct record *m);

/* Is a message for which it has no room to go past its limit? Questions between steps too. */
static inline bool is_holding(const struct sched *s, const struct task *t)
{
    return is_bounded(t) &&
           at_peek(&limit_of(s, t)->overflow) == SCHED_HOLD; /* relaxed: constant */
}

/* A message has left its queue. */
static inline void pressure_eased(struct domain *d, struct task *t, struct mailq *q)
{
    if (UNLIKELY(q->aside != NULL && q->aside->slips != NULL) &&
        limit_is_eased(limit_of(d->sched, t), q))
        pressure_release(d, t);
}

#endif
