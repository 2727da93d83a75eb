/* test_ring.c: aim: records come out of the ring in the order they were put in, over any
 * number of segments, whatever their lengths; a walk sees the same; removal leaves the
 * others; a split moves exactly what is not read yet.
 * Method: rings of numbered records, each slot of a long one with the number in it, read with
 * the worker's own rules; every position of the head in turn. */
#include "sched/ring.h"
#include "test/support/unit_between.h"
#include "test/support/unit_heap.h"

#include <string.h>

#include <criterion/criterion.h>

static struct heap heap;
static struct task_table table;
static struct depot depot;
static struct pool pool;
static struct ring ring;

static void set_up(void)
{
    const struct memory memory = {heap_alloc, heap_free, &heap};

    cr_assert_eq(task_table_init(&table, 1, 0), 0);
    depot_init(&depot, &memory, &table);
    pool_init(&pool, &depot);
    cr_assert(ring_init(&ring, &pool));
}

static void tear_down(void)
{
    ring_done(&ring, &pool);
    depot_done(&depot);
    task_table_done(&table);
    cr_expect(heap_is_balanced(&heap));
}

TestSuite(ring, .timeout = 60);

/* --- numbered records --- */

/* `slots` slots for task 1 + number % 7; the number stands in each of them. */
static bool put(uint64_t number, unsigned slots)
{
    struct record r[RECORD_SLOTS_MAX];

    for (unsigned i = 0; i < slots; i++)
        r[i] = (struct record){number, number, number, number};
    r->to = 1 + number % 7;
    r->head = record_head((uint32_t)number, RECORD_MAIL, slots - 1, 0);
    return ring_put(&ring, &pool, r);
}

static void expect_record(const struct record *r, uint64_t number, unsigned slots)
{
    cr_assert_eq(r->word, number, "%lu, not %lu", (unsigned long)r->word,
                 (unsigned long)number);
    cr_assert_eq(r->to, 1 + number % 7);
    cr_assert_eq(record_slots(r), slots);
    for (unsigned i = 1; i < slots; i++)
        cr_assert_eq(r[i].to, number, "slot %u of record %lu", i, (unsigned long)number);
}

/* The oldest record, as the worker's loop finds it; NULL if the ring is empty. */
static struct record *next(void)
{
    while (!ring_empty(&ring)) {
        struct record *r = ring.head;

        if (r->to == 0 && record_kind(r) == RECORD_END) {
            cr_assert(ring_advance(&ring, &pool));
            continue;
        }
        ring.head = r + record_slots(r);
        if (r->to != 0)
            return r;
    }
    return NULL;
}

/* Lengths in a pattern that meets every distance from a segment's end. */
static unsigned slots_of(uint64_t number)
{
    return 1 + (unsigned)(number * number / 3 + number) % RECORD_SLOTS_MAX;
}

static void expect_all(uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        const struct record *r = next();

        cr_assert_not_null(r);
        expect_record(r, i, slots_of(i));
    }
    cr_expect_null(next());
    cr_expect(ring_empty(&ring));
}

/* --- order --- */

TestBetween(ring, is_empty_at_first)
{
    cr_expect(ring_empty(&ring));
    cr_expect_eq(ring_size(&ring), 0);
    cr_expect_null(next());
}

TestBetween(ring, records_of_one_slot_come_out_in_order)
{
    enum { N = 3 * SEGMENT_RECORDS + 7 };

    for (uint64_t i = 0; i < N; i++)
        cr_assert(put(i, 1));
    for (uint64_t i = 0; i < N; i++)
        expect_record(next(), i, 1);
    cr_expect(ring_empty(&ring));
}

TestBetween(ring, records_of_all_lengths_come_out_in_order)
{
    for (uint64_t i = 0; i < 5000; i++)
        cr_assert(put(i, slots_of(i)));
    expect_all(0, 5000);
}

/* The record that does not fit any more begins the next segment whole, at each distance. */
TestBetween(ring, a_long_record_at_the_border_goes_to_the_next_segment)
{
    for (unsigned slots = 1; slots <= RECORD_SLOTS_MAX; slots++)
        for (uint64_t before = SEGMENT_RECORDS - 4; before <= SEGMENT_RECORDS; before++) {
            for (uint64_t i = 0; i < before; i++)
                cr_assert(put(i, 1));
            cr_assert(put(before, slots));
            cr_assert(put(before + 1, slots));
            for (uint64_t i = 0; i < before; i++)
                expect_record(next(), i, 1);
            expect_record(next(), before, slots);
            expect_record(next(), before + 1, slots);
            cr_expect_null(next());
            ring_done(&ring, &pool);
            cr_assert(ring_init(&ring, &pool));
        }
}

/* A ring that stays short goes round in two segments for ever. */
TestBetween(ring, used_segments_are_used_again)
{
    size_t calls = heap.calls;

    for (uint64_t i = 0; i < 40 * SEGMENT_RECORDS; i++) {
        cr_assert(put(i, slots_of(i)));
        expect_record(next(), i, slots_of(i));
    }
    cr_expect_eq(heap.calls, calls);
}

/* The message being handled lies in its segment until the turn after it. */
TestBetween(ring, the_last_record_of_a_segment_stays_until_the_head_moves_on)
{
    const struct record *last = NULL;

    for (uint64_t i = 0; i <= SEGMENT_RECORDS; i++)
        cr_assert(put(i, 1));
    for (uint64_t i = 0; i < SEGMENT_RECORDS; i++)
        last = next();
    for (int i = 0; i < 8; i++)
        cr_assert_not_null(pool_alloc(&pool, POOL_SEGMENT));
    expect_record(last, SEGMENT_RECORDS - 1, 1);
}

TestBetween(ring, without_memory_nothing_is_put_and_nothing_lost)
{
    uint64_t n = 0;

    heap.refuses = true;
    while (put(n, slots_of(n)))
        n++;
    cr_expect_gt(n, SEGMENT_RECORDS / RECORD_SLOTS_MAX);
    cr_expect_not(put(n, RECORD_SLOTS_MAX));
    heap.refuses = false;
    for (uint64_t i = n; i < n + 1000; i++)
        cr_assert(put(i, slots_of(i)));
    expect_all(0, n + 1000);
}

TestBetween(ring, advance_at_the_only_segment_says_that_it_is_empty)
{
    for (uint64_t i = 0; i < SEGMENT_RECORDS; i++)
        cr_assert(put(i, 1));
    while (ring.head != ring.end)
        ring.head++;
    cr_expect_not(ring_advance(&ring, &pool));
    cr_expect(ring_empty(&ring));
}

/* --- size --- */

TestBetween(ring, size_counts_slots_exactly_in_one_segment)
{
    for (uint64_t i = 0; i < SEGMENT_RECORDS; i++) {
        cr_assert_eq(ring_size(&ring), i);
        cr_assert(put(i, 1));
    }
    cr_expect_eq(ring_size(&ring), SEGMENT_RECORDS);
}

TestBetween(ring, size_is_never_more_than_there_is)
{
    for (uint64_t i = 0; i < 4 * SEGMENT_RECORDS; i++) {
        cr_assert(put(i, 1));
        cr_assert_leq(ring_size(&ring), i + 1);
    }
    cr_expect_geq(ring_size(&ring), SEGMENT_RECORDS);
    for (uint64_t i = 0; i < 4 * SEGMENT_RECORDS; i++) {
        cr_assert_leq(ring_size(&ring), 4 * SEGMENT_RECORDS - i);
        next();
    }
    cr_expect_eq(ring_size(&ring), 0);
}

/* --- walking and removing --- */

static void expect_walk(uint64_t from, uint64_t to)
{
    struct ring_walk i = ring_walk(&ring);

    for (; i.at != ring.tail; ring_step(&ring, &i)) {
        if (record_kind(i.at) == RECORD_SKIP)
            continue;
        cr_assert_lt(from, to);
        expect_record(i.at, from, slots_of(from));
        from++;
    }
    cr_expect_eq(from, to);
}

TestBetween(ring, a_walk_over_an_empty_ring_sees_nothing)
{
    expect_walk(0, 0);
}

TestBetween(ring, a_walk_sees_what_will_come_out)
{
    uint64_t n = 0;

    for (; n < 3000; n++)
        cr_assert(put(n, slots_of(n)));
    for (uint64_t done = 0; done < n; done++) {
        if (done % 97 == 0)
            expect_walk(done, n);
        next();
    }
    expect_walk(n, n);
}

TestBetween(ring, a_walk_begins_behind_an_end_mark)
{
    for (uint64_t i = 0; i < SEGMENT_RECORDS + 2; i++)
        cr_assert(put(i, 1));
    for (uint64_t i = 0; i < SEGMENT_RECORDS; i++)
        next();
    cr_assert_eq(record_kind(ring.head), RECORD_END);
    cr_expect_eq(ring_walk(&ring).at->word, SEGMENT_RECORDS);
}

TestBetween(ring, removed_records_are_passed_over_and_the_others_stay)
{
    struct ring_walk i;

    for (uint64_t n = 0; n < 2000; n++)
        cr_assert(put(n, slots_of(n)));
    for (i = ring_walk(&ring); i.at != ring.tail;) {
        struct record *r = i.at;

        ring_step(&ring, &i);
        if (r->word % 3 != 0)
            ring_remove(r);
    }
    for (uint64_t n = 0; n < 2000; n += 3)
        expect_record(next(), n, slots_of(n));
    cr_expect_null(next());
}

TestBetween(ring, a_ring_of_removed_records_is_empty_in_the_end)
{
    for (uint64_t n = 0; n < SEGMENT_RECORDS; n++)
        cr_assert(put(n, 1));
    for (struct ring_walk i = ring_walk(&ring); i.at != ring.tail; ring_step(&ring, &i))
        ring_remove(i.at);
    cr_expect_null(next());
    cr_expect(ring_empty(&ring));
}

/* --- splitting --- */

/* With `total` records of which `read` are read: what is left, and puts later, come out. */
static void split_at(uint64_t total, uint64_t read)
{
    struct segment *fresh = pool_alloc(&pool, POOL_SEGMENT), *old;
    const struct record *last = NULL;

    memset((void *)fresh, 0xee, SEGMENT_BYTES);
    for (uint64_t i = 0; i < total; i++)
        cr_assert(put(i, slots_of(i)));
    for (uint64_t i = 0; i < read; i++)
        last = next();
    old = ring_split(&ring, fresh);
    cr_assert_eq(ring.head_segment, fresh);
    cr_assert_null(old->next);
    if (read > 0) { /* the message being handled stays in the old segment */
        cr_assert(last >= old->slot && last < old->slot + SEGMENT_RECORDS);
        expect_record(last, read - 1, slots_of(read - 1));
    }
    memset((void *)old, 0xdd, SEGMENT_BYTES);
    pool_free(&pool, POOL_SEGMENT, old);
    for (uint64_t i = total; i < total + SEGMENT_RECORDS; i++)
        cr_assert(put(i, slots_of(i)));
    expect_all(read, total + SEGMENT_RECORDS);
    ring_done(&ring, &pool);
    cr_assert(ring_init(&ring, &pool));
}

TestBetween(ring, a_split_of_the_only_segment_at_every_position)
{
    const uint64_t fits = SEGMENT_RECORDS / RECORD_SLOTS_MAX;

    for (uint64_t total = 0; total < fits; total += 13)
        for (uint64_t read = 0; read <= total; read++)
            split_at(total, read);
}

/* Over the border of two segments, and so with the head at the END mark. */
TestBetween(ring, a_split_of_one_segment_of_several_at_every_position)
{
    for (uint64_t read = 0; read < 2 * SEGMENT_RECORDS; read += read < 200 ? 1 : 3)
        split_at(2 * SEGMENT_RECORDS, read);
}

static void split_full(uint64_t more)
{
    struct segment *fresh = pool_alloc(&pool, POOL_SEGMENT);

    for (uint64_t i = 0; i < SEGMENT_RECORDS + more; i++)
        cr_assert(put(i, 1));
    for (uint64_t i = 0; i < SEGMENT_RECORDS; i++)
        next();
    cr_assert_eq(ring.head - ring.head_segment->slot, SEGMENT_RECORDS);
    pool_free(&pool, POOL_SEGMENT, ring_split(&ring, fresh));
    for (uint64_t i = SEGMENT_RECORDS; i < SEGMENT_RECORDS + more; i++)
        expect_record(next(), i, 1);
    cr_expect_null(next());
    cr_assert(put(7, 2));
    expect_record(next(), 7, 2);
}

TestBetween(ring, a_split_at_the_end_mark_of_a_full_segment)
{
    split_full(0);
}

TestBetween(ring, a_split_at_the_end_mark_between_two_segments)
{
    split_full(5);
}
