/* report.c: a line for each outcome, as soon as it is there. */
#include "bench/savina/report.h"

#include <stdio.h>

#include "bench/revision.h"

static double ns_per_message(const struct savina_outcome *outcome)
{
    return outcome->messages > 0 ? outcome->ms.median * 1e6 / outcome->messages : 0;
}

/* --- a table --- */

static void table_begin(const struct savina_options *options)
{
    printf("weft %s (%s): Savina, ", weft_version(), revision());
    if (options->smoke) {
        printf("small forms that check results, too small for times\n\n");
        return;
    }
    printf("%u iterations, scale %g, without those 20 %% off the median\n\n",
           options->iterations, options->scale);
    printf("%-12s %7s %11s %11s %11s %19s %5s %10s %10s %8s\n", "benchmark", "workers",
           "median ms", "best", "worst", "mean, 95 %", "kept", "messages", "ns each",
           "MiB");
}

static void table_line(const struct savina_options *options,
                       const struct savina_outcome *outcome)
{
    const struct statistics *ms = &outcome->ms;

    if (outcome->trouble[0] != '\0' || options->smoke) {
        printf("%-12s %7u   %s\n", outcome->benchmark->name, outcome->workers,
               outcome->trouble[0] != '\0' ? outcome->trouble : "right");
        return;
    }
    printf(
        "%-12s %7u %11.3f %11.3f %11.3f %11.3f +- %4.1f%% %2u/%2u %10.0f %10.1f %8.0f\n",
        outcome->benchmark->name, outcome->workers, ms->median, ms->best, ms->worst,
        ms->mean, 100 * (ms->high - ms->mean) / ms->mean, ms->kept, ms->total,
        outcome->messages, ns_per_message(outcome), outcome->rss_kib / 1024);
}

/* --- JSON --- */

static void json_begin(const struct savina_options *options)
{
    printf("{\n  \"impl\": \"weft\", \"version\": \"%s\", \"revision\": \"%s\",\n"
           "  \"suite\": \"savina\", \"iterations\": %u, \"scale\": %g, \"pinned\": %s, "
           "\"smoke\": %s,\n  \"results\": [",
           weft_version(), revision(), options->iterations, options->scale,
           options->pin ? "true" : "false", options->smoke ? "true" : "false");
}

static void json_params(const struct savina_options *options,
                        const struct savina *benchmark)
{
    uint64_t param[SAVINA_PARAMS_MAX];
    const char *comma = "";

    savina_params(benchmark, options->scale, options->smoke, param);
    printf("\"params\": {");
    for (unsigned i = 0; i < SAVINA_PARAMS_MAX && benchmark->param[i].name != NULL; i++) {
        printf("%s\"%s\": %llu", comma, benchmark->param[i].name,
               (unsigned long long)param[i]);
        comma = ", ";
    }
    printf("}");
}

static void json_times(const struct savina_outcome *outcome)
{
    const struct statistics *ms = &outcome->ms;

    printf(", \"total\": %u, \"kept\": %u, \"median_ms\": %.6f, \"best_ms\": %.6f, "
           "\"worst_ms\": %.6f,\n     \"mean_ms\": %.6f, \"geometric_mean_ms\": %.6f, "
           "\"harmonic_mean_ms\": %.6f, \"deviation_ms\": %.6f,\n     \"low_ms\": %.6f, "
           "\"high_ms\": %.6f, \"variation\": %.6f, \"skewness\": %.6f, "
           "\"messages\": %.0f, \"ns_per_message\": %.2f, \"rss_kib\": %.0f",
           ms->total, ms->kept, ms->median, ms->best, ms->worst, ms->mean,
           ms->geometric_mean, ms->harmonic_mean, ms->deviation, ms->low, ms->high,
           ms->variation, ms->skewness, outcome->messages, ns_per_message(outcome),
           outcome->rss_kib);
}

static void json_line(const struct savina_options *options,
                      const struct savina_outcome *outcome, bool first)
{
    bool right = outcome->trouble[0] == '\0';

    printf("%s\n    {\"benchmark\": \"%s\", \"workers\": %u, ", first ? "" : ",",
           outcome->benchmark->name, outcome->workers);
    json_params(options, outcome->benchmark);
    printf(", \"right\": %s", right ? "true" : "false");
    if (right)
        json_times(outcome);
    printf("}");
}

/* --- CSV --- */

static void csv_line(const struct savina_outcome *outcome)
{
    const struct statistics *ms = &outcome->ms;

    printf("%s,%u,%s,", outcome->benchmark->name, outcome->workers,
           outcome->trouble[0] == '\0' ? "yes" : "no");
    printf(
        "%u,%u,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.0f,%.2f,%.0f\n",
        ms->total, ms->kept, ms->median, ms->best, ms->worst, ms->mean,
        ms->geometric_mean, ms->harmonic_mean, ms->deviation, ms->low, ms->high,
        ms->variation, ms->skewness, outcome->messages, ns_per_message(outcome),
        outcome->rss_kib);
}

/* --- all --- */

void savina_report_begin(const struct savina_options *options)
{
    if (options->format == SAVINA_JSON)
        json_begin(options);
    else if (options->format == SAVINA_CSV)
        printf("benchmark,workers,right,total,kept,median_ms,best_ms,worst_ms,mean_ms,"
               "geometric_mean_ms,harmonic_mean_ms,deviation_ms,low_ms,high_ms,variation,"
               "skewness,messages,ns_per_message,rss_kib\n");
    else if (!options->quiet)
        table_begin(options);
}

void savina_report(const struct savina_options *options,
                   const struct savina_outcome *outcome, bool first)
{
    if (options->format == SAVINA_JSON)
        json_line(options, outcome, first);
    else if (options->format == SAVINA_CSV)
        csv_line(outcome);
    else
        table_line(options, outcome);
    if (outcome->trouble[0] != '\0' && options->format != SAVINA_TABLE)
        fprintf(stderr, "weft bench savina: %s on %u workers: %s\n",
                outcome->benchmark->name, outcome->workers, outcome->trouble);
    fflush(stdout);
}

void savina_report_end(const struct savina_options *options)
{
    if (options->format == SAVINA_JSON)
        printf("\n  ]\n}\n");
}
