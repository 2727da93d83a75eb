/* sched/task.c: reserving the table of tasks, giving out slots that were never used. */
#include "sched/task.h"

#include "lib/base/memory.h"

#include <string.h>

/* The first slots lie at the end of the first huge page, which is left in small pages, so
 * that a runtime with few tasks stays small; the rest is huge pages: the first touch of a
 * small page costs 1.3 us, as much as 300 messages. */
enum {
    SLOTS_PER_HUGE = HUGE_PAGE / sizeof(struct task),
    FIRST_SLOT = SLOTS_PER_HUGE - 4096
};

int task_table_init(struct task_table *table, uint32_t tasks_max, uint32_t spare)
{
    uint64_t slots = SLOTS_PER_HUGE, tasks;

    memset(table, 0, sizeof *table);
    while (slots < (uint64_t)tasks_max + spare + FIRST_SLOT)
        slots *= 2;
    tasks = slots * sizeof(struct task);
    table->reserved =
        tasks + 2 * slots * CACHE_LINE; /* a line for a limit, one for kin */
    table->tasks = pages_reserve(table->reserved);
    if (table->tasks == NULL)
        return -1;
    table->limits = (struct limit *)(void *)(table->tasks + slots);
    table->kin = (struct kin *)(void *)((char *)table->limits + slots * CACHE_LINE);
    if (tasks > HUGE_PAGE)
        pages_huge((char *)table->tasks + HUGE_PAGE, tasks - HUGE_PAGE);
    table->mask = slots - 1;
    table->first = FIRST_SLOT;
    table->full = FIRST_SLOT + tasks_max;
    table->end = FIRST_SLOT + tasks_max + spare;
    at_set(&table->used, table->first); /* relaxed: nobody else is here yet */
    task_set_word(table->tasks,
                  OWNER_MASK | TASK_FREE); /* nobody's id names the first slot */
    return 0;
}

void task_table_done(struct task_table *table)
{
    pages_release(table->tasks, table->reserved);
    table->tasks = NULL;
    table->limits = NULL;
    table->kin = NULL;
}

uint32_t task_table_carve(struct task_table *table, uint32_t n, uint32_t *got)
{
    /* relaxed: disjoint ranges are given out, nothing is published with them */
    uint32_t used = at_peek(&table->used), take;

    do {
        uint32_t left = table->end - used;

        take = left < n ? left : n;
    } while (take > 0 &&
             !at_claim(&table->used, &used, used + take)); /* relaxed: as above */
    *got = take;
    return used;
}
