/* sched/absorb.h: a busy worker takes in what a stuck step has left behind. */
#ifndef WEFT_SCHED_ABSORB_H
#define WEFT_SCHED_ABSORB_H

#include "sched/domain.h"

/* At a tick: revokes the domains of stuck steps, and moves what they hold into d. The
 * processor of a stuck step is busy with it; a second thread on it would have to share, so
 * where all other workers are busy too it is better that one of them does the work. */
void absorb_stuck(struct worker *w, struct domain *d, uint64_t now);

#endif
