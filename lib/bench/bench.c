/* lib/bench/bench.c: a run, from its options to its result. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/bench/inside.h"

#define DURATION    WEFT_SEC(5)
#define DRAIN       WEFT_SEC(5)
#define END         WEFT_SEC(60)
#define BACKLOG_MAX 1000000u
#define INTERVALS   50u

/* --- time --- */

static uint64_t real_now(void *context)
{
    struct timespec now;

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void real_sleep_until(void *context, uint64_t at_ns)
{
    struct timespec at = {.tv_sec = (time_t)(at_ns / 1000000000u),
                          .tv_nsec = (long)(at_ns % 1000000000u)};

    (void)context;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        continue;
}

static const weft_bench_clock real_clock = {real_now, real_sleep_until, NULL};

uint64_t bench_time(const weft_bench *bench)
{
    return bench->clock.now(bench->clock.context) - bench->start_ns;
}

void bench_sleep_until(const weft_bench *bench, uint64_t at_ns)
{
    bench->clock.sleep_until(bench->clock.context, bench->start_ns + at_ns);
}

/* --- options --- */

void weft_bench_options_init(weft_bench_options *options)
{
    *options = (weft_bench_options){
        .size = sizeof *options, .duration_ns = DURATION, .parts = 1};
}

static void fill_in(weft_bench_options *options)
{
    if (options->interval_ns == 0)
        options->interval_ns = options->duration_ns / INTERVALS;
    if (options->interval_ns == 0)
        options->interval_ns = 1;
    if (options->drain_ns == 0)
        options->drain_ns = DRAIN;
    if (options->backlog_max == 0)
        options->backlog_max = BACKLOG_MAX;
    if (options->parts == 0)
        options->parts = 1;
    options->arrivals.duration_ns = options->duration_ns;
}

static bool makes_sense(const weft_scenario *scenario, const weft_bench_options *options)
{
    weft_schedule schedule;

    if (scenario->run == NULL || options->duration_ns == 0 ||
        options->duration_ns / options->interval_ns > UINT32_MAX ||
        options->duration_ns + options->warmup_ns >= UINT64_C(1) << WEFT_OP_BITS)
        return false;
    return options->clients > 0 || weft_schedule_init(&schedule, &options->arrivals) == 0;
}

/* --- for scenarios --- */

void weft_bench_done(weft_bench *bench, weft_op op)
{
    uint64_t now_ns = bench_time(bench);

    ledger_done(bench->ledger, now_ns > op ? now_ns - op : 0, now_ns,
                bench_counts(bench, op));
}

void weft_bench_failed(weft_bench *bench, weft_op op)
{
    ledger_failed(bench->ledger, 1, bench_counts(bench, op));
}

bool weft_bench_next(weft_bench *bench, weft_op *ret_op)
{
    weft_op op = bench_time(bench);

    if (op >= bench->end_ns)
        return false;
    ledger_begun(bench->ledger, bench->options.parts, bench_counts(bench, op));
    *ret_op = op;
    return true;
}

weft_runtime *weft_bench_runtime(const weft_bench *bench)
{
    return bench->rt;
}

const weft_bench_options *weft_bench_options_of(const weft_bench *bench)
{
    return &bench->options;
}

/* --- results --- */

/* Reads the counters. Nobody writes them any more. */
static void read_result(weft_bench *bench, weft_bench_result *result)
{
    const weft_bench_options *options = &bench->options;
    struct ledger_sums sums;
    uint64_t over;

    ledger_read(bench->ledger, &sums, result->latency);
    result->begun = sums.begun;
    result->failed = sums.failed;
    result->done = weft_histogram_count(result->latency);
    over = result->done + result->failed;
    result->unfinished = over < sums.begun ? sums.begun - over : 0;
    result->right = result->right && over <= sums.begun;
    result->span_ns = options->duration_ns;
    if (sums.last_ns > options->warmup_ns + options->duration_ns)
        result->span_ns = sums.last_ns - options->warmup_ns;
    result->rate = (double)result->done * 1e9 / (double)result->span_ns;
    result->bytes_per_s = result->rate * (double)options->message_size;
    result->interval_count = bench->watch.count;
}

/* Lets the result have what the run made for it. */
static void hand_over(weft_bench *bench, weft_bench_result *result)
{
    result->lag = bench->lag;
    bench->lag = NULL;
    result->intervals = bench->watch.intervals;
    bench->watch.intervals = NULL;
}

void weft_bench_result_done(weft_bench_result *result)
{
    weft_histogram_destroy(result->latency);
    weft_histogram_destroy(result->lag);
    free(result->intervals);
    memset(result, 0, sizeof *result);
}

/* --- a run --- */

static int load(weft_bench *bench)
{
    int error;

    bench->start_ns = bench->clock.now(bench->clock.context);
    if (bench->own_clock)
        return pace_load(bench);
    error = watch_start(&bench->watch);
    if (error < 0)
        return error;
    error = pace_load(bench);
    watch_join(&bench->watch);
    return error;
}

static void count_messages(const weft_bench *bench, weft_bench_result *result)
{
    weft_stats stats;

    weft_stats_read(bench->rt, &stats);
    result->handled = stats.handled;
    for (int i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        result->dead += stats.dead[i];
}

static int run_in_runtime(weft_bench *bench, weft_bench_result *result)
{
    const weft_scenario *scenario = bench->scenario;
    void *context = bench->options.context;
    int error = scenario->setup != NULL ? scenario->setup(bench, context) : 0;

    if (error == 0)
        error = load(bench);
    if (error < 0)
        return error;
    pace_drain(bench);
    result->right = scenario->check == NULL || scenario->check(bench, context);
    count_messages(bench, result);
    return 0;
}

/* What a step that does not end may still use is kept then: WEFT_ETIMEDOUT. */
static int run_and_finish(weft_bench *bench, weft_bench_result *result)
{
    int error = weft_start(&bench->rt, bench->options.runtime), ended;

    if (error < 0)
        return error;
    error = run_in_runtime(bench, result);
    ended = weft_finish(bench->rt, END);
    if (ended < 0)
        return ended;
    if (bench->scenario->teardown != NULL)
        bench->scenario->teardown(bench->options.context);
    if (error == 0)
        read_result(bench, result);
    return error;
}

/* @workers  as the runtime's options say: 0 is one for each processor */
static unsigned writers_of(const weft_options *runtime)
{
    enum { PACE = 1, MANY = 16 };

    return runtime != NULL && runtime->workers > 0 ? runtime->workers + PACE : MANY;
}

static int make(weft_bench *bench, weft_bench_result *result)
{
    bench->ledger = ledger_create(writers_of(bench->options.runtime));
    bench->lag = weft_histogram_create();
    result->latency = weft_histogram_create();
    if (watch_init(&bench->watch, bench) < 0 || bench->ledger == NULL ||
        bench->lag == NULL || result->latency == NULL)
        return WEFT_ENOMEM;
    return WEFT_OK;
}

static void destroy(weft_bench *bench)
{
    watch_done(&bench->watch);
    ledger_destroy(bench->ledger);
    weft_histogram_destroy(bench->lag);
    free(bench);
}

static weft_bench *prepare(const weft_scenario *scenario,
                           const weft_bench_options *options)
{
    weft_bench *bench = calloc(1, sizeof *bench);

    if (bench == NULL)
        return NULL;
    bench->scenario = scenario;
    bench->options = *options;
    fill_in(&bench->options);
    bench->end_ns = options->warmup_ns + options->duration_ns;
    bench->own_clock = options->clock != NULL;
    bench->clock = bench->own_clock ? *options->clock : real_clock;
    bench->threadless = options->runtime != NULL && options->runtime->threadless;
    return bench;
}

int weft_bench_run(const weft_scenario *scenario, const weft_bench_options *options,
                   weft_bench_result *result)
{
    weft_bench *bench;
    int error;

    memset(result, 0, sizeof *result);
    if (options->size != sizeof *options)
        return WEFT_EINVAL;
    bench = prepare(scenario, options);
    if (bench == NULL)
        return WEFT_ENOMEM;
    error = makes_sense(scenario, &bench->options) ? make(bench, result) : WEFT_EINVAL;
    if (error == 0)
        error = run_and_finish(bench, result);
    if (error == 0)
        hand_over(bench, result);
    else
        weft_bench_result_done(result);
    if (error != WEFT_ETIMEDOUT)
        destroy(bench);
    return error;
}
