/* sched/survey.c: moving conversations, not tasks.
 *
 * Somebody is idle and turns are cheap: moving one task would split a conversation, moving a
 * whole conversation costs nothing. The ring itself says who talks to whom: for a while each
 * tick reads the records that will be handled until the next one, each once, and joins
 * sender and receiver (union-find). When every task has been seen often enough the
 * components are known well: an edge that is missed carries little. What is one piece never
 * moves; of several the largest stays, and the others leave in as many bundles as somebody
 * wants, in ring order, which is mostly memory order.
 *
 * A move that turns out to talk back is undone: a judge compares the mail between domains
 * with the work itself, and a hot domain sends the components at fault to the lower-numbered
 * of the two (so that they never swap); the next try waits longer. */
#include "sched/survey.h"

#include "sched/adopt.h"
#include "sched/pick.h"
#include "sched/remote.h"
#include "sched/share.h"

#include <string.h>

enum { RING_LIMIT = 1 << 18 }; /* records that a move walks over, at most */

/* A task seen by a survey; the root of a component also counts for it. */
struct seen {
    uint64_t id;
    uint32_t up, size;      /* union-find: parent, tasks below */
    uint32_t edges, remote; /* records within the component; to or from other domains */
    uint32_t domain;        /* lowest other domain it talks to */
    uint8_t bin;            /* 0 stays */
    bool go;
};

struct survey {
    uint16_t hash[SURVEY_HASH]; /* number of a seen task, plus one */
    struct seen seen[SURVEY_TASKS];
    struct pick picks[SURVEY_TASKS];
    uint32_t n, records, known, biggest;
    uint64_t began;
};

/* --- components --- */

static uint32_t root_of(struct survey *v, uint32_t i)
{
    while (v->seen[i].up != i) {
        v->seen[i].up = v->seen[v->seen[i].up].up;
        i = v->seen[i].up;
    }
    return i;
}

/* Its number, or -1: not seen so far, and not to be added or no room. */
static int find(struct survey *v, uint64_t id, bool add)
{
    uint32_t h = (uint32_t)id * 2654435761u >> 19;

    for (; v->hash[h] != 0; h = (h + 1) & (SURVEY_HASH - 1))
        if (v->seen[v->hash[h] - 1].id == id)
            return v->hash[h] - 1;
    if (!add || v->n == SURVEY_TASKS)
        return -1;
    v->seen[v->n] = (struct seen){.id = id, .up = v->n, .size = 1, .domain = UINT32_MAX};
    v->hash[h] = (uint16_t)++v->n;
    return (int)v->n - 1;
}

static uint32_t join(struct survey *v, uint32_t i, uint32_t j)
{
    struct seen *a, *b;

    i = root_of(v, i);
    j = root_of(v, j);
    if (i == j)
        return i;
    if (v->seen[i].size < v->seen[j].size) {
        uint32_t swap = i;

        i = j;
        j = swap;
    }
    a = &v->seen[i];
    b = &v->seen[j];
    b->up = i;
    a->size += b->size;
    a->edges += b->edges;
    a->remote += b->remote;
    if (b->domain < a->domain)
        a->domain = b->domain;
    return i;
}

static void tie(struct domain *d, struct seen *c, const struct task *other)
{
    uint32_t domain = word_domain(task_word(other));

    c->remote++;
    if (domain < d->sched->n_domains && domain < c->domain)
        c->domain = domain;
}

void survey_out(struct domain *d, const struct task *to, uint64_t from)
{
    int i = from != 0 ? find(d->survey, from, false) : -1;

    if (i >= 0)
        tie(d, &d->survey->seen[root_of(d->survey, (uint32_t)i)], to);
}

/* --- reading the ring --- */

void survey_free(struct domain *d)
{
    if (d->survey != NULL)
        memory_free(&d->sched->memory, d->survey, sizeof *d->survey, CACHE_LINE);
    d->survey = NULL;
}

bool survey_makes_sense(struct domain *d)
{
    return is_cheap(d) && d->newborns_top == d->newborns_base &&
           ring_size(&d->ring) >= SURVEY_BACKLOG;
}

bool survey_due(struct domain *d, uint64_t now)
{
    return is_past(at_peek(&d->next_trial), now); /* relaxed: advisory */
}

void survey_start(struct domain *d, enum survey_mode mode, uint64_t now)
{
    struct survey *v = d->survey;

    if (v == NULL) {
        v = memory_alloc(&d->sched->memory, sizeof *v, CACHE_LINE);
        if (v == NULL) /* then work stays where it is */
            return;
        d->survey = v;
    }
    memset(v->hash, 0, sizeof v->hash);
    v->n = v->records = v->known = v->biggest = 0;
    v->began = now;
    d->surveying = (uint8_t)mode;
}

static void read_record(struct worker *w, struct domain *d, struct survey *v,
                        const struct record *r)
{
    int i = find(v, r->to, true), j;
    uint32_t root;

    if (i < 0) { /* more tasks than we follow */
        j = r->from != 0 ? find(v, r->from, false) : -1;
        if (j >= 0)
            v->seen[root_of(v, (uint32_t)j)].remote++;
        return;
    }
    v->known++;
    root = root_of(v, (uint32_t)i);
    if (r->from != 0 && r->from != r->to) {
        struct task *sender = worker_task(w, r->from);

        if (word_domain(task_word(sender)) != d->id) {
            tie(d, &v->seen[root], sender);
        } else {
            j = find(v, r->from, true);
            if (j >= 0)
                root = join(v, root, (uint32_t)j);
            else
                v->seen[root].remote++;
        }
    }
    if (++v->seen[root].edges > v->biggest)
        v->biggest = v->seen[root].edges;
}

static uint32_t read_ring(struct worker *w, struct domain *d)
{
    struct survey *v = d->survey;
    uint32_t k = 0;

    for (struct ring_walk i = ring_walk(&d->ring);
         i.at != d->ring.tail && k < SURVEY_SCAN; ring_step(&d->ring, &i), k++)
        if (record_is_message(i.at) && i.at->to != 0 &&
            task_is(worker_task(w, i.at->to), i.at->to))
            read_record(w, d, v, i.at);
    v->records += k;
    return k;
}

/* --- back-off --- */

static void put_off(struct domain *d, uint64_t until)
{
    if (is_past(at_peek(&d->next_trial), until)) /* relaxed, here and below: advisory */
        at_set(&d->next_trial, until);
}

/* Nothing to move: look again soon, for a look is cheap. */
static void look_later(struct domain *d, uint64_t now)
{
    uint64_t cost = SURVEY_SHARE * (now - d->survey->began);
    uint64_t pause = cycles(d->sched, SURVEY_PAUSE_NS);

    d->one_piece = true;
    put_off(d, now + (cost > pause ? cost : pause));
}

/* A move that only caused traffic: the next one waits, each time twice as long. */
static void move_failed(struct domain *d, uint64_t now)
{
    uint32_t fails = at_peek(&d->trial_fails); /* relaxed, here and below: advisory */
    uint64_t wait = cycles(d->sched, TRIAL_MIN_NS) << (fails < 8 ? fails : 8);
    uint64_t longest = cycles(d->sched, TRIAL_MAX_NS);

    if (!is_past(at_peek(&d->next_bad), now)) /* relaxed: known already */
        return;
    if (wait > longest)
        wait = longest;
    at_set(&d->trial_fails, fails < 16 ? fails + 1 : fails); /* relaxed: advisory */
    at_set(&d->next_trial, now + wait);
    at_set(&d->next_bad, now + wait);
}

/* --- moving --- */

/* Mail across domains against the work it goes with, times 256: above 256, apart is no
 * faster than together. */
static uint64_t remote_share(struct domain *d, const struct seen *c)
{
    return (uint64_t)c->remote * cycles(d->sched, MAIL_NS) * 256 /
           ((uint64_t)c->edges * own_cost(d) + 1);
}

/* Picks the marked tasks that can leave whole, with their mail. */
static void pick_marked(struct worker *w, struct domain *d)
{
    struct survey *v = d->survey;

    for (uint32_t i = 0; i < v->n; i++) {
        struct task *t = worker_task(w, v->seen[i].id);
        bool may = v->seen[i].go && task_word(t) == (id_high(v->seen[i].id) | d->mine);

        v->picks[i] = (struct pick){may ? t : NULL, 0, NULL};
        if (may)
            t->place = (uint16_t)(i + 1);
    }
    pick_count(w, d, v->picks, RING_LIMIT);
    for (uint32_t i = 0; i < v->n; i++) {
        struct pick *p = &v->picks[i];

        if (p->task != NULL && !pick_is_whole(p)) {
            p->task->place = 0;
            p->task = NULL;
        }
    }
    pick_mail(w, d, v->picks, v->n, RING_LIMIT);
}

/* The marked tasks leave: into the bundles of their bins or, without bundles, for the domain
 * they talk to. Returns how many. */
static uint32_t move_out(struct worker *w, struct domain *d, struct task **bundle)
{
    struct survey *v = d->survey;
    uint32_t moved = 0;

    pick_marked(w, d);
    for (uint32_t i = 0; i < v->n; i++) {
        struct task *t = v->picks[i].task;
        struct seen *seen = &v->seen[i];

        if (t == NULL)
            continue;
        t->place = 0;
        t->follow = 0;
        if (!give_up(d, t, v->picks[i].mail,
                     bundle != NULL ? OWNER_PUBLIC
                                    : owner_of_domain(seen->domain) | OWNER_TRANSIT)) {
            put_back(w, d, t, v->picks[i].mail);
            continue;
        }
        moved++;
        if (bundle != NULL) {
            t->token.next = bundle[seen->bin] != NULL ? &bundle[seen->bin]->token : NULL;
            bundle[seen->bin] = t;
        } else {
            post(d->sched, w, t);
        }
    }
    counter_add(&d->stock.tally.moved, moved);
    return moved;
}

/* May this component leave? It must have its share of the traffic, and be on its own. */
static bool may_leave(struct domain *d, const struct seen *c)
{
    struct survey *v = d->survey;

    return 2ull * c->edges * v->n >= (uint64_t)v->known * c->size &&
           remote_share(d, c) < 64;
}

/* Components into want + 1 bins of equal weight; bin 0 stays, and so does the largest.
 * Returns the weight that leaves. */
static uint32_t pack(struct domain *d, uint32_t want)
{
    struct survey *v = d->survey;
    uint32_t weight[256] = {0}, largest = 0, leaves = 0, bin = want;
    uint32_t share = v->records / (want + 1);

    for (uint32_t i = 0; i < v->n; i++)
        if (v->seen[i].up == i && v->seen[i].edges > v->seen[largest].edges)
            largest = i;
    largest = root_of(v, largest);
    for (uint32_t i = 0; i < v->n; i++) {
        struct seen *c = &v->seen[i];

        if (c->up != i)
            continue;
        c->go = i != largest && may_leave(d, c);
        if (!c->go)
            weight[0] += c->edges;
    }
    for (uint32_t i = 0; i < v->n; i++) {
        struct seen *c = &v->seen[i];

        if (c->up != i || !c->go)
            continue;
        while (bin > 0 && weight[bin] + c->edges / 2 >= share)
            bin--;
        weight[bin] += c->edges;
        c->bin = (uint8_t)bin;
        c->go = bin > 0;
        leaves += bin > 0 ? c->edges : 0;
    }
    for (uint32_t i = 0; i < v->n; i++) {
        struct seen *c = &v->seen[root_of(v, i)];

        v->seen[i].go = c->go;
        v->seen[i].bin = c->bin;
    }
    return leaves;
}

/* Woken thieves wake the next themselves if bundles remain, so one ring for each is enough. */
static void offer_bundle(struct domain *d, struct task *bundle, int number)
{
    struct sched *s = d->sched;

    bundle->offer = OFFER_BUNDLE;
    at_count(&s->offers, 1); /* relaxed: advisory */
    if (!deque_push(&d->deque, bundle)) {
        adopt_entry(d, bundle);
        return;
    }
    if (at_peek(&s->dormitory.searching) < number && wake_one(s)) /* relaxed: advisory */
        counter_add(&d->stock.tally.wakes, 1);
}

static void trial(struct worker *w, struct domain *d, uint64_t now, uint32_t want)
{
    struct task *bundle[256] = {NULL};

    if (pack(d, want) * 16 < d->survey->records || move_out(w, d, bundle) == 0) {
        look_later(d, now);
        return;
    }
    d->one_piece = false;
    d->moved = d->published = now;
    d->offered_newborns = false;
    put_off(d, now + cycles(d->sched, JUDGE_NS));
    for (uint32_t b = 1; b <= want; b++)
        if (bundle[b] != NULL)
            offer_bundle(d, bundle[b], (int)b);
}

/* Components that talk to another domain go there, if its number is lower. */
static void merge(struct worker *w, struct domain *d, uint64_t now)
{
    struct sched *s = d->sched;
    struct survey *v = d->survey;
    uint32_t marked = 0;

    for (uint32_t i = 0; i < v->n; i++) {
        struct seen *c = &v->seen[root_of(v, i)];

        v->seen[i].go = c->domain < d->id && remote_share(d, c) > 256 &&
                        hold_state(hold_look(&s->domains[c->domain].hold)) == HOLD_HELD;
        v->seen[i].domain = c->domain;
        marked += v->seen[i].go;
    }
    if (marked > 0)
        marked = move_out(w, d, NULL);
    if (marked > 0)
        d->merge_pause = 0;
    else if (d->merge_pause < cycles(s, MERGE_PAUSE_MAX_NS))
        d->merge_pause = 2 * d->merge_pause + cycles(s, JUDGE_NS);
    d->merged = now + d->merge_pause;
    for (uint32_t i = 0; marked > 0 && i < v->n; i++)
        if (v->seen[i].go)
            move_failed(&s->domains[v->seen[i].domain], now);
}

/* --- the course of a survey --- */

static uint32_t wanted(struct sched *s)
{
    int want = at_peek(&s->dormitory.searching) + at_peek(&s->dormitory.sleeping) -
               (int)s->options.relief -
               at_peek(&s->offers); /* relaxed: advisory, all three */

    if (want < 0)
        return 0;
    return (uint32_t)want < s->n_domains - 1 ? (uint32_t)want : s->n_domains - 1;
}

void survey_step(struct worker *w, struct domain *d, uint64_t now)
{
    struct survey *v = d->survey;
    uint32_t each = v->n < SURVEY_TASKS && is_cheap(d) ? SURVEY_SEEN : SURVEY_SEEN / 4;
    bool one_piece = d->surveying == SURVEY_TRIAL && v->records >= 2 * SURVEY_MIN &&
                     v->biggest * 4ull > v->records * 3ull;
    bool enough = v->n > 0 && v->records >= SURVEY_MIN && v->known >= each * v->n;
    bool give_up =
        v->records >= SURVEY_RECORDS || now - v->began > cycles(d->sched, SURVEY_NS);
    enum survey_mode mode = (enum survey_mode)d->surveying;
    uint32_t read;

    if (!one_piece && !enough && !give_up) {
        read = read_ring(w, d);
        d->span = read > 0 ? read : 1; /* the next look when these have been handled */
        return;
    }
    d->surveying = SURVEY_OFF;
    if (mode == SURVEY_MERGE)
        merge(w, d, now);
    else if (one_piece || !enough)
        look_later(d, now);
    else if (wanted(d->sched) > 0)
        trial(w, d, now, wanted(d->sched));
}

void judge(struct domain *d, uint64_t now)
{
    struct sched *s = d->sched;
    uint32_t mail = d->sent + d->arrived - d->judged_mail;
    uint64_t turns = d->turns - d->judged_turns;

    if (now - d->judged < cycles(s, JUDGE_NS))
        return;
    d->judged = now;
    d->judged_mail = d->sent + d->arrived;
    d->judged_turns = d->turns;
    if (mail < JUDGE_MAIL || mail * cycles(s, MAIL_NS) <= turns * own_cost(d)) {
        uint64_t calm = cycles(s, CALM_NS);

        /* relaxed: advisory */
        if (at_peek(&d->trial_fails) != 0 && now - d->hot > calm && now - d->moved > calm)
            at_set(&d->trial_fails, 0); /* relaxed: advisory */
        return;
    }
    d->hot = now;
    if (now - d->moved < cycles(s, BLAME_NS))
        move_failed(d, now);
    if (d->id > 0 && d->surveying == SURVEY_OFF && is_cheap(d) && is_past(d->merged, now))
        survey_start(d, SURVEY_MERGE, now);
}
