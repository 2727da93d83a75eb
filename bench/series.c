/* series.c: the order of the runs, and their medians. */
#include "bench/series.h"

#include <stdlib.h>

static void run_next(struct series *series)
{
    const struct bench_options *options = series->options;
    const struct workload *workload = options->workloads[series->workload];
    struct series_cell *cell = &series->cell[series->workload][series->workers];

    if (child_run(workload, options->workers[series->workers],
                  options_size(options, workload), options->pin, &cell->run[cell->runs],
                  cell->trouble) == 0)
        cell->runs++;
    series->done++;
}

static unsigned count_trouble(const struct series *series)
{
    unsigned count = 0;

    for (unsigned i = 0; i < series->options->workloads_count; i++) {
        bool trouble = false;

        for (unsigned k = 0; k < series->options->workers_count; k++)
            trouble = trouble || series->cell[i][k].trouble[0] != '\0';
        count += trouble;
    }
    return count;
}

unsigned series_run(struct series *series, const struct bench_options *options,
                    void (*before_run)(const struct series *series))
{
    series->options = options;
    series->began_ns = bench_now();
    series->total = options->repeat * options->workloads_count * options->workers_count;
    for (series->repeat = 0; series->repeat < options->repeat; series->repeat++) {
        for (series->workload = 0; series->workload < options->workloads_count;
             series->workload++) {
            for (series->workers = 0; series->workers < options->workers_count;
                 series->workers++) {
                before_run(series);
                run_next(series);
            }
        }
    }
    before_run(series);
    return count_trouble(series);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median of one number of all runs: the one at `offset` in struct child_figures. */
static double median_at(const struct series_cell *cell, size_t offset)
{
    double numbers[OPTIONS_REPEAT_MAX];

    if (cell->runs == 0)
        return 0;
    for (unsigned i = 0; i < cell->runs; i++)
        numbers[i] = *(const double *)((const char *)&cell->run[i] + offset);
    qsort(numbers, cell->runs, sizeof numbers[0], by_size);
    return (numbers[(cell->runs - 1) / 2] + numbers[cell->runs / 2]) / 2;
}

struct child_figures series_median(const struct series_cell *cell)
{
    struct child_figures median;

    median.ops = median_at(cell, offsetof(struct child_figures, ops));
    median.seconds = median_at(cell, offsetof(struct child_figures, seconds));
    median.rate = median_at(cell, offsetof(struct child_figures, rate));
    median.rss_kib = median_at(cell, offsetof(struct child_figures, rss_kib));
    median.p50_ns = median_at(cell, offsetof(struct child_figures, p50_ns));
    median.p99_ns = median_at(cell, offsetof(struct child_figures, p99_ns));
    median.worst_ns = median_at(cell, offsetof(struct child_figures, worst_ns));
    return median;
}

double series_ns_per_op(const struct child_figures *figures)
{
    return figures->ops > 0 ? figures->seconds * 1e9 / figures->ops : 0;
}
