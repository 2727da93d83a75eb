/* workloads.c: all of them. */
#include <string.h>

#include "bench/bench.h"

#define WORKLOAD_ENTRY(name) &wl_##name,
const struct workload *const bench_workloads[] = {BENCH_WORKLOADS(WORKLOAD_ENTRY) NULL};

const struct workload *bench_find(const char *name)
{
    for (size_t i = 0; bench_workloads[i] != NULL; i++) {
        if (strcmp(bench_workloads[i]->name, name) == 0)
            return bench_workloads[i];
    }
    return NULL;
}
