/* weft/bench.h: measuring a program of actors under load; in libweft-bench.a.
 *
 * A *scenario* is a program to be measured: what is set up, what one operation is, how to tell
 * that all was right. A run puts a load on it and measures how long operations take.
 *
 *   static int set_up(weft_bench *bench, void *context);                 spawns the actors
 *   static int ask(weft_bench *bench, void *context, weft_op op);        begins an operation:
 *       return weft_rt_cast_word(weft_bench_runtime(bench), server, TAG_GET, op);
 *   ... and where it is over, in a step or on any thread:
 *       weft_bench_done(bench, op);
 *
 *   static const weft_scenario scenario = {.name = "store", .setup = set_up, .run = ask};
 *
 *   weft_bench_options_init(&options);
 *   options.arrivals.rate = 10000;
 *   options.duration_ns = WEFT_SEC(5);
 *   error = weft_bench_run(&scenario, &options, &result);
 *
 * Open loop: operations are due at times that are planned (weft/arrivals.h), whatever becomes of
 * those before them, and latency is counted from when an operation was due. So a server that
 * stands still for a second shows in all operations that would have come in that second, and not
 * in the one that happened to be waiting (that mistake is called coordinated omission).
 *
 * Closed loop: so many clients each begin an operation when their last one is over; what the
 * system can do at most, but not how long it takes users who do not wait for each other. */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/arrivals.h>
#include <weft/error.h>
#include <weft/histogram.h>
#include <weft/runtime.h>
#include <weft/version.h>

typedef struct weft_bench weft_bench;

/* An operation under way: when it was due, in nanoseconds since the run began, warm-up included
 * (below 2^48). A word, to travel in the messages of the operation. */
typedef uint64_t weft_op;

#define WEFT_OP_BITS 48

/* A program to be measured. Static and constant; members that are not needed are NULL. */
typedef struct weft_scenario {
    const char *name;

    /* Makes what is needed, actors mostly. Returns 0 or an error code, which ends the run. */
    int (*setup)(weft_bench *bench, void *context);

    /* Begins one operation. In an open loop it is called for each arrival, on the thread of
     * weft_bench_run, which it holds up if it takes long (that counts as latency, as it should);
     * in a closed loop once for each client, whose next one actors begin with weft_bench_next.
     * Not NULL. Returns 0: somebody is going to call weft_bench_done or weft_bench_failed for
     * it; or an error code: it has failed. */
    int (*run)(weft_bench *bench, void *context, weft_op op);

    /* Was all right? Called when no operation is under way any more, or none ended for
     * options.drain_ns; actors still live. */
    bool (*check)(weft_bench *bench, void *context);

    /* Releases what setup made, behind the end of the runtime; also if setup has failed. */
    void (*teardown)(void *context);
} weft_scenario;

/* What happened between two moments of a run. */
typedef struct weft_bench_interval {
    uint64_t from_ns; /* since the end of the warm-up */
    uint64_t to_ns;
    uint64_t begun; /* operations that became due */
    uint64_t done;  /* operations that were over, in time or not */
    uint64_t failed;
    uint64_t backlog; /* under way at its end */
    uint64_t p50_ns;  /* latencies of those that were done */
    uint64_t p90_ns;
    uint64_t p99_ns;
    uint64_t p999_ns;
    uint64_t worst_ns;
} weft_bench_interval;

/* What a run came to; operations of the warm-up are in none of it. */
typedef struct weft_bench_result {
    bool right; /* check said so, and begun is the sum of done, failed and unfinished */
    uint64_t begun; /* operations that became due, times options.parts */
    uint64_t done;
    uint64_t failed;     /* run or an actor said so, or the backlog was full */
    uint64_t unfinished; /* nobody said anything in time */
    uint64_t dead;       /* dead letters of the runtime */
    uint64_t handled; /* messages of the runtime, those of setup, warm-up and check too */
    uint64_t span_ns; /* from the end of the warm-up to the last operation's end */
    double rate;      /* operations done in a second of it */
    double bytes_per_s;             /* the same times options.message_size */
    weft_histogram *latency;        /* from when they were due to when they were done */
    weft_histogram *lag;            /* of the load itself: how late it began them */
    weft_bench_interval *intervals; /* in order */
    size_t interval_count;
} weft_bench_result;

/* A clock of the caller's own, for tests: nothing is really waited for then. */
typedef struct weft_bench_clock {
    uint64_t (*now)(void *context); /* nanoseconds; on any thread; does not go back */
    void (*sleep_until)(void *context, uint64_t at_ns);
    void *context;
} weft_bench_clock;

/* How a run is to be. weft_bench_options_init() gives the defaults. */
typedef struct weft_bench_options {
    size_t size; /* sizeof(weft_bench_options) */

    /* Of the runtime; borrowed while the run lasts. NULL: the defaults. If it is threadless,
     * actors run on the thread of weft_bench_run, between arrivals. */
    const weft_options *runtime;

    uint64_t duration_ns; /* default: 5 s */
    /* Before that the same load, at its first rate, is not counted. Default: none. */
    uint64_t warmup_ns;
    uint64_t interval_ns; /* of result.intervals; 0: a fiftieth of the duration */
    uint64_t drain_ns;    /* how long to wait for operations at the end; 0: 5 s */

    /* Open loop: when operations are due; its duration is set by the run. */
    weft_arrivals arrivals;
    /* Closed loop: so many clients; arrivals is not looked at. 0: open loop. */
    unsigned clients;

    /* Open loop: with so many operations under way the next one fails. 0: 1,000,000. */
    uint64_t backlog_max;
    /* Open loop: between arrivals the thread of weft_bench_run does not sleep. Its lag is then
     * less than a microsecond instead of some ten, and a processor is busy with it. */
    bool spin;

    /* How many times each operation is reported done, if several actors do a part of it each;
     * each counts as one. 0: 1. */
    unsigned parts;
    size_t message_size; /* for result.bytes_per_s, and for the scenario to read */

    /* Is told each interval as it ends, on a thread of its own (with a clock of the caller's:
     * on the thread of weft_bench_run). May be NULL. @interval borrows. */
    void (*on_interval)(void *context, const weft_bench_interval *interval);
    void *context; /* given to on_interval and the scenario */

    const weft_bench_clock *clock; /* borrowed while the run lasts; NULL: the real one */
    uint64_t reserved[4];          /* 0 */
} weft_bench_options;

WEFT_BEGIN_DECLS

/* Fills in the defaults. @options fills. */
WEFT_API void weft_bench_options_init(weft_bench_options *options);

/* Sets a scenario up in a runtime of its own, puts the load on it, waits for what is under way,
 * checks, and takes all of it down.
 * @scenario  borrows while it lasts
 * @result    fills: on success; weft_bench_result_done releases it
 * Returns 0: there is a result, right or not.
 * Errors: WEFT_EINVAL, WEFT_ENOMEM, what setup returned, those of weft_start; WEFT_ETIMEDOUT:
 * some step did not return, and the runtime is still there.
 * Threads: any but workers.  Blocks: yes. */
WEFT_API WEFT_MUST_CHECK int weft_bench_run(const weft_scenario *scenario,
                                            const weft_bench_options *options,
                                            weft_bench_result *result);

/* Releases what a result owns. @result takes the contents; zeroed ones are allowed. */
WEFT_API void weft_bench_result_done(weft_bench_result *result);

/* --- for scenarios and their actors --- */

/* An operation is over, or a part of it. Threads: any.  Blocks: no. */
WEFT_API void weft_bench_done(weft_bench *bench, weft_op op);

/* The same for one that has failed: it has no latency. */
WEFT_API void weft_bench_failed(weft_bench *bench, weft_op op);

/* Closed loop: a client begins its next operation.
 * @ret_op  fills: if it returns true
 * Returns false when the time is over. Threads: any.  Blocks: no. */
WEFT_API bool weft_bench_next(weft_bench *bench, weft_op *ret_op);

/* The runtime. Returns borrowed: as long as the run. */
WEFT_API weft_runtime *weft_bench_runtime(const weft_bench *bench);

/* The run's options, with defaults filled in. Returns borrowed: as long as the run. */
WEFT_API const weft_bench_options *weft_bench_options_of(const weft_bench *bench);

WEFT_END_DECLS

#endif
