/* tools/load/options.c: reads the arguments of `weft load`. Each mistake is answered by a
 * sentence that says what would be right. */
#include "tools/load/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/load/replay.h"
#include "tools/load/words.h"

#define USUAL_RATE     10000
#define USUAL_DURATION WEFT_SEC(10)
#define USUAL_WARMUP   WEFT_SEC(1)
#define USUAL_ACTORS   8u
#define RATE_MAX       1e8
#define DURATION_MAX_S 86400.0
#define INTERVALS_MAX  100000u

/* What was given in words, and is not to be filled in. */
struct given {
    bool rate, to, period, steps, arrivals, warmup, duration, actors, random, backlog,
        spin;
};

__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("weft load: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    return -1;
}

/* --- names --- */

static const char *const topologies[] = {"1:1", "1:N", "N:1", "N:N", "pipeline", "tree"};
static const char *const patterns[] = {"constant", "burst", "ramp", "wave", "step"};

#define COUNT(names) (sizeof(names) / sizeof *(names))

const char *topology_name(enum topology topology)
{
    return topologies[topology];
}

/* The place of a word among names, or -1 after it has said what there is. */
static int read_name(const char *option, const char *word, const char *const *names,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], word) == 0)
            return (int)i;
    }
    fprintf(stderr, "weft load: %s %s: give one of", option, word);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", names[i]);
    fputs("\n", stderr);
    return -1;
}

/* --- values --- */

static int read_rate(const char *option, const char *text, double least, double *rate)
{
    return words_read_number(text, least, RATE_MAX, rate)
               ? 0
               : wrong("%s %s: give messages in a second, such as 5000, 20k or 1.5M",
                       option, text);
}

static int read_time(const char *option, const char *text, double least_s, uint64_t *ns)
{
    return words_read_time(text, least_s, DURATION_MAX_S, ns)
               ? 0
               : wrong("%s %s: give a time of at most a day, such as 10s, 500ms or 2m",
                       option, text);
}

static int read_unsigned(const char *option, const char *text, unsigned least,
                         unsigned most, unsigned *value)
{
    uint64_t count;

    if (!words_read_count(text, least, most, &count))
        return wrong("%s %s: give a whole number from %u to %u", option, text, least,
                     most);
    *value = (unsigned)count;
    return 0;
}

static int read_size(const char *text, struct load_options *options)
{
    uint64_t size;

    if (!words_read_count(text, LOAD_SIZE_MIN, LOAD_SIZE_MAX, &size))
        return wrong("--size %s: give whole bytes from %u to 64K", text, LOAD_SIZE_MIN);
    options->bench.message_size = size;
    return 0;
}

static int read_backlog(const char *text, struct load_options *options)
{
    double most;

    if (!words_read_number(text, 1, 1e9, &most))
        return wrong(
            "--backlog %s: give how many messages may be under way, such as 100k", text);
    options->bench.backlog_max = (uint64_t)most;
    return 0;
}

static int read_seed(const char *text, struct load_options *options)
{
    double seed;

    if (!words_read_number(text, 0, 1e15, &seed))
        return wrong("--seed %s: give a whole number", text);
    options->bench.arrivals.seed = (uint64_t)seed;
    return 0;
}

/* --- the options --- */

enum option_code {
    OPTION_ARRIVALS = 1,
    OPTION_RATE,
    OPTION_TO,
    OPTION_PERIOD,
    OPTION_STEPS,
    OPTION_REPLAY,
    OPTION_POISSON,
    OPTION_SEED,
    OPTION_CLIENTS,
    OPTION_BACKLOG,
    OPTION_SPIN,
    OPTION_TOPOLOGY,
    OPTION_ACTORS,
    OPTION_SIZE,
    OPTION_DURATION,
    OPTION_WARMUP,
    OPTION_INTERVAL,
    OPTION_WORKERS,
    OPTION_REPEAT,
    OPTION_CSV,
    OPTION_JSON,
    OPTION_HTML,
    OPTION_QUIET,
    OPTION_HELP = 'h'
};

static const struct option long_options[] = {
    {"arrivals", required_argument, NULL, OPTION_ARRIVALS},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"to", required_argument, NULL, OPTION_TO},
    {"period", required_argument, NULL, OPTION_PERIOD},
    {"steps", required_argument, NULL, OPTION_STEPS},
    {"replay", required_argument, NULL, OPTION_REPLAY},
    {"poisson", no_argument, NULL, OPTION_POISSON},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"clients", required_argument, NULL, OPTION_CLIENTS},
    {"backlog", required_argument, NULL, OPTION_BACKLOG},
    {"spin", no_argument, NULL, OPTION_SPIN},
    {"topology", required_argument, NULL, OPTION_TOPOLOGY},
    {"actors", required_argument, NULL, OPTION_ACTORS},
    {"size", required_argument, NULL, OPTION_SIZE},
    {"duration", required_argument, NULL, OPTION_DURATION},
    {"warmup", required_argument, NULL, OPTION_WARMUP},
    {"interval", required_argument, NULL, OPTION_INTERVAL},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"repeat", required_argument, NULL, OPTION_REPEAT},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"json", required_argument, NULL, OPTION_JSON},
    {"html", required_argument, NULL, OPTION_HTML},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int apply_arrivals(const char *word, struct load_options *options)
{
    int pattern = read_name("--arrivals", word, patterns, COUNT(patterns));

    if (pattern < 0)
        return -1;
    options->bench.arrivals.pattern = (enum weft_pattern)pattern;
    return 0;
}

static int apply_topology(const char *word, struct load_options *options)
{
    int topology = read_name("--topology", word, topologies, COUNT(topologies));

    if (topology < 0)
        return -1;
    options->topology = (enum topology)topology;
    return 0;
}

/* What says when messages come. */
static int apply_load(int option, struct given *given, struct load_options *options)
{
    weft_arrivals *arrivals = &options->bench.arrivals;

    switch (option) {
    case OPTION_ARRIVALS:
        given->arrivals = true;
        return apply_arrivals(optarg, options);
    case OPTION_RATE:
        given->rate = true;
        return read_rate("--rate", optarg, 0, &arrivals->rate);
    case OPTION_TO:
        given->to = true;
        return read_rate("--to", optarg, 0, &arrivals->rate_to);
    case OPTION_PERIOD:
        given->period = true;
        return read_time("--period", optarg, 1e-6, &arrivals->period_ns);
    case OPTION_STEPS:
        given->steps = true;
        return read_unsigned("--steps", optarg, 2, 1000, &arrivals->steps);
    case OPTION_REPLAY:
        options->replay = optarg;
        return 0;
    case OPTION_POISSON:
        given->random = arrivals->random = true;
        return 0;
    case OPTION_SEED:
        return read_seed(optarg, options);
    case OPTION_CLIENTS:
        return read_unsigned("--clients", optarg, 1, LOAD_CLIENTS_MAX,
                             &options->bench.clients);
    case OPTION_BACKLOG:
        given->backlog = true;
        return read_backlog(optarg, options);
    default:
        given->spin = options->bench.spin = true;
        return 0;
    }
}

/* What says on whom, for how long, and where to. */
static int apply(int option, struct given *given, struct load_options *options)
{
    switch (option) {
    case OPTION_TOPOLOGY:
        return apply_topology(optarg, options);
    case OPTION_ACTORS:
        given->actors = true;
        return read_unsigned("--actors", optarg, 1, LOAD_ACTORS_MAX, &options->actors);
    case OPTION_SIZE:
        return read_size(optarg, options);
    case OPTION_DURATION:
        given->duration = true;
        return read_time("--duration", optarg, 0.001, &options->bench.duration_ns);
    case OPTION_WARMUP:
        given->warmup = true;
        return read_time("--warmup", optarg, 0, &options->bench.warmup_ns);
    case OPTION_INTERVAL:
        return read_time("--interval", optarg, 0.001, &options->bench.interval_ns);
    case OPTION_WORKERS:
        return read_unsigned("--workers", optarg, 1, WEFT_WORKERS_MAX, &options->workers);
    case OPTION_REPEAT:
        return read_unsigned("--repeat", optarg, 1, LOAD_REPEAT_MAX, &options->repeat);
    case OPTION_CSV:
        options->csv = optarg;
        return 0;
    case OPTION_JSON:
        options->json = optarg;
        return 0;
    case OPTION_HTML:
        options->html = optarg;
        return 0;
    case OPTION_QUIET:
        options->quiet = true;
        return 0;
    case OPTION_HELP:
        options->help = true;
        return 0;
    default:
        return apply_load(option, given, options);
    }
}

/* --- what goes together --- */

static bool timed(const struct given *given)
{
    return given->rate || given->to || given->period || given->steps || given->arrivals ||
           given->random;
}

static int check_loop(const struct given *given, const struct load_options *options)
{
    bool closed = options->bench.clients > 0;

    if (closed && (timed(given) || options->replay != NULL))
        return wrong("--clients is a closed loop: each client waits for its last answer, "
                     "so leave --rate and what else says when messages come out");
    if (closed && (given->backlog || given->spin))
        return wrong("--clients is a closed loop: leave --backlog and --spin out");
    if (options->replay != NULL && (timed(given) || given->warmup))
        return wrong("--replay says when messages come: leave --arrivals, --rate and the "
                     "like, --poisson and --warmup out");
    return 0;
}

static int check_pattern(const struct given *given, const struct load_options *options)
{
    enum weft_pattern pattern = options->bench.arrivals.pattern;
    bool two_rates = pattern == WEFT_RAMP || pattern == WEFT_WAVE || pattern == WEFT_STEP;

    if (given->to && !two_rates)
        return wrong("--to is the second rate of --arrivals ramp, wave and step");
    if (given->period && pattern != WEFT_BURST && pattern != WEFT_WAVE)
        return wrong("--period is for --arrivals burst and wave");
    if (given->steps && pattern != WEFT_STEP)
        return wrong("--steps is for --arrivals step");
    if (given->random && pattern == WEFT_BURST)
        return wrong("--poisson draws gaps at random: a burst has none");
    return 0;
}

static int check_sizes(const struct given *given, const struct load_options *options)
{
    const weft_bench_options *bench = &options->bench;
    bool dash[] = {options->csv && strcmp(options->csv, "-") == 0,
                   options->json && strcmp(options->json, "-") == 0,
                   options->html && strcmp(options->html, "-") == 0};

    if (given->actors && options->topology == ONE_TO_ONE)
        return wrong("--actors is the N of a topology: 1:1 has none");
    if (bench->interval_ns > bench->duration_ns ||
        (bench->interval_ns > 0 &&
         bench->duration_ns / bench->interval_ns > INTERVALS_MAX))
        return wrong("--interval: give at most the duration, and at least a %u-th of it",
                     INTERVALS_MAX);
    if (dash[0] + dash[1] + dash[2] > 1)
        return wrong("only one of --csv, --json and --html can go to stdout");
    return 0;
}

/* --- what was not said --- */

static void fill_in(const struct given *given, struct load_options *options)
{
    weft_arrivals *arrivals = &options->bench.arrivals;

    if (!given->rate)
        arrivals->rate = USUAL_RATE;
    if (!given->to && arrivals->pattern == WEFT_WAVE)
        arrivals->rate_to = 1.5 * arrivals->rate;
    else if (!given->to)
        arrivals->rate_to = 10 * arrivals->rate;
    if (options->replay != NULL)
        options->bench.warmup_ns = 0;
}

/* A replay lasts as long as its file, if it is not told. */
static int fill_in_replay(const struct given *given, struct load_options *options)
{
    weft_arrivals *arrivals = &options->bench.arrivals;
    size_t count;

    if (options->replay == NULL)
        return 0;
    if (replay_read(options->replay, &options->times_ns, &count) < 0)
        return -1;
    arrivals->pattern = WEFT_REPLAY;
    arrivals->times_ns = options->times_ns;
    arrivals->times = count;
    if (!given->duration)
        options->bench.duration_ns = options->times_ns[count - 1] + WEFT_MS(1);
    return 0;
}

/* The last word is the library's. */
static int check_plan(const struct load_options *options)
{
    weft_arrivals arrivals = options->bench.arrivals;
    weft_schedule schedule;

    arrivals.duration_ns = options->bench.duration_ns;
    if (options->bench.clients > 0 || weft_schedule_init(&schedule, &arrivals) == 0)
        return 0;
    if (arrivals.pattern == WEFT_WAVE)
        return wrong(
            "a wave swings around --rate: give --to, its crest, from once to twice "
            "that");
    if (arrivals.pattern == WEFT_BURST)
        return wrong(
            "a burst has --rate times --period messages: that must be 1 at least");
    return wrong("--rate and --to: give rates above 0");
}

static int check(const struct given *given, struct load_options *options)
{
    if (check_loop(given, options) < 0 || check_pattern(given, options) < 0)
        return -1;
    fill_in(given, options);
    if (fill_in_replay(given, options) < 0)
        return -1;
    if (check_sizes(given, options) == 0 && check_plan(options) == 0)
        return 0;
    load_options_done(options);
    return -1;
}

static void set_usual(struct load_options *options)
{
    *options = (struct load_options){.actors = USUAL_ACTORS, .repeat = 1};
    weft_bench_options_init(&options->bench);
    options->bench.message_size = LOAD_SIZE_MIN;
    options->bench.duration_ns = USUAL_DURATION;
    options->bench.warmup_ns = USUAL_WARMUP;
}

int load_options_parse(int argc, char **argv, struct load_options *options)
{
    struct given given = {0};
    int option;

    set_usual(options);
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (option == ':')
            return wrong("%s needs a value; see weft load --help", argv[optind - 1]);
        if (option == '?')
            return wrong("there is no option %s; see weft load --help", argv[optind - 1]);
        if (apply(option, &given, options) < 0)
            return -1;
    }
    if (options->help)
        return 0;
    if (optind < argc)
        return wrong("what is '%s'? See weft load --help", argv[optind]);
    return check(&given, options);
}

void load_options_done(struct load_options *options)
{
    free(options->times_ns);
    options->times_ns = NULL;
}

/* --- in words --- */

/* When messages come. */
static void arrivals_text(const struct load_options *options, char *text, size_t size)
{
    const weft_arrivals *a = &options->bench.arrivals;
    double period_s = a->period_ns > 0 ? (double)a->period_ns / 1e9 : 1;

    if (options->bench.clients > 0)
        snprintf(text, size, "closed loop of %u", options->bench.clients);
    else if (a->pattern == WEFT_REPLAY)
        snprintf(text, size, "replay of %zu", a->times);
    else if (a->pattern == WEFT_CONSTANT)
        snprintf(text, size, "constant %g/s", a->rate);
    else if (a->pattern == WEFT_BURST)
        snprintf(text, size, "burst of %g every %g s", a->rate * period_s, period_s);
    else if (a->pattern == WEFT_WAVE)
        snprintf(text, size, "wave %g to %g/s every %g s", 2 * a->rate - a->rate_to,
                 a->rate_to, period_s);
    else if (a->pattern == WEFT_STEP)
        snprintf(text, size, "%u steps %g to %g/s", a->steps > 0 ? a->steps : 5, a->rate,
                 a->rate_to);
    else
        snprintf(text, size, "ramp %g to %g/s", a->rate, a->rate_to);
}

const char *load_options_text(const struct load_options *options, char *text)
{
    char when[80], actors[20] = "";

    arrivals_text(options, when, sizeof when);
    if (options->topology != ONE_TO_ONE)
        snprintf(actors, sizeof actors, " of %u", options->actors);
    snprintf(text, LOAD_TEXT, "%s%s; %s%s; %zu B; %g s", when,
             options->bench.arrivals.random ? " at random" : "",
             topology_name(options->topology), actors, options->bench.message_size,
             (double)options->bench.duration_ns / 1e9);
    return text;
}
