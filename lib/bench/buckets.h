/* lib/bench/buckets.h: which bucket of a histogram a value belongs to.
 *
 * Values below 2 * BUCKETS_FINE have a bucket each. Above, each power of two is cut into
 * BUCKETS_FINE equal ones: the leading bits of a value are its bucket. */
#ifndef WEFT_LIB_BENCH_BUCKETS_H
#define WEFT_LIB_BENCH_BUCKETS_H

#include <stdint.h>
#include <weft/histogram.h>

#define BUCKETS_FINE_BITS 7u
#define BUCKETS_FINE      (1u << BUCKETS_FINE_BITS)
#define BUCKETS           (BUCKETS_FINE * (42u - BUCKETS_FINE_BITS + 1))

/* @value  at most WEFT_HISTOGRAM_MAX */
static inline unsigned bucket_of(uint64_t value)
{
    unsigned shift;

    if (value < BUCKETS_FINE)
        return (unsigned)value;
    shift = 63u - (unsigned)__builtin_clzll(value) - BUCKETS_FINE_BITS;
    return BUCKETS_FINE * shift + (unsigned)(value >> shift);
}

/* The middle of a bucket. */
static inline uint64_t bucket_middle(unsigned bucket)
{
    unsigned shift;

    if (bucket < 2 * BUCKETS_FINE)
        return bucket;
    shift = bucket / BUCKETS_FINE - 1;
    return ((uint64_t)(bucket - BUCKETS_FINE * shift) << shift) +
           (UINT64_C(1) << shift) / 2;
}

static inline uint64_t bucket_clamp(uint64_t value)
{
    return value < WEFT_HISTOGRAM_MAX ? value : WEFT_HISTOGRAM_MAX;
}

#endif
