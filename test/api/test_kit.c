/* test_kit.c: aim: what the test kit says of a runtime's life (ends, reasons, dead letters, rest)
 * is so, and its failures fail, each with a text that says what was expected and what came.
 * Method: without threads, where the texts are exact, and on two workers. */
#include <weft/test.h>

#include <weft.h>

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(kit, .timeout = 60);

enum { STOP = 1, FAIL, LOSE, SPIN };

static weft_test *t;

static weft_next obeying(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    switch (weft_tag(msg)) {
    case STOP:
        return weft_stop(self);
    case FAIL:
        return weft_fail(self, (int)weft_word(msg), "as told");
    case LOSE:
        weft_cast_word(self, weft_word(msg), LOSE, 0);
        break;
    case SPIN:
        return weft_yield(self);
    }
    return weft_stay(self);
}

static weft_next refuse(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    return weft_fail(self, -9, NULL);
}

static const weft_behavior servant = WEFT_STATELESS("servant", obeying);
static const weft_behavior refuser = WEFT_STATELESS("refuser", obeying, .init = refuse);

static const char *tag_name(uint32_t tag)
{
    return tag == LOSE ? "LOSE" : NULL;
}

static void start(bool threads)
{
    weft_options runtime;
    weft_test_options options;

    weft_options_init(&runtime);
    runtime.workers = 2;
    weft_test_options_init(&options);
    options.runtime = threads ? &runtime : NULL;
    options.timeout_ns = WEFT_SEC(50);
    options.tag_name = tag_name;
    cr_assert_eq(weft_test_start(&t, &options), 0);
}

static weft_pid spawn(const weft_behavior *behavior)
{
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(weft_test_runtime(t), behavior, NULL, &pid), 0);
    return pid;
}

static void tell(weft_pid pid, uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(weft_test_runtime(t), pid, tag, word), 0);
}

/* So many failures, the last of them with all of these words, of which the pids differ. */
static void failed(unsigned times, const char *text)
{
    cr_expect_eq(weft_test_failures(t), times, "%u", weft_test_failures(t));
    cr_expect_str_eq(weft_test_failure(t), text);
}

static const char *text_of(const char *format, weft_pid pid)
{
    static char text[512];
    char name[WEFT_PID_TEXT];

    snprintf(text, sizeof text, format, weft_pid_text(pid, name));
    return text;
}

static void finish(void)
{
    cr_expect(weft_test_stop(t));
    cr_expect_eq(weft_test_free(t), 0);
}

/* --- ends --- */

static void ends_are_as_expected(bool threads)
{
    weft_pid pid[4];

    start(threads);
    for (int i = 0; i < 4; i++)
        pid[i] = spawn(&servant);
    tell(pid[0], STOP, 0);
    tell(pid[1], FAIL, 7);
    weft_rt_kill_actor(weft_test_runtime(t), pid[2]);
    weft_rt_drain_actor(weft_test_runtime(t), pid[3]);
    cr_expect(weft_test_expect_end(t, pid[3], WEFT_EXIT_DRAINED, 0, 0));
    cr_expect(weft_test_expect_end(t, pid[2], WEFT_EXIT_KILLED, 0, 0));
    cr_expect(weft_test_expect_end(t, pid[1], WEFT_EXIT_FAILED, 7, 0));
    cr_expect(weft_test_expect_end(t, pid[0], WEFT_EXIT_NORMAL, 0, 0));
    cr_expect_str_eq(weft_test_await_end(t, pid[1], 0)->text, "as told");
    cr_expect_str_eq(weft_test_await_end(t, pid[1], 0)->behavior, "servant");
    failed(0, "");
    finish();
}

Test(kit, ends_are_as_expected_without_threads)
{
    ends_are_as_expected(false);
}

Test(kit, ends_are_as_expected_on_two_workers)
{
    ends_are_as_expected(true);
}

Test(kit, another_end_is_a_failure)
{
    weft_pid pid;

    start(false);
    pid = spawn(&servant);
    tell(pid, FAIL, 7);
    cr_expect_not(weft_test_expect_end(t, pid, WEFT_EXIT_FAILED, 8, 0));
    failed(1, text_of("expected %s to end failed with 8; its end: failed with 7, \"as "
                      "told\" (a \"servant\")",
                      pid));
    cr_expect_not(weft_test_expect_end(t, pid, WEFT_EXIT_NORMAL, 7, 0));
    failed(2, text_of("expected %s to end normally; its end: failed with 7, \"as told\" "
                      "(a \"servant\")",
                      pid));
    pid = spawn(&refuser);
    cr_expect_not(weft_test_expect_end(t, pid, WEFT_EXIT_KILLED, 0, 0));
    failed(3, text_of("expected %s to end killed; its end: failed with -9 in its init (a "
                      "\"refuser\")",
                      pid));
    finish();
}

/* It does not take the twenty seconds that it may. */
Test(kit, an_end_that_cannot_come_is_a_failure_at_once)
{
    weft_pid pid;

    start(false);
    pid = spawn(&servant);
    cr_expect_null(weft_test_await_end(t, pid, 0));
    failed(1,
           text_of("expected %s to end within 50000 ms; it lives, and no actor can run",
                   pid));
    cr_expect_not(weft_test_expect_end(t, WEFT_NOBODY, WEFT_EXIT_NORMAL, 0, WEFT_NS(10)));
    cr_expect_eq(weft_test_failures(t), 2);
    finish();
}

Test(kit, an_end_that_does_not_come_in_time_is_a_failure)
{
    weft_pid pid;

    start(true);
    pid = spawn(&servant);
    cr_expect_null(weft_test_await_end(t, pid, WEFT_MS(5)));
    failed(1, text_of("expected %s to end within 5 ms; it lives", pid));
    finish();
}

/* --- dead letters --- */

static void dead_letters_are_counted(bool threads)
{
    weft_pid pid, gone;
    char text[256], a[WEFT_PID_TEXT], b[WEFT_PID_TEXT];

    start(threads);
    pid = spawn(&servant);
    gone = spawn(&servant);
    tell(gone, STOP, 0);
    cr_expect(weft_test_expect_end(t, gone, WEFT_EXIT_NORMAL, 0, 0));
    cr_expect(weft_test_expect_dead_letters(t, 0));
    tell(pid, LOSE, gone);
    tell(pid, STOP, 0);
    cr_expect(weft_test_expect_end(t, pid, WEFT_EXIT_NORMAL, 0, 0));
    cr_expect_not(weft_test_expect_dead_letters(t, 0));
    snprintf(text, sizeof text,
             "expected 0 dead letters; there are 1: tag 3 (LOSE) for %s from %s (the "
             "actor had ended, or never was)",
             weft_pid_text(gone, a), weft_pid_text(pid, b));
    failed(1, text);
    cr_expect(weft_test_expect_dead_letters(t, 0), "it was complained of already");
    cr_expect_not(weft_test_expect_dead_letters(t, 1));
    failed(2, "expected 1 dead letters; there are 0");
    finish();
}

Test(kit, dead_letters_are_counted_without_threads)
{
    dead_letters_are_counted(false);
}

Test(kit, dead_letters_are_counted_on_two_workers)
{
    dead_letters_are_counted(true);
}

/* --- rest, and the end --- */

Test(kit, actors_that_go_on_for_ever_do_not_settle)
{
    weft_pid pid;

    start(false);
    pid = spawn(&servant);
    cr_expect(weft_test_settle(t, 0));
    tell(pid, SPIN, 0);
    cr_expect_not(weft_test_settle(t, WEFT_MS(2)));
    failed(1, "expected all actors to come to rest within 2 ms; some can still run");
    finish();
}

Test(kit, checks_of_the_program_are_reported_too)
{
    start(false);
    cr_expect(weft_test_check(t, true, "one"));
    cr_expect_not(weft_test_check(t, false, "the sum to be 7"));
    failed(1, "expected: the sum to be 7");
    finish();
}

static weft_pid exits[4];
static int exit_count, dead_count, failure_count;

static void ended(void *context, weft_pid pid, const weft_reason *reason)
{
    (void)reason;
    cr_expect_eq(context, exits);
    exits[exit_count++] = pid;
}

static void on_dead_letter(void *context, const weft_dead_info *dead)
{
    (void)dead;
    cr_expect_eq(context, exits);
    dead_count++;
}

static void on_failure(void *context, const char *text)
{
    cr_expect_eq(context, &failure_count);
    cr_expect_str_eq(text, "expected: nothing");
    failure_count++;
}

Test(kit, the_program_s_own_callbacks_are_called)
{
    weft_options runtime;
    weft_test_options options;
    weft_pid pid;

    weft_options_init(&runtime);
    runtime.threadless = true;
    runtime.on_exit = ended;
    runtime.on_dead_letter = on_dead_letter;
    runtime.context = exits;
    weft_test_options_init(&options);
    options.runtime = &runtime;
    options.on_failure = on_failure;
    options.context = &failure_count;
    cr_assert_eq(weft_test_start(&t, &options), 0);
    pid = spawn(&servant);
    tell(pid, STOP, 0);
    tell(pid, LOSE, 0);
    cr_expect(weft_test_expect_end(t, pid, WEFT_EXIT_NORMAL, 0, 0));
    cr_expect_eq(exit_count, 1);
    cr_expect_eq(exits[0], pid);
    cr_expect_eq(dead_count, 1);
    weft_test_check(t, false, "nothing");
    cr_expect_eq(failure_count, 1);
    finish();
}

Test(kit, what_the_runtime_refuses_is_an_error)
{
    weft_options runtime;
    weft_test_options options;

    weft_options_init(&runtime);
    runtime.threadless = true;
    runtime.workers = 1;
    weft_test_options_init(&options);
    options.runtime = &runtime;
    cr_expect_eq(weft_test_start(&t, &options), WEFT_EINVAL);
    cr_expect_null(t);
    cr_expect_eq(weft_test_free(NULL), 0);
}
