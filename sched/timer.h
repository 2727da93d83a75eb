/* sched/timer.h: each task has at most one timer, and that is lazy: it is set to the earliest of
 * its deadlines and alarms, and left alone when that is over. When it comes its task is looked
 * at, and it is set again if there is something left to wait for. So a question that is
 * answered in time costs a compare.
 *
 * It lies in the wheel of its task's domain, and goes with the task when that moves; while a
 * task is between two domains it lies in none. Domain held, if it does not say otherwise. */
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
/* The task, which has a mailq, is over. */
void timer_disarm(struct domain *d, struct task *t);
/* Behind what may have brought it a deadline that no timer was set for: a step that had lost
 * its domain. */
void timer_rearm(struct domain *d, struct task *t);
/* The task leaves the domain. */
void timer_leaves(struct domain *d, struct task *t);
/* It has come here; word: what it had before. If that says that it was another domain's, that
 * one is held as well. */
void timer_follows(struct domain *d, struct task *t, uint64_t word);
/* Those whose time has come, or some of them: then it wants a look again. */
void timers_run(struct domain *d, uint64_t now);
/* For a sleeper: nanoseconds until a domain that nobody holds wants a look at its wheel;
 * 0: there is none. Any thread. */
uint64_t timers_until(const struct sched *s);

/* Its wheel wants a look. */
static inline bool timers_due(struct domain *d, uint64_t now)
{
    uint64_t due = at_peek(&d->due); /* relaxed: advisory */

    return due != 0 && is_past(due, now);
}

#endif
