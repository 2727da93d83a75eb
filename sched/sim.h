/* sched/sim.h: a scheduler that one thread plays, and whose every choice is somebody else's.
 *
 * The workers are those of any scheduler, with domains, rings, inboxes, tokens and deques of
 * their own; but none has a thread. One after the other they are *played*: a batch of turns, a
 * search, a nap. Which one, and how much, the driver chooses. A nap is a mark, which whoever
 * wakes the worker takes away. Time is a number, which goes on a little with each turn and jumps
 * to the next timer when nobody can be played.
 *
 * Guards are never told that a domain is theirs without asking (as where membarrier(2) is
 * missing), so turns and sends take the slow paths, and those have the calls into this file:
 * behind each step and before each send the others may be played while the step is in the
 * middle, and may find it stuck. The plain case pays nothing, and is played as well: a turn of
 * it is run with the guard told, and noted by what lies at the head of the ring. */
#ifndef WEFT_SCHED_SIM_H
#define WEFT_SCHED_SIM_H

#include "sched/domain.h"

/* False: no memory. Sets the clock of s->options. */
bool sim_create(struct sched *s);
/* All workers lie down; behind the making of them. */
void sim_begin(struct sched *s);
/* No driver is asked any more; all workers leave their domains. */
void sim_end(struct sched *s);
void sim_free(struct sched *s);

/* 0 .. bound - 1, by the driver. */
uint64_t sim_choose(struct sim *sim, enum sched_site site, uint64_t bound);

/* The same; 0 where nothing is simulated. */
static inline uint64_t sim_draw(const struct sched *s, enum sched_site site,
                                uint64_t bound)
{
    return LIKELY(s->sim == NULL) ? 0 : sim_choose(s->sim, site, bound);
}

/* Inside a step, guard up: others may be played here. The domain may be lost behind it. */
void sim_interrupt(struct worker *w);
/* Behind a step, guard up; m: its message, or NULL. As sim_interrupt. */
void sim_stepped(struct worker *w, const struct record *m);

#endif
