/* sched/hold.c: membarrier(2): the slow half of the guard. */
#include "sched/hold.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

bool hold_asymmetric(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void hold_barrier(void)
{
    long failed = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);

    PANIC_IF(failed != 0); /* registered: it cannot fail */
}
