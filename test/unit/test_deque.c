/* test_deque.c: aim: the owner takes the newest, thieves steal the oldest, everything comes out
 * exactly once, wherever the counters stand.
 * Method: single-threaded sequences begun at many values of the counters, among them those
 * where narrower numbers would wrap; then an owner and thieves that count what they got. */
#include "sched/deque.h"
#include "test/support/unit_threads.h"

#include <string.h>

#include <criterion/criterion.h>

TestSuite(deque, .timeout = 60);

static struct deque q;
static char items[4 * DEQUE_CELLS];

/* Both counters begin here. The last leaves room for what a test pushes. */
static const int64_t begins[] = {0,
                                 1,
                                 DEQUE_CELLS - 1,
                                 DEQUE_CELLS,
                                 INT32_MAX - 5,
                                 (int64_t)UINT32_MAX - 5,
                                 ((int64_t)1 << 53) - 5,
                                 INT64_MAX - 8 * DEQUE_CELLS};
enum { BEGINS = sizeof begins / sizeof *begins };

static void begin_at(int64_t at)
{
    memset((void *)&q, 0, sizeof q);
    at_set(&q.top, at); /* relaxed: alone here */
    at_set(&q.bottom, at);
}

static void *item(int n)
{
    return &items[n];
}

Test(deque, empty_gives_nothing_to_anybody)
{
    for (int b = 0; b < BEGINS; b++) {
        begin_at(begins[b]);
        for (int i = 0; i < 3; i++) {
            cr_expect_null(deque_take(&q));
            cr_expect_null(deque_steal(&q));
            cr_expect_eq(deque_size(&q), 0);
        }
    }
}

Test(deque, take_gives_the_newest)
{
    for (int b = 0; b < BEGINS; b++) {
        begin_at(begins[b]);
        for (int i = 0; i < 10; i++)
            cr_assert(deque_push(&q, item(i)));
        for (int i = 9; i >= 0; i--)
            cr_assert_eq(deque_take(&q), item(i));
        cr_expect_null(deque_take(&q));
    }
}

Test(deque, steal_gives_the_oldest)
{
    for (int b = 0; b < BEGINS; b++) {
        begin_at(begins[b]);
        for (int i = 0; i < 10; i++)
            cr_assert(deque_push(&q, item(i)));
        for (int i = 0; i < 10; i++)
            cr_assert_eq(deque_steal(&q), item(i));
        cr_expect_null(deque_steal(&q));
    }
}

Test(deque, take_and_steal_meet_in_the_middle)
{
    for (int b = 0; b < BEGINS; b++) {
        begin_at(begins[b]);
        for (int i = 0; i < 11; i++)
            cr_assert(deque_push(&q, item(i)));
        for (int i = 0; i < 5; i++) {
            cr_assert_eq(deque_steal(&q), item(i));
            cr_assert_eq(deque_take(&q), item(10 - i));
        }
        cr_expect_eq(deque_size(&q), 1);
        cr_expect_eq(b % 2 == 0 ? deque_take(&q) : deque_steal(&q), item(5));
        cr_expect_null(deque_take(&q));
        cr_expect_null(deque_steal(&q));
    }
}

Test(deque, the_last_item_can_be_taken_again_and_again)
{
    begin_at(0);
    for (int i = 0; i < 3 * DEQUE_CELLS; i++) {
        cr_assert(deque_push(&q, item(i)));
        cr_assert_eq(i % 3 == 0 ? deque_steal(&q) : deque_take(&q), item(i));
        cr_assert_null(deque_take(&q));
    }
}

Test(deque, full_refuses_and_loses_nothing)
{
    for (int b = 0; b < BEGINS; b++) {
        begin_at(begins[b]);
        for (int i = 0; i < DEQUE_CELLS; i++)
            cr_assert(deque_push(&q, item(i)));
        cr_expect_not(deque_push(&q, item(DEQUE_CELLS)));
        cr_expect_not(deque_push(&q, item(DEQUE_CELLS)));
        cr_expect_eq(deque_size(&q), DEQUE_CELLS);
        cr_expect_eq(deque_steal(&q), item(0));
        cr_expect(deque_push(&q, item(DEQUE_CELLS)));
        cr_expect_not(deque_push(&q, item(DEQUE_CELLS + 1)));
        for (int i = 1; i <= DEQUE_CELLS; i++)
            cr_assert_eq(deque_steal(&q), item(i));
        cr_expect_null(deque_steal(&q));
    }
}

/* A window of items goes round the cells several times. */
Test(deque, cells_are_used_again_in_a_circle)
{
    for (int b = 0; b < BEGINS; b++) {
        begin_at(begins[b]);
        for (int i = 0; i < 4 * DEQUE_CELLS; i++) {
            cr_assert(deque_push(&q, item(i)));
            if (i >= 100)
                cr_assert_eq(deque_steal(&q), item(i - 100));
        }
        cr_expect_eq(deque_size(&q), 100);
    }
}

/* --- several threads --- */

enum { PUSHED = 40000, THIEVES = 3 };
static unsigned char got[PUSHED];
static atomic_uint seen[PUSHED];
static atomic_bool over;

static void count(void *p)
{
    if (p != NULL)
        atomic_fetch_add(&seen[(unsigned char *)p - got], 1);
}

/* Bursts of every length, so that the last item is fought over again and again. */
static void own(void)
{
    for (int i = 0, burst = 0; i < PUSHED;) {
        for (int n = 0; n < 1 + burst % 9 && i < PUSHED; n++)
            if (deque_push(&q, &got[i]))
                i++;
        for (int n = 0; n < burst % 5; n++)
            count(deque_take(&q));
        burst++;
    }
    for (void *p = deque_take(&q); p != NULL; p = deque_take(&q))
        count(p);
    atomic_store(&over, true);
}

static void own_or_steal(unsigned number)
{
    if (number == 0)
        own();
    else
        while (!atomic_load(&over))
            count(deque_steal(&q));
}

static void everything_once(unsigned threads)
{
    begin_at(INT32_MAX - PUSHED / 2);
    in_threads(threads, own_or_steal);
    cr_expect_eq(deque_size(&q), 0);
    for (int i = 0; i < PUSHED; i++)
        cr_assert_eq(seen[i], 1, "item %d came out %u times", i, (unsigned)seen[i]);
}

Test(deque, an_owner_and_a_thief_get_everything_once)
{
    everything_once(2);
}

Test(deque, an_owner_and_thieves_get_everything_once)
{
    everything_once(1 + THIEVES);
}

/* Nothing but a steal, of what was pushed before: who gets none though there is some has lost
 * to another thief. */
static void steal_all(unsigned number)
{
    (void)number;
    while (deque_size(&q) > 0)
        count(deque_steal(&q));
}

Test(deque, thieves_share_without_an_owner)
{
    begin_at(0);
    for (int i = 0; i < DEQUE_CELLS; i++)
        cr_assert(deque_push(&q, &got[i]));
    in_threads(THIEVES, steal_all);
    for (int i = 0; i < DEQUE_CELLS; i++)
        cr_assert_eq(seen[i], 1, "item %d came out %u times", i, (unsigned)seen[i]);
}
