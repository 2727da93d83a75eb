/* callgrind.h: how many instructions a workload takes. */
#ifndef WEFT_BENCH_CALLGRIND_H
#define WEFT_BENCH_CALLGRIND_H

#include "bench/bench.h"

#define CALLGRIND_TROUBLE 200u

/* Counts a workload's instructions on one worker, between bench_begin and bench_end, without
 * those that go by time and not by messages.
 * @ret_per_op  fills: on success: instructions of one operation
 * @trouble     fills: CALLGRIND_TROUBLE bytes, on failure: why there is no count
 * Returns 0 or -1. Blocks: for some seconds. */
int callgrind_per_op(const struct workload *workload, struct bench_size size,
                     double *ret_per_op, char *trouble);

#endif
