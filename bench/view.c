/* view.c: the way a series goes to a terminal, or to where only its end is wanted.
 *
 * On a terminal that is large enough the whole table is drawn again in place after each
 * run; on a smaller one, or if the output is for programs, one line says how far it is. */
#include "bench/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/revision.h"
#include "bench/tables.h"

enum live {
    LIVE_NONE, /* nobody looks */
    LIVE_LINE, /* one line on stderr */
    LIVE_TABLE /* the whole table on stdout, and the line below it */
};

static struct {
    enum live live;
    bool colour;
    unsigned lines; /* of the table on the screen that is drawn over next */
} view;

/* A terminal on which the cursor can be moved. */
static bool is_terminal(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0;
}

static void choose_live(const struct bench_options *options)
{
    view.live = LIVE_NONE;
    view.colour = is_terminal(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    if (options->quiet)
        return;
    if (options->format == OPTIONS_TABLE && is_terminal(STDOUT_FILENO))
        view.live = LIVE_TABLE;
    else if (is_terminal(STDERR_FILENO))
        view.live = LIVE_LINE;
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void print_runs(const struct bench_options *options)
{
    printf("weft %s (%s): ", weft_version(), revision());
    if (options->smoke)
        printf("small runs that check results, too small for rates");
    else
        printf("medians of %u run%s of each workload", options->repeat,
               plural(options->repeat));
    if (options->scale != 1)
        printf(", %g times the usual N", options->scale);
    printf("; each run in a process of its own\n");
}

static void print_machine(const struct bench_options *options,
                          const struct machine *machine)
{
    printf("%s, %u processor%s; workers %s\n", machine->processor, machine->processors,
           plural(machine->processors),
           options->pin ? "pinned (--no-pin: the kernel places them)"
                        : "not pinned: the kernel places them");
    printf("locked read-modify-write %.2f ns, first touch of 4 KiB %.2f us, of 2 MiB "
           "%.0f us",
           machine->locked_ns, machine->touch_ns / 1e3, machine->touch_huge_ns / 1e3);
    if (machine->round_trip_ns > 0)
        printf(", round trip of a cache line %.0f ns", machine->round_trip_ns);
    printf("\n\n");
}

void view_begin(const struct bench_options *options, const struct machine *machine)
{
    choose_live(options);
    if (options->format != OPTIONS_TABLE || options->quiet)
        return;
    print_runs(options);
    print_machine(options, machine);
    fflush(stdout);
}

/* --- progress --- */

/* The size of the terminal, or of an ordinary one if nobody knows. */
static struct winsize size_of(FILE *out)
{
    struct winsize size;

    if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        size = (struct winsize){.ws_row = 24, .ws_col = 80};
    return size;
}

/* What is under way, and how far everything is, cut to the terminal's width. Ends
 * without a new line: it is drawn over. */
static void print_line(const struct series *series, FILE *out)
{
    const struct bench_options *options = series->options;
    unsigned percent = 100 * series->done / series->total;
    unsigned workers = options->workers[series->workers];
    char line[160], left[40] = "";

    if (series->done > 0) {
        uint64_t each = (bench_now() - series->began_ns) / series->done;
        uint64_t seconds = each * (series->total - series->done) / 1000000000;

        snprintf(left, sizeof left, ", about %llu s left", (unsigned long long)seconds);
    }
    snprintf(line, sizeof line, "[%.*s%.*s] %u %%   %s, %u worker%s, run %u of %u%s",
             (int)percent / 10, "##########", 10 - (int)percent / 10, "..........",
             percent, options->workloads[series->workload]->name, workers,
             plural(workers), series->repeat + 1, options->repeat, left);
    fprintf(out, "%.*s", size_of(out).ws_col - 1, line);
    fflush(out);
}

static void print_tables(const struct tables *tables)
{
    grid_print(&tables->rates, stdout, view.colour);
    if (tables->rates.rows > 0 && tables->delays.rows > 0)
        printf("\n");
    grid_print(&tables->delays, stdout, view.colour);
}

/* The tables as they are, if they fit on the terminal above the line. */
static void draw_tables(const struct series *series)
{
    static struct tables tables;
    struct winsize size = size_of(stdout);
    unsigned lines, width, other;

    tables_fill(&tables, series, true);
    lines = tables.rates.rows + tables.delays.rows;
    lines += tables.rates.rows > 0 && tables.delays.rows > 0;
    width = grid_width(&tables.rates);
    other = grid_width(&tables.delays);
    if (lines + 1 >= size.ws_row || (width > other ? width : other) > size.ws_col)
        return;
    print_tables(&tables);
    view.lines = lines;
}

/* Takes back what was drawn. */
static void erase(FILE *out)
{
    fprintf(out, "\r");
    if (view.lines > 0)
        fprintf(out, "\033[%uA", view.lines);
    fprintf(out, "\033[J");
    fflush(out);
    view.lines = 0;
}

void view_progress(const struct series *series)
{
    FILE *out = view.live == LIVE_TABLE ? stdout : stderr;

    if (view.live == LIVE_NONE)
        return;
    erase(out);
    if (series->done == series->total)
        return;
    if (view.live == LIVE_TABLE)
        draw_tables(series);
    print_line(series, out);
}

/* --- the end --- */

static void print_targets(const struct series *series)
{
    static struct grid grid;
    unsigned missed = tables_targets(&grid, series);

    printf("\n");
    grid_print(&grid, stdout, view.colour);
    printf(
        "\n%u of %u targets reached. They are stated for a machine where a locked "
        "read-modify-write\ncosts %.1f ns; here it costs %.2f ns, and those of rates on "
        "1 worker and of bystander are\nscaled by that. create, skynet, cold and fanout "
        "also depend on the first touch of memory.\n",
        grid.rows - 1 - missed, grid.rows - 1, MACHINE_LOCKED_NS,
        series->machine.locked_ns);
}

void view_end(const struct series *series)
{
    static struct tables tables;

    tables_fill(&tables, series, false);
    print_tables(&tables);
    if (series->options->figures)
        print_targets(series);
    fflush(stdout);
}

void view_trouble(const struct series *series)
{
    const struct bench_options *options = series->options;

    for (unsigned i = 0; i < options->workloads_count; i++) {
        for (unsigned k = 0; k < options->workers_count; k++) {
            if (series->cell[i][k].trouble[0] != '\0')
                fprintf(stderr, "weft bench: %s, %u worker%s: %s\n",
                        options->workloads[i]->name, options->workers[k],
                        plural(options->workers[k]), series->cell[i][k].trouble);
        }
    }
}
