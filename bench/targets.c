/* targets.c: the figures that Weft promises, on a machine where a locked
 * read-modify-write costs MACHINE_LOCKED_NS. What is spent computing is scaled by what
 * it costs here; what the kernel, the memory or a ratio decides is not. */
#include "bench/targets.h"

#include <string.h>

#define NOT_SLOWER (1 / 1.15) /* chatty loads: at most 15 % slower than on one worker */
#define US         1e3
#define MS         1e6

const struct target targets[] = {
    {"pingpong", 1, TARGET_NS, 5, true},
    {"ring", 1, TARGET_NS, 5.5, true},
    {"fanin", 1, TARGET_NS, 5.5, true},
    {"bounded", 1, TARGET_NS, 12, true},
    {"fanout", 1, TARGET_NS, 15, true},
    {"create", 1, TARGET_NS, 40, true},
    {"big", 1, TARGET_NS, 5.5, true},
    {"chameneos", 1, TARGET_NS, 24, true},
    {"skynet", 1, TARGET_NS, 22, true},
    {"skynet", 1, TARGET_MIB, 8, false},
    {"tree", 1, TARGET_NS, 100, true},
    {"restart", 1, TARGET_P50, 1 * US, true},
    {"ask", 1, TARGET_NS, 13, true},
    {"askdue", 1, TARGET_NS, 16, true},
    {"askrun", 1, TARGET_P50, 5 * US, true},
    {"askpark", 2, TARGET_P50, 40 * US, false},
    {"cold", 1, TARGET_NS, 60, true},
    {"idle", 1, TARGET_BYTES, 128, false},
    {"bystander", 1, TARGET_P99, 50 * US, true},
    {"pingpong", 2, TARGET_RATIO, NOT_SLOWER, false},
    {"ring", 2, TARGET_RATIO, NOT_SLOWER, false},
    {"fanin", 2, TARGET_RATIO, NOT_SLOWER, false},
    {"big", 2, TARGET_RATIO, NOT_SLOWER, false},
    {"chameneos", 2, TARGET_RATIO, NOT_SLOWER, false},
    {"pairs", 2, TARGET_RATIO, 1.8, false},
    {"groups", 2, TARGET_RATIO, 1.8, false},
    {"phase", 2, TARGET_RATIO, 1, false},
    {"work1000", 2, TARGET_RATIO, 1.9, false},
    {"work250", 2, TARGET_RATIO, 1.7, false},
    {"skynet", 2, TARGET_RATIO, 1.6, false},
    {"hog", 2, TARGET_WORST, 5 * MS, false},
    {"wake", 2, TARGET_P50, 40 * US, false},
    {"timer", 1, TARGET_NS, 20, true},
    {"timers", 1, TARGET_P99, 2 * MS, false},
    {"whereis", 1, TARGET_NS, 15, true},
    {"publish", 1, TARGET_NS, 10, true},
    {"join", 1, TARGET_NS, 300, true},
    {NULL, 0, TARGET_NS, 0, false},
};

/* The runs of a workload on so many workers, or NULL if there are none. */
static const struct series_cell *cell_of(const struct series *series, const char *name,
                                         unsigned workers)
{
    const struct bench_options *options = series->options;

    for (unsigned i = 0; i < options->workloads_count; i++) {
        if (strcmp(options->workloads[i]->name, name) != 0)
            continue;
        for (unsigned k = 0; k < options->workers_count; k++) {
            if (options->workers[k] == workers && series->cell[i][k].runs > 0)
                return &series->cell[i][k];
        }
    }
    return NULL;
}

static double ratio_to_one_worker(const struct series *series, const char *name,
                                  const struct child_figures *figures)
{
    const struct series_cell *cell = cell_of(series, name, 1);
    struct child_figures one;

    if (cell == NULL)
        return 0;
    one = series_median(cell);
    return series_ns_per_op(&one) / series_ns_per_op(figures);
}

static double reached(const struct target *target, const struct series *series,
                      const struct child_figures *figures)
{
    switch (target->measure) {
    case TARGET_NS:
        return series_ns_per_op(figures);
    case TARGET_BYTES:
        return figures->rate;
    case TARGET_MIB:
        return figures->rss_kib / 1024;
    case TARGET_P50:
        return figures->p50_ns;
    case TARGET_P99:
        return figures->p99_ns;
    case TARGET_WORST:
        return figures->worst_ns;
    case TARGET_RATIO:
        return ratio_to_one_worker(series, target->workload, figures);
    }
    return 0;
}

bool target_compare(const struct target *target, const struct series *series,
                    struct target_result *result)
{
    const struct series_cell *cell = cell_of(series, target->workload, target->workers);
    struct child_figures figures;
    double miss;

    if (cell == NULL)
        return false;
    figures = series_median(cell);
    result->stated = target->limit;
    result->wanted = target->limit;
    if (target->scaled)
        result->wanted *= series->machine.locked_ns / MACHINE_LOCKED_NS;
    result->reached = reached(target, series, &figures);
    if (result->reached <= 0)
        return false;
    miss = target->measure == TARGET_RATIO ? 1 - result->reached / result->wanted
                                           : result->reached / result->wanted - 1;
    result->missed = miss > 0 ? 100 * miss : 0;
    return true;
}
