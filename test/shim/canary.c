/* test/shim/canary.c: mistakes that a build with a sanitizer has to notice.
 *
 * A run that finds nothing proves something only if it would have found something. So
 * make asan, tsan, ubsan and valgrind run these tests as well, and tools/dev/check_canary
 * expects the right ones to fail: each tool's own mistakes, and those that test/shim/main.c
 * sees in any build. */
#include <limits.h>
#include <pthread.h>
#include <signal.h>

#include <criterion/criterion.h>
#include <criterion/logging.h>

TestSuite(canary, .timeout = 10);

/* Through these the compiler cannot see what is wrong. */
static void *volatile pointer;
static volatile int number;
static volatile size_t size = 10;

static int shared;

static void *add(void *argument)
{
    shared++;
    return argument;
}

static void *expect(void *argument)
{
    cr_expect_eq(number, 1, "in a thread");
    return argument;
}

static void in_two_threads(void *(*run)(void *))
{
    pthread_t other;

    cr_assert_eq(pthread_create(&other, NULL, run, NULL), 0);
    run(NULL);
    pthread_join(other, NULL);
}

static void set_up(void)
{
    number = 2;
}

/* --- seen by one tool or the other --- */

Test(canary, leaks)
{
    pointer = malloc(size);
    pointer = NULL;
}

Test(canary, writes_past_the_end)
{
    char *bytes = malloc(size);

    pointer = bytes;
    ((volatile char *)pointer)[size] = 1;
    free(bytes);
}

Test(canary, overflows)
{
    number = INT_MAX;
    number = number + 1;
}

Test(canary, races)
{
    in_two_threads(add);
}

/* --- seen in every build --- */

Test(canary, asserts)
{
    cr_assert_str_eq("one", "other", "as it should, %d", 1);
}

Test(canary, expects_in_a_thread, .init = set_up)
{
    in_two_threads(expect);
}

Test(canary, hangs, .timeout = 0.2)
{
    for (;;)
        number = 0;
}

Test(canary, dies)
{
    abort();
}

Test(canary, outlives_its_signal, .signal = SIGABRT)
{
}

Test(canary, exits)
{
    exit(3);
}

/* --- good --- */

Test(canary, dies_as_it_should, .signal = SIGABRT)
{
    abort();
}

Test(canary, exits_as_it_should, .exit_code = 3)
{
    exit(3);
}

Test(canary, is_well, .init = set_up)
{
    cr_log_info("%d", number);
    cr_assert(number == 2);
    cr_assert_float_eq(1.0, 1.05, 0.1);
    cr_assert_arr_neq("abc", "abd", 3);
    cr_assert_null(pointer);
}

Test(canary, is_skipped)
{
    cr_skip("not here: %s", "at all");
}

Test(canary, is_disabled, .disabled = true)
{
    abort();
}
