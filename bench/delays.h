/* delays.h: how long things took, as a histogram with buckets of 3 %. */
#ifndef WEFT_BENCH_DELAYS_H
#define WEFT_BENCH_DELAYS_H

#include <stdint.h>

#define DELAYS_FINE    32u /* buckets of each power of two */
#define DELAYS_BUCKETS (DELAYS_FINE * 60u)

struct delays {
    uint64_t count;
    uint64_t worst_ns;
    uint32_t bucket[DELAYS_BUCKETS];
};

/* What is reported of them. */
struct delays_summary {
    uint64_t p50_ns;
    uint64_t p99_ns;
    uint64_t worst_ns;
};

void delays_add(struct delays *delays, uint64_t ns);
void delays_merge(struct delays *into, const struct delays *from);
struct delays_summary delays_summary(const struct delays *delays);

#endif
