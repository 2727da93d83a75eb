/* test/explore/sched/support.c: what the files under test ask the operating system for, from
 * the explorer instead. */
#include "sched/hold.h"
#include "sched/park.h"
#include "test/explore/explore.h"

bool hold_asymmetric(void)
{
    return true;
}

void hold_barrier(void)
{
    explore_site("MEMBARRIER");
    explore_membarrier();
}

/* A wait with a time limit may end by it at any moment, and is then asked for again. */
bool bell_wait(_Atomic(uint32_t) *bell, uint32_t rung, uint64_t ns)
{
    if (ns > 0 && explore_choose(2) == 1)
        return true;
    explore_futex_wait(bell, rung);
    return false;
}

void bell_ring(_Atomic(uint32_t) *bell)
{
    explore_site("FUTEX_WAKE");
    explore_futex_wake(bell, 1);
}

_Noreturn void panic(const char *file, int line, const char *what)
{
    explore_failed(file, line, what);
}
