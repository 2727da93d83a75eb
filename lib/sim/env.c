/* lib/sim/env.c: what the environment says, and a main function. */
#include "lib/sim/run.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* 1: there is one; 0: there is none; or an error. */
static int number(const char *name, uint64_t *n)
{
    const char *text = getenv(name);
    char *end;

    if (text == NULL)
        return 0;
    *n = strtoull(text, &end, 0);
    return end != text && *end == '\0' ? 1 : WEFT_EINVAL;
}

static int strategy(weft_sim *sim)
{
    static const char *const names[] = {"random", "pct", "exhaustive"};
    const char *text = getenv("WEFT_SIM");

    if (text == NULL)
        return 0;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            sim->strategy = (enum weft_sim_strategy)i;
            return 0;
        }
    return WEFT_EINVAL;
}

static void words(weft_sim *sim)
{
    const char *text;

    if ((text = getenv("WEFT_TAPE")) != NULL)
        sim->tape = text;
    if ((text = getenv("WEFT_SIM_LOG")) != NULL)
        sim->log = text;
    if ((text = getenv("WEFT_SIM_TRACE")) != NULL)
        sim->trace = text;
}

int weft_sim_from_env(weft_sim *sim)
{
    uint64_t n;
    int is = number("WEFT_SEED", &n);

    if (is < 0)
        return is;
    if (is > 0) {
        sim->seed = n;
        sim->seeds = 1;
    }
    is = number("WEFT_SEEDS", &n);
    if (is < 0 || (is > 0 && n > UINT_MAX))
        return WEFT_EINVAL;
    if (is > 0)
        sim->seeds = (unsigned)n;
    words(sim);
    return strategy(sim);
}

int weft_sim_main(const weft_sim *given)
{
    weft_sim sim = *given;
    weft_sim_report *report = malloc(sizeof *report);
    int error = report != NULL ? weft_sim_from_env(&sim) : WEFT_ENOMEM;

    if (error == 0)
        error = weft_sim_run(&sim, report);
    if (error == 0)
        printf("%s: all held in %" PRIu64 " runs, %" PRIu64 " steps; digest %016" PRIx64
               "\n",
               sim.name != NULL ? sim.name : "sim", report->runs, report->turns_total,
               report->digest);
    else if (error == WEFT_EBROKEN)
        puts(report->text);
    else
        printf("%s: %s\n", sim.name != NULL ? sim.name : "sim", weft_strerror(error));
    free(report);
    return error == 0 ? 0 : error == WEFT_EBROKEN ? 1 : 2;
}
