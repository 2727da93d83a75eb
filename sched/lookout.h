/* sched/lookout.h: a thread that looks, every few milliseconds, at what the workers run. Only
 * who asks for it has one (sched_options): it finds steps that do not end, also when every
 * worker is in such a step, and samples where the time goes.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   LO1 entry: store behaviour release, load acquire -> LO1: who finds a behaviour in the
 *              table finds its counters begun (sched/lookout.c)
 *   LO2 entry: store id release, load acquire -> LO2: who finds a task's id finds its time, or
 *              that of a later inhabitant of its slot
 * Relaxed: ns, looks: of one writer, the lookout. */
#ifndef WEFT_SCHED_LOOKOUT_H
#define WEFT_SCHED_LOOKOUT_H

#include "sched/domain.h"

enum { SAMPLES = 256 }; /* behaviours that are told apart; a power of two */

/* Steps of one behaviour. The last one of the table is all that found no room in it. */
struct sample {
    _Atomic(const void *) behavior;
    counter ns; /* time that they took, sampled */
    counter looks;
};

/* Steps of one task, by its index. */
struct task_sample {
    _Atomic(uint64_t) id; /* whose; 0: nobody was ever seen in this slot */
    counter ns;
};

/* What a worker was seen in. */
struct watched {
    uint64_t running, since, due; /* a task's id; times in cycles */
    uint32_t entered, taken, times;
};

struct lookout {
    pthread_t thread;
    bool started;
    uint64_t every_ns;         /* between two looks */
    uint64_t stuck;            /* cycles; UINT64_MAX: never */
    uint64_t looked;           /* when */
    _Atomic(uint32_t) bell;    /* 1: it is over */
    counter found;             /* stuck steps */
    struct task_sample *tasks; /* address space, touched for tasks that are seen */
    struct sample samples[SAMPLES + 1];
    struct watched watched[]; /* one for each worker */
};

/* Memory for it if the options want one; false if there is none. */
bool lookout_init(struct sched *s);
void lookout_done(struct sched *s);
/* 0, or an errno. */
int lookout_start(struct sched *s);
/* After sched.stop was set. */
void lookout_stop(struct sched *s);

/* A look; the thread's own. */
void lookout_look(struct sched *s, struct lookout *l);

#endif
