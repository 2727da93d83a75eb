/* test_self.c: aim: what an actor can ask of itself: random numbers, its runtime; and that the
 * functions for any thread work in a step.
 * Method: runtimes with seeds whose only actor writes down what it draws. */
#include "test/support/unit_story.h"

#include <string.h>

TestSuite(self, .timeout = 60);

static weft_runtime *rt;

/* --- weft_random --- */

enum { DRAWS = 1000 };
static uint64_t drawn[DRAWS];

static weft_next drawing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    for (int i = 0; i < DRAWS; i++)
        drawn[i] = weft_random(self, weft_word(msg));
    weft_exit(self, 0);
    return weft_stop(self);
}

static const weft_behavior drawer = WEFT_STATELESS("drawer", drawing);

static void draw(unsigned workers, uint64_t seed, uint64_t below)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.seed = seed;
    rt = story_start_with(&options);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &drawer, NULL), TELL, below),
                 0);
    weft_run(rt);
    story_finish(rt);
}

TestOnWorkers(self, random_stays_below)
{
    static const uint64_t borders[] = {1, 2, 10, (uint64_t)1 << 33, UINT64_MAX};

    for (int b = 0; b < 5; b++) {
        draw(workers, 0, borders[b]);
        for (int i = 0; i < DRAWS; i++)
            cr_assert_lt(drawn[i], borders[b]);
    }
}

Test(self, random_below_0_is_0)
{
    memset(drawn, 0xff, sizeof drawn);
    draw(1, 0, 0);
    for (int i = 0; i < DRAWS; i++)
        cr_assert_eq(drawn[i], 0);
}

Test(self, random_repeats_for_a_seed)
{
    uint64_t first[DRAWS];

    draw(1, 12345, UINT64_MAX);
    memcpy(first, drawn, sizeof first);
    draw(1, 12345, UINT64_MAX);
    cr_expect_eq(memcmp(first, drawn, sizeof first), 0);
    draw(1, 12346, UINT64_MAX);
    cr_expect_neq(memcmp(first, drawn, sizeof first), 0);
}

Test(self, random_without_a_seed_differs_every_time)
{
    uint64_t first[DRAWS];

    draw(1, 0, UINT64_MAX);
    memcpy(first, drawn, sizeof first);
    draw(1, 0, UINT64_MAX);
    cr_expect_neq(memcmp(first, drawn, sizeof first), 0);
}

/* Coarse: that it is even is the generator's own test. */
Test(self, random_comes_to_every_number)
{
    int times[10] = {0};

    draw(1, 1, 10);
    for (int i = 0; i < DRAWS; i++)
        times[drawn[i]]++;
    for (int i = 0; i < 10; i++)
        cr_expect(times[i] > 50 && times[i] < 150, "%d came %d times", i, times[i]);
}

/* --- the functions for any thread --- */

static weft_next using_all(weft_self *self, void *state, weft_msg *msg)
{
    const struct probe args[] = {probe_of(1), probe_of(2)};
    weft_runtime *mine = weft_self_runtime(self);
    weft_pid child = WEFT_NOBODY;
    weft_stats stats;

    (void)state, (void)msg;
    cr_expect_eq(mine, rt);
    cr_expect_eq(weft_workers(mine), weft_workers(rt));
    child = story_spawn(mine, 1, &probe, &args[0]);
    cr_expect(weft_rt_alive(mine, child));
    cr_expect(weft_alive(self, child));
    cr_expect_eq(weft_rt_cast(mine, child, weft_word_letter(TELL, 1)), 0);
    cr_expect_eq(weft_rt_cast_word(mine, child, TELL, 2), 0);
    cr_expect_eq(weft_rt_try_cast(mine, child, weft_word_letter(TELL, 3)), 0);
    child = story_spawn(mine, 2, &probe_without_init, &args[1]);
    cr_expect_eq(weft_rt_kill_actor(mine, child), 0);
    weft_stats_read(mine, &stats);
    cr_expect_eq(stats.spawned, 3);
    weft_rt_exit(mine, 6);
    return weft_stay(self);
}

TestOnWorkers(self, the_functions_for_any_thread_work_in_a_step)
{
    static const weft_behavior user = WEFT_STATELESS("user", using_all);

    rt = story_start(workers);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &user, NULL), TELL, 0), 0);
    cr_expect_eq(weft_run(rt), 6);
    story_wait(1, "init, step 1, step 2, step 3");
    story_wait(2, "exit killed, destroy");
    wait_until(story_stats(rt).handled == 4);
    cr_expect_eq(story_stats(rt).outside, 4, "the test's, and three of the step's");
    story_finish(rt);
}
