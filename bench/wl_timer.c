/* timer: an actor sets a timer and cancels it, N times, beside M others that it has.
 *
 * No timer may go off, and each is cancelled in time. */
#include "bench/bench.h"

enum { LETTER };

struct driver {
    struct bench_run *run;
};

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;
    const weft_letter letter = weft_word_letter(LETTER, 0);
    weft_pid me = weft_self_pid(self);
    uint64_t in_time = 0;
    weft_timer timer;

    (void)msg;
    for (uint64_t i = 0; i < run->size.m; i++)
        weft_cast_after(self, me, letter, WEFT_SEC(3600) + i, NULL);
    bench_begin(run);
    for (uint64_t i = 0; i < run->size.n; i++) {
        weft_cast_after(self, me, letter, WEFT_SEC(3600), &timer);
        in_time += weft_cancel(self, timer);
    }
    bench_end(run);
    run->messages = 1;
    bench_result(self, run, run->size.n,
                 in_time == run->size.n && weft_timers(self) == run->size.m);
    return weft_stay(self);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "timer driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_timer = {
    .name = "timer",
    .what = "an actor sets a timer and cancels it, N times, beside M others",
    .unit = "timer",
    .usual = {5000000, 1000},
    .smoke = {1000, 10},
    .least = {1, 0},
    .most = {BENCH_N_MOST, WEFT_TIMERS_MAX - 1},
    .driver = &driver_behavior,
};
