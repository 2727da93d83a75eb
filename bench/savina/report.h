/* report.h: what came of a benchmark, as a line of a table, as JSON, as CSV. */
#ifndef WEFT_BENCH_SAVINA_REPORT_H
#define WEFT_BENCH_SAVINA_REPORT_H

#include "bench/child.h"
#include "bench/savina/options.h"
#include "bench/savina/statistics.h"

/* One benchmark on one number of workers. */
struct savina_outcome {
    const struct savina *benchmark;
    unsigned workers;
    struct statistics ms;        /* times of iterations, in milliseconds */
    double messages;             /* of an iteration, about: retries differ */
    double rss_kib;              /* peak */
    char trouble[CHILD_TROUBLE]; /* why there is no result; "" if there is one */
};

/* What comes before all outcomes, between two, and behind them. */
void savina_report_begin(const struct savina_options *options);
void savina_report(const struct savina_options *options,
                   const struct savina_outcome *outcome, bool first);
void savina_report_end(const struct savina_options *options);

#endif
