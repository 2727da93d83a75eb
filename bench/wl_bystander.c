/* bystander: M producers flood one actor; another, the bystander, sends itself a message
 * N times. How long does its message wait behind a neighbour that has so much mail? The
 * word is the time when it was sent.
 *
 * A producer sends its next batch of 1,000 when the flooded actor has handled 1,000 more:
 * it always has M batches waiting, and never more, so memory does not tell the result. */
#include "bench/bench.h"

#define BATCH 1000u

enum { GO, HOP, DONE, FLOODS, FLOODED };

struct flooded {
    weft_pid driver;
    uint64_t handled;
};

struct producer {
    weft_pid flooded;
    uint64_t batches;
};

struct bystander {
    weft_pid driver;
    struct delays *delays;
    uint64_t left;
};

struct driver {
    struct bench_run *run;
    weft_pid flooded;
};

static weft_next drown(weft_self *self, void *state, weft_msg *msg)
{
    struct flooded *flooded = state;

    if (flooded->handled == 0)
        weft_cast_word(self, flooded->driver, FLOODS, 0);
    if (++flooded->handled % BATCH == 0)
        weft_reply_word(self, msg, GO, 0);
    return weft_stay(self);
}

static void report_flood(weft_self *self, void *state, const weft_reason *reason)
{
    struct flooded *flooded = state;

    (void)reason;
    weft_cast_word(self, flooded->driver, FLOODED, flooded->handled);
}

static const weft_behavior flooded_behavior =
    WEFT_BEHAVIOR("flooded", struct flooded, drown, .stop = report_flood,
                  .args_size = sizeof(struct flooded));

static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct producer *producer = state;

    (void)msg;
    for (unsigned i = 0; i < BATCH; i++)
        weft_cast_word(self, producer->flooded, GO, i);
    return weft_stay(self);
}

static const weft_behavior producer_behavior = WEFT_BEHAVIOR(
    "producer", struct producer, produce, .args_size = sizeof(struct producer));

static weft_next hop(weft_self *self, void *state, weft_msg *msg)
{
    struct bystander *bystander = state;

    delays_add(bystander->delays, bench_now() - weft_word(msg));
    if (--bystander->left > 0)
        weft_cast_word(self, weft_self_pid(self), HOP, bench_now());
    else
        weft_cast_word(self, bystander->driver, DONE, 0);
    return weft_stay(self);
}

static const weft_behavior bystander_behavior = WEFT_BEHAVIOR(
    "bystander", struct bystander, hop, .args_size = sizeof(struct bystander));

/* Every hop must have been measured, and there must have been a flood. */
static weft_next count(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;

    bench_result(self, run, run->delays.count,
                 run->delays.count == run->size.n && weft_word(msg) > 0);
    return weft_stay(self);
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;

    (void)msg;
    bench_end(driver->run);
    weft_stop_actor(self, driver->flooded);
    return weft_become(self, count);
}

/* The flood has come. */
static weft_next start_bystander(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bystander bystander = {weft_self_pid(self), &driver->run->delays,
                                  driver->run->size.n};

    (void)msg;
    weft_cast_word(self, bench_spawn(self, &bystander_behavior, &bystander), HOP,
                   bench_now());
    return weft_become(self, finish);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;
    struct flooded flooded = {.driver = weft_self_pid(self)};
    struct producer producer = {0};

    (void)msg;
    bench_begin(driver->run);
    driver->flooded = bench_spawn(self, &flooded_behavior, &flooded);
    producer.flooded = driver->flooded;
    for (uint64_t i = 0; i < size.m; i++)
        weft_cast_word(self, bench_spawn(self, &producer_behavior, &producer), GO, 0);
    return weft_become(self, start_bystander);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "bystander driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_bystander = {
    .name = "bystander",
    .what = "one actor's hop, N times, beside one that M producers flood",
    .unit = "hop",
    .kind = BENCH_DELAY,
    .usual = {10000, 8},
    .smoke = {100, 8},
    .least = {1, 1},
    .most = {1000000000, 10000},
    .fixed_size = true,
    .driver = &driver_behavior,
};
