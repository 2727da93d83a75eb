/* child.h: a run in a process of its own, and the line it prints. */
#ifndef WEFT_BENCH_CHILD_H
#define WEFT_BENCH_CHILD_H

#include "bench/bench.h"

#define CHILD_TROUBLE 200u
#define CHILD_OUTPUT  4096u

/* What one run came to. */
struct child_figures {
    double ops;
    double seconds;
    double rate;
    double rss_kib;
    double p50_ns;
    double p99_ns;
    double worst_ns;
};

/* Prints the contract's line for a run in this process. */
void child_print(const struct workload *workload, unsigned workers,
                 const struct bench_run *run);

/* Runs a workload in a fresh process of this program.
 * @figures  fills: on success
 * @trouble  fills: CHILD_TROUBLE bytes, on failure: why there is no result
 * Returns 0 or -1. Blocks: until the process has ended. */
int child_run(const struct workload *workload, unsigned workers, struct bench_size size,
              bool pin, struct child_figures *figures, char *trouble);

/* Runs this program again with other arguments, in a fresh process, and reads what it prints.
 * @argv     borrows: argv[0] is its name, the last one is NULL
 * @limit_s  seconds; a run that takes longer has lost a message, and is ended
 * @output   fills: CHILD_OUTPUT bytes, a string
 * @trouble  fills: CHILD_TROUBLE bytes, on failure: why there is no result
 * Returns 0 or -1. Blocks: until the process has ended. */
int child_capture(const char *const *argv, unsigned limit_s, char *output, char *trouble);

/* What stands behind " key=" in a line, borrowed, NULL if there is no such; and as a number, 0
 * if there is none. */
const char *child_text(const char *line, const char *key);
double child_value(const char *line, const char *key);

#endif
