/* tools/load/report.h: what runs came to, for people and for programs. */
#ifndef WEFT_TOOLS_LOAD_REPORT_H
#define WEFT_TOOLS_LOAD_REPORT_H

#include <stdio.h>

#include "bench/machine.h"
#include "tools/load/options.h"

struct outcome {
    const struct load_options *options;
    struct machine machine;
    weft_bench_result *runs;
    unsigned count;
};

/* In a second. */
double interval_rate(const weft_bench_interval *interval, uint64_t count);

/* Nothing went wrong, failed or was lost. */
bool outcome_is_right(const weft_bench_result *result);

/* For people, on stdout. */
void report_head(const struct load_options *options);
void report_run(const weft_bench_result *result);

/* CSV: a line for each interval. JSON: everything. HTML: a page with plots (html.c). Each to a
 * stream. */
void report_load_csv(FILE *out, const struct outcome *outcome);
void report_load_json(FILE *out, const struct outcome *outcome);
void report_load_html(FILE *out, const struct outcome *outcome);

#endif
