/* test/support/sim_seeds.h: a world under many seeds: 200 by day, 10,000 in a night. The seed says
 * which faults there are and what strategy; every tenth is run twice.
 *
 *   WEFT_SEED=N   that seed alone; WEFT_TAPE as in <weft/sim.h> */
#ifndef WEFT_TEST_SIM_SEEDS_H
#define WEFT_TEST_SIM_SEEDS_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <weft.h>
#include <weft/sim.h>

static unsigned sim_amount(void)
{
    const char *tier = getenv("WEFT_TEST_TIER");
    const char *slow = getenv("SHIM_TIMEOUT_FACTOR");
    unsigned n = tier != NULL && strcmp(tier, "nightly") == 0 ? 10000 : 200;

    return slow != NULL && strtod(slow, NULL) > 4 ? n / 10 : n;
}

/* faults: those that the world stands. */
static int sim_seed(const weft_sim *world, unsigned faults, uint64_t seed,
                    weft_sim_report *report)
{
    weft_sim sim = *world;

    sim.seed = seed;
    sim.seeds = 1;
    sim.faults = (unsigned)(seed % 64) & faults;
    sim.strategy = seed % 5 == 4 ? WEFT_SIM_PCT : WEFT_SIM_RANDOM;
    sim.turn_ns = seed % 3 == 0 ? 1000 : seed % 3 == 1 ? 50 : 20000;
    sim.twice = seed % 10 == 0;
    sim.shrink_max = 300;
    sim.tape = getenv("WEFT_TAPE");
    sim.log = getenv("WEFT_SIM_LOG");
    return weft_sim_run(&sim, report);
}

static void sim_seeds(const weft_sim *world, unsigned faults)
{
    const char *text = getenv("WEFT_SEED");
    uint64_t first = text != NULL ? strtoull(text, NULL, 0) : 0;
    weft_sim_report *report = malloc(sizeof *report);
    unsigned n = text != NULL ? 1 : sim_amount();

    cr_assert(report != NULL);
    for (unsigned i = 0; i < n; i++) {
        int error = sim_seed(world, faults, first + i, report);

        cr_assert(error == 0, "%s (%s)", report->text, weft_strerror(error));
        cr_assert(report->turns > 0);
    }
    free(report);
}

#endif
