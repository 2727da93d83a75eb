/* test_stuck.c: aim: a step, an init or a stop hook that does not end is reported once, and
 * again as it goes on; also if there is no other thread, or if every thread is stuck; and what
 * runs is sampled.
 * Method: actors that wait at a gate until the reports have come. */
#include "test/support/unit_story.h"

#include <stdatomic.h>
#include <string.h>

TestSuite(stuck, .timeout = 60);

enum { STUCK = 4 };
struct stuck {
    _Atomic(weft_pid) pid;
    atomic_uint times; /* of the last report */
    atomic_int kernel_id;
};
static struct stuck of[STUCK];
static weft_pid pids[STUCK];
static weft_runtime *rt;

/* A report may come before who spawned the actor has its pid. */
static struct stuck *stuck_of(weft_pid pid)
{
    for (int i = 0; i < STUCK; i++) {
        weft_pid there = WEFT_NOBODY;

        if (atomic_compare_exchange_strong(&of[i].pid, &there, pid) || there == pid)
            return &of[i];
    }
    cr_assert(false, "there are not so many");
    return NULL;
}

/* On one thread. Times are counted up, and the time doubles; a step that only the machine has
 * stopped may have been reported before. Of the clocks that measure it one is estimated. */
static void keep(void *context, const weft_stuck_info *stuck)
{
    struct stuck *is = stuck_of(stuck->pid);

    (void)context;
    cr_expect(stuck->times == 1 || stuck->times == atomic_load(&is->times) + 1);
    cr_expect_geq(stuck->elapsed_ns, (uint64_t)3960000 << (stuck->times - 1));
    cr_expect_str_eq(stuck->behavior, "probe");
    atomic_store(&is->kernel_id, stuck->kernel_id);
    atomic_store(&is->times, stuck->times);
}

static unsigned times(unsigned i)
{
    return atomic_load(&stuck_of(pids[i])->times);
}

static weft_runtime *start(unsigned workers, uint64_t stuck_ns)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.on_stuck = keep;
    options.stuck_ns = stuck_ns;
    return story_start_with(&options);
}

static void spawn(unsigned i, const struct probe *args)
{
    pids[i] = story_spawn(rt, i, &probe, args);
}

TestOnWorkers(stuck, a_step_is_reported_again_and_again_and_counted_once)
{
    const struct probe args = probe_of(0);

    rt = start(workers, WEFT_MS(4));
    spawn(0, &args);
    story_wait(0, "init");
    cr_assert_eq(weft_rt_cast_word(rt, pids[0], WAIT, 0), 0);
    wait_until(times(0) >= 3);
    cr_expect_gt(stuck_of(pids[0])->kernel_id, 0);
    gate_open(0);
    story_wait(0, "init, waits, goes on");
    cr_assert_eq(weft_rt_cast_word(rt, pids[0], TELL, 1), 0);
    story_wait(0, "init, waits, goes on, step 1");
    cr_expect_geq(story_stats(rt).stuck, 1);
    story_finish(rt);
}

TestOnWorkers(stuck, an_init_and_a_stop_hook_are_reported)
{
    struct probe first = probe_of(0), second = probe_of(1);

    rt = start(workers, WEFT_MS(4));
    first.init = PLAN_WAIT;
    spawn(0, &first);
    wait_until(times(0) >= 1);
    gate_open(0);
    second.stop = PLAN_WAIT;
    second.gate = 1;
    spawn(1, &second);
    story_wait(1, "init");
    cr_assert_eq(weft_rt_stop_actor(rt, pids[1]), 0);
    wait_until(times(1) >= 1);
    gate_open(1);
    story_finish(rt);
}

/* Two workers and a relief: nobody of them has time to look. */
Test(stuck, steps_are_reported_if_every_thread_is_stuck)
{
    struct probe args[3];

    rt = start(2, WEFT_MS(4));
    for (unsigned i = 0; i < 3; i++) {
        args[i] = probe_of(i);
        spawn(i, &args[i]);
        story_wait(i, "init");
    }
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(weft_rt_cast_word(rt, pids[i], WAIT, 0), 0);
    for (unsigned i = 0; i < 3; i++)
        wait_until(times(i) >= 2);
    gate_open(0);
    story_finish(rt);
}

/* --- samples --- */

static bool sampled(const char *name, weft_behavior_info *info)
{
    weft_cursor cursor = {0};

    info->size = sizeof *info;
    while (weft_behavior_next(rt, &cursor, info))
        if (strcmp(info->name, name) == 0)
            return true;
    return false;
}

Test(stuck, what_runs_is_sampled)
{
    const struct probe args = probe_of(0), idle = probe_of(1);
    weft_behavior_info info;
    weft_options options;
    uint64_t looks;

    weft_options_init(&options);
    options.workers = 1;
    options.sample_ns = 1;
    rt = story_start_with(&options);
    spawn(0, &args);
    story_spawn(rt, 1, &probe_bare, &idle);
    story_wait(0, "init");
    cr_assert_eq(weft_rt_cast_word(rt, pids[0], WAIT, 0), 0);
    wait_until(sampled("probe", &info) && info.looks >= 5);
    cr_expect_eq(info.behavior, &probe);
    looks = info.looks; /* the two are not read at one moment */
    wait_until(sampled("probe", &info) && info.looks > looks);
    cr_expect_geq(info.busy_ns, looks * 900000, "a look takes a millisecond at least");
    cr_expect_not(sampled("probe_bare", &info));
    gate_open(0);
    cr_expect_eq(story_stats(rt).stuck, 0);
    story_finish(rt);
}

Test(stuck, nobody_looks_if_nobody_asks)
{
    const struct probe args = probe_of(0);
    weft_behavior_info info;

    rt = start(1, WEFT_FOREVER);
    spawn(0, &args);
    cr_assert_eq(weft_rt_cast_word(rt, pids[0], TELL, 0), 0);
    story_wait(0, "init, step 0");
    cr_expect_not(sampled("probe", &info));
    cr_expect_eq(story_stats(rt).stuck, 0);
    story_finish(rt);
}
