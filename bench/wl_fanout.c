/* fanout (Savina's fjthrput): one driver sends N messages to each of M actors, round
 * robin, in one loop; each message makes its actor compute x = sin(x + 1).
 *
 * The driver knows what x must be after N of them, to the last bit. */
#include <math.h>
#include <string.h>

#include "bench/bench.h"

enum { GO, COMPUTE, DONE };

struct computer {
    weft_pid driver;
    uint64_t left;
    double x;
};

struct driver {
    struct bench_run *run;
    uint64_t computing; /* actors that are not done */
    double x;           /* what each must come to */
    bool right;
};

static double computed(double x)
{
    return sin(x + 1);
}

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static weft_next compute(weft_self *self, void *state, weft_msg *msg)
{
    struct computer *computer = state;

    (void)msg;
    computer->x = computed(computer->x);
    if (--computer->left == 0)
        weft_cast_word(self, computer->driver, DONE, bits_of(computer->x));
    return weft_stay(self);
}

static const weft_behavior computer_behavior = WEFT_BEHAVIOR(
    "computer", struct computer, compute, .args_size = sizeof(struct computer));

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;

    driver->right = driver->right && weft_word(msg) == bits_of(driver->x);
    if (--driver->computing == 0) {
        bench_end(driver->run);
        driver->run->messages = (size.n + 1) * size.m + 1;
        bench_result(self, driver->run, size.n * size.m, driver->right);
    }
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;
    struct computer computer = {.driver = weft_self_pid(self), .left = size.n};
    weft_pid *computers = bench_share(self, driver->run, size.m, sizeof(weft_pid));

    (void)msg;
    if (computers == NULL)
        return weft_stop(self);
    driver->right = true;
    driver->computing = size.m;
    for (uint64_t i = 0; i < size.n; i++)
        driver->x = computed(driver->x);

    bench_begin(driver->run);
    for (uint64_t i = 0; i < size.m; i++)
        computers[i] = bench_spawn(self, &computer_behavior, &computer);
    for (uint64_t i = 0; i < size.n; i++) {
        for (uint64_t j = 0; j < size.m; j++)
            weft_cast_word(self, computers[j], COMPUTE, 0);
    }
    return weft_become(self, collect);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "fanout driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_fanout = {
    .name = "fanout",
    .what = "one driver sends N messages to each of M actors, which compute a sine",
    .unit = "msg",
    .usual = {100000, 60},
    .smoke = {500, 60},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_behavior,
};
