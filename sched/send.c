/* sched/send.c: sending from a step. Within the domain mail goes to the ring, to a newborn's
 * place, or to a task's own queue. */
#include "sched/send.h"

#include "sched/adopt.h"
#include "sched/await.h"
#include "sched/limit.h"
#include "sched/pressure.h"
#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/sim.h"
#include "sched/tree.h"

/* --- within the domain --- */

bool put_in_ring(struct domain *d, struct task *t, const struct record *r)
{
    if (!ring_put(&d->ring, &d->stock.pool, r))
        return false;
    at_bump(&t->joined, 1);
    return true;
}

bool newborn_to_ring(struct domain *d, struct task *t)
{
    uint64_t word = task_word(t);

    if ((word & TASK_LIFO) != 0) {
        struct record *r = &d->newborns[t->place];

        if (!put_in_ring(d, t, r))
            return false;
        r->to = 0;
        t->place = 0;
    }
    task_set_word(t, word & ~(uint64_t)(TASK_FRESH | TASK_LIFO));
    return true;
}

/* The first message to a newborn, which trees of spawns consist of. False: no room. */
static inline bool newborn_put(struct domain *d, struct task *t, uint64_t to,
                               uint64_t from, uint64_t head, uint64_t word)
{
    struct record *r;

    if (d->newborns_top == d->newborns_base)
        d->newborns_top = d->newborns_base = 0;
    if (d->newborns_top == NEWBORNS_MAX)
        return false;
    t->place = (uint16_t)d->newborns_top;
    r = &d->newborns[d->newborns_top++];
    r->to = to;
    r->from = from;
    r->head = head;
    r->word = word;
    task_set_word(t, task_word(t) ^ (TASK_FRESH | TASK_LIFO));
    return true;
}

/* From a step: on the stack or, if that is full, in the ring. False: more is to be done. */
static inline bool newborn_send(struct domain *d, struct task *t, uint64_t to,
                                uint64_t from, uint64_t head, uint64_t word)
{
    struct record *r = d->ring.tail;

    if (LIKELY(newborn_put(d, t, to, from, head, word)))
        return true;
    if (r == d->ring.end)
        return false;
    task_unflag(t, TASK_FRESH);
    at_bump(&t->joined, 1);
    r->to = to;
    r->from = from;
    r->head = head;
    r->word = word;
    d->ring.tail = r + 1;
    return true;
}

struct task *newborn_at_base(struct worker *w, struct domain *d)
{
    for (; d->newborns_base != d->newborns_top; d->newborns_base++) {
        struct record *r = &d->newborns[d->newborns_base];
        struct task *t = worker_task(w, r->to);

        if (r->to == 0)
            continue;
        if (task_is(t, r->to))
            return t;
        d->sched->ops->dead(d->sched, &d->stock, r, SCHED_ENDED);
        r->to = 0;
    }
    return NULL;
}

bool queue_begin(struct domain *d, struct task *t)
{
    if ((task_word(t) & TASK_QUEUED) != 0)
        return true;
    if (talk_begin(d, t) == NULL)
        return false;
    task_flag(t, TASK_QUEUED);
    return true;
}

/* Without memory for the TURN record the task's own token brings it back here, at the next
 * tick, again and again until there is some. */
void queue_kick(struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);
    struct record turn = {task_id(&d->sched->table, t), 0,
                          record_head(0, RECORD_TURN, 0, 0), 0};

    if (q->turn_out || !mailq_has_mail(q) || (is_blocked(t) && !is_receiving(t, q)))
        return;
    q->turn_out = put_in_ring(d, t, &turn);
    if (UNLIKELY(!q->turn_out) && inbox_seize(&t->in, NULL))
        token_post(&d->tokens, &t->token);
}

/* A segment is full. A task that floods the ring gets a queue of its own, so that the others
 * need not wait behind all of its mail; and a step that fills segments is busy, not stuck,
 * for a while. */
COLD static void segment_full(struct domain *d, struct task *t)
{
    uint64_t now = sched_now(d->sched);

    if (now - d->ticked < cycles(d->sched, FLOOD_NS))
        at_set(&d->beat, now); /* relaxed: advisory */
    if (task_in_ring(t) > LONG_BACKLOG)
        queue_begin(d, t);
}

/* What a queued task waits for: the answer; or any message that might be the one, once all
 * that came before has been looked at. */
COLD static bool is_awaited(struct domain *d, struct task *t, const struct record *r)
{
    const struct mailq *q = task_queue(d->sched, t);

    if (q->talk.ref == 0)
        return q->fresh.count == 0 && !is_bounded(t);
    return await_wants(d, t, r);
}

/* A beginning is no mail, though a task may be queued from the first. */
static inline bool goes_before_queue(struct domain *d, struct task *t,
                                     const struct record *r)
{
    return (UNLIKELY((task_word(t) & TASK_AWAITING) != 0) && is_awaited(d, t, r)) ||
           record_kind(r) == RECORD_WATCH || record_kind(r) == RECORD_START;
}

bool queue_add(struct domain *d, struct task *t, struct fifo *f, const struct record *r)
{
    if (!fifo_put(f, &d->stock.pool, r))
        return false;
    if (is_bounded(t))
        limit_entered(d->sched, t, r);
    return true;
}

/* A task with a limit looks at its queue for what it wants only when there is something. */
static bool is_of_no_use_yet(struct domain *d, struct task *t, const struct record *r)
{
    return is_bounded(t) && is_receiving(t, task_queue(d->sched, t)) &&
           !await_wants(d, t, r);
}

/* Behind all ranks: the end of draining. */
static bool queue_join(struct domain *d, struct task *t, const struct record *r)
{
    struct mailq *q = task_queue(d->sched, t);
    bool ranked = UNLIKELY(q->ranks != NULL) && record_kind(r) != RECORD_LAST;

    if (!queue_add(d, t, ranked ? ranks_for(q->ranks, r) : &q->fresh, r))
        return false;
    if (!is_of_no_use_yet(d, t, r))
        queue_kick(d, t);
    return true;
}

/* A detached step has what the task is tied to: then it waits, in its envelope. */
COLD static void tie_now(struct domain *d, struct task *t, const struct record *r)
{
    if ((task_word(t) & TASK_DETACHED) != 0)
        aside_tie(task_queue(d->sched, t)->aside, record_envelope(r));
    else
        d->sched->ops->watch(d->sched, &d->stock, t, r);
}

/* Who has to do with the task's end is noted at once, before a stop that came first is acted
 * on, or the reason would be lost. A detached step has what the task owes: then it waits. */
static inline bool watch_now(struct domain *d, struct task *t, const struct record *r)
{
    if (LIKELY(record_kind(r) < RECORD_WATCH))
        return false;
    if (record_kind(r) == RECORD_TIE) {
        tie_now(d, t, r);
        return true;
    }
    if (record_kind(r) != RECORD_WATCH || record_tag(r) == SCHED_TAG_STARTED ||
        (task_word(t) & TASK_DETACHED) != 0)
        return false;
    d->sched->ops->watch(d->sched, &d->stock, t, r);
    return true;
}

bool deliver(struct domain *d, struct task *t, const struct record *r)
{
    uint64_t word;

    if (watch_now(d, t, r))
        return true;
    if (is_closed(t)) {
        if (record_is_mail(r))
            d->sched->ops->dead(d->sched, &d->stock, r, SCHED_ENDED);
        return true;
    }
    if (UNLIKELY(d->ring.end - d->ring.tail < (ptrdiff_t)record_slots(r)))
        segment_full(d, t);
    word = task_word(t);
    if ((word & TASK_QUEUED) != 0 && !goes_before_queue(d, t, r))
        return queue_join(d, t, r);
    if ((word & TASK_FRESH) != 0 && record_slots(r) == 1 &&
        newborn_put(d, t, r->to, r->from, r->head, r->word))
        return true;
    if ((word & (TASK_FRESH | TASK_LIFO)) != 0 && !newborn_to_ring(d, t))
        return false;
    return put_in_ring(d, t, r);
}

void record_lost(struct domain *d, struct task *t, const struct record *r)
{
    if (record_kind(r) == RECORD_LAST) {
        task_flag(t, TASK_STOPPING);
        control_later(d, t);
    }
    d->sched->ops->dead(d->sched, &d->stock, r, SCHED_NO_MEMORY);
}

/* Nobody may send to a task that drains; the last record says that all is done. Without
 * memory for that the task is stopped at once. */
COLD static void drain_begin(struct domain *d, struct task *t)
{
    struct record last = {task_id(&d->sched->table, t), 0,
                          record_head(0, RECORD_LAST, RECORD_MARK, 0), 0};

    if ((task_word(t) & TASK_DRAINING) != 0)
        return;
    if (!deliver(d, t, &last))
        task_flag(t, TASK_STOPPING);
    task_flag(t, TASK_DRAINING);
    pressure_release(d, t);
}

/* Whom an awaiting task has asked, and by which reference; nobody if it does not await. */
static void tell_awaited(struct domain *d, struct task *t, const struct record *r)
{
    const struct mailq *q = task_queue(d->sched, t);
    bool waits = (task_word(t) & TASK_AWAITING) != 0 && !q->held;
    const struct talk *k = waits ? &q->talk : NULL;
    bool awaits = waits && k->ref != 0;

    d->sched->ops->probed(d->sched, &d->stock, r, awaits ? k->callee : 0,
                          awaits ? k->ref : 0);
}

/* Mail that no task takes which drains: answers are for what it still does. */
static bool refuses(const struct task *t, const struct record *r)
{
    return (task_word(t) & TASK_DRAINING) != 0 && record_kind(r) == RECORD_MAIL;
}

/* Mail from elsewhere either has a place, or is looked at now. */
static enum sched_sent arrive_bounded(struct domain *d, struct task *t,
                                      const struct record *r)
{
    bool delivered;

    if (!limit_was_reserved(d->sched, t) && limit_admit(d, t, r) != LIMIT_ROOM)
        return SENT_NO_ROOM;
    limit_arriving(d->sched, t, r);
    delivered = deliver(d, t, r);
    limit_arrived(d->sched, t);
    return delivered ? SENT : SENT_NO_MEMORY;
}

/* A task whose START there is no memory for can never begin: it is killed. */
static void arrive(struct domain *d, struct task *t, const struct record *r)
{
    enum sched_sent sent;

    if (is_bounded(t))
        sent = arrive_bounded(d, t, r);
    else
        sent = deliver(d, t, r) ? SENT : SENT_NO_MEMORY;
    if (sent == SENT)
        return;
    if (record_kind(r) == RECORD_START)
        task_flag(t, TASK_KILLED);
    d->sched->ops->dead(d->sched, &d->stock, r,
                        sent == SENT_NO_ROOM ? SCHED_FULL : SCHED_NO_MEMORY);
}

/* What came with a node; control only leaves a mark. */
static void deliver_node(struct domain *d, struct task *t, struct node *n)
{
    const struct sched_ops *ops = d->sched->ops;
    struct record *r = &n->record;
    enum record_kind kind = record_kind(r);
    bool envelope = record_has_envelope(r);

    d->arrived++;
    if (kind == RECORD_RETURN) { /* in the task's queue, which it cannot lose meanwhile */
        task_queue(d->sched, t)->returned = true;
        return;
    }
    if (kind == RECORD_BEGUN || kind == RECORD_FALLEN ||
        kind == RECORD_OVER) { /* it waits for its children */
        tree_news(d, t, n);
        return;
    }
    if (kind == RECORD_HOLD) {
        pressure_asked(d, t, n);
        return;
    }
    if (!task_is(t, r->to)) {
        if (record_is_mail(r))
            ops->dead(d->sched, &d->stock, r, SCHED_NO_TASK);
    } else if (kind == RECORD_STOP) {
        if (is_kin_node(n))
            task_kin(d->sched, t)->phase |= KIN_TOLD;
        task_flag(t, TASK_STOPPING);
        pressure_end(d, t);
    } else if (kind == RECORD_KILL) {
        task_flag(t, TASK_KILLED);
    } else if (kind == RECORD_GO) {
        pressure_answered(d, t);
    } else if (kind == RECORD_WAKE) {
        task_kin(d->sched, t)->phase |= KIN_WOKEN;
    } else if (kind == RECORD_DRAIN) {
        drain_begin(d, t);
    } else if (kind == RECORD_PROBE) {
        tell_awaited(d, t, r);
    } else if (refuses(t, r)) {
        ops->dead(d->sched, &d->stock, r, SCHED_ENDED);
    } else {
        arrive(d, t, r);
    }
    if (!envelope)
        node_done(d->sched, &d->stock, n);
}

COLD void drain(struct domain *d, struct task *t, uintptr_t leave)
{
    struct node *n = inbox_reverse(inbox_drain(&t->in, leave)), *next;
    uint32_t count = 0;

    for (; n != NULL; n = next) {
        next = n->next;
        if (++count % DRAIN_BEAT == 0)             /* busy, not stuck */
            at_set(&d->beat, sched_now(d->sched)); /* relaxed: advisory */
        if (next != NULL)
            __builtin_prefetch(next);
        deliver_node(d, t, n);
    }
}

static enum sched_sent send_local(struct domain *d, struct task *t,
                                  const struct record *r)
{
    /* What waits in the inbox may be this sender's, from when it was elsewhere: first that,
     * for order between two tasks. Its token is on its way to us. */
    if ((at_load(&t->in, acquire, IN7) & INBOX_MAIL) != 0)
        drain(d, t, INBOX_TAKEN);
    if (is_bounded(t)) {
        enum limit_verdict verdict = limit_admit(d, t, r);

        if (verdict != LIMIT_ROOM)
            return sent_to_full(d->sched, &d->stock, r, verdict);
    }
    return deliver(d, t, r) ? SENT : SENT_NO_MEMORY;
}

enum sched_sent send_between(struct domain *d, const struct record *r)
{
    struct sched *s = d->sched;
    struct task *t = task_at(&s->table, r->to);
    enum sched_sent sent;
    struct node *n;

    if (!task_is(t, r->to) || !task_id_is_sound(&s->table, r->to) || refuses(t, r))
        return send_elsewhere(s, &d->stock, r);
    if ((task_word(t) & OWNER_MASK) == d->mine)
        return send_local(d, t, r);
    n = mail_node(s, &d->stock, t, r, &sent);
    if (n == NULL)
        return sent;
    d->sent++;
    counter_add(&d->stock.tally.remote, 1);
    push_mail(s, NULL, &d->stock, t, n, n);
    return SENT;
}

/* --- the choice --- */

/* Guard up; lowers it. */
COLD static enum sched_sent send_slow(struct worker *w, const struct record *r)
{
    struct task *t = worker_task(w, r->to);
    enum sched_sent sent;
    uint32_t held;
    uint64_t word;

    if (UNLIKELY(w->sched->sim != NULL))
        sim_interrupt(w);
    held = guard_held(&w->guard);
    word = task_word(t);
    if (UNLIKELY(held == MINE_NOBODY)) {
        return guest_send(w, r);
    } else if (id_high(word ^ r->to) != 0 || !task_id_is_sound(&w->sched->table, r->to) ||
               refuses(t, r)) {
        sent = send_elsewhere(w->sched, &w->domain->stock, r);
    } else if ((word & OWNER_MASK) == held) {
        sent = send_local(w->domain, t, r);
    } else {
        sent = send_remote(w, w->domain, t, r);
    }
    guard_lower(&w->guard);
    return sent;
}

COLD static int send_word_slow(struct worker *w, const struct record *r)
{
    enum sched_sent sent = send_slow(w, r);

    return LIKELY(sent == SENT) ? 0 : w->sched->ops->unsent(w, r, sent);
}

/* One more message for a long queue. False: something else is to be done as well. */
static inline bool queue_put(struct domain *d, struct task *t, uint64_t to, uint64_t from,
                             uint64_t head, uint64_t word)
{
    struct mailq *q = task_queue(d->sched, t);
    struct record *r = q->turn_out ? fifo_room(&q->fresh, 1) : NULL;

    if (r == NULL)
        return false;
    r->to = to;
    r->from = from;
    r->head = head;
    r->word = word;
    return true;
}

/* The same for a task with a limit, if there is room. */
static inline bool bounded_put(struct domain *d, struct task *t, uint64_t to,
                               uint64_t from, uint64_t head, uint64_t word)
{
    struct mailq *q = task_queue(d->sched, t);
    struct limit *l = limit_of(d->sched, t);

    if (UNLIKELY(limit_counts_bytes(l) || q->ranks != NULL) || !limit_has_room(l, 0) ||
        !queue_put(d, t, to, from, head, word))
        return false;
    limit_settle(l, q);
    return true;
}

/* Guard up; lowers it. differs: how the task is not the plain case, if it is not. */
COLD static int send_word_odd(struct worker *w, uint64_t to, uint64_t head, uint64_t word,
                              uint64_t differs)
{
    struct task *t = worker_task(w, to);
    uint64_t from = at_peek(&w->running); /* relaxed: our own */
    struct record whole;

    if ((differs == TASK_FRESH && newborn_send(w->domain, t, to, from, head, word)) ||
        (differs == TASK_QUEUED && queue_put(w->domain, t, to, from, head, word)) ||
        (differs == (TASK_QUEUED | TASK_BOUNDED) &&
         bounded_put(w->domain, t, to, from, head, word))) {
        guard_lower(&w->guard);
        return 0;
    }
    whole = (struct record){to, from, head, word};
    return send_word_slow(w, &whole);
}

/* The fast path: one compare of the task's word says that it is of this runtime, alive, our
 * domain's, and in no special state, and that the index lies in the table (else its upper
 * bits are added to the owner's); then the record is written into the ring. The look
 * at the inbox comes behind the word, and shows the task as it was made, also outside. */
int sched_send_word(struct worker *w, uint64_t to, uint64_t head, uint64_t word)
{
    struct task *t = worker_task(w, to);
    uint64_t other;

    guard_raise(&w->guard);
    other = task_word(t) ^ ((to & ~w->index_mask) + guard_mine(&w->guard));
    other |= at_load(&t->in, acquire, IN7) & INBOX_MAIL;
    if (LIKELY(other == 0)) {
        struct domain *d = w->domain;
        struct record *r = d->ring.tail;

        if (LIKELY(r != d->ring.end)) {
            at_bump(&t->joined, 1);
            r->to = to;
            r->from = at_peek(&w->running); /* relaxed: our own */
            r->head = head;
            r->word = word;
            d->ring.tail = r + 1;
            guard_lower(&w->guard);
            return 0;
        }
    }
    return send_word_odd(w, to, head, word, other);
}

/* As sched_send_word, for all lengths; to a task that awaits an answer as well, for this is
 * how answers go. */
enum sched_sent sched_send(struct worker *w, const struct record *r)
{
    unsigned slots = record_slots(r);
    struct record *to;

    guard_raise(&w->guard);
    to = plain_room(w, worker_task(w, r->to), r->to, slots, TASK_AWAITING);
    if (UNLIKELY(to == NULL))
        return send_slow(w, r);
    for (unsigned i = 0; i < slots; i++)
        record_copy(&to[i], &r[i]);
    guard_lower(&w->guard);
    return SENT;
}

bool sched_answer_word(struct worker *w, struct record *question, uint64_t head,
                       uint64_t word)
{
    uint64_t asker = question->from;
    struct record *r;

    guard_raise(&w->guard);
    r = plain_room(w, worker_task(w, asker), asker, 2, TASK_AWAITING);
    if (LIKELY(r != NULL)) {
        record_unmark(question, RECORD_OPEN);
        r->to = asker;
        r->from = at_peek(&w->running); /* relaxed: our own */
        r->head = head;
        r->word = word;
        *record_call(r) = (struct call){.ref = record_call(question)->ref};
    }
    guard_lower(&w->guard);
    return r != NULL;
}
