/* recast: an actor sends itself N messages, one after the other.
 * bigstate: the same with a state of 400,000 bytes, which must not be copied.
 *
 * (Two of ractor's: "Waiting on 100,000 messages to be processed", and that of its async
 * traits.) Each message has a number, and the state adds them up. The clock begins with the
 * first: who sends them is there before. */
#include "bench/bench.h"

enum { GO, AGAIN, DONE };

struct caster {
    struct bench_run *run;
    weft_pid driver;
    uint64_t sum;
};

struct big_caster {
    struct caster caster;
    uint64_t data[50000];
};

struct driver {
    struct bench_run *run;
};

/* Called with 0, then with every number that it sends itself. */
static weft_next recast(weft_self *self, void *state, weft_msg *msg)
{
    struct caster *caster = state;
    uint64_t number = weft_word(msg);

    if (number == 0)
        bench_begin(caster->run);
    caster->sum += number;
    if (number < caster->run->size.n) {
        weft_cast_word(self, weft_self_pid(self), AGAIN, number + 1);
        return weft_stay(self);
    }
    weft_cast_word(self, caster->driver, DONE, caster->sum);
    return weft_stop(self);
}

static const weft_behavior caster_behavior =
    WEFT_BEHAVIOR("caster", struct caster, recast, .args_size = sizeof(struct caster));
static const weft_behavior big_caster_behavior = WEFT_BEHAVIOR(
    "big caster", struct big_caster, recast, .args_size = sizeof(struct caster));

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct bench_run *run = ((struct driver *)state)->run;
    uint64_t n = run->size.n;

    bench_end(run);
    run->messages = n + 3;
    bench_result(self, run, n, weft_word(msg) == bench_sum_below(n + 1));
    return weft_stay(self);
}

static weft_next start(weft_self *self, struct driver *driver,
                       const weft_behavior *behavior)
{
    struct caster caster = {.driver = weft_self_pid(self), .run = driver->run};

    weft_cast_word(self, bench_spawn(self, behavior, &caster), AGAIN, 0);
    return weft_become(self, finish);
}

static weft_next start_small(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return start(self, state, &caster_behavior);
}

static weft_next start_big(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return start(self, state, &big_caster_behavior);
}

static const weft_behavior small_driver = WEFT_BEHAVIOR(
    "recast driver", struct driver, start_small, .args_size = sizeof(struct bench_run *));
static const weft_behavior big_driver = WEFT_BEHAVIOR(
    "bigstate driver", struct driver, start_big, .args_size = sizeof(struct bench_run *));

const struct workload wl_recast = {
    .name = "recast",
    .what = "an actor sends itself N messages, one after the other",
    .unit = "msg",
    .usual = {100000, 0},
    .smoke = {1000, 0},
    .least = {1, 0},
    .most = {BENCH_N_MOST, 0},
    .driver = &small_driver,
};

const struct workload wl_bigstate = {
    .name = "bigstate",
    .what = "the same with a state of 400,000 bytes",
    .unit = "msg",
    .usual = {50, 0},
    .smoke = {50, 0},
    .least = {1, 0},
    .most = {BENCH_N_MOST, 0},
    .driver = &big_driver,
};
