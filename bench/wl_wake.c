/* wake: a thread outside casts to an actor every millisecond, N times; in between nothing
 * is to be done and the workers sleep. How long until the actor's step runs? The word is
 * the time when it was sent. */
#include <time.h>

#include "bench/bench.h"

#define PAUSE_NS 1000000

enum { GO, CALL };

struct driver {
    struct bench_run *run;
};

static weft_next answer(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;

    delays_add(&run->delays, bench_now() - weft_word(msg));
    if (run->delays.count == run->size.n) {
        bench_end(run);
        run->messages = run->size.n + 1;
        bench_result(self, run, run->size.n, weft_sender(msg) == WEFT_NOBODY);
    }
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;

    (void)msg;
    bench_begin(driver->run);
    return weft_become(self, answer);
}

static void call_now_and_then(weft_runtime *rt, weft_pid driver,
                              const struct bench_run *run)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};

    for (uint64_t i = 0; i < run->size.n; i++) {
        nanosleep(&pause, NULL);
        weft_rt_cast_word(rt, driver, CALL, bench_now());
    }
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "wake driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_wake = {
    .name = "wake",
    .what = "a thread outside casts to a sleeping runtime every millisecond, N times",
    .unit = "cast",
    .kind = BENCH_DELAY,
    .usual = {500, 0},
    .smoke = {20, 0},
    .least = {1, 0},
    .most = {1000000000, 0},
    .fixed_size = true,
    .driver = &driver_behavior,
    .outside = call_now_and_then,
};
