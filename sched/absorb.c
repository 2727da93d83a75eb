/* sched/absorb.c: moving everything that can run from a revoked domain into one's own. */
#include "sched/absorb.h"

#include "sched/adopt.h"
#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/send.h"
#include "sched/share.h"
#include "sched/timer.h"

enum {
    ABSORB_RECORDS = 1 << 16
}; /* more are left to a thread of their own: no tick so long */

static void own(struct domain *d, struct task *t)
{
    uint64_t word = task_word(t);

    if ((word & OWNER_MASK) == d->mine)
        return;
    task_set_word(t, word_with_owner(word, owner_of_domain(d->id)));
    timer_follows(d, t, word);
}

/* A record of the other domain's ring or newborn stack, taken out of it. The mail of the
 * detached task, which stays there, waits in its queue. */
static void move_record(struct domain *d, struct worker *w, const struct record *r,
                        bool in_ring)
{
    const struct sched_ops *ops = d->sched->ops;
    struct task *t = worker_task(w, r->to);

    if (r->to == 0)
        return;
    if (!task_is(t, r->to)) {
        if (record_is_mail(r))
            ops->dead(d->sched, &d->stock, r, SCHED_ENDED);
        return;
    }
    at_bump(&t->left, in_ring);
    if (record_kind(r) == RECORD_TURN)
        task_queue(d->sched, t)->turn_out = false;
    if ((task_word(t) & TASK_DETACHED) != 0) {
        if (record_kind(r) != RECORD_TURN &&
            !queue_add(d, t, &task_queue(d->sched, t)->old, r))
            record_lost(d, t, r);
        return;
    }
    own(d, t);
    if (!in_ring) {
        task_unflag(t, TASK_LIFO);
        t->place = 0;
    }
    if (record_kind(r) == RECORD_TURN) {
        queue_kick(d, t);
    } else if (!put_in_ring(d, t, r)) {
        ops->dead(d->sched, &d->stock, r, SCHED_NO_MEMORY);
        if (record_kind(r) == RECORD_START)
            task_flag(t, TASK_KILLED);
    }
}

static void take_control(struct domain *d, struct domain *from)
{
    struct token *token = from->control_first, *next;

    from->control_first = from->control_last = NULL;
    for (; token != NULL; token = next) {
        next = token->next;
        adopt(d, task_of_token(token));
    }
}

/* We serve `from`: nobody else touches it. */
static void absorb(struct worker *w, struct domain *d, struct domain *from)
{
    struct ring_walk i = ring_walk(&from->ring);

    for (; i.at != from->ring.tail; ring_step(&from->ring, &i))
        move_record(d, w, i.at, true);
    ring_clear(&from->ring, &from->stock.pool);
    for (; from->newborns_base != from->newborns_top; from->newborns_base++)
        move_record(d, w, &from->newborns[from->newborns_base], false);
    while (steal_from(d, from))
        continue;
    take_control(d, from);
    take_tokens(w, d, from);
}

void absorb_stuck(struct worker *w, struct domain *d, uint64_t now)
{
    struct sched *s = d->sched;

    for (uint32_t i = 0; i < s->n_domains; i++) {
        struct domain *from = &s->domains[i];
        bool left;

        if (from == d)
            continue;
        revoke_if_stuck(s, from, now);
        if (!serve_revoked(s, from))
            continue;
        if (timers_due(from, now)) /* nobody else looks at its wheel */
            timers_run(from, now);
        if (ring_size(&from->ring) <= ABSORB_RECORDS)
            absorb(w, d, from);
        left = !ring_empty(&from->ring);
        show_turns(from);
        hold_served(&from->hold);
        if (left)
            call_help(s, from);
    }
}
