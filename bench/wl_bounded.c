/* bounded: as fanin, to a counter whose mailbox holds eight batches and refuses more.
 *
 * A producer sends in batches of 1,000 and continues by a message to itself; what was refused
 * it sends again then. The words are 0 to N - 1: the counter adds them up, and the driver
 * knows the sum. */
#include "bench/bench.h"

#define BATCH 1000u

enum { GO, VALUE, DONE };

struct counter {
    weft_pid driver;
    uint64_t left;
    uint64_t sum;
};

struct producer {
    weft_pid counter;
    uint64_t next;
    uint64_t end;
};

struct driver {
    struct bench_run *run;
};

static weft_next count(weft_self *self, void *state, weft_msg *msg)
{
    struct counter *counter = state;

    counter->sum += weft_word(msg);
    if (--counter->left == 0)
        weft_cast_word(self, counter->driver, DONE, counter->sum);
    return weft_stay(self);
}

static const weft_behavior counter_behavior =
    WEFT_BEHAVIOR("counter", struct counter, count, .args_size = sizeof(struct counter),
                  .mailbox_max = 8 * BATCH);

static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct producer *producer = state;
    uint64_t left = producer->end - producer->next;
    uint64_t stop = producer->next + (left < BATCH ? left : BATCH);

    (void)msg;
    while (producer->next < stop &&
           weft_cast_word(self, producer->counter, VALUE, producer->next) == 0)
        producer->next++;
    if (producer->next == producer->end)
        return weft_stop(self);
    weft_cast_word(self, weft_self_pid(self), GO, 0);
    return weft_stay(self);
}

static const weft_behavior producer_behavior = WEFT_BEHAVIOR(
    "producer", struct producer, produce, .args_size = sizeof(struct producer));

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;

    bench_end(driver->run);
    bench_result(self, driver->run, size.n * size.m,
                 weft_word(msg) == size.m * bench_sum_below(size.n));
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;
    struct counter counter = {.driver = weft_self_pid(self), .left = size.n * size.m};
    struct producer producer = {.end = size.n};

    (void)msg;
    bench_begin(driver->run);
    producer.counter = bench_spawn(self, &counter_behavior, &counter);
    for (uint64_t i = 0; i < size.m; i++)
        weft_cast_word(self, bench_spawn(self, &producer_behavior, &producer), GO, 0);
    return weft_become(self, finish);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "bounded driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_bounded = {
    .name = "bounded",
    .what = "as fanin, to a counter whose mailbox is bounded",
    .unit = "msg",
    .usual = {500000, 8},
    .smoke = {2500, 8},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_behavior,
};
