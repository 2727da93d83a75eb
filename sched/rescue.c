/* sched/rescue.c: revoking the domain of a stuck step, and the way back for its task. */
#include "sched/rescue.h"

#include "lib/base/pause.h"
#include "sched/adopt.h"
#include "sched/pressure.h"
#include "sched/remote.h"
#include "sched/send.h"
#include "sched/sim.h"
#include "sched/turn.h"

#include <sched.h>
#include <string.h>

/* Waits a little for a thread that needs a few instructions only; it may be suspended. */
static void wait_a_little(unsigned *tries)
{
    if (++*tries % 128 == 0)
        sched_yield();
    else
        pause_hint();
}

/* --- by the others --- */

void revoke_if_stuck(struct sched *s, struct domain *d, uint64_t now)
{
    uint64_t h = hold_look(&d->hold);

    if (hold_state(h) != HOLD_HELD || !domain_stuck(d, now))
        return;
    at_set(&d->looks, 0); /* relaxed: advisory */
    hold_revoke(&d->hold, h, &s->workers[hold_worker(h)].guard);
}

/* A revoked domain is for a sleeper at once if others sleep too: then there is a processor for
 * it. Else a busy worker has until the next look to take it in (sched/absorb.h). */
bool watch(struct sched *s)
{
    uint64_t now = sched_now(s);
    bool found = false;

    for (uint32_t i = 0; i < s->n_domains; i++) {
        struct domain *d = &s->domains[i];

        revoke_if_stuck(s, d, now);
        if (!may_take_over(s, d))
            continue;
        at_count(&d->looks, 1); /* relaxed: advisory, here and below */
        found |= any_free(s) || at_peek(&d->looks) > 1;
    }
    return found;
}

bool any_free(struct sched *s)
{
    for (uint32_t i = 0; i < s->n_domains; i++)
        if (hold_state(hold_look(&s->domains[i].hold)) == HOLD_FREE)
            return true;
    return false;
}

/* The queue comes from a reserve, so that a rescue needs no memory; the reserve is filled
 * again at leisure (fill_reserves). Without it (two rescues in a row and no memory) this
 * waits for memory: the alternative is to lose mail. */
static void detach_task(struct domain *d, struct task *t)
{
    unsigned tries = 0;

    if (t->cold.queue == NULL) {
        t->cold.queue = d->reserve_queue;
        d->reserve_queue = NULL;
    }
    while (t->cold.queue == NULL) {
        t->cold.queue = mailq_new(&d->stock.pool);
        wait_a_little(&tries);
    }
    if (t->cold.queue->aside == NULL) {
        t->cold.queue->aside = d->reserve_aside;
        d->reserve_aside = NULL;
    }
    while (t->cold.queue->aside == NULL) {
        t->cold.queue->aside = aside_new(&d->stock.pool);
        wait_a_little(&tries);
    }
    task_flag(t, TASK_QUEUED | TASK_DETACHED);
}

/* For the next holder: running is the id of the loser's task, whose step goes on. */
static void take_note(struct worker *loser, struct domain *d, uint64_t running)
{
    struct task *t = worker_task(loser, running);
    unsigned tries = 0;

    loser->behind = d->ring.head;
    flush(loser, d, false);
    INVARIANT(task_is(t, running) && word_domain(task_word(t)) == d->id);
    detach_task(d, t);
    while (d->reserve == NULL) {
        d->reserve = pool_alloc(&d->stock.pool, POOL_SEGMENT);
        wait_a_little(&tries);
    }
    loser->pinned = ring_split(&d->ring, d->reserve);
    d->reserve = NULL;
    counter_add(&d->stock.tally.rescues, 1);
    at_store(&loser->detached, true, release, RS1);
}

bool may_take_over(struct sched *s, struct domain *d)
{
    uint64_t h = hold_look(&d->hold);

    return hold_state(h) == HOLD_REVOKED &&
           at_load(&s->workers[hold_worker(h)].guard.up, seq_cst, GD4) == 0;
}

/* What the loser runs is read before the domain is seized: as long as the word says REVOKED
 * and its guard is down it is inside that step, or waits to see who gets the domain. */
bool take_over(struct worker *w, struct domain *d)
{
    uint64_t h = hold_look(&d->hold), running;
    struct worker *loser = &w->sched->workers[hold_worker(h)];

    if (!may_take_over(w->sched, d))
        return false;
    running = at_peek(&loser->running); /* relaxed: acquired with its guard */
    at_set(&d->beat,
           sched_now(w->sched)); /* relaxed: advisory; or it looks stuck at once */
    if (!hold_seize(&d->hold, h, &loser->guard, &w->guard, w->id, d->mine))
        return false;
    if (running != 0)
        take_note(loser, d, running);
    return true;
}

bool serve_revoked(struct sched *s, struct domain *d)
{
    uint64_t h = hold_look(&d->hold), running;
    struct worker *loser = &s->workers[hold_worker(h)];

    if (!may_take_over(s, d))
        return false;
    running = at_peek(&loser->running); /* relaxed: acquired with its guard */
    if (!hold_serve_revoked(&d->hold, h))
        return false;
    if (running != 0)
        take_note(loser, d, running);
    return true;
}

/* --- by the worker that lost it --- */

bool regain(struct worker *w, struct domain *d)
{
    unsigned tries = 0;

    for (;;) {
        uint64_t h = hold_look(&d->hold);

        if (hold_worker(h) != w->id ||
            (hold_state(h) != HOLD_REVOKING && hold_state(h) != HOLD_REVOKED))
            return false;
        at_set(&d->beat, sched_now(w->sched)); /* relaxed: advisory */
        if (hold_regain(&d->hold, h, &w->guard, w->id, d->mine))
            return true;
        wait_a_little(&tries);
    }
}

static void wait_until_noted(struct worker *w)
{
    unsigned tries = 0;

    while (!at_load(&w->detached, acquire, RS1))
        wait_a_little(&tries);
}

/* Within a step: we take note of it ourselves if nobody else has yet, so that what was sent
 * before is on its way before what is sent from now on. */
static void become_guest(struct worker *w, struct domain *d)
{
    unsigned tries = 0;

    guard_lower(&w->guard);
    while (!at_load(&w->detached, acquire, RS1)) {
        uint64_t h = hold_look(&d->hold);

        if (hold_worker(h) == w->id && hold_serve_revoked(&d->hold, h)) {
            take_note(w, d, at_peek(&w->running)); /* relaxed: our own */
            hold_served(&d->hold);
            call_help(w->sched, d);
        } else {
            wait_a_little(&tries);
        }
    }
    w->guest = true;
}

bool still_holds(struct worker *w)
{
    if (w->guest)
        return false;
    if (guard_held(&w->guard) != MINE_NOBODY)
        return true;
    become_guest(w, w->domain);
    guard_raise(&w->guard);
    return false;
}

enum sched_sent guest_send(struct worker *w, const struct record *r)
{
    struct stock *stock;
    enum sched_sent sent;

    if (!w->guest)
        become_guest(w, w->domain);
    guard_lower(&w->guard);
    stock = lane_enter(w->sched);
    sent = push_record(w->sched, stock, r);
    lane_leave(w->sched, stock);
    return sent;
}

/* What the next holder needs of the step's message, or what it asks; and what it has written. */
static void keep(struct worker *w, struct aside *aside, const struct record *m, int next)
{
    aside->written = slips_take(w);
    if (keeps_message(next)) { /* else there may be one already: a hook may have run */
        memcpy(aside->message, m, record_slots(m) * sizeof *m);
        aside->step = w->reply_step;
        aside->deadline = w->deadline;
    }
    if (next == NEXT_AWAIT) {
        memcpy(aside->message, w->question, sizeof w->question);
        w->question->to = 0;
    }
}

/* What the step said goes as mail to the task, in a node that is part of its queue. */
static void give_back(struct worker *w, struct task *t, const struct record *m, int next)
{
    uint64_t running = at_peek(&w->running); /* relaxed: our own */
    struct aside *aside = task_queue(w->sched, t)->aside;
    struct node *back = &aside->back;
    struct stock *stock;

    back->record = (struct record){running, running, record_head(0, RECORD_RETURN, 0, 0),
                                   (uint64_t)next};
    memcpy(back->more, w->verdict, sizeof back->more);
    keep(w, aside, m, next);
    stock = lane_enter(w->sched);
    if (w->uncounted != NULL)
        counter_add(&stock->tally.handled, (uint64_t)(w->behind - w->uncounted));
    w->uncounted = NULL;
    if (!keeps_message(next) && m != NULL &&
        (record_extra(m) & (RECORD_BLOCK | RECORD_OPEN)) != 0)
        w->sched->ops->handled(w->sched, stock, m, next);
    sched_unask(w->sched, stock, w->question); /* what is to be asked was kept */
    pool_free(&stock->pool, POOL_SEGMENT, w->pinned);
    w->pinned = NULL;
    push_mail(w->sched, NULL, stock, t, back, back);
    lane_leave(w->sched, stock);
}

COLD bool step_over(struct worker *w, struct domain *d, struct task *t,
                    const struct record *m, int next)
{
    if (UNLIKELY(w->sched->sim != NULL))
        sim_stepped(w, m);
    while (!w->guest) {
        if (guard_held(&w->guard) != MINE_NOBODY)
            return true;
        guard_lower(&w->guard);
        if (!regain(w, d)) {
            wait_until_noted(w);
            break;
        }
        guard_raise(&w->guard);
    }
    guard_lower(&w->guard);
    give_back(w, t, m, next);
    at_set(&w->detached, false); /* relaxed: whoever set it is done with us */
    at_set(&w->running, 0); /* relaxed: shown by the guard, raised with the next domain */
    w->guest = false;
    w->deadline = 0;
    w->lost = true;
    return false;
}
