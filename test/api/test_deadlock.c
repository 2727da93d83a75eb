/* test_deadlock.c: aim: actors that await each other are found, with all of them, and no others.
 * Method: circles of some sizes beside long chains that await one who keeps its question. */
#include "test/support/unit_story.h"

#include <weft/deadlock.h>

TestSuite(deadlock, .timeout = 60);

enum { CIRCLE = 5, CHAIN = 20 };

static weft_runtime *rt;

static weft_next heard(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

/* Told whom to ask, it asks; asked, it keeps the question. */
static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_is_question(msg)) {
        weft_reply_later(self, msg);
        return weft_stay(self);
    }
    return weft_await(self, weft_word(msg), weft_signal(TELL), WEFT_SEC(100), heard);
}

static const weft_behavior asker = WEFT_STATELESS("asker", asking);

/* n actors, each of which asks the next one; the last one asks `end`, if there is one. */
static void ask_in_turn(weft_pid *pids, int n, weft_pid end)
{
    for (int i = 0; i < n; i++)
        cr_assert_eq(weft_rt_spawn(rt, &asker, NULL, &pids[i]), 0);
    if (end == WEFT_NOBODY)
        end = pids[0];
    for (int i = 0; i < n; i++)
        cr_assert_eq(weft_rt_cast_word(rt, pids[i], TELL, i + 1 < n ? pids[i + 1] : end),
                     0);
}

static int find(weft_pid *pids, size_t max)
{
    return weft_find_deadlock(rt, pids, max, WEFT_SEC(100));
}

TestOnWorkers(deadlock, of_a_circle_names_its_members)
{
    weft_pid chain[CHAIN], circle[CIRCLE], found[CIRCLE];
    weft_pid keeper;
    int first = -1;

    rt = story_start(workers);
    cr_assert_eq(weft_rt_spawn(rt, &asker, NULL, &keeper), 0);
    ask_in_turn(chain, CHAIN, keeper);
    cr_expect_eq(find(found, CIRCLE), 0);
    ask_in_turn(circle, CIRCLE, WEFT_NOBODY);
    wait_until(find(found, CIRCLE) == CIRCLE);
    for (int i = 0; i < CIRCLE; i++)
        if (circle[i] == found[0])
            first = i;
    cr_assert_geq(first, 0);
    for (int i = 0; i < CIRCLE; i++)
        cr_expect_eq(found[i], circle[(first + i) % CIRCLE]);
    cr_expect_eq(find(found, 1), CIRCLE, "it says how many there are");
    weft_rt_kill_actor(rt, circle[2]);
    cr_assert_eq(weft_rt_await_end(rt, circle[2], WEFT_SEC(100)), 0);
    wait_until(find(found, CIRCLE) == 0);
    for (int i = 0; i < CIRCLE; i++)
        weft_rt_kill_actor(rt, circle[i]);
    for (int i = 0; i < CHAIN; i++)
        weft_rt_kill_actor(rt, chain[i]);
    story_finish(rt);
}
