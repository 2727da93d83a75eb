/* test_mailq.c: aim: a task's own queue keeps its records in order, over any number of blocks
 * and for all lengths, and gives its memory back.
 * Method: numbered records put and taken in waves; an allocator that refuses. */
#include "sched/mailq.h"
#include "test/support/unit_between.h"
#include "test/support/unit_heap.h"

#include <string.h>

#include <criterion/criterion.h>

static struct heap heap;
static struct task_table table;
static struct depot depot;
static struct pool pool;
static struct mailq *q;

static void set_up(void)
{
    const struct memory memory = {heap_alloc, heap_free, &heap};

    cr_assert_eq(task_table_init(&table, 1, 0), 0);
    depot_init(&depot, &memory, &table);
    pool_init(&pool, &depot);
    q = mailq_new(&pool);
    cr_assert_not_null(q);
}

static void tear_down(void)
{
    depot_done(&depot);
    task_table_done(&table);
    cr_expect(heap_is_balanced(&heap));
}

TestSuite(mailq, .timeout = 30);

static unsigned slots_of(uint64_t number)
{
    return 1 + (unsigned)(number * number / 3 + number) % RECORD_SLOTS_MAX;
}

static bool put(struct fifo *f, uint64_t number)
{
    struct record r[RECORD_SLOTS_MAX];

    for (unsigned i = 0; i < RECORD_SLOTS_MAX; i++)
        r[i] = (struct record){number + 1, number, number, number};
    r->head = record_head((uint32_t)number, RECORD_MAIL, slots_of(number) - 1, 0);
    return fifo_put(f, &pool, r);
}

static void expect_next(struct fifo *f, uint64_t number)
{
    const struct record *r = fifo_next(f, &pool);

    cr_assert_not_null(r);
    cr_assert_eq(r->word, number);
    cr_assert_eq(record_slots(r), slots_of(number));
    for (unsigned i = 1; i < slots_of(number); i++)
        cr_assert_eq(r[i].head, number, "slot %u of record %lu", i,
                     (unsigned long)number);
}

TestBetween(mailq, is_empty_and_zero_at_first)
{
    cr_expect_not(mailq_has_mail(q));
    cr_expect_null(fifo_next(&q->old, &pool));
    cr_expect_null(fifo_next(&q->fresh, &pool));
    cr_expect_not(q->returned);
    cr_expect_not(q->turn_out);
    mailq_free(&pool, q);
}

TestBetween(mailq, records_come_out_in_order)
{
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert(put(&q->fresh, i));
    cr_expect_eq(q->fresh.count, 1000);
    for (uint64_t i = 0; i < 1000; i++)
        expect_next(&q->fresh, i);
    cr_expect_null(fifo_next(&q->fresh, &pool));
    cr_expect_eq(q->fresh.count, 0);
    mailq_free(&pool, q);
}

TestBetween(mailq, order_is_kept_when_it_fills_and_empties_in_turns)
{
    uint64_t in = 0, out = 0;

    for (uint64_t wave = 1; wave < 100; wave++) {
        for (uint64_t i = 0; i < wave; i++)
            cr_assert(put(&q->old, in++));
        for (uint64_t i = 0; i < wave - wave / 7; i++)
            expect_next(&q->old, out++);
        cr_assert_eq(q->old.count, in - out);
    }
    while (out < in)
        expect_next(&q->old, out++);
    cr_expect_null(fifo_next(&q->old, &pool));
    mailq_free(&pool, q);
}

TestBetween(mailq, a_record_stays_where_it_is_until_the_next_is_taken)
{
    const struct record *r;

    for (uint64_t i = 0; i < 200; i++)
        cr_assert(put(&q->fresh, i));
    for (uint64_t i = 0; i < 200; i++) {
        r = fifo_next(&q->fresh, &pool);
        cr_assert(
            put(&q->fresh, 200 + i)); /* may take memory, must not take this one's */
        cr_assert_eq(r->word, i);
    }
}

TestBetween(mailq, has_mail_if_either_queue_or_a_held_message_is_there)
{
    cr_assert(put(&q->old, 1));
    cr_expect(mailq_has_mail(q));
    expect_next(&q->old, 1);
    cr_expect_not(mailq_has_mail(q));
    cr_assert(put(&q->fresh, 2));
    cr_expect(mailq_has_mail(q));
    expect_next(&q->fresh, 2);
    q->held = true;
    cr_expect(mailq_has_mail(q));
    q->held = false;
    mailq_free(&pool, q);
}

/* One that fills and empties for ever lives in the same few blocks; were they lost, or given
 * back to another class than theirs, it would have taken up many chunks. */
static void fill_and_empty(int rounds, uint64_t records)
{
    const size_t bytes = heap.bytes;

    for (int round = 0; round < rounds; round++) {
        for (uint64_t i = 0; i < records; i++)
            cr_assert(put(&q->fresh, i));
        for (uint64_t i = 0; i < records; i++)
            expect_next(&q->fresh, i);
    }
    cr_expect_lt(heap.bytes - bytes, (size_t)5 << 20);
}

TestBetween(mailq, blocks_that_are_read_are_used_again)
{
    fill_and_empty(20000, 50);
    fill_and_empty(500, 2000);
    mailq_free(&pool, q);
}

TestBetween(mailq, queues_that_are_freed_are_used_again)
{
    size_t calls;

    cr_assert(put(&q->fresh, 1));
    expect_next(&q->fresh, 1);
    mailq_free(&pool, q);
    calls = heap.calls;
    for (int round = 0; round < 20000; round++) {
        q = mailq_new(&pool);
        cr_assert(put(&q->old, 1) && put(&q->fresh, 2));
        expect_next(&q->old, 1);
        expect_next(&q->fresh, 2);
        mailq_free(&pool, q);
    }
    cr_expect_leq(heap.calls, calls + 1);
}

TestBetween(mailq, without_memory_nothing_is_put_and_nothing_lost)
{
    uint64_t n = 0;

    heap.refuses = true;
    while (put(&q->fresh, n))
        n++;
    cr_expect_not(put(&q->fresh, n));
    cr_expect_eq(q->fresh.count, n);
    heap.refuses = false;
    for (uint64_t i = n; i < n + 100; i++)
        cr_assert(put(&q->fresh, i));
    for (uint64_t i = 0; i < n + 100; i++)
        expect_next(&q->fresh, i);
}

TestBetween(mailq, without_memory_there_is_no_new_one)
{
    heap.refuses = true;
    while (pool_alloc(&pool, POOL_256) != NULL)
        continue;
    cr_expect_null(mailq_new(&pool));
}

/* --- walking, and taking out --- */

/* The numbers below n that are to be left; the rest is taken out on the way. */
static void take_out(struct fifo *f, uint64_t n, bool (*left)(uint64_t))
{
    uint64_t at = 0;

    for (struct fifo_walk i = fifo_walk(f); i.at != NULL; fifo_step(f, &i), at++) {
        cr_assert_eq(i.at->word, at);
        if (!left(at))
            fifo_remove(f, i.at);
    }
    cr_assert_eq(at, n);
}

static bool none(uint64_t number)
{
    (void)number;
    return false;
}

static bool some(uint64_t number)
{
    return number * number % 7 == 4;
}

static bool later_ones(uint64_t number)
{
    return number >= 900;
}

static bool earlier_ones(uint64_t number)
{
    return number < 100;
}

/* What is left is walked over, and read, in order; and so is what is put behind it. */
static void test_taking_out(uint64_t first, bool (*left)(uint64_t), bool tidy)
{
    enum { N = 1000, MORE = 100 };
    struct fifo *f = &q->old;
    struct fifo_walk i;
    uint64_t count = 0;

    for (uint64_t n = 0; n < first; n++)
        cr_assert(put(f, n));
    for (uint64_t n = 0; n < first; n++)
        expect_next(f, n);
    for (uint64_t n = 0; n < N; n++)
        cr_assert(put(f, n));
    take_out(f, N, left);
    if (tidy)
        fifo_tidy(f, &pool);
    for (uint64_t n = N; n < N + MORE; n++)
        cr_assert(put(f, n));
    i = fifo_walk(f);
    for (uint64_t n = 0; n < N + MORE; n++) {
        if (n < N && !left(n))
            continue;
        count++;
        cr_assert_not_null(i.at);
        cr_assert_eq(i.at->word, n);
        fifo_step(f, &i);
    }
    cr_expect_null(i.at);
    cr_expect_eq(f->count, count);
    cr_expect(!tidy || i.skipped == 0);
    for (uint64_t n = 0; n < N + MORE; n++)
        if (n >= N || left(n))
            expect_next(f, n);
    cr_expect_null(fifo_next(f, &pool));
}

TestBetween(mailq, what_is_taken_out_is_passed_over)
{
    bool (*const left[])(uint64_t) = {none, some, later_ones, earlier_ones};

    for (unsigned i = 0; i < 4; i++)
        for (uint64_t first = 0; first < 100; first++)
            test_taking_out(first, left[i], first % 2 == 0);
    mailq_free(&pool, q);
}

TestBetween(mailq, queues_swap_with_all_they_have)
{
    struct fifo empty = {0};

    for (uint64_t n = 0; n < 100; n++)
        cr_assert(put(&q->old, n));
    for (uint64_t n = 0; n < 50; n++)
        cr_assert(put(&q->stash, 200 + n));
    fifo_swap(&q->old, &q->stash);
    fifo_swap(&q->stash, &empty);
    for (uint64_t n = 0; n < 50; n++)
        expect_next(&q->old, 200 + n);
    cr_expect_eq(q->stash.count, 0);
    for (uint64_t n = 0; n < 100; n++)
        expect_next(&empty, n);
    fifo_swap(&q->stash, &empty);
    mailq_free(&pool, q);
}

/* A queue of which all but one is taken out, again and again: its gaps do not add up. */
TestBetween(mailq, a_tidy_queue_takes_no_more_memory)
{
    const size_t bytes = heap.bytes;

    cr_assert(put(&q->old, 0));
    for (int round = 0; round < 2000; round++) {
        for (uint64_t n = 1; n < 100; n++)
            cr_assert(put(&q->old, n));
        take_out(&q->old, 100, earlier_ones);
        for (struct fifo_walk i = fifo_walk(&q->old); i.at != NULL;
             fifo_step(&q->old, &i))
            if (i.at->word != 0)
                fifo_remove(&q->old, i.at);
        fifo_tidy(&q->old, &pool);
    }
    cr_expect_lt(heap.bytes - bytes, (size_t)5 << 20);
    expect_next(&q->old, 0);
    mailq_free(&pool, q);
}

/* One that ends with many blocks, all of whose records were taken out, gives all back. */
TestBetween(mailq, that_was_emptied_by_taking_out_gives_all_back)
{
    const size_t bytes = heap.bytes;

    for (int round = 0; round < 2000; round++) {
        for (uint64_t n = 0; n < 500; n++)
            cr_assert(put(&q->old, n));
        take_out(&q->old, 500, none);
        mailq_free(&pool, q);
        q = mailq_new(&pool);
        cr_assert_not_null(q);
    }
    cr_expect_lt(heap.bytes - bytes, (size_t)5 << 20);
}
