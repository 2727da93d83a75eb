/* test/explore/engine/driver.h: the command, and what it shares with the mutants. */
#ifndef WEFT_EXPLORE_DRIVER_H
#define WEFT_EXPLORE_DRIVER_H

#include "test/explore/engine/search.h"

/* How much of a scenario is explored: all of it in at most so many runs; if it is a random
 * one, so much of its own number of runs. */
struct effort {
    uint64_t runs;
    unsigned random_percent;
};

struct scenario_list {
    const struct explore_entry *const *entries;
    unsigned n;
};

struct tally {
    unsigned passed, failed;
};

/* Explores a scenario, with the current mutant if there is one. */
void explore_scenario(const struct explore_scenario *scenario, struct effort effort,
                      struct search_result *result);
/* Those that are about the explorer itself are not: they expect a fault, or outcomes. */
bool is_mutable(const struct explore_scenario *scenario);

/* All mutants of the places that the scenarios came to. If `survivors` is not NULL, this file
 * has to name exactly those that survive. */
void explore_mutants(struct scenario_list list, struct effort effort,
                     const char *survivors, struct tally *tally);

#endif
