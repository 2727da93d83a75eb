/* pingpong: two actors, one message in flight, N round trips.
 * pairs: M such pairs at the same time that know nothing of each other.
 *
 * Each ponger counts the pings it has answered and reports them when it is stopped. */
#include "bench/bench.h"

enum { GO, PING, PONG, DONE, PINGS };

struct ponger {
    weft_pid driver;
    uint64_t pings;
};

struct pinger {
    weft_pid driver;
    weft_pid ponger;
    uint64_t left;
};

struct driver {
    struct bench_run *run;
    uint64_t playing; /* pingers that are not done */
    uint64_t counted; /* pongers that have reported */
    uint64_t pings;
};

static weft_next pong(weft_self *self, void *state, weft_msg *msg)
{
    struct ponger *ponger = state;

    ponger->pings++;
    weft_reply_word(self, msg, PONG, 0);
    return weft_stay(self);
}

static void report_pings(weft_self *self, void *state, const weft_reason *reason)
{
    struct ponger *ponger = state;

    (void)reason;
    weft_cast_word(self, ponger->driver, PINGS, ponger->pings);
}

static const weft_behavior ponger_behavior =
    WEFT_BEHAVIOR("ponger", struct ponger, pong, .stop = report_pings,
                  .args_size = sizeof(struct ponger));

/* Called with GO, then with every pong. */
static weft_next ping(weft_self *self, void *state, weft_msg *msg)
{
    struct pinger *pinger = state;

    (void)msg;
    if (pinger->left == 0) {
        weft_cast_word(self, pinger->driver, DONE, 0);
        weft_stop_actor(self, pinger->ponger);
        return weft_stop(self);
    }
    pinger->left--;
    weft_cast_word(self, pinger->ponger, PING, 0);
    return weft_stay(self);
}

static const weft_behavior pinger_behavior =
    WEFT_BEHAVIOR("pinger", struct pinger, ping, .args_size = sizeof(struct pinger));

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;

    if (weft_tag(msg) == DONE && --driver->playing == 0)
        bench_end(driver->run);
    if (weft_tag(msg) == PINGS) {
        driver->counted++;
        driver->pings += weft_word(msg);
    }
    if (driver->playing == 0 && driver->counted == size.m) {
        driver->run->messages = (2 * size.n + 3) * size.m + 1;
        bench_result(self, driver->run, 2 * size.n * size.m,
                     driver->pings == size.n * size.m);
    }
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;
    struct ponger ponger = {.driver = weft_self_pid(self)};
    struct pinger pinger = {.driver = weft_self_pid(self), .left = size.n};

    (void)msg;
    bench_begin(driver->run);
    driver->playing = size.m;
    for (uint64_t i = 0; i < size.m; i++) {
        pinger.ponger = bench_spawn(self, &ponger_behavior, &ponger);
        weft_cast_word(self, bench_spawn(self, &pinger_behavior, &pinger), GO, 0);
    }
    return weft_become(self, collect);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "pingpong driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_pingpong = {
    .name = "pingpong",
    .what = "two actors, one message in flight, N round trips",
    .unit = "msg",
    .usual = {3000000, 1},
    .smoke = {1000, 1},
    .least = {1, 1},
    .most = {BENCH_N_MOST, 1},
    .driver = &driver_behavior,
};

const struct workload wl_pairs = {
    .name = "pairs",
    .what = "M disjoint pairs, each N round trips",
    .unit = "msg",
    .usual = {300000, 64},
    .smoke = {200, 64},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_behavior,
};
