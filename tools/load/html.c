/* tools/load/html.c: a page with plots that needs nothing but itself. It is HTML and well-formed
 * XML at once, so any tool can read it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "bench/revision.h"
#include "tools/load/actors.h"
#include "tools/load/chart.h"
#include "tools/load/report.h"
#include "tools/load/words.h"

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
    "<meta charset=\"utf-8\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>weft load</title>\n"
    "<style>\n"
    "body { font: 15px/1.5 sans-serif; color: #222; background: #fff; max-width: 800px;\n"
    "       margin: 2em auto; padding: 0 1em; }\n"
    "h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin-top: 2em; }\n"
    "table { border-collapse: collapse; margin: 1em 0; }\n"
    "td, th { padding: 0.15em 0.9em 0.15em 0; text-align: right; font-weight: normal; }\n"
    "th { color: #666; } th:first-child, td:first-child { text-align: left; }\n"
    ".wrong { color: #b6392e; font-weight: bold; }\n"
    "svg { width: 100%; margin: 0.6em 0; font: 12px sans-serif; }\n"
    "svg .grid { stroke: #e2e2e2; } svg .title { font-weight: bold; }\n"
    "svg .y { text-anchor: end; fill: #666; } svg .x { text-anchor: middle; fill: #666; "
    "}\n"
    "svg polyline { fill: none; stroke-width: 1.6; }\n"
    "</style>\n</head>\n<body>\n";

/* Text in which a character of markup is none. */
static void write_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

/* --- ticks --- */

static void seconds_text(double x, char *text, size_t size)
{
    snprintf(text, size, "%g s", x);
}

static void nanoseconds_text(double y, char *text, size_t size)
{
    char word[WORDS];

    snprintf(text, size, "%s", words_time((uint64_t)llround(y), word));
}

static void number_text(double y, char *text, size_t size)
{
    char word[WORDS];

    snprintf(text, size, "%s", words_number(y, word));
}

/* Of a number of nines: 2 is 99 %. */
static void nines_text(double x, char *text, size_t size)
{
    snprintf(text, size, "%.*f %%", x > 2 ? (int)x - 2 : 0, 100 * (1 - pow(10, -x)));
}

/* --- columns of the intervals --- */

enum column { TO_S, PLANNED, DONE, BACKLOG, P50, P90, P99, P999, WORST, COLUMNS };

/* In a second; in a closed loop nothing is planned. */
static double planned_rate(const struct load_options *options,
                           const weft_bench_interval *i)
{
    weft_arrivals arrivals = options->bench.arrivals;
    double count;

    if (options->bench.clients > 0)
        return interval_rate(i, i->begun);
    arrivals.duration_ns = options->bench.duration_ns;
    count = weft_arrivals_until(&arrivals, i->to_ns) -
            weft_arrivals_until(&arrivals, i->from_ns);
    return count * actors_parts(options) * 1e9 / (double)(i->to_ns - i->from_ns);
}

static double cell(const struct load_options *options, const weft_bench_interval *i,
                   enum column column)
{
    switch (column) {
    case TO_S:
        return (double)i->to_ns / 1e9;
    case PLANNED:
        return planned_rate(options, i);
    case DONE:
        return interval_rate(i, i->done);
    case BACKLOG:
        return (double)i->backlog;
    case P50:
        return (double)i->p50_ns;
    case P90:
        return (double)i->p90_ns;
    case P99:
        return (double)i->p99_ns;
    case P999:
        return (double)i->p999_ns;
    default:
        return (double)i->worst_ns;
    }
}

/* All columns, one behind the other. Returns new: free; NULL if there is no memory. */
static double *columns_of(const struct load_options *options,
                          const weft_bench_result *run)
{
    size_t count = run->interval_count;
    double *columns = calloc(COLUMNS * (count + 1), sizeof *columns);

    for (unsigned c = 0; c < COLUMNS && columns != NULL; c++) {
        for (size_t i = 0; i < count; i++)
            columns[c * count + i] = cell(options, &run->intervals[i], (enum column)c);
    }
    return columns;
}

/* --- charts --- */

static void write_over_time(FILE *out, const struct load_options *options,
                            const weft_bench_result *run)
{
    size_t count = run->interval_count;
    double *columns = columns_of(options, run);
    struct chart chart = {.x = columns, .count = count, .x_text = seconds_text};

    if (columns == NULL)
        return;
#define COLUMN(name, column) {name, columns + (column)*count}
    chart.title = "messages in a second";
    chart.y_text = number_text;
    chart.lines[0] = (struct chart_line)COLUMN("arrived", DONE);
    chart.lines[1] = (struct chart_line)COLUMN(
        options->bench.clients > 0 ? "sent" : "planned", PLANNED);
    chart.line_count = 2;
    chart_write(out, &chart);
    chart.title = "under way";
    chart.lines[0] = (struct chart_line)COLUMN("backlog", BACKLOG);
    chart.line_count = 1;
    chart_write(out, &chart);
    chart.title = "latency over time";
    chart.y_text = nanoseconds_text;
    chart.log_y = true;
    chart.lines[0] = (struct chart_line)COLUMN("p50", P50);
    chart.lines[1] = (struct chart_line)COLUMN("p90", P90);
    chart.lines[2] = (struct chart_line)COLUMN("p99", P99);
    chart.lines[3] = (struct chart_line)COLUMN("p999", P999);
    chart.lines[4] = (struct chart_line)COLUMN("worst", WORST);
    chart.line_count = 5;
    chart_write(out, &chart);
#undef COLUMN
    free(columns);
}

/* As many nines as there are messages for, at most six. */
static void write_percentiles(FILE *out, const weft_bench_result *run)
{
    enum { PLACES = 121, A_NINE = 20 };
    static const double ticks[] = {0, 1, 2, 3, 4, 5, 6};
    double x[PLACES], y[PLACES];
    uint64_t count = weft_histogram_count(run->latency);
    size_t places = 0;

    while (places < PLACES && pow(10, (double)places / A_NINE) <= (double)count) {
        x[places] = (double)places / A_NINE;
        y[places] = (double)weft_histogram_percentile(run->latency,
                                                      100 * (1 - pow(10, -x[places])));
        places++;
    }
    chart_write(out, &(struct chart){.title = "latency by percentile",
                                     .x = x,
                                     .count = places,
                                     .log_y = true,
                                     .lines = {{"latency", y}},
                                     .line_count = 1,
                                     .x_text = nines_text,
                                     .y_text = nanoseconds_text,
                                     .x_ticks = ticks,
                                     .x_tick_count = sizeof ticks / sizeof *ticks});
}

/* --- the page --- */

static void write_row(FILE *out, const char *name, const weft_histogram *times)
{
    static const double percents[] = {50, 90, 99, 99.9, 99.99, 100};
    char text[WORDS];

    fprintf(out, "<tr><td>%s</td>", name);
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++)
        fprintf(out, "<td>%s</td>",
                words_time(weft_histogram_percentile(times, percents[i]), text));
    fprintf(out, "</tr>\n");
}

static void write_run(FILE *out, const struct outcome *outcome, unsigned number)
{
    const weft_bench_result *run = &outcome->runs[number];
    char rate[WORDS];

    if (outcome->count > 1)
        fprintf(out, "<h2>Run %u of %u</h2>\n", number + 1, outcome->count);
    fprintf(
        out, "<p>%s messages in a second: %" PRIu64 " of %" PRIu64 " in %.3f s.</p>\n",
        words_number(run->rate, rate), run->done, run->begun, (double)run->span_ns / 1e9);
    if (!outcome_is_right(run))
        fprintf(out,
                "<p class=\"wrong\">%" PRIu64 " failed, %" PRIu64 " had not arrived when "
                "the time was over%s.</p>\n",
                run->failed, run->unfinished,
                run->right ? "" : "; what came is not what was sent");
    fprintf(out, "<table><tr><th></th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th>"
                 "<th>p99.99</th><th>worst</th></tr>\n");
    write_row(out, "latency", run->latency);
    if (weft_histogram_count(run->lag) > 0)
        write_row(out, "of that the load's own lag", run->lag);
    fprintf(out, "</table>\n");
    write_over_time(out, outcome->options, run);
    write_percentiles(out, run);
}

void report_load_html(FILE *out, const struct outcome *outcome)
{
    char load[LOAD_TEXT], date[40] = "";
    time_t now = time(NULL);
    struct tm utc;

    if (gmtime_r(&now, &utc) != NULL)
        strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &utc);
    fputs(head, out);
    fprintf(out, "<h1>weft load: ");
    write_text(out, load_options_text(outcome->options, load));
    fprintf(out, "</h1>\n<p>weft %s (%s), %s, ", weft_version(), revision(), date);
    write_text(out, outcome->machine.processor);
    fprintf(out, ", %u processors. Latency is counted from when a message was %s.</p>\n",
            outcome->machine.processors,
            outcome->options->bench.clients > 0 ? "sent, to its answer"
                                                : "due to be sent");
    for (unsigned i = 0; i < outcome->count; i++)
        write_run(out, outcome, i);
    fprintf(out, "</body>\n</html>\n");
}
