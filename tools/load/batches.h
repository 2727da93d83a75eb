/* tools/load/batches.h: how sure one can be of a median. */
#ifndef WEFT_TOOLS_LOAD_BATCHES_H
#define WEFT_TOOLS_LOAD_BATCHES_H

#include <stddef.h>

#define BATCHES          6u
#define BATCHES_RUNS_MIN 3u /* from so many on runs are compared with each other */
#define BATCHES_RUNS_MAX 99u

/* Figures of several runs, one behind the other, in the order of time. */
struct sample {
    double *values;
    size_t *begins; /* where each run begins; runs + 1 of them */
    size_t runs;    /* at most BATCHES_RUNS_MAX */
};

struct estimate {
    double median;
    double low, high; /* between which it lies by 99 % */
};

/* @sample  at least BATCHES values; each run has one. Sorts within batches. */
struct estimate batches_estimate(struct sample *sample);

/* The median. Sorts the values. 0 if there are none. */
double batches_median(double *values, size_t count);

#endif
