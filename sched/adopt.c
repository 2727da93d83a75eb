/* sched/adopt.c: taking tasks over, giving them away, ending them. */
#include "sched/adopt.h"

#include "sched/alarm.h"
#include "sched/await.h"
#include "sched/limit.h"
#include "sched/pressure.h"
#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/send.h"
#include "sched/solo.h"
#include "sched/timer.h"
#include "sched/tree.h"
#include "sched/turn.h"

#include <string.h>

/* --- ending --- */

/* A slot whose generations are spent (its high bits are 0) is never used again. */
void slot_free(struct stock *stock, struct task *t)
{
    if (id_high(task_word(t)) == 0)
        return;
    task_set_word(t, id_high(task_word(t)) | OWNER_MASK | TASK_FREE);
    pool_free(&stock->pool, POOL_SLOT, t);
}

static void slot_over(struct domain *d, struct task *t)
{
    if (!tree_over(d, t))
        slot_free(&d->stock, t);
    if (d->solo)
        at_set(&d->vacant, true); /* relaxed: see sched/solo.h */
}

static void fifo_dead(struct domain *d, struct fifo *f)
{
    struct record *r;

    while ((r = fifo_next(f, &d->stock.pool)) != NULL)
        if (record_is_mail(r))
            d->sched->ops->dead(d->sched, &d->stock, r, SCHED_ENDED);
}

static void queue_end(struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);

    pressure_release(d, t);
    if (q->held)
        d->sched->ops->dead(d->sched, &d->stock, q->aside->message, SCHED_ENDED);
    fifo_dead(d, &q->stash);
    fifo_dead(d, &q->old);
    for (unsigned k = 0; q->ranks != NULL && k < RANKS; k++)
        fifo_dead(d, &q->ranks->of[k]);
    fifo_dead(d, &q->fresh);
    alarms_end(d, q);
    timer_disarm(d, t);
    q->held = false;
    mailq_free(&d->stock.pool, q);
    t->cold.queue = NULL;
}

void sched_close(struct worker *w, struct task *t)
{
    struct domain *d = w->domain;
    uint64_t word = task_word(t);

    if (task_queue(d->sched, t) != NULL)
        queue_end(d, t);
    task_set_word(t, id_next(word) | d->mine | TASK_DYING);
}

void sched_free(struct worker *w, struct task *t)
{
    if (inbox_close(&t->in)) /* the one locked instruction of an end */
        slot_over(w->domain, t);
    show_turns(w->domain); /* who waits for an end finds exact counters behind it */
}

COLD static void end_odd(struct worker *w, struct task *t)
{
    struct tally *tally = &w->domain->stock.tally;

    sched_close(w, t);
    sched_free(w, t);
    counter_add(&tally->over, 1);
    counter_add_last(&tally->ended, 1);
}

/* The word is written once, behind the inbox: whoever finds that closed has found nobody,
 * whatever the word said. If the token is out, who has it will need the word. */
void sched_end(struct worker *w, struct task *t)
{
    struct domain *d = w->domain;
    struct stock *stock = &d->stock;
    uint64_t word = task_word(t), next = id_next(word);

    if (UNLIKELY((word & TASK_FLAGS) != 0 || next == 0 || d->solo ||
                 pool_is_full(&stock->pool, POOL_SLOT) || !inbox_close(&t->in))) {
        end_odd(w, t);
        return;
    }
    task_set_word(t, next | OWNER_MASK | TASK_FREE);
    pool_put(&stock->pool, POOL_SLOT, t);
    show_turns(d);
    counter_add(&stock->tally.over, 1);
    counter_add_last(&stock->tally.ended, 1);
}

/* The token of a task that is over has come: nothing can be posted any more. */
static void bury(struct domain *d, struct task *t)
{
    nodes_dead(d->sched, &d->stock, inbox_reverse(inbox_shut(&t->in)), SCHED_ENDED);
    slot_over(d, t);
}

/* --- taking over --- */

void control_later(struct domain *d, struct task *t)
{
    if (!inbox_seize(&t->in, NULL))
        return;
    t->token.next = NULL;
    if (d->control_last != NULL)
        d->control_last->next = &t->token;
    else
        d->control_first = &t->token;
    d->control_last = &t->token;
}

void adopt(struct domain *d, struct task *t)
{
    uint64_t word = task_word(t);

    if ((word & TASK_DYING) != 0) {
        bury(d, t);
        return;
    }
    task_set_word(t, word_with_owner(word, owner_of_domain(d->id)));
    if ((word & OWNER_MASK) != d->mine)
        timer_follows(d, t, word);
    drain(d, t, INBOX_ARMED);
    t->seen_joined = at_peek(&t->joined); /* relaxed: ours; what joins now is sent here */
    word = task_word(t);
    if (LIKELY((word & (TASK_DETACHED | TASK_KILLED | TASK_STOPPING | TASK_DUE |
                        TASK_QUEUED | TASK_SIGNALLED | TASK_ENDING)) == 0))
        return;
    if ((word & TASK_DETACHED) != 0) {
        if (task_queue(d->sched, t)->returned)
            control_later(d, t);
    } else if ((word & (TASK_KILLED | TASK_DUE | TASK_ENDING)) != 0 ||
               is_to_act(d->sched, t)) {
        control_later(d, t);
    } else if (task_queue(d->sched, t) != NULL) {
        queue_kick(d, t);
    }
}

void adopt_entry(struct domain *d, struct task *t)
{
    struct token *next;

    if (t->offer == OFFER_BUNDLE)
        at_count(&d->sched->offers, -1); /* relaxed: advisory */
    t->offer = OFFER_TASK;
    for (struct token *token = &t->token; token != NULL; token = next) {
        next = token->next;
        adopt(d, task_of_token(token));
    }
}

/* It is killed instead. */
static void drop_kept(struct domain *d, struct record *kept, int next)
{
    if (next == NEXT_AWAIT)
        record_unmark(kept, RECORD_OPEN);
    if (keeps_message(next) && is_counted(kept))
        d->others++;
    if (next == NEXT_AWAIT || keeps_message(next))
        d->sched->ops->dead(d->sched, &d->stock, kept, SCHED_ENDED);
}

/* TIE records that came while its step had what it is tied to. */
static void ties_come(struct domain *d, struct task *t, struct aside *aside)
{
    struct node *n = aside->ties, *next;

    aside->ties = NULL;
    for (; n != NULL; n = next) {
        next = n->next;
        d->sched->ops->watch(d->sched, &d->stock, t, &n->record);
    }
}

/* Who waits for the task's end, and came while its step ran, is noted before anything can end
 * it: else he would be told so before it is over. Who waits for its beginning is told when that
 * is certain, and not only behind a step that goes on for ever. */
static void note_watchers(struct domain *d, struct task *t, bool begun)
{
    struct mailq *q = task_queue(d->sched, t);

    if (q == NULL)
        return;
    for (struct fifo_walk i = fifo_walk(&q->old); i.at != NULL; fifo_step(&q->old, &i)) {
        uint64_t bytes = is_bounded(t) ? limit_bytes(d->sched, t, i.at) : 0;

        if (record_kind(i.at) != RECORD_WATCH ||
            (record_tag(i.at) == SCHED_TAG_STARTED && !begun))
            continue;
        d->sched->ops->watch(d->sched, &d->stock, t, i.at);
        fifo_remove(&q->old, i.at);
        if (is_bounded(t))
            limit_took(d->sched, t, bytes);
    }
}

/* The step of a detached task is over: what it returned comes into effect. */
static void reattach(struct worker *w, struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);
    struct record *kept = q->aside->message; /* its message, or what it asks */
    uint64_t id = task_id(&d->sched->table, t), verdict[3];
    int next = (int)q->aside->back.record.word;
    struct outcome o = {next, verdict, kept, kept, q->aside->step, q->aside->deadline};

    memcpy(verdict, q->aside->back.more, sizeof verdict);
    q->returned = false;
    task_unflag(t, TASK_DETACHED);
    pressure_begin(d, t, q->aside->written);
    ties_come(d, t, q->aside);
    note_watchers(d, t, false);
    if ((task_word(t) & (TASK_KILLED | TASK_ENDING)) == TASK_KILLED) {
        drop_kept(d, kept, next);
        d->sched->ops->control(w, t, RECORD_KILL);
        return;
    }
    if (q->unstash)
        unstash(d, t, q);
    settle(w, d, t, &o);
    if (w->lost || !task_is(t, id))
        return;
    timer_rearm(d, t);
    note_watchers(d, t, true);
    if (is_to_act(d->sched, t)) /* also if it waits for a message */
        control_later(d, t);
    else
        await_done(d, t);
}

/* A task that was dormant begins; then it has its mail. */
static void wake(struct worker *w, struct domain *d, struct task *t)
{
    uint64_t id = task_id(&d->sched->table, t);
    struct record start = {id, 0, record_head(0, RECORD_START, RECORD_MARK, 0),
                           task_kin(d->sched, t)->note.word};

    tree_get_up(d, t);
    d->sched->ops->start(w, t, &start);
    if (!w->lost && task_is(t, id))
        await_resume(d, t);
}

/* Kill comes first, then what the step wanted, then stop, then signals. An end that has begun
 * goes on. */
static void act(struct worker *w, struct domain *d, struct task *t)
{
    const struct sched_ops *ops = d->sched->ops;
    uint64_t word;

    if ((task_word(t) & TASK_DYING) != 0) {
        bury(d, t);
        return;
    }
    drain(d, t, INBOX_ARMED);
    word = task_word(t);
    if ((word & TASK_DETACHED) != 0) {
        if (task_queue(d->sched, t)->returned)
            reattach(w, d, t);
    } else if (is_closed(t)) { /* its children end */
        ops->control(w, t, (word & TASK_KILLED) != 0 ? RECORD_KILL : RECORD_OVER);
    } else if ((word & TASK_KILLED) != 0) {
        ops->control(w, t, RECORD_KILL);
    } else if ((word & (TASK_DUE | TASK_AWAITING)) == (TASK_DUE | TASK_AWAITING)) {
        run_due(w, d, t);
    } else if (is_to_act(d->sched, t)) {
        if ((word & TASK_STOPPING) != 0)
            ops->control(w, t, RECORD_STOP);
        else
            run_signal(w, d, t);
    } else if (tree_is_woken(d->sched, t)) {
        wake(w, d, t);
    } else if ((word & TASK_QUEUED) != 0) {
        queue_kick(d, t);
    }
}

COLD void serve_control(struct worker *w, struct domain *d)
{
    for (int i = 0; i < CONTROL_TURNS && !w->lost && d->control_first != NULL; i++) {
        struct token *token = d->control_first;

        d->control_first = token->next;
        if (token->next == NULL)
            d->control_last = NULL;
        act(w, d, task_of_token(token));
    }
}

/* In no special state, but it may have a limit: then without mail. */
static bool is_plain(const struct sched *s, const struct task *t)
{
    uint64_t flags = task_word(t) & TASK_FLAGS;

    return flags == 0 ||
           (flags == (TASK_QUEUED | TASK_BOUNDED) && !mailq_has_mail(task_queue(s, t)));
}

/* A task called again and again from one other domain, with nothing to do here, belongs with
 * its caller. */
static bool follow_sender(struct worker *w, struct domain *d, struct task *t)
{
    struct sched *s = w->sched;
    uintptr_t in;
    uint64_t from;
    uint32_t domain;

    if (d->solo || !is_plain(s, t) || task_in_ring(t) > 0 ||
        d->per >= cycles(s, COSTLY_NS))
        return false;
    if (t->seen_joined != at_peek(&t->joined)) /* relaxed: ours; it had calls from here */
        t->follow = 0;
    in = at_load(&t->in, acquire, IN7);
    if (++t->follow < FOLLOW || (in & INBOX_MAIL) == 0 ||
        is_kin_node((struct node *)in)) /* no call */
        return false;
    from = ((struct node *)in)->record.from;
    domain = word_domain(task_word(worker_task(w, from)));
    if (from == 0 || domain >= s->n_domains || domain == d->id ||
        hold_state(hold_look(&s->domains[domain].hold)) != HOLD_HELD)
        return false;
    t->follow = 0;
    timer_leaves(d, t);
    task_set_word(t,
                  word_with_owner(task_word(t), owner_of_domain(domain) | OWNER_TRANSIT));
    post(s, w, t);
    return true;
}

COLD void take_tokens(struct worker *w, struct domain *d, struct domain *from)
{
    struct token *token = token_take(&from->tokens), *next;

    for (; token != NULL; token = next) {
        struct task *t = task_of_token(token);
        uint32_t domain = word_domain(task_word(t));

        next = token->next;
        if (domain != from->id && domain != d->id)
            post(w->sched, NULL, t); /* it moved while its token was on its way */
        else if (d != from || !follow_sender(w, d, t))
            adopt(d, t);
    }
}

bool serve(struct worker *w, struct domain *d, struct domain *from)
{
    do {
        bool idle;

        if (!hold_serve(&from->hold))
            return hold_state(hold_look(&from->hold)) != HOLD_FREE;
        idle = ring_empty(&from->ring) && from->newborns_top == from->newborns_base;
        if (idle)
            take_tokens(w, d, from);
        hold_served(&from->hold);
        if (!idle)
            return false;
    } while (recheck(at_load(&from->tokens, seq_cst, TK3) != NULL, TK3));
    return true;
}

/* --- giving away --- */

bool give_up(struct domain *d, struct task *t, struct node *newest, uint32_t owner)
{
    uint64_t word = task_word(t);

    if (!inbox_seize(&t->in, newest))
        return false;
    timer_leaves(d, t);
    task_set_word(t, word_with_owner(word & ~(uint64_t)(TASK_FRESH | TASK_LIFO),
                                     owner)); /* pushers that join look at it no more */
    return true;
}

void put_back(struct worker *w, struct domain *d, struct task *t, struct node *newest)
{
    struct node *n = inbox_reverse(newest), *next;

    for (; n != NULL; n = next) {
        next = n->next;
        if (!deliver(d, t, &n->record))
            w->sched->ops->dead(w->sched, &d->stock, &n->record, SCHED_NO_MEMORY);
        node_free(&d->stock.pool, n);
    }
    if ((task_word(t) & TASK_QUEUED) != 0)
        queue_kick(d, t);
}
