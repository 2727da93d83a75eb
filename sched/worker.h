/* sched/worker.h: the life of a worker thread. */
#ifndef WEFT_SCHED_WORKER_H
#define WEFT_SCHED_WORKER_H

#include "sched/domain.h"

void *worker_main(void *worker);

/* A look at time and neighbours, every few microseconds; false: the workers are to end. */
bool tick(struct worker *w, struct domain *d);
/* After a time in which no turns were run. */
void tick_restart(struct domain *d);

#endif
