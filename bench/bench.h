/* bench.h: what a workload is, and what it is given.
 *
 * A workload is a program of actors, written as anybody would write it against <weft.h>.
 * One of them, the driver, is made by the harness and is sent one message. It spawns the
 * others, starts the clock before the first spawn and stops it when the last result has
 * arrived, checks the result, and says what came of it:
 *
 *     bench_begin(run);  ...  bench_end(run);  bench_result(self, run, ops, right);
 *
 * The numbers of a run live in a struct bench_run whose address is the beginning of every
 * driver's state. One process runs one workload once. */
#ifndef WEFT_BENCH_BENCH_H
#define WEFT_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weft.h>

#include "bench/clock.h"
#include "bench/delays.h"

/* How large a run is: N and M of the contract; M is 0 where a workload has none. */
struct bench_size {
    uint64_t n;
    uint64_t m;
};

/* One run: what is asked for, then what came of it. */
struct bench_run {
    struct bench_size size;
    uint64_t began_ns;
    uint64_t ended_ns;
    uint64_t ops;
    uint64_t actor_bytes; /* memory of one actor, where that is the question */
    struct delays delays; /* where delays are the question */
    uint64_t messages;    /* all that must have been handled, the driver's own with them;
                             0: nobody can say */
    uint64_t dead;        /* of messages: those that must have been left over */
    bool right;           /* the actors' own sums are what they have to be */
    void *shared;         /* memory that several actors use */
};

/* What a workload measures. */
enum bench_kind {
    BENCH_RATE,  /* operations in a second */
    BENCH_BYTES, /* bytes of an actor */
    BENCH_DELAY  /* how long messages are under way */
};

struct workload {
    const char *name;
    const char *what; /* a line for --list */
    const char *unit; /* one operation: "msg" */
    enum bench_kind kind;
    struct bench_size usual; /* the contract's defaults */
    struct bench_size smoke; /* just enough to check the result */
    struct bench_size least;
    struct bench_size most;
    bool fixed_size; /* N does not grow with --scale: it is a depth, or a time */

    /* The driver. Its state begins with a struct bench_run *, which are its args. */
    const weft_behavior *driver;

    /* What a thread outside the runtime does meanwhile, or NULL. */
    void (*outside)(weft_runtime *rt, weft_pid driver, const struct bench_run *run);
};

#define BENCH_N_MOST      UINT64_C(100000000000)
#define BENCH_ACTORS_MOST UINT64_C(16000000) /* alive at a time, by default */

/* All workloads, in the order in which they are run and shown: W(name) for each. */
/* clang-format off */
#define BENCH_WORKLOADS(W)                                                                \
    W(pingpong) W(ring) W(fanin) W(bounded) W(fanout) W(create) W(big) W(chameneos) W(skynet) \
    W(pairs) W(groups) W(phase) W(work250) W(work1000) W(cold) W(stages) W(idle)              \
    W(tree) W(restart) W(timer) W(timers) W(whereis) W(join) W(publish)                       \
    W(ask) W(askdue) W(askrun) W(askpark)                                                     \
    W(recast) W(bigstate) W(outside) W(c1m)                                                   \
    W(hog) W(bystander) W(wake) W(rtt) W(sim)
/* clang-format on */

#define BENCH_WORKLOAD_EXTERN(name) extern const struct workload wl_##name;
BENCH_WORKLOADS(BENCH_WORKLOAD_EXTERN)

#define BENCH_WORKLOAD_ONE(name) +1
enum { BENCH_WORKLOADS_COUNT = 0 BENCH_WORKLOADS(BENCH_WORKLOAD_ONE) };

/* The same as a list that ends with NULL. */
extern const struct workload *const bench_workloads[];

/* Returns NULL if there is none of that name. */
const struct workload *bench_find(const char *name);

/* --- for drivers and their actors --- */

void bench_begin(struct bench_run *run);
void bench_end(struct bench_run *run);

/* The run is over: lets the main thread report it. */
void bench_result(weft_self *self, struct bench_run *run, uint64_t ops, bool right);

/* Memory for count objects that several actors will share, zeroed. It is freed when no
 * step can run any more. Ends the run and returns NULL if there is none. Once a run. */
void *bench_share(weft_self *self, struct bench_run *run, size_t count, size_t size);

/* Spawns. If that fails it ends the run with the error, and mail to the pid that it
 * returns is harmless. */
static inline weft_pid bench_spawn(weft_self *self, const weft_behavior *behavior,
                                   const void *args)
{
    weft_pid pid = WEFT_NOBODY;
    int code = weft_spawn(self, behavior, args, &pid);

    if (code < 0)
        weft_exit(self, -code);
    return pid;
}

/* A small generator of numbers (xorshift), for choices inside an actor. The state must
 * not be 0. */
static inline uint64_t bench_random(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x;
}

/* A number from 0 to below - 1, evenly enough; below is less than 2^32. */
static inline uint64_t bench_random_below(uint64_t *state, uint64_t below)
{
    return ((bench_random(state) >> 32) * below) >> 32;
}

/* 0 + 1 + ... + (n - 1), modulo 2^64. */
static inline uint64_t bench_sum_below(uint64_t n)
{
    return n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n;
}

/* --- for the harness --- */

/* Runs a workload once, in this process.
 * @run  fills: size is set by the caller
 * Returns 0, or -1 after it has printed to stderr why there is no result. */
int bench_measure(const struct workload *workload, unsigned workers, bool pin,
                  struct bench_run *run);

/* `weft bench`: arguments after the word bench. Returns the exit code. */
int bench_main(int argc, char **argv);

#endif
