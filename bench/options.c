/* options.c: reads the arguments of `weft bench`. Each mistake is answered by a sentence
 * that says what would be right. */
#include "bench/options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define USUAL_REPEAT   3u
#define FIGURES_REPEAT 5u
#define FIGURES_SCALE  10

/* What was given in words, and is not to be filled in. */
struct given {
    bool workers;
    bool repeat;
    bool scale;
};

static int read_repeat(const char *text, struct bench_options *options)
{
    uint64_t count;

    if (!words_count(text, 1, OPTIONS_REPEAT_MAX, &count))
        return words_wrong("--repeat %s: give a whole number from 1 to %u", text,
                           OPTIONS_REPEAT_MAX);
    options->repeat = (unsigned)count;
    return 0;
}

static const struct workload *read_workload(const char *name)
{
    const struct workload *workload = bench_find(name);

    if (workload == NULL) {
        fprintf(stderr, "weft bench: there is no workload '%s'. There are:", name);
        for (size_t i = 0; bench_workloads[i] != NULL; i++)
            fprintf(stderr, " %s", bench_workloads[i]->name);
        fprintf(stderr, ".\n");
    }
    return workload;
}

static int add_workload(const char *name, struct bench_options *options)
{
    const struct workload *workload = read_workload(name);

    if (workload == NULL)
        return -1;
    for (unsigned i = 0; i < options->workloads_count; i++) {
        if (options->workloads[i] == workload)
            return 0;
    }
    options->workloads[options->workloads_count++] = workload;
    return 0;
}

/* One of N and M of --contract. */
static int read_size(const struct workload *workload, char which, const char *text,
                     uint64_t least, uint64_t most, uint64_t *value)
{
    if (words_count(text, least, most, value))
        return 0;
    if (least == most)
        return words_wrong("--contract %s: %c is always %llu here: leave it out",
                           workload->name, which, (unsigned long long)least);
    return words_wrong("--contract %s: %c is '%s': give a whole number from %llu to %llu",
                       workload->name, which, text, (unsigned long long)least,
                       (unsigned long long)most);
}

/* WORKLOAD WORKERS [N [M]] */
static int read_contract(int count, char **words, struct bench_options *options)
{
    const struct workload *workload;
    uint64_t workers;

    if (count < 2 || count > 4)
        return words_wrong(
            "--contract takes WORKLOAD WORKERS [N [M]], such as: weft bench "
            "--contract ring 1 5000000 1000");
    workload = read_workload(words[0]);
    if (workload == NULL)
        return -1;
    if (!words_count(words[1], 1, WEFT_WORKERS_MAX, &workers))
        return words_wrong(
            "--contract %s: '%s' is no number of workers: give one from 1 to %u",
            words[0], words[1], WEFT_WORKERS_MAX);
    options->workloads[0] = workload;
    options->workloads_count = 1;
    options->workers[0] = (unsigned)workers;
    options->workers_count = 1;
    options->size = workload->usual;
    if (count > 2 && read_size(workload, 'N', words[2], workload->least.n,
                               workload->most.n, &options->size.n) < 0)
        return -1;
    if (count > 3 && read_size(workload, 'M', words[3], workload->least.m,
                               workload->most.m, &options->size.m) < 0)
        return -1;
    return 0;
}

/* What cannot be said together. */
static int check_together(const struct given *given, const struct bench_options *options)
{
    bool sized = given->workers || given->repeat || given->scale;

    if (options->task == OPTIONS_CONTRACT &&
        (sized || options->figures || options->smoke || options->format != OPTIONS_TABLE))
        return words_wrong(
            "--contract is one run with one line of output: leave the other "
            "options out, but for --no-pin");
    if (options->figures && options->smoke)
        return words_wrong(
            "--figures and --smoke are two different runs: give one of them");
    if (options->figures && sized)
        return words_wrong(
            "--figures is always the same run (1 and 2 workers, %u repeats, %d "
            "times the usual N): leave --workers, --repeat and --scale out",
            FIGURES_REPEAT, FIGURES_SCALE);
    if (options->smoke && given->scale)
        return words_wrong("--smoke has sizes of its own: leave --scale out");
    return 0;
}

/* What was not said. */
static void fill_in(const struct given *given, struct bench_options *options)
{
    if (options->figures) {
        options->repeat = FIGURES_REPEAT;
        options->scale = FIGURES_SCALE;
    } else if (!given->repeat) {
        options->repeat = options->smoke ? 1 : USUAL_REPEAT;
    }
    if (!given->workers) {
        options->workers[0] = 1;
        options->workers[1] = 2;
        options->workers_count = 2;
    }
    if (options->workloads_count == 0) {
        while (bench_workloads[options->workloads_count] != NULL) {
            options->workloads[options->workloads_count] =
                bench_workloads[options->workloads_count];
            options->workloads_count++;
        }
    }
}

enum option_code {
    OPTION_WORKERS = 1,
    OPTION_REPEAT,
    OPTION_SCALE,
    OPTION_FIGURES,
    OPTION_SMOKE,
    OPTION_NO_PIN,
    OPTION_JSON,
    OPTION_CSV,
    OPTION_QUIET,
    OPTION_LIST,
    OPTION_CONTRACT,
    OPTION_HELP = 'h'
};

static const struct option long_options[] = {
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"repeat", required_argument, NULL, OPTION_REPEAT},
    {"scale", required_argument, NULL, OPTION_SCALE},
    {"figures", no_argument, NULL, OPTION_FIGURES},
    {"smoke", no_argument, NULL, OPTION_SMOKE},
    {"no-pin", no_argument, NULL, OPTION_NO_PIN},
    {"json", no_argument, NULL, OPTION_JSON},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"list", no_argument, NULL, OPTION_LIST},
    {"contract", no_argument, NULL, OPTION_CONTRACT},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* An option that takes a value. */
static int apply_value(int option, struct given *given, struct bench_options *options)
{
    switch (option) {
    case OPTION_WORKERS:
        given->workers = true;
        return words_workers(optarg, options->workers, &options->workers_count);
    case OPTION_REPEAT:
        given->repeat = true;
        return read_repeat(optarg, options);
    default:
        given->scale = true;
        return words_scale(optarg, &options->scale);
    }
}

static int apply(int option, struct given *given, struct bench_options *options)
{
    switch (option) {
    case OPTION_WORKERS:
    case OPTION_REPEAT:
    case OPTION_SCALE:
        return apply_value(option, given, options);
    case OPTION_FIGURES:
        options->figures = true;
        return 0;
    case OPTION_SMOKE:
        options->smoke = true;
        return 0;
    case OPTION_NO_PIN:
        options->pin = false;
        return 0;
    case OPTION_JSON:
        options->format = OPTIONS_JSON;
        return 0;
    case OPTION_CSV:
        options->format = OPTIONS_CSV;
        return 0;
    case OPTION_QUIET:
        options->quiet = true;
        return 0;
    case OPTION_LIST:
        options->task = OPTIONS_LIST;
        return 0;
    case OPTION_CONTRACT:
        options->task = OPTIONS_CONTRACT;
        return 0;
    default:
        options->task = OPTIONS_HELP;
        return 0;
    }
}

int options_parse(int argc, char **argv, struct bench_options *options)
{
    struct given given = {0};
    int option;

    *options = (struct bench_options){.pin = true, .scale = 1};
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (option == ':')
            return words_wrong("%s needs a value; see weft bench --help",
                               argv[optind - 1]);
        if (option == '?')
            return words_wrong("there is no option %s; see weft bench --help",
                               argv[optind - 1]);
        if (apply(option, &given, options) < 0)
            return -1;
    }
    if (options->task == OPTIONS_HELP || options->task == OPTIONS_LIST)
        return 0;
    if (check_together(&given, options) < 0)
        return -1;
    if (options->task == OPTIONS_CONTRACT)
        return read_contract(argc - optind, argv + optind, options);
    for (int i = optind; i < argc; i++) {
        if (add_workload(argv[i], options) < 0)
            return -1;
    }
    fill_in(&given, options);
    return 0;
}

struct bench_size options_size(const struct bench_options *options,
                               const struct workload *workload)
{
    struct bench_size size = options->smoke ? workload->smoke : workload->usual;
    double n = round((double)size.n * options->scale);

    if (workload->fixed_size)
        return size;
    if (n < (double)workload->least.n)
        size.n = workload->least.n;
    else if (n > (double)workload->most.n)
        size.n = workload->most.n;
    else
        size.n = (uint64_t)n;
    return size;
}
