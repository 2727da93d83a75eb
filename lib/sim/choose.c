/* lib/sim/choose.c: making choices: from a tape, or by a strategy.
 *
 * Whatever strategy there is, every choice comes by here, has a number, and goes into the digest;
 * so a run can be had again from the list of those that were not 0. */
#include "lib/sim/run.h"

enum {
    DEFAULT_DEPTH = 3,
    DEFAULT_SEARCH = 16,
    DEFAULT_FAULTS = 100,
    FIRST_EXPECTED = 1000
};

static uint64_t next_random(struct chooser *c)
{
    uint64_t z = (c->random += 0x9e3779b97f4a7c15u); /* splitmix64 */

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t random_below(struct chooser *c, uint64_t bound)
{
    return (uint64_t)(((next_random(c) >> 32) * bound) >> 32);
}

/* How seldom it is not 0 in random runs, as a power of two; what has no entry is even. */
static const uint8_t odds[WEFT_SIM_SITE_COUNT] = {
    [WEFT_SIM_SHIFT] = 4,   [WEFT_SIM_SLOW] = 4,  [WEFT_SIM_MEMORY] = 6,
    [WEFT_SIM_DELAY] = 8,   [WEFT_SIM_CLOCK] = 9, [WEFT_SIM_KILL] = 8,
    [WEFT_SIM_OUTSIDE] = 5,
};

static bool is_fault(enum weft_sim_site site)
{
    return site == WEFT_SIM_MEMORY || site == WEFT_SIM_DELAY || site == WEFT_SIM_CLOCK ||
           site == WEFT_SIM_KILL;
}

/* --- strategies --- */

/* Runs differ in how wild they are: what is likely in one is rare in another. */
static uint64_t at_random(struct chooser *c, enum weft_sim_site site, uint64_t bound)
{
    unsigned seldom = odds[site] > 0         ? odds[site] + c->calm
                      : site == WEFT_SIM_WHO ? c->sticky
                                             : 0;

    if (seldom == 0)
        return random_below(c, bound);
    if ((next_random(c) & (((uint64_t)1 << seldom) - 1)) != 0)
        return 0;
    return site == WEFT_SIM_WHO ? random_below(c, bound) : 1 + random_below(c, bound - 1);
}

/* Burckhardt, Kothari, Musuvathi, Nagarakatte 2010: the one of the highest priority runs, but
 * at a few moments it falls behind all others. */
static uint64_t by_priority(struct chooser *c, uint64_t bound, const uint32_t *of)
{
    uint64_t best = 0;

    for (uint64_t i = 1; i < bound; i++)
        if (c->priority[of[i]] > c->priority[of[best]])
            best = i;
    for (unsigned k = 0; k < c->depth; k++)
        if (c->change[k] == c->whos)
            c->priority[of[best]] = -1 - (int32_t)k;
    c->whos++;
    return best;
}

static uint64_t systematically(struct chooser *c, uint64_t bound)
{
    struct search *s = c->search;
    unsigned at = s->met;

    if (at == c->depth)
        return 0;
    s->met++;
    if (at == s->known) {
        s->known++;
        s->value[at] = 0;
    }
    s->bound[at] = (uint32_t)bound;
    return s->value[at];
}

/* What it takes for every order of messages to come up. */
static bool is_searched(enum weft_sim_site site)
{
    return site == WEFT_SIM_WHO || site == WEFT_SIM_BIRTH || site == WEFT_SIM_WAKE ||
           site == WEFT_SIM_PROGRAM;
}

static uint64_t by_strategy(struct chooser *c, enum weft_sim_site site, uint64_t bound,
                            const uint32_t *of)
{
    switch (c->strategy) {
    case WEFT_SIM_PCT:
        return site == WEFT_SIM_WHO     ? by_priority(c, bound, of)
               : site == WEFT_SIM_TURNS ? 0
                                        : at_random(c, site, bound);
    case WEFT_SIM_EXHAUSTIVE:
        return is_searched(site) ? systematically(c, bound) : 0;
    default:
        return at_random(c, site, bound);
    }
}

bool search_next(struct search *s)
{
    s->known = s->met;
    s->met = 0;
    while (s->known > 0 && s->value[s->known - 1] + 1 >= s->bound[s->known - 1])
        s->known--;
    s->over = s->known == 0;
    if (!s->over)
        s->value[s->known - 1]++;
    return !s->over;
}

/* --- one choice --- */

static uint64_t from_tape(struct chooser *c, uint64_t bound)
{
    const struct tape *t = c->given;

    while (c->next < t->count && t->choice[c->next].index < c->count)
        c->next++;
    return c->next < t->count && t->choice[c->next].index == c->count
               ? t->choice[c->next].value % bound
               : 0;
}

uint64_t choose(struct chooser *c, enum weft_sim_site site, uint64_t bound,
                const uint32_t *of)
{
    uint64_t value = 0;

    if (c->has_memory && site == WEFT_SIM_MEMORY)
        return 0;
    if (c->given != NULL)
        value = from_tape(c, bound);
    else if (!is_fault(site) || c->faults < c->faults_max)
        value = by_strategy(c, site, bound, of);
    if (value != 0) {
        c->faults += is_fault(site);
        c->digest = digest_add(c->digest, (uint64_t)site << 32 | value);
        if (c->made != NULL)
            tape_add(c->made, (uint32_t)c->count, (uint32_t)value);
    }
    c->count++;
    return value;
}

/* --- a run --- */

static void pct_begin(struct chooser *c)
{
    for (uint32_t i = 0; i < RUN_WORKERS_MAX; i++)
        c->priority[i] = (int32_t)i;
    for (uint32_t i = RUN_WORKERS_MAX - 1; i > 0; i--) {
        uint64_t k = random_below(c, i + 1);
        int32_t other = c->priority[k];

        c->priority[k] = c->priority[i];
        c->priority[i] = other;
    }
    for (unsigned k = 0; k < c->depth; k++)
        c->change[k] = random_below(c, c->whos_expected);
}

void choose_begin(struct chooser *c, const weft_sim *sim, uint64_t seed)
{
    unsigned depth = sim->depth != 0                        ? sim->depth
                     : sim->strategy == WEFT_SIM_EXHAUSTIVE ? DEFAULT_SEARCH
                                                            : DEFAULT_DEPTH;

    c->strategy = sim->strategy;
    c->depth = depth < DEPTH_MAX ? depth : DEPTH_MAX;
    c->next = 0;
    c->random = seed;
    c->random = next_random(c);
    c->count = c->whos = 0;
    c->digest = 0;
    c->calm = (unsigned)random_below(c, 4);
    c->sticky = (unsigned)random_below(c, 4);
    c->faults = 0;
    c->faults_max = sim->faults_max != 0 ? sim->faults_max : DEFAULT_FAULTS;
    if (c->whos_expected == 0)
        c->whos_expected = FIRST_EXPECTED;
    if (c->strategy == WEFT_SIM_PCT)
        pct_begin(c);
}
