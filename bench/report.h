/* report.h: the results of a series, for programs. */
#ifndef WEFT_BENCH_REPORT_H
#define WEFT_BENCH_REPORT_H

#include "bench/series.h"

/* One JSON object on stdout. */
void report_json(const struct series *series);

/* A header and a line for each workload and number of workers on stdout. */
void report_csv(const struct series *series);

#endif
