/* sched/worker.h: the life of a worker thread.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   DV1 drive: CAS acquire, store release -> DV1: a threadless worker is one caller's at a
 *              time, as the last one left it */
#ifndef WEFT_SCHED_WORKER_H
#define WEFT_SCHED_WORKER_H

#include "sched/domain.h"

void *worker_main(void *worker);

/* Runs turns until the domain is left or lost, or the workers are to end. Guard up on entry. */
void worker_run(struct worker *w, struct domain *d);

enum round {
    ROUND_RAN,
    ROUND_EMPTY, /* nothing can run */
    ROUND_LOST,  /* the domain was lost */
    ROUND_END    /* the workers are to end */
};

/* A batch of turns, of about `budget` at most. Guard up on entry. */
enum round worker_round(struct worker *w, struct domain *d, uint32_t budget);

/* A look at time and neighbours, every few microseconds; false: the workers are to end. */
bool tick(struct worker *w, struct domain *d);
/* After a time in which no turns were run. */
void tick_restart(struct domain *d);

#endif
