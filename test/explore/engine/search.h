/* test/explore/engine/search.h: exploring a scenario. */
#ifndef WEFT_EXPLORE_SEARCH_H
#define WEFT_EXPLORE_SEARCH_H

#include "test/explore/engine/engine.h"

enum search_mode {
    SEARCH_REDUCED, /* all executions, each once if possible */
    SEARCH_ALL,     /* all orders of all operations, or those with few preemptions */
    SEARCH_RANDOM,
    SEARCH_TAPE /* one run */
};

#define UNLIMITED (~0u)

struct search_options {
    enum search_mode mode;
    uint64_t runs_max;    /* 0: no limit */
    unsigned preemptions; /* SEARCH_ALL: at most so many */
    uint64_t seed;        /* SEARCH_RANDOM: of the first run; each has the next one */
    const char *tape;
    void (*complete)(uint64_t fingerprint); /* called for each complete run, or NULL */
};

struct search_result {
    bool failed, exhausted;
    enum explore_fault fault;
    uint64_t runs, complete, cut, unfair, operations;
    unsigned depth; /* operations of the longest run */
    char message[1024];
    char tape[2 * EVENTS_MAX];
    unsigned n_outcomes;
    char outcomes[EXPLORE_OUTCOMES][64];
};

/* Ends at the first run that fails. */
void search(const struct explore_scenario *scenario, const struct search_options *options,
            struct search_result *result);

#endif
