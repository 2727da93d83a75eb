/* idle: N actors, each with a state of 8 bytes, that never get a message. What counts is
 * by how much the process has grown, for each. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

enum { GO };

struct idler {
    uint64_t value;
};

struct driver {
    struct bench_run *run;
    weft_pid *idlers;
    uint64_t before; /* resident bytes */
};

/* Resident memory of this process in bytes, 0 if it cannot be read. */
static uint64_t resident(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file == NULL)
        return 0;
    if (fscanf(file, "%*u %llu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static weft_next ignore(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    (void)msg;
    return weft_stay(self);
}

static const weft_behavior idler_behavior =
    WEFT_BEHAVIOR("idler", struct idler, ignore, .args_size = sizeof(struct idler));

/* In a step of its own: what the runtime does after a step has been done. */
static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    uint64_t n = driver->run->size.n;
    uint64_t alive = 0, after;

    (void)msg;
    bench_end(driver->run);
    after = resident();
    driver->run->actor_bytes =
        after > driver->before ? (after - driver->before + n / 2) / n : 0;
    for (uint64_t i = 0; i < n; i++)
        alive += weft_alive(self, driver->idlers[i]);
    driver->run->messages = 2;
    bench_result(self, driver->run, n, alive == n && driver->before > 0);
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    uint64_t n = driver->run->size.n;

    (void)msg;
    driver->idlers = bench_share(self, driver->run, n, sizeof(weft_pid));
    if (driver->idlers == NULL)
        return weft_stop(self);
    memset(driver->idlers, 0xff, n * sizeof(weft_pid)); /* the table is there before */
    driver->before = resident();
    bench_begin(driver->run);
    for (uint64_t i = 0; i < n; i++)
        driver->idlers[i] = bench_spawn(self, &idler_behavior, &(struct idler){i});
    weft_cast_word(self, weft_self_pid(self), GO, 0);
    return weft_become(self, finish);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "idle driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_idle = {
    .name = "idle",
    .what = "N actors that never get a message: memory of each",
    .unit = "actor",
    .kind = BENCH_BYTES,
    .usual = {500000, 0},
    .smoke = {5000, 0},
    .least = {1, 0},
    .most = {BENCH_ACTORS_MOST, 0},
    .driver = &driver_behavior,
};
