/* concsll: workers write to a sorted list, look into it, and ask for its length, one request at
 * a time each. */
#include <stdlib.h>

#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, WRITE, CONTAINS, SIZE, RESULT, DONE, EXIT };
enum { ENTITIES, MSGS, WRITE_PERCENTAGE, SIZE_PERCENTAGE };

/* --- the list --- */

struct node {
    uint64_t value;
    struct node *next;
};

struct list {
    struct node *first;
};

/* Behind all that are not greater. */
static void list_add(struct list *list, uint64_t value)
{
    struct node *node = savina_alloc(1, sizeof *node);
    struct node **at = &list->first;

    while (*at != NULL && (*at)->value <= value)
        at = &(*at)->next;
    *node = (struct node){.value = value, .next = *at};
    *at = node;
}

/* As in the suite it does not use that the list is sorted. */
static bool list_contains(const struct list *list, uint64_t value)
{
    for (const struct node *node = list->first; node != NULL; node = node->next) {
        if (node->value == value)
            return true;
    }
    return false;
}

/* Counts them; and 0 if they are not sorted. */
static uint64_t list_size(const struct list *list)
{
    uint64_t size = 0, last = 0;

    for (const struct node *node = list->first; node != NULL; node = node->next) {
        if (node->value < last)
            return 0;
        last = node->value;
        size++;
    }
    return size;
}

static void list_destroy(void *state)
{
    struct node *node = ((struct list *)state)->first;

    while (node != NULL) {
        struct node *next = node->next;

        free(node);
        node = next;
    }
}

static weft_next look_up(weft_self *self, void *state, weft_msg *msg)
{
    struct list *list = state;

    switch (weft_tag(msg)) {
    case WRITE:
        list_add(list, weft_word(msg));
        weft_reply_word(self, msg, RESULT, weft_word(msg));
        return weft_stay(self);
    case CONTAINS:
        weft_reply_word(self, msg, RESULT, list_contains(list, weft_word(msg)));
        return weft_stay(self);
    case SIZE:
        weft_reply_word(self, msg, RESULT, list_size(list));
        return weft_stay(self);
    default: /* EXIT */
        weft_reply_word(self, msg, EXIT, list_size(list));
        return weft_stop(self);
    }
}

static const weft_behavior list_behavior =
    WEFT_BEHAVIOR("list", struct list, look_up, .destroy = list_destroy);

/* --- workers --- */

struct worker {
    weft_pid root;
    weft_pid list;
    uint64_t left;
    const uint64_t *param;
    struct savina_random random;
};

/* What a worker asks for next: one of the tags, and its word. */
static uint32_t draw(struct worker *worker, uint64_t *word)
{
    uint64_t size_percentage = worker->param[SIZE_PERCENTAGE];
    uint64_t lot = savina_below(&worker->random, 100);

    *word = 0;
    if (lot < size_percentage)
        return SIZE;
    *word = savina_next(&worker->random);
    return lot < size_percentage + worker->param[WRITE_PERCENTAGE] ? WRITE : CONTAINS;
}

/* Called with GO, then with every result. */
static weft_next request(weft_self *self, void *state, weft_msg *msg)
{
    struct worker *worker = state;
    uint64_t word;
    uint32_t tag;

    (void)msg;
    if (worker->left == 0) {
        weft_cast(self, worker->root, weft_signal(DONE));
        return weft_stop(self);
    }
    worker->left--;
    tag = draw(worker, &word);
    weft_cast_word(self, worker->list, tag, word);
    return weft_stay(self);
}

static const weft_behavior worker_behavior =
    WEFT_BEHAVIOR("worker", struct worker, request, .args_size = sizeof(struct worker));

static struct worker worker_of(const uint64_t *param, uint64_t index)
{
    return (struct worker){.left = param[MSGS],
                           .param = param,
                           .random = {index + param[MSGS] + param[WRITE_PERCENTAGE] +
                                      param[SIZE_PERCENTAGE]}};
}

/* --- the root --- */

struct root {
    struct savina_run *run;
    weft_pid list;
    uint64_t working;
};

/* How much the workers write. */
static uint64_t count_writes(const uint64_t *param)
{
    uint64_t count = 0, word;

    for (uint64_t i = 0; i < param[ENTITIES]; i++) {
        struct worker worker = worker_of(param, i);

        while (worker.left-- > 0)
            count += draw(&worker, &word) == WRITE;
    }
    return count;
}

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;

    if (weft_tag(msg) == DONE) {
        if (--root->working == 0)
            weft_cast(self, root->list, weft_signal(EXIT));
        return weft_stay(self);
    }
    savina_end(root->run);
    return savina_result(self, root->run,
                         weft_word(msg) == count_writes(root->run->param));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    const uint64_t *param = root->run->param;

    (void)msg;
    root->working = param[ENTITIES];
    savina_begin(root->run);
    root->list = savina_spawn(self, &list_behavior, NULL);
    for (uint64_t i = 0; i < param[ENTITIES]; i++) {
        struct worker worker = worker_of(param, i);

        worker.root = weft_self_pid(self);
        worker.list = root->list;
        weft_cast(self, savina_spawn(self, &worker_behavior, &worker), weft_signal(GO));
    }
    return weft_become(self, collect);
}

static const weft_behavior root_behavior = SAVINA_ROOT("master", struct root, start);

const struct savina savina_concsll = {
    .name = "concsll",
    .what = "readers and writers of a sorted linked list",
    .param = {[ENTITIES] = {"entities", 20, 20, .power = 0},
              [MSGS] = {"msgs", 8000, 100, .power = 2},
              [WRITE_PERCENTAGE] = {"write_percentage", 10, 10, .power = 0},
              [SIZE_PERCENTAGE] = {"size_percentage", 1, 1, .power = 0}},
    .root = &root_behavior,
};
