/* test_heap.c: aim: the first of a heap is always the one whose time is the earliest, and of
 * those with the same the one that was put in first; whoever is taken out.
 * Method: an array that is looked through; at random, and where times wrap. */
#include "lib/base/heap.h"
#include "lib/base/random.h"

#include <criterion/criterion.h>

TestSuite(heap, .timeout = 60);

enum { NODES = 300 };

static struct heap_node nodes[NODES];
static bool in[NODES];
static struct heap heap;
static uint64_t order;

static void put(unsigned i, uint64_t at)
{
    nodes[i].at = at;
    nodes[i].order = ++order;
    in[i] = true;
    heap_put(&heap, &nodes[i]);
}

static void take(unsigned i)
{
    in[i] = false;
    heap_take(&heap, &nodes[i]);
}

static struct heap_node *first_of_model(void)
{
    struct heap_node *first = NULL;

    for (unsigned i = 0; i < NODES; i++) {
        int64_t later = first != NULL ? (int64_t)(nodes[i].at - first->at) : -1;

        if (in[i] && (later < 0 || (later == 0 && nodes[i].order < first->order)))
            first = &nodes[i];
    }
    return first;
}

Test(heap, is_empty_at_first_and_at_the_end)
{
    cr_expect_null(heap.first);
    put(0, 1);
    cr_expect_eq(heap.first, &nodes[0]);
    take(0);
    cr_expect_null(heap.first);
}

Test(heap, of_the_same_time_the_first_comes_first)
{
    for (unsigned i = 0; i < NODES; i++)
        put(i, 7);
    for (unsigned i = 0; i < NODES; i++) {
        cr_assert_eq(heap.first, &nodes[i]);
        take(i);
    }
    cr_expect_null(heap.first);
}

/* Timeouts: each is put in behind all others, and most are taken out again. */
Test(heap, any_can_be_taken_out)
{
    for (unsigned i = 0; i < NODES; i++)
        put(i, i);
    for (unsigned i = 1; i < NODES; i += 2)
        take(i);
    for (unsigned i = 0; i < NODES; i += 2) {
        cr_assert_eq(heap.first, &nodes[i]);
        take(i);
    }
    cr_expect_null(heap.first);
}

static void against_the_model(uint64_t from, uint64_t span)
{
    struct random r;

    random_init(&r, from + span);
    for (unsigned i = 0; i < 100000; i++) {
        unsigned n = (unsigned)random_below(&r, NODES);

        if (!in[n])
            put(n, from + random_below(&r, span));
        else if (random_below(&r, 3) == 0)
            take((unsigned)(heap.first - nodes));
        else
            take(n);
        if (i % 16 == 0)
            cr_assert_eq(heap.first, first_of_model());
    }
    while (heap.first != NULL) {
        cr_assert_eq(heap.first, first_of_model());
        take((unsigned)(heap.first - nodes));
    }
    cr_expect_null(first_of_model());
}

Test(heap, at_random_as_the_model)
{
    against_the_model(1000, 1 << 20);
}

Test(heap, with_many_of_the_same_time)
{
    against_the_model(1000, 5);
}

Test(heap, where_times_wrap)
{
    against_the_model(UINT64_MAX - 500, 1000);
}
