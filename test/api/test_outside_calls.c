/* test_outside_calls.c: aim: a thread outside that asks, or waits for a start or an end, is told
 * how it went, in time, and leaves nothing behind.
 * Method: on one worker, on two and on none; an actor that is told what to do; inits that wait
 * at a gate, stop and fail. */
#include "test/support/unit_story.h"

TestSuite(outside_calls, .timeout = 60);

static weft_runtime *rt;

enum { ECHO = 100, FORGET, KEEP, REFUSE, QUIT };

static weft_next serving(weft_self *self, void *state, weft_msg *msg)
{
    size_t size;
    const void *payload = weft_payload(msg, &size);

    (void)state;
    switch (weft_tag(msg)) {
    case ECHO:
        weft_reply(self, msg, weft_small(ECHO, payload, size));
        break;
    case KEEP:
        cr_expect_neq(weft_reply_later(self, msg), 0);
        break;
    case REFUSE:
        weft_reply_error(self, msg, -5);
        break;
    case QUIT:
        return weft_stop(self);
    }
    return weft_stay(self);
}

static const weft_behavior server = WEFT_STATELESS("server", serving);

static void start(unsigned workers)
{
    weft_options options;

    weft_options_init(&options);
    options.threadless = workers == 0;
    options.workers = workers;
    rt = story_start_with(&options);
}

static weft_pid spawn(const weft_behavior *b, const void *args)
{
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(rt, b, args, &pid), 0);
    return pid;
}

#define TestEverywhere(name)               \
    static void name##_on(void);           \
    Test(outside_calls, name)              \
    {                                      \
        for (unsigned w = 0; w < 3; w++) { \
            start(w);                      \
            name##_on();                   \
            story_finish(rt);              \
        }                                  \
    }                                      \
    static void name##_on(void)

TestEverywhere(are_answered)
{
    weft_pid pid = spawn(&server, NULL);
    const uint64_t words[5] = {1, 2, 3, 4, 5};
    uint64_t word;
    weft_msg *answer;
    size_t size;

    for (uint64_t i = 0; i < 100; i++) {
        cr_assert_eq(
            weft_rt_await_word(rt, pid, weft_word_letter(ECHO, i), WEFT_SEC(100), &word),
            0);
        cr_expect_eq(word, i);
    }
    cr_assert_eq(weft_rt_await(rt, pid, weft_small(ECHO, words, sizeof words),
                               WEFT_FOREVER, &answer),
                 0);
    cr_expect_eq(memcmp(weft_payload(answer, &size), words, sizeof words), 0);
    cr_expect_eq(size, sizeof words);
    cr_expect_eq(weft_sender(answer), pid);
    weft_msg_free(answer);
}

TestEverywhere(fail_with_the_reason)
{
    weft_pid pid = spawn(&server, NULL), gone = spawn(&server, NULL);
    uint64_t word = 7;

    cr_expect_eq(weft_rt_await_word(rt, pid, weft_signal(FORGET), WEFT_SEC(100), &word),
                 WEFT_ENOANSWER);
    cr_expect_eq(word, 0);
    cr_expect_eq(weft_rt_await_word(rt, pid, weft_signal(REFUSE), WEFT_SEC(100), &word),
                 -5);
    cr_expect_eq(weft_rt_await_word(rt, pid, weft_signal(KEEP), WEFT_MS(20), &word),
                 WEFT_ETIMEDOUT);
    cr_expect_eq(weft_rt_await_word(rt, gone, weft_signal(QUIT), WEFT_SEC(100), &word),
                 WEFT_EENDED);
    cr_expect_eq(weft_rt_await_end(rt, gone, WEFT_SEC(100)), 0);
    cr_expect_eq(weft_rt_await_word(rt, gone, weft_signal(ECHO), WEFT_SEC(100), &word),
                 WEFT_ENOACTOR);
}

/* The actor owes it; when it ends the answer finds nobody. */
TestEverywhere(that_are_given_up_leave_nothing)
{
    weft_pid pid = spawn(&server, NULL);
    uint64_t word;

    for (int i = 0; i < 50; i++)
        cr_expect_eq(weft_rt_await_word(rt, pid, weft_signal(KEEP), 0, &word),
                     WEFT_ETIMEDOUT);
    cr_expect_eq(weft_rt_stop_and_wait(rt, pid, WEFT_SEC(100)), 0);
    cr_expect_not(weft_rt_alive(rt, pid));
}

TestEverywhere(for_an_end_come_behind_it)
{
    const struct probe args = probe_of(0);
    weft_pid pid;

    story_clear();
    pid = story_spawn(rt, 0, &probe, &args);
    cr_expect_eq(weft_rt_await_end(rt, pid, WEFT_MS(5)), WEFT_ETIMEDOUT);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 1), 0);
    cr_expect_eq(weft_rt_drain_actor(rt, pid), 0);
    cr_expect_eq(weft_rt_await_end(rt, pid, WEFT_SEC(100)), 0);
    story_is(0, "init, step 1, stop drained, exit drained, destroy");
    cr_expect_eq(weft_rt_await_end(rt, pid, WEFT_SEC(100)), 0, "it has ended");
    story_clear();
}

static void destroyed_late(void *state)
{
    (void)state;
    gate_pass(1);
    story_tell(0, "destroyed");
}

/* Its pid is nobody's, and nobody is there to be asked. */
Test(outside_calls, for_an_end_wait_for_its_destroy)
{
    static const weft_behavior late =
        WEFT_BEHAVIOR("late", int, serving, .destroy = destroyed_late);
    weft_pid pid;

    for (unsigned w = 1; w < 3; w++) {
        start(w);
        pid = spawn(&late, NULL);
        cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
        wait_until(!weft_rt_alive(rt, pid));
        cr_expect_eq(weft_rt_await_end(rt, pid, WEFT_MS(20)), WEFT_ETIMEDOUT);
        cr_expect_eq(weft_rt_stop_and_wait(rt, pid, 0), WEFT_ETIMEDOUT);
        gate_open(1);
        cr_expect_eq(weft_rt_await_end(rt, pid, WEFT_FOREVER), 0);
        story_is(0, "destroyed");
        story_finish(rt);
        story_clear();
    }
}

static weft_next refuse(weft_self *self, void *state, const void *args)
{
    (void)state;
    return weft_fail(self, *(const int *)args, "no");
}

static weft_next give_up(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    return weft_stop(self);
}

static const weft_behavior refusing =
    WEFT_STATELESS("refusing", serving, .init = refuse, .args_size = sizeof(int));
static const weft_behavior stopping =
    WEFT_STATELESS("stopping", serving, .init = give_up);

TestEverywhere(for_a_start_say_how_init_went)
{
    weft_pid pid;
    int code = -9;
    uint64_t word;

    cr_expect_eq(weft_rt_spawn_and_wait(rt, &server, NULL, WEFT_SEC(100), &pid), 0);
    cr_expect_eq(weft_rt_await_start(rt, pid, WEFT_SEC(100)), 0);
    cr_expect_eq(
        weft_rt_await_word(rt, pid, weft_word_letter(ECHO, 3), WEFT_SEC(100), &word), 0);
    cr_expect_eq(weft_rt_spawn_and_wait(rt, &refusing, &code, WEFT_SEC(100), &pid), -9);
    cr_expect_eq(pid, WEFT_NOBODY);
    code = 9;
    cr_expect_eq(weft_rt_spawn_and_wait(rt, &refusing, &code, WEFT_SEC(100), &pid),
                 WEFT_EENDED);
    cr_expect_eq(weft_rt_spawn_and_wait(rt, &stopping, NULL, WEFT_SEC(100), &pid),
                 WEFT_EENDED);
    cr_expect_eq(weft_rt_spawn_and_wait(rt, NULL, NULL, WEFT_SEC(100), &pid),
                 WEFT_EINVAL);
    pid = spawn(&stopping, NULL);
    code = weft_rt_await_start(rt, pid, WEFT_SEC(100));
    cr_expect(code == WEFT_EENDED || code == WEFT_ENOACTOR);
}
