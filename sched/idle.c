/* sched/idle.c: borrowing a domain, searching, sleeping. */
#include "sched/idle.h"

#include "lib/base/pause.h"
#include "sched/adopt.h"
#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/share.h"
#include "sched/sim.h"
#include "sched/solo.h"
#include "sched/timer.h"
#include "sched/worker.h"

#include <sched.h>
#include <unistd.h>

/* --- borrowing --- */

static void pin_to(struct worker *w, uint32_t domain)
{
    cpu_set_t set, allowed;
    size_t cpus = CPU_SETSIZE;
    int n, at;

    if (!w->sched->options.pin || w->processor == (int32_t)domain ||
        sched_getaffinity(getpid(), sizeof allowed, &allowed) != 0)
        return;
    n = CPU_COUNT(&allowed);
    at = n > 0 ? (int)(domain % (uint32_t)n) : 0;
    for (size_t i = 0; i < cpus; i++) {
        if (!CPU_ISSET(i, &allowed) || at-- > 0)
            continue;
        CPU_ZERO(&set);
        CPU_SET(i, &set);
        sched_setaffinity(0, sizeof set, &set); /* the calling thread */
        break;
    }
    w->processor = (int32_t)domain;
}

static struct domain *moved_in(struct worker *w, struct domain *d)
{
    w->domain = d;
    w->lost = false;
    at_bump(&w->entered, 1);
    at_set(&d->work, false); /* relaxed: advisory */
    pin_to(w, d->id);
    tick_restart(d);
    /* If our steps should get stuck somebody has to see it. */
    if (w->sched->n_workers > 1 && watcher_of(&w->sched->dormitory) == NO_WATCHER)
        wake_one(w->sched);
    return d;
}

static bool is_late(struct domain *d)
{
    return at_peek(&d->due) !=
               0 && /* relaxed: advisory; no look at the clock for nothing */
           timers_due(d, sched_now(d->sched));
}

static bool needs_somebody(struct domain *d)
{
    /* relaxed: advisory; whoever made it so wakes somebody after it */
    return hold_state(hold_look(&d->hold)) == HOLD_FREE &&
           (at_peek(&d->work) || at_load(&d->tokens, seq_cst, TK3) != NULL || is_late(d));
}

static bool try_take(struct worker *w, struct domain *d)
{
    if (hold_state(hold_look(&d->hold)) ==
        HOLD_FREE)                             /* or a watcher finds it stuck at once */
        at_set(&d->beat, sched_now(w->sched)); /* relaxed: advisory */
    return hold_take(&d->hold, &w->guard, w->id, d->mine);
}

/* Those that need somebody come first, our last one before the others. */
struct domain *borrow(struct worker *w)
{
    struct sched *s = w->sched;
    uint32_t first = w->domain != NULL ? w->domain->id : 0;

    for (int needy = 1; needy >= 0; needy--) {
        for (uint32_t i = 0; i < s->n_domains; i++) {
            struct domain *d = &s->domains[(first + i) % s->n_domains];

            if (needy && take_over(w, d))
                return moved_in(w, d);
            if ((!needy || needs_somebody(d)) && try_take(w, d))
                return moved_in(w, d);
        }
    }
    return NULL;
}

void leave(struct worker *w, struct domain *d)
{
    sched_unask(w->sched, &d->stock, w->question);
    at_set(&w->running, 0); /* relaxed: the guard shows it */
    at_set(&d->load, 0);    /* relaxed: advisory */
    show_turns(d);
    if (hold_leave(&d->hold, &w->guard))
        return;
    /* It is being revoked, though we are in no step. Whoever revokes it sees that too, and
     * takes it over; but nobody may: then we do, and leave again. */
    while (regain(w, d)) {
        at_set(&d->beat, sched_now(w->sched)); /* relaxed: advisory */
        guard_raise(&w->guard);
        if (hold_leave(&d->hold, &w->guard))
            return;
    }
}

/* --- sleeping --- */

static bool work_visible(struct sched *s)
{
    bool free = false, offered = false, revoked = false;

    if (at_load(&s->stop, acquire, WK1))
        return true;
    for (uint32_t i = 0; i < s->n_domains; i++) {
        struct domain *d = &s->domains[i];

        if (needs_somebody(d))
            return true;
        revoked |= may_take_over(s, d);
        free |= hold_state(hold_look(&d->hold)) == HOLD_FREE;
        offered |= deque_size(&d->deque) > 0;
    }
    return free && (offered || revoked); /* without a free one: see watch() */
}

static bool all_free(struct sched *s)
{
    for (uint32_t i = 0; i < s->n_domains; i++)
        if (hold_state(hold_look(&s->domains[i].hold)) != HOLD_FREE)
            return false;
    return true;
}

/* One sleeper looks every millisecond after the steps of those who are awake. If all sleep
 * for a while there is nothing to look after: then whoever wakes up rings for a new watcher. */
static void sleep_or_watch(struct worker *w, uint32_t bell)
{
    struct sched *s = w->sched;
    int quiet = 0;

    if (all_free(s)) {
        bell_wait(&w->bed.bell, bell, timers_until(s));
        return;
    }
    if (!watch_begin(&s->dormitory,
                     w->id)) { /* the other one sees to the timers as well */
        bell_wait(&w->bed.bell, bell, 0);
        return;
    }
    while (bell_wait(&w->bed.bell, bell, WATCH_EVERY_NS) && !watch(s) &&
           !work_visible(s) && quiet < WATCH_QUIET)
        quiet = all_free(s) ? quiet + 1 : 0;
    watch_end(&s->dormitory);
    /* Dekker with who takes a domain: it takes, then looks for a watcher; we leave, then look
     * for somebody to watch. */
    if (quiet == WATCH_QUIET && !recheck(!all_free(s), PK10))
        bell_wait(&w->bed.bell, bell, timers_until(s));
}

/* Lies down first, leaves then, looks once more: whoever makes work visible after that look
 * finds the sleeper. */
COLD void nap(struct worker *w, struct domain *d)
{
    struct sched *s = w->sched;
    uint32_t bell = bed_bell(&w->bed);

    if (w->counted) { /* woken for something that others have taken care of */
        w->counted = false;
        at_count(&s->dormitory.searching, -1); /* relaxed: advisory */
    }

    bed_lie_down(&s->dormitory, &w->bed);
    if (d != NULL) {
        counter_add(&d->stock.tally.parks, 1);
        leave(w, d);
    }
    if (!recheck(work_visible(s), PK9)) {
        if (s->sim != NULL) /* it lies there until it is played again */
            return;
        sleep_or_watch(w, bell);
    }
    w->counted = bed_get_up(&s->dormitory, &w->bed);
}

/* --- searching --- */

COLD bool idle(struct worker *w, struct domain *d)
{
    struct sched *s = w->sched;
    int spins = s->sim == NULL ? SPINS : 1; /* nobody else moves meanwhile */
    bool found;

    if (d->solo)
        return solo_idle(w, d);
    found = take_offer(d);
    if (found)
        return true;
    if (is_late(d)) {
        timers_run(d, sched_now(s));
        return true;
    }
    report_gain(d);
    if (!w->counted)
        at_count(&s->dormitory.searching, 1); /* relaxed: advisory */
    w->counted = false;
    for (int i = 0; i < spins && !found && !at_peek(&s->stop); i++) {
        if (i % SPIN_CHECK == 0)
            at_set(&d->beat, sched_now(s));                /* relaxed: advisory */
        found = at_peek(&d->tokens) != NULL || steal(d) || /* relaxed: TK2 acquires */
                (i % SPIN_CHECK == 0 && is_late(d));
        if (!found)
            pause_hint();
    }
    at_count(&s->dormitory.searching, -1); /* relaxed: advisory */
    if (found) {
        tick_restart(d);
        return true;
    }
    nap(w, d);
    return false;
}
