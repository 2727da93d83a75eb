/* crowd.c: what the drivers of all crowds have in common. */
#include "bench/crowd.h"

void crowd_report(weft_self *self, void *state, const weft_reason *reason)
{
    struct crowd_member *member = state;

    (void)reason;
    weft_cast_word(self, member->crowd->driver, CROWD_ANSWERED, member->answered);
}

static weft_next count(weft_self *self, void *state, weft_msg *msg)
{
    struct crowd_driver *driver = state;
    uint64_t pings = driver->run->size.n * driver->crowd->size;

    driver->answered += weft_word(msg);
    if (++driver->counted == driver->crowd->size) {
        driver->run->messages = 2 * pings + 3 * driver->crowd->size + 1;
        bench_result(self, driver->run, 2 * pings, driver->answered == pings);
    }
    return weft_stay(self);
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct crowd_driver *driver = state;
    const struct crowd *crowd = driver->crowd;

    (void)msg;
    if (++driver->done < crowd->size)
        return weft_stay(self);
    bench_end(driver->run);
    for (uint64_t i = 0; i < crowd->size; i++)
        weft_stop_actor(self, crowd->member[i]);
    return weft_become(self, count);
}

weft_next crowd_start(weft_self *self, struct crowd_driver *driver,
                      const weft_behavior *member, uint64_t size)
{
    struct crowd *crowd =
        bench_share(self, driver->run, 1, sizeof(struct crowd) + size * sizeof(weft_pid));

    if (crowd == NULL)
        return weft_stop(self);
    driver->crowd = crowd;
    crowd->driver = weft_self_pid(self);
    crowd->size = size;
    bench_begin(driver->run);
    for (uint64_t i = 0; i < size; i++) {
        struct crowd_member state = {.crowd = crowd,
                                     .index = i,
                                     .random = UINT64_C(88172645463325252) + i * 7919,
                                     .left = driver->run->size.n};

        crowd->member[i] = bench_spawn(self, member, &state);
    }
    for (uint64_t i = 0; i < size; i++)
        weft_cast_word(self, crowd->member[i], CROWD_GO, 0);
    return weft_become(self, finish);
}
