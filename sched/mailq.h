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

/* A queue begins with a small block; a long one goes on in large ones, which the processor
 * can prefetch. */
enum { QBLOCK_FEW = 31, QBLOCK_MANY = 511 };

struct qblock {
    struct qblock *next;
    uint32_t end, capacity; /* slots written; slots */
    uint64_t pad[2];
    struct record slot[];
};
_Static_assert(sizeof(struct qblock) + QBLOCK_FEW * sizeof(struct record) ==
                       POOL_SMALL_MAX &&
                   sizeof(struct qblock) + QBLOCK_MANY * sizeof(struct record) ==
                       SEGMENT_BYTES,
               "blocks of class POOL_1K and POOL_SEGMENT");

struct fifo {
    struct qblock *first, *last;
    uint32_t read;  /* next slot of first */
    uint64_t count; /* records */
};

struct mailq {
    struct fifo old, fresh;
    struct node back; /* says that a detached step is over, and what came of it */
    bool returned;    /* it has arrived */
    bool turn_out;    /* a TURN record is in the ring */
    bool held;        /* the message of a yielded step waits in `message` */
    struct record message[RECORD_SLOTS_MAX];
};
_Static_assert(sizeof(struct mailq) <= 256, "a block of class POOL_256");

/* NULL if there is no memory. */
struct mailq *mailq_new(struct pool *pool);
/* An empty one. */
void mailq_free(struct pool *pool, struct mailq *q);

/* A new block at the end, a larger one the longer the queue; false if there is no memory. */
bool fifo_grow(struct fifo *f, struct pool *pool);
/* The first block is read to its end: on to the next, if there is one. */
void fifo_advance(struct fifo *f, struct pool *pool);

/* Copies a record in, at the end; false if there is no memory. */
static inline bool fifo_put(struct fifo *f, struct pool *pool, const struct record *r)
{
    unsigned slots = record_slots(r);
    struct record *to;

    if (UNLIKELY(f->last == NULL || f->last->end + slots > f->last->capacity) &&
        !fifo_grow(f, pool))
        return false;
    to = &f->last->slot[f->last->end];
    __builtin_prefetch(to + 6, 1); /* of many long queues none is in the cache */
    for (unsigned i = 0; i < slots; i++)
        record_copy(&to[i], &r[i]);
    f->last->end += slots;
    f->count++;
    return true;
}

/* The oldest record, NULL if there is none; valid until the next fifo_next. Blocks whose
 * records have all been read are freed here. */
static inline struct record *fifo_next(struct fifo *f, struct pool *pool)
{
    struct record *r;

    if (f->count == 0)
        return NULL;
    if (UNLIKELY(f->read == f->first->end))
        fifo_advance(f, pool);
    r = &f->first->slot[f->read];
    f->read += record_slots(r);
    f->count--;
    return r;
}

static inline bool mailq_has_mail(const struct mailq *q)
{
    return q->held || q->old.count + q->fresh.count > 0;
}

#endif
