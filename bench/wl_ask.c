/* ask: a client asks a server N questions, one after the other.
 * askdue: the same with a deadline for each.
 *
 * The server answers with the question's number plus one; the client adds the answers up. */
#include "bench/bench.h"

enum { GO, QUESTION, ANSWER, DONE };

struct client {
    weft_pid driver, server;
    uint64_t timeout, left, number, sum;
};

struct driver {
    struct bench_run *run;
};

static weft_next serve(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, ANSWER, weft_word(msg) + 1);
    return weft_stay(self);
}

static const weft_behavior server_behavior = WEFT_STATELESS("server", serve);

static weft_next heard(weft_self *self, void *state, weft_msg *answer);

static weft_next ask(weft_self *self, struct client *client)
{
    return weft_await_word(self, client->server, QUESTION, client->number++,
                           client->timeout, heard);
}

static weft_next heard(weft_self *self, void *state, weft_msg *answer)
{
    struct client *client = state;

    if (weft_failure(answer) == 0)
        client->sum += weft_word(answer);
    if (--client->left > 0)
        return ask(self, client);
    weft_cast_word(self, client->driver, DONE, client->sum);
    weft_stop_actor(self, client->server);
    return weft_stop(self);
}

static weft_next begin(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return ask(self, state);
}

static const weft_behavior client_behavior =
    WEFT_BEHAVIOR("client", struct client, begin, .args_size = sizeof(struct client));

/* 1 + 2 + .. + N */
static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    uint64_t n = driver->run->size.n;

    bench_end(driver->run);
    driver->run->messages = 2 * n + 3; /* with those that begin and end it */
    bench_result(self, driver->run, n, weft_word(msg) == n * (n + 1) / 2);
    return weft_stay(self);
}

static weft_next start(weft_self *self, struct driver *driver, uint64_t timeout)
{
    struct client client = {.driver = weft_self_pid(self),
                            .server = bench_spawn(self, &server_behavior, NULL),
                            .timeout = timeout,
                            .left = driver->run->size.n};

    bench_begin(driver->run);
    weft_cast_word(self, bench_spawn(self, &client_behavior, &client), GO, 0);
    return weft_become(self, collect);
}

static weft_next start_without(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return start(self, state, WEFT_FOREVER);
}

static weft_next start_with(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return start(self, state, WEFT_SEC(100));
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "ask driver", struct driver, start_without, .args_size = sizeof(struct bench_run *));
static const weft_behavior driver_with_deadline = WEFT_BEHAVIOR(
    "askdue driver", struct driver, start_with, .args_size = sizeof(struct bench_run *));

const struct workload wl_ask = {
    .name = "ask",
    .what = "a client asks a server N questions, one after the other",
    .unit = "call",
    .usual = {500000, 0},
    .smoke = {1000, 0},
    .least = {1, 0},
    .most = {BENCH_N_MOST, 0},
    .driver = &driver_behavior,
};

const struct workload wl_askdue = {
    .name = "askdue",
    .what = "the same with a deadline for each",
    .unit = "call",
    .usual = {500000, 0},
    .smoke = {1000, 0},
    .least = {1, 0},
    .most = {BENCH_N_MOST, 0},
    .driver = &driver_with_deadline,
};
