/* statistics.h: what the suite says about the times of a benchmark's iterations. */
#ifndef WEFT_BENCH_SAVINA_STATISTICS_H
#define WEFT_BENCH_SAVINA_STATISTICS_H

#define STATISTICS_TOLERANCE 0.20 /* of the median: what is further from it is left out */

struct statistics {
    unsigned total; /* times that were given */
    unsigned kept;  /* those near the median, of which all that follows is said */
    double best;
    double worst;
    double median;
    double mean; /* arithmetic */
    double geometric_mean;
    double harmonic_mean;
    double deviation; /* standard, of a population */
    double low;       /* the mean lies between these two with a probability of 95 % */
    double high;
    double variation; /* deviation / mean */
    double skewness;
};

/* @times  changes: sorts them; count of them, all above 0, at least one */
struct statistics statistics_of(double *times, unsigned count);

#endif
