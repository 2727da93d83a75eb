/* targets.h: what the figures are to be. */
#ifndef WEFT_BENCH_TARGETS_H
#define WEFT_BENCH_TARGETS_H

#include "bench/series.h"

enum target_measure {
    TARGET_NS,    /* nanoseconds of an operation, at most */
    TARGET_BYTES, /* of an actor, at most */
    TARGET_MIB,   /* peak of the process, at most */
    TARGET_P50,   /* nanoseconds of delay, at most */
    TARGET_P99,
    TARGET_WORST,
    TARGET_RATIO /* times as fast as on one worker, at least */
};

struct target {
    const char *workload;
    unsigned workers;
    enum target_measure measure;
    double limit;
    bool scaled; /* by the price of a locked read-modify-write */
};

/* How far a target was reached. */
struct target_result {
    double stated; /* the limit */
    double wanted; /* the same, scaled to this machine */
    double reached;
    double missed; /* by so many per cent; 0: it was reached */
};

/* All targets; ends with one whose workload is NULL. */
extern const struct target targets[];

/* Compares a target with a series.
 * @result  fills: on success
 * Returns false if the series has not measured it. */
bool target_compare(const struct target *target, const struct series *series,
                    struct target_result *result);

#endif
