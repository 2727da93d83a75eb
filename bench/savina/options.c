/* options.c: reads the arguments of `weft bench savina`. */
#include "bench/savina/options.h"

#include <getopt.h>
#include <stdio.h>

#define SMOKE_ITERATIONS 2u /* the second shows what the first has left */

enum option_code {
    OPTION_WORKERS = 1,
    OPTION_SCALE,
    OPTION_ITERATIONS,
    OPTION_SMOKE,
    OPTION_NO_PIN,
    OPTION_JSON,
    OPTION_CSV,
    OPTION_QUIET,
    OPTION_LIST,
    OPTION_ALONE,
    OPTION_HELP = 'h'
};

static const struct option long_options[] = {
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"scale", required_argument, NULL, OPTION_SCALE},
    {"iterations", required_argument, NULL, OPTION_ITERATIONS},
    {"smoke", no_argument, NULL, OPTION_SMOKE},
    {"no-pin", no_argument, NULL, OPTION_NO_PIN},
    {"json", no_argument, NULL, OPTION_JSON},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"list", no_argument, NULL, OPTION_LIST},
    {"alone", no_argument, NULL, OPTION_ALONE},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int read_iterations(const char *text, struct savina_options *options)
{
    uint64_t count;

    if (!words_count(text, 1, SAVINA_ITERATIONS_MAX, &count))
        return words_wrong("--iterations %s: give a whole number from 1 to %u", text,
                           SAVINA_ITERATIONS_MAX);
    options->iterations = (unsigned)count;
    return 0;
}

static int add(const char *name, struct savina_options *options)
{
    const struct savina *benchmark = savina_find(name);

    if (benchmark == NULL)
        return words_wrong("there is no benchmark '%s'; weft bench savina --list shows "
                           "them all",
                           name);
    for (unsigned i = 0; i < options->chosen_count; i++) {
        if (options->chosen[i] == benchmark)
            return 0;
    }
    options->chosen[options->chosen_count++] = benchmark;
    return 0;
}

/* An option that takes no value. */
static void apply_flag(int option, struct savina_options *options)
{
    switch (option) {
    case OPTION_SMOKE:
        options->smoke = true;
        break;
    case OPTION_NO_PIN:
        options->pin = false;
        break;
    case OPTION_JSON:
        options->format = SAVINA_JSON;
        break;
    case OPTION_CSV:
        options->format = SAVINA_CSV;
        break;
    case OPTION_QUIET:
        options->quiet = true;
        break;
    case OPTION_LIST:
        options->task = SAVINA_LIST;
        break;
    case OPTION_ALONE:
        options->task = SAVINA_ALONE;
        break;
    default:
        options->task = SAVINA_HELP;
    }
}

static int apply(int option, char **argv, struct savina_options *options)
{
    switch (option) {
    case ':':
        return words_wrong("%s needs a value; see weft bench savina --help",
                           argv[optind - 1]);
    case '?':
        return words_wrong("there is no option %s; see weft bench savina --help",
                           argv[optind - 1]);
    case OPTION_WORKERS:
        return words_workers(optarg, options->workers, &options->workers_count);
    case OPTION_SCALE:
        return words_scale(optarg, &options->scale);
    case OPTION_ITERATIONS:
        return read_iterations(optarg, options);
    default:
        apply_flag(option, options);
        return 0;
    }
}

/* What was not said. */
static void fill_in(struct savina_options *options)
{
    if (options->iterations == 0)
        options->iterations = options->smoke ? SMOKE_ITERATIONS : SAVINA_ITERATIONS;
    if (options->workers_count == 0) {
        options->workers[options->workers_count++] = 1;
        options->workers[options->workers_count++] = 2;
    }
    if (options->chosen_count == 0) {
        while (savina_benchmarks[options->chosen_count] != NULL) {
            options->chosen[options->chosen_count] =
                savina_benchmarks[options->chosen_count];
            options->chosen_count++;
        }
    }
}

int savina_options_parse(int argc, char **argv, struct savina_options *options)
{
    int option;

    *options = (struct savina_options){.pin = true, .scale = 1};
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (apply(option, argv, options) < 0)
            return -1;
    }
    if (options->smoke && options->scale != 1)
        return words_wrong("--smoke has sizes of its own: leave --scale out");
    for (int i = optind; i < argc; i++) {
        if (add(argv[i], options) < 0)
            return -1;
    }
    fill_in(options);
    if (options->task == SAVINA_ALONE &&
        (options->chosen_count != 1 || options->workers_count != 1))
        return words_wrong("--alone takes one benchmark and one number of workers");
    return 0;
}
