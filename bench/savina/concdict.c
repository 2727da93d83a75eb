/* concdict: workers write to a dictionary and read from it, one request at a time each. */
#include <stdlib.h>

#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, READ, WRITE, RESULT, DONE, EXIT };
enum { ENTITIES, MSGS, WRITE_PERCENTAGE };

#define KEYS (INT32_MAX / 4096)

#define ENTRY_FIELDS(F) F(int32_t, key) F(int32_t, value)
WEFT_MESSAGE(entry, WRITE, ENTRY_FIELDS)

/* --- a hash table --- */

struct table {
    struct cell {
        bool used;
        int32_t key;
        int32_t value;
    } * cell;
    size_t room; /* a power of two */
    size_t count;
};

/* The key's cell, or the free one where it belongs. */
static struct cell *table_find(const struct table *table, int32_t key)
{
    size_t at = ((uint32_t)key * 2654435769u) & (table->room - 1);

    while (table->cell[at].used && table->cell[at].key != key)
        at = (at + 1) & (table->room - 1);
    return &table->cell[at];
}

static void table_init(struct table *table, size_t room)
{
    *table =
        (struct table){.cell = savina_alloc(room, sizeof *table->cell), .room = room};
}

static void table_put(struct table *table, int32_t key, int32_t value);

static void table_grow(struct table *table)
{
    struct table larger;

    table_init(&larger, 2 * table->room);
    for (size_t i = 0; i < table->room; i++) {
        if (table->cell[i].used)
            table_put(&larger, table->cell[i].key, table->cell[i].value);
    }
    free(table->cell);
    *table = larger;
}

static void table_put(struct table *table, int32_t key, int32_t value)
{
    struct cell *cell;

    if (2 * table->count >= table->room)
        table_grow(table);
    cell = table_find(table, key);
    table->count += !cell->used;
    *cell = (struct cell){.used = true, .key = key, .value = value};
}

/* --- the dictionary --- */

struct dictionary {
    struct table table;
};

static weft_next dictionary_init(weft_self *self, void *state, const void *args)
{
    (void)args;
    table_init(&((struct dictionary *)state)->table, 16);
    return weft_stay(self);
}

static void dictionary_destroy(void *state)
{
    free(((struct dictionary *)state)->table.cell);
}

static weft_next look_up(weft_self *self, void *state, weft_msg *msg)
{
    struct dictionary *dictionary = state;
    struct entry entry;

    if (entry_get(msg, &entry)) {
        table_put(&dictionary->table, entry.key, entry.value);
        weft_reply_word(self, msg, RESULT, (uint32_t)entry.value);
    } else if (weft_tag(msg) == READ) {
        struct cell *cell = table_find(&dictionary->table, (int32_t)weft_word(msg));

        weft_reply_word(self, msg, RESULT, (uint32_t)cell->value);
    } else {
        weft_reply_word(self, msg, EXIT, dictionary->table.count);
        return weft_stop(self);
    }
    return weft_stay(self);
}

static const weft_behavior dictionary_behavior =
    WEFT_BEHAVIOR("dictionary", struct dictionary, look_up, .init = dictionary_init,
                  .destroy = dictionary_destroy);

/* --- workers --- */

struct worker {
    weft_pid root;
    weft_pid dictionary;
    uint64_t left;
    int32_t write_percentage;
    struct java_random random;
};

/* Java's Math.abs leaves the least number as it is. */
static int32_t key_of(int32_t number)
{
    return (number < 0 && number != INT32_MIN ? -number : number) % KEYS;
}

/* Called with GO, then with every result. */
static weft_next request(weft_self *self, void *state, weft_msg *msg)
{
    struct worker *worker = state;
    struct java_random *random = &worker->random;

    (void)msg;
    if (worker->left == 0) {
        weft_cast(self, worker->root, weft_signal(DONE));
        return weft_stop(self);
    }
    worker->left--;
    if (java_below(random, 100) < worker->write_percentage) {
        int32_t key = key_of(java_int(random));

        weft_cast(self, worker->dictionary, entry_msg(key, java_int(random)));
    } else {
        weft_cast_word(self, worker->dictionary, READ,
                       (uint32_t)key_of(java_int(random)));
    }
    return weft_stay(self);
}

static const weft_behavior worker_behavior =
    WEFT_BEHAVIOR("worker", struct worker, request, .args_size = sizeof(struct worker));

static struct worker worker_of(const uint64_t *param, uint64_t index)
{
    return (struct worker){
        .left = param[MSGS],
        .write_percentage = (int32_t)param[WRITE_PERCENTAGE],
        .random = java_seeded(index + param[MSGS] + param[WRITE_PERCENTAGE])};
}

/* --- the root --- */

struct root {
    struct savina_run *run;
    weft_pid dictionary;
    uint64_t working;
};

/* How many different keys the workers write, whatever the order. */
static uint64_t count_keys(const uint64_t *param)
{
    struct table table;
    uint64_t count;

    table_init(&table, 16);
    for (uint64_t i = 0; i < param[ENTITIES]; i++) {
        struct worker worker = worker_of(param, i);

        while (worker.left-- > 0) {
            bool writes = java_below(&worker.random, 100) < worker.write_percentage;
            int32_t key = key_of(java_int(&worker.random));

            if (writes)
                table_put(&table, key, java_int(&worker.random));
        }
    }
    count = table.count;
    free(table.cell);
    return count;
}

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;

    if (weft_tag(msg) == DONE) {
        if (--root->working == 0)
            weft_cast(self, root->dictionary, weft_signal(EXIT));
        return weft_stay(self);
    }
    savina_end(root->run);
    return savina_result(self, root->run, weft_word(msg) == count_keys(root->run->param));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    const uint64_t *param = root->run->param;

    (void)msg;
    root->working = param[ENTITIES];
    savina_begin(root->run);
    root->dictionary = savina_spawn(self, &dictionary_behavior, NULL);
    for (uint64_t i = 0; i < param[ENTITIES]; i++) {
        struct worker worker = worker_of(param, i);

        worker.root = weft_self_pid(self);
        worker.dictionary = root->dictionary;
        weft_cast(self, savina_spawn(self, &worker_behavior, &worker), weft_signal(GO));
    }
    return weft_become(self, collect);
}

static const weft_behavior root_behavior = SAVINA_ROOT("master", struct root, start);

const struct savina savina_concdict = {
    .name = "concdict",
    .what = "readers and writers of a hash table",
    .param = {[ENTITIES] = {"entities", 20, 20, .power = 0},
              [MSGS] = {"msgs", 10000, 100, .power = 1},
              [WRITE_PERCENTAGE] = {"write_percentage", 10, 10, .power = 0}},
    .root = &root_behavior,
};
