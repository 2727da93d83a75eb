/* test_limit.c: aim: as many actors live at one time as the options allow, and not one more;
 * where one has ended another may begin, wherever they are made.
 * Method: small limits; actors made from outside and in steps, in turns, to the limit and over
 * it, again and again. */
#include "test/support/unit_story.h"

#include <stdatomic.h>

TestSuite(limit, .timeout = 60);

static weft_runtime *rt;

static void start(unsigned workers, uint32_t actors_max)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.actors_max = actors_max;
    rt = story_start_with(&options);
}

static weft_next idle(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static const weft_behavior idler = WEFT_STATELESS("idler", idle);

/* Makes idlers until it may not; their number. */
static uint32_t fill_from_outside(weft_pid *pids)
{
    uint32_t n = 0;
    int error;

    while ((error = weft_rt_spawn(rt, &idler, NULL, &pids[n])) == 0)
        n++;
    cr_expect_eq(error, WEFT_ELIMIT);
    cr_expect_eq(pids[n], WEFT_NOBODY);
    return n;
}

static void kill_all(const weft_pid *pids, uint32_t n)
{
    const uint64_t ended = story_stats(rt).ended;

    for (uint32_t i = 0; i < n; i++)
        cr_assert_eq(weft_rt_kill_actor(rt, pids[i]), 0);
    wait_until(story_stats(rt).ended == ended + n);
}

TestOnWorkers(limit, is_exact_and_there_again_when_all_have_ended)
{
    static const uint32_t limits[] = {1, 2, 10, 63, 64, 65, 130, 1000};
    static weft_pid pids[1001];

    for (int i = 0; i < 8; i++) {
        start(workers, limits[i]);
        for (int round = 0; round < 4; round++) {
            cr_assert_eq(fill_from_outside(pids), limits[i], "limit %u, round %d",
                         limits[i], round);
            kill_all(pids, limits[i]);
        }
        story_finish(rt);
    }
}

Test(limit, has_room_for_one_when_one_has_ended)
{
    static weft_pid pids[101];

    start(1, 100);
    cr_assert_eq(fill_from_outside(pids), 100);
    for (int i = 0; i < 300; i++) {
        kill_all(&pids[i % 100], 1);
        cr_assert_eq(weft_rt_spawn(rt, &idler, NULL, &pids[i % 100]), 0, "actor %d", i);
        cr_assert_eq(weft_rt_spawn(rt, &idler, NULL, NULL), WEFT_ELIMIT);
    }
    story_finish(rt);
}

/* --- in steps --- */

enum { LIMIT = 200 };

static atomic_uint made;

static weft_next filling(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid pid = 1;
    unsigned n = 0;
    int error;

    (void)state, (void)msg;
    while ((error = weft_spawn(self, &idler, NULL, &pid)) == 0)
        n++;
    cr_expect_eq(error, WEFT_ELIMIT);
    cr_expect_eq(pid, WEFT_NOBODY);
    atomic_store(&made, n);
    weft_exit(self, 0);
    return weft_stay(self);
}

TestOnWorkers(limit, counts_actors_made_in_a_step)
{
    static const weft_behavior filler = WEFT_STATELESS("filler", filling);
    static weft_pid pids[LIMIT + 1];

    start(workers, LIMIT);
    for (uint32_t i = 0; i < LIMIT / 4; i++)
        cr_assert_eq(weft_rt_spawn(rt, &idler, NULL, &pids[i]), 0);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &filler, NULL), TELL, 0), 0);
    weft_run(rt);
    cr_expect_eq(made + LIMIT / 4 + 1, LIMIT);
    cr_expect_eq(fill_from_outside(&pids[LIMIT / 4]), 0);
    kill_all(pids, LIMIT / 4);
    cr_expect_eq(fill_from_outside(pids), LIMIT / 4, "what ended left room outside");
    story_finish(rt);
}

/* Each makes the next and ends: there are never more than two on one worker. On two, who was taken
 * from its worker within its step ends when a worker comes to it; two threads, and a relief, can
 * have so many under way at a time. */
static weft_next succeeding(weft_self *self, void *state, weft_msg *msg);
static const weft_behavior successor = WEFT_STATELESS("successor", succeeding);

static weft_next succeeding(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid heir;

    (void)state;
    if (weft_word(msg) == 0)
        weft_exit(self, 0);
    else if (weft_spawn(self, &successor, NULL, &heir) < 0)
        weft_exit(self, 1);
    else
        weft_cast_word(self, heir, TELL, weft_word(msg) - 1);
    return weft_stop(self);
}

TestOnWorkers(limit, of_few_is_enough_for_a_dynasty)
{
    start(workers, workers == 1 ? 2 : 8);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &successor, NULL), TELL, 5000),
                 0);
    cr_expect_eq(weft_run(rt), 0);
    story_finish(rt);
}
