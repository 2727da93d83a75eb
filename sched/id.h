/* sched/id.h: the layout of a task's id, which the public header calls a pid, and of the
 * word that each task carries. They share their upper 36 bits, so one compare of 64 bits
 * tells a sender that the task is of this runtime, alive, its own domain's, and in no
 * special state.
 *
 *          63..62   61..56    55..28       27..16   15..0
 *   id     kind     runtime   generation   index of the slot
 *   word   kind     runtime   generation   owner    flags
 *
 * docs/layouts.md says why, and what must not change. */
#ifndef WEFT_SCHED_ID_H
#define WEFT_SCHED_ID_H

#include "lib/base/base.h"

enum {
    ID_INDEX_BITS = 28,
    ID_GENERATION_BITS = 28,
    ID_RUNTIME_SHIFT = 56,
    ID_KIND_SHIFT = 62
};

#define ID_INDEX            (((uint64_t)1 << ID_INDEX_BITS) - 1)
#define ID_HIGH             (~ID_INDEX) /* kind, runtime, generation */
#define ID_RUNTIME          ((uint64_t)0x3f << ID_RUNTIME_SHIFT)
#define ID_FOREIGN          ((uint64_t)0xff << ID_RUNTIME_SHIFT)
#define ID_GENERATION       (ID_HIGH & ~ID_FOREIGN)
#define ID_FIRST_GENERATION ((uint64_t)1 << ID_INDEX_BITS)

enum { OWNER_SHIFT = 16 };
/* Owners: a domain's number plus one (so that the word of a slot never used, 0, is nobody's);
 * the same with OWNER_TRANSIT, on its way there; in a deque or taken from one; nobody. */
#define OWNER_TRANSIT 0x800u
#define OWNER_PUBLIC  0x7ffu
#define OWNER_NOBODY  0xfffu
#define OWNER_MASK    ((uint64_t)0xfff << OWNER_SHIFT)

/* Flags. No flag: streaming, its mail lies in the domain's ring. */
enum {
    TASK_FRESH = 1 << 0, /* newborn, no mail yet */
    TASK_LIFO = 1 << 1,  /* newborn, its only record is in the domain's newborn stack */
    TASK_STARTING = 1 << 2, /* its start record has not been run */
    TASK_QUEUED = 1 << 3,   /* mail goes to a queue of its own */
    TASK_DETACHED = 1 << 4, /* its step runs on a thread that has lost the domain */
    TASK_STOPPING = 1 << 5, /* to be stopped once it is attached again */
    TASK_KILLED = 1 << 6,   /* to be killed once it is attached again */
    TASK_DYING = 1 << 7,    /* over; the slot is free when the token on its way arrives */
    TASK_FREE = 1 << 8,     /* nobody lives here */
    TASK_ENDING =
        1 << 9, /* the floor above's: it is ending, no message is for it any more */
    TASK_AWAITING = 1 << 10,  /* nothing but an answer runs (sched/await.h) */
    TASK_DUE = 1 << 11,       /* that answer will not come: it is to be told */
    TASK_DRAINING = 1 << 12,  /* nobody may send to it any more */
    TASK_BOUNDED = 1 << 13,   /* its mailbox has rules (sched/limit.h); always queued */
    TASK_SIGNALLED = 1 << 14, /* something is to be told to it before its mail */
    TASK_HELD = 1 << 15 /* until others have room (sched/pressure.h); always queued */
};
#define TASK_FLAGS 0xffffu
/* Both: between two lives, or before the first, until its parent wakes it (sched/tree.h). */
#define TASK_DORMANT (TASK_STARTING | TASK_ENDING)
/* Any: nothing of its mail may run now; nor while it is dormant. */
#define TASK_BLOCKED (TASK_DETACHED | TASK_DYING | TASK_FREE | TASK_AWAITING | TASK_HELD)

static inline uint64_t id_high(uint64_t id)
{
    return id & ID_HIGH;
}

/* Of the slot's next inhabitant; 0: this one has the last generation. */
static inline uint64_t id_next(uint64_t id)
{
    return (id & ID_GENERATION) == ID_GENERATION ? 0 : id_high(id) + ID_FIRST_GENERATION;
}

/* 0: a task. Other kinds are the floor above's. */
static inline unsigned id_kind(uint64_t id)
{
    return (unsigned)(id >> ID_KIND_SHIFT);
}

static inline uint32_t word_owner(uint64_t word)
{
    return (uint32_t)(word >> OWNER_SHIFT) & 0xfffu;
}

static inline uint32_t owner_of_domain(uint32_t domain)
{
    return domain + 1;
}

/* The domain that owns the task or will; no domain's number if there is none. */
static inline uint32_t word_domain(uint64_t word)
{
    return (word_owner(word) & ~OWNER_TRANSIT) - 1;
}

static inline uint64_t word_with_owner(uint64_t word, uint32_t owner)
{
    return (word & ~OWNER_MASK) | (uint64_t)owner << OWNER_SHIFT;
}

#endif
