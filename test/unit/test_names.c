/* test_names.c: aim: every error has its name and its text, and no other number has one that
 * is ours; a pid's text says what is in it, within the promised length.
 * Method: the header's own table; pids at the borders of each field. */
#include "sched/id.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <weft/error.h>
#include <weft/pid.h>

#include <criterion/criterion.h>

TestSuite(names, .timeout = 20);

/* --- errors --- */

static const struct {
    int code;
    const char *name, *text;
} errors[] = {
#define ROW(name, value, text) {value, #name, text},
    WEFT_ERRORS(ROW)
#undef ROW
};
enum { ERRORS = sizeof errors / sizeof *errors };

Test(names, every_error_has_its_name_and_its_text)
{
    for (int i = 0; i < ERRORS; i++) {
        cr_expect_str_eq(weft_err_name(errors[i].code), errors[i].name);
        cr_expect_str_eq(weft_strerror(errors[i].code), errors[i].text);
        cr_expect_neq(errors[i].text[strlen(errors[i].text) - 1], '.');
    }
}

Test(names, errors_are_apart_from_each_other_and_from_errno)
{
    for (int i = 0; i < ERRORS; i++) {
        cr_expect_lt(errors[i].code, -2000);
        for (int k = 0; k < i; k++)
            cr_expect_neq(errors[i].code, errors[k].code);
    }
}

Test(names, success_has_a_text_and_no_name)
{
    cr_expect_null(weft_err_name(WEFT_OK));
    cr_expect_str_neq(weft_strerror(WEFT_OK), weft_strerror(1));
}

Test(names, what_the_system_said_is_passed_on)
{
    static const int codes[] = {EAGAIN, ENOMEM, EPERM, 1999};
    char text[100];

    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "%s", strerror(codes[i]));
        cr_expect_str_eq(weft_err_name(-codes[i]), "errno");
        cr_expect_str_eq(weft_strerror(-codes[i]), text);
    }
}

Test(names, other_numbers_are_unknown)
{
    static const int numbers[] = {1, INT_MAX, INT_MIN, -2000, -2001 - ERRORS};

    for (int i = 0; i < 5; i++) {
        cr_expect_null(weft_err_name(numbers[i]), "%d", numbers[i]);
        cr_expect_str_eq(weft_strerror(numbers[i]), "unknown error", "%d", numbers[i]);
    }
}

/* --- pids --- */

static weft_pid pid_of(uint64_t runtime, uint64_t generation, uint64_t index)
{
    return runtime << ID_RUNTIME_SHIFT | generation << ID_INDEX_BITS | index;
}

Test(names, a_pid_is_runtime_index_and_generation)
{
    static const struct {
        uint64_t runtime, generation, index;
        const char *text;
    } pids[] = {
        {1, 1, 28672, "<1.28672.1>"},
        {63, 0, 0, "<63.0.0>"},
        {0, 0, 1, "<0.1.0>"},
        {2, (1 << 28) - 1, (1 << 28) - 1, "<2.268435455.268435455>"},
    };
    char text[WEFT_PID_TEXT];

    for (int i = 0; i < 4; i++) {
        weft_pid pid = pid_of(pids[i].runtime, pids[i].generation, pids[i].index);

        cr_expect_eq(weft_pid_text(pid, text), text);
        cr_expect_str_eq(text, pids[i].text);
    }
}

Test(names, nobody_is_nobody)
{
    char text[WEFT_PID_TEXT];

    cr_expect_str_eq(weft_pid_text(WEFT_NOBODY, text), "<nobody>");
}

/* Any 64 bits: the longest text and its final 0 have room. */
Test(names, no_text_is_longer_than_promised)
{
    char text[WEFT_PID_TEXT + 8];

    memset(text, '#', sizeof text);
    weft_pid_text(UINT64_MAX, text);
    cr_expect_lt(strnlen(text, sizeof text), (size_t)WEFT_PID_TEXT);
    for (size_t i = WEFT_PID_TEXT; i < sizeof text; i++)
        cr_expect_eq(text[i], '#');
}
