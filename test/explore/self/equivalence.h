/* test/explore/self/equivalence.h: the reduced search against one that leaves nothing out, and
 * the memory model as a machine against the one made of axioms. */
#ifndef WEFT_EXPLORE_EQUIVALENCE_H
#define WEFT_EXPLORE_EQUIVALENCE_H

#include <stdbool.h>
#include <stdint.h>

/* Random programs from seed on. False, and says so, if an execution of one was missed or
 * made up. */
bool equivalence_check(uint64_t seed, unsigned programs);
bool axioms_check(uint64_t seed, unsigned programs);

#endif
