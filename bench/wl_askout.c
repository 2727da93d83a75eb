/* askrun: a thread outside asks an actor of a runtime that is busy, N times, one after the
 * other, and waits for each answer. How long does it wait?
 * askpark: the same with a runtime that sleeps: the thread pauses for a millisecond before each
 * question.
 *
 * The thread tells the driver how long each took when it has asked them all. */
#include <time.h>

#include "bench/bench.h"

#define PAUSE_NS 1000000

enum { GO, QUESTION, ANSWER, TOOK, TICK };

struct driver {
    struct bench_run *run;
    uint64_t right; /* questions that came as such */
};

static weft_next serve(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;

    switch (weft_tag(msg)) {
    case TICK: /* the runtime never rests */
        if (run->delays.count < run->size.n)
            weft_cast_word(self, weft_self_pid(self), TICK, 0);
        break;
    case QUESTION:
        driver->right += weft_is_question(msg);
        weft_reply_word(self, msg, ANSWER, weft_word(msg) + 1);
        break;
    case TOOK:
        delays_add(&run->delays, weft_word(msg));
        if (run->delays.count == run->size.n) {
            bench_end(run);
            bench_result(self, run, run->size.n, driver->right == run->size.n);
        }
        break;
    }
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;

    (void)msg;
    bench_begin(driver->run);
    return weft_become(self, serve);
}

static weft_next start_busy(weft_self *self, void *state, weft_msg *msg)
{
    weft_cast_word(self, weft_self_pid(self), TICK, 0);
    return start(self, state, msg);
}

/* A wrong answer counts as one that took for ever. */
static uint64_t ask(weft_runtime *rt, weft_pid driver, uint64_t number)
{
    uint64_t began = bench_now(), answer;
    int error = weft_rt_await_word(rt, driver, weft_word_letter(QUESTION, number),
                                   WEFT_SEC(100), &answer);

    return error == 0 && answer == number + 1 ? bench_now() - began : WEFT_SEC(100);
}

static void ask_all(weft_runtime *rt, weft_pid driver, const struct bench_run *run,
                    long pause_ns)
{
    const struct timespec pause = {.tv_nsec = pause_ns};

    for (uint64_t i = 0; i < run->size.n; i++) {
        if (pause_ns > 0)
            nanosleep(&pause, NULL);
        weft_rt_cast_word(rt, driver, TOOK, ask(rt, driver, i));
    }
}

static void ask_the_busy(weft_runtime *rt, weft_pid driver, const struct bench_run *run)
{
    ask_all(rt, driver, run, 0);
}

static void ask_the_sleeping(weft_runtime *rt, weft_pid driver,
                             const struct bench_run *run)
{
    ask_all(rt, driver, run, PAUSE_NS);
}

static const weft_behavior busy_behavior = WEFT_BEHAVIOR(
    "askrun driver", struct driver, start_busy, .args_size = sizeof(struct bench_run *));
static const weft_behavior sleeping_behavior = WEFT_BEHAVIOR(
    "askpark driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_askrun = {
    .name = "askrun",
    .what = "a thread outside asks a busy runtime, N times",
    .unit = "call",
    .kind = BENCH_DELAY,
    .usual = {20000, 0},
    .smoke = {200, 0},
    .least = {1, 0},
    .most = {1000000000, 0},
    .fixed_size = true,
    .driver = &busy_behavior,
    .outside = ask_the_busy,
};

const struct workload wl_askpark = {
    .name = "askpark",
    .what = "a thread outside asks a sleeping runtime every millisecond, N times",
    .unit = "call",
    .kind = BENCH_DELAY,
    .usual = {500, 0},
    .smoke = {20, 0},
    .least = {1, 0},
    .most = {1000000000, 0},
    .fixed_size = true,
    .driver = &sleeping_behavior,
    .outside = ask_the_sleeping,
};
