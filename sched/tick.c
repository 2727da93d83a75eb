/* sched/tick.c: a look at time and neighbours, every few microseconds. */
#include "sched/absorb.h"
#include "sched/remote.h"
#include "sched/send.h"
#include "sched/share.h"
#include "sched/solo.h"
#include "sched/survey.h"
#include "sched/timer.h"
#include "sched/worker.h"

/* Turns in about TICK_NS. */
static uint32_t span_for(const struct sched *s, uint64_t per)
{
    uint64_t n = cycles(s, TICK_NS) / (per > 0 ? per : 1);

    return n < 1 ? 1 : n > SPAN_MAX ? SPAN_MAX : (uint32_t)n;
}

void tick_restart(struct domain *d)
{
    d->ticked = d->cheap_at = sched_now(d->sched);
    d->ticked_turns = d->turns;
    d->span = 1;                 /* a tick behind the first turn: it may be a dear one */
    at_set(&d->beat, d->ticked); /* relaxed: advisory */
}

/* What a turn costs, at home: without the mail between domains, else a conversation that was
 * split would look dear, and be split again and again. */
static void measure(struct domain *d, uint64_t now)
{
    struct sched *s = d->sched;
    uint64_t spent = now - d->ticked, turns = d->turns - d->ticked_turns;
    uint32_t mail = d->sent + d->arrived;
    uint64_t away = (uint64_t)(mail - d->mail_seen) * cycles(s, MAIL_NS), size;

    d->mail_seen = mail;
    d->per_before = d->per;
    d->per = (spent > away ? spent - away : 0) / (turns > 0 ? turns : 1);
    d->span = span_for(s, d->per);
    size = ring_size(&d->ring);
    d->far = size > FAR_RECORDS;
    if (d->per < cycles(s, COSTLY_NS))
        d->cheap_at = now;
    d->ticked = now;
    d->ticked_turns = d->turns;
    at_set(&d->waiting, (uint32_t)size); /* relaxed, both: advisory */
    at_set(&d->beat, now);
}

/* Nobody waits for ever at the bottom of the newborns: one in a while joins the ring. */
static void age_newborn(struct worker *w, struct domain *d, uint64_t now)
{
    if (d->newborns_base == d->newborns_top ||
        now - d->aged < cycles(d->sched, NEWBORN_AGE_NS))
        return;
    d->aged = now;
    if (newborn_at_base(w, d) != NULL && newborn_to_ring(d, newborn_at_base(w, d)))
        d->newborns_base++;
}

/* A rescue must not need memory: what the last one used up is replaced here. */
static void fill_reserves(struct domain *d)
{
    if (d->reserve == NULL)
        d->reserve = pool_alloc(&d->stock.pool, POOL_SEGMENT);
    if (d->reserve_queue == NULL)
        d->reserve_queue = mailq_new(&d->stock.pool);
    if (d->reserve_aside == NULL)
        d->reserve_aside = aside_new(&d->stock.pool);
}

static void look_at_others(struct worker *w, struct domain *d, uint64_t now)
{
    struct sched *s = d->sched;
    uint64_t size = ring_size(&d->ring);

    if (now - d->looked < cycles(s, WATCH_NS))
        return;
    d->looked = now;
    at_set(&d->load, (uint32_t)size); /* relaxed, here and below: advisory */
    absorb_stuck(w, d, now);
    if (d->per >= cycles(s, COSTLY_NS) && is_past(at_peek(&d->next_bad), now) &&
        s->n_domains > 1)
        balance(w, d, now);
}

COLD bool tick(struct worker *w, struct domain *d)
{
    struct sched *s = d->sched;
    uint64_t now = sched_now(s);

    measure(d, now);
    if (UNLIKELY(at_peek(&s->stop))) /* relaxed: seen at the next tick else */
        return false;
    if (w->counted) { /* woken, and found work */
        w->counted = false;
        at_count(&s->dormitory.searching, -1); /* relaxed: advisory */
    }
    fill_reserves(d);
    sched_unask(s, &d->stock, w->question);
    if (timers_due(d, now))
        timers_run(d, now);
    age_newborn(w, d, now);
    if (s->n_domains == 1 || d->solo)
        return true;
    look_at_others(w, d, now);
    judge(d, now);
    share(w, d, now);
    return true;
}
