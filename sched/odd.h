/* sched/odd.h: what comes up in the ring and is not the plain case. Guard up, domain held; false:
 * the domain was lost. */
#ifndef WEFT_SCHED_ODD_H
#define WEFT_SCHED_ODD_H

#include "sched/domain.h"

/* Any record, any state of the task. */
bool run_record(struct worker *w, struct domain *d, struct task *t, struct record *m);
/* The record at the ring's head: an END mark, a place to skip, mail for a task that is over or
 * in a special state. */
bool run_odd(struct worker *w, struct domain *d, struct record *m);

#endif
