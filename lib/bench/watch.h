/* lib/bench/watch.h: looks at a run now and then, and writes down what happened meanwhile. */
#ifndef WEFT_LIB_BENCH_WATCH_H
#define WEFT_LIB_BENCH_WATCH_H

#include <pthread.h>
#include <weft/bench.h>

#include "lib/bench/ledger.h"

struct watch {
    weft_bench *bench;
    weft_bench_interval *intervals;
    size_t count, room;
    uint64_t
        next_ns; /* when it is to look next, since the run began; WEFT_FOREVER: never */
    uint64_t since_ns;           /* ... and when it looked last */
    struct ledger_sums last;     /* what it saw then */
    weft_histogram *seen, *past; /* latencies until now, and until then */
    pthread_t thread;
};

/* Returns 0 or WEFT_ENOMEM; watch_done() in any case. */
int watch_init(struct watch *watch, weft_bench *bench);
void watch_done(struct watch *watch);

/* Looks, if it is time to. @now_ns  since the run began */
void watch_look(struct watch *watch, uint64_t now_ns);

/* A thread that looks when it is time to, and ends with the run's duration. Returns 0 or a
 * negated errno. */
int watch_start(struct watch *watch);
void watch_join(struct watch *watch);

#endif
