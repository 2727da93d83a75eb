/* options.h: what `weft bench` is asked to do. */
#ifndef WEFT_BENCH_OPTIONS_H
#define WEFT_BENCH_OPTIONS_H

#include <stdbool.h>

#include "bench/bench.h"
#include "bench/words.h"

#define OPTIONS_WORKERS_MAX   WORDS_WORKERS_MAX
#define OPTIONS_REPEAT_MAX    99u /* runs of one workload on one number of workers */
#define OPTIONS_WORKLOADS_MAX BENCH_WORKLOADS_COUNT /* workloads of a series */

enum options_task { OPTIONS_SERIES, OPTIONS_CONTRACT, OPTIONS_LIST, OPTIONS_HELP };
enum options_format { OPTIONS_TABLE, OPTIONS_JSON, OPTIONS_CSV };

struct bench_options {
    enum options_task task;
    enum options_format format;
    bool pin;
    bool quiet;
    bool smoke;
    bool figures;
    double scale;
    unsigned repeat;
    unsigned workers[OPTIONS_WORKERS_MAX];
    unsigned workers_count;
    const struct workload *workloads[OPTIONS_WORKLOADS_MAX];
    unsigned workloads_count;
    struct bench_size size; /* of --contract */
};

/* Reads the arguments; argv[0] is the word "bench".
 * @options  fills
 * Returns 0, or -1 after it has said on stderr what is wrong and what to do. */
int options_parse(int argc, char **argv, struct bench_options *options);

/* The N and M of a workload in a series. */
struct bench_size options_size(const struct bench_options *options,
                               const struct workload *workload);

#endif
