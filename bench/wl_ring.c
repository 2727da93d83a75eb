/* ring: M actors in a ring, one token passed N hops in all.
 *
 * Each node counts its hops and reports them when it is stopped. */
#include "bench/bench.h"

enum { NEXT, TOKEN, DONE, HOPS };

struct node {
    weft_pid driver;
    weft_pid next;
    uint64_t hops;
};

struct driver {
    struct bench_run *run;
    weft_pid *nodes;
    uint64_t counted; /* nodes that have reported */
    uint64_t hops;
};

/* The token's word: how many hops are left. */
static weft_next pass(weft_self *self, void *state, weft_msg *msg)
{
    struct node *node = state;
    uint64_t left = weft_word(msg);

    node->hops++;
    if (left > 0)
        weft_cast_word(self, node->next, TOKEN, left - 1);
    else
        weft_cast_word(self, node->driver, DONE, 0);
    return weft_stay(self);
}

/* The first node is made before the last one, which it follows. */
static weft_next close_ring(weft_self *self, void *state, weft_msg *msg)
{
    struct node *node = state;

    node->next = weft_word(msg);
    return weft_become(self, pass);
}

static void report_hops(weft_self *self, void *state, const weft_reason *reason)
{
    struct node *node = state;

    (void)reason;
    weft_cast_word(self, node->driver, HOPS, node->hops);
}

static const weft_behavior first_behavior =
    WEFT_BEHAVIOR("first node", struct node, close_ring, .stop = report_hops,
                  .args_size = sizeof(struct node));
static const weft_behavior node_behavior = WEFT_BEHAVIOR(
    "node", struct node, pass, .stop = report_hops, .args_size = sizeof(struct node));

static weft_next count(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;

    driver->hops += weft_word(msg);
    if (++driver->counted == size.m) {
        driver->run->messages = size.n + size.m + 3;
        bench_result(self, driver->run, size.n, driver->hops == size.n);
    }
    return weft_stay(self);
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;

    (void)msg;
    bench_end(driver->run);
    for (uint64_t i = 0; i < driver->run->size.m; i++)
        weft_stop_actor(self, driver->nodes[i]);
    return weft_become(self, count);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;
    struct node node = {.driver = weft_self_pid(self)};

    (void)msg;
    driver->nodes = bench_share(self, driver->run, size.m, sizeof(weft_pid));
    if (driver->nodes == NULL)
        return weft_stop(self);
    bench_begin(driver->run);
    driver->nodes[0] = bench_spawn(self, &first_behavior, &node);
    for (uint64_t i = 1; i < size.m; i++) {
        node.next = driver->nodes[i - 1];
        driver->nodes[i] = bench_spawn(self, &node_behavior, &node);
    }
    weft_cast_word(self, driver->nodes[0], NEXT, driver->nodes[size.m - 1]);
    weft_cast_word(self, driver->nodes[0], TOKEN, size.n - 1);
    return weft_become(self, finish);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "ring driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_ring = {
    .name = "ring",
    .what = "M actors in a ring, one token, N hops in all",
    .unit = "msg",
    .usual = {5000000, 1000},
    .smoke = {10000, 100},
    .least = {1, 1},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_behavior,
};
