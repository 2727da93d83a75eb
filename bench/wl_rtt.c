/* rtt: a client asks a server M times to warm up, then N times more, one after the other. How
 * long does each take, from the step that asks to the step of the answer? (The ping-pong of
 * theta, kameo and elfo, with percentiles.)
 *
 * The server answers with the question's number plus one; the client adds the answers up. */
#include "bench/bench.h"

enum { GO, QUESTION, ANSWER };

struct driver {
    struct bench_run *run;
    weft_pid server;
    uint64_t asked;
    uint64_t sum;
    uint64_t asked_at_ns;
};

static weft_next serve(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, ANSWER, weft_word(msg) + 1);
    return weft_stay(self);
}

static const weft_behavior server_behavior = WEFT_STATELESS("server", serve);

static weft_next heard(weft_self *self, void *state, weft_msg *answer);

static weft_next ask(weft_self *self, struct driver *driver)
{
    if (driver->asked == driver->run->size.m)
        bench_begin(driver->run);
    driver->asked_at_ns = bench_now();
    return weft_await_word(self, driver->server, QUESTION, driver->asked++, WEFT_FOREVER,
                           heard);
}

static weft_next heard(weft_self *self, void *state, weft_msg *answer)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;
    uint64_t all = run->size.n + run->size.m;

    if (driver->asked > run->size.m)
        delays_add(&run->delays, bench_now() - driver->asked_at_ns);
    if (weft_failure(answer) == 0)
        driver->sum += weft_word(answer);
    if (driver->asked < all)
        return ask(self, driver);
    bench_end(run);
    run->messages = 2 * all + 1;
    bench_result(self, run, run->size.n, driver->sum == all * (all + 1) / 2);
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;

    (void)msg;
    driver->server = bench_spawn(self, &server_behavior, NULL);
    return ask(self, driver);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "rtt driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_rtt = {
    .name = "rtt",
    .what = "N questions behind M to warm up: how long until each is answered",
    .unit = "call",
    .kind = BENCH_DELAY,
    .usual = {100000, 10000},
    .smoke = {1000, 100},
    .least = {1, 0},
    .most = {1000000000, 1000000000},
    .driver = &driver_behavior,
};
