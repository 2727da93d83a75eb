/* sched/idle.h: finding something to do, or sleeping.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   WK1 stop: store seq_cst, loads acquire -> WK1: the workers are to end; with PK2 and PK4
 *             a sleeper sees it, or is woken (sched/idle.c, sched/worker.c, sched/sched.c,
 *             sched/lookout.c) */
#ifndef WEFT_SCHED_IDLE_H
#define WEFT_SCHED_IDLE_H

#include "sched/domain.h"

/* A domain for this worker, held, guard up; NULL: all have somebody. */
struct domain *borrow(struct worker *w);
/* The ring is empty: looks around for a while, then leaves the domain and sleeps. False: it
 * was left. */
bool idle(struct worker *w, struct domain *d);
/* Leaves the domain; the guard is down after it. */
void leave(struct worker *w, struct domain *d);
/* Sleeps until there may be something to do; d: leaves it first, or NULL. */
void nap(struct worker *w, struct domain *d);

#endif
