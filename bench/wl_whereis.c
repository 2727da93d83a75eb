/* whereis: an actor looks up names, N times, one after the other of M that are taken. */
#include <stdio.h>

#include "bench/bench.h"

struct driver {
    struct bench_run *run;
};

struct names {
    weft_pid pid;
    char name[16];
};

static void fill(weft_self *self, struct names *names, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        snprintf(names[i].name, sizeof names[i].name, "service %u", (unsigned)i);
        names[i].pid = weft_self_pid(self);
        if (weft_register(self, names[i].name) < 0)
            weft_exit(self, 1);
    }
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_run *run = driver->run;
    struct names *names = bench_share(self, run, run->size.m, sizeof *names);
    uint64_t found = 0, at = 0;

    (void)msg;
    if (names == NULL)
        return weft_stop(self);
    fill(self, names, run->size.m);
    bench_begin(run);
    for (uint64_t i = 0; i < run->size.n; i++) {
        found += weft_whereis(self, names[at].name) == names[at].pid;
        at = at + 1 < run->size.m ? at + 1 : 0;
    }
    bench_end(run);
    run->messages = 1;
    bench_result(self, run, run->size.n, found == run->size.n);
    return weft_stay(self);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "whereis driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_whereis = {
    .name = "whereis",
    .what = "an actor looks up names, N times, one after the other of M",
    .unit = "name",
    .usual = {5000000, 100},
    .smoke = {1000, 10},
    .least = {1, 1},
    .most = {BENCH_N_MOST, 60000},
    .driver = &driver_behavior,
};
