/* lib/bench/inside.h: a run, as the files of this folder see it. */
#ifndef WEFT_LIB_BENCH_INSIDE_H
#define WEFT_LIB_BENCH_INSIDE_H

#include <weft/bench.h>

#include "lib/bench/histogram.h"
#include "lib/bench/ledger.h"
#include "lib/bench/watch.h"

struct weft_bench {
    const weft_scenario *scenario;
    weft_bench_options options; /* with the defaults filled in */
    weft_bench_clock clock;
    bool own_clock;  /* the caller's */
    bool threadless; /* we run the actors */
    weft_runtime *rt;
    struct ledger *ledger;
    struct watch watch;
    weft_histogram *lag;
    uint64_t start_ns; /* by the clock */
    uint64_t end_ns;   /* of the load, since the start */
    uint64_t room;     /* so many may begin before the backlog is looked at again */
};

/* Nanoseconds since the run began. */
uint64_t bench_time(const weft_bench *bench);

/* Sleeps, by the run's clock. @at_ns  since the run began */
void bench_sleep_until(const weft_bench *bench, uint64_t at_ns);

/* Does an operation count, or does it belong to the warm-up? */
static inline bool bench_counts(const weft_bench *bench, weft_op op)
{
    return op >= bench->options.warmup_ns;
}

/* Puts the load on the scenario; returns when its time is over, with operations under way.
 * Returns 0 or an error code. */
int pace_load(weft_bench *bench);

/* Waits for them. */
void pace_drain(weft_bench *bench);

#endif
