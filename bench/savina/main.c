/* main.c: `weft bench savina`, from its arguments to its exit code, as that of `weft bench`.
 *
 * A benchmark's iterations are run one after the other in a process of their own, each in a
 * runtime of its own. The process is this program again, with --alone. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "bench/savina/report.h"

enum exit_code { EXIT_RIGHT = 0, EXIT_WRONG = 1, EXIT_USAGE = 2 };

#define RUN_LIMIT_S 1200u /* for all iterations */
#define NUMBERS     3u    /* that a child is told in words */
#define ARGUMENTS   14u   /* of a child, with the NULL behind them */

static const char help[] =
    "usage: weft bench savina [OPTION...] [BENCHMARK...]\n"
    "\n"
    "Runs the thirty benchmarks of the Savina suite (or those named) with its "
    "parameters,\n"
    "12 iterations each, checks every result, and shows the suite's statistics. All of\n"
    "them take some minutes; docs/savina.md says more.\n"
    "\n"
    "  --list          say what the benchmarks exercise, and their parameters\n"
    "  --workers K     run on K workers; may be given several times, or as a list: "
    "1,2,4\n"
    "  --scale F       F times as much work as the suite's parameters: 0.1, 10\n"
    "  --iterations I  of each benchmark (12)\n"
    "  --smoke         each small and twice, to see that its result is right; takes\n"
    "                  some seconds\n"
    "  --no-pin        let the kernel move workers from processor to processor\n"
    "  --json          print the results as JSON\n"
    "  --csv           print the results as CSV\n"
    "  --quiet         print nothing but the results\n"
    "  --alone         run one benchmark on one number of workers in this process and\n"
    "                  print one line about it\n"
    "\n"
    "Exit code: 0; 1 if a benchmark had a wrong result or none; 2 if the arguments make\n"
    "no sense.\n";

static void print_list(void)
{
    for (size_t i = 0; savina_benchmarks[i] != NULL; i++) {
        const struct savina *benchmark = savina_benchmarks[i];

        printf("%-12s %s\n%12s", benchmark->name, benchmark->what, "");
        for (unsigned p = 0; p < SAVINA_PARAMS_MAX && benchmark->param[p].name != NULL;
             p++)
            printf(" %s=%llu", benchmark->param[p].name,
                   (unsigned long long)benchmark->param[p].usual);
        printf("\n");
    }
}

/* --- one benchmark in this process --- */

static void print_alone(const struct savina_options *options, uint64_t messages,
                        const uint64_t *ns)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    printf("impl=weft benchmark=%s workers=%u messages=%llu rss_kib=%ld ns=",
           options->chosen[0]->name, options->workers[0], (unsigned long long)messages,
           usage.ru_maxrss);
    for (unsigned i = 0; i < options->iterations; i++)
        printf("%s%llu", i > 0 ? "," : "", (unsigned long long)ns[i]);
    printf("\n");
}

static int run_alone(const struct savina_options *options)
{
    const struct savina *benchmark = options->chosen[0];
    struct savina_run run = {.messages = 0};
    uint64_t ns[SAVINA_ITERATIONS_MAX];
    weft_options runtime;

    weft_options_init(&runtime);
    runtime.workers = options->workers[0];
    runtime.pin = options->pin;
    runtime.allocator = weft_jemalloc();
    savina_params(benchmark, options->scale, options->smoke, run.param);
    for (unsigned i = 0; i < options->iterations; i++) {
        const char *wrong = savina_measure(benchmark, &runtime, &run);

        if (wrong != NULL) {
            fprintf(stderr, "weft bench savina: %s: %s\n", benchmark->name, wrong);
            return EXIT_WRONG;
        }
        ns[i] = run.ended_ns - run.began_ns;
    }
    print_alone(options, run.messages, ns);
    return EXIT_RIGHT;
}

/* --- many, each in a process of its own --- */

/* Reads "ns=1,2,3" as milliseconds. Returns how many there are. */
static unsigned read_times(const char *line, double *ms)
{
    const char *at = child_text(line, "ns");
    unsigned count = 0;

    while (at != NULL && count < SAVINA_ITERATIONS_MAX) {
        char *end;

        ms[count++] = strtod(at, &end) / 1e6;
        at = *end == ',' ? end + 1 : NULL;
    }
    return count;
}

static void run_child(const struct savina_options *options,
                      struct savina_outcome *outcome)
{
    char output[CHILD_OUTPUT], words[NUMBERS][24];
    const char *argv[ARGUMENTS] = {"weft",
                                   "bench",
                                   "savina",
                                   "--alone",
                                   "--workers",
                                   words[0],
                                   "--iterations",
                                   words[1],
                                   "--scale",
                                   words[2],
                                   outcome->benchmark->name};
    unsigned at = ARGUMENTS - 3;
    double ms[SAVINA_ITERATIONS_MAX];
    unsigned count;

    snprintf(words[0], sizeof words[0], "%u", outcome->workers);
    snprintf(words[1], sizeof words[1], "%u", options->iterations);
    snprintf(words[2], sizeof words[2], "%.9g", options->scale);
    if (options->smoke)
        argv[at++] = "--smoke";
    if (!options->pin)
        argv[at++] = "--no-pin";
    if (child_capture(argv, RUN_LIMIT_S, output, outcome->trouble) < 0)
        return;
    count = read_times(output, ms);
    if (count > 0)
        outcome->ms = statistics_of(ms, count);
    outcome->messages = child_value(output, "messages");
    outcome->rss_kib = child_value(output, "rss_kib");
}

static int run_series(const struct savina_options *options)
{
    bool wrong = false, first = true;

    savina_report_begin(options);
    for (unsigned i = 0; i < options->chosen_count; i++) {
        for (unsigned k = 0; k < options->workers_count; k++) {
            struct savina_outcome outcome = {.benchmark = options->chosen[i],
                                             .workers = options->workers[k]};

            run_child(options, &outcome);
            savina_report(options, &outcome, first);
            wrong = wrong || outcome.trouble[0] != '\0';
            first = false;
        }
    }
    savina_report_end(options);
    return wrong ? EXIT_WRONG : EXIT_RIGHT;
}

int savina_main(int argc, char **argv)
{
    struct savina_options options;

    if (savina_options_parse(argc, argv, &options) < 0)
        return EXIT_USAGE;
    switch (options.task) {
    case SAVINA_HELP:
        fputs(help, stdout);
        return EXIT_RIGHT;
    case SAVINA_LIST:
        print_list();
        return EXIT_RIGHT;
    case SAVINA_ALONE:
        return run_alone(&options);
    case SAVINA_SERIES:
        return run_series(&options);
    }
    return EXIT_USAGE;
}
