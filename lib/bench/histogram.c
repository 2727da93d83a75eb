/* lib/bench/histogram.c: a histogram whose buckets grow with what they hold. */
#include "lib/bench/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct weft_histogram) <= 40 << 10, "as the header says");

weft_histogram *weft_histogram_create(void)
{
    weft_histogram *h = malloc(sizeof *h);

    if (h != NULL)
        weft_histogram_clear(h);
    return h;
}

void weft_histogram_destroy(weft_histogram *histogram)
{
    free(histogram);
}

void weft_histogram_clear(weft_histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
    histogram->least = UINT64_MAX;
}

void weft_histogram_add(weft_histogram *histogram, uint64_t value, uint64_t times)
{
    value = bucket_clamp(value);
    if (times == 0)
        return;
    histogram->count += times;
    histogram->sum += value * times;
    histogram->bucket[bucket_of(value)] += times;
    if (value < histogram->least)
        histogram->least = value;
    if (value > histogram->most)
        histogram->most = value;
}

void weft_histogram_merge(weft_histogram *histogram, const weft_histogram *from)
{
    histogram->count += from->count;
    histogram->sum += from->sum;
    if (from->least < histogram->least)
        histogram->least = from->least;
    if (from->most > histogram->most)
        histogram->most = from->most;
    for (unsigned i = 0; i < BUCKETS; i++)
        histogram->bucket[i] += from->bucket[i];
}

uint64_t weft_histogram_count(const weft_histogram *histogram)
{
    return histogram->count;
}

/* The rank of a percentile, 1 to count. What is a hair above a whole number because percents
 * are no binary fractions (99.9 of 1000) counts as that number. */
static uint64_t rank_of(double percent, uint64_t count)
{
    double rank = ceil(percent / 100 * (double)count * (1 - 1e-12));

    if (!(rank > 1))
        return 1;
    return rank < (double)count ? (uint64_t)rank : count;
}

uint64_t weft_histogram_percentile(const weft_histogram *histogram, double percent)
{
    uint64_t rank = rank_of(percent, histogram->count), seen = 0;

    if (histogram->count == 0)
        return 0;
    if (rank == histogram->count)
        return histogram->most;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += histogram->bucket[i];
        if (seen >= rank) {
            uint64_t value = bucket_middle(i);

            if (value > histogram->most)
                return histogram->most;
            return value > histogram->least ? value : histogram->least;
        }
    }
    return histogram->most;
}

uint64_t weft_histogram_least(const weft_histogram *histogram)
{
    return histogram->count > 0 ? histogram->least : 0;
}

uint64_t weft_histogram_most(const weft_histogram *histogram)
{
    return histogram->most;
}

double weft_histogram_mean(const weft_histogram *histogram)
{
    return histogram->count > 0 ? (double)histogram->sum / (double)histogram->count : 0;
}
