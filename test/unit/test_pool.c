/* test_pool.c: aim: blocks are aligned, apart from each other and used again; they travel
 * between pools through the depot, whole magazines at a time; no memory and no slots are
 * answered with NULL and nothing is lost by it; the depot gives back all there was.
 * Method: a counting allocator; blocks are filled with their number and looked at later. */
#include "sched/pool.h"
#include "test/support/unit_between.h"
#include "test/support/unit_heap.h"
#include "test/support/unit_threads.h"

#include <pthread.h>
#include <string.h>

#include <criterion/criterion.h>

enum { SLOTS = 1000, MANY = 3000 };

static struct heap heap;
static struct task_table table;
static struct depot depot;
static struct pool pool, other;

static const uint32_t bytes[POOL_CLASSES] = {64, 64, 128, 256, 512, 1024, SEGMENT_BYTES};

static void set_up(void)
{
    const struct memory memory = {heap_alloc, heap_free, &heap};

    cr_assert_eq(task_table_init(&table, SLOTS, 0), 0);
    depot_init(&depot, &memory, &table);
    pool_init(&pool, &depot);
    pool_init(&other, &depot);
}

static void tear_down(void)
{
    depot_done(&depot);
    task_table_done(&table);
    cr_expect(heap_is_balanced(&heap), "%zu blocks of the allocator are left",
              (size_t)heap.blocks);
}

TestSuite(pool, .timeout = 30);

/* --- classes --- */

TestBetween(pool, a_class_is_the_smallest_that_holds_the_size)
{
    static const struct {
        size_t size;
        enum pool_class class;
    } borders[] = {{1, POOL_64},    {64, POOL_64},
                   {65, POOL_128},  {128, POOL_128},
                   {129, POOL_256}, {256, POOL_256},
                   {257, POOL_512}, {512, POOL_512},
                   {513, POOL_1K},  {POOL_SMALL_MAX, POOL_1K}};

    for (size_t i = 0; i < sizeof borders / sizeof *borders; i++)
        cr_expect_eq(pool_class_for(borders[i].size), borders[i].class, "%zu bytes",
                     borders[i].size);
}

/* --- one pool --- */

static char *blocks[MANY];

/* Fills the block but for the two words that stay as they are left. */
static void mark(char *block, size_t size, int number)
{
    memset(block, number & 0xff, size);
}

static void expect_mark(const char *block, size_t size, int number)
{
    for (size_t i = 0; i < size; i++)
        cr_assert_eq((unsigned char)block[i], number & 0xff, "byte %zu of block %d", i,
                     number);
}

static int as_many_of(enum pool_class class)
{
    return class == POOL_SEGMENT ? 300 : class == POOL_SLOT ? SLOTS : MANY;
}

static void fill_and_check(enum pool_class class)
{
    const int n = as_many_of(class);
    const size_t align = class == POOL_SEGMENT ? CACHE_LINE : bytes[class];

    for (int i = 0; i < n; i++) {
        blocks[i] = pool_alloc(&pool, class);
        cr_assert_not_null(blocks[i]);
        cr_assert_eq((uintptr_t)blocks[i] % align, 0, "class %d, block %d", class, i);
        mark(blocks[i], bytes[class], i);
    }
    for (int i = 0; i < n; i++) {
        expect_mark(blocks[i], bytes[class], i);
        pool_free(&pool, class, blocks[i]);
    }
}

TestBetween(pool, blocks_are_aligned_to_their_size_and_apart)
{
    for (enum pool_class class = POOL_SLOT; class < POOL_CLASSES; class ++)
        fill_and_check(class);
}

TestBetween(pool, a_freed_block_is_the_next_one_given_out)
{
    void *block = pool_alloc(&pool, POOL_128), *again;

    pool_free(&pool, POOL_128, block);
    again = pool_alloc(&pool, POOL_128);
    cr_expect_eq(again, block);
}

TestBetween(pool, memory_that_went_round_is_enough_for_the_next_round)
{
    size_t calls;

    for (enum pool_class class = POOL_64; class < POOL_CLASSES; class ++)
        fill_and_check(class);
    calls = heap.calls;
    for (int round = 0; round < 3; round++)
        for (enum pool_class class = POOL_64; class < POOL_CLASSES; class ++)
            fill_and_check(class);
    cr_expect_eq(heap.calls, calls);
}

TestBetween(pool, a_small_pool_stays_small)
{
    cr_assert_not_null(pool_alloc(&pool, POOL_64));
    cr_expect_leq(heap.bytes, (size_t)256 << 10);
}

TestBetween(pool, a_slot_keeps_what_late_senders_look_at)
{
    struct task *t = pool_alloc(&pool, POOL_SLOT);

    task_set_word(t, 0x0123456789abcdefu);
    at_set(&t->in, INBOX_ARMED); /* relaxed: alone here */
    pool_free(&pool, POOL_SLOT, t);
    cr_expect_eq(task_word(t), 0x0123456789abcdefu);
    cr_expect_eq(pool_alloc(&pool, POOL_SLOT), t);
    cr_expect_eq(task_word(t), 0x0123456789abcdefu);
    cr_expect_eq(at_peek(&t->in), INBOX_ARMED);
}

/* --- exhaustion --- */

TestBetween(pool, slots_end_with_the_table_and_come_back)
{
    for (int i = 0; i < SLOTS; i++) {
        blocks[i] = pool_alloc(&pool, POOL_SLOT);
        cr_assert_not_null(blocks[i], "slot %d", i);
    }
    cr_expect_null(pool_alloc(&pool, POOL_SLOT));
    cr_expect_null(pool_alloc(&pool, POOL_SLOT));
    cr_expect_eq(heap.calls, 0);
    for (int i = 0; i < SLOTS; i++)
        pool_free(&pool, POOL_SLOT, blocks[i]);
    for (int i = 0; i < SLOTS; i++)
        cr_assert_not_null(pool_alloc(&pool, POOL_SLOT), "slot %d", i);
}

TestBetween(pool, without_memory_there_is_NULL_until_there_is_some)
{
    heap.refuses = true;
    for (enum pool_class class = POOL_64; class < POOL_CLASSES; class ++) {
        cr_expect_null(pool_alloc(&pool, class));
        cr_expect_null(pool_alloc(&pool, class));
    }
    heap.refuses = false;
    for (enum pool_class class = POOL_64; class < POOL_CLASSES; class ++)
        cr_expect_not_null(pool_alloc(&pool, class));
}

/* What is left of a chunk is used to its end before a new one is wanted. */
TestBetween(pool, a_chunk_is_used_up_before_the_next)
{
    size_t given = 0;

    cr_assert_not_null(pool_alloc(&pool, POOL_1K));
    heap.refuses = true;
    while (pool_alloc(&pool, POOL_1K) != NULL)
        given++;
    cr_expect_geq((given + 3) * 1024, heap.bytes);
}

/* --- two pools --- */

/* Two full magazines stay with who frees; what is more goes to the depot. */
TestBetween(pool, magazines_travel_through_the_depot)
{
    const uint32_t magazine = pool_magazine_size(POOL_64);
    int n = (int)magazine * 10;
    size_t calls;

    for (int i = 0; i < n; i++)
        blocks[i] = pool_alloc(&pool, POOL_64);
    calls = heap.calls;
    for (int i = 0; i < n; i++)
        pool_free(&other, POOL_64, blocks[i]);
    heap.refuses = true;
    for (int i = 0; i < n - 2 * (int)magazine; i++)
        cr_assert_not_null(pool_alloc(&pool, POOL_64), "block %d of those that came back",
                           i);
    cr_expect_eq(heap.calls, calls);
}

TestBetween(pool, slots_of_the_depot_are_for_everybody)
{
    int back = 0;

    for (int i = 0; i < SLOTS; i++)
        blocks[i] = pool_alloc(&pool, POOL_SLOT);
    for (int i = 0; i < SLOTS; i++)
        pool_free(&pool, POOL_SLOT, blocks[i]);
    while (pool_alloc(&other, POOL_SLOT) != NULL)
        back++;
    cr_expect_geq(back, SLOTS - 2 * (int)pool_magazine_size(POOL_SLOT));
}

/* A queue between two threads, so that one of them allocates and the other frees. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static char *queue[256];
static unsigned put, taken;
enum { PASSED_ON = 20000 };

static void put_block(char *block)
{
    pthread_mutex_lock(&lock);
    while (put - taken == 256)
        pthread_cond_wait(&moved, &lock);
    queue[put++ % 256] = block;
    pthread_cond_signal(&moved);
    pthread_mutex_unlock(&lock);
}

static char *take_block(void)
{
    char *block;

    pthread_mutex_lock(&lock);
    while (put == taken)
        pthread_cond_wait(&moved, &lock);
    block = queue[taken++ % 256];
    pthread_cond_signal(&moved);
    pthread_mutex_unlock(&lock);
    return block;
}

static void allocate_or_free(unsigned number)
{
    for (int i = 0; i < PASSED_ON; i++) {
        char *block;

        if (number == 0) {
            block = pool_alloc(&pool, POOL_64);
            mark(block, 64, i);
            put_block(block);
        } else {
            block = take_block();
            cr_expect_eq((unsigned char)block[63], i & 0xff);
            cr_expect_eq((unsigned char)block[0], i & 0xff);
            pool_free(&other, POOL_64, block);
        }
    }
}

TestBetween(pool, what_one_thread_allocates_another_may_free)
{
    in_threads(2, allocate_or_free);
    /* Far less than all of it: what was freed there came back here. */
    cr_expect_lt(heap.bytes, (size_t)PASSED_ON * 64);
}

/* --- four pools, one depot --- */

enum { TRADERS = 4, ROUNDS = 60, HAND = 300 };

static struct pool traders[TRADERS];
static unsigned *hands[TRADERS][HAND];

static void trade(unsigned number)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < HAND; i++) {
            hands[number][i] = pool_alloc(&traders[number], POOL_64);
            *hands[number][i] = number << 16 | i;
        }
        for (unsigned i = 0; i < HAND; i++) {
            cr_expect_eq(*hands[number][i], number << 16 | i);
            pool_free(&traders[number], POOL_64, hands[number][i]);
        }
    }
}

TestBetween(pool, no_block_is_given_to_two_threads)
{
    for (int i = 0; i < TRADERS; i++)
        pool_init(&traders[i], &depot);
    in_threads(TRADERS, trade);
}
