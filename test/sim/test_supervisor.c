/* test/sim/test_supervisor.c: aim: a supervisor by a table answers whatever it is asked, while its
 * children are stopped, killed, drained, fail and are started again.
 * Method: disturbers, which ask for a child, do something to it, or have it restarted; all have to
 * come to their end, for each strategy. */
#include "test/support/sim_seeds.h"

#include <weft/supervisor.h>

TestSuite(sim_supervisor, .timeout = 900);

enum { DISTURBERS = 2, DEEDS = 20, CHILDREN = 4, TAG_END = 1, TAG_FAIL, TAG_GO };

/* --- children --- */

static weft_next begin(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    return weft_stay(self);
}

static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == TAG_END    ? weft_stop(self)
           : weft_tag(msg) == TAG_FAIL ? weft_fail(self, 7, "as told")
                                       : weft_stay(self);
}

static const weft_behavior child = WEFT_STATELESS("child", living, .init = begin);

static const weft_child children[CHILDREN] = {
    {.id = "a", .behavior = &child},
    {.id = "b", .behavior = &child, .fresh = true},
    {.id = "c", .behavior = &child, .shutdown_ns = WEFT_KILL_AT_ONCE},
    {.id = "d", .behavior = &child, .shutdown_ns = WEFT_MS(1)}};

/* --- disturbers --- */

struct disturber {
    weft_pid supervisor;
    uint32_t left;
};

static uint32_t at_work;

static weft_next go_on(weft_self *self, struct disturber *me);

static weft_next answered(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return go_on(self, state);
}

static void disturb(weft_self *self, weft_pid pid)
{
    switch (weft_random(self, 6)) {
    case 0:
        weft_kill_actor(self, pid);
        break;
    case 1:
        weft_stop_actor(self, pid);
        break;
    case 2:
        weft_drain_actor(self, pid);
        break;
    case 3:
        weft_cast_word(self, pid, TAG_END, 0);
        break;
    default:
        weft_cast_word(self, pid, TAG_FAIL, 0);
    }
}

static weft_next found(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid pid = weft_failure(msg) == 0 ? weft_word(msg) : WEFT_NOBODY;

    for (uint64_t i = 1 + weft_random(self, 3); i > 0; i--)
        disturb(self, pid);
    return go_on(self, state);
}

static weft_next go_on(weft_self *self, struct disturber *me)
{
    const char *id = children[weft_random(self, CHILDREN)].id;

    if (me->left-- == 0) {
        at_work--;
        return weft_stop(self);
    }
    return weft_random(self, 4) == 0
               ? weft_await(self, me->supervisor, weft_sup_restart(id), WEFT_FOREVER,
                            answered)
               : weft_await(self, me->supervisor, weft_sup_pid(id), WEFT_FOREVER, found);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return go_on(self, state);
}

static const weft_behavior disturber = WEFT_BEHAVIOR(
    "disturber", struct disturber, start, .args_size = sizeof(struct disturber));

/* --- the world --- */

static int build(weft_runtime *rt, void *table)
{
    struct disturber me = {.left = DEEDS};
    int error = weft_rt_supervise(rt, table, &me.supervisor);

    at_work = DISTURBERS;
    for (unsigned i = 0; i < DISTURBERS && error == 0; i++) {
        weft_pid pid;

        error = weft_rt_spawn(rt, &disturber, &me, &pid);
        if (error == 0)
            error = weft_rt_cast_word(rt, pid, TAG_GO, 0);
    }
    return error;
}

static bool all_are_answered(void *table)
{
    (void)table;
    return at_work == 0;
}

/* Nobody is killed at random, and memory does not fail: an answer may be lost for want of it. */
static void play(enum weft_strategy strategy)
{
    weft_supervisor table = {.strategy = strategy,
                             .intensity = WEFT_ANY_INTENSITY,
                             .children = children,
                             .child_count = CHILDREN};
    const weft_sim world = {.name = "test_supervisor",
                            .build = build,
                            .eventually = all_are_answered,
                            .eventually_name = "all are answered",
                            .context = &table,
                            .turns_max = 20000};

    sim_seeds(&world, WEFT_SIM_SLOW_STEPS | WEFT_SIM_CLOCK_JUMPS);
}

Test(sim_supervisor, answers_one_for_one)
{
    play(WEFT_ONE_FOR_ONE);
}

Test(sim_supervisor, answers_one_for_all)
{
    play(WEFT_ONE_FOR_ALL);
}

Test(sim_supervisor, answers_rest_for_one)
{
    play(WEFT_REST_FOR_ONE);
}
