/* lib/actor/simulated.h: the actors' view of a scheduler that is played. */
#ifndef WEFT_ACTOR_SIMULATED_H
#define WEFT_ACTOR_SIMULATED_H

#include "lib/actor/runtime.h"

#include <weft/simulated.h>

static inline bool is_simulated(const weft_runtime *rt)
{
    return rt->options.sim != NULL;
}

/* What a scheduler of this runtime, whose options are complete, is to ask. */
void simulated_begin(weft_runtime *rt);
/* False: they contradict themselves. What they leave open is filled in. */
bool simulated_options(weft_options *options);

/* The time that a wait of a thread outside is measured in. */
uint64_t runtime_clock(const weft_runtime *rt);

/* As threadless_rest, of a simulation. False: nothing can happen before `ns` have passed; the
 * clock stands there, unless that is WEFT_FOREVER. */
bool simulated_rest(weft_runtime *rt, uint64_t ns);
/* As weft_wait_ns. */
uint64_t simulated_wait_ns(const weft_runtime *rt);

#endif
