/* session.c: the order of the runs, and their medians. */
#include "bench/session.h"

#include <stdlib.h>

static void run_next(struct session *session)
{
    const struct bench_options *options = session->options;
    const struct workload *workload = options->workloads[session->workload];
    struct session_cell *cell = &session->cell[session->workload][session->workers];

    if (child_run(workload, options->workers[session->workers],
                  options_size(options, workload), options->pin, &cell->run[cell->runs],
                  cell->trouble) == 0)
        cell->runs++;
    session->done++;
}

static unsigned count_trouble(const struct session *session)
{
    unsigned count = 0;

    for (unsigned i = 0; i < session->options->workloads_count; i++) {
        bool trouble = false;

        for (unsigned k = 0; k < session->options->workers_count; k++)
            trouble = trouble || session->cell[i][k].trouble[0] != '\0';
        count += trouble;
    }
    return count;
}

unsigned session_run(struct session *session, const struct bench_options *options,
                     void (*before_run)(const struct session *session))
{
    session->options = options;
    session->began_ns = bench_now();
    session->total = options->repeat * options->workloads_count * options->workers_count;
    for (session->repeat = 0; session->repeat < options->repeat; session->repeat++) {
        for (session->workload = 0; session->workload < options->workloads_count;
             session->workload++) {
            for (session->workers = 0; session->workers < options->workers_count;
                 session->workers++) {
                before_run(session);
                run_next(session);
            }
        }
    }
    before_run(session);
    return count_trouble(session);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median of one number of all runs: the one at `offset` in struct child_figures. */
static double median_at(const struct session_cell *cell, size_t offset)
{
    double numbers[OPTIONS_REPEAT_MAX];

    if (cell->runs == 0)
        return 0;
    for (unsigned i = 0; i < cell->runs; i++)
        numbers[i] = *(const double *)((const char *)&cell->run[i] + offset);
    qsort(numbers, cell->runs, sizeof numbers[0], by_size);
    return (numbers[(cell->runs - 1) / 2] + numbers[cell->runs / 2]) / 2;
}

struct child_figures session_median(const struct session_cell *cell)
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

double session_ns_per_op(const struct child_figures *figures)
{
    return figures->ops > 0 ? figures->seconds * 1e9 / figures->ops : 0;
}
