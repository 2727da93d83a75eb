/* test/explore/sched/support.c: what the files under test ask the operating system for, from
 * the explorer instead. */
#include "test/explore/sched/support.h"
#include "sched/hold.h"
#include "sched/park.h"
#include "test/explore/explore.h"

bool support_membarrier;

bool hold_asymmetric(void)
{
    return support_membarrier;
}

void hold_barrier(void)
{
    explore_site("MB1");
    explore_membarrier();
}

/* A wait with a time limit may end by it at any moment. */
bool bell_wait(_Atomic(uint32_t) *bell, uint32_t rung, uint64_t ns)
{
    bool over = ns > 0 && (explore_choose(2) == 1 ||
                           explore_futex_wait(bell, rung, true) == EXPLORE_TIMED_OUT);

    if (ns == 0)
        explore_futex_wait(bell, rung, false);
    if (over)
        explore_pass(ns);
    return over;
}

void bell_ring(_Atomic(uint32_t) *bell)
{
    explore_site("FW1");
    explore_futex_wake(bell, 1);
}

_Noreturn void panic(const char *file, int line, const char *what)
{
    explore_failed(file, line, what);
}
