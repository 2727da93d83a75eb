/* report.c: JSON and CSV. Numbers are medians over the runs, as in the tables; units are
 * in the names. */
#include "bench/report.h"

#include <stdio.h>

#include "bench/revision.h"
#include "bench/targets.h"

static const char *measure_key(enum target_measure measure)
{
    switch (measure) {
    case TARGET_NS:
        return "ns_per_op";
    case TARGET_BYTES:
        return "bytes_per_actor";
    case TARGET_MIB:
        return "rss_mib";
    case TARGET_P50:
        return "p50_ns";
    case TARGET_P99:
        return "p99_ns";
    case TARGET_WORST:
        return "worst_ns";
    case TARGET_RATIO:
        return "ratio_to_1_worker";
    }
    return "";
}

/* A string with its quotes. */
static void json_string(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", (unsigned)c);
        else
            putchar(c);
    }
    putchar('"');
}

static void json_result(const struct series *series, unsigned i, unsigned k)
{
    const struct bench_options *options = series->options;
    const struct workload *workload = options->workloads[i];
    const struct series_cell *cell = &series->cell[i][k];
    struct bench_size size = options_size(options, workload);
    struct child_figures figures = series_median(cell);

    printf("{\"workload\": \"%s\", \"workers\": %u, \"n\": %llu, \"m\": %llu, "
           "\"runs\": %u, \"right\": %s",
           workload->name, options->workers[k], (unsigned long long)size.n,
           (unsigned long long)size.m, cell->runs,
           cell->trouble[0] == '\0' ? "true" : "false");
    if (cell->trouble[0] != '\0') {
        printf(", \"trouble\": ");
        json_string(cell->trouble);
    }
    if (cell->runs > 0) {
        printf(", \"ops\": %.0f, \"seconds\": %.9f, \"rss_kib\": %.0f", figures.ops,
               figures.seconds, figures.rss_kib);
        if (workload->kind == BENCH_BYTES)
            printf(", \"bytes_per_actor\": %.0f", figures.rate);
        else
            printf(", \"ns_per_op\": %.3f, \"rate\": %.0f", series_ns_per_op(&figures),
                   figures.rate);
        if (workload->kind == BENCH_DELAY)
            printf(", \"p50_ns\": %.0f, \"p99_ns\": %.0f, \"worst_ns\": %.0f",
                   figures.p50_ns, figures.p99_ns, figures.worst_ns);
    }
    printf("}");
}

static void json_targets(const struct series *series)
{
    const char *comma = "";

    printf(",\n  \"targets\": [");
    for (const struct target *target = targets; target->workload != NULL; target++) {
        struct target_result result;

        if (!target_compare(target, series, &result))
            continue;
        printf("%s\n    {\"workload\": \"%s\", \"workers\": %u, \"measure\": \"%s\", "
               "\"stated\": %.3f, \"wanted\": %.3f, \"reached\": %.3f, "
               "\"missed_percent\": %.1f}",
               comma, target->workload, target->workers, measure_key(target->measure),
               result.stated, result.wanted, result.reached, result.missed);
        comma = ",";
    }
    printf("\n  ]");
}

static void json_machine(const struct machine *machine)
{
    printf("  \"machine\": {\"processor\": ");
    json_string(machine->processor);
    printf(", \"processors\": %u, \"locked_rmw_ns\": %.3f, \"touch_4k_ns\": %.1f, "
           "\"touch_2m_ns\": %.0f, \"round_trip_ns\": %.1f},\n",
           machine->processors, machine->locked_ns, machine->touch_ns,
           machine->touch_huge_ns, machine->round_trip_ns);
}

void report_json(const struct series *series)
{
    const struct bench_options *options = series->options;
    const char *comma = "";

    printf("{\n  \"impl\": \"weft\", \"version\": \"%s\", \"revision\": \"%s\",\n",
           weft_version(), revision());
    json_machine(&series->machine);
    printf("  \"repeat\": %u, \"scale\": %g, \"pinned\": %s, \"smoke\": %s,\n",
           options->repeat, options->scale, options->pin ? "true" : "false",
           options->smoke ? "true" : "false");
    printf("  \"results\": [");
    for (unsigned i = 0; i < options->workloads_count; i++) {
        for (unsigned k = 0; k < options->workers_count; k++) {
            printf("%s\n    ", comma);
            json_result(series, i, k);
            comma = ",";
        }
    }
    printf("\n  ]");
    if (options->figures)
        json_targets(series);
    printf("\n}\n");
}

static void csv_line(const struct series *series, unsigned i, unsigned k)
{
    const struct bench_options *options = series->options;
    const struct workload *workload = options->workloads[i];
    const struct series_cell *cell = &series->cell[i][k];
    struct bench_size size = options_size(options, workload);
    struct child_figures figures = series_median(cell);

    printf("%s,%u,%llu,%llu,%u,%s,%.0f,%.9f,", workload->name, options->workers[k],
           (unsigned long long)size.n, (unsigned long long)size.m, cell->runs,
           cell->trouble[0] == '\0' ? "yes" : "no", figures.ops, figures.seconds);
    if (workload->kind == BENCH_BYTES)
        printf(",,%.0f,", figures.rate);
    else
        printf("%.3f,%.0f,,", series_ns_per_op(&figures), figures.rate);
    printf("%.0f,", figures.rss_kib);
    if (workload->kind == BENCH_DELAY)
        printf("%.0f,%.0f,%.0f\n", figures.p50_ns, figures.p99_ns, figures.worst_ns);
    else
        printf(",,\n");
}

void report_csv(const struct series *series)
{
    printf("workload,workers,n,m,runs,right,ops,seconds,ns_per_op,rate,bytes_per_actor,"
           "rss_kib,p50_ns,p99_ns,worst_ns\n");
    for (unsigned i = 0; i < series->options->workloads_count; i++) {
        for (unsigned k = 0; k < series->options->workers_count; k++)
            csv_line(series, i, k);
    }
}
