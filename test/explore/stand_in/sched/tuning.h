/* test/explore/stand_in/sched/tuning.h: the scheduler's constants, but that nothing has to
 * happen very often: for the explorer twice is as good as 400 times. */
#ifndef WEFT_EXPLORE_TUNING_H
#define WEFT_EXPLORE_TUNING_H

#define SPINS       REAL_SPINS
#define WATCH_QUIET REAL_WATCH_QUIET
#define FOLLOW      REAL_FOLLOW
#include "../../../../sched/tuning.h"
#undef SPINS
#undef WATCH_QUIET
#undef FOLLOW

enum { SPINS = 2, WATCH_QUIET = 2, FOLLOW = 2 };

#endif
