/* big (Savina's big): M actors ping each other at random.
 * cold: the same with so many that each message finds its actor out of the caches. */
#include "bench/crowd.h"

static uint64_t anybody(struct crowd_member *member)
{
    return crowd_other(member, 0, member->crowd->size);
}

static weft_next play(weft_self *self, void *state, weft_msg *msg)
{
    return crowd_step(self, state, msg, anybody);
}

static const weft_behavior member_behavior =
    WEFT_BEHAVIOR("member", struct crowd_member, play, .stop = crowd_report,
                  .args_size = sizeof(struct crowd_member));

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct crowd_driver *driver = state;

    (void)msg;
    return crowd_start(self, driver, &member_behavior, driver->run->size.m);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "big driver", struct crowd_driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_big = {
    .name = "big",
    .what = "M actors, each pings a random other N times",
    .unit = "msg",
    .usual = {20000, 120},
    .smoke = {100, 120},
    .least = {1, 2},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_behavior,
};

const struct workload wl_cold = {
    .name = "cold",
    .what = "big with a million actors",
    .unit = "msg",
    .usual = {5, 1000000},
    .smoke = {2, 10000},
    .least = {1, 2},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_behavior,
};
