/* baseline.h: `weft bench --baseline`: have messages become more expensive? */
#ifndef WEFT_BENCH_BASELINE_H
#define WEFT_BENCH_BASELINE_H

#include <stdbool.h>

/* Do the arguments ask for it? */
bool baseline_wanted(int argc, char **argv);

/* argv[0] is the word "bench". Returns the exit code. */
int baseline_main(int argc, char **argv);

#endif
