/* astar: workers search a way through a grid, guided by priorities: work that lies nearer to
 * the target goes first. Whoever reaches a node first is its parent. A worker looks at up to
 * THRESHOLD nodes at a time and gives the rest back to the master, which deals it out. */
#include <assert.h>
#include <stdatomic.h>

#include "bench/savina/queue.h"
#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, WORK, HANDLED, FOUND, STOP };
enum { WORKERS, THRESHOLD, GRID };

#define SEED           123456
#define GRANULARITY    8   /* of distances, for priorities */
#define BUSY           100 /* numbers drawn for each node */
#define NEIGHBOURS_MAX 6
#define NO_PARENT      UINT32_MAX

/* Work is a message of one word: the node in the lower half, and how urgent it is. */
#define URGENCY_SHIFT 32

struct node {
    uint32_t neighbours;
    uint32_t neighbour[NEIGHBOURS_MAX];
    _Atomic uint32_t parent;
};

struct grid {
    uint64_t size; /* of an edge */
    uint32_t target;
    uint64_t threshold;
    weft_pid master;
    struct node node[];
};

/* --- the grid --- */

static uint32_t at(uint64_t size, uint64_t i, uint64_t j, uint64_t k)
{
    return (uint32_t)((i * size + j) * size + k);
}

static void add_neighbour(struct grid *grid, uint32_t index, unsigned step)
{
    struct node *node = &grid->node[index];
    uint64_t size = grid->size, last = size - 1;
    uint64_t i = index / (size * size) + (step >> 2 & 1);
    uint64_t j = index / size % size + (step >> 1 & 1);
    uint64_t k = index % size + (step & 1);
    uint32_t other =
        at(size, i < last ? i : last, j < last ? j : last, k < last ? k : last);

    for (unsigned n = 0; n < node->neighbours; n++) {
        if (node->neighbour[n] == other)
            return;
    }
    if (other != index)
        node->neighbour[node->neighbours++] = other;
}

/* Each node leads to some of the six that are one step further in one or two directions, by
 * lot, and to the last of these if to no other. */
static void link_nodes(struct grid *grid)
{
    struct java_random random = java_seeded(SEED);
    uint32_t nodes = at(grid->size, grid->size, 0, 0);

    for (uint32_t index = 0; index < nodes; index++) {
        struct node *node = &grid->node[index];

        atomic_init(&node->parent, NO_PARENT);
        for (unsigned step = 1; step < 7; step++) {
            if ((step == 6 && node->neighbours == 0) || java_bool(&random))
                add_neighbour(grid, index, step);
        }
    }
}

/* From 0 to WEFT_PRIORITY_MAX: the suite's priorities are |PRIORITIES - distance / 8|, where no
 * distance is above GRID; as many of the highest as there are here keep their order. */
static uint64_t urgency(const struct grid *grid, uint32_t index)
{
    uint64_t size = grid->size, i = index / (size * size), j = index / size % size,
             k = index % size, least = i < j ? i : j;
    uint64_t away = (size - (least < k ? least : k)) / GRANULARITY;

    return away < WEFT_PRIORITY_MAX ? WEFT_PRIORITY_MAX - away : 0;
}

/* True if the way back from the target leads to the origin, along links. */
static bool is_right(struct grid *grid)
{
    uint32_t nodes = at(grid->size, grid->size, 0, 0), index = grid->target;

    for (uint32_t steps = 0; index != 0 && steps < nodes; steps++) {
        /* relaxed: nobody searches any more */
        uint32_t parent =
            atomic_load_explicit(&grid->node[index].parent, memory_order_relaxed);
        bool linked = false;

        if (parent == NO_PARENT)
            return false;
        for (unsigned n = 0; n < grid->node[parent].neighbours; n++)
            linked = linked || grid->node[parent].neighbour[n] == index;
        if (!linked)
            return false;
        index = parent;
    }
    return index == 0;
}

/* --- workers --- */

struct worker {
    struct grid *grid;
};

/* True for the first who claims it. */
static bool claim(struct node *node, uint32_t parent)
{
    uint32_t none = NO_PARENT;

    /* relaxed: the node's number is all that is passed on, and that goes in messages */
    return atomic_compare_exchange_strong_explicit(
        &node->parent, &none, parent, memory_order_relaxed, memory_order_relaxed);
}

/* Claims a node's neighbours for the queue. Returns true if one is the target. */
static bool expand(struct grid *grid, uint32_t index, struct queue *queue)
{
    const struct node *node = &grid->node[index];

    java_busy_wait(BUSY);
    for (unsigned n = 0; n < node->neighbours; n++) {
        uint32_t next = node->neighbour[n];

        if (next == 0 || !claim(&grid->node[next], index))
            continue;
        if (next == grid->target)
            return true;
        queue_push(queue, next);
    }
    return false;
}

static void search(weft_self *self, struct grid *grid, uint32_t from)
{
    struct queue queue = {0};
    bool found = false;

    queue_push(&queue, from);
    for (uint64_t i = 0; i < grid->threshold && queue.count > 0 && !found; i++)
        found = expand(grid, (uint32_t)queue_pop(&queue), &queue);
    if (found)
        weft_cast(self, grid->master, weft_signal(FOUND));
    while (!found && queue.count > 0) {
        uint32_t index = (uint32_t)queue_pop(&queue);

        weft_cast_word(self, grid->master, WORK,
                       index | urgency(grid, index) << URGENCY_SHIFT);
    }
    queue_done(&queue);
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct worker *worker = state;

    if (weft_tag(msg) == STOP) {
        weft_reply(self, msg, weft_signal(STOP));
        return weft_stop(self);
    }
    search(self, worker->grid, (uint32_t)weft_word(msg));
    weft_reply(self, msg, weft_signal(HANDLED));
    return weft_stay(self);
}

static unsigned priority_of(const weft_msg *msg)
{
    return weft_tag(msg) == WORK ? (unsigned)(weft_word(msg) >> URGENCY_SHIFT) : 0;
}

static const weft_behavior worker_behavior =
    WEFT_BEHAVIOR("worker", struct worker, work, .args_size = sizeof(struct worker),
                  .priority = priority_of);

/* --- the master, which is the root --- */

struct master {
    struct savina_run *run;
    struct grid *grid;
    weft_pid *worker;
    uint64_t sent;
    uint64_t handled;
    uint64_t stopped;
};

static void deal(weft_self *self, struct master *master, uint64_t word)
{
    uint64_t workers = master->run->param[WORKERS];

    assert(workers > 0);
    weft_cast_word(self, master->worker[master->sent++ % workers], WORK, word);
}

/* The workers have been told to stop; work that still comes is not needed. */
static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;

    if (weft_tag(msg) != STOP || ++master->stopped < master->run->param[WORKERS])
        return weft_stay(self);
    savina_end(master->run);
    return savina_result(self, master->run, is_right(master->grid));
}

static weft_next direct(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;

    if (weft_tag(msg) == WORK)
        deal(self, master, weft_word(msg));
    else if (weft_tag(msg) == HANDLED)
        master->handled++;
    if (weft_tag(msg) != FOUND && master->handled < master->sent)
        return weft_stay(self);
    for (uint64_t i = 0; i < master->run->param[WORKERS]; i++)
        weft_cast(self, master->worker[i], weft_signal(STOP));
    return weft_become(self, finish);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;
    const uint64_t *param = master->run->param;
    uint64_t size = param[GRID], axis = size * 8 / 10;
    struct grid *grid = savina_share(
        master->run, 1, sizeof *grid + size * size * size * sizeof *grid->node);
    struct worker worker = {.grid = grid};

    (void)msg;
    master->grid = grid;
    master->worker = savina_share(master->run, param[WORKERS], sizeof *master->worker);
    grid->size = size;
    grid->target = at(size, axis, axis, axis);
    grid->threshold = param[THRESHOLD];
    grid->master = weft_self_pid(self);
    link_nodes(grid);
    savina_begin(master->run);
    for (uint64_t i = 0; i < param[WORKERS]; i++)
        master->worker[i] = savina_spawn(self, &worker_behavior, &worker);
    deal(self, master, urgency(grid, 0) << URGENCY_SHIFT);
    return weft_become(self, direct);
}

static const weft_behavior root = SAVINA_ROOT("master", struct master, start);

const struct savina savina_astar = {
    .name = "astar",
    .what = "a search through a grid, guided by priorities",
    .param = {[WORKERS] = {"workers", 20, 20, .power = 0},
              [THRESHOLD] = {"threshold", 1024, 64, .power = 0},
              [GRID] = {"grid", 30, 10, .power = 3}},
    .root = &root,
    .leaves_mail = true,
};
