/* outside: a thread outside casts N messages of M bytes to an actor, as fast as it can. (Of
 * ractor: its small messages are 8, 16 and 32 bytes, its large ones 64 and 256.)
 *
 * A message begins with its number. */
#include <string.h>

#include "bench/bench.h"

enum { GO, BEGIN, BYTES };

#define BYTES_MAX 256u

/* What is more than WEFT_SMALL_MAX travels in one of these. */
static const weft_type types[] = {
    {.name = "64 bytes", .tag = BYTES, .size = 64, .align = 8},
    {.name = "256 bytes", .tag = BYTES, .size = BYTES_MAX, .align = 8},
};

struct driver {
    struct bench_run *run;
    uint64_t received;
    uint64_t sum;
};

static weft_next receive(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;
    uint64_t number;

    memcpy(&number, weft_payload(msg, NULL), sizeof number);
    driver->sum += number;
    if (++driver->received < run->size.n)
        return weft_stay(self);
    bench_end(run);
    run->messages = run->size.n + 2;
    bench_result(self, run, run->size.n, driver->sum == bench_sum_below(run->size.n));
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    if (weft_tag(msg) != BEGIN)
        return weft_stay(self);
    ((struct driver *)state)->run->began_ns = weft_word(msg);
    return weft_become(self, receive);
}

static void cast_all(weft_runtime *rt, weft_pid driver, const struct bench_run *run)
{
    uint64_t bytes[BYTES_MAX / 8] = {0};

    weft_rt_cast_word(rt, driver, BEGIN, bench_now());
    for (uint64_t i = 0; i < run->size.n; i++) {
        bytes[0] = i;
        if (run->size.m <= WEFT_SMALL_MAX)
            weft_rt_cast(rt, driver, weft_small(BYTES, bytes, run->size.m));
        else
            weft_rt_cast(rt, driver,
                         weft_block(&types[run->size.m > types[0].size], bytes));
    }
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "outside driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_outside = {
    .name = "outside",
    .what = "a thread outside casts N messages of M bytes to an actor",
    .unit = "msg",
    .usual = {100000, 32},
    .smoke = {1000, 64},
    .least = {1, 8},
    .most = {BENCH_N_MOST, BYTES_MAX},
    .driver = &driver_behavior,
    .outside = cast_all,
};
