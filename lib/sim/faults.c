/* lib/sim/faults.c: what a thread outside may do to the world between two plays. */
#include "lib/sim/run.h"

enum { VICTIMS = 32 };

/* One of the actors that may be killed, going round. */
static weft_pid victim(struct run *run, uint64_t number)
{
    const weft_sim *sim = run->sim;
    weft_pid pids[VICTIMS], pid;
    weft_cursor cursor = {0};
    weft_actor_info info = {.size = sizeof info};
    uint64_t n = 0;

    while (n < VICTIMS && (pid = weft_actor_next(run->rt, &cursor)) != WEFT_NOBODY)
        if (sim->may_kill == NULL || (weft_actor_read(run->rt, pid, &info) == 0 &&
                                      sim->may_kill(sim->context, pid, info.behavior)))
            pids[n++] = pid;
    return n > 0 ? pids[number % n] : WEFT_NOBODY;
}

static uint64_t chosen(struct run *run, enum weft_sim_site site, uint64_t bound)
{
    return run->driver.choose(run, site, bound, NULL);
}

void run_faults(struct run *run)
{
    const weft_sim *sim = run->sim;

    if ((sim->faults & WEFT_SIM_KILLS) != 0 && chosen(run, WEFT_SIM_KILL, 2) != 0) {
        weft_pid pid = victim(run, chosen(run, WEFT_SIM_VICTIM, VICTIMS));

        if (pid != WEFT_NOBODY)
            (void)weft_rt_kill_actor(run->rt, pid);
    }
    if ((sim->faults & WEFT_SIM_INTRUSIONS) != 0 && sim->outside != NULL &&
        chosen(run, WEFT_SIM_OUTSIDE, 2) != 0)
        sim->outside(run->rt, sim->context);
}
