/* lib/sim/shrink.c: taking choices away from a run that failed.
 *
 * Delta debugging (Zeller and Hildebrandt 2002): pieces of the tape are left out, half of it
 * at first, then smaller and smaller ones; what still fails in the same way is gone on with. At
 * last the values that remain are made small. */
#include "lib/sim/run.h"

#include <string.h>

enum { DEFAULT_RUNS = 2000, LONGER = 4, AT_LEAST = 10000 };

struct shrinker {
    weft_sim sim; /* a copy, with a limit for its runs */
    uint64_t seed;
    enum weft_sim_verdict verdict;
    unsigned runs_left;
    uint64_t turns;
    struct tape best, trial;
};

/* Does the trial fail as well? */
static bool fails(struct shrinker *s)
{
    struct run run = {.chooser = {.given = &s->trial}};

    if (s->runs_left == 0)
        return false;
    s->runs_left--;
    run_make(&run, &s->sim, s->seed);
    s->turns += run.turns;
    return run.verdict == s->verdict;
}

static bool keep_if_it_fails(struct shrinker *s)
{
    return fails(s) && tape_copy(&s->best, &s->trial);
}

static bool without(struct shrinker *s, size_t from, size_t n)
{
    if (n > s->best.count - from)
        n = s->best.count - from;
    if (!tape_copy(&s->trial, &s->best))
        return false;
    memmove(s->trial.choice + from, s->trial.choice + from + n,
            (s->best.count - from - n) * sizeof *s->trial.choice);
    s->trial.count -= n;
    return keep_if_it_fails(s);
}

static bool remove_pieces(struct shrinker *s, size_t n)
{
    bool any = false;

    for (size_t from = 0; from < s->best.count && s->runs_left > 0;) {
        if (without(s, from, n))
            any = true;
        else
            from += n;
    }
    return any;
}

static bool reduce_values(struct shrinker *s)
{
    bool any = false;

    for (size_t i = 0; i < s->best.count && s->runs_left > 0; i++) {
        uint32_t value = s->best.choice[i].value;

        for (uint32_t smaller = 1; smaller < value; smaller = 2 * smaller) {
            if (!tape_copy(&s->trial, &s->best))
                return any;
            s->trial.choice[i].value = smaller;
            if (keep_if_it_fails(s)) {
                any = true;
                break;
            }
        }
    }
    return any;
}

static void search(struct shrinker *s)
{
    bool again = true;

    while (again && s->runs_left > 0) {
        again = false;
        for (size_t n = s->best.count; n > 0; n /= 2)
            again |= remove_pieces(s, n);
        again |= reduce_values(s);
    }
}

void shrink(const weft_sim *sim, const struct run *failed, struct tape *tape,
            uint64_t *turns)
{
    struct shrinker s = {.sim = *sim, .seed = failed->seed, .verdict = failed->verdict};
    uint64_t longest = failed->turns * LONGER + AT_LEAST;

    s.runs_left = sim->shrink_max != 0 ? sim->shrink_max : DEFAULT_RUNS;
    if (longest < failed->turns_max)
        s.sim.turns_max = (unsigned)longest;
    if (!tape->lost && tape_copy(&s.best, tape)) {
        search(&s);
        (void)tape_copy(tape, &s.best);
    }
    *turns += s.turns;
    tape_done(&s.best);
    tape_done(&s.trial);
}
