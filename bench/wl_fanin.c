/* fanin: M producers each send N one-word messages to one counter, as fast as they can.
 *
 * A producer sends in batches of 1,000 and continues by a message to itself. The words
 * are 0 to N - 1: the counter adds them up, and the driver knows the sum.
 *
 * bounded: the same to a counter whose mailbox holds eight batches and refuses more; what was
 * refused is sent again behind the next message to itself. */
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
    WEFT_BEHAVIOR("counter", struct counter, count, .args_size = sizeof(struct counter));

static const weft_behavior bounded_behavior =
    WEFT_BEHAVIOR("counter", struct counter, count, .args_size = sizeof(struct counter),
                  .mailbox_max = 8 * BATCH);

/* Where the next batch ends. */
static uint64_t batch_end(const struct producer *producer)
{
    uint64_t left = producer->end - producer->next;

    return producer->next + (left < BATCH ? left : BATCH);
}

static weft_next go_on(weft_self *self, const struct producer *producer)
{
    if (producer->next == producer->end)
        return weft_stop(self);
    weft_cast_word(self, weft_self_pid(self), GO, 0);
    return weft_stay(self);
}

static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct producer *producer = state;
    uint64_t stop = batch_end(producer);

    (void)msg;
    while (producer->next < stop)
        weft_cast_word(self, producer->counter, VALUE, producer->next++);
    return go_on(self, producer);
}

static weft_next produce_until_refused(weft_self *self, void *state, weft_msg *msg)
{
    struct producer *producer = state;
    uint64_t stop = batch_end(producer);

    (void)msg;
    while (producer->next < stop &&
           weft_cast_word(self, producer->counter, VALUE, producer->next) == 0)
        producer->next++;
    return go_on(self, producer);
}

static const weft_behavior producer_behavior = WEFT_BEHAVIOR(
    "producer", struct producer, produce, .args_size = sizeof(struct producer));
static const weft_behavior patient_behavior =
    WEFT_BEHAVIOR("producer", struct producer, produce_until_refused,
                  .args_size = sizeof(struct producer));

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;

    bench_end(driver->run);
    bench_result(self, driver->run, size.n * size.m,
                 weft_word(msg) == size.m * bench_sum_below(size.n));
    return weft_stay(self);
}

static weft_next start(weft_self *self, struct driver *driver,
                       const weft_behavior *counting, const weft_behavior *producing)
{
    struct bench_size size = driver->run->size;
    struct counter counter = {.driver = weft_self_pid(self), .left = size.n * size.m};
    struct producer producer = {.end = size.n};

    bench_begin(driver->run);
    producer.counter = bench_spawn(self, counting, &counter);
    for (uint64_t i = 0; i < size.m; i++)
        weft_cast_word(self, bench_spawn(self, producing, &producer), GO, 0);
    return weft_become(self, finish);
}

static weft_next start_fanin(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;
    uint64_t batches = (size.n + BATCH - 1) / BATCH;

    (void)msg;
    driver->run->messages = (size.n + batches) * size.m + 2;
    return start(self, driver, &counter_behavior, &producer_behavior);
}

/* How often a producer is refused is not known, so its messages are not counted. */
static weft_next start_bounded(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return start(self, state, &bounded_behavior, &patient_behavior);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "fanin driver", struct driver, start_fanin, .args_size = sizeof(struct bench_run *));
static const weft_behavior bounded_driver =
    WEFT_BEHAVIOR("bounded driver", struct driver, start_bounded,
                  .args_size = sizeof(struct bench_run *));

const struct workload wl_fanin = {
    .name = "fanin",
    .what = "M producers send N messages each to one counter, in batches of 1,000",
    .unit = "msg",
    .usual = {500000, 8},
    .smoke = {2500, 8},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_behavior,
};

const struct workload wl_bounded = {
    .name = "bounded",
    .what = "the same to a counter whose mailbox is bounded",
    .unit = "msg",
    .usual = {500000, 8},
    .smoke = {2500, 8},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &bounded_driver,
};
