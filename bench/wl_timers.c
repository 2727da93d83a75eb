/* timers: M actors set N timers together, for moments spread evenly over one second. How late
 * is each when its letter is handled? The word is the time that it was set for. */
#include "bench/bench.h"

enum { GO, LETTER, DONE };

/* All are set before the first one goes off, on a machine that is not busy. */
static const uint64_t before_ns = WEFT_SEC(1), span_ns = WEFT_SEC(1);

struct waiter {
    weft_pid driver;
    struct delays *delays; /* its own */
    uint64_t first, step, left;
    uint64_t from; /* the first moment */
};

struct driver {
    struct bench_run *run;
    struct delays *delays;
    uint64_t left, set;
};

static weft_next hear(weft_self *self, void *state, weft_msg *msg)
{
    struct waiter *waiter = state;

    delays_add(waiter->delays, weft_now(self) - weft_word(msg));
    if (--waiter->left == 0)
        weft_cast_word(self, waiter->driver, DONE, 0);
    return weft_stay(self);
}

/* Its moments are every step-th of all, and so are those of the others. */
static weft_next begin(weft_self *self, void *state, weft_msg *msg)
{
    struct waiter *waiter = state;
    weft_pid me = weft_self_pid(self);
    uint64_t total = weft_word(msg);

    for (uint64_t i = 0; i < waiter->left; i++) {
        uint64_t number = waiter->first + i * waiter->step;
        uint64_t at = waiter->from + number * (span_ns / total), now = weft_now(self);

        if (weft_cast_after(self, me, weft_word_letter(LETTER, at),
                            at > now ? at - now : 0, NULL) < 0)
            weft_exit(self, 1);
    }
    return weft_become(self, hear);
}

static const weft_behavior waiter_behavior =
    WEFT_BEHAVIOR("waiter", struct waiter, begin, .args_size = sizeof(struct waiter));

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;

    (void)msg;
    if (--driver->left > 0)
        return weft_stay(self);
    bench_end(run);
    for (uint64_t i = 0; i < run->size.m; i++)
        delays_merge(&run->delays, &driver->delays[i]);
    run->messages = driver->set + 2 * run->size.m + 1;
    bench_result(self, run, driver->set, run->delays.count == driver->set);
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;
    uint64_t each = run->size.n / run->size.m;
    struct waiter waiter = {.driver = weft_self_pid(self),
                            .step = run->size.m,
                            .left = each > 0 ? each : 1,
                            .from = weft_now(self) + before_ns};

    (void)msg;
    driver->delays = bench_share(self, run, run->size.m, sizeof *driver->delays);
    if (driver->delays == NULL)
        return weft_stop(self);
    driver->left = run->size.m;
    driver->set = run->size.m * waiter.left;
    bench_begin(run);
    for (uint64_t i = 0; i < run->size.m; i++) {
        waiter.first = i;
        waiter.delays = &driver->delays[i];
        weft_cast_word(self, bench_spawn(self, &waiter_behavior, &waiter), GO,
                       driver->set);
    }
    return weft_become(self, collect);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "timers driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_timers = {
    .name = "timers",
    .what = "M actors set N timers over one second: how late is each",
    .unit = "timer",
    .kind = BENCH_DELAY,
    .usual = {1000000, 1000},
    .smoke = {1000, 10},
    .least = {1, 1},
    .most = {60000000, 4096},
    .fixed_size = true,
    .driver = &driver_behavior,
};
