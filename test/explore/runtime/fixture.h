/* test/explore/runtime/fixture.h: a scheduler with a few tasks, for scenarios.
 *
 * Every message says what its step is to do. Steps check that each sender's messages come in
 * order, and none behind the last one; a task's state is plain, so two threads in it at a time
 * are a data race. */
#ifndef WEFT_EXPLORE_FIXTURE_H
#define WEFT_EXPLORE_FIXTURE_H

#include "sched/domain.h"

enum { TASKS = 3 };

enum tag {
    PLAIN,
    FORWARD,      /* send a plain one to the next task */
    LONG,         /* take so long that the domain is revoked */
    LONG_FORWARD, /* and then send */
    LAST          /* end */
};

#define FIXTURE_NOWHERE UINT32_MAX /* the task is not made yet */

struct fixture {
    uint32_t domains, relief; /* as many workers as both */
    uint32_t solos;           /* domains with a thread of their own, behind the others */
    uint32_t homes[TASKS];    /* their domains */
    bool no_membarrier;
    bool threadless;
};

extern struct sched *scheduler;

/* From setup. The threads of the scheduler are those of threads_run. */
void fixture_begin(const struct fixture *f);
/* A task more. */
void fixture_make(unsigned i, uint32_t domain);
/* A message from outside; from one thread only. */
void fixture_post(unsigned to, enum tag tag);
struct record fixture_record(unsigned to, enum tag tag, uint64_t word);
struct task *fixture_task(unsigned i);
/* Threadless: there is something to run, and nobody runs it; asks once. */
bool fixture_wanted(void);
/* Messages that were handled, or are dead. */
int fixture_over(void);
/* That a watched task has nothing to do, or is over. */
int fixture_reports(void);

#endif
