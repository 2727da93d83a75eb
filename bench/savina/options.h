/* options.h: what `weft bench savina` is asked to do. */
#ifndef WEFT_BENCH_SAVINA_OPTIONS_H
#define WEFT_BENCH_SAVINA_OPTIONS_H

#include "bench/savina/savina.h"
#include "bench/words.h"

#define SAVINA_ITERATIONS     12u /* the suite's */
#define SAVINA_ITERATIONS_MAX 99u
#define SAVINA_CHOSEN_MAX     32u

enum savina_task { SAVINA_SERIES, SAVINA_ALONE, SAVINA_LIST, SAVINA_HELP };
enum savina_format { SAVINA_TABLE, SAVINA_JSON, SAVINA_CSV };

struct savina_options {
    enum savina_task task;
    enum savina_format format;
    bool smoke;
    bool pin;
    bool quiet;
    double scale;
    unsigned iterations;
    unsigned workers[WORDS_WORKERS_MAX];
    unsigned workers_count;
    const struct savina *chosen[SAVINA_CHOSEN_MAX];
    unsigned chosen_count;
};

/* Reads the arguments; argv[0] is the word "savina".
 * @options  fills
 * Returns 0, or -1 after it has said on stderr what is wrong and what to do. */
int savina_options_parse(int argc, char **argv, struct savina_options *options);

#endif
