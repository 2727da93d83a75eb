/* test_slab.c: aim: an entry is found by its key as long as it is there, and by no other key;
 * places are used again, keys never; a slab grows to its limit, and gives its memory back.
 * Method: a model that knows all keys; an allocator that refuses. */
#include "lib/base/random.h"
#include "sched/slab.h"
#include "test/support/unit_between.h"
#include "test/support/unit_heap.h"

#include <string.h>

#include <criterion/criterion.h>

static struct heap heap;
static struct task_table table;
static struct depot depot;
static struct pool pool;
static struct slab slab;
static uint64_t serial;

static void set_up(void)
{
    const struct memory memory = {heap_alloc, heap_free, &heap};

    cr_assert_eq(task_table_init(&table, 1, 0), 0);
    depot_init(&depot, &memory, &table);
    pool_init(&pool, &depot);
    memset(&slab, 0, sizeof slab);
    serial = 0;
}

static void tear_down(void)
{
    slab_done(&slab, &pool);
    cr_expect_null(slab.entries);
    depot_done(&depot);
    task_table_done(&table);
    cr_expect(heap_is_balanced(&heap));
}

TestSuite(slab, .timeout = 30);

static uint64_t add(uint64_t word)
{
    struct slab_entry *entry = slab_add(&slab, &pool, ++serial);

    if (entry == NULL)
        return 0;
    entry->word[0] = entry->word[1] = entry->word[2] = word;
    return entry->key;
}

static void expect_found(uint64_t key, uint64_t word)
{
    const struct slab_entry *entry = slab_find(&slab, key);

    cr_assert_not_null(entry);
    cr_assert_eq(entry->key, key);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(entry->word[i], word);
}

TestBetween(slab, has_nothing_at_first)
{
    cr_expect_null(slab_find(&slab, 0));
    cr_expect_null(slab_find(&slab, 1));
    cr_expect_null(slab_find(&slab, slab_key(1, SLAB_NO_PLACE)));
    cr_expect_not(slab_is_full(&slab));
}

TestBetween(slab, key_is_good_once)
{
    uint64_t first = add(1), second;

    slab_remove(&slab, slab_find(&slab, first));
    cr_expect_null(slab_find(&slab, first));
    cr_expect_null(slab_find(&slab, 0));
    second = add(2);
    cr_expect_neq(first, second);
    cr_expect_eq(first & SLAB_PLACES, second & SLAB_PLACES, "the place is used again");
    cr_expect_null(slab_find(&slab, first));
    expect_found(second, 2);
}

TestBetween(slab, as_the_model_at_random)
{
    enum { N = 3000 };
    static uint64_t keys[N], old[N];
    struct random r;
    uint32_t used = 0;

    random_init(&r, 7);
    memset(keys, 0, sizeof keys);
    memset(old, 0, sizeof old);
    for (unsigned i = 0; i < 60000; i++) {
        uint64_t at = random_below(&r, i % 20000 < 10000 ? N : N / 10);

        if (keys[at] == 0) {
            keys[at] = add(at);
            cr_assert_neq(keys[at], 0);
            used++;
        } else {
            expect_found(keys[at], at);
            slab_remove(&slab, slab_find(&slab, keys[at]));
            old[at] = keys[at];
            keys[at] = 0;
            used--;
        }
        cr_assert_eq(slab.used, used);
        cr_assert_null(slab_find(&slab, old[at]));
    }
    for (uint64_t at = 0; at < N; at++)
        if (keys[at] != 0)
            expect_found(keys[at], at);
    cr_expect_leq(slab.end, N, "free places are used first");
}

TestBetween(slab, is_full_with_all_its_places)
{
    uint64_t last = 0;

    for (uint32_t i = 0; i < SLAB_PLACES; i++) {
        cr_assert_not(slab_is_full(&slab));
        last = add(i);
        cr_assert_neq(last, 0);
        cr_assert_neq(last & SLAB_PLACES, SLAB_NO_PLACE);
    }
    cr_expect(slab_is_full(&slab));
    cr_expect_eq(add(0), 0);
    expect_found(last, SLAB_PLACES - 1);
    slab_remove(&slab, slab_find(&slab, last));
    cr_expect_not(slab_is_full(&slab));
    cr_expect_neq(add(9), 0);
}

TestBetween(slab, without_memory_has_what_it_had)
{
    uint64_t keys[1000];
    unsigned n = 0;

    keys[n++] = add(0);
    heap.refuses = true;
    while ((keys[n] = add(n)) != 0)
        cr_assert_lt(++n, 1000);
    cr_expect_not(slab_is_full(&slab));
    for (unsigned i = 0; i < n; i++)
        expect_found(keys[i], i);
    heap.refuses = false;
    cr_expect_neq(add(n), 0);
    for (unsigned i = 0; i < n; i++)
        expect_found(keys[i], i);
}

/* Small ones and large ones: what is done with is used again. */
TestBetween(slab, gives_its_memory_back)
{
    size_t bytes = 0;

    for (unsigned round = 0; round < 3000; round++) {
        for (unsigned i = 0; i < 1 + round % 200; i++)
            cr_assert_neq(add(i), 0);
        slab_done(&slab, &pool);
        if (round == 200)
            bytes = heap.bytes;
    }
    cr_expect_leq(heap.bytes, bytes);
}
