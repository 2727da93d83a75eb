/* sched/look.h: what a thread that owns nothing may see of tasks, domains and workers.
 *
 * Nobody is stopped or asked: all that is read is atomic, and a little old. What belongs to one
 * task is read between two looks at its word, so that it is never another task's. */
#ifndef WEFT_SCHED_LOOK_H
#define WEFT_SCHED_LOOK_H

#include "sched/sched.h"

#define LOOK_NOWHERE UINT32_MAX

struct task_seen {
    const void *behavior;
    uint64_t flags;   /* of the word (id.h) */
    uint32_t domain;  /* LOOK_NOWHERE: offered to all */
    uint32_t waiting; /* records in its domain's ring; with a limit: in its queue */
    uint32_t taken;   /* records that came out of it, wraps */
    bool posted;      /* mail from elsewhere is in its inbox */
    uint64_t parent;  /* the id; 0: none */
};

/* False if the id names no task, or one that is not made yet. Any thread. */
bool look_task(const struct sched *s, uint64_t id, struct task_seen *seen);

/* True if the id names no task, and what was its task's is released, as sched_free says. Any
 * thread. */
bool look_is_over(const struct sched *s, uint64_t id);

enum look_state {
    LOOK_IDLE,   /* a domain: nobody has it; a worker: it sleeps, or is about to */
    LOOK_ACTIVE, /* a domain: a worker runs it; a worker: it has one */
    LOOK_STUCK /* its worker's step is stuck: others may take it; a worker: in such a step */
};

struct domain_seen {
    enum look_state state;
    uint32_t worker;   /* who has it, LOOK_NOWHERE if IDLE */
    uint64_t running;  /* the id of the task whose step runs there, or ran last; or 0 */
    uint64_t quiet_ns; /* since the last tick; 0 if IDLE */
    uint32_t waiting;  /* records in the ring at that tick */
};

struct worker_seen {
    enum look_state state;
    uint32_t domain;  /* or LOOK_NOWHERE */
    uint64_t running; /* as above */
    int thread;       /* the kernel's number; 0 before it runs */
};

/* Any thread. */
void look_domain(struct sched *s, uint32_t number, struct domain_seen *seen);
void look_worker(struct sched *s, uint32_t number, struct worker_seen *seen);
/* One domain's counter; offset as in sched_sum. */
uint64_t look_count(const struct sched *s, uint32_t domain, size_t offset);

#endif
