/* test_stats.c: aim: no message and no actor is lost from the counters: what was sent was
 * handled, is a dead letter, or was given back; who was spawned has ended.
 * Method: a crowd of actors that send to each other, to the dead and to nobody, while a thread
 * kills some of them; its own count of what it sent against the runtime's. */
#include "test/support/unit_story.h"

#include <stdatomic.h>
#include <string.h>

TestSuite(stats, .timeout = 60);

static weft_runtime *rt;

Test(stats, of_a_new_runtime_are_zero_but_for_its_sleep)
{
    static const weft_stats zero;
    weft_stats stats;

    rt = story_start(1);
    memset(&stats, 0xff, sizeof stats);
    weft_stats_read(rt, &stats);
    cr_expect_gt(stats.memory, 0);
    stats.parks = stats.wakes = stats.memory = 0;
    cr_expect_eq(memcmp(&stats, &zero, sizeof zero), 0);
    story_finish(rt);
}

TestOnWorkers(stats, workers_without_work_go_to_sleep)
{
    const struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(workers);
    wait_until(story_stats(rt).parks > 0);
    pid = story_spawn(rt, 0, &probe, &args);
    story_wait(0, "init");
    for (int i = 0; i < 20; i++) { /* asleep or not, it comes when there is mail */
        uint64_t parks = story_stats(rt).parks;

        cr_assert_eq(weft_rt_cast_word(rt, pid, YIELD, 0), 0);
        gate_open(0);
        wait_until(story_stats(rt).handled == (uint64_t)i + 1);
        wait_until(story_stats(rt).parks > parks);
    }
    story_finish(rt);
}

/* --- conservation --- */

enum { CROWD = 60, HOPS = 200 };

static weft_pid crowd[CROWD], gone;
static atomic_ullong sent, given_back, refused;

static void count(int error)
{
    atomic_fetch_add(&sent, 1);
    if (error < 0)
        atomic_fetch_add(&refused, 1);
}

/* The word is how often it is still to be passed on. */
static weft_next passing_on(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t left = weft_word(msg);
    weft_pid to = crowd[weft_random(self, CROWD)];

    (void)state;
    if (left == 0)
        return weft_stay(self);
    switch (weft_random(self, 8)) {
    case 0:
        count(weft_cast(self, gone, weft_signal(TELL)));
        break;
    case 1:
        count(weft_reply_word(self, msg, TELL, 0));
        break;
    case 2:
        atomic_fetch_add(&sent, 1);
        if (weft_try_cast(self, WEFT_NOBODY, weft_signal(TELL)) < 0)
            atomic_fetch_add(&given_back, 1);
        break;
    case 3:
        count(weft_cast(self, to, weft_small(TELL, &left, 41)));
        break;
    default:
        break;
    }
    count(weft_cast_word(self, to, TELL, left - 1));
    return weft_random(self, 50) == 0 ? weft_yield(self) : weft_stay(self);
}

static const weft_behavior passer = WEFT_STATELESS("passer", passing_on);

/* A yielded step is called again with the same message, and sends again: that is counted. */
static void send_and_kill(unsigned number)
{
    for (unsigned i = 0; i < 300; i++) {
        count(weft_rt_cast_word(rt, crowd[(i * 7 + number) % CROWD], TELL, HOPS / 4));
        if (i % 30 == 29)
            weft_rt_kill_actor(rt, crowd[number * 9 + i / 30]);
    }
}

static uint64_t accounted_for(const weft_stats *stats)
{
    uint64_t sum = stats->handled + stats->returned;

    for (int i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        sum += stats->dead[i];
    return sum;
}

static void make_crowd(void)
{
    for (int i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_spawn(rt, &passer, NULL, &crowd[i]), 0);
    cr_assert_eq(weft_rt_spawn(rt, &passer, NULL, &gone), 0);
    cr_assert_eq(weft_rt_kill_actor(rt, gone), 0);
    wait_until(story_stats(rt).ended == 1);
}

TestOnWorkers(stats, what_was_sent_was_handled_or_is_dead_or_was_given_back)
{
    weft_stats stats;

    rt = story_start(workers);
    make_crowd();
    in_threads(3, send_and_kill);
    cr_assert_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    wait_until((stats = story_stats(rt), accounted_for(&stats) >= atomic_load(&sent)));
    cr_expect_eq(accounted_for(&stats), sent);
    cr_expect_eq(stats.returned, given_back);
    cr_expect_eq(stats.spawned, CROWD + 1);
    cr_expect_eq(stats.ended, CROWD + 1);
    cr_expect_geq(stats.dead[WEFT_DEAD_NO_ACTOR] + stats.dead[WEFT_DEAD_MALFORMED] +
                      stats.dead[WEFT_DEAD_ENDED],
                  refused);
    cr_expect_eq(stats.dead[WEFT_DEAD_FOREIGN] + stats.dead[WEFT_DEAD_NO_MEMORY], 0);
    story_finish(rt);
}

/* --- what goes between workers --- */

static weft_next cooking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    gate_pass(1);
    return weft_stay(self);
}

/* One worker is stuck; mail for its domain is handled by who takes it over. */
Test(stats, a_stuck_step_does_not_hold_up_its_neighbours)
{
    static const weft_behavior cook = WEFT_STATELESS("cook", cooking);
    struct probe args[8];
    weft_pid pids[8];

    rt = story_start(2);
    for (unsigned i = 0; i < 8; i++) {
        args[i] = probe_of(i);
        pids[i] = story_spawn(rt, i, &probe_without_init, &args[i]);
    }
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 8, &cook, NULL), TELL, 0), 0);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(weft_rt_cast_word(rt, pids[i], TELL, i), 0);
    for (unsigned i = 0; i < 8; i++)
        wait_until(story_of(i)[0] != '\0');
    wait_until(story_stats(rt).rescues > 0);
    gate_open(1);
    story_finish(rt);
}
