/* skynet: a root spawns 10 children, each of them 10, and so on, N times; each leaf tells
 * its parent its number, parents add up and tell theirs. With N = 6 that is a million
 * leaves, and the root must get 499999500000. */
#include "bench/bench.h"

#define CHILDREN 10u

enum { GO, SUM };

struct node {
    weft_pid parent;
    uint64_t first;   /* number of its first leaf */
    uint64_t leaves;  /* below it */
    uint64_t waiting; /* for children */
    uint64_t sum;
};

struct driver {
    struct bench_run *run;
};

static const weft_behavior node_behavior;

static weft_next add(weft_self *self, void *state, weft_msg *msg)
{
    struct node *node = state;

    node->sum += weft_word(msg);
    if (--node->waiting > 0)
        return weft_stay(self);
    weft_cast_word(self, node->parent, SUM, node->sum);
    return weft_stop(self);
}

static weft_next grow(weft_self *self, void *state, weft_msg *msg)
{
    struct node *node = state;
    struct node child = {.parent = weft_self_pid(self), .first = node->first};

    (void)msg;
    if (node->leaves == 1) {
        weft_cast_word(self, node->parent, SUM, node->first);
        return weft_stop(self);
    }
    child.leaves = node->leaves / CHILDREN;
    child.waiting = CHILDREN;
    for (unsigned i = 0; i < CHILDREN; i++) {
        weft_cast_word(self, bench_spawn(self, &node_behavior, &child), GO, 0);
        child.first += child.leaves;
    }
    return weft_become(self, add);
}

static const weft_behavior node_behavior =
    WEFT_BEHAVIOR("node", struct node, grow, .args_size = sizeof(struct node));

static uint64_t leaves_of(uint64_t depth)
{
    uint64_t leaves = 1;

    while (depth-- > 0)
        leaves *= CHILDREN;
    return leaves;
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    uint64_t leaves = leaves_of(driver->run->size.n);
    uint64_t actors = (leaves * CHILDREN - 1) / (CHILDREN - 1);

    bench_end(driver->run);
    driver->run->messages = 2 * actors + 1;
    bench_result(self, driver->run, actors, weft_word(msg) == bench_sum_below(leaves));
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct node root = {.parent = weft_self_pid(self),
                        .leaves = leaves_of(driver->run->size.n),
                        .waiting = CHILDREN};

    (void)msg;
    bench_begin(driver->run);
    weft_cast_word(self, bench_spawn(self, &node_behavior, &root), GO, 0);
    return weft_become(self, finish);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "skynet driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_skynet = {
    .name = "skynet",
    .what = "a tree of actors, 10 children each, N deep; leaves are added up",
    .unit = "actor",
    .usual = {6, 0},
    .smoke = {3, 0},
    .least = {1, 0},
    .most = {7, 0},
    .fixed_size = true,
    .driver = &driver_behavior,
};
