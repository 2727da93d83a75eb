/* lib/actor/threadless.h: a runtime that is run by its caller. */
#ifndef WEFT_ACTOR_THREADLESS_H
#define WEFT_ACTOR_THREADLESS_H

#include "lib/actor/runtime.h"

#include <weft/threadless.h>

/* 0, or a negated errno. Whatever kind of runtime it is. */
int threadless_init(weft_runtime *rt);
void threadless_done(weft_runtime *rt);

/* sched_ops.wanted */
void threadless_wanted(struct sched *s);
/* Whoever sleeps on the descriptor looks what there is. Any runtime, any thread. */
void threadless_want(weft_runtime *rt);

/* Of a threadless runtime: runs what can run; if that is nothing, sleeps for at most ns
 * (WEFT_FOREVER: no limit) until there is something, or fd (-1: none) is readable. */
void threadless_rest(weft_runtime *rt, int fd, uint64_t ns);

#endif
