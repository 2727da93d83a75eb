/* test/sim/test_life.c: aim: whatever happens, each actor ends once, for a reason that it can have,
 * its state is destroyed once, and nobody outlives the world.
 * Method: a tree of actors that make, stop, drain and kill others, and fail; each state owns a
 * thing; ends are counted for each pid. */
#include "test/support/sim_seeds.h"
#include "test/support/stress_run.h"
#include "test/support/stress_thing.h"

TestSuite(sim_life, .timeout = 900);

enum { TAG_LIVE = 1, NODES_MAX = 150, TABLE = 1024 };

struct node {
    struct thing thing;
    weft_pid parent;
    bool begun;
};

static uint64_t begun, destroyed, ends, twice_ended, made, things;
static weft_pid ended[TABLE], known[NODES_MAX];
static unsigned known_count;

static weft_next living(weft_self *self, void *state, weft_msg *msg);

static weft_next node_init(weft_self *self, void *state, const void *args)
{
    struct node *node = state;

    node->thing = thing_new();
    node->parent = args != NULL ? *(const weft_pid *)args : WEFT_NOBODY;
    begun++;
    switch (weft_random(self, 12)) {
    case 0:
        return weft_stop(self);
    case 1:
        return weft_fail(self, -7, "init");
    default:
        weft_cast_word(self, weft_self_pid(self), TAG_LIVE, 3);
        return weft_stay(self);
    }
}

static void node_stop(weft_self *self, void *state, const weft_reason *reason)
{
    struct node *node = state;

    (void)reason;
    weft_cast_word(self, node->parent, TAG_LIVE, 0);
}

static void node_destroy(void *state)
{
    thing_end(&((struct node *)state)->thing);
    destroyed++;
}

static const weft_behavior node =
    WEFT_BEHAVIOR("node", struct node, living, .init = node_init, .stop = node_stop,
                  .destroy = node_destroy, .args_size = sizeof(weft_pid));

static void grow(weft_self *self)
{
    weft_pid me = weft_self_pid(self), pid;

    if (made >= NODES_MAX || weft_spawn(self, &node, &me, &pid) < 0)
        return;
    made++;
    known[known_count++] = pid;
    weft_cast_word(self, pid, TAG_LIVE, weft_random(self, 4));
}

static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid other = known[weft_random(self, known_count)];

    (void)state;
    if (weft_word(msg) > 0)
        weft_cast_word(self, weft_self_pid(self), TAG_LIVE, weft_word(msg) - 1);
    switch (weft_random(self, 14)) {
    case 0:
        weft_stop_actor(self, other);
        break;
    case 1:
        weft_kill_actor(self, other);
        break;
    case 2:
        weft_drain_actor(self, other);
        break;
    case 3:
        return weft_fail(self, -8, "step");
    case 4:
        return weft_stop(self);
    case 5:
        return weft_yield(self);
    case 6:
        weft_cast_word(self, other, TAG_LIVE, 1);
        break;
    default:
        grow(self);
    }
    return weft_stay(self);
}

static void on_exit_of(void *context, weft_pid pid, const weft_reason *reason)
{
    size_t at = (size_t)pid % TABLE;

    (void)context, (void)reason;
    ends++;
    while (ended[at] != WEFT_NOBODY && ended[at] != pid)
        at = (at + 1) % TABLE;
    twice_ended += ended[at] == pid;
    ended[at] = pid;
}

static int build(weft_runtime *rt, void *context)
{
    weft_pid pid;
    int error = 0;

    (void)context;
    begun = destroyed = ends = twice_ended = made = 0;
    known_count = 0;
    things = thing_count();
    memset(ended, 0, sizeof ended);
    for (int i = 0; i < 3 && error == 0; i++) {
        error = weft_rt_spawn(rt, &node, NULL, &pid);
        if (error < 0)
            break;
        known[known_count++] = pid;
        made++;
        weft_rt_cast_word(rt, pid, TAG_LIVE, 9);
    }
    return error;
}

static bool once(void *context)
{
    (void)context;
    return twice_ended == 0 && destroyed <= begun;
}

static int all_over(weft_runtime *rt, void *context)
{
    weft_stats stats;

    (void)context;
    weft_stats_read(rt, &stats);
    return stats.spawned == made && stats.ended == made && ends == made &&
                   twice_ended == 0 && begun == destroyed && thing_count() == things
               ? 0
               : WEFT_EBROKEN;
}

Test(sim_life, each_ends_once)
{
    weft_options options;
    weft_sim world = {.name = "test_life",
                      .build = build,
                      .check = once,
                      .check_name = "once",
                      .end = all_over,
                      .options = &options,
                      .turns_max = 5000};

    weft_options_init(&options);
    options.on_exit = on_exit_of;
    sim_seeds(&world, 63);
}
