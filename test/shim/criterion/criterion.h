/* criterion/criterion.h: the part of Criterion's interface that our tests use, for builds
 * in which Criterion itself cannot run.
 *
 * Criterion aborts under ThreadSanitizer and hides leaks from AddressSanitizer, so the
 * same test sources are compiled against this header (-Itest/shim) and linked with
 * test/shim/main.c for make asan, tsan, ubsan, valgrind and cover. Each test runs in a
 * process of its own and leaves it by exit(), where the sanitizers look for leaks.
 *
 * Only what Criterion has too is here: a test that compiles against one of the two is
 * meant to compile against the other. */
#ifndef SHIM_CRITERION_H
#define SHIM_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What may follow the name in Test() and TestSuite(). */
struct shim_options {
    void (*init)(void);
    void (*fini)(void);
    int signal;     /* the test has to die of it */
    int exit_code;  /* the test has to exit with it */
    bool disabled;  /* the test is not run */
    double timeout; /* seconds; 0: none */
    const char *description;
    int last; /* what an empty list of options sets */
};

struct shim_test {
    const char *suite;
    const char *name; /* NULL: these are the suite's own options */
    void (*body)(void);
    struct shim_options options;
    struct shim_test *next;
};

void shim_register(struct shim_test *test);

/* Says where and what, and marks the test as failed. format may be NULL; what follows its
 * own arguments is ignored. Any thread may call it. */
void shim_fail(const char *file, int line, const char *what, const char *format, ...);

/* Says why, and ends the test as neither passed nor failed. */
void shim_skip(const char *format, ...) __attribute__((noreturn));

/* Ends a test that has failed; in a secondary thread, its whole process. */
void shim_abort(void) __attribute__((noreturn));

void shim_log(const char *kind, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

/* --- tests and suites --- */

#define Test(...)      SHIM_TEST(__VA_ARGS__, .last = 0)
#define TestSuite(...) SHIM_SUITE(__VA_ARGS__, .last = 0)

#define SHIM_TEST(suite_, name_, ...)                                         \
    static void suite_##_##name_##_body(void);                                \
    SHIM_REGISTER(suite_##_##name_, #suite_, #name_, suite_##_##name_##_body, \
                  __VA_ARGS__)                                                \
    static void suite_##_##name_##_body(void)

/* The declaration at its end takes the semicolon that follows a TestSuite(). */
#define SHIM_SUITE(suite_, ...)                                          \
    SHIM_REGISTER(options_of_##suite_, #suite_, NULL, NULL, __VA_ARGS__) \
    struct shim_test

/* Options are set one by one, since C++17 has no designated initializers. */
#define SHIM_REGISTER(id_, suite_, name_, body_, ...)                  \
    __attribute__((constructor)) static void id_##_register(void)      \
    {                                                                  \
        static struct shim_test test;                                  \
                                                                       \
        test.suite = suite_;                                           \
        test.name = name_;                                             \
        test.body = body_;                                             \
        SHIM_SET(test.options, __VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0) \
        shim_register(&test);                                          \
    }

#define SHIM_SET(o, a, b, c, d, e, f, g, h, n, ...) \
    SHIM_SET_##n(o, a, b, c, d, e, f, g, h, 0)
#define SHIM_SET_1(o, a, ...) o a;
#define SHIM_SET_2(o, a, ...) \
    o a;                      \
    SHIM_SET_1(o, __VA_ARGS__)
#define SHIM_SET_3(o, a, ...) \
    o a;                      \
    SHIM_SET_2(o, __VA_ARGS__)
#define SHIM_SET_4(o, a, ...) \
    o a;                      \
    SHIM_SET_3(o, __VA_ARGS__)
#define SHIM_SET_5(o, a, ...) \
    o a;                      \
    SHIM_SET_4(o, __VA_ARGS__)
#define SHIM_SET_6(o, a, ...) \
    o a;                      \
    SHIM_SET_5(o, __VA_ARGS__)
#define SHIM_SET_7(o, a, ...) \
    o a;                      \
    SHIM_SET_6(o, __VA_ARGS__)
#define SHIM_SET_8(o, a, ...) \
    o a;                      \
    SHIM_SET_7(o, __VA_ARGS__)

/* --- checks --- */

/* The NULL at the end is the format of a check without a message. A message's arguments
 * are evaluated only if the check fails, as Criterion does. */
#define SHIM_IF_NOT(then, condition, what, ...)               \
    do {                                                      \
        if (!(condition)) {                                   \
            shim_fail(__FILE__, __LINE__, what, __VA_ARGS__); \
            then;                                             \
        }                                                     \
    } while (0)

#define SHIM_TRUE(then, a, ...)  SHIM_IF_NOT(then, a, #a, __VA_ARGS__)
#define SHIM_FALSE(then, a, ...) SHIM_IF_NOT(then, !(a), "!(" #a ")", __VA_ARGS__)
#define SHIM_NULL(then, a, ...)  SHIM_IF_NOT(then, (a) == NULL, #a " == NULL", __VA_ARGS__)
#define SHIM_NOT_NULL(then, a, ...) \
    SHIM_IF_NOT(then, (a) != NULL, #a " != NULL", __VA_ARGS__)
#define SHIM_COMPARE(then, op, a, b, ...) \
    SHIM_IF_NOT(then, (a)op(b), #a " " #op " " #b, __VA_ARGS__)
#define SHIM_STRING(then, op, a, b, ...) \
    SHIM_IF_NOT(then, strcmp((a), (b)) op 0, #a " " #op " " #b " (strings)", __VA_ARGS__)
#define SHIM_EMPTY(then, op, a, ...) \
    SHIM_IF_NOT(then, (a)[0] op '\0', #a " " #op " \"\"", __VA_ARGS__)
#define SHIM_BYTES(then, op, a, b, size, ...)                                      \
    SHIM_IF_NOT(then, memcmp((a), (b), (size)) op 0, #a " " #op " " #b " (bytes)", \
                __VA_ARGS__)
#define SHIM_NEAR(then, a, b, e, ...) \
    SHIM_IF_NOT(then, (a) - (b) <= (e) && (b) - (a) <= (e), #a " near " #b, __VA_ARGS__)
#define SHIM_FAR(then, a, b, e, ...) \
    SHIM_IF_NOT(then, (a) - (b) > (e) || (b) - (a) > (e), #a " far from " #b, __VA_ARGS__)

#define SHIM_GO_ON ((void)0)

#define cr_assert_fail(...)          SHIM_IF_NOT(shim_abort(), false, "failed", __VA_ARGS__, NULL)
#define cr_assert(...)               SHIM_TRUE(shim_abort(), __VA_ARGS__, NULL)
#define cr_assert_not(...)           SHIM_FALSE(shim_abort(), __VA_ARGS__, NULL)
#define cr_assert_null(...)          SHIM_NULL(shim_abort(), __VA_ARGS__, NULL)
#define cr_assert_not_null(...)      SHIM_NOT_NULL(shim_abort(), __VA_ARGS__, NULL)
#define cr_assert_eq(...)            SHIM_COMPARE(shim_abort(), ==, __VA_ARGS__, NULL)
#define cr_assert_neq(...)           SHIM_COMPARE(shim_abort(), !=, __VA_ARGS__, NULL)
#define cr_assert_lt(...)            SHIM_COMPARE(shim_abort(), <, __VA_ARGS__, NULL)
#define cr_assert_leq(...)           SHIM_COMPARE(shim_abort(), <=, __VA_ARGS__, NULL)
#define cr_assert_gt(...)            SHIM_COMPARE(shim_abort(), >, __VA_ARGS__, NULL)
#define cr_assert_geq(...)           SHIM_COMPARE(shim_abort(), >=, __VA_ARGS__, NULL)
#define cr_assert_str_eq(...)        SHIM_STRING(shim_abort(), ==, __VA_ARGS__, NULL)
#define cr_assert_str_neq(...)       SHIM_STRING(shim_abort(), !=, __VA_ARGS__, NULL)
#define cr_assert_str_lt(...)        SHIM_STRING(shim_abort(), <, __VA_ARGS__, NULL)
#define cr_assert_str_leq(...)       SHIM_STRING(shim_abort(), <=, __VA_ARGS__, NULL)
#define cr_assert_str_gt(...)        SHIM_STRING(shim_abort(), >, __VA_ARGS__, NULL)
#define cr_assert_str_geq(...)       SHIM_STRING(shim_abort(), >=, __VA_ARGS__, NULL)
#define cr_assert_str_empty(...)     SHIM_EMPTY(shim_abort(), ==, __VA_ARGS__, NULL)
#define cr_assert_str_not_empty(...) SHIM_EMPTY(shim_abort(), !=, __VA_ARGS__, NULL)
#define cr_assert_arr_eq(...)        SHIM_BYTES(shim_abort(), ==, __VA_ARGS__, NULL)
#define cr_assert_arr_neq(...)       SHIM_BYTES(shim_abort(), !=, __VA_ARGS__, NULL)
#define cr_assert_float_eq(...)      SHIM_NEAR(shim_abort(), __VA_ARGS__, NULL)
#define cr_assert_float_neq(...)     SHIM_FAR(shim_abort(), __VA_ARGS__, NULL)

#define cr_expect_fail(...)          SHIM_IF_NOT(SHIM_GO_ON, false, "failed", __VA_ARGS__, NULL)
#define cr_expect(...)               SHIM_TRUE(SHIM_GO_ON, __VA_ARGS__, NULL)
#define cr_expect_not(...)           SHIM_FALSE(SHIM_GO_ON, __VA_ARGS__, NULL)
#define cr_expect_null(...)          SHIM_NULL(SHIM_GO_ON, __VA_ARGS__, NULL)
#define cr_expect_not_null(...)      SHIM_NOT_NULL(SHIM_GO_ON, __VA_ARGS__, NULL)
#define cr_expect_eq(...)            SHIM_COMPARE(SHIM_GO_ON, ==, __VA_ARGS__, NULL)
#define cr_expect_neq(...)           SHIM_COMPARE(SHIM_GO_ON, !=, __VA_ARGS__, NULL)
#define cr_expect_lt(...)            SHIM_COMPARE(SHIM_GO_ON, <, __VA_ARGS__, NULL)
#define cr_expect_leq(...)           SHIM_COMPARE(SHIM_GO_ON, <=, __VA_ARGS__, NULL)
#define cr_expect_gt(...)            SHIM_COMPARE(SHIM_GO_ON, >, __VA_ARGS__, NULL)
#define cr_expect_geq(...)           SHIM_COMPARE(SHIM_GO_ON, >=, __VA_ARGS__, NULL)
#define cr_expect_str_eq(...)        SHIM_STRING(SHIM_GO_ON, ==, __VA_ARGS__, NULL)
#define cr_expect_str_neq(...)       SHIM_STRING(SHIM_GO_ON, !=, __VA_ARGS__, NULL)
#define cr_expect_str_lt(...)        SHIM_STRING(SHIM_GO_ON, <, __VA_ARGS__, NULL)
#define cr_expect_str_leq(...)       SHIM_STRING(SHIM_GO_ON, <=, __VA_ARGS__, NULL)
#define cr_expect_str_gt(...)        SHIM_STRING(SHIM_GO_ON, >, __VA_ARGS__, NULL)
#define cr_expect_str_geq(...)       SHIM_STRING(SHIM_GO_ON, >=, __VA_ARGS__, NULL)
#define cr_expect_str_empty(...)     SHIM_EMPTY(SHIM_GO_ON, ==, __VA_ARGS__, NULL)
#define cr_expect_str_not_empty(...) SHIM_EMPTY(SHIM_GO_ON, !=, __VA_ARGS__, NULL)
#define cr_expect_arr_eq(...)        SHIM_BYTES(SHIM_GO_ON, ==, __VA_ARGS__, NULL)
#define cr_expect_arr_neq(...)       SHIM_BYTES(SHIM_GO_ON, !=, __VA_ARGS__, NULL)
#define cr_expect_float_eq(...)      SHIM_NEAR(SHIM_GO_ON, __VA_ARGS__, NULL)
#define cr_expect_float_neq(...)     SHIM_FAR(SHIM_GO_ON, __VA_ARGS__, NULL)

#define cr_skip(...)      shim_skip(__VA_ARGS__, NULL)
#define cr_skip_test(...) shim_skip(__VA_ARGS__, NULL)

#endif
