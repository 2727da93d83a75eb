/* test_block.c: aim: an object that travels by address is aligned to its type, whole, apart
 * from others, and its memory goes back where it came from.
 * Method: types of every alignment and of sizes around each border of the pool's classes, in
 * a stock over a counting allocator. */
#include "lib/actor/runtime.h"
#include "sched/domain.h"
#include "test/support/unit_between.h"
#include "test/support/unit_heap.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static struct heap heap;
static const struct memory memory = {heap_alloc, heap_free, &heap};
static struct task_table table;
static struct depot depot;
static struct stock *stock;

static void set_up(void)
{
    cr_assert_eq(task_table_init(&table, 1, 0), 0);
    depot_init(&depot, &memory, &table);
    stock = calloc(1, sizeof *stock);
    cr_assert_not_null(stock);
    pool_init(stock_pool(stock), &depot);
}

static void tear_down(void)
{
    depot_done(&depot);
    task_table_done(&table);
    free(stock);
    cr_expect(heap_is_balanced(&heap), "%zu blocks of the allocator are left",
              (size_t)heap.blocks);
}

TestSuite(block, .timeout = 60);

static char source[10000];

static void fill_source(void)
{
    for (size_t i = 0; i < sizeof source; i++)
        source[i] = (char)(i * 31 + i / 251);
}

/* Sizes that end just before, on and just behind a class's border, with what is in front. */
static const uint32_t borders[] = {64, 128, 256, 512, POOL_SMALL_MAX, 2048, 4096, 8192};
enum { BORDERS = sizeof borders / sizeof *borders };

typedef void (*with_type)(const weft_type *type);

static void for_each_type(with_type check)
{
    for (uint32_t align = 1; align <= 4096; align *= 2)
        for (int b = 0; b < BORDERS; b++)
            for (int more = -17; more <= 17; more++) {
                int64_t size = (int64_t)borders[b] - (align > 8 ? align : 8) + more;
                const weft_type type = {"some", 1, (uint32_t)size, align, 0, NULL};

                if (size > 0)
                    check(&type);
            }
}

/* Two at a time: neither may reach into the other, nor into the header of the other. */
static void check_two(const weft_type *type)
{
    char *a = block_new(stock, &memory, type, source);
    char *b = block_new(stock, &memory, type, source);

    cr_assert(a != NULL && b != NULL);
    cr_assert_eq((uintptr_t)a % type->align, 0, "size %u, align %u", type->size,
                 type->align);
    cr_assert_eq((uintptr_t)b % type->align, 0, "size %u, align %u", type->size,
                 type->align);
    cr_assert(memcmp(a, source, type->size) == 0);
    memset(a, 0xaa, type->size);
    cr_assert(memcmp(b, source, type->size) == 0);
    memset(b, 0xbb, type->size);
    for (uint32_t i = 0; i < type->size; i++)
        cr_assert_eq((unsigned char)a[i], 0xaa);
    cr_assert_eq(block_type(a), type);
    cr_assert_eq(block_type(b), type);
    block_free(stock, &memory, a);
    block_free(stock, &memory, b);
}

TestBetween(block, objects_are_aligned_whole_and_apart)
{
    fill_source();
    for_each_type(check_two);
}

static void make_and_free(const weft_type *type)
{
    block_free(stock, &memory, block_new(stock, &memory, type, source));
}

/* A block that went back to another class than its own would be missing in the next round. */
TestBetween(block, memory_goes_back_where_it_came_from)
{
    size_t bytes;

    for_each_type(make_and_free);
    bytes = heap.bytes;
    for (int round = 0; round < 20; round++)
        for_each_type(make_and_free);
    cr_expect_eq(heap.bytes, bytes);
    cr_expect_eq(heap.wrong, 0);
}

TestBetween(block, without_memory_there_is_none)
{
    const weft_type small = {"small", 1, 16, 8, 0, NULL};
    const weft_type large = {"large", 2, 5000, 64, 0, NULL};

    heap.refuses = true;
    cr_expect_null(block_new(stock, &memory, &small, source));
    cr_expect_null(block_new(stock, &memory, &large, source));
    cr_expect_null(block_new_shared(stock, &memory, &small, source));
    cr_expect_null(block_new_shared(stock, &memory, &large, source));
}

/* --- shared ones --- */

static int destroyed;

static void count(void *object)
{
    (void)object;
    destroyed++;
}

static void share_with_three(const weft_type *like)
{
    const weft_type type = {"shared", 1, like->size, like->align, 0, count};
    char *a = block_new_shared(stock, &memory, &type, source);

    cr_assert_not_null(a);
    cr_assert_eq((uintptr_t)a % type.align, 0, "size %u, align %u", type.size,
                 type.align);
    cr_assert(block_is_shared(a));
    cr_assert_eq(block_type(a), &type);
    block_ref(a);
    block_ref(a);
    destroyed = 0;
    block_release(stock, &memory, a);
    block_release(stock, &memory, a);
    cr_assert_eq(destroyed, 0);
    cr_assert_eq(memcmp(a, source, type.size), 0);
    block_release(stock, &memory, a);
    cr_assert_eq(destroyed, 1);
}

TestBetween(block, a_shared_one_ends_with_the_last_that_carries_it)
{
    size_t bytes;

    fill_source();
    for_each_type(share_with_three);
    bytes = heap.bytes;
    for (int round = 0; round < 20; round++)
        for_each_type(share_with_three);
    cr_expect_eq(heap.bytes, bytes, "memory went elsewhere than where it came from");
    cr_expect_eq(heap.wrong, 0);
}

TestBetween(block, one_that_is_not_shared_ends_at_once)
{
    const weft_type type = {"own", 1, 16, 8, 0, count};
    char *a = block_new(stock, &memory, &type, source);

    destroyed = 0;
    cr_assert_not(block_is_shared(a));
    block_hold(a); /* a mark that changes nothing for others */
    cr_assert_eq(block_type(a), &type);
    cr_assert_not(block_is_shared(a));
    block_let_go(a);
    block_release(stock, &memory, a);
    cr_expect_eq(destroyed, 1);
}

#ifdef WEFT_DEBUG
static const weft_type plain = {"plain", 1, 16, 8, 0, NULL};

Test(block, a_letter_that_is_used_twice_ends_the_process, .signal = SIGABRT)
{
    char *a;

    set_up();
    a = block_new(stock, &memory, &plain, source);
    block_hold(a);
    block_let_go(a);
    block_free(stock, &memory, a);
    block_let_go(a);
}

Test(block, a_count_below_nothing_ends_the_process, .signal = SIGABRT)
{
    char *a;

    set_up();
    a = block_new_shared(stock, &memory, &plain, source);
    block_unref(a);
    block_unref(a);
}
#endif

/* --- objects without a header: states and arguments --- */

TestBetween(block, plain_objects_are_aligned_for_every_size)
{
    for (size_t align = 1; align <= 4096; align *= 2)
        for (size_t size = 1; size <= 5000; size += size < 70 ? 1 : 101) {
            char *a = object_alloc(stock, &memory, size, align);
            char *b = object_alloc(stock, &memory, size, align);

            cr_assert(a != NULL && b != NULL);
            cr_assert_eq(((uintptr_t)a | (uintptr_t)b) % align, 0);
            cr_assert(a + size <= b || b + size <= a);
            memset(a, 1, size);
            memset(b, 2, size);
            object_free(stock, &memory, a, size, align);
            object_free(stock, &memory, b, size, align);
        }
}
