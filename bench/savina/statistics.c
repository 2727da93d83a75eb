/* statistics.c: the suite's formulas, to the letter: also where one would choose others (the
 * upper one of two medians decides who is left out; deviation and skewness divide by n and
 * by n - 1). */
#include "bench/savina/statistics.h"

#include <math.h>
#include <stdlib.h>

#define NORMAL_95 1.96

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Finds those near the median, which lie side by side. Returns how many. */
static unsigned keep(const double *times, unsigned count, const double **first)
{
    double median = times[count / 2];
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        if (times[i] < (1 - STATISTICS_TOLERANCE) * median ||
            times[i] > (1 + STATISTICS_TOLERANCE) * median)
            continue;
        if (kept++ == 0)
            *first = &times[i];
    }
    return kept;
}

static double median_of(const double *times, unsigned count)
{
    double middle = times[count / 2];

    return count % 2 == 1 ? middle : (times[count / 2 - 1] + middle) / 2;
}

static void add_means(struct statistics *result, const double *times)
{
    double sum = 0, logarithms = 0, inverses = 0;

    for (unsigned i = 0; i < result->kept; i++) {
        sum += times[i];
        logarithms += log10(times[i]);
        inverses += 1 / times[i];
    }
    result->mean = sum / result->kept;
    result->geometric_mean = pow(10, logarithms / result->kept);
    result->harmonic_mean = result->kept / inverses;
}

static void add_spread(struct statistics *result, const double *times)
{
    double n = result->kept, squares = 0, cubes = 0, error;

    for (unsigned i = 0; i < result->kept; i++) {
        double difference = times[i] - result->mean;

        squares += difference * difference;
        cubes += difference * difference * difference;
    }
    result->deviation = sqrt(squares / n);
    error = NORMAL_95 * result->deviation / sqrt(n);
    result->low = result->mean - error;
    result->high = result->mean + error;
    result->variation = result->deviation / result->mean;
    if (n > 1 && result->deviation > 0)
        result->skewness = cubes / ((n - 1) * pow(result->deviation, 3));
}

struct statistics statistics_of(double *times, unsigned count)
{
    struct statistics result = {.total = count};
    const double *first = times;

    qsort(times, count, sizeof *times, by_size);
    result.kept = keep(times, count, &first);
    result.best = first[0];
    result.worst = first[result.kept - 1];
    result.median = median_of(first, result.kept);
    add_means(&result, first);
    add_spread(&result, first);
    return result;
}
