/* create (Savina's fjcreate): one driver spawns N actors in one loop and sends each one
 * message; each computes a sine of it, answers and stops.
 *
 * The words are 0 to N - 1; the answers repeat them, and the driver knows the sum. */
#include <math.h>

#include "bench/bench.h"

enum { COMPUTE, DONE };

struct computer {
    double x;
};

struct driver {
    struct bench_run *run;
    uint64_t alive;
    uint64_t sum;
};

static weft_next compute(weft_self *self, void *state, weft_msg *msg)
{
    struct computer *computer = state;
    uint64_t word = weft_word(msg);

    computer->x = sin((double)word + 1);
    weft_reply_word(self, msg, DONE, word);
    return weft_stop(self);
}

static const weft_behavior computer_behavior =
    WEFT_BEHAVIOR("computer", struct computer, compute);

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    uint64_t n = driver->run->size.n;

    driver->sum += weft_word(msg);
    if (--driver->alive == 0) {
        bench_end(driver->run);
        driver->run->messages = 2 * n + 1;
        bench_result(self, driver->run, n, driver->sum == bench_sum_below(n));
    }
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    uint64_t n = driver->run->size.n;

    (void)msg;
    driver->alive = n;
    bench_begin(driver->run);
    for (uint64_t i = 0; i < n; i++)
        weft_cast_word(self, bench_spawn(self, &computer_behavior, NULL), COMPUTE, i);
    return weft_become(self, collect);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "create driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_create = {
    .name = "create",
    .what = "one driver spawns N actors; each handles one message and stops",
    .unit = "actor",
    .usual = {500000, 0},
    .smoke = {5000, 0},
    .least = {1, 0},
    .most = {BENCH_ACTORS_MOST, 0},
    .driver = &driver_behavior,
};
