/* sched/share.c: who gets what, by what a turn costs.
 *
 * Work is offered only if somebody is idle: dear turns one by one, newborns the oldest first
 * (the root of the largest subtree), and cheap turns by whole conversations only, which is
 * sched/survey.c's business. Offers nobody fetches are taken back. */
#include "sched/share.h"

#include "sched/adopt.h"
#include "sched/pick.h"
#include "sched/remote.h"
#include "sched/send.h"
#include "sched/sim.h"
#include "sched/survey.h"

#include <string.h>

uint64_t own_cost(const struct domain *d)
{
    uint64_t per = d->per < d->per_before ? d->per : d->per_before;
    uint64_t floor = cycles(d->sched, TURN_NS);

    return per > floor ? per : floor;
}

/* --- taking --- */

/* In a simulation no address decides anything. */
static struct gain *gain_of(struct sched *s, const void *behavior)
{
    if (s->sim != NULL)
        return &s->gains[0];
    return &s->gains[((uintptr_t)behavior >> 4) * 2654435761u >> 7 & (GAINS - 1)];
}

bool steal_from(struct domain *d, struct domain *from)
{
    int64_t n = (deque_size(&from->deque) + 1) / 2, got = 0;

    while (got < n && got < STEAL_MAX) {
        struct task *t = deque_steal(&from->deque);

        if (t == NULL)
            break;
        got++;
        if (t->offer == OFFER_NEWBORN) {
            d->gain = gain_of(d->sched, task_behavior(t));
            d->gain_since = sched_now(d->sched);
        }
        if (t->offer != OFFER_TASK) /* a fair share by itself */
            n = 0;
        adopt_entry(d, t);
    }
    counter_add(&d->stock.tally.stolen, (uint64_t)got);
    return got > 0;
}

bool steal(struct domain *d)
{
    struct sched *s = d->sched;

    uint32_t first =
        s->n_domains > 1 ? (uint32_t)sim_draw(s, SITE_STEAL, s->n_domains - 1) : 0;

    for (uint32_t i = 1; i < s->n_domains; i++) {
        uint32_t k = i + first < s->n_domains ? i + first : i + first - s->n_domains + 1;

        if (steal_from(d, &s->domains[(d->id + k) % s->n_domains]))
            return true;
    }
    return false;
}

bool take_offer(struct domain *d)
{
    struct task *t = deque_take(&d->deque);

    if (t != NULL)
        adopt_entry(d, t);
    return t != NULL;
}

/* Oldest first, as a thief would; a newborn alone, for it may be the root of a tree. */
static void take_back(struct domain *d)
{
    for (int i = 0; i < OFFER_BACK; i++) {
        struct task *t = deque_steal(&d->deque);

        if (t == NULL)
            return;
        if (t->offer == OFFER_NEWBORN)
            i = OFFER_BACK;
        adopt_entry(d, t);
    }
}

void report_gain(struct domain *d)
{
    struct sched *s = d->sched;
    struct gain *gain = d->gain;
    uint64_t now, wait, longest = cycles(s, GAIN_BACKOFF_MAX_NS);
    uint32_t fails;

    if (gain == NULL)
        return;
    d->gain = NULL;
    now = sched_now(s);
    fails = at_peek(&gain->fails); /* relaxed, here and below: advisory */
    if (now - d->gain_since >= cycles(s, GAIN_NS)) {
        at_set(&gain->fails, 0);
        return;
    }
    wait = cycles(s, GAIN_BACKOFF_MIN_NS) << (fails < 12 ? fails : 12);
    at_set(&gain->fails, fails + 1); /* relaxed, here and below: advisory */
    at_set(&gain->next_try, now + (wait < longest ? wait : longest));
}

/* --- offering dear turns --- */

static bool offer(struct domain *d, struct task *t, struct node *mail, enum task_offer as)
{
    if (!give_up(d, t, mail, OWNER_PUBLIC))
        return false;
    t->offer = (uint8_t)as;
    t->token.next = NULL;
    if (deque_push(&d->deque, t))
        counter_add(&d->stock.tally.published, 1);
    else
        adopt_entry(d, t);
    return true;
}

static uint32_t find_picks(struct worker *w, struct domain *d, struct pick *picks)
{
    uint32_t n = 0, seen = 0;

    for (struct ring_walk i = ring_walk(&d->ring);
         i.at != d->ring.tail && seen < OFFER_WINDOW; ring_step(&d->ring, &i), seen++) {
        struct task *t = pick_task(w, d, i.at);

        if (t == NULL || t->place != 0 || n == 2 * OFFER_MAX)
            continue;
        picks[n] = (struct pick){t, 0, NULL};
        t->place = (uint16_t)++n;
    }
    return n;
}

/* Every other one of those that have all their mail in the window. */
static void choose_picks(struct pick *picks, uint32_t n)
{
    bool keep = true;

    for (uint32_t i = 0; i < n; i++) {
        bool whole = pick_is_whole(&picks[i]);

        if (!whole || keep) {
            picks[i].task->place = 0;
            picks[i].task = NULL;
        }
        keep ^= whole;
    }
}

static int offer_ring(struct worker *w, struct domain *d)
{
    struct pick picks[2 * OFFER_MAX];
    uint32_t n = find_picks(w, d, picks);
    int offered = 0;

    d->offered_newborns = false;
    pick_count(w, d, picks, OFFER_WINDOW);
    choose_picks(picks, n);
    pick_mail(w, d, picks, n, OFFER_WINDOW);
    for (uint32_t i = 0; i < n; i++) {
        struct task *t = picks[i].task;

        if (t == NULL)
            continue;
        t->place = 0;
        if (offer(d, t, picks[i].mail, OFFER_TASK))
            offered++;
        else
            put_back(w, d, t, picks[i].mail);
    }
    return offered;
}

/* Looking in vain must not eat the time that it is meant to win. */
static int offer_dear(struct worker *w, struct domain *d, uint64_t now)
{
    int n;

    if (!is_past(d->next_offer, now))
        return 0;
    n = offer_ring(w, d);
    if (n == 0)
        d->next_offer = now + SURVEY_SHARE * (sched_now(d->sched) - now);
    return n;
}

/* --- offering newborns --- */

/* May this behaviour's newborns be offered? Until thieves report that it does not pay. */
static bool newborns_pay(struct worker *w, struct domain *d, uint64_t now)
{
    struct task *t = newborn_at_base(w, d);

    if (t == NULL || d->newborns_top - d->newborns_base < 2)
        return false;
    return is_past(at_peek(&gain_of(d->sched, task_behavior(t))->next_try),
                   now); /* relaxed: advisory */
}

/* The oldest ones: the roots of the largest subtrees. */
static int offer_newborns(struct worker *w, struct domain *d, int max)
{
    struct task *t;
    int n = 0;

    d->offered_newborns = true;
    while (n < max && (t = newborn_at_base(w, d)) != NULL) {
        struct record *r = &d->newborns[d->newborns_base];
        struct node *mail = node_new(&d->stock.pool, r);

        if (mail == NULL)
            break;
        t->place = 0;
        if (offer(d, t, mail, OFFER_NEWBORN)) {
            r->to = 0;
            n++;
            continue;
        }
        node_free(&d->stock.pool, mail);
        t->place = (uint16_t)d->newborns_base;
        if (!newborn_to_ring(d, t))
            break;
    }
    return n;
}

void share_ring(struct worker *w, struct domain *d)
{
    offer_ring(w, d);
}

void share_newborn(struct worker *w, struct domain *d)
{
    offer_newborns(w, d, 1);
}

/* --- the decision --- */

static int offer_some(struct worker *w, struct domain *d, uint64_t now, int idle)
{
    struct sched *s = d->sched;
    uint64_t per = d->per < d->per_before ? d->per : d->per_before;
    bool would_wake = idle == 0;

    if (now - d->cheap_at >= cycles(s, DEAR_NS) &&
        is_past(at_peek(&d->next_bad), now) && /* relaxed: advisory */
        (!would_wake || per * ring_size(&d->ring) >= cycles(s, BACKLOG_NS))) {
        bool look =
            per < cycles(s, SURVEY_BELOW_NS) && d->newborns_top == d->newborns_base;
        int n;

        if (look && survey_due(d, now)) {
            survey_start(d, SURVEY_TRIAL, now);
            return 0;
        }
        n = look && !d->one_piece ? 0 : offer_dear(w, d, now);
        if (n > 0) {
            d->moved = now;
            return n;
        }
    }
    return newborns_pay(w, d, now) ? offer_newborns(w, d, would_wake ? 1 : idle) : 0;
}

void share(struct worker *w, struct domain *d, uint64_t now)
{
    struct sched *s = d->sched;
    int searching =
        at_peek(&s->dormitory.searching); /* relaxed, here and below: advisory */
    int asleep = at_peek(&s->dormitory.sleeping) - (int)s->options.relief; /* relaxed */
    int out = (int)deque_size(&d->deque);
    bool may_wake = searching <= 0 && asleep > 0 && now - d->woke >= cycles(s, WAKE_NS);

    if (d->surveying != SURVEY_OFF) {
        survey_step(w, d, now);
        return;
    }
    if (searching <= 0 && out > 0 &&
        now - d->published >=
            cycles(s, d->offered_newborns ? NEWBORN_AGE_NS : BALANCE_NS)) {
        d->published = now;
        take_back(d);
        return;
    }
    if (searching > out || (may_wake && out == 0)) {
        int n = offer_some(w, d, now, searching > out ? searching - out : 0);

        if (n == 0) {
            if (d->surveying == SURVEY_OFF && survey_makes_sense(d) && survey_due(d, now))
                survey_start(d, SURVEY_TRIAL, now);
            return;
        }
        d->published = now;
        out += n;
    }
    if (may_wake && out > 0 && wake_one(s)) {
        counter_add(&d->stock.tally.wakes, 1);
        d->woke = now;
    }
}

/* Both busy, but one with far more to do: the richer offers, the poorer steals although it
 * is not idle. Throughput does not need it; the tasks' turns come more evenly. */
void balance(struct worker *w, struct domain *d, uint64_t now)
{
    struct sched *s = d->sched;
    uint64_t mine = ring_size(&d->ring), fewest = UINT64_MAX;

    for (uint32_t k = 1; k < s->n_domains; k++) {
        struct domain *other = &s->domains[(d->id + k) % s->n_domains];
        uint32_t load = at_peek(&other->load); /* relaxed: advisory */

        if (hold_state(hold_look(&other->hold)) != HOLD_HELD)
            continue;
        if (load < fewest)
            fewest = load;
        if (2 * mine + 4 < load && deque_size(&other->deque) > 0 && steal_from(d, other))
            return;
    }
    if (fewest != UINT64_MAX && mine > 2 * fewest + 4 &&
        now - d->published >= cycles(s, BALANCE_NS)) {
        d->published = now;
        offer_ring(w, d);
    }
}
