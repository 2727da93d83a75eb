/* test/support/stress_ledger.c: two lists that threads append to, compared at the end. */
#include "test/support/stress_ledger.h"

#include <stdlib.h>

#include <criterion/criterion.h>

void ledger_init(struct ledger *ledger, size_t size)
{
    ledger->births = calloc(size, sizeof *ledger->births);
    ledger->ends = calloc(size, sizeof *ledger->ends);
    ledger->size = size;
    atomic_init(&ledger->born, 0);
    atomic_init(&ledger->ended, 0);
    cr_assert(ledger->births != NULL && ledger->ends != NULL);
}

void ledger_done(struct ledger *ledger)
{
    free(ledger->births);
    free(ledger->ends);
}

void ledger_add(struct ledger *ledger, weft_pid pid, uint32_t ticket)
{
    size_t at = atomic_fetch_add_explicit(&ledger->born, 1, memory_order_relaxed);

    if (at < ledger->size)
        ledger->births[at] = (struct ledger_birth){pid, ticket};
}

void ledger_on_exit(void *context, weft_pid pid, const weft_reason *reason)
{
    struct ledger *ledger = context;
    size_t at = atomic_fetch_add_explicit(&ledger->ended, 1, memory_order_relaxed);

    if (at < ledger->size)
        ledger->ends[at] = (struct ledger_end){pid, *reason};
}

/* Both structures begin with the pid. */
static int by_pid(const void *left, const void *right)
{
    const weft_pid *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

void ledger_check(struct ledger *ledger)
{
    size_t n = atomic_load(&ledger->born);

    cr_assert_leq(n, ledger->size, "the test's ledger is too small");
    cr_assert_eq(atomic_load(&ledger->ended), n, "%zu were born, %lu ends were reported",
                 n, atomic_load(&ledger->ended));
    qsort(ledger->births, n, sizeof *ledger->births, by_pid);
    qsort(ledger->ends, n, sizeof *ledger->ends, by_pid);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(ledger->births[i].pid, ledger->ends[i].pid,
                     "a pid ended twice, or never");
        cr_assert(i == 0 || ledger->births[i].pid != ledger->births[i - 1].pid,
                  "a pid came twice");
    }
}
