/* lib/actor/simulated.c: a runtime that is played, between its driver and its scheduler. */
#include "lib/actor/simulated.h"

#include "lib/base/clock.h"

#include <limits.h>

enum {
    DEFAULT_WORKERS = 8,
    DEFAULT_TURN_NS = 1000,
    DEFAULT_ACTORS = 1 << 16,
    REACTION = 4
};

/* Choices and faults have the same numbers on both floors. */
_Static_assert((int)WEFT_SIM_CLOCK == (int)SITE_CLOCK &&
                   (int)WEFT_SIM_WHO == (int)SITE_WHO &&
                   (int)WEFT_SIM_WATCH == (int)SITE_WATCH &&
                   (int)WEFT_SIM_KILL == (int)SITE_OTHERS &&
                   (int)WEFT_SIM_CLOCK_JUMPS == (int)FAULT_CLOCK &&
                   (int)WEFT_SIM_SLOW_STEPS == (int)FAULT_SLOW,
               "the driver's words are the scheduler's");

/* --- the driver --- */

static uint64_t choose(void *context, enum sched_site site, uint64_t bound,
                       const uint32_t *of)
{
    const weft_sim_driver *driver = &((weft_runtime *)context)->sim_driver;

    return driver->choose(driver->context, (enum weft_sim_site)site, bound, of);
}

static void turn(void *context, const struct sched_turn *turn)
{
    const weft_sim_driver *driver = &((weft_runtime *)context)->sim_driver;
    weft_sim_turn told = {turn->now, turn->to,     turn->from,
                          turn->tag, turn->worker, turn->is_message};

    driver->turn(driver->context, &told);
}

static bool between(void *context, bool at_rest)
{
    const weft_sim_driver *driver = &((weft_runtime *)context)->sim_driver;

    return driver->between(driver->context, at_rest);
}

bool simulated_options(weft_options *o)
{
    const weft_sim_driver *driver = o->sim;

    if (driver == NULL)
        return true;
    if (driver->choose == NULL || driver->turn == NULL || driver->between == NULL ||
        driver->workers > WEFT_SIM_WORKERS_MAX)
        return false;
    o->threadless = true;
    o->workers = driver->workers != 0 ? driver->workers : DEFAULT_WORKERS;
    if (o->actors_max == 0)
        o->actors_max = DEFAULT_ACTORS;
    if (o->seed == 0)
        o->seed = 1;
    o->on_stuck = NULL; /* nobody looks */
    o->stuck_ns = WEFT_FOREVER;
    o->sample_ns = 0;
    o->catch_faults = false; /* they are for a debugger */
    return true;
}

void simulated_begin(weft_runtime *rt)
{
    rt->sim_driver = *rt->options.sim;
    rt->options.sim = &rt->sim_driver;
    rt->sim = (struct sched_sim){.choose = choose,
                                 .turn = turn,
                                 .between = between,
                                 .context = rt,
                                 .faults = rt->sim_driver.faults,
                                 .turn_ns = rt->sim_driver.turn_ns};
    if (rt->sim.turn_ns == 0)
        rt->sim.turn_ns = DEFAULT_TURN_NS;
}

/* --- playing --- */

uint64_t runtime_clock(const weft_runtime *rt)
{
    return is_simulated(rt) ? sched_clock(rt->sched) : clock_ns();
}

int weft_sim_play(weft_runtime *rt, unsigned turns_max, uint64_t until_ns)
{
    uint64_t ran;

    if (!is_simulated(rt) || !sched_drive_begin(rt->sched))
        return WEFT_EPLACE;
    ran = sched_sim_drive(rt->sched, turns_max, until_ns);
    sched_drive_end(rt->sched);
    return ran < INT_MAX ? (int)ran : INT_MAX;
}

bool simulated_rest(weft_runtime *rt, uint64_t ns)
{
    uint64_t now = sched_clock(rt->sched),
             until = ns < UINT64_MAX - now ? now + ns : UINT64_MAX;
    unsigned turns = 1 + (unsigned)sched_sim_choose(rt->sched, SITE_REACT, REACTION);

    return weft_sim_play(rt, turns, until) > 0;
}

uint64_t simulated_wait_ns(const weft_runtime *rt)
{
    uint64_t next = sched_sim_next(rt->sched), now = sched_clock(rt->sched);

    if (!sched_sim_rests(rt->sched))
        return 0;
    return next == 0 ? WEFT_FOREVER : next > now ? next - now : 0;
}

uint64_t weft_sim_now(const weft_runtime *rt)
{
    return is_simulated(rt) ? sched_clock(rt->sched) : 0;
}

uint64_t weft_sim_choose(weft_runtime *rt, uint64_t bound)
{
    return is_simulated(rt)
               ? sched_sim_choose(rt->sched, (enum sched_site)WEFT_SIM_PROGRAM, bound)
               : 0;
}

void weft_sim_plain(weft_runtime *rt)
{
    if (is_simulated(rt))
        sched_sim_plain(rt->sched);
}

weft_pid weft_sim_awaited(const weft_runtime *rt, weft_pid pid)
{
    return is_simulated(rt) ? sched_awaited(rt->sched, pid) : WEFT_NOBODY;
}
