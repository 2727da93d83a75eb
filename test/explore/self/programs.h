/* test/explore/self/programs.h: random little programs, to hold the search against itself. */
#ifndef WEFT_EXPLORE_PROGRAMS_H
#define WEFT_EXPLORE_PROGRAMS_H

#include "test/explore/explore.h"

enum { PROGRAM_THREADS = 3, PROGRAM_STEPS = 5, PROGRAM_LOCATIONS = 2 };

enum step_kind {
    STEP_LOAD,
    STEP_STORE,
    STEP_EXCHANGE,
    STEP_ADD,
    STEP_CAS,
    STEP_FENCE,
    STEP_SKIP, /* the next step, if the last value read was 0 */
    STEP_MEMBARRIER,
    STEP_WAIT,
    STEP_WAKE,
    STEP_AWAIT, /* until it is not 0 */
    STEP_YIELD,
    STEP_KINDS
};

struct step {
    enum step_kind kind;
    int order; /* memory_order */
    unsigned location;
    uint32_t value;
    bool adds; /* what was read last to the value */
};

extern struct program {
    unsigned n[PROGRAM_THREADS];
    struct step steps[PROGRAM_THREADS][PROGRAM_STEPS];
} program;

extern const struct explore_scenario program_scenario;

#endif
