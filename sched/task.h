/* sched/task.h: what the scheduler runs, and the table of all of them.
 *
 * A task is two cache lines in an array that is reserved once and never moved, so an index
 * always names readable memory of this type: a late sender may look at a slot whose task is
 * gone. The hot line is all that the scheduler touches for a message; the cold one, which
 * often holds the state that the step is about to touch, lies beside it: one page, and a pair
 * of lines that processors fetch together.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   LK1 word: store release, load acquire -> LK1: who looks at a slot and sees a generation
 *             sees its last inhabitant's inbox closed, or the new one's open (sched/look.c)
 *   LK2 name: store release, load acquire -> LK2: who sees a behaviour sees that the last
 *             inhabitant's generation is over (sched/look.c)
 * Relaxed: joined and left (others than the owner want no order). */
#ifndef WEFT_SCHED_TASK_H
#define WEFT_SCHED_TASK_H

#include "lib/base/atomic.h"
#include "lib/base/base.h"
#include "sched/id.h"
#include "sched/inbox.h"
#include "sched/record.h"

struct weft_self; /* is a struct worker */
struct weft_msg;  /* is a struct record */
struct mailq;
struct limit;
struct kin;

/* One step: 0 goes on, anything else is for sched_ops.next. */
typedef int (*task_step)(struct weft_self *worker, void *state, struct weft_msg *record);

enum { TASK_INLINE_STATE = 40, TASK_INLINE_ALIGN = 8 };

struct task_cold {
    _Atomic(uint32_t) parent; /* sched/tree.h: an index and flags; 0: none */
    uint32_t child, next,
        previous;        /* the youngest; its neighbours in the parent's circle */
    struct mailq *queue; /* if TASK_QUEUED */
    uint64_t state[TASK_INLINE_STATE / 8]; /* the state, if it is this small */
};
_Static_assert(sizeof(struct task_cold) == CACHE_LINE, "the second, cold line");

struct task {
    _Atomic(uint64_t) word; /* id.h; written by: the owner's holder */
    inbox in;               /* everybody */
    struct token token;     /* who holds the token */
    task_step step;         /* owner's holder, or the running step */
    void *state;
    _Atomic(const void *) behavior; /* the actor layer's */
    _Atomic(uint32_t) joined, left; /* records put into the ring for it, and come out */
    uint32_t seen_joined; /* follow: `joined` when the last call from elsewhere came */
    uint16_t place;       /* newborn: where in the stack; else scratch of offers */
    uint8_t follow;       /* calls from elsewhere in a row */
    uint8_t offer;        /* in a deque: enum task_offer */

    _Alignas(CACHE_LINE) struct task_cold cold;
};
_Static_assert(offsetof(struct task, cold) == CACHE_LINE,
               "one line for a message to touch");
_Static_assert(sizeof(struct task) == 2 * CACHE_LINE, "a pair of lines");

enum task_offer { OFFER_TASK, OFFER_NEWBORN, OFFER_BUNDLE };

static inline struct task *task_of_token(struct token *token)
{
    return (struct task *)(void *)((char *)token - offsetof(struct task, token));
}

/* Records of a task that lie in its domain's ring. */
static inline uint32_t task_in_ring(const struct task *t)
{
    struct task *its = (struct task *)(uintptr_t)t;

    return at_peek(&its->joined) - at_peek(&its->left);
}

/* It took so many out of its own queue: as if they had come through the ring. */
static inline void task_took(struct task *t, uint32_t n)
{
    at_bump(&t->joined, n);
    at_bump(&t->left, n);
    t->seen_joined += n;
}

struct task_table {
    struct task *tasks;
    struct limit *limits; /* sched/limit.h: a line each, for tasks that have one */
    struct kin *kin;      /* sched/tree.h: likewise */
    uint64_t mask;        /* an index is cut to this before it is used */
    uint32_t first, end;  /* indices given out are in [first, end) */
    uint32_t full;        /* from this one on there may be as many tasks as are allowed */
    size_t reserved;      /* bytes of all three arrays, which are one piece */
    _Atomic(uint32_t) used; /* next index never used so far */
};

/* For tasks_max living at a time, and spare slots more that may lie in magazines. 0, or -1 if
 * there is no address space. */
int task_table_init(struct task_table *table, uint32_t tasks_max, uint32_t spare);
void task_table_done(struct task_table *table);
/* Up to n indices never used: the first of them, and how many in *got (0: none left). */
uint32_t task_table_carve(struct task_table *table, uint32_t n, uint32_t *got);

static inline struct task *task_at(const struct task_table *table, uint64_t id)
{
    return table->tasks + (id & table->mask);
}

/* An id that was given out by some runtime, for a slot of this table. */
static inline bool task_id_is_sound(const struct task_table *table, uint64_t id)
{
    return (id & ID_INDEX) <= table->mask && id_high(id) != 0;
}

static inline uint64_t task_index(const struct task_table *table, const struct task *t)
{
    return (uint64_t)(t - table->tasks);
}

/* Relaxed reads of the word: its holder is the only writer; others compare it with what an
 * id says, and every value they may see sends them a way that is right or drops the mail.
 * What a pusher or a thief has to see is shown to it by the inbox and the deque. */
static inline uint64_t task_word(const struct task *t)
{
    return at_peek(&((struct task *)(uintptr_t)t)->word);
}

static inline uint64_t task_id(const struct task_table *table, const struct task *t)
{
    return id_high(task_word(t)) | task_index(table, t);
}

static inline bool task_is(const struct task *t, uint64_t id)
{
    return ((task_word(t) ^ id) & ID_HIGH) == 0;
}

static inline bool is_dormant(const struct task *t)
{
    return (task_word(t) & TASK_DORMANT) == TASK_DORMANT;
}

/* Nothing of its mail may run now. */
static inline bool is_blocked(const struct task *t)
{
    return (task_word(t) & TASK_BLOCKED) != 0 || is_dormant(t);
}

static inline void task_set_word(struct task *t, uint64_t word)
{
    at_store(&t->word, word, release, LK1);
}

static inline void task_set_behavior(struct task *t, const void *behavior)
{
    at_store(&t->behavior, behavior, release, LK2);
}

/* For who may touch the task. */
static inline const void *task_behavior(const struct task *t)
{
    return at_peek(
        &((struct task *)(uintptr_t)t)->behavior); /* relaxed: it is shown it */
}

static inline void task_flag(struct task *t, uint64_t flags)
{
    task_set_word(t, task_word(t) | flags);
}

static inline void task_unflag(struct task *t, uint64_t flags)
{
    task_set_word(t, task_word(t) & ~flags);
}

#endif
