/* sched/timer.h: each task has at most one timer, and that is lazy: it is set to the earliest of
 * its deadlines and left alone when that is over. When it comes its task is looked at, and it
 * is set again if there is something left to wait for. So a question that is answered in
 * time costs a compare.
 *
 * A timer stays in the wheel of the domain where it was set. If its task has moved it
 * follows as mail. */
#ifndef WEFT_SCHED_TIMER_H
#define WEFT_SCHED_TIMER_H

#include "sched/domain.h"

/* It is looked at by then anyway. */
static inline bool timer_suffices(const struct talk *k, uint64_t when)
{
    return k->armed != 0 && is_past(k->armed, when);
}

/* The task, which has a mailq, is to be looked at then, in cycles. False: no memory. */
bool timer_arm(struct domain *d, struct task *t, uint64_t when);
/* Behind what may have brought it a deadline that no timer was set for: a step that had lost
 * its domain. */
void timer_rearm(struct domain *d, struct task *t);
/* Those whose time has come. */
void timers_run(struct domain *d, uint64_t now);
/* One that follows its task has arrived, perhaps within a step of it; takes the node. */
void timer_arrived(struct domain *d, struct task *t, struct node *n);
/* For a sleeper: nanoseconds until a domain that nobody holds wants a look at its wheel;
 * 0: there is none. */
uint64_t timers_until(const struct sched *s);

/* Its wheel wants a look. */
static inline bool timers_due(struct domain *d, uint64_t now)
{
    uint64_t due = at_peek(&d->due); /* relaxed: advisory */

    return due != 0 && is_past(due, now);
}

#endif
