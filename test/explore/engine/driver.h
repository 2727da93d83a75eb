/* test/explore/engine/driver.h: the command, and what it shares with the mutants. */
#ifndef WEFT_EXPLORE_DRIVER_H
#define WEFT_EXPLORE_DRIVER_H

#include "test/explore/engine/search.h"

/* How much is done. */
struct effort {
    uint64_t runs;        /* of a scenario, at most */
    unsigned random;      /* random scenarios: times their own number of runs */
    uint64_t mutant_runs; /* of a scenario with a mutant, at most */
    unsigned programs;    /* of self/equivalence.c */
};

struct scenario_list {
    const struct explore_entry *const *entries;
    unsigned n;
};

struct tally {
    unsigned passed, failed;
};

/* The runs of a scenario under the current mutant. */
void explore_scenario(const struct explore_scenario *scenario, uint64_t runs_max,
                      struct search_result *result);
bool is_mutable(const struct explore_scenario *scenario);

/* All mutants of the places that the scenarios came to. If `survivors` is not NULL, this file
 * has to name exactly those that survive. */
void explore_mutants(struct scenario_list list, const struct effort *effort,
                     const char *survivors, struct tally *tally);

#endif
