/* lib/sim/run.c: one run: the world is built, played, checked, and taken down. */
#include "lib/sim/run.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TURNS = 1000000, CHUNK = 1 << 20 };
#define END_NS WEFT_SEC(10) /* simulated: to end the world in */

void run_fail(struct run *run, enum weft_sim_verdict verdict, int error)
{
    if (run->verdict != WEFT_SIM_HELD)
        return;
    run->verdict = verdict;
    run->error = error;
    log_verdict(run);
}

/* --- the driver --- */

static uint64_t on_choose(void *context, enum weft_sim_site site, uint64_t bound,
                          const uint32_t *of)
{
    struct run *run = context;
    uint64_t value = choose(&run->chooser, site, bound, of);

    if (run->log != NULL)
        log_choice(run, site, value, of);
    return value;
}

/* The tag of a runtime is the only part of a pid that others in the process have a say in. */
static uint64_t untagged(weft_pid pid)
{
    return pid & ~((uint64_t)0x3f << 56);
}

static void on_turn(void *context, const weft_sim_turn *turn)
{
    struct run *run = context;
    const weft_sim *sim = run->sim;
    uint64_t digest = run->chooser.digest;

    if (!run->playing || run->verdict != WEFT_SIM_HELD)
        return;
    run->turns++;
    run->now_ns = turn->now_ns;
    digest = digest_add(digest, turn->now_ns);
    digest = digest_add(digest, untagged(turn->to));
    digest = digest_add(digest, untagged(turn->from));
    run->chooser.digest = digest_add(digest, (uint64_t)turn->worker << 32 | turn->tag);
    if (run->log != NULL)
        log_turn(run, turn);
    if (sim->check != NULL && !sim->check(sim->context))
        run_fail(run, WEFT_SIM_CHECK, 0);
    if (sim->eventually != NULL && !run->happened)
        run->happened = sim->eventually(sim->context);
}

static void look_at_rest(struct run *run)
{
    const weft_sim *sim = run->sim;

    if (sim->check_at_rest != NULL && !sim->check_at_rest(sim->context))
        run_fail(run, WEFT_SIM_AT_REST, 0);
    if (!sim->deadlocks_allowed)
        run_look_for_circles(run, false);
}

static bool on_between(void *context, bool at_rest)
{
    struct run *run = context;

    if (!run->playing)
        return true;
    run->now_ns = weft_sim_now(run->rt);
    if (run->verdict == WEFT_SIM_HELD && at_rest)
        look_at_rest(run);
    if (run->sim->eventually != NULL && !run->happened && run->now_ns > run->deadline_ns)
        run_fail(run, WEFT_SIM_EVENTUALLY, 0);
    if (run->verdict != WEFT_SIM_HELD || run->turns >= run->turns_max)
        return false;
    if (!at_rest)
        run_faults(run);
    return true;
}

/* --- memory --- */

static void *from_host(size_t size, size_t align)
{
    void *p = NULL;

    if (align <= _Alignof(max_align_t))
        return malloc(size);
    return posix_memalign(&p, align, size) == 0 ? p : NULL;
}

static void *on_alloc(void *context, size_t size, size_t align)
{
    struct run *run = context;

    if (run->playing && (run->sim->faults & WEFT_SIM_NO_MEMORY) != 0 &&
        on_choose(run, WEFT_SIM_MEMORY, 2, NULL) != 0)
        return NULL;
    return run->below != NULL ? run->below->alloc(run->below->context, size, align)
                              : from_host(size, align);
}

static void on_free(void *context, void *memory, size_t size, size_t align)
{
    struct run *run = context;

    if (run->below != NULL)
        run->below->free(run->below->context, memory, size, align);
    else
        free(memory);
}

/* --- beginning and end --- */

/* Two are enough for every order, and more take a search long. */
static unsigned workers(const weft_sim *sim)
{
    return sim->workers == 0 && sim->strategy == WEFT_SIM_EXHAUSTIVE ? 2 : sim->workers;
}

static int start(struct run *run)
{
    const weft_sim *sim = run->sim;
    weft_options o;

    weft_options_init(&o);
    if (sim->options != NULL)
        memcpy(&o, sim->options,
               sim->options->size < sizeof o ? sim->options->size : sizeof o);
    o.size = sizeof o;
    run->below = o.allocator;
    run->allocator = (weft_allocator){on_alloc, on_free, run};
    run->driver = (weft_sim_driver){.choose = on_choose,
                                    .turn = on_turn,
                                    .between = on_between,
                                    .context = run,
                                    .workers = workers(sim),
                                    .faults = sim->faults,
                                    .turn_ns = sim->turn_ns};
    o.allocator = &run->allocator;
    o.sim = &run->driver;
    o.seed = run->seed + 1; /* 0 is none */
    o.workers = o.relief = 0;
    o.pin = o.threadless = false;
    return weft_start(&run->rt, &o);
}

static void finish(struct run *run)
{
    int error;

    run->playing = false;
    weft_sim_plain(run->rt);
    error = weft_stop_all(run->rt, END_NS);
    if (error == 0 && run->sim->end != NULL)
        error = run->sim->end(run->rt, run->sim->context);
    if (error < 0)
        run_fail(run, WEFT_SIM_ERROR, error);
    error = weft_finish(run->rt, END_NS);
    if (error < 0)
        run_fail(run, WEFT_SIM_ERROR, error);
}

static bool goes_on(struct run *run, uint64_t end_ns)
{
    int ran = weft_sim_play(run->rt, CHUNK, end_ns);

    return ran > 0 && run->verdict == WEFT_SIM_HELD && run->turns < run->turns_max &&
           weft_sim_now(run->rt) < end_ns;
}

/* Nothing can happen any more, or the time is over. */
static void look_at_the_end(struct run *run)
{
    const weft_sim *sim = run->sim;
    bool nothing_left = weft_wait_ns(run->rt) == WEFT_FOREVER;

    run->now_ns = weft_sim_now(run->rt);
    if (nothing_left && sim->check_at_rest != NULL && !sim->check_at_rest(sim->context))
        run_fail(run, WEFT_SIM_AT_REST, 0);
    if (nothing_left && !sim->deadlocks_allowed)
        run_look_for_circles(run, true);
    if (sim->eventually != NULL && !run->happened && !sim->eventually(sim->context))
        run_fail(run, WEFT_SIM_EVENTUALLY, 0);
}

static void play(struct run *run)
{
    const weft_sim *sim = run->sim;
    uint64_t end_ns = sim->span_ns != 0 && sim->span_ns < UINT64_MAX - run->began_ns
                          ? run->began_ns + sim->span_ns
                          : WEFT_FOREVER;
    int error;

    run->deadline_ns = sim->within_ns != 0 ? run->began_ns + sim->within_ns : end_ns;
    run->chooser.has_memory = true;
    error = sim->build(run->rt, sim->context);
    run->chooser.has_memory = false;
    if (error < 0)
        run_fail(run, WEFT_SIM_ERROR, error);
    while (run->verdict == WEFT_SIM_HELD && goes_on(run, end_ns))
        continue;
    if (run->verdict == WEFT_SIM_HELD)
        look_at_the_end(run);
}

void run_make(struct run *run, const weft_sim *sim, uint64_t seed)
{
    int error;

    run->sim = sim;
    run->seed = seed;
    run->verdict = WEFT_SIM_HELD;
    run->error = 0;
    run->turns = 0;
    run->turns_max = sim->turns_max != 0 ? sim->turns_max : DEFAULT_TURNS;
    run->happened = false;
    run->circle_size = 0;
    run->playing = false;
    choose_begin(&run->chooser, sim, seed);
    if (run->chooser.made != NULL)
        tape_clear(run->chooser.made);
    error = start(run);
    if (error < 0) {
        run_fail(run, WEFT_SIM_ERROR, error);
        return;
    }
    run->began_ns = run->now_ns = weft_sim_now(run->rt);
    run->playing = true;
    play(run);
    finish(run);
}
