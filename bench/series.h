/* series.h: many runs of many workloads, and what they come to. */
#ifndef WEFT_BENCH_SERIES_H
#define WEFT_BENCH_SERIES_H

#include "bench/child.h"
#include "bench/machine.h"
#include "bench/options.h"

/* The runs of one workload on one number of workers. */
struct series_cell {
    unsigned runs;
    struct child_figures run[OPTIONS_REPEAT_MAX];
    char trouble[CHILD_TROUBLE]; /* why a run had no result; "" if all had */
};

struct series {
    const struct bench_options *options;
    struct machine machine;
    struct series_cell cell[OPTIONS_WORKLOADS_MAX][OPTIONS_WORKERS_MAX];
    uint64_t began_ns;
    unsigned done;  /* runs */
    unsigned total; /* runs */

    /* the run that is next or under way */
    unsigned repeat;
    unsigned workload;
    unsigned workers;
};

/* Runs everything that the options ask for: each workload once on each number of
 * workers, then all of them again, so that what disturbs the machine for a while does
 * not fall on one of them. Calls before_run before each run and when all is over.
 * @series  zeroed; borrows options
 * Returns the number of workloads that had no right result. */
unsigned series_run(struct series *series, const struct bench_options *options,
                    void (*before_run)(const struct series *series));

/* The medians of a cell's runs, each number for itself; all 0 if it has none. */
struct child_figures series_median(const struct series_cell *cell);

/* Nanoseconds of one operation, or 0. */
double series_ns_per_op(const struct child_figures *figures);

#endif
