/* sched/mailq.h: the queue of a task that is not streaming.
 *
 * A task's mail is, oldest first: what came out of the ring while it could not run (old),
 * what is still in the ring, and what came since it is queued (fresh). A TURN record in the
 * ring stands for the queue; by the time it comes up, all older records of the task have
 * come up too. Used by the domain's holder only. */
#ifndef WEFT_SCHED_MAILQ_H
#define WEFT_SCHED_MAILQ_H

#include "sched/pool.h"
#include "sched/record.h"

enum { QBLOCK_SLOTS = 31 };

struct qblock {
    struct qblock *next;
    uint32_t end; /* slots written */
    uint32_t pad[5];
    struct record slot[QBLOCK_SLOTS];
};
_Static_assert(sizeof(struct qblock) == POOL_SMALL_MAX, "a block of class POOL_1K");

struct fifo {
    struct qblock *first, *last;
    uint32_t read;  /* next slot of first */
    uint64_t count; /* records */
};

struct mailq {
    struct fifo old, fresh;
    struct node *returned; /* a detached step is over: what it said */
    bool turn_out;         /* a TURN record is in the ring */
    bool held;             /* the message of a yielded step waits in `message` */
    struct record message[RECORD_SLOTS_MAX];
};
_Static_assert(sizeof(struct mailq) <= 256, "a block of class POOL_256");

/* NULL if there is no memory. */
struct mailq *mailq_new(struct pool *pool);
/* An empty one. */
void mailq_free(struct pool *pool, struct mailq *q);

/* Copies a record in, at the end; false if there is no memory. */
bool fifo_put(struct fifo *f, struct pool *pool, const struct record *r);
/* The oldest record, NULL if there is none; valid until the next fifo_next. Blocks whose
 * records have all been read are freed here. */
struct record *fifo_next(struct fifo *f, struct pool *pool);

static inline bool mailq_has_mail(const struct mailq *q)
{
    return q->held || q->old.count + q->fresh.count > 0;
}

#endif
