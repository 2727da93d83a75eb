/* tree: an actor with N others below it, ten to each, is told to stop: they end before it, the
 * youngest leaf first. How long does that take, for each of them?
 *
 * Who is not a leaf makes its children in its init, and adds their number to what all have made.
 * The driver is told when there are N, and hears of the end as the root's supervisor. */
#include <stdatomic.h>

#include "bench/bench.h"

enum { GO, BUILT, CHILDREN = 10 };

struct driver {
    struct bench_run *run;
    weft_pid root;
};

struct made {
    atomic_ulong count;
    uint64_t n;
    weft_pid driver;
};

/* The part of the tree that it is the root of: its args. */
struct part {
    uint64_t size; /* with itself */
    struct made *made;
};

static weft_next idling(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static const weft_behavior leaf =
    WEFT_BEHAVIOR("leaf", struct part, idling, .args_size = sizeof(struct part));
static const weft_behavior branch;

/* As even as possible. */
static weft_next grow(weft_self *self, void *state, const void *args)
{
    struct part *part = state;
    struct made *made;
    uint64_t n = 0;

    *part = *(const struct part *)args;
    made = part->made;
    for (uint64_t left = part->size - 1, k = CHILDREN; left > 0; k--) {
        struct part below = {(left + k - 1) / k, made};

        if (weft_spawn_child(self, below.size > 1 ? &branch : &leaf, &below, NULL) < 0)
            return weft_fail(self, 1, "no child");
        left -= below.size;
        n++;
    }
    if (atomic_fetch_add(&made->count, n) + n == made->n)
        weft_cast_word(self, made->driver, BUILT, 0);
    return weft_stay(self);
}

static const weft_behavior branch =
    WEFT_BEHAVIOR("branch", struct part, idling, .init = grow,
                  .args_size = sizeof(struct part), .shutdown_ns = WEFT_FOREVER);

static weft_next drive(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;
    struct part whole = {run->size.n + 1, NULL};

    if (weft_tag(msg) == BUILT) {
        bench_begin(run);
        weft_stop_child(self, driver->root);
        return weft_stay(self);
    }
    whole.made = bench_share(self, run, 1, sizeof *whole.made);
    if (whole.made == NULL)
        return weft_stay(self);
    whole.made->n = run->size.n;
    whole.made->driver = weft_self_pid(self);
    if (weft_spawn_child(self, &branch, &whole, &driver->root) < 0)
        weft_exit(self, 1);
    return weft_stay(self);
}

static weft_next hear(weft_self *self, void *state, weft_child_event *event)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;
    weft_stats stats;

    if (event->change == WEFT_CHILD_STARTED)
        return weft_stay(self);
    bench_end(run);
    weft_stats_read(weft_self_runtime(self), &stats);
    run->messages = 2;
    bench_result(self, run, run->size.n,
                 event->reason.exit == WEFT_EXIT_STOPPED &&
                     stats.ended == run->size.n + 1);
    return weft_stay(self);
}

static const weft_behavior driver_behavior =
    WEFT_BEHAVIOR("tree driver", struct driver, drive, .child = hear,
                  .args_size = sizeof(struct bench_run *));

const struct workload wl_tree = {
    .name = "tree",
    .what = "a tree of N actors, ten children each, ends from its leaves",
    .unit = "actor",
    .usual = {1000000, 0},
    .smoke = {5000, 0},
    .least = {2, 0},
    .most = {BENCH_ACTORS_MOST - 2, 0},
    .driver = &driver_behavior,
};
