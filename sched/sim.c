/* sched/sim.c: playing the workers, one after the other. */
#include "sched/sim.h"

#include "sched/await.h"
#include "sched/idle.h"
#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/share.h"
#include "sched/timer.h"
#include "sched/worker.h"

enum {
    DEPTH_MAX = 4,        /* steps that are in the middle at one time */
    INTERRUPTED_MAX = 32, /* plays while one is */
    FAIR = 64, /* plays in a row, behind which another worker is the plainest */
    SLOW_NS = 3 * STUCK_NS /* of a step that the others find stuck */
};
#define BEGINNING_NS 1000000000u /* no time that is set is 0 */

struct player {
    struct domain *domain; /* that the worker holds; NULL: none */
    bool napping;          /* until somebody has woken it */
    bool inside;           /* a step, which is in the middle */
    bool noted;            /* the turn being played has been reported */
    uint64_t frozen;       /* it is not played until then */
};

struct sim {
    struct sched_sim driver;
    struct sched *sched;
    uint64_t now; /* nanoseconds, which are the cycles here */
    uint64_t turns;
    uint32_t last; /* who was played last, */
    uint32_t row;  /* so many times in a row */
    uint32_t depth;
    bool begun; /* it was driven: from here on things may fail */
    bool over;  /* the driver wants no more */
    struct player player[];
};

/* --- choices --- */

uint64_t sim_choose(struct sim *sim, enum sched_site site, uint64_t bound)
{
    return bound > 1 && sim->driver.choose != NULL
               ? sim->driver.choose(sim->driver.context, site, bound, NULL)
               : 0;
}

static bool may(const struct sim *sim, enum sched_fault fault)
{
    return (sim->driver.faults & fault) != 0 && sim->begun && sim->driver.choose != NULL;
}

/* --- who can be played --- */

static bool sleeps(struct sim *sim, uint32_t i)
{
    return sim->player[i].napping &&
           at_peek(&sim->sched->workers[i].bed.asleep) != 0; /* relaxed: one thread */
}

static bool can_play(struct sim *sim, uint32_t i)
{
    const struct player *p = &sim->player[i];

    return !p->inside && p->frozen <= sim->now && !sleeps(sim, i);
}

/* The one that was played last comes first: going on with it is the plainest choice, but not for
 * ever, or one that yields would starve all others. */
static uint32_t playable(struct sim *sim, uint32_t *who)
{
    uint32_t n = 0, workers = sim->sched->n_workers;
    uint32_t i = (sim->last + (sim->row >= FAIR)) % workers;

    for (uint32_t k = 0; k < workers; k++) {
        if (can_play(sim, i))
            who[n++] = i;
        i = i + 1 == workers ? 0 : i + 1;
    }
    return n;
}

/* --- one play --- */

static void go_to_sleep(struct player *p, struct worker *w, struct domain *d)
{
    nap(w, d);
    p->napping = at_peek(&w->bed.asleep) != 0; /* relaxed: one thread */
}

static void get_up(struct player *p, struct worker *w)
{
    if (!p->napping)
        return;
    p->napping = false;
    w->counted = bed_get_up(&w->sched->dormitory, &w->bed);
}

/* Work changes hands though nothing asks for it. */
static void shift(struct sim *sim, struct worker *w, struct domain *d)
{
    if (hold_state(hold_look(&d->hold)) != HOLD_HELD)
        return;
    switch (sim_choose(sim, SITE_SHIFT, 5)) {
    case 1:
        share_ring(w, d);
        break;
    case 2:
        share_newborn(w, d);
        break;
    case 3:
        (void)take_offer(d);
        break;
    case 4:
        (void)steal(d);
        break;
    default:
        return;
    }
    if (deque_size(&d->deque) > 0)
        wake_one(sim->sched);
}

/* The next turn of the round is a plain one, of the message at the ring's head. */
static bool is_plain_next(const struct worker *w, struct domain *d)
{
    const struct record *m = d->ring.head;

    return !ring_empty(&d->ring) && m->to != 0 &&
           task_word(worker_task(w, m->to)) == (id_high(m->to) | d->mine) &&
           record_extra(m) == 0 && d->newborns_top == d->newborns_base &&
           d->control_first == NULL && d->turns - d->ticked_turns < d->span &&
           at_peek(&d->tokens) == NULL && /* relaxed: one thread */
           hold_state(hold_look(&d->hold)) == HOLD_HELD;
}

static void note(struct sim *sim, struct worker *w, const struct record *m)
{
    struct sched_turn turn = {.now = sim->now, .worker = w->id};

    sim->player[w->id].noted = true;
    sim->turns++;
    sim->now += sim->driver.turn_ns;
    turn.to = at_peek(&w->running); /* relaxed: one thread */
    if (m != NULL) {
        turn.from = m->from;
        turn.tag = record_tag(m);
        turn.is_message = record_kind(m) <= RECORD_REPLY;
    }
    sim->driver.turn(sim->driver.context, &turn);
}

/* As a worker whose guard knows what it holds. */
static enum round play_plain(struct sim *sim, struct worker *w, struct domain *d)
{
    struct player *p = &sim->player[w->id];
    struct record m = *d->ring.head;
    enum round round;

    p->noted = false;
    at_set(&w->guard.mine, d->mine); /* relaxed, both: one thread */
    round = worker_round(w, d, 1);
    at_set(&w->guard.mine, MINE_NOBODY);
    if (!p->noted)
        note(sim, w, &m);
    return round;
}

static enum round play_round(struct sim *sim, struct worker *w, struct domain *d)
{
    static const uint32_t turns[] = {1, 1, 2, 3, 5, 8, 32, UINT32_MAX};
    uint64_t choice = sim_choose(sim, SITE_TURNS, sizeof turns / sizeof turns[0]);

    if (choice == 1 && is_plain_next(w, d))
        return play_plain(sim, w, d);
    return worker_round(w, d, turns[choice]);
}

static void play(struct sim *sim, uint32_t i)
{
    struct worker *w = &sim->sched->workers[i];
    struct player *p = &sim->player[i];
    struct domain *d;

    get_up(p, w);
    if (p->domain == NULL)
        p->domain = borrow(w);
    d = p->domain;
    if (d == NULL) {
        go_to_sleep(p, w, NULL);
        return;
    }
    shift(sim, w, d);
    switch (play_round(sim, w, d)) {
    case ROUND_RAN:
        return;
    case ROUND_EMPTY:
        if (!idle(w, d)) {
            p->domain = NULL;
            p->napping = at_peek(&w->bed.asleep) != 0; /* relaxed: one thread */
        }
        return;
    case ROUND_LOST:
        p->domain = NULL;
        return;
    case ROUND_END:
        leave(w, d);
        p->domain = NULL;
    }
}

/* --- time --- */

/* Domains that nobody holds, and whose wheel wants a look: somebody is woken for each. */
static void wake_for_timers(struct sim *sim)
{
    struct sched *s = sim->sched;

    for (uint32_t i = 0; i < s->n_domains; i++)
        if (timers_due(&s->domains[i], sim->now) &&
            hold_state(hold_look(&s->domains[i].hold)) == HOLD_FREE)
            wake_one(s);
}

static void pass(struct sim *sim, uint64_t ns)
{
    sim->now += ns;
    wake_for_timers(sim);
}

/* Of two times the one that comes first; what is past does not come. */
static uint64_t sooner(const struct sim *sim, uint64_t a, uint64_t b)
{
    return b > sim->now && (a == 0 || b < a) ? b : a;
}

/* When something will be possible that is not now; 0: never. */
static uint64_t next_event(const struct sim *sim)
{
    const struct sched *s = sim->sched;
    uint64_t next = 0;

    for (uint32_t i = 0; i < s->n_domains; i++) {
        struct domain *d = &s->domains[i];

        next = sooner(sim, next, at_peek(&d->due)); /* relaxed: one thread */
    }
    for (uint32_t i = 0; i < s->n_workers; i++)
        next = sooner(sim, next, sim->player[i].frozen);
    return next;
}

static bool nobody_is_frozen(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->sched->n_workers; i++)
        if (sim->player[i].frozen > sim->now)
            return false;
    return true;
}

static bool any_playable(struct sim *sim)
{
    uint32_t who[SCHED_SIM_WORKERS];

    return playable(sim, who) > 0;
}

/* Nobody can be played: the clock jumps, but not beyond `until`. False: in vain. A timer that is
 * late may wait for a worker that stands still. */
static bool advance(struct sim *sim, uint64_t until)
{
    uint64_t next;

    wake_for_timers(sim);
    if (any_playable(sim) || sim->sched->ops->offloaded(sim->sched))
        return true;
    next = next_event(sim);
    if (next != 0 && next <= until) {
        pass(sim, next - sim->now);
        return true;
    }
    if (until != UINT64_MAX && until > sim->now)
        sim->now = until;
    return false;
}

/* --- faults --- */

static void faults(struct sim *sim)
{
    static const uint64_t spans[] = {0, 10000, 1000000, 100000000, 10000000000u};
    uint64_t n = sizeof spans / sizeof spans[0], span;

    if (may(sim, FAULT_DELAY) && (span = spans[sim_choose(sim, SITE_DELAY, n)]) != 0)
        sim->player[sim_choose(sim, SITE_WHICH, sim->sched->n_workers)].frozen =
            sim->now + span;
    if (may(sim, FAULT_CLOCK) && (span = spans[sim_choose(sim, SITE_CLOCK, n)]) != 0)
        pass(sim, span);
}

/* A pool is refused what it asks for. */
static bool refuses(void *context)
{
    struct sim *sim = context;

    return may(sim, FAULT_MEMORY) && sim_choose(sim, SITE_MEMORY, 2) != 0;
}

/* --- playing --- */

/* False: nobody can be played, or nobody is to be. */
static bool play_one(struct sim *sim)
{
    uint32_t who[SCHED_SIM_WORKERS], n;

    if (sim->over || !sim->driver.between(sim->driver.context, false)) {
        sim->over = true;
        return false;
    }
    faults(sim);
    n = playable(sim, who);
    if (n == 0)
        return false;
    if (n > 1 && sim->driver.choose != NULL)
        n = (uint32_t)sim->driver.choose(sim->driver.context, SITE_WHO, n, who);
    else
        n = 0;
    sim->row = who[n] == sim->last ? sim->row + 1 : 0;
    sim->last = who[n];
    play(sim, sim->last);
    return true;
}

/* What a sleeper on watch does. A revoked domain is his at the second look. */
static void look_after(struct sim *sim)
{
    bool found;

    if (sim_choose(sim, SITE_WATCH, 2) == 0)
        return;
    found = watch(sim->sched);
    found |= watch(sim->sched);
    if (found)
        wake_one(sim->sched);
}

void sim_interrupt(struct worker *w)
{
    struct sim *sim = w->sched->sim;
    struct player *p = &sim->player[w->id];
    uint64_t how, n;

    if (!may(sim, FAULT_SLOW) || sim->depth == DEPTH_MAX || sim->over)
        return;
    how = sim_choose(sim, SITE_SLOW, 3);
    if (how == 0)
        return;
    guard_lower(&w->guard);
    p->inside = true;
    sim->depth++;
    if (how > 1)
        pass(sim, SLOW_NS);
    for (n = 1 + sim_choose(sim, SITE_LENGTH, INTERRUPTED_MAX); n > 0; n--) {
        look_after(sim);
        if (!play_one(sim))
            break;
    }
    sim->depth--;
    p->inside = false;
    guard_raise(&w->guard);
}

void sim_stepped(struct worker *w, const struct record *m)
{
    note(w->sched->sim, w, m);
    sim_interrupt(w);
}

uint64_t sched_sim_drive(struct sched *s, uint64_t turns, uint64_t until)
{
    struct sim *sim = s->sim;
    uint64_t began = sim->turns;

    sim->begun = true;
    sim->over = false;
    while (sim->turns - began < turns && !sim->over && sim->now <= until) {
        if (play_one(sim) || sim->over)
            continue;
        if (nobody_is_frozen(sim) && !sim->driver.between(sim->driver.context, true))
            break;
        if (!advance(sim, until))
            break;
    }
    return sim->turns - began;
}

bool sched_sim_rests(const struct sched *s)
{
    return !any_playable(s->sim);
}

uint64_t sched_sim_next(const struct sched *s)
{
    return next_event(s->sim);
}

uint64_t sched_sim_choose(const struct sched *s, enum sched_site site, uint64_t bound)
{
    return sim_choose(s->sim, site, bound);
}

void sched_sim_plain(struct sched *s)
{
    s->sim->driver.choose = NULL;
    for (uint32_t i = 0; i < s->n_workers; i++)
        s->sim->player[i].frozen = 0;
}

uint64_t sched_awaited(const struct sched *s, uint64_t id)
{
    const struct task *t = task_at(&s->table, id);

    if (!sched_alive(s, id) || (task_word(t) & TASK_AWAITING) == 0 ||
        is_receiving(t, task_queue(s, t)))
        return 0;
    return task_queue(s, t)->talk.callee;
}

uint64_t sched_clock(const struct sched *s)
{
    return sched_now(s);
}

bool sched_is_simulated(const struct sched *s)
{
    return s->sim != NULL;
}

/* --- newborns --- */

uint32_t sched_birthplace(const struct sched *s, uint32_t home)
{
    return (uint32_t)((home + sim_draw(s, SITE_BIRTH, s->n_domains)) % s->n_domains);
}

bool sched_is_apart(struct worker *w, uint32_t *domain)
{
    struct sched *s = w->sched;

    if (LIKELY(s->sim == NULL))
        return false;
    *domain = sched_birthplace(s, w->domain->id);
    return *domain != w->domain->id;
}

/* --- life --- */

static uint64_t now(void *hook)
{
    return ((const struct sim *)hook)->now;
}

bool sim_create(struct sched *s)
{
    uint32_t workers = s->n_workers;
    struct sim *sim = memory_zalloc(
        &s->memory, sizeof *sim + workers * sizeof sim->player[0], CACHE_LINE);

    if (sim == NULL)
        return false;
    sim->driver = *s->options.sim;
    sim->sched = s;
    sim->now = BEGINNING_NS;
    s->options.now = now;
    s->options.hook = sim;
    s->depot.refuses = refuses;
    s->depot.context = sim;
    s->dormitory.unheard = true;
    at_set(&s->dormitory.watcher, workers + 1); /* relaxed: nobody else is here yet */
    s->sim = sim;
    return true;
}

void sim_begin(struct sched *s)
{
    for (uint32_t i = 0; s->sim != NULL && i < s->n_workers; i++)
        go_to_sleep(&s->sim->player[i], &s->workers[i], NULL);
}

void sim_end(struct sched *s)
{
    struct sim *sim = s->sim;

    if (sim == NULL)
        return;
    sim->driver.choose = NULL;
    for (uint32_t i = 0; i < s->n_workers; i++)
        if (sim->player[i].domain != NULL)
            leave(&s->workers[i], sim->player[i].domain);
}

void sim_free(struct sched *s)
{
    if (s->sim != NULL)
        memory_free(&s->memory, s->sim,
                    sizeof *s->sim + s->n_workers * sizeof s->sim->player[0], CACHE_LINE);
}
