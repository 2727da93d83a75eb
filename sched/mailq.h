/* sched/mailq.h: what a task has besides its two lines while it is not plain: a queue, what
 * it waits for, what it has asked and what it owes.
 *
 * A task's mail is, oldest first: what came out of the ring while it could not run (old),
 * what is still in the ring, and what came since it is queued (fresh). A TURN record in the
 * ring stands for the queue; by the time it comes up, all older records of the task have
 * come up too. What was stashed comes before all of it, when the task wants it back.
 *
 * Used by the domain's holder only, but for asks, debts, ties and alarms, which are the running
 * step's, also of one that has lost its domain: nobody else touches them meanwhile. */
#ifndef WEFT_SCHED_MAILQ_H
#define WEFT_SCHED_MAILQ_H

#include "sched/inbox.h"
#include "sched/pool.h"
#include "sched/record.h"
#include "sched/slab.h"

struct timing;

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

/* Fresh mail by priority, of tasks that ask for it: the highest first, but of each lower one the
 * oldest when OVERTAKEN_MAX others have been served since it became that. */
enum { RANKS = 4, OVERTAKEN_MAX = 64 };
struct ranks {
    unsigned (*rank)(const struct weft_msg *msg);
    struct fifo of[RANKS];
    uint32_t overtaken[RANKS]; /* the oldest of each */
};

/* What only tasks need whose step goes on later: with a message kept for it, or on a thread
 * that has lost the domain; and those who are held, or hold others. */
struct aside {
    struct node back;  /* says that a detached step is over, and what came of it */
    task_step step;    /* of the message kept; NULL: the task's */
    uint64_t deadline; /* that its questions keep to */
    struct record message[RECORD_SLOTS_MAX];

    struct node *slips;   /* of those whom it holds, newest first (sched/pressure.h) */
    struct node *written; /* by a detached step: its own */
    uint64_t number;      /* of the last time that it was held */
    uint64_t slips_out;   /* its own that are not back */
    struct node *ties, *last_tie; /* TIE records that have come meanwhile, oldest first */
};

/* Which messages does a task want that waits? NULL: any. */
typedef bool (*record_wanted)(void *state, const struct weft_msg *msg);

/* Times are in cycles, 0: none. */
struct talk {
    uint64_t ref; /* the answer that is awaited; 0: a message that is wanted */
    union {
        uint64_t callee;      /* who was asked */
        record_wanted wanted; /* which */
    };
    task_step step;        /* that handles it */
    uint64_t deadline;     /* of waiting */
    uint64_t inherited;    /* that the questions of that step keep to */
    uint64_t armed;        /* when its timer is looked at */
    struct timing *timing; /* that timer, and its alarms (sched/alarm.h); NULL: none */
    struct slab asks, debts;
    void *ties; /* the floor above's; NULL: none */
};

struct mailq {
    struct fifo fresh;
    bool turn_out; /* a TURN record is in the ring */
    bool held;     /* a message waits in aside->message, before all others */
    bool returned; /* aside->back has arrived */
    bool unstash;  /* the stash is wanted back when the step is over */
    int error;     /* TASK_DUE: why the answer does not come */
    struct fifo old;
    struct fifo stash;
    struct aside *aside;
    struct ranks *ranks; /* NULL: fresh is first in, first out */
    struct talk talk;
};
_Static_assert(sizeof(struct mailq) <= 256 && sizeof(struct aside) <= 256 &&
                   sizeof(struct ranks) <= 256,
               "blocks of class POOL_256");

/* NULL if there is no memory. */
struct mailq *mailq_new(struct pool *pool);
struct aside *aside_new(struct pool *pool);
/* Keeps a TIE record in its envelope. */
void aside_tie(struct aside *a, struct node *envelope);
/* One without mail; with its asks and debts. */
void mailq_free(struct pool *pool, struct mailq *q);
/* Nothing in it, and nobody refers to it. */
bool mailq_is_idle(const struct mailq *q);

/* NULL if there is no memory. */
struct ranks *ranks_new(struct pool *pool, unsigned (*rank)(const struct weft_msg *msg));
/* Where a record belongs. */
struct fifo *ranks_for(struct ranks *ranks, const struct record *r);
/* The one to be served next, NULL if there is none; valid as fifo_next's. */
struct record *ranks_next(struct ranks *ranks, struct pool *pool);
uint64_t ranks_waiting(const struct ranks *ranks);

/* A new block at the end, a larger one if the queue is long; false if there is no memory. */
bool fifo_grow(struct fifo *f, struct pool *pool);
/* Nothing to read here: the end of a block, or what was taken out. */
void fifo_skip(struct fifo *f, struct pool *pool);

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
    while (UNLIKELY(f->read == (struct record *)(void *)f->read_end || f->read->to == 0))
        fifo_skip(f, pool);
    r = f->read;
    f->read = r + record_slots(r);
    f->count--;
    return r;
}

/* Walking over the records, oldest first, at == NULL behind the last. */
struct fifo_walk {
    struct record *at;
    struct qfoot *end; /* of its block */
    uint64_t left;
    uint32_t skipped; /* places on the way where something was taken out */
};

struct fifo_walk fifo_walk(const struct fifo *f);
void fifo_step(const struct fifo *f, struct fifo_walk *i);

/* Closes the gaps where something was taken out, and frees blocks: needs no memory. */
void fifo_tidy(struct fifo *f, struct pool *pool);

/* Takes a record out in the middle. */
static inline void fifo_remove(struct fifo *f, struct record *r)
{
    r->to = 0;
    r->head = record_head(0, RECORD_SKIP, record_extra(r) & RECORD_MORE, 0);
    f->count--;
}

static inline void fifo_swap(struct fifo *a, struct fifo *b)
{
    struct fifo c = *a;

    *a = *b;
    *b = c;
}

/* Messages that wait. */
static inline uint64_t mailq_waiting(const struct mailq *q)
{
    uint64_t ranked = UNLIKELY(q->ranks != NULL) ? ranks_waiting(q->ranks) : 0;

    return q->old.count + q->fresh.count + ranked;
}

static inline bool mailq_has_mail(const struct mailq *q)
{
    return q->held || mailq_waiting(q) > 0;
}

#endif
