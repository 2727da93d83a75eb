/* sched/pick.h: taking tasks with all their mail out of the ring. A streaming task can be
 * picked, and one with a limit, whose queue goes with it; one that is queued because it has
 * much mail has its turns anyway.
 *
 * A pick's number, plus one, stands in its task's `place` meanwhile. */
#ifndef WEFT_SCHED_PICK_H
#define WEFT_SCHED_PICK_H

#include "sched/domain.h"

struct pick {
    struct task *task; /* NULL: it stays after all */
    uint32_t count;    /* its records within the limit */
    struct node *mail; /* copies of them, newest first */
};

/* The task of a record, if it may be picked; NULL else. */
static inline struct task *pick_task(struct worker *w, struct domain *d,
                                     const struct record *r)
{
    struct task *t = worker_task(w, r->to);

    uint64_t other = task_word(t) ^ (id_high(r->to) | d->mine);

    return r->to != 0 && (other == 0 || other == (TASK_QUEUED | TASK_BOUNDED)) ? t : NULL;
}

/* Counts the picks' records among the ring's oldest `limit`. */
void pick_count(struct worker *w, struct domain *d, struct pick *picks, uint32_t limit);
/* True if all its mail was counted and its token is at home. */
bool pick_is_whole(const struct pick *p);
/* Moves the picks' mail out of the ring. A pick for whose mail there is no memory stays. */
void pick_mail(struct worker *w, struct domain *d, struct pick *picks, uint32_t n,
               uint32_t limit);

#endif
