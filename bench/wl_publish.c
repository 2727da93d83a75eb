/* publish: an actor publishes in a group of M members, N times, and goes on when all have handled
 * what was published before. An operation is one letter, sent and handled.
 *
 * The members add up the words. */
#include "bench/bench.h"

enum { GO, READY, SAID, SUM };

static const char group[] = "subscribers";

struct member {
    uint64_t sum, heard;
    uint64_t each; /* how many there will be */
    weft_pid driver;
};

struct driver {
    struct bench_run *run;
    uint64_t ready, left, sum, reports;
};

static weft_next hear(weft_self *self, void *state, weft_msg *msg)
{
    struct member *member = state;

    if (weft_tag(msg) == GO) {
        if (weft_join(self, NULL, group) < 0)
            weft_exit(self, 1);
        weft_reply_word(self, msg, READY, 0);
        return weft_stay(self);
    }
    member->sum += weft_word(msg);
    if (++member->heard == member->each)
        weft_cast_word(self, member->driver, SUM, member->sum);
    return weft_stay(self);
}

static const weft_behavior member_behavior =
    WEFT_BEHAVIOR("member", struct member, hear, .args_size = sizeof(struct member));

static weft_next publish(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;

    if (weft_tag(msg) == SUM) {
        driver->sum += weft_word(msg);
        if (++driver->reports < run->size.m)
            return weft_stay(self);
        bench_end(run);
        run->messages = run->size.n * run->size.m + 3 * run->size.m + run->size.n + 1;
        bench_result(self, run, run->size.n * run->size.m,
                     driver->sum == run->size.m * bench_sum_below(run->size.n));
        return weft_stay(self);
    }
    if (driver->left == 0)
        return weft_stay(self);
    if (weft_publish(self, NULL, group, weft_word_letter(SAID, --driver->left)) !=
        (int)run->size.m)
        weft_exit(self, 1);
    weft_cast_word(self, weft_self_pid(self), GO, 0); /* behind all of them */
    return weft_stay(self);
}

/* When all have joined. */
static weft_next begin(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;

    if (++driver->ready < driver->run->size.m)
        return weft_stay(self);
    weft_become(self, publish);
    bench_begin(driver->run);
    return publish(self, state, msg);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct member member = {.each = driver->run->size.n, .driver = weft_self_pid(self)};

    (void)msg;
    driver->left = driver->run->size.n;
    for (uint64_t i = 0; i < driver->run->size.m; i++)
        weft_cast_word(self, bench_spawn(self, &member_behavior, &member), GO, 0);
    return weft_become(self, begin);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "publish driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_publish = {
    .name = "publish",
    .what = "an actor publishes in a group of M members, N times",
    .unit = "letter",
    .usual = {5000, 1000},
    .smoke = {20, 10},
    .least = {1, 1},
    .most = {BENCH_N_MOST, 100000},
    .driver = &driver_behavior,
};
