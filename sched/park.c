/* sched/park.c: futexes. */
#include "sched/park.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool bell_wait(_Atomic(uint32_t) *bell, uint32_t rung, uint64_t ns)
{
    struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};

    return syscall(SYS_futex, bell, FUTEX_WAIT_PRIVATE, rung, ns > 0 ? &t : NULL, NULL,
                   0) == -1 &&
           errno == ETIMEDOUT;
}

void bell_ring(_Atomic(uint32_t) *bell)
{
    syscall(SYS_futex, bell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
