/* tools/load/live.c: one line that is written over and over. */
#include "tools/load/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/load/report.h"
#include "tools/load/words.h"

#define LEVELS       8
#define TEXT_COLUMNS 80u /* of the line without its sparks */

static bool is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && *value != '\0')
            return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL;
    }
    return false;
}

void live_init(struct live *live, const struct load_options *options)
{
    const char *term = getenv("TERM");
    struct winsize size;

    *live = (struct live){.runs = options->repeat, .columns = TEXT_COLUMNS};
    live->on = !options->quiet && isatty(STDERR_FILENO) && term != NULL &&
               strcmp(term, "dumb") != 0;
    live->utf8 = is_utf8();
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        live->columns = size.ws_col;
}

static void remember(struct live *live, double rate)
{
    if (live->count == LIVE_SPARKS) {
        memmove(live->rates, live->rates + 1, (LIVE_SPARKS - 1) * sizeof *live->rates);
        live->count--;
    }
    live->rates[live->count++] = rate;
}

/* The last rates as bars, the largest as the highest. */
static void print_sparks(const struct live *live)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char plain[] = "_.-=+*#@";
    unsigned room = live->columns > TEXT_COLUMNS ? live->columns - TEXT_COLUMNS : 0;
    unsigned first = live->count > room ? live->count - room : 0;
    double most = 0;

    for (unsigned i = first; i < live->count; i++)
        most = live->rates[i] > most ? live->rates[i] : most;
    for (unsigned i = first; i < live->count; i++) {
        int level = most > 0 ? (int)(live->rates[i] / most * (LEVELS - 1) + 0.5) : 0;

        if (live->utf8)
            fputs(bars[level], stderr);
        else
            fputc(plain[level], stderr);
    }
}

void live_show(struct live *live, const weft_bench_interval *interval)
{
    char rate[WORDS], p50[WORDS], p99[WORDS], p999[WORDS], backlog[WORDS];

    if (!live->on)
        return;
    remember(live, interval_rate(interval, interval->done));
    fprintf(stderr, "\r\033[K");
    if (live->runs > 1)
        fprintf(stderr, "%u/%u ", live->run, live->runs);
    fprintf(stderr, "%6.1f s %8s/s  p50 %s  p99 %s  p999 %s  backlog %s ",
            (double)interval->to_ns / 1e9,
            words_number(interval_rate(interval, interval->done), rate),
            words_time(interval->p50_ns, p50), words_time(interval->p99_ns, p99),
            words_time(interval->p999_ns, p999),
            words_number((double)interval->backlog, backlog));
    print_sparks(live);
    fflush(stderr);
}

void live_clear(const struct live *live)
{
    if (live->on)
        fprintf(stderr, "\r\033[K");
}
