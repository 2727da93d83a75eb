/* join: an actor joins a group of M others and leaves it, N times. */
#include "bench/bench.h"

enum { GO };

static const char group[] = "a group";

struct driver {
    struct bench_run *run;
};

static weft_next stay(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static const weft_behavior member_behavior = WEFT_STATELESS("member", stay);

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;
    weft_runtime *rt = weft_self_runtime(self);
    uint64_t right = 0;

    (void)msg;
    for (uint64_t i = 0; i < run->size.m; i++)
        if (weft_rt_join(rt, NULL, group, bench_spawn(self, &member_behavior, NULL)) < 0)
            weft_exit(self, 1);
    bench_begin(run);
    for (uint64_t i = 0; i < run->size.n; i++)
        right += weft_join(self, NULL, group) == 0 && weft_leave(self, NULL, group) == 0;
    bench_end(run);
    run->messages = 1;
    bench_result(self, run, run->size.n,
                 right == run->size.n &&
                     weft_rt_members(rt, NULL, group, NULL, 0) == run->size.m);
    return weft_stay(self);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "join driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_join = {
    .name = "join",
    .what = "an actor joins a group of M others and leaves it, N times",
    .unit = "visit",
    .usual = {1000000, 1000},
    .smoke = {1000, 10},
    .least = {1, 0},
    .most = {BENCH_N_MOST, 100000},
    .driver = &driver_behavior,
};
