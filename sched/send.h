/* sched/send.h: how mail gets to a task of one's own domain. Guard up, domain held. */
#ifndef WEFT_SCHED_SEND_H
#define WEFT_SCHED_SEND_H

#include "sched/domain.h"

/* Room for so many slots at the ring's tail, for a task of this domain in no special state but
 * those of `ignore`, with no mail in its inbox; counted as put. NULL: it takes more than that.
 * The caller has its guard up, and fills it. */
static inline struct record *plain_room(struct worker *w, struct task *t, uint64_t to,
                                        unsigned slots, uint64_t ignore)
{
    uint64_t other = task_word(t) ^ ((to & ~w->index_mask) + guard_mine(&w->guard));
    struct ring *ring = &w->domain->ring;
    struct record *r;

    other = (other & ~ignore) | (at_load(&t->in, acquire, IN7) & INBOX_MAIL);
    if (UNLIKELY(other != 0))
        return NULL;
    /* Not before: a domain that is lost is another's, and so is its ring. */
    r = ring->tail;
    if (UNLIKELY(ring->end - r < (ptrdiff_t)slots))
        return NULL;
    at_bump(&t->joined, 1);
    ring->tail = r + slots;
    return r;
}

/* It ends, its children first: mail is dead. While its stop hook has lost the domain mail waits. */
static inline bool is_closed(const struct task *t)
{
    enum { MASK = TASK_ENDING | TASK_DETACHED | TASK_STARTING };

    return UNLIKELY((task_word(t) & MASK) == TASK_ENDING);
}

/* Adds a record for a task of this domain at the ring's tail. False: no memory. */
bool put_in_ring(struct domain *d, struct task *t, const struct record *r);
/* The same where its mail belongs now: ring, newborn stack or queue. */
bool deliver(struct domain *d, struct task *t, const struct record *r);
/* Adds a record to a part of a queued task's queue. False: no memory. */
bool queue_add(struct domain *d, struct task *t, struct fifo *f, const struct record *r);
/* Moves a task's inbox to where its mail belongs; leave as in inbox_drain. Control records
 * only leave a flag: what follows from them is for adopt(), between two steps. */
void drain(struct domain *d, struct task *t, uintptr_t leave);
/* Between two steps: to any task, from one of this domain. */
enum sched_sent send_between(struct domain *d, const struct record *r);
/* The oldest newborn, NULL if there is none. Places whose records have left, and dead mail,
 * are cleared away. */
struct task *newborn_at_base(struct worker *w, struct domain *d);
/* The task's first record leaves the newborn stack for the ring. False: no memory. */
bool newborn_to_ring(struct domain *d, struct task *t);
/* The task gets a queue of its own. False: no memory. */
bool queue_begin(struct domain *d, struct task *t);
/* There is no memory to keep the record in: it is dead. A task that would wait for it for ever,
 * for it was to be its last one, is stopped. */
void record_lost(struct domain *d, struct task *t, const struct record *r);
/* Sees to it that a queued task with mail that may run has a TURN record in the ring. */
void queue_kick(struct domain *d, struct task *t);

#endif
