/* lib/sim/explore.c: run after run, until one fails. */
#include "lib/sim/run.h"

#include <string.h>

enum { SEARCH_RUNS = 100000 };

struct explorer {
    const weft_sim *sim;
    weft_sim_report *report;
    struct run run;
    struct tape tape;
    struct search search;
};

static void make(struct explorer *e, uint64_t seed)
{
    run_make(&e->run, e->sim, seed);
    e->report->turns_total += e->run.turns;
}

/* The same once more, with these choices; what is wanted about it is written. */
static void again(struct explorer *e, uint64_t seed)
{
    struct log log;
    struct tape given = {0};

    if (!tape_copy(&given, &e->tape))
        return;
    log_open(&log, e->sim);
    e->run.chooser.given = &given;
    e->run.log = log.text != NULL || log.trace != NULL ? &log : NULL;
    make(e, seed);
    log_close(&log);
    e->run.log = NULL;
    e->run.chooser.given = NULL;
    tape_done(&given);
}

/* It failed: what is left of it when its choices are taken away, and what is to be said. */
static void conclude(struct explorer *e)
{
    weft_sim_report *r = e->report;
    enum weft_sim_verdict verdict = e->run.verdict;

    r->choices = (unsigned)e->tape.count;
    if (verdict != WEFT_SIM_DIFFERS && !e->tape.lost) {
        if (e->sim->tape == NULL)
            shrink(e->sim, &e->run, &e->tape, &r->turns_total);
        again(e, e->run.seed);
        if (e->run.verdict != verdict)
            run_fail(&e->run, WEFT_SIM_DIFFERS, WEFT_EBROKEN);
    }
    r->shrunk_to = (unsigned)e->tape.count;
    report_run(&e->run, r);
    report_text(&e->run, &e->tape, r);
}

static bool differs(struct explorer *e, uint64_t seed)
{
    uint64_t digest = e->run.chooser.digest;

    if (!e->sim->twice)
        return false;
    e->search.met = 0;
    make(e, seed);
    if (e->run.chooser.digest == digest)
        return false;
    e->run.verdict = WEFT_SIM_DIFFERS;
    e->run.error = WEFT_EBROKEN;
    return true;
}

/* False: that was the last one. */
static bool explore_one(struct explorer *e, uint64_t seed)
{
    make(e, seed);
    e->report->runs++;
    if (e->run.verdict != WEFT_SIM_HELD || differs(e, seed))
        return false;
    e->run.chooser.whos_expected = e->run.chooser.whos;
    return e->sim->strategy != WEFT_SIM_EXHAUSTIVE || search_next(&e->search);
}

static void explore(struct explorer *e)
{
    const weft_sim *sim = e->sim;
    bool all = sim->strategy == WEFT_SIM_EXHAUSTIVE;
    unsigned runs = sim->seeds != 0 ? sim->seeds : all ? SEARCH_RUNS : 1;

    for (unsigned i = 0; i < runs; i++)
        if (!explore_one(e, all ? sim->seed : sim->seed + i))
            return;
}

static int replay(struct explorer *e)
{
    int error = tape_read(&e->tape, e->sim->tape);

    if (error == 0) {
        again(e, e->sim->seed);
        e->report->runs++;
    }
    return error;
}

int weft_sim_run(const weft_sim *sim, weft_sim_report *report)
{
    struct explorer e = {.sim = sim, .report = report};
    int error = 0;

    memset(report, 0, sizeof *report);
    if (sim->build == NULL || (unsigned)sim->strategy > WEFT_SIM_EXHAUSTIVE)
        return WEFT_EINVAL;
    e.run.chooser.search = &e.search;
    if (sim->tape != NULL) {
        error = replay(&e);
    } else {
        e.run.chooser.made = &e.tape;
        explore(&e);
    }
    e.run.chooser.made = NULL;
    if (error == 0) {
        report_run(&e.run, report);
        if (e.run.verdict != WEFT_SIM_HELD) {
            conclude(&e);
            error = WEFT_EBROKEN;
        }
    }
    tape_done(&e.tape);
    return error;
}
