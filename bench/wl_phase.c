/* phase: M pairs that after a while talk all to all, then in pairs again, and so on.
 * What is worth moving to another worker in one phase is not in the next.
 *
 * A phase is counted in messages, so that both numbers of workers do the same work: with
 * the default M, 20,000 round trips of each of 128 actors are 20 ms at 4 ns a message. */
#include "bench/crowd.h"

#define PHASE 20000u

static uint64_t partner_or_anybody(struct crowd_member *member)
{
    if (member->left / PHASE % 2 == 0)
        return crowd_other(member, 0, member->crowd->size);
    return member->index ^ 1;
}

static weft_next play(weft_self *self, void *state, weft_msg *msg)
{
    return crowd_step(self, state, msg, partner_or_anybody);
}

static const weft_behavior member_behavior =
    WEFT_BEHAVIOR("member", struct crowd_member, play, .stop = crowd_report,
                  .args_size = sizeof(struct crowd_member));

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct crowd_driver *driver = state;

    (void)msg;
    return crowd_start(self, driver, &member_behavior, 2 * driver->run->size.m);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "phase driver", struct crowd_driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_phase = {
    .name = "phase",
    .what = "M pairs, every 20 ms in turns among themselves and all to all",
    .unit = "msg",
    .usual = {200000, 64},
    .smoke = {100, 64},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST / 2},
    .driver = &driver_behavior,
};
