/* sched/remote.c: outboxes, pushing mail, and finding somebody who comes for it.
 *
 * Mail to one task of another domain is chained and published with one CAS: at the end of
 * the step, at 64 messages, or when the box is wanted for another task. */
#include "sched/remote.h"

#include "sched/adopt.h"
#include "sched/pressure.h"
#include "sched/rescue.h"
#include "sched/sim.h"
#include "sched/solo.h"
#include "sched/survey.h"
#include "sched/tree.h"

#include <string.h>

/* --- nodes --- */

/* A node of one line has one slot, one of two lines has three. */
static enum pool_class node_class(const struct record *r)
{
    return record_slots(r) == 1 ? POOL_64 : POOL_128;
}

struct node *node_new(struct pool *pool, const struct record *r)
{
    struct node *n = pool_alloc(pool, node_class(r));

    if (n == NULL)
        return NULL;
    n->next = NULL;
    for (unsigned i = 0; i < record_slots(r); i++)
        record_copy(&n->record + i, &r[i]);
    return n;
}

enum sched_sent sent_to_full(struct sched *s, struct stock *stock, const struct record *r,
                             enum limit_verdict verdict)
{
    if (verdict == LIMIT_FULL)
        return SENT_NO_ROOM;
    s->ops->dead(s, stock, r, SCHED_FULL);
    return SENT;
}

/* A place at a task that is over meanwhile is none. */
static enum sched_sent no_place(struct sched *s, struct stock *stock, struct task *t,
                                const struct record *r, enum limit_verdict verdict)
{
    return task_is(t, r->to) ? sent_to_full(s, stock, r, verdict)
                             : sent_to_nobody(s, r->to);
}

struct node *mail_node(struct sched *s, struct stock *stock, struct task *t,
                       const struct record *r, enum sched_sent *sent)
{
    enum limit_verdict verdict = is_bounded(t) ? limit_reserve(s, t, r) : LIMIT_ROOM;
    struct node *n;

    if (UNLIKELY(verdict != LIMIT_ROOM)) {
        *sent = no_place(s, stock, t, r, verdict);
        return NULL;
    }
    n = node_new(&stock->pool, r);
    if (UNLIKELY(n == NULL)) {
        *sent = SENT_NO_MEMORY;
        if (is_bounded(t))
            limit_release(s, t, r);
    }
    return n;
}

void node_free(struct pool *pool, struct node *n)
{
    pool_free(pool, node_class(&n->record), n);
}

void node_done(struct sched *s, struct stock *stock, struct node *n)
{
    if (UNLIKELY(is_kin_node(n)))
        tree_home(s, stock, n);
    else
        node_free(&stock->pool, n);
}

void nodes_dead(struct sched *s, struct stock *stock, struct node *n, enum sched_dead why)
{
    struct node *next;

    for (; n != NULL; n = next) {
        bool envelope = record_has_envelope(&n->record);

        next = n->next;
        if (record_kind(&n->record) == RECORD_HOLD) {
            pressure_refused(s, stock, n);
            continue;
        }
        if (record_is_mail(&n->record))
            s->ops->dead(s, stock, &n->record, why);
        if (!envelope)
            node_done(s, stock, n);
    }
}

/* --- who comes for it --- */

/* The one on watch last: it would have to be replaced. */
bool wake_one(struct sched *s)
{
    uint32_t watcher = watcher_of(&s->dormitory);

    uint32_t i;

    if (!dormitory_any(&s->dormitory))
        return false;
    i = (uint32_t)sim_draw(s, SITE_WAKE, s->n_workers);
    for (uint32_t n = s->n_workers; n > 0; n--) {
        if (i != watcher && bed_wake(&s->dormitory, &s->workers[i].bed))
            return true;
        i = i + 1 == s->n_workers ? 0 : i + 1;
    }
    return watcher < s->n_workers && bed_wake(&s->dormitory, &s->workers[watcher].bed);
}

COLD void call_help(struct sched *s, struct domain *d)
{
    uint32_t last = hold_worker(hold_look(&d->hold));

    at_set(&d->work,
           true); /* relaxed: advisory; the waker's RMW and the sleeper's follow */
    if (s->options.threadless) {
        s->ops->wanted(s);
        return;
    }
    if (dormitory_any(&s->dormitory) && last < s->n_workers &&
        bed_wake(&s->dormitory, &s->workers[last].bed))
        return;
    wake_one(s);
}

COLD void post(struct sched *s, struct worker *w, struct task *t)
{
    struct domain *d = domain_at(s, word_domain(task_word(t)));

    token_post(&d->tokens, &t->token);
    if (w != NULL && w->domain == d)
        return; /* ours: looked at every turn */
    /* Else its holder looks at its tokens, or who serves it, or who takes it over. */
    if (d->solo)
        solo_wake(s, d);
    else if (hold_state(hold_look(&d->hold)) == HOLD_FREE &&
             (w == NULL || w->domain->solo || !serve(w, w->domain, d)))
        call_help(s, d);
}

void push_mail(struct sched *s, struct worker *w, struct stock *stock, struct task *t,
               struct node *newest, struct node *oldest)
{
    switch (inbox_push(&t->in, newest, oldest)) {
    case INBOX_REFUSED:
        oldest->next = NULL;
        nodes_dead(s, stock, inbox_reverse(newest), SCHED_NO_TASK);
        break;
    case INBOX_TOKEN:
        post(s, w, t);
        break;
    case INBOX_JOINED:
        break;
    }
}

enum sched_sent push_record(struct sched *s, struct stock *stock, const struct record *r)
{
    struct task *t = task_at(&s->table, r->to);
    enum sched_sent sent;
    struct node *n;

    if (!task_is(t, r->to) || !task_id_is_sound(&s->table, r->to) ||
        ((task_word(t) & TASK_DRAINING) != 0 && record_kind(r) == RECORD_MAIL))
        return send_elsewhere(s, stock, r);
    n = mail_node(s, stock, t, r, &sent);
    if (n == NULL)
        return sent;
    push_mail(s, NULL, stock, t, n, n);
    return SENT;
}

/* --- outbox --- */

static void flush_box(struct worker *w, struct domain *d, struct box *b, bool between)
{
    struct task *to = b->to;
    struct node *newest = b->newest, *oldest = b->oldest;

    b->n = 0;
    d->boxed &= ~((uint64_t)1 << (b - d->box));
    push_mail(w->sched, between ? w : NULL, &d->stock, to, newest, oldest);
}

COLD void flush(struct worker *w, struct domain *d, bool between)
{
    while (d->boxed != 0)
        flush_box(w, d, &d->box[__builtin_ctzll(d->boxed)], between);
    w->boxed = false;
}

enum sched_sent send_remote(struct worker *w, struct domain *d, struct task *t,
                            const struct record *r)
{
    struct box *b = &d->box[task_index(&w->sched->table, t) % OUTBOX_BOXES];
    enum sched_sent sent;
    struct node *n = mail_node(w->sched, &d->stock, t, r, &sent);

    if (n == NULL)
        return sent;
    d->sent++;
    counter_add(&d->stock.tally.remote, 1);
    if (UNLIKELY(d->surveying != 0))
        survey_out(d, t, r->from);
    if (b->n > 0 && (b->to != t || b->n == OUTBOX_CHAIN))
        flush_box(w, d, b, false);
    if (b->n++ > 0) {
        n->next = b->newest;
    } else {
        b->to = t;
        b->oldest = n;
        d->boxed |= (uint64_t)1 << (b - d->box);
        w->boxed = true;
    }
    b->newest = n;
    if (UNLIKELY(d->solo)) /* its step may block, and nobody would publish it then */
        flush_box(w, d, b, false);
    return SENT;
}
