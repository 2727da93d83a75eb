/* test/support/unit_threads.h: the same function on several threads at once; waiting. */
#ifndef WEFT_TEST_UNIT_THREADS_H
#define WEFT_TEST_UNIT_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <criterion/criterion.h>

enum { THREADS_MAX = 8 };

/* Runs run(0) .. run(n - 1) on a thread each, lets them begin together, and waits for all. */
void in_threads(unsigned n, void (*run)(unsigned number));

/* The time by which a wait that begins now has to be over: generous, and stretched for slow
 * tools like the tests' own time limits. */
uint64_t wait_begin(void);

/* Lets others run; false once the time is over. */
bool wait_goes_on(uint64_t until);

/* Waits until the condition holds; a test that waits in vain fails. */
#define wait_until(condition)                                              \
    do {                                                                   \
        const uint64_t until_ = wait_begin();                              \
                                                                           \
        while (!(condition))                                               \
            cr_assert(wait_goes_on(until_), "in vain for %s", #condition); \
    } while (0)

#endif
