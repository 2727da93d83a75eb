/* tools/load/report.c: the summary, CSV and JSON. Units are in the names. */
#include "tools/load/report.h"

#include <inttypes.h>

#include "bench/revision.h"
#include "tools/load/words.h"

static const double percents[] = {50, 90, 95, 99, 99.9, 99.99};
static const char *const keys[] = {"p50", "p90", "p95", "p99", "p999", "p9999"};

#define PERCENTS (sizeof percents / sizeof *percents)

double interval_rate(const weft_bench_interval *interval, uint64_t count)
{
    uint64_t span_ns = interval->to_ns - interval->from_ns;

    return span_ns > 0 ? (double)count * 1e9 / (double)span_ns : 0;
}

bool outcome_is_right(const weft_bench_result *result)
{
    return result->right && result->failed == 0 && result->unfinished == 0;
}

/* --- for people --- */

void report_head(const struct load_options *options)
{
    char text[LOAD_TEXT];

    printf("weft %s (%s): %s\n", weft_version(), revision(),
           load_options_text(options, text));
    printf("latency is counted from when a message was %s\n\n",
           options->bench.clients > 0 ? "sent, to its answer" : "due to be sent");
}

static void print_trouble(const weft_bench_result *result)
{
    if (result->failed > 0)
        printf("  %" PRIu64
               " failed: there were as many under way as may be (--backlog), "
               "or no memory\n",
               result->failed);
    if (result->unfinished > 0)
        printf("  %" PRIu64 " had not arrived when the time was over\n",
               result->unfinished);
    if (!result->right)
        printf("  WRONG RESULT: what came is not what was sent\n");
}

void report_run(const weft_bench_result *result)
{
    char a[WORDS], b[WORDS];

    printf("  %s messages/s, %s B/s; %" PRIu64 " in %.3f s\n",
           words_number(result->rate, a), words_number(result->bytes_per_s, b),
           result->done, (double)result->span_ns / 1e9);
    printf("  latency");
    for (size_t i = 0; i < PERCENTS; i++)
        printf("  %s %s", keys[i],
               words_time(weft_histogram_percentile(result->latency, percents[i]), a));
    printf("  worst %s\n", words_time(weft_histogram_most(result->latency), a));
    if (weft_histogram_count(result->lag) > 0)
        printf("  of that the load's own lag  p50 %s  p99 %s\n",
               words_time(weft_histogram_percentile(result->lag, 50), a),
               words_time(weft_histogram_percentile(result->lag, 99), b));
    print_trouble(result);
}

/* --- CSV --- */

static void csv_interval(FILE *out, const char *load, unsigned run,
                         const weft_bench_interval *i)
{
    fprintf(out,
            "%s,%u,%.6f,%.6f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
            ",%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f\n",
            load, run, (double)i->from_ns / 1e9, (double)i->to_ns / 1e9, i->begun,
            i->done, i->failed, i->backlog, interval_rate(i, i->begun),
            interval_rate(i, i->done), (double)i->p50_ns / 1e3, (double)i->p90_ns / 1e3,
            (double)i->p99_ns / 1e3, (double)i->p999_ns / 1e3, (double)i->worst_ns / 1e3);
}

void report_load_csv(FILE *out, const struct outcome *outcome)
{
    char load[LOAD_TEXT];

    load_options_text(outcome->options, load);
    fprintf(out, "load,run,from_s,to_s,begun,done,failed,backlog,begun_per_s,done_per_s,"
                 "p50_us,p90_us,p99_us,p999_us,worst_us\n");
    for (unsigned run = 0; run < outcome->count; run++) {
        for (size_t i = 0; i < outcome->runs[run].interval_count; i++)
            csv_interval(out, load, run + 1, &outcome->runs[run].intervals[i]);
    }
}

/* --- JSON --- */

static void json_times(FILE *out, const char *name, const weft_histogram *times)
{
    fprintf(out, "\"%s\": {\"count\": %" PRIu64 ", \"mean\": %.1f, \"least\": %" PRIu64,
            name, weft_histogram_count(times), weft_histogram_mean(times),
            weft_histogram_least(times));
    for (size_t i = 0; i < PERCENTS; i++)
        fprintf(out, ", \"%s\": %" PRIu64, keys[i],
                weft_histogram_percentile(times, percents[i]));
    fprintf(out, ", \"worst\": %" PRIu64 "}", weft_histogram_most(times));
}

static void json_interval(FILE *out, const weft_bench_interval *i)
{
    fprintf(out,
            "      {\"from_s\": %.6f, \"to_s\": %.6f, \"begun\": %" PRIu64
            ", \"done\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"backlog\": %" PRIu64
            ", \"p50_ns\": %" PRIu64 ", \"p90_ns\": %" PRIu64 ", \"p99_ns\": %" PRIu64
            ", \"p999_ns\": %" PRIu64 ", \"worst_ns\": %" PRIu64 "}",
            (double)i->from_ns / 1e9, (double)i->to_ns / 1e9, i->begun, i->done,
            i->failed, i->backlog, i->p50_ns, i->p90_ns, i->p99_ns, i->p999_ns,
            i->worst_ns);
}

static void json_run(FILE *out, const weft_bench_result *r)
{
    fprintf(out,
            "    {\"right\": %s, \"begun\": %" PRIu64 ", \"done\": %" PRIu64
            ", \"failed\": %" PRIu64 ", \"unfinished\": %" PRIu64 ", \"span_s\": %.6f, "
            "\"done_per_s\": %.3f, \"bytes_per_s\": %.1f,\n     ",
            r->right ? "true" : "false", r->begun, r->done, r->failed, r->unfinished,
            (double)r->span_ns / 1e9, r->rate, r->bytes_per_s);
    json_times(out, "latency_ns", r->latency);
    fprintf(out, ",\n     ");
    json_times(out, "lag_ns", r->lag);
    fprintf(out, ",\n     \"intervals\": [\n");
    for (size_t i = 0; i < r->interval_count; i++) {
        json_interval(out, &r->intervals[i]);
        fprintf(out, i + 1 < r->interval_count ? ",\n" : "\n");
    }
    fprintf(out, "    ]}");
}

void report_load_json(FILE *out, const struct outcome *outcome)
{
    const struct load_options *options = outcome->options;
    char load[LOAD_TEXT];

    fprintf(out,
            "{\n  \"tool\": \"weft load\", \"version\": \"%s\", \"revision\": \"%s\",\n"
            "  \"processors\": %u,\n"
            "  \"load\": \"%s\",\n"
            "  \"topology\": \"%s\", \"actors\": %u, \"size\": %zu, \"clients\": %u, "
            "\"workers\": %u, \"spin\": %s,\n  \"runs\": [\n",
            weft_version(), revision(), outcome->machine.processors,
            load_options_text(options, load), topology_name(options->topology),
            options->actors, options->bench.message_size, options->bench.clients,
            options->workers, options->bench.spin ? "true" : "false");
    for (unsigned i = 0; i < outcome->count; i++) {
        json_run(out, &outcome->runs[i]);
        fprintf(out, i + 1 < outcome->count ? ",\n" : "\n");
    }
    fprintf(out, "  ]\n}\n");
}
