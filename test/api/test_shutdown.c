/* test_shutdown.c: aim: weft_run and weft_exit, weft_stop_all and weft_finish: who is told what,
 * what can still be done, and what happens when somebody does not come to an end.
 * Method: stories of actors that are well, busy or stuck while their runtime is taken down. */
#include "test/support/unit_story.h"

#include <limits.h>
#include <stdatomic.h>

TestSuite(shutdown, .timeout = 60);

static weft_runtime *rt;

static void cast(weft_pid pid, uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, tag, word), 0);
}

/* --- weft_run and weft_exit --- */

static weft_next exiting(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_exit(self, (int)weft_word(msg));
    weft_exit(self, (int)weft_word(msg) + 1);
    return weft_stop(self);
}

static const weft_behavior exiter = WEFT_STATELESS("exiter", exiting);

static const struct {
    int given, got;
} codes[] = {{0, 0}, {1, 1}, {INT_MAX, INT_MAX}, {-1, INT_MAX}, {INT_MIN, INT_MAX}};
enum { CODES = sizeof codes / sizeof *codes };

TestOnWorkers(shutdown, run_returns_what_an_actor_gave_to_exit)
{
    for (int i = 0; i < CODES - 1; i++) {
        if (codes[i].given == INT_MAX)
            continue; /* one more of it is undefined */
        rt = story_start(workers);
        cast(story_spawn(rt, 0, &exiter, NULL), TELL, (uint64_t)(int64_t)codes[i].given);
        cr_expect_eq(weft_run(rt), codes[i].got, "%d", codes[i].given);
        story_finish(rt);
    }
}

Test(shutdown, run_returns_what_a_thread_gave_to_exit_and_the_first_wins)
{
    for (int i = 0; i < CODES; i++) {
        rt = story_start(1);
        weft_rt_exit(rt, codes[i].given);
        weft_rt_exit(rt, 77);
        cr_expect_eq(weft_run(rt), codes[i].got, "%d", codes[i].given);
        cr_expect_eq(weft_run(rt), codes[i].got, "again");
        story_finish(rt);
    }
}

TestOnWorkers(shutdown, actors_go_on_after_an_exit)
{
    const struct probe args[] = {probe_of(0), probe_of(1)};
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args[0]);
    weft_rt_exit(rt, 0);
    cr_expect_eq(weft_run(rt), 0);
    cast(pid, TELL, 1);
    story_wait(0, "init, step 1");
    story_spawn(rt, 1, &probe, &args[1]);
    story_wait(1, "init");
    story_finish(rt);
}

/* --- weft_stop_all --- */

TestOnWorkers(shutdown, everybody_is_stopped_with_hook_and_reason)
{
    struct probe args;

    rt = story_start(workers);
    for (unsigned i = 0; i < STORIES; i++) {
        args = probe_of(i);
        story_spawn(rt, i, &probe, &args);
        story_wait(i, "init");
    }
    cr_expect_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    for (unsigned i = 0; i < STORIES; i++)
        story_is(i, "init, stop shutdown, exit shutdown, destroy");
    cr_expect_eq(story_stats(rt).ended, STORIES);
    cr_expect_eq(weft_stop_all(rt, 0), 0, "again");
    story_finish(rt);
}

enum { CROWD = 20000 };

TestOnWorkers(shutdown, a_crowd_is_stopped_to_the_last)
{
    const struct probe args = probe_of(0);

    rt = story_start(workers);
    for (int i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_spawn(rt, &probe_bare, &args, NULL), 0);
    cr_expect_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    cr_expect_eq(story_stats(rt).spawned, CROWD);
    cr_expect_eq(story_stats(rt).ended, CROWD);
    story_finish(rt);
}

static void spawning_too_late(weft_self *self, void *state, const weft_reason *reason)
{
    (void)state;
    cr_expect_eq(reason->exit, WEFT_EXIT_SHUTDOWN);
    cr_expect_eq(weft_spawn(self, &exiter, NULL, NULL), WEFT_ESTOPPING);
    cr_expect_eq(weft_rt_spawn(weft_self_runtime(self), &exiter, NULL, NULL),
                 WEFT_ESTOPPING);
    cr_expect(weft_should_stop(self));
    story_tell(0, "tried");
}

TestOnWorkers(shutdown, nobody_is_born_any_more)
{
    static const weft_behavior late =
        WEFT_STATELESS("late", exiting, .stop = spawning_too_late);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &late, NULL);
    cr_expect_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    story_is(0, "tried, exit shutdown");
    cr_expect_eq(weft_rt_spawn(rt, &exiter, NULL, NULL), WEFT_ESTOPPING);
    cr_expect_eq(weft_rt_cast_word(rt, pid, TELL, 0), WEFT_ENOACTOR);
    cr_expect_eq(weft_rt_stop_actor(rt, pid), WEFT_ENOACTOR);
    cr_expect_eq(story_stats(rt).spawned, 1);
    story_finish(rt);
}

/* Actors that make others as fast as they can do not outrun it. */
static weft_next multiplying(weft_self *self, void *state, weft_msg *msg);
static const weft_behavior multiplier = WEFT_STATELESS("multiplier", multiplying);

static weft_next multiplying(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid child;

    (void)state;
    for (int i = 0; i < 2; i++)
        if (weft_spawn(self, &multiplier, NULL, &child) == 0)
            weft_cast_word(self, child, weft_tag(msg), 0);
    return weft_stop(self);
}

TestOnWorkers(shutdown, those_who_multiply_are_stopped)
{
    rt = story_start(workers);
    cast(story_spawn(rt, 0, &multiplier, NULL), TELL, 0);
    wait_until(story_stats(rt).spawned > 1000);
    cr_expect_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    cr_expect_eq(story_stats(rt).spawned, story_stats(rt).ended);
    story_finish(rt);
}

/* --- somebody is stuck --- */

TestOnWorkers(shutdown, a_stuck_step_is_a_timeout_and_ends_later)
{
    struct probe args[] = {probe_of(0), probe_of(1)};
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args[0]);
    cast(pid, WAIT, 0);
    story_wait(0, "init, waits");
    cr_expect_eq(weft_stop_all(rt, WEFT_MS(1)), WEFT_ETIMEDOUT);
    cr_expect_eq(weft_finish(rt, WEFT_MS(1)), WEFT_ETIMEDOUT);
    cr_expect(weft_rt_alive(rt, pid));
    cr_expect_eq(weft_rt_spawn(rt, &probe, &args[1], NULL), WEFT_ESTOPPING);
    gate_open(0);
    story_wait(0, "init, waits, goes on, exit killed, destroy");
    cr_expect_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    story_finish(rt);
    story_is(0, "init, waits, goes on, exit killed, destroy");
}

TestOnWorkers(shutdown, a_stuck_stop_hook_is_a_timeout_too)
{
    const struct probe args = {.who = 0, .stop = PLAN_WAIT, .gate = 0};
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args);
    story_wait(0, "init");
    cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(0, "init, stop stopped");
    cr_expect_eq(weft_finish(rt, WEFT_MS(1)), WEFT_ETIMEDOUT);
    gate_open(0);
    wait_until(story_stats(rt).ended == 1);
    cr_expect_eq(weft_finish(rt, WEFT_FOREVER), 0);
}

TestOnWorkers(shutdown, one_who_yields_for_ever_is_stopped)
{
    const struct probe args = probe_of(0);

    rt = story_start(workers);
    cast(story_spawn(rt, 0, &probe, &args), YIELD, 0);
    story_wait(0, "init, yields");
    cr_expect_eq(weft_finish(rt, WEFT_FOREVER), 0);
    story_is(0, "init, yields, stop shutdown, exit shutdown, destroy");
}

TestOnWorkers(shutdown, with_mail_everywhere_it_ends)
{
    struct probe args;

    rt = story_start(workers);
    for (unsigned i = 0; i < STORIES; i++) {
        weft_pid pid;

        args = probe_of(i);
        pid = story_spawn(rt, i, &probe_without_init, &args);
        for (uint64_t k = 0; k < 20; k++)
            cast(pid, TELL, k);
    }
    story_finish(rt);
}

/* --- weft_should_stop --- */

static atomic_bool should_stop, looked;

static weft_next looking_out(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    cr_expect_not(weft_should_stop(self));
    atomic_store(&looked, true);
    while (!weft_should_stop(self))
        continue;
    atomic_store(&should_stop, true);
    return weft_stay(self);
}

static const weft_behavior lookout = WEFT_STATELESS("lookout", looking_out);

static void expect_to_be_told(unsigned workers, int (*end)(weft_runtime *, weft_pid),
                              const char *whole)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &lookout, NULL);
    cast(pid, TELL, 0);
    wait_until(looked);
    cr_expect_not(should_stop);
    cr_expect_eq(end(rt, pid), 0);
    story_wait(0, whole);
    cr_expect(should_stop);
    story_finish(rt);
}

static int stop_all(weft_runtime *runtime, weft_pid pid)
{
    (void)pid;
    return weft_stop_all(runtime, WEFT_FOREVER);
}

TestOnWorkers(shutdown, a_busy_step_is_told_that_it_should_stop)
{
    expect_to_be_told(workers, stop_all, "exit shutdown");
}

TestOnWorkers(shutdown, a_busy_step_is_told_that_it_was_stopped)
{
    expect_to_be_told(workers, weft_rt_stop_actor, "exit stopped");
}

TestOnWorkers(shutdown, a_busy_step_is_told_that_it_was_killed)
{
    expect_to_be_told(workers, weft_rt_kill_actor, "exit killed");
}
