/* sched/worker.h: the life of a worker thread.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   DV1 drive: CAS acquire, store release -> DV1: a threadless worker is one caller's at a
 *              time, as the last one left it */
#ifndef WEFT_SCHED_WORKER_H
#define WEFT_SCHED_WORKER_H

#include "sched/domain.h"

void *worker_main(void *worker);

/* What a step has come to. */
struct outcome {
    int next;
    const uint64_t *verdict;
    const struct record *message; /* that it handled */
    struct record *question;      /* NEXT_AWAIT: taken */
    task_step by;                 /* the step, if it is not the task's own */
    uint64_t deadline;            /* that the step's questions kept to */
};
/* Its message is not over. */
static inline bool keeps_message(int next)
{
    return next == NEXT_YIELD || next == NEXT_STASH || next == NEXT_STASH_FULL;
}

/* Does what the step said. It may run code of the task, and lose the domain (w->lost). */
void settle(struct worker *w, struct domain *d, struct task *t, const struct outcome *o);
/* Tells a task that waits that the answer will not come; as settle. */
void run_failure(struct worker *w, struct domain *d, struct task *t);
/* Runs turns until the domain is left or lost, or the workers are to end. Guard up on entry. */
void worker_run(struct worker *w, struct domain *d);

/* A look at time and neighbours, every few microseconds; false: the workers are to end. */
bool tick(struct worker *w, struct domain *d);
/* After a time in which no turns were run. */
void tick_restart(struct domain *d);

#endif
