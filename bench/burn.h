/* burn.h: work that takes a known time. */
#ifndef WEFT_BENCH_BURN_H
#define WEFT_BENCH_BURN_H

#include <stdint.h>

/* How many rounds of burn() take so long on this processor when nothing disturbs it.
 * Takes some milliseconds to find out. */
uint64_t burn_rounds(uint64_t ns);

/* Computes: the same amount of work each time, whatever the clock says. */
void burn(uint64_t rounds);

/* Computes until the clock says that so much time is over. */
void burn_until_passed(uint64_t ns);

#endif
