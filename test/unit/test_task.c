/* test_task.c: aim: the table gives out every slot once, all of them aligned and zero, and
 * none when they are used up; words and indices name the same task.
 * Method: carving in odd pieces, by one thread and by several; tables of a few tasks. */
#include "lib/base/memory.h"
#include "sched/task.h"
#include "test/support/unit_threads.h"

#include <string.h>

#include <criterion/criterion.h>

TestSuite(task, .timeout = 20);

static struct task_table table;

Test(task, lines_are_aligned_and_zero)
{
    uint32_t first, got;

    cr_assert_eq(task_table_init(&table, 100, 0), 0);
    first = task_table_carve(&table, 100, &got);
    for (uint32_t i = first; i < first + got; i++) {
        cr_expect_eq((uintptr_t)&table.tasks[i] % sizeof(struct task), 0);
        cr_expect_eq((uintptr_t)table.tasks[i].cold.state % TASK_INLINE_ALIGN, 0);
        cr_expect_eq(task_word(&table.tasks[i]), 0);
        cr_expect_null(table.tasks[i].cold.queue);
    }
    task_table_done(&table);
}

Test(task, carving_gives_out_ranges_side_by_side_until_there_is_nothing_left)
{
    uint32_t next, got, total = 0;

    cr_assert_eq(task_table_init(&table, 1000, 0), 0);
    next = table.first;
    for (uint32_t n = 1; total < 1000; n = n * 2 + 1) {
        uint32_t first = task_table_carve(&table, n, &got);

        cr_expect_eq(first, next);
        cr_expect_eq(got, n < 1000 - total ? n : 1000 - total);
        next += got;
        total += got;
    }
    cr_expect_eq(next, table.end);
    for (int i = 0; i < 3; i++) {
        task_table_carve(&table, 64, &got);
        cr_expect_eq(got, 0);
    }
    task_table_done(&table);
}

Test(task, a_table_has_as_many_slots_as_it_was_asked_for)
{
    static const uint32_t sizes[] = {1, 63, 64, 4096, 4097, 100000, 1 << 24};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t got;

        cr_assert_eq(task_table_init(&table, sizes[i], 0), 0);
        cr_expect_eq(table.end - table.first, sizes[i]);
        task_table_carve(&table, UINT32_MAX, &got);
        cr_expect_eq(got, sizes[i]);
        cr_expect_eq(table.mask & (table.mask + 1), 0);
        cr_expect_leq(table.end, table.mask + 1);
        table.tasks[table.end - 1].place = 1; /* the last one can be written */
        memset(table.tasks[table.end - 1].cold.state, 1, TASK_INLINE_STATE);
        task_table_done(&table);
    }
}

Test(task, any_id_names_readable_memory)
{
    static const uint64_t ids[] = {0,        1,       UINT64_MAX,
                                   ID_INDEX, ID_HIGH, 0x0123456789abcdefu};

    cr_assert_eq(task_table_init(&table, 10, 0), 0);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const struct task *t = task_at(&table, ids[i]);

        cr_expect(t >= table.tasks && t <= table.tasks + table.mask);
        cr_expect_not(id_high(ids[i]) != 0 && task_is(t, ids[i]));
    }
    task_table_done(&table);
}

Test(task, an_id_is_sound_if_its_index_is_in_the_table_and_it_has_a_life)
{
    const uint64_t high = (uint64_t)1 << ID_RUNTIME_SHIFT | ID_FIRST_GENERATION;

    cr_assert_eq(task_table_init(&table, 10, 0), 0);
    cr_expect(task_id_is_sound(&table, high | table.first));
    cr_expect(task_id_is_sound(&table, high | table.mask));
    cr_expect_not(task_id_is_sound(&table, high | (table.mask + 1)));
    cr_expect_not(task_id_is_sound(&table, high | ID_INDEX));
    cr_expect_not(task_id_is_sound(&table, table.first));
    cr_expect_not(task_id_is_sound(&table, 0));
    task_table_done(&table);
}

Test(task, spare_slots_come_on_top)
{
    uint32_t got;

    cr_assert_eq(task_table_init(&table, 100, 28), 0);
    cr_expect_eq(table.full - table.first, 100);
    task_table_carve(&table, 1000, &got);
    cr_expect_eq(got, 128);
    task_table_done(&table);
}

Test(task, nobody_names_a_slot_that_is_never_alive)
{
    cr_assert_eq(task_table_init(&table, 10, 0), 0);
    cr_expect_gt(table.first, 0);
    cr_expect_neq(task_word(task_at(&table, 0)) & TASK_FREE, 0);
    cr_expect_eq(word_owner(task_word(task_at(&table, 0))), OWNER_NOBODY);
    task_table_done(&table);
}

Test(task, id_and_index_belong_together)
{
    const uint64_t high = (uint64_t)5 << ID_RUNTIME_SHIFT | 3 * ID_FIRST_GENERATION;
    struct task *t;

    cr_assert_eq(task_table_init(&table, 10, 0), 0);
    t = &table.tasks[table.first + 7];
    task_set_word(t, high | (uint64_t)2 << OWNER_SHIFT | TASK_QUEUED);
    cr_expect_eq(task_index(&table, t), table.first + 7);
    cr_expect_eq(task_id(&table, t), high | (table.first + 7));
    cr_expect_eq(task_at(&table, task_id(&table, t)), t);
    cr_expect(task_is(t, task_id(&table, t)));
    cr_expect_not(task_is(t, task_id(&table, t) + ID_FIRST_GENERATION));
    cr_expect_not(task_is(t, task_id(&table, t) + ((uint64_t)1 << ID_RUNTIME_SHIFT)));
    cr_expect_eq(task_of_token(&t->token), t);
    task_table_done(&table);
}

Test(task, flags_come_and_go_alone)
{
    struct task t;

    memset(&t, 0, sizeof t);
    task_set_word(&t, ID_HIGH | OWNER_MASK);
    task_flag(&t, TASK_QUEUED | TASK_KILLED);
    cr_expect_eq(task_word(&t), ID_HIGH | OWNER_MASK | TASK_QUEUED | TASK_KILLED);
    task_unflag(&t, TASK_QUEUED);
    cr_expect_eq(task_word(&t), ID_HIGH | OWNER_MASK | TASK_KILLED);
}

Test(task, records_in_the_ring_are_counted_across_the_wrap)
{
    struct task t;

    memset(&t, 0, sizeof t);
    t.joined = 3;
    t.left = UINT32_MAX - 1;
    cr_expect_eq(task_in_ring(&t), 5);
}

/* --- several threads --- */

enum { CARVERS = 4, SHARED_SLOTS = 8000000 };
static unsigned char owner[SHARED_SLOTS];

static void carve_all(unsigned number)
{
    uint32_t got;

    do {
        uint32_t first = task_table_carve(&table, 1 + number % 2, &got);

        for (uint32_t i = 0; i < got; i++)
            owner[first - table.first + i]++;
    } while (got > 0);
}

/* Two threads that got the same slot would race for its byte, or count to two. */
Test(task, threads_carve_every_slot_once)
{
    cr_assert_eq(task_table_init(&table, SHARED_SLOTS, 0), 0);
    in_threads(CARVERS, carve_all);
    for (int i = 0; i < SHARED_SLOTS; i++)
        cr_assert_eq(owner[i], 1, "slot %d was given out %d times", i, owner[i]);
    task_table_done(&table);
}
