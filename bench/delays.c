/* delays.c: a histogram whose buckets grow with what they hold.
 *
 * Numbers below DELAYS_FINE have a bucket each. Above, each power of two is cut into
 * DELAYS_FINE equal buckets: the leading bits of a number are its bucket. */
#include "bench/delays.h"

#define FINE_BITS 5u

_Static_assert(DELAYS_FINE == 1u << FINE_BITS, "one bucket for each leading bits");

static unsigned bucket_of(uint64_t ns)
{
    unsigned top, shift;

    if (ns < DELAYS_FINE)
        return (unsigned)ns;
    top = 63u - (unsigned)__builtin_clzll(ns);
    shift = top - FINE_BITS;
    return DELAYS_FINE * shift + (unsigned)(ns >> shift);
}

/* The middle of a bucket. */
static uint64_t bucket_middle(unsigned bucket)
{
    unsigned shift;

    if (bucket < 2 * DELAYS_FINE)
        return bucket;
    shift = bucket / DELAYS_FINE - 1;
    return ((uint64_t)(bucket - DELAYS_FINE * shift) << shift) +
           (UINT64_C(1) << shift) / 2;
}

void delays_add(struct delays *delays, uint64_t ns)
{
    delays->count++;
    delays->bucket[bucket_of(ns)]++;
    if (ns > delays->worst_ns)
        delays->worst_ns = ns;
}

void delays_merge(struct delays *into, const struct delays *from)
{
    into->count += from->count;
    if (from->worst_ns > into->worst_ns)
        into->worst_ns = from->worst_ns;
    for (unsigned i = 0; i < DELAYS_BUCKETS; i++)
        into->bucket[i] += from->bucket[i];
}

/* The delay that a share of num/den of all do not exceed. */
static uint64_t percentile(const struct delays *delays, uint64_t num, uint64_t den)
{
    uint64_t rank = (delays->count * num + den - 1) / den;
    uint64_t seen = 0;

    for (unsigned i = 0; i < DELAYS_BUCKETS; i++) {
        seen += delays->bucket[i];
        if (seen >= rank && seen > 0)
            return bucket_middle(i) < delays->worst_ns ? bucket_middle(i)
                                                       : delays->worst_ns;
    }
    return delays->worst_ns;
}

struct delays_summary delays_summary(const struct delays *delays)
{
    return (struct delays_summary){.p50_ns = percentile(delays, 1, 2),
                                   .p99_ns = percentile(delays, 99, 100),
                                   .worst_ns = delays->worst_ns};
}
