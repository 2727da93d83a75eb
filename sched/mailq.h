/* sched/mailq.h: the queue of a task that is not streaming.
 *
 * A task's mail is, oldest first: what came out of the ring while it could not run (old),
 * what is still in the ring, and what came since it is queued (fresh). A TURN record in the
 * ring stands for the queue; by the time it comes up, all older records of the task have
 * come up too. Used by the domain's holder only. */
#ifndef WEFT_SCHED_MAILQ_H
#define WEFT_SCHED_MAILQ_H

#include "sched/inbox.h"
#include "sched/pool.h"
#include "sched/record.h"

/* A queue begins with a small block; a long one goes on in large ones, which the processor
 * can prefetch. A block is slots and, behind them, a foot. */
enum { QBLOCK_FEW = 31, QBLOCK_MANY = 511 };

struct qfoot {
    struct qfoot *next;
    uint32_t capacity; /* slots before it */
    uint32_t reserved;
    uint64_t pad[2];
};
_Static_assert((QBLOCK_FEW + 1) * sizeof(struct record) == POOL_SMALL_MAX &&
                   (QBLOCK_MANY + 1) * sizeof(struct record) == SEGMENT_BYTES &&
                   sizeof(struct qfoot) == sizeof(struct record),
               "blocks of class POOL_1K and POOL_SEGMENT");

struct fifo {
    struct record *read, *write;
    struct qfoot *read_end,
        *write_end; /* feet of the blocks they are in; NULL: no block */
    uint64_t count; /* records */
};

struct mailq {
    struct fifo fresh;
    bool turn_out; /* a TURN record is in the ring */
    bool held;     /* the message of a yielded step waits in `message` */
    bool returned; /* `back` has arrived */
    struct fifo old;
    struct node back; /* says that a detached step is over, and what came of it */
    struct record message[RECORD_SLOTS_MAX];
};
_Static_assert(sizeof(struct mailq) <= 256, "a block of class POOL_256");

/* NULL if there is no memory. */
struct mailq *mailq_new(struct pool *pool);
/* An empty one. */
void mailq_free(struct pool *pool, struct mailq *q);

/* A new block at the end, a larger one if the queue is long; false if there is no memory. */
bool fifo_grow(struct fifo *f, struct pool *pool);
/* The first block is read to its end: on to the next. */
void fifo_advance(struct fifo *f, struct pool *pool);

/* Room for one record of so many slots, counted as put; NULL if the block is full. */
static inline struct record *fifo_room(struct fifo *f, unsigned slots)
{
    struct record *to = f->write;

    if (UNLIKELY((struct record *)(void *)f->write_end - to < (ptrdiff_t)slots))
        return NULL;
    f->write = to + slots;
    f->count++;
    __builtin_prefetch(to + 6, 1); /* of many long queues none is in the cache */
    return to;
}

/* Copies a record in, at the end; false if there is no memory. */
static inline bool fifo_put(struct fifo *f, struct pool *pool, const struct record *r)
{
    unsigned slots = record_slots(r);
    struct record *to = fifo_room(f, slots);

    if (UNLIKELY(to == NULL)) {
        if (!fifo_grow(f, pool))
            return false;
        to = fifo_room(f, slots);
    }
    for (unsigned i = 0; i < slots; i++)
        record_copy(&to[i], &r[i]);
    return true;
}

/* The oldest record, NULL if there is none; valid until the next fifo_next. Blocks whose
 * records have all been read are freed here. */
static inline struct record *fifo_next(struct fifo *f, struct pool *pool)
{
    struct record *r;

    if (f->count == 0)
        return NULL;
    if (UNLIKELY(f->read == (struct record *)(void *)f->read_end ||
                 (f->read->to == 0 && record_kind(f->read) == RECORD_END)))
        fifo_advance(f, pool);
    r = f->read;
    f->read = r + record_slots(r);
    f->count--;
    return r;
}

static inline bool mailq_has_mail(const struct mailq *q)
{
    return q->held || q->old.count + q->fresh.count > 0;
}

#endif
