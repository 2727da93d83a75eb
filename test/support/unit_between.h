/* test/support/unit_between.h: tests between a set_up and a tear_down whose checks count.
 *
 * Criterion reports what fails in .fini and lets the test pass all the same, so tear_down is
 * called in the test itself. */
#ifndef WEFT_TEST_UNIT_BETWEEN_H
#define WEFT_TEST_UNIT_BETWEEN_H

#include <criterion/criterion.h>

/* Test(suite, name) between set_up() and tear_down() of its file. */
#define TestBetween(suite, name)               \
    static void suite##_##name##_itself(void); \
    Test(suite, name)                          \
    {                                          \
        set_up();                              \
        suite##_##name##_itself();             \
        tear_down();                           \
    }                                          \
    static void suite##_##name##_itself(void)

#endif
