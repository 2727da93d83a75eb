/* sched/pressure.c: slips, and who is held. */
#include "sched/pressure.h"

#include "sched/adopt.h"
#include "sched/await.h"
#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/send.h"

#include <string.h>

/* --- in a step --- */

enum { SLIPS_FEW = 8 };

/* One of its last slips is for this mailbox; a second one would do no harm. */
static bool has_slip(const struct node *slip, uint64_t to)
{
    for (unsigned i = 0; slip != NULL && i < SLIPS_FEW; i++, slip = slip->next)
        if (slip->record.to == to)
            return true;
    return false;
}

static void write_slip(struct worker *w, uint64_t to)
{
    struct record r = {to, sched_running(w), record_head(0, RECORD_HOLD, 0, 0), 0};
    struct stock *stock;
    struct node *slip;
    bool lane;

    if (to == r.from || has_slip(w->slips, to))
        return;
    stock = stock_enter(w, &lane);
    slip = node_new(&stock->pool, &r);
    stock_leave(w, stock, lane);
    if (slip == NULL)
        return;
    slip->next = w->slips;
    w->slips = slip;
    sched_look_behind(w);
}

/* Would there be room for it if nothing waited? */
static bool could_fit(struct sched *s, struct task *t, const struct record *r)
{
    return limit_bytes(s, t, r) <=
           at_peek(&limit_of(s, t)->bytes_max); /* relaxed: constant */
}

enum sched_sent sched_send_past(struct worker *w, struct record *r)
{
    struct task *t = worker_task(w, r->to);
    enum sched_sent sent;

    if (!task_is(t, r->to) || !is_holding(w->sched, t) || !could_fit(w->sched, t, r))
        return SENT_NO_ROOM;
    record_mark(r, RECORD_PAST);
    sent = sched_send(w, r);
    record_unmark(r, RECORD_PAST);
    if (sent == SENT)
        write_slip(w, r->to);
    return sent;
}

/* --- the sender --- */

static void slips_free(struct pool *pool, struct node *slip)
{
    struct node *next;

    for (; slip != NULL; slip = next) {
        next = slip->next;
        node_free(pool, slip);
    }
}

/* Its place in the order of all who were ever held. */
static uint64_t next_number(struct sched *s)
{
    uint64_t number = at_peek(&s->held); /* relaxed, as the claim: see pressure.h */

    while (!at_claim(&s->held, &number, number + 1)) /* relaxed */
        ;
    return number + 1;
}

/* Nobody who ends, and nobody for whom others wait. */
static bool may_be_held(struct domain *d, struct task *t)
{
    struct aside *aside;

    if ((task_word(t) & (TASK_STOPPING | TASK_KILLED | TASK_ENDING)) != 0 ||
        !queue_begin(d, t))
        return false;
    aside = aside_of(d, task_queue(d->sched, t));
    return aside != NULL && aside->slips == NULL;
}

void pressure_begin(struct domain *d, struct task *t, struct node *slips)
{
    struct sched *s = d->sched;
    struct node *next;
    struct aside *aside;

    if (slips == NULL)
        return;
    if (!may_be_held(d, t)) {
        slips_free(&d->stock.pool, slips);
        return;
    }
    aside = task_queue(s, t)->aside;
    aside->number = next_number(s);
    task_flag(t, TASK_HELD);
    counter_add(&d->stock.tally.held, 1);
    for (; slips != NULL; slips = next) {
        next = slips->next;
        slips->record.word = aside->number;
        aside->slips_out++;
        push_mail(s, NULL, &d->stock, task_at(&s->table, slips->record.to), slips, slips);
    }
}

void pressure_answered(struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);

    if (q != NULL && q->aside != NULL && q->aside->slips_out > 0 &&
        --q->aside->slips_out == 0)
        pressure_end(d, t);
}

void pressure_end(struct domain *d, struct task *t)
{
    uint64_t word = task_word(t);

    if ((word & TASK_HELD) == 0)
        return;
    task_unflag(t, TASK_HELD);
    if ((word & TASK_AWAITING) != 0 && task_queue(d->sched, t)->held) {
        task_flag(t, TASK_DUE);
        control_later(d, t);
    } else {
        await_resume(d, t);
    }
}

bool pressure_keeps(struct task *t, const struct record *m)
{
    struct mailq *q = t->cold.queue;

    if ((task_word(t) & TASK_HELD) == 0)
        return false;
    memcpy(q->aside->message, m, record_slots(m) * sizeof *m);
    q->held = true;
    q->talk.deadline = 0;
    task_unflag(t, TASK_DUE);
    return true;
}

/* --- the receiver --- */

/* Turns it round. */
static void give_back(struct sched *s, struct stock *stock, struct node *slip)
{
    uint64_t sender = slip->record.from;

    slip->record =
        (struct record){sender, slip->record.to, record_head(0, RECORD_GO, 0, 0), 0};
    push_mail(s, NULL, stock, task_at(&s->table, sender), slip, slip);
}

void pressure_refused(struct sched *s, struct stock *stock, struct node *slip)
{
    give_back(s, stock, slip);
}

/* One that awaits an answer which it has, and is held, has done with waiting. */
static bool waits(const struct task *t, const struct mailq *q)
{
    return (task_word(t) & TASK_AWAITING) != 0 && !q->held;
}

static bool keeps(struct domain *d, struct task *t, const struct node *slip)
{
    enum { ENDS = TASK_STOPPING | TASK_KILLED | TASK_DRAINING | TASK_ENDING };
    struct mailq *q = task_queue(d->sched, t);
    uint64_t word = task_word(t);

    if (!task_is(t, slip->record.to) || (word & ENDS) != 0 || waits(t, q) ||
        limit_is_eased(limit_of(d->sched, t), q))
        return false;
    if ((word & TASK_HELD) != 0 && q->aside->number >= slip->record.word)
        return false;
    return aside_of(d, q) != NULL;
}

void pressure_asked(struct domain *d, struct task *t, struct node *slip)
{
    struct aside *aside;

    if (!is_holding(d->sched, t) || !keeps(d, t, slip)) {
        give_back(d->sched, &d->stock, slip);
        return;
    }
    aside = task_queue(d->sched, t)->aside;
    slip->next = aside->slips;
    aside->slips = slip;
}

void pressure_release(struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);
    struct node *slip, *next;

    if (q == NULL || q->aside == NULL)
        return;
    slip = inbox_reverse(q->aside->slips); /* who came first goes first */
    q->aside->slips = NULL;
    for (; slip != NULL; slip = next) {
        next = slip->next;
        give_back(d->sched, &d->stock, slip);
    }
}
