/* run.c: one run of one workload in this process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

/* What lies between the two is what `weft bench --baseline` has counted. */
#if __has_include(<valgrind/callgrind.h>)
#    include <valgrind/callgrind.h>
#    define COUNT_FROM_HERE() CALLGRIND_TOGGLE_COLLECT
#    define COUNT_TO_HERE()   CALLGRIND_TOGGLE_COLLECT
#else
#    define COUNT_FROM_HERE() ((void)0)
#    define COUNT_TO_HERE()   ((void)0)
#endif

#define END_WITHIN WEFT_SEC(60)

void bench_begin(struct bench_run *run)
{
    run->began_ns = bench_now();
    COUNT_FROM_HERE();
}

void bench_end(struct bench_run *run)
{
    COUNT_TO_HERE();
    run->ended_ns = bench_now();
}

void bench_result(weft_self *self, struct bench_run *run, uint64_t ops, bool right)
{
    run->ops = ops;
    run->right = right;
    weft_exit(self, 0);
}

void *bench_share(weft_self *self, struct bench_run *run, size_t count, size_t size)
{
    run->shared = calloc(count, size);
    if (run->shared == NULL)
        weft_exit(self, -WEFT_ENOMEM);
    return run->shared;
}

static int failed(const struct workload *workload, const char *why)
{
    fprintf(stderr, "weft bench: %s: %s\n", workload->name, why);
    return -1;
}

/* Sends the driver off and waits until it, or whoever could not go on, ends the run.
 * Returns 0 or an error code. */
static int drive(const struct workload *workload, weft_runtime *rt, struct bench_run *run)
{
    weft_pid driver;
    int code = weft_rt_spawn(rt, workload->driver, &run, &driver);

    if (code < 0)
        return code;
    code = weft_rt_cast_word(rt, driver, 0, 0);
    if (code < 0)
        return code;
    if (workload->outside != NULL)
        workload->outside(rt, driver, run);
    return -weft_run(rt);
}

static uint64_t dead_letters(const weft_stats *stats)
{
    uint64_t dead = 0;

    for (int i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        dead += stats->dead[i];
    return dead;
}

/* Mail that is left over dies a little later than its actor. */
static void read_stats(const weft_runtime *rt, const struct bench_run *run,
                       weft_stats *stats)
{
    uint64_t until = bench_now() + END_WITHIN;

    do
        weft_stats_read(rt, stats);
    while (run->messages > 0 &&
           stats->handled + dead_letters(stats) < run->messages + run->dead &&
           bench_now() < until);
}

/* Ends all actors and takes the runtime down. Returns 0 and what it has counted, or an
 * error code. */
static int conclude(weft_runtime *rt, const struct bench_run *run, weft_stats *stats)
{
    int code = weft_stop_all(rt, END_WITHIN);

    if (code < 0)
        return code;
    read_stats(rt, run, stats);
    return weft_finish(rt, END_WITHIN);
}

/* Compares what the actors have counted with what the runtime has. Returns what is wrong,
 * or NULL. */
static const char *judge(const struct bench_run *run, const weft_stats *stats)
{
    if (!run->right)
        return "WRONG RESULT: the actors' sums do not add up";
    if (stats->spawned != stats->ended)
        return "WRONG RESULT: not every actor that was made has ended";
    if (run->messages > 0 && stats->handled != run->messages)
        return "WRONG RESULT: more or fewer messages were handled than sent";
    if (run->messages > 0 && dead_letters(stats) != run->dead)
        return "WRONG RESULT: there are more or fewer dead letters than must be";
    return NULL;
}

int bench_measure(const struct workload *workload, unsigned workers, bool pin,
                  struct bench_run *run)
{
    weft_options options;
    weft_runtime *rt = NULL;
    weft_stats stats;
    const char *wrong;
    int code, ended;

    weft_options_init(&options);
    options.workers = workers;
    options.pin = pin;
    options.allocator = weft_jemalloc();
    code = weft_start(&rt, &options);
    if (code < 0)
        return failed(workload, weft_strerror(code));
    code = drive(workload, rt, run);
    ended = conclude(rt, run, &stats);
    if (code < 0 || ended < 0) /* what is shared stays: a step may still use it */
        return failed(workload, weft_strerror(code < 0 ? code : ended));
    free(run->shared);
    run->shared = NULL;
    wrong = judge(run, &stats);
    return wrong != NULL ? failed(workload, wrong) : 0;
}
