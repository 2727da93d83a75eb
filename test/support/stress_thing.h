/* test/support/stress_thing.h: things that messages and states own. Each has a number and
 * some memory; the books say whether it lives, so that a thing that is ended twice, never,
 * or by its copy is found out. */
#ifndef WEFT_TEST_STRESS_THING_H
#define WEFT_TEST_STRESS_THING_H

#include <stdbool.h>
#include <stdint.h>

struct thing {
    uint32_t number, check;
    uint32_t *memory; /* its own */
};

/* Any thread, all three. */
struct thing thing_new(void);
/* Notes it if the thing does not live, or is no thing at all. */
void thing_end(const struct thing *thing);
bool thing_lives(const struct thing *thing);

/* How many live. */
uint64_t thing_count(void);
/* When a runtime is gone: all things were ended, each once. The books begin anew, for they
 * have room for a few million things, and no thread may use them meanwhile. */
void thing_check(void);

#endif
