/* weft/histogram.h: how long things took, counted; in libweft-bench.a.
 *
 *   weft_histogram *times = weft_histogram_create();
 *
 *   weft_histogram_add(times, 1250, 1);
 *   p99 = weft_histogram_percentile(times, 99);
 *   weft_histogram_destroy(times);
 *
 * Values are counts of anything, nanoseconds mostly. Those below 256 are kept exactly; above,
 * each power of two is cut into 128 equal buckets, so that what comes out is within 0.4 % of what
 * went in. Values above WEFT_HISTOGRAM_MAX are counted as that one. The least, the largest and
 * the mean are exact. Memory is 36 KiB, whatever goes in.
 *
 * Threads: a histogram belongs to one thread at a time. Nothing here blocks. */
#ifndef WEFT_HISTOGRAM_H
#define WEFT_HISTOGRAM_H

#include <stdint.h>

#include <weft/version.h>

#define WEFT_HISTOGRAM_MAX ((UINT64_C(1) << 42) - 1) /* 73 minutes, in nanoseconds */

typedef struct weft_histogram weft_histogram;

WEFT_BEGIN_DECLS

/* An empty one. Returns new: weft_histogram_destroy; NULL if there is no memory. */
WEFT_API WEFT_MUST_CHECK weft_histogram *weft_histogram_create(void);

/* @histogram  takes; NULL is allowed */
WEFT_API void weft_histogram_destroy(weft_histogram *histogram);

/* Forgets what was added. */
WEFT_API void weft_histogram_clear(weft_histogram *histogram);

/* Adds a value so many times. */
WEFT_API void weft_histogram_add(weft_histogram *histogram, uint64_t value,
                                 uint64_t times);

/* Adds all that is in another. @from borrows. */
WEFT_API void weft_histogram_merge(weft_histogram *histogram, const weft_histogram *from);

/* How many values were added. */
WEFT_API uint64_t weft_histogram_count(const weft_histogram *histogram);

/* The least value that is not exceeded by so many percent (0 to 100) of all: with n values, the
 * one of rank ceil(n * percent / 100), counted from the least, which is rank 1. 0 if there are
 * none. */
WEFT_API uint64_t weft_histogram_percentile(const weft_histogram *histogram,
                                            double percent);

/* The least and the largest value, and their mean; 0 if there are none. */
WEFT_API uint64_t weft_histogram_least(const weft_histogram *histogram);
WEFT_API uint64_t weft_histogram_most(const weft_histogram *histogram);
WEFT_API double weft_histogram_mean(const weft_histogram *histogram);

WEFT_END_DECLS

#endif
