/* work250, work1000: M actors that each compute for 250 ns or 1 us, send themselves a
 * message, and compute again, N times. Work that is worth spreading, with no traffic that
 * would say how. */
#include "bench/burn.h"

#include "bench/bench.h"

enum { GO, DONE };

struct labourer {
    weft_pid driver;
    uint64_t rounds; /* of one step */
    uint64_t left;
    uint64_t steps;
};

struct driver {
    struct bench_run *run;
    uint64_t done; /* labourers */
    uint64_t steps;
};

static weft_next labour(weft_self *self, void *state, weft_msg *msg)
{
    struct labourer *labourer = state;

    (void)msg;
    burn(labourer->rounds);
    labourer->steps++;
    if (--labourer->left > 0)
        weft_cast_word(self, weft_self_pid(self), GO, 0);
    else
        weft_cast_word(self, labourer->driver, DONE, labourer->steps);
    return weft_stay(self);
}

static const weft_behavior labourer_behavior = WEFT_BEHAVIOR(
    "labourer", struct labourer, labour, .args_size = sizeof(struct labourer));

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;

    driver->steps += weft_word(msg);
    if (++driver->done == size.m) {
        bench_end(driver->run);
        driver->run->messages = (size.n + 1) * size.m + 1;
        bench_result(self, driver->run, size.n * size.m,
                     driver->steps == size.n * size.m);
    }
    return weft_stay(self);
}

static weft_next start(weft_self *self, struct driver *driver, uint64_t step_ns)
{
    struct bench_size size = driver->run->size;
    struct labourer labourer = {
        .driver = weft_self_pid(self), .rounds = burn_rounds(step_ns), .left = size.n};

    bench_begin(driver->run);
    for (uint64_t i = 0; i < size.m; i++)
        weft_cast_word(self, bench_spawn(self, &labourer_behavior, &labourer), GO, 0);
    return weft_become(self, collect);
}

static weft_next start_250(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return start(self, state, 250);
}

static weft_next start_1000(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return start(self, state, 1000);
}

static const weft_behavior driver_250_behavior = WEFT_BEHAVIOR(
    "work driver", struct driver, start_250, .args_size = sizeof(struct bench_run *));
static const weft_behavior driver_1000_behavior = WEFT_BEHAVIOR(
    "work driver", struct driver, start_1000, .args_size = sizeof(struct bench_run *));

const struct workload wl_work250 = {
    .name = "work250",
    .what = "M actors that message themselves N times, steps of 250 ns",
    .unit = "step",
    .usual = {5000, 200},
    .smoke = {20, 200},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_250_behavior,
};

const struct workload wl_work1000 = {
    .name = "work1000",
    .what = "the same with steps of 1 us",
    .unit = "step",
    .usual = {1500, 200},
    .smoke = {10, 200},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_1000_behavior,
};
