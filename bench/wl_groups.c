/* groups: M groups of 8 actors that ping each other at random, but only inside their
 * group. Nothing but the traffic says where a group ends. */
#include "bench/crowd.h"

#define GROUP 8u

static uint64_t one_of_mine(struct crowd_member *member)
{
    return crowd_other(member, member->index / GROUP * GROUP, GROUP);
}

static weft_next play(weft_self *self, void *state, weft_msg *msg)
{
    return crowd_step(self, state, msg, one_of_mine);
}

static const weft_behavior member_behavior =
    WEFT_BEHAVIOR("member", struct crowd_member, play, .stop = crowd_report,
                  .args_size = sizeof(struct crowd_member));

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct crowd_driver *driver = state;

    (void)msg;
    return crowd_start(self, driver, &member_behavior, GROUP * driver->run->size.m);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "groups driver", struct crowd_driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_groups = {
    .name = "groups",
    .what = "M groups of 8 actors; each pings a random other of its group N times",
    .unit = "msg",
    .usual = {200000, 16},
    .smoke = {100, 16},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST / GROUP},
    .driver = &driver_behavior,
};
