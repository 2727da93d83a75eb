/* sim: a ring of M actors in a simulation (weft/sim.h), with 10 tokens, N hops in all, every
 * choice drawn and written down. On one thread, whatever workers there are. */
#include "bench/bench.h"

#include <weft/sim.h>

enum { HOP = 1, TOKENS = 10 };

/* Of the simulated world; one thread. */
static struct {
    weft_pid *node;
    uint64_t count, hops_each;
} ring;

struct node {
    uint64_t place;
};

static weft_next pass(weft_self *self, void *state, weft_msg *msg)
{
    const struct node *node = state;
    uint64_t left = weft_word(msg);

    if (left > 1)
        weft_cast_word(self, ring.node[(node->place + 1) % ring.count], HOP, left - 1);
    return weft_stay(self);
}

static const weft_behavior node_behavior =
    WEFT_BEHAVIOR("node", struct node, pass, .args_size = sizeof(struct node));

static int build(weft_runtime *rt, void *context)
{
    int error = 0;

    (void)context;
    for (struct node node = {0}; node.place < ring.count && error == 0; node.place++)
        error = weft_rt_spawn(rt, &node_behavior, &node, &ring.node[node.place]);
    for (uint64_t i = 0; i < TOKENS && error == 0; i++)
        error = weft_rt_cast_word(rt, ring.node[i * ring.count / TOKENS], HOP,
                                  ring.hops_each);
    return error;
}

struct driver {
    struct bench_run *run;
};

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    static weft_sim_report report;
    struct bench_run *run = ((struct driver *)state)->run;
    const weft_sim sim = {.name = "sim", .build = build, .turns_max = UINT32_MAX};
    int error;

    (void)msg;
    ring.count = run->size.m;
    ring.hops_each = run->size.n / TOKENS;
    ring.node = bench_share(self, run, run->size.m, sizeof *ring.node);
    if (ring.node == NULL)
        return weft_stop(self);
    bench_begin(run);
    error = weft_sim_run(&sim, &report);
    bench_end(run);
    bench_result(self, run, report.turns,
                 error == 0 && report.turns == ring.hops_each * TOKENS);
    return weft_stay(self);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "simulation driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_sim = {
    .name = "sim",
    .what = "M actors in a ring of a simulation, 10 tokens, N hops in all",
    .unit = "msg",
    .usual = {1000000, 100},
    .smoke = {10000, 20},
    .least = {TOKENS, TOKENS},
    .most = {UINT32_MAX, 10000},
    .driver = &driver_behavior,
};
