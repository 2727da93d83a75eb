/* hog: M actors tick by messages to themselves, in steps of 2 us. So does the hog, but
 * each 64th of its steps runs for 100 ms, N times in all. How long do the ticks of the
 * others wait? A tick's word is the time when it was sent. */
#include "bench/bench.h"
#include "bench/burn.h"

#define TICK_NS   2000u
#define LONG_NS   100000000u
#define LONG_EACH 64u

enum { TICK, TICKED, DONE, STOPPED };

struct ticker {
    weft_pid driver;
    struct delays *delays; /* its own */
    uint64_t rounds;
};

struct hog {
    weft_pid driver;
    uint64_t rounds;
    uint64_t steps;
    uint64_t left; /* long steps */
};

struct tickers {
    weft_pid pid;
    struct delays delays; /* read when the ticker has stopped */
};

struct driver {
    struct bench_run *run;
    struct tickers *tickers;
    uint64_t rounds;
    uint64_t ticked, stopped; /* tickers */
    uint64_t long_steps;
};

static void tick_again(weft_self *self)
{
    weft_cast_word(self, weft_self_pid(self), TICK, bench_now());
}

static weft_next tick(weft_self *self, void *state, weft_msg *msg)
{
    struct ticker *ticker = state;

    if (ticker->delays->count == 0)
        weft_cast_word(self, ticker->driver, TICKED, 0);
    delays_add(ticker->delays, bench_now() - weft_word(msg));
    burn(ticker->rounds);
    tick_again(self);
    return weft_stay(self);
}

static void tell_stopped(weft_self *self, void *state, const weft_reason *reason)
{
    struct ticker *ticker = state;

    (void)reason;
    weft_cast_word(self, ticker->driver, STOPPED, 0);
}

static const weft_behavior ticker_behavior =
    WEFT_BEHAVIOR("ticker", struct ticker, tick, .stop = tell_stopped,
                  .args_size = sizeof(struct ticker));

static weft_next hog(weft_self *self, void *state, weft_msg *msg)
{
    struct hog *hog = state;

    (void)msg;
    if (++hog->steps % LONG_EACH != 0) {
        burn(hog->rounds);
    } else {
        burn_until_passed(LONG_NS);
        if (--hog->left == 0) {
            weft_cast_word(self, hog->driver, DONE, hog->steps / LONG_EACH);
            return weft_stop(self);
        }
    }
    tick_again(self);
    return weft_stay(self);
}

static const weft_behavior hog_behavior =
    WEFT_BEHAVIOR("hog", struct hog, hog, .args_size = sizeof(struct hog));

/* Every ticker must have ticked, and every long step must have been run. */
static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;
    bool right = driver->long_steps == run->size.n;

    (void)msg;
    if (++driver->stopped < run->size.m)
        return weft_stay(self);
    for (uint64_t i = 0; i < run->size.m; i++) {
        right = right && driver->tickers[i].delays.count > 0;
        delays_merge(&run->delays, &driver->tickers[i].delays);
    }
    run->messages = run->delays.count + LONG_EACH * run->size.n + 2 * run->size.m + 2;
    run->dead = run->size.m; /* the tick that each ticker had sent before it stopped */
    bench_result(self, run, run->delays.count, right);
    return weft_stay(self);
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;

    bench_end(driver->run);
    driver->long_steps = weft_word(msg);
    for (uint64_t i = 0; i < driver->run->size.m; i++)
        weft_stop_actor(self, driver->tickers[i].pid);
    return weft_become(self, collect);
}

/* All tickers run by then. */
static weft_next start_hog(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;
    struct hog hog = {weft_self_pid(self), .rounds = driver->rounds, .left = size.n};

    (void)msg;
    if (++driver->ticked < size.m)
        return weft_stay(self);
    weft_cast_word(self, bench_spawn(self, &hog_behavior, &hog), TICK, 0);
    return weft_become(self, finish);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;
    struct ticker ticker = {weft_self_pid(self), .rounds = burn_rounds(TICK_NS)};

    (void)msg;
    driver->rounds = ticker.rounds;
    driver->tickers = bench_share(self, driver->run, size.m, sizeof(struct tickers));
    if (driver->tickers == NULL)
        return weft_stop(self);
    bench_begin(driver->run);
    for (uint64_t i = 0; i < size.m; i++) {
        ticker.delays = &driver->tickers[i].delays;
        driver->tickers[i].pid = bench_spawn(self, &ticker_behavior, &ticker);
        weft_cast_word(self, driver->tickers[i].pid, TICK, bench_now());
    }
    return weft_become(self, start_hog);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "hog driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_hog = {
    .name = "hog",
    .what = "M actors tick in steps of 2 us, one runs 100 ms now and then, N times",
    .unit = "tick",
    .kind = BENCH_DELAY,
    .usual = {10, 200},
    .smoke = {1, 200},
    .least = {1, 1},
    .most = {10000, 10000},
    .fixed_size = true,
    .driver = &driver_behavior,
};
