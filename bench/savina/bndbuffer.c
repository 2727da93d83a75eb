/* bndbuffer: producers and consumers around a manager with a bounded buffer, which lets a
 * producer go on when there is room, and gives a consumer the oldest item when it is free. */
#include <math.h>

#include "bench/savina/queue.h"
#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, PRODUCE, ITEM, AVAILABLE, PRODUCER_GONE, EXIT, CONSUMED };
enum { BUFFER, PRODUCERS, CONSUMERS, ITEMS, PROD_COST, CONS_COST };

/* How an item comes to be, and is used. */
static double process(double item, uint64_t cost)
{
    struct savina_random random = {cost};
    uint64_t terms = cost > 0 ? 100 * cost : 1;

    while (terms-- > 0)
        item += log(savina_fraction(&random) + 0.01);
    return item;
}

/* --- producers --- */

struct producer {
    weft_pid manager;
    uint64_t left;
    uint64_t cost;
    double item;
};

static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct producer *producer = state;

    (void)msg;
    if (producer->left == 0) {
        weft_cast(self, producer->manager, weft_signal(PRODUCER_GONE));
        return weft_stop(self);
    }
    producer->left--;
    producer->item = process(producer->item, producer->cost);
    weft_cast_word(self, producer->manager, ITEM, savina_word(producer->item));
    return weft_stay(self);
}

static const weft_behavior producer_behavior = WEFT_BEHAVIOR(
    "producer", struct producer, produce, .args_size = sizeof(struct producer));

/* --- consumers --- */

#define CONSUMED_FIELDS(F) F(uint64_t, items) F(double, sum)
WEFT_MESSAGE(consumed, CONSUMED, CONSUMED_FIELDS)

struct consumer {
    weft_pid manager;
    uint64_t cost;
    double item;
    uint64_t items;
    double sum; /* of what it was given */
};

static weft_next consume(weft_self *self, void *state, weft_msg *msg)
{
    struct consumer *consumer = state;
    double data = savina_number(weft_word(msg));

    if (weft_tag(msg) == EXIT) {
        weft_cast(self, consumer->manager, consumed_msg(consumer->items, consumer->sum));
        return weft_stop(self);
    }
    consumer->items++;
    consumer->sum += data;
    consumer->item = process(consumer->item + data, consumer->cost);
    weft_cast(self, consumer->manager, weft_signal(AVAILABLE));
    return weft_stay(self);
}

static const weft_behavior consumer_behavior = WEFT_BEHAVIOR(
    "consumer", struct consumer, consume, .args_size = sizeof(struct consumer));

/* --- the manager --- */

struct manager {
    struct savina_run *run;
    struct queue items;     /* that nobody has taken */
    struct queue producers; /* that wait for room */
    struct queue consumers; /* that wait for an item */
    uint64_t producers_left;
    uint64_t room;
    uint64_t reports;
    struct consumed consumed;
};

static void manager_destroy(void *state)
{
    struct manager *manager = state;

    queue_done(&manager->items);
    queue_done(&manager->producers);
    queue_done(&manager->consumers);
}

static void take_item(weft_self *self, struct manager *manager, const weft_msg *msg)
{
    if (manager->consumers.count > 0)
        weft_cast_word(self, queue_pop(&manager->consumers), ITEM, weft_word(msg));
    else
        queue_push(&manager->items, weft_word(msg));
    if (manager->items.count >= manager->room)
        queue_push(&manager->producers, weft_sender(msg));
    else
        weft_reply(self, msg, weft_signal(PRODUCE));
}

static void serve(weft_self *self, struct manager *manager, weft_pid consumer)
{
    if (manager->items.count == 0) {
        queue_push(&manager->consumers, consumer);
        return;
    }
    weft_cast_word(self, consumer, ITEM, queue_pop(&manager->items));
    if (manager->producers.count > 0)
        weft_cast(self, queue_pop(&manager->producers), weft_signal(PRODUCE));
}

/* Each producer makes the same items. */
static bool is_right(const struct manager *manager)
{
    const uint64_t *param = manager->run->param;
    double item = 0, sum = 0;

    for (uint64_t i = 0; i < param[ITEMS]; i++) {
        item = process(item, param[PROD_COST]);
        sum += item;
    }
    return manager->consumed.items == param[PRODUCERS] * param[ITEMS] &&
           savina_close(manager->consumed.sum, sum * (double)param[PRODUCERS], 1e-9);
}

/* All consumers have been told to end, and report. */
static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct manager *manager = state;
    struct consumed consumed = {0};

    consumed_get(msg, &consumed);
    manager->consumed.items += consumed.items;
    manager->consumed.sum += consumed.sum;
    if (++manager->reports < manager->run->param[CONSUMERS])
        return weft_stay(self);
    savina_end(manager->run);
    return savina_result(self, manager->run, is_right(manager));
}

static weft_next manage(weft_self *self, void *state, weft_msg *msg)
{
    struct manager *manager = state;

    if (weft_tag(msg) == ITEM)
        take_item(self, manager, msg);
    else if (weft_tag(msg) == AVAILABLE)
        serve(self, manager, weft_sender(msg));
    else
        manager->producers_left--;
    if (manager->producers_left > 0 ||
        manager->consumers.count < manager->run->param[CONSUMERS])
        return weft_stay(self);
    while (manager->consumers.count > 0)
        weft_cast(self, queue_pop(&manager->consumers), weft_signal(EXIT));
    return weft_become(self, collect);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct manager *manager = state;
    const uint64_t *param = manager->run->param;
    struct producer producer = {
        .manager = weft_self_pid(self), .left = param[ITEMS], .cost = param[PROD_COST]};
    struct consumer consumer = {.manager = weft_self_pid(self), .cost = param[CONS_COST]};

    (void)msg;
    manager->producers_left = param[PRODUCERS];
    manager->room = param[BUFFER] - param[PRODUCERS];
    savina_begin(manager->run);
    for (uint64_t i = 0; i < param[CONSUMERS]; i++)
        queue_push(&manager->consumers,
                   savina_spawn(self, &consumer_behavior, &consumer));
    for (uint64_t i = 0; i < param[PRODUCERS]; i++)
        weft_cast(self, savina_spawn(self, &producer_behavior, &producer),
                  weft_signal(PRODUCE));
    return weft_become(self, manage);
}

static const weft_behavior root =
    SAVINA_ROOT("manager", struct manager, start, .destroy = manager_destroy);

const struct savina savina_bndbuffer = {
    .name = "bndbuffer",
    .what = "producers and consumers share a bounded buffer",
    .param = {[BUFFER] = {"buffer", 50, 50, .power = 0},
              [PRODUCERS] = {"producers", 40, 40, .power = 0},
              [CONSUMERS] = {"consumers", 40, 40, .power = 0},
              [ITEMS] = {"items", 1000, 5, .power = 1},
              [PROD_COST] = {"prod_cost", 25, 1, .power = 0},
              [CONS_COST] = {"cons_cost", 25, 1, .power = 0}},
    .root = &root,
};
