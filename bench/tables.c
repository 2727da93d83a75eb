/* tables.c: what stands in which column. */
#include "bench/tables.h"

#include "bench/targets.h"

/* Three digits are what a measurement is worth. */
static int decimals(double number)
{
    return number >= 100 ? 0 : number >= 10 ? 1 : 2;
}

static void duration_cell(struct grid *grid, enum grid_style style, double ns)
{
    const char *unit = ns < 1e3 ? "ns" : ns < 1e6 ? "us" : ns < 1e9 ? "ms" : "s";
    double number = ns / (ns < 1e3 ? 1 : ns < 1e6 ? 1e3 : ns < 1e9 ? 1e6 : 1e9);

    grid_cell(grid, style, "%.*f %s", decimals(number), number, unit);
}

static void rate_cell(struct grid *grid, double rate)
{
    const char *unit = rate < 1e6 ? "k/s" : "M/s";
    double number = rate / (rate < 1e6 ? 1e3 : 1e6);

    grid_cell(grid, GRID_PLAIN, "%.*f %s", decimals(number), number, unit);
}

static void empty_cells(struct grid *grid, unsigned count)
{
    while (count-- > 0)
        grid_cell(grid, GRID_PLAIN, "%s", "");
}

/* What a workload shows on the k-th number of workers: its main figure, its rate, and
 * how much faster it is than on the first one. */
static void rate_cells(struct grid *grid, const struct workload *workload,
                       const struct series_cell *cells, unsigned k)
{
    struct child_figures figures = series_median(&cells[k]);
    struct child_figures first = series_median(&cells[0]);
    double ns = series_ns_per_op(&figures);

    if (workload->kind == BENCH_BYTES) {
        grid_cell(grid, GRID_PLAIN, "%.0f B/%s", figures.rate, workload->unit);
        empty_cells(grid, k > 0 ? 2 : 1);
        return;
    }
    grid_cell(grid, GRID_PLAIN, "%.*f ns/%s", decimals(ns), ns, workload->unit);
    rate_cell(grid, figures.rate);
    if (k > 0)
        grid_cell(grid, GRID_PLAIN, "%.2fx", series_ns_per_op(&first) / ns);
}

static void delay_cells(struct grid *grid, const struct series_cell *cell)
{
    struct child_figures figures = series_median(cell);

    duration_cell(grid, GRID_PLAIN, figures.p50_ns);
    duration_cell(grid, GRID_PLAIN, figures.p99_ns);
    duration_cell(grid, GRID_PLAIN, figures.worst_ns);
}

/* The largest of the medians. */
static void memory_cell(struct grid *grid, const struct series_cell *cells,
                        unsigned count)
{
    double kib = 0;

    for (unsigned k = 0; k < count; k++) {
        struct child_figures figures = series_median(&cells[k]);

        kib = figures.rss_kib > kib ? figures.rss_kib : kib;
    }
    if (kib > 0)
        grid_cell(grid, GRID_PLAIN, "%.0f MiB", kib / 1024);
    else
        grid_cell(grid, GRID_PLAIN, "%s", "");
}

static void state_cell(struct grid *grid, const struct series_cell *cells,
                       const struct bench_options *options)
{
    unsigned all = options->repeat * options->workers_count;
    unsigned runs = 0;

    for (unsigned k = 0; k < options->workers_count; k++)
        runs += cells[k].runs;
    if (runs == all) {
        grid_cell(grid, GRID_DIM, "[done]");
    } else if (runs > 0 && runs < all) {
        unsigned tenths = 10 * runs / all;

        grid_cell(grid, GRID_DIM, "[%.*s%.*s] %u %%", (int)tenths, "##########",
                  (int)(10 - tenths), "..........", 100 * runs / all);
    }
}

/* A delay has a table of its own, but for a series that only checks results. */
static bool shows_delays(const struct bench_options *options, unsigned index)
{
    return options->workloads[index]->kind == BENCH_DELAY && !options->smoke;
}

/* All that a workload shows on the k-th number of workers. */
static void cells_of(struct grid *grid, const struct series *series, unsigned index,
                     unsigned k)
{
    const struct series_cell *cells = series->cell[index];
    bool delays = shows_delays(series->options, index);

    if (cells[k].trouble[0] == '\0' && cells[k].runs > 0 && !series->options->smoke) {
        if (delays)
            delay_cells(grid, &cells[k]);
        else
            rate_cells(grid, series->options->workloads[index], cells, k);
        return;
    }
    if (cells[k].trouble[0] != '\0')
        grid_cell(grid, GRID_BAD, "WRONG");
    else if (cells[k].runs == 0)
        grid_cell(grid, GRID_DIM, "...");
    else
        grid_cell(grid, GRID_GOOD, "right");
    empty_cells(grid, delays || k > 0 ? 2 : 1);
}

static void fill_row(struct grid *grid, const struct series *series, unsigned index,
                     bool live)
{
    const struct bench_options *options = series->options;

    grid_row(grid);
    grid_cell(grid, GRID_PLAIN, "%s", options->workloads[index]->name);
    for (unsigned k = 0; k < options->workers_count; k++)
        cells_of(grid, series, index, k);
    memory_cell(grid, series->cell[index], options->workers_count);
    if (live)
        state_cell(grid, series->cell[index], options);
}

static void fill_header(struct grid *grid, const struct bench_options *options,
                        bool delays)
{
    grid_row(grid);
    grid_cell(grid, GRID_BOLD, delays ? "delay" : "workload");
    for (unsigned k = 0; k < options->workers_count; k++) {
        const char *plural = options->workers[k] == 1 ? "" : "s";

        if (delays) {
            grid_cell(grid, GRID_BOLD, "%u worker%s: median", options->workers[k],
                      plural);
            grid_cell(grid, GRID_BOLD, "99 %%");
            grid_cell(grid, GRID_BOLD, "worst");
        } else {
            grid_cell(grid, GRID_BOLD, "%u worker%s", options->workers[k], plural);
            empty_cells(grid, k > 0 ? 2 : 1);
        }
    }
    grid_cell(grid, GRID_BOLD, "memory");
}

void tables_fill(struct tables *tables, const struct series *series, bool live)
{
    const struct bench_options *options = series->options;

    tables->rates.rows = 0;
    tables->delays.rows = 0;
    for (unsigned i = 0; i < options->workloads_count; i++) {
        bool delays = shows_delays(options, i);
        struct grid *grid = delays ? &tables->delays : &tables->rates;

        if (grid->rows == 0)
            fill_header(grid, options, delays);
        fill_row(grid, series, i, live);
    }
}

/* --- targets --- */

static void figure_cell(struct grid *grid, enum target_measure measure, double figure)
{
    switch (measure) {
    case TARGET_NS:
        grid_cell(grid, GRID_PLAIN, "%.*f ns", decimals(figure), figure);
        return;
    case TARGET_BYTES:
        grid_cell(grid, GRID_PLAIN, "%.0f B", figure);
        return;
    case TARGET_MIB:
        grid_cell(grid, GRID_PLAIN, "%.1f MiB", figure);
        return;
    case TARGET_RATIO:
        grid_cell(grid, GRID_PLAIN, "%.2fx", figure);
        return;
    case TARGET_P50:
    case TARGET_P99:
    case TARGET_WORST:
        duration_cell(grid, GRID_PLAIN, figure);
        return;
    }
}

static const char *measure_name(enum target_measure measure)
{
    switch (measure) {
    case TARGET_NS:
        return "an operation, at most";
    case TARGET_BYTES:
        return "an actor, at most";
    case TARGET_MIB:
        return "peak of memory, at most";
    case TARGET_P50:
        return "median delay, at most";
    case TARGET_P99:
        return "99 % of delays, at most";
    case TARGET_WORST:
        return "worst delay, at most";
    case TARGET_RATIO:
        return "to 1 worker, at least";
    }
    return "";
}

static void target_row(struct grid *grid, const struct target *target,
                       const struct target_result *result)
{
    grid_row(grid);
    grid_cell(grid, GRID_PLAIN, "%s", target->workload);
    grid_cell(grid, GRID_PLAIN, "%u worker%s", target->workers,
              target->workers == 1 ? "" : "s");
    figure_cell(grid, target->measure, result->reached);
    grid_cell(grid, GRID_PLAIN, "%s", measure_name(target->measure));
    figure_cell(grid, target->measure, result->stated);
    figure_cell(grid, target->measure, result->wanted);
    if (result->missed > 0)
        grid_cell(grid, GRID_BAD, "missed by %.*f %%", decimals(result->missed),
                  result->missed);
    else
        grid_cell(grid, GRID_GOOD, "ok");
}

unsigned tables_targets(struct grid *grid, const struct series *series)
{
    unsigned missed = 0;

    grid->rows = 0;
    grid_row(grid);
    grid_cell(grid, GRID_BOLD, "target");
    empty_cells(grid, 1);
    grid_cell(grid, GRID_BOLD, "reached");
    empty_cells(grid, 1);
    grid_cell(grid, GRID_BOLD, "stated");
    grid_cell(grid, GRID_BOLD, "here");
    for (const struct target *target = targets; target->workload != NULL; target++) {
        struct target_result result;

        if (!target_compare(target, series, &result))
            continue;
        target_row(grid, target, &result);
        missed += result.missed > 0;
    }
    return missed;
}
