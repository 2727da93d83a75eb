/* report.h: a session's results for programs. */
#ifndef WEFT_BENCH_REPORT_H
#define WEFT_BENCH_REPORT_H

#include "bench/session.h"

/* One JSON object on stdout. */
void report_json(const struct session *session);

/* A header and a line for each workload and number of workers on stdout. */
void report_csv(const struct session *session);

#endif
