/* tools/load/compare.c: is B better or worse than A, or is that noise?
 *
 * The intervals of the two are paired in order, so that what the plan itself changes over time
 * (a ramp, a wave) falls out. Each pair has a ratio; the median of their logarithms is the change,
 * and batches.c says between which bounds it lies by 99 %. A change counts if those bounds leave
 * no doubt of its direction, and if it is 1 % at least. */
#include "tools/load/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/load/batches.h"
#include "tools/load/table.h"
#include "tools/load/words.h"

enum exit_code { EXIT_NO_WORSE = 0, EXIT_WORSE = 1, EXIT_USAGE = 2 };

#define PAIRS_MIN 18u  /* three in a batch */
#define LEAST     0.01 /* a change that counts */
#define ALIKE     0.03 /* bounds so close leave no change worth speaking of */

enum verdict { SAME, BETTER, WORSE, UNCLEAR, TOO_FEW };

struct comparison {
    double a, b;            /* medians over all intervals */
    struct estimate change; /* logarithms of B / A */
    enum verdict verdict;
};

static const char *const names[FIGURES] = {"messages/s", "p50", "p99", "p99.9"};

static const char help[] =
    "usage: weft load compare A.csv B.csv\n"
    "\n"
    "Compares two files that weft load --csv has written for the same load: is B better "
    "or\n"
    "worse, or is it noise? The more intervals, the finer; and only several runs "
    "(--repeat)\n"
    "know how much runs of one program differ among themselves.\n"
    "\n"
    "Exit code: 0; 1 if B is worse; 2 if the two cannot be compared.\n";

/* --- pairs --- */

/* The rows of one run: from *begin to the one that is returned. */
static size_t run_of(const struct table *table, unsigned run, size_t *begin)
{
    size_t end;

    for (*begin = 0; *begin < table->count && table->rows[*begin].run < run; ++*begin)
        continue;
    for (end = *begin; end < table->count && table->rows[end].run == run; end++)
        continue;
    return end;
}

static unsigned runs_of(const struct table *a, const struct table *b)
{
    unsigned runs = a->runs < b->runs ? a->runs : b->runs;

    return runs < BATCHES_RUNS_MAX ? runs : BATCHES_RUNS_MAX;
}

/* Adds the ratios of one run to the sample. Intervals in which nothing was done have none. */
static void pair_run(const struct table *a, const struct table *b, enum figure figure,
                     struct sample *sample)
{
    unsigned run = (unsigned)sample->runs + 1;
    size_t i, k, a_end = run_of(a, run, &i), b_end = run_of(b, run, &k);
    size_t count = sample->begins[sample->runs];

    for (; i < a_end && k < b_end; i++, k++) {
        double x = a->rows[i].figure[figure], y = b->rows[k].figure[figure];

        if (x > 0 && y > 0)
            sample->values[count++] = log(y / x);
    }
    sample->begins[++sample->runs] = count;
}

static int pair_up(const struct table *a, const struct table *b, enum figure figure,
                   struct sample *sample)
{
    unsigned runs = runs_of(a, b);

    *sample = (struct sample){.values = malloc(a->count * sizeof(double)),
                              .begins = calloc(runs + 1, sizeof(size_t))};
    if (sample->values == NULL || sample->begins == NULL)
        return -1;
    while (sample->runs < runs)
        pair_run(a, b, figure, sample);
    return 0;
}

static double median_figure(const struct table *table, enum figure figure)
{
    double *values = malloc(table->count * sizeof *values), median;

    if (values == NULL)
        return 0;
    for (size_t i = 0; i < table->count; i++)
        values[i] = table->rows[i].figure[figure];
    median = batches_median(values, table->count);
    free(values);
    return median;
}

/* --- verdicts --- */

static enum verdict judge(const struct estimate *change, bool more_is_better)
{
    if (change->low > 0 && change->median >= LEAST)
        return more_is_better ? BETTER : WORSE;
    if (change->high < 0 && change->median <= -LEAST)
        return more_is_better ? WORSE : BETTER;
    return change->high < ALIKE && change->low > -ALIKE ? SAME : UNCLEAR;
}

/* In each run something was done, and in all of them often enough. */
static bool is_enough(const struct sample *sample)
{
    for (size_t i = 0; i < sample->runs; i++) {
        if (sample->begins[i + 1] < sample->begins[i] + PAIRS_MIN / BATCHES)
            return false;
    }
    return sample->begins[sample->runs] >= PAIRS_MIN;
}

static int compare_figure(const struct table *a, const struct table *b,
                          enum figure figure, struct comparison *c)
{
    struct sample sample;
    int result = pair_up(a, b, figure, &sample);

    *c =
        (struct comparison){.a = median_figure(a, figure), .b = median_figure(b, figure)};
    if (result == 0 && !is_enough(&sample)) {
        c->verdict = TOO_FEW;
    } else if (result == 0) {
        c->change = batches_estimate(&sample);
        c->verdict = judge(&c->change, figure == FIGURE_RATE);
    }
    free(sample.values);
    free(sample.begins);
    return result;
}

/* --- words --- */

static double percent(double logarithm)
{
    return 100 * (exp(logarithm) - 1);
}

static const char *figure_text(enum figure figure, double value, char *text)
{
    return figure == FIGURE_RATE ? words_number(value, text)
                                 : words_time((uint64_t)llround(value * 1e3), text);
}

static void print_verdict(const struct comparison *c)
{
    double least =
        fmax(c->change.median - c->change.low, c->change.high - c->change.median);

    switch (c->verdict) {
    case SAME:
        printf("the same\n");
        break;
    case BETTER:
        printf("B is better\n");
        break;
    case WORSE:
        printf("B is WORSE\n");
        break;
    default:
        printf("cannot tell: what is below %.0f %% is lost in the noise\n",
               percent(least));
    }
}

static void print_figure(enum figure figure, const struct comparison *c)
{
    char a[WORDS], b[WORDS];

    printf("%-11s %10s %10s", names[figure], figure_text(figure, c->a, a),
           figure_text(figure, c->b, b));
    if (c->verdict == TOO_FEW) {
        printf("   too few intervals to say: %u are needed in which something was done\n",
               PAIRS_MIN);
        return;
    }
    printf(" %+9.1f %%   %+7.1f to %+7.1f %%   ", percent(c->change.median),
           percent(c->change.low), percent(c->change.high));
    print_verdict(c);
}

static unsigned count_of(const struct comparison *all, enum verdict verdict)
{
    unsigned count = 0;

    for (unsigned i = 0; i < FIGURES; i++)
        count += all[i].verdict == verdict;
    return count;
}

static void print_those(const struct comparison *all, enum verdict verdict)
{
    const char *comma = " ";

    for (unsigned i = 0; i < FIGURES; i++) {
        if (all[i].verdict != verdict)
            continue;
        printf("%s%s by %.1f %%", comma, names[i], fabs(percent(all[i].change.median)));
        comma = ", ";
    }
}

static void print_sum(const struct comparison *all, unsigned runs)
{
    unsigned better = count_of(all, BETTER), worse = count_of(all, WORSE);

    printf("\n");
    if (count_of(all, TOO_FEW) == FIGURES)
        printf("Too short to say anything.");
    else if (better == 0 && worse == 0)
        printf("No difference that is more than noise.");
    else if (better > 0 && worse > 0)
        printf("B is better in some and worse in other figures:");
    else
        printf("B is %s:", worse > 0 ? "worse" : "better");
    if (worse > 0)
        print_those(all, WORSE);
    if (worse > 0 && better > 0)
        printf("; but better:");
    if (better > 0)
        print_those(all, BETTER);
    printf("\n");
    if (runs < 2)
        printf(
            "(One run each: how much runs of one program differ among themselves is not "
            "in the bounds; --repeat 5 would show.)\n");
}

/* --- the command --- */

static int compare(const struct table *a, const struct table *b)
{
    struct comparison all[FIGURES];

    if (strcmp(a->load, b->load) != 0) {
        fprintf(
            stderr,
            "weft load compare: they were not asked for the same load:\n  A: %s\n  B: "
            "%s\n",
            a->load, b->load);
        return EXIT_USAGE;
    }
    printf("%s; %u run%s, %zu and %zu intervals\n\n", a->load, runs_of(a, b),
           runs_of(a, b) == 1 ? "" : "s", a->count, b->count);
    printf("%-11s %10s %10s %11s   by 99 %% between\n", "medians", "A", "B", "change");
    for (unsigned i = 0; i < FIGURES; i++) {
        if (compare_figure(a, b, (enum figure)i, &all[i]) < 0) {
            fprintf(stderr, "weft load compare: out of memory\n");
            return EXIT_USAGE;
        }
        print_figure((enum figure)i, &all[i]);
    }
    print_sum(all, runs_of(a, b));
    return count_of(all, WORSE) > 0 ? EXIT_WORSE : EXIT_NO_WORSE;
}

int compare_main(int argc, char **argv)
{
    struct table a, b;
    int code = EXIT_USAGE;

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(help, stdout);
        return EXIT_NO_WORSE;
    }
    if (argc != 3) {
        fprintf(stderr, "weft load compare: give two files that weft load --csv has "
                        "written; see weft load compare --help\n");
        return EXIT_USAGE;
    }
    if (table_read(argv[1], &a) < 0)
        return EXIT_USAGE;
    if (table_read(argv[2], &b) == 0) {
        code = compare(&a, &b);
        table_done(&b);
    }
    table_done(&a);
    return code;
}
