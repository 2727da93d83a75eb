/* tools/load/batches.c: the method of batch means, with medians.
 *
 * Figures of neighbouring intervals depend on each other, since what disturbs a machine lasts for
 * a while; so the spread of single ones would say too little. A run is cut into a few long
 * batches, whose medians hardly depend on each other any more, and Student's t of those says how
 * sure one can be. Few batches cost some sharpness, but hold for disturbances of up to a tenth of
 * the run. Where there are runs enough, a run is a batch: then what runs differ by among
 * themselves counts as well. */
#include "tools/load/batches.h"

#include <math.h>
#include <stdlib.h>

_Static_assert(BATCHES % (BATCHES_RUNS_MIN - 1) == 0,
               "one or two runs have the same share");

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double batches_median(double *values, size_t count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, by_size);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Student's t that is exceeded in size by 1 %; for more degrees of freedom than the table has, its
 * last is a little too large. */
static double t_of(size_t freedom)
{
    static const double t[] = {63.66, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499,
                               3.355, 3.250, 3.169, 3.106, 3.055, 3.012, 2.977,
                               2.947, 2.921, 2.898, 2.878, 2.861, 2.845};
    size_t last = sizeof t / sizeof *t;

    if (freedom < 1)
        return INFINITY;
    return t[(freedom < last ? freedom : last) - 1];
}

/* The medians of `parts` equal parts of one run. */
static void cut_run(const struct sample *sample, size_t run, size_t parts,
                    double *medians)
{
    size_t begin = sample->begins[run], count = sample->begins[run + 1] - begin;

    for (size_t i = 0; i < parts; i++) {
        size_t from = i * count / parts, to = (i + 1) * count / parts;

        medians[i] = batches_median(sample->values + begin + from, to - from);
    }
}

static struct estimate estimate_of(const double *medians, size_t count)
{
    double mean = 0, squares = 0, bound;

    for (size_t i = 0; i < count; i++)
        mean += medians[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (medians[i] - mean) * (medians[i] - mean);
    bound = t_of(count - 1) * sqrt(squares / (double)(count - 1) / (double)count);
    return (struct estimate){mean, mean - bound, mean + bound};
}

struct estimate batches_estimate(struct sample *sample)
{
    double medians[BATCHES_RUNS_MAX] = {0};
    size_t parts = sample->runs < BATCHES_RUNS_MIN ? BATCHES / sample->runs : 1;

    for (size_t run = 0; run < sample->runs; run++)
        cut_run(sample, run, parts, medians + run * parts);
    return estimate_of(medians, sample->runs * parts);
}
