/* tools/load/main.c: `weft load`, from its arguments to its exit code: 0, or 1 if something
 * failed, got lost or was wrong, or 2 if it was asked for something that it does not know. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/load/actors.h"
#include "tools/load/compare.h"
#include "tools/load/live.h"
#include "tools/load/load.h"
#include "tools/load/report.h"

enum exit_code { EXIT_RIGHT = 0, EXIT_WRONG = 1, EXIT_USAGE = 2 };

static const char help[] =
    "usage: weft load [OPTION...]\n"
    "       weft load compare A.csv B.csv\n"
    "\n"
    "Sends messages between actors and measures how long they take. In an open loop "
    "(the\n"
    "usual one) they are due at planned times and wait for nobody, and latency is "
    "counted\n"
    "from when they were due: what stands still is seen by all that it kept waiting.\n"
    "\n"
    "When messages come:\n"
    "  --arrivals P    constant, burst, ramp, wave or step (constant)\n"
    "  --rate R        in a second (10k); of ramp and step where it begins\n"
    "  --to R          ramp, step: where it ends (10 times --rate); wave: its crest "
    "(1.5)\n"
    "  --period T      burst: all at once every T; wave: from crest to crest (1s)\n"
    "  --steps S       step: so many of the same length (5)\n"
    "  --poisson       at random, with the same mean; --seed N draws others\n"
    "  --replay FILE   at the times in a file: seconds from the beginning, one on a "
    "line\n"
    "  --clients N     closed loop instead: N clients that each wait for an answer, "
    "then\n"
    "                  send again at once\n"
    "  --backlog N     open loop: with N under way the next one fails (1M)\n"
    "  --spin          open loop: do not sleep between messages: less lag, a processor "
    "more\n"
    "\n"
    "Where they go:\n"
    "  --topology T    1:1, 1:N, N:1, N:N (to each in turn), pipeline of N, or tree with "
    "N\n"
    "                  leaves, to each of which every message gets (1:1)\n"
    "  --actors N      that N (8)\n"
    "  --size B        bytes of a message, 8 to 64K (8)\n"
    "  --workers K     threads that run actors (one for each processor)\n"
    "\n"
    "For how long, and what comes of it:\n"
    "  --duration T    (10s); before it --warmup T (1s) is not counted\n"
    "  --interval T    what is plotted and compared (a fiftieth of the duration)\n"
    "  --repeat R      so many runs, each in a new runtime (1)\n"
    "  --csv FILE      a line for each interval; - is stdout\n"
    "  --json FILE     everything\n"
    "  --html FILE     a page with plots\n"
    "  --quiet         no line about how it is going\n"
    "\n"
    "Rates may end in k or M, sizes in K, times in us, ms, s or m.\n"
    "\n"
    "Exit code: 0; 1 if a message failed, got lost or was wrong, or compare finds B "
    "worse;\n"
    "2 if the arguments make no sense.\n";

/* What the library hands to its callbacks: the scenario's context comes first. */
struct context {
    struct actors *actors;
    struct live live;
};

static void on_interval(void *context, const weft_bench_interval *interval)
{
    live_show(&((struct context *)context)->live, interval);
}

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "weft load: %s: %s\n", what, why);
    return -1;
}

/* --- runs --- */

static int run_once(const struct load_options *options, struct context *context,
                    weft_bench_result *result)
{
    weft_bench_options bench = options->bench;
    weft_options runtime;
    int error;

    weft_options_init(&runtime);
    runtime.workers = options->workers;
    runtime.allocator = weft_jemalloc();
    bench.runtime = &runtime;
    bench.parts = actors_parts(options);
    bench.on_interval = on_interval;
    bench.context = context;
    error = weft_bench_run(&actors_scenario, &bench, result);
    live_clear(&context->live);
    return error < 0 ? failed("the run", weft_strerror(error)) : 0;
}

static int run_all(struct outcome *outcome)
{
    const struct load_options *options = outcome->options;
    struct context context = {.actors = actors_create(options)};
    int result = context.actors != NULL ? 0 : failed("the run", "out of memory");
    bool to_stdout = !(options->csv != NULL && strcmp(options->csv, "-") == 0) &&
                     !(options->json != NULL && strcmp(options->json, "-") == 0) &&
                     !(options->html != NULL && strcmp(options->html, "-") == 0);

    live_init(&context.live, options);
    if (to_stdout && result == 0)
        report_head(options);
    for (unsigned i = 0; i < options->repeat && result == 0; i++) {
        context.live.run = i + 1;
        result = run_once(options, &context, &outcome->runs[i]);
        outcome->count += result == 0;
        if (result == 0 && to_stdout)
            report_run(&outcome->runs[i]);
        fflush(stdout);
    }
    actors_destroy(context.actors);
    return result;
}

/* --- files --- */

static int write_file(const char *path, const struct outcome *outcome,
                      void (*write)(FILE *out, const struct outcome *outcome))
{
    FILE *file;
    bool written;

    if (path == NULL)
        return 0;
    file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (file == NULL)
        return failed(path, strerror(errno));
    write(file, outcome);
    written = !ferror(file);
    if ((file == stdout ? fflush(file) : fclose(file)) != 0 || !written)
        return failed(path, strerror(errno));
    return 0;
}

static int write_files(struct outcome *outcome)
{
    const struct load_options *options = outcome->options;

    machine_identify(&outcome->machine);
    if (write_file(options->csv, outcome, report_load_csv) < 0 ||
        write_file(options->json, outcome, report_load_json) < 0 ||
        write_file(options->html, outcome, report_load_html) < 0)
        return -1;
    return 0;
}

static bool all_right(const struct outcome *outcome)
{
    bool right = outcome->count == outcome->options->repeat;

    for (unsigned i = 0; i < outcome->count; i++)
        right = right && outcome_is_right(&outcome->runs[i]);
    return right;
}

static int load(const struct load_options *options)
{
    static weft_bench_result runs[LOAD_REPEAT_MAX];
    static struct outcome outcome;
    bool right;

    outcome = (struct outcome){.options = options, .runs = runs};
    right = run_all(&outcome) == 0 && write_files(&outcome) == 0 && all_right(&outcome);
    for (unsigned i = 0; i < outcome.count; i++)
        weft_bench_result_done(&runs[i]);
    return right ? EXIT_RIGHT : EXIT_WRONG;
}

int load_main(int argc, char **argv)
{
    struct load_options options;
    int code;

    if (argc > 1 && strcmp(argv[1], "compare") == 0)
        return compare_main(argc - 1, argv + 1);
    if (load_options_parse(argc, argv, &options) < 0)
        return EXIT_USAGE;
    if (options.help) {
        fputs(help, stdout);
        return EXIT_RIGHT;
    }
    code = load(&options);
    load_options_done(&options);
    return code;
}
