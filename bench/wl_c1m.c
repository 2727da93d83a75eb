/* c1m (theta's): N actors at a time, a million. All are spawned; then each is sent a message,
 * and answers.
 *
 * The words are 0 to N - 1; an answer is the word plus one. */
#include "bench/bench.h"

enum { GO, PING, PONG };

struct driver {
    struct bench_run *run;
    uint64_t answers;
    uint64_t sum;
};

static weft_next pong(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, PONG, weft_word(msg) + 1);
    return weft_stay(self);
}

static const weft_behavior actor_behavior = WEFT_STATELESS("one of many", pong);

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    uint64_t n = driver->run->size.n;

    driver->sum += weft_word(msg);
    if (++driver->answers < n)
        return weft_stay(self);
    bench_end(driver->run);
    driver->run->messages = 2 * n + 1;
    bench_result(self, driver->run, n, driver->sum == bench_sum_below(n) + n);
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    uint64_t n = driver->run->size.n;
    weft_pid *actors = bench_share(self, driver->run, n, sizeof *actors);

    (void)msg;
    if (actors == NULL)
        return weft_stop(self);
    bench_begin(driver->run);
    for (uint64_t i = 0; i < n; i++)
        actors[i] = bench_spawn(self, &actor_behavior, NULL);
    for (uint64_t i = 0; i < n; i++)
        weft_cast_word(self, actors[i], PING, i);
    return weft_become(self, collect);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "c1m driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_c1m = {
    .name = "c1m",
    .what = "N actors alive at a time; each is sent a message and answers",
    .unit = "actor",
    .usual = {1000000, 0},
    .smoke = {5000, 0},
    .least = {1, 0},
    .most = {BENCH_ACTORS_MOST - 1, 0},
    .fixed_size = true,
    .driver = &driver_behavior,
};
