/* savina.h: what a benchmark of the Savina suite is, and what it is given.
 *
 * Savina (Imam and Sarkar, AGERE! 2014) is thirty small actor programs with parameters, and
 * rules for repeating and averaging. Here each is a file, named as the suite names it, written
 * as anybody would write it against <weft.h>. docs/savina.md says what is verified of each, and
 * what was decided where the suite leaves something open.
 *
 * The harness makes one actor, the root, and sends it one message. The root prepares what the
 * suite prepares outside its clock, starts the clock, spawns the others, stops the clock when
 * the last of them has told it that it is done, checks the result and says what came of it:
 *
 *     savina_begin(run);  ...  savina_end(run);  return savina_result(self, run, right);
 *
 * Its state begins with a struct savina_run *. */
#ifndef WEFT_BENCH_SAVINA_SAVINA_H
#define WEFT_BENCH_SAVINA_SAVINA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <weft.h>

#define SAVINA_PARAMS_MAX 6u
#define SAVINA_GO         0u /* the tag of the root's first message */

/* A parameter, by the name that the suite gives it, and how --scale F changes it: so that there
 * is F times as much work. */
struct savina_param {
    const char *name;
    uint64_t usual; /* the suite's default */
    uint64_t smoke; /* just enough to check the result */
    double power;   /* work grows with this power of it; 0: --scale does not change it */
    double base;    /* or by this factor with each one more; 0: not so */
    uint64_t multiple; /* it is a multiple of this; 0: any whole number */
    bool power_of_two;
};

/* One iteration: what is asked for, then what came of it. */
struct savina_run {
    uint64_t param[SAVINA_PARAMS_MAX];
    uint64_t began_ns;
    uint64_t ended_ns;
    uint64_t messages; /* that were handled, the root's own with them */
    bool right;        /* the result is what it has to be */
    struct savina_shared *shared;
};

struct savina {
    const char *name;
    const char *what; /* a line for --list */
    struct savina_param param[SAVINA_PARAMS_MAX];
    const weft_behavior *root;
    bool leaves_mail; /* a search that is over leaves messages behind */
};

/* All of them, in the suite's order: S(name) for each. */
/* clang-format off */
#define SAVINA_BENCHMARKS(S)                                                               \
    S(pingpong) S(count) S(fjthrput) S(fjcreate) S(threadring) S(chameneos) S(big)         \
    S(concdict) S(concsll) S(bndbuffer) S(philosopher) S(barber) S(cigsmok) S(logmap)      \
    S(banking) S(apsp) S(astar) S(nqueenk) S(recmatmul) S(quicksort) S(radixsort)          \
    S(filterbank) S(sieve) S(uct) S(facloc) S(trapezoid) S(piprecision) S(sor)             \
    S(bitonicsort) S(fib)
/* clang-format on */

#define SAVINA_EXTERN(name) extern const struct savina savina_##name;
SAVINA_BENCHMARKS(SAVINA_EXTERN)

/* The same as a list that ends with NULL. */
extern const struct savina *const savina_benchmarks[];

/* Returns NULL if there is none of that name. */
const struct savina *savina_find(const char *name);

/* --- for the benchmarks --- */

/* A root's behaviour, as WEFT_BEHAVIOR: its state's type, its first step, its hooks. */
#define SAVINA_ROOT(name, type, ...) \
    WEFT_BEHAVIOR(name, type, __VA_ARGS__, .args_size = sizeof(struct savina_run *))

void savina_begin(struct savina_run *run);
void savina_end(struct savina_run *run);

/* The iteration is over. Returns what the root returns: it stops. */
weft_next savina_result(weft_self *self, struct savina_run *run, bool right);

/* Memory, zeroed. Without any there is no result: ends the process if there is none.
 * Returns new: free. */
void *savina_alloc(size_t count, size_t size);

/* The same for what many actors use: it is freed when no step can run any more. Threads: the
 * root's. */
void *savina_share(struct savina_run *run, size_t count, size_t size);

/* Spawns. If that fails it ends the run with the error, and mail to the pid that it returns is
 * harmless. */
static inline weft_pid savina_spawn(weft_self *self, const weft_behavior *behavior,
                                    const void *args)
{
    weft_pid pid = WEFT_NOBODY;
    int code = weft_spawn(self, behavior, args, &pid);

    if (code < 0)
        weft_exit(self, -code);
    return pid;
}

/* A double as a message's word, and back. */
static inline uint64_t savina_word(double number)
{
    uint64_t word;

    memcpy(&word, &number, sizeof word);
    return word;
}

static inline double savina_number(uint64_t word)
{
    double number;

    memcpy(&number, &word, sizeof number);
    return number;
}

/* True if two sums are the same but for the order in which they were added up. */
static inline bool savina_close(double a, double b, double relative)
{
    double difference = a < b ? b - a : a - b;
    double size = b < 0 ? -b : b;

    return difference <= relative * size;
}

/* --- for the harness --- */

/* The parameters of an iteration.
 * @scale  times as much work as the suite's defaults; ignored if smoke
 * @param  fills: SAVINA_PARAMS_MAX numbers */
void savina_params(const struct savina *benchmark, double scale, bool smoke,
                   uint64_t *param);

/* Runs one iteration in a runtime of its own.
 * @options  borrows: of the runtime
 * @run      fills: param is set by the caller
 * Returns NULL, or what is wrong (static). Blocks: until it is over. */
const char *savina_measure(const struct savina *benchmark, const weft_options *options,
                           struct savina_run *run);

/* `weft bench savina`: arguments from the word savina on. Returns the exit code. */
int savina_main(int argc, char **argv);

#endif
