/* test/sim/test_monitor.c: aim: whoever watches an actor hears of its end once, however it ends and
 * wherever both are; and not at all when it has ended its watch.
 * Method: watchers, which live, watch nodes, which stop, fail, are stopped, drained and killed, some
 * before they are watched. */
#include "test/support/sim_seeds.h"

TestSuite(sim_monitor, .timeout = 900);

enum { WATCHERS = 4, NODES = 12, WATCHES = 24, TAG_GO = 1, TAG_END };

struct watcher {
    uint32_t me, left;
};
struct watch {
    weft_watch watch; /* 0: none */
    weft_pid pid;
    bool over; /* its down has come, or nobody waits for it any more */
};

static weft_pid nodes[NODES];
static struct watch watches[WATCHERS][WATCHES];
static uint64_t wrong;

/* --- nodes --- */

static weft_next being(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) != TAG_END)
        return weft_stay(self);
    switch (weft_word(msg) % 3) {
    case 0:
        return weft_stop(self);
    case 1:
        return weft_fail(self, -5, "asked for");
    default:
        return weft_yield(self); /* until somebody ends it */
    }
}

static const weft_behavior node = WEFT_STATELESS("node", being);

static void end_one(weft_self *self)
{
    weft_pid pid = nodes[weft_random(self, NODES)];

    switch (weft_random(self, 5)) {
    case 0:
        weft_stop_actor(self, pid);
        break;
    case 1:
        weft_kill_actor(self, pid);
        break;
    case 2:
        weft_drain_actor(self, pid);
        break;
    case 3:
        weft_cast_word(self, pid, TAG_END, weft_random(self, 2));
        break;
    default:
        weft_cast_word(self, pid, TAG_GO, 0);
    }
}

/* --- watchers --- */

static void hear(struct watcher *w, const weft_down *down)
{
    for (unsigned i = 0; i < WATCHES; i++) {
        struct watch *is = &watches[w->me][i];

        if (is->watch != down->watch)
            continue;
        wrong += is->over || is->pid != down->pid;
        is->over = true;
        return;
    }
    wrong++;
}

static void watch_one(weft_self *self, struct watcher *w)
{
    struct watch *is = &watches[w->me][--w->left];

    is->pid = nodes[weft_random(self, NODES)];
    if (weft_monitor(self, is->pid, &is->watch) < 0)
        is->over = true;
}

static void unwatch_one(weft_self *self, struct watcher *w)
{
    struct watch *is = &watches[w->me][weft_random(self, WATCHES)];

    if (is->watch != 0 && weft_demonitor(self, is->watch) == 0) {
        wrong += is->over;
        is->over = true;
    }
}

static weft_next watching(weft_self *self, void *state, weft_msg *msg)
{
    struct watcher *w = state;
    weft_down down;

    if (weft_down_get(msg, &down)) {
        hear(w, &down);
        return weft_stay(self);
    }
    if (w->left == 0)
        return weft_stay(self);
    watch_one(self, w);
    if (weft_random(self, 6) == 0)
        unwatch_one(self, w);
    if (weft_random(self, 3) == 0)
        end_one(self);
    weft_cast_word(self, weft_self_pid(self), TAG_GO, 0);
    return weft_stay(self);
}

static const weft_behavior watcher = WEFT_BEHAVIOR("watcher", struct watcher, watching,
                                                   .args_size = sizeof(struct watcher));

/* --- the world --- */

static int build(weft_runtime *rt, void *context)
{
    int error = 0;

    *(weft_runtime **)context = rt;
    memset(watches, 0, sizeof watches);
    wrong = 0;
    for (int i = 0; i < NODES && error == 0; i++)
        error = weft_rt_spawn(rt, &node, NULL, &nodes[i]);
    for (uint32_t i = 0; i < WATCHERS && error == 0; i++) {
        struct watcher args = {i, WATCHES};
        weft_pid pid;

        error = weft_rt_spawn(rt, &watcher, &args, &pid);
        if (error == 0)
            error = weft_rt_cast_word(rt, pid, TAG_GO, 0);
    }
    return error;
}

static bool none_twice(void *context)
{
    (void)context;
    return wrong == 0;
}

/* Nothing is on its way any more: who has ended was heard of, and nobody else. */
static bool all_heard(void *context)
{
    weft_runtime *rt = *(weft_runtime **)context;

    for (unsigned i = 0; i < WATCHERS * WATCHES; i++) {
        const struct watch *is = &watches[i / WATCHES][i % WATCHES];

        if (is->watch != 0 && !is->over && !weft_rt_alive(rt, is->pid))
            return false;
    }
    return true;
}

static bool is_node(void *context, weft_pid pid, const char *behavior)
{
    (void)context, (void)pid;
    return strcmp(behavior, "node") == 0;
}

Test(sim_monitor, each_end_is_heard_once)
{
    static weft_runtime *rt;
    const weft_sim world = {.name = "test_monitor",
                            .build = build,
                            .check = none_twice,
                            .check_name = "no end twice",
                            .check_at_rest = all_heard,
                            .check_at_rest_name = "all ends are heard of",
                            .may_kill = is_node,
                            .context = &rt,
                            .turns_max = 20000};

    sim_seeds(&world, 63);
}
