/* lib/bench/histogram.h: the inside of a histogram, for what fills one from counters. */
#ifndef WEFT_LIB_BENCH_HISTOGRAM_H
#define WEFT_LIB_BENCH_HISTOGRAM_H

#include "lib/bench/buckets.h"

struct weft_histogram {
    uint64_t count;
    uint64_t least; /* UINT64_MAX while there is none */
    uint64_t most;
    uint64_t sum;
    uint64_t bucket[BUCKETS];
};

#endif
