/* test/explore/engine/depend.h: which operations of different threads commute. */
#ifndef WEFT_EXPLORE_DEPEND_H
#define WEFT_EXPLORE_DEPEND_H

#include "test/explore/engine/engine.h"

/* later's operation, done before earlier's, might give one of them other choices. */
bool depend_reversible(const struct event *earlier, const struct event *later);
/* These two events, as they went, cannot be exchanged. */
bool depend_on(const struct event *earlier, const struct event *later);
/* All choices of `waiting` that were explored before `done` lead to nothing new after it.
 * (It may have one more choice then: to read what was stored.) */
bool depend_stays_asleep(const struct op *waiting, const struct event *done);

#endif
