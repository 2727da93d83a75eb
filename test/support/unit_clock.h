/* test/support/unit_clock.h: a threadless runtime whose time stands still until the test says
 * how late it is; for unit tests. Its nanoseconds are cycles, its wheel's ticks 2^19 of them. */
#ifndef WEFT_TEST_UNIT_CLOCK_H
#define WEFT_TEST_UNIT_CLOCK_H

#include "test/support/unit_story.h"

enum { CLOCK_TICK = 1 << 19 };

/* At time 0; its ends are told (story_start_with). */
weft_runtime *clock_start(void);
/* The same with other options, which it makes threadless. */
weft_runtime *clock_start_with(weft_options *options);
/* It is so much later; nothing runs yet. */
void clock_skip(uint64_t ns);
/* Runs what there is to run now. */
void clock_run(weft_runtime *rt);
/* From look to look, as a program would, until it is so much later. */
void clock_pass(weft_runtime *rt, uint64_t ns);
uint64_t clock_time(void);

#endif
