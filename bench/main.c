/* main.c: `weft bench`, from its arguments to its exit code: 0, or 1 if a result was
 * wrong or missing, or 2 if it was asked for something that it does not know. How fast
 * something was never changes the exit code. */
#include <stdio.h>
#include <string.h>

#include "bench/baseline.h"
#include "bench/child.h"
#include "bench/options.h"
#include "bench/report.h"
#include "bench/savina/savina.h"
#include "bench/series.h"
#include "bench/view.h"

enum exit_code { EXIT_RIGHT = 0, EXIT_WRONG = 1, EXIT_USAGE = 2 };

static const char help[] =
    "usage: weft bench [OPTION...] [WORKLOAD...]\n"
    "       weft bench [--no-pin] --contract WORKLOAD WORKERS [N [M]]\n"
    "       weft bench --baseline[=FILE] [--lower | --help]\n"
    "       weft bench savina ...   the Savina suite; weft bench savina --help says "
    "more\n"
    "\n"
    "Runs the workloads (all of them, if none is named) on 1 and on 2 workers, checks\n"
    "their results, and shows the medians of their rates, delays and memory. Each run "
    "is\n"
    "a process of its own. It takes about a minute.\n"
    "\n"
    "  --list        say what the workloads do\n"
    "  --workers K   run on K workers; may be given several times, or as a list: 1,2,4\n"
    "  --repeat R    run each R times (3) and take medians\n"
    "  --scale F     F times as many messages as usual: 0.1, 10\n"
    "  --figures     the run that the project's figures are stated for: 1 and 2 "
    "workers,\n"
    "                10 times the usual N, medians of 5, each beside its target; takes\n"
    "                some minutes\n"
    "  --smoke       each workload small and once, to see that its result is right;\n"
    "                takes some seconds\n"
    "  --no-pin      let the kernel move workers from processor to processor\n"
    "  --json        print the results as JSON\n"
    "  --csv         print the results as CSV\n"
    "  --quiet       print nothing but the results\n"
    "  --contract    run one workload once in this process and print one line about it\n"
    "  --baseline    compare instructions of an operation with those that are kept\n"
    "\n"
    "Exit code: 0; 1 if a workload had a wrong result or none; 2 if the arguments make\n"
    "no sense. No rate or delay changes it.\n";

static void print_list(void)
{
    printf("%-10s %12s %9s\n", "workload", "N", "M");
    for (size_t i = 0; bench_workloads[i] != NULL; i++) {
        const struct workload *workload = bench_workloads[i];

        printf("%-10s %12llu", workload->name, (unsigned long long)workload->usual.n);
        if (workload->usual.m > 0)
            printf(" %9llu", (unsigned long long)workload->usual.m);
        else
            printf(" %9s", "");
        printf("   %s\n", workload->what);
    }
}

static int run_contract(const struct bench_options *options)
{
    static struct bench_run run;

    run.size = options->size;
    if (bench_measure(options->workloads[0], options->workers[0], options->pin, &run) < 0)
        return EXIT_WRONG;
    child_print(options->workloads[0], options->workers[0], &run);
    return EXIT_RIGHT;
}

static int run_series(const struct bench_options *options)
{
    static struct series series;
    unsigned wrong;

    machine_measure(&series.machine);
    view_begin(options, &series.machine);
    wrong = series_run(&series, options, view_progress);
    if (options->format == OPTIONS_JSON)
        report_json(&series);
    else if (options->format == OPTIONS_CSV)
        report_csv(&series);
    else
        view_end(&series);
    view_trouble(&series);
    return wrong > 0 ? EXIT_WRONG : EXIT_RIGHT;
}

int bench_main(int argc, char **argv)
{
    struct bench_options options;

    if (argc > 1 && strcmp(argv[1], "savina") == 0)
        return savina_main(argc - 1, argv + 1);
    if (baseline_wanted(argc, argv))
        return baseline_main(argc, argv);
    if (options_parse(argc, argv, &options) < 0)
        return EXIT_USAGE;
    switch (options.task) {
    case OPTIONS_HELP:
        fputs(help, stdout);
        return EXIT_RIGHT;
    case OPTIONS_LIST:
        print_list();
        return EXIT_RIGHT;
    case OPTIONS_CONTRACT:
        return run_contract(&options);
    case OPTIONS_SERIES:
        return run_series(&options);
    }
    return EXIT_USAGE;
}
