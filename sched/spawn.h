/* sched/spawn.h: new tasks: the quick way, which becomes a part of the floor above's spawn.
 *
 * A slot is filled in whole before its inbox is opened: late mail for its last inhabitant may
 * come the moment it is. */
#ifndef WEFT_SCHED_SPAWN_H
#define WEFT_SCHED_SPAWN_H

#include "sched/domain.h"

#include <string.h>

/* Of the slot's next inhabitant. */
static inline uint64_t slot_high(const struct sched *s, const struct task *t)
{
    uint64_t high = id_high(task_word(t));

    return LIKELY(high != 0) ? high : s->runtime | ID_FIRST_GENERATION; /* the first */
}

static inline void slot_begin(struct task *t, uint64_t high, uint64_t mine)
{
    at_set(&t->joined, 0); /* relaxed, both: nobody lives here */
    at_set(&t->left, 0);
    t->seen_joined = 0;
    t->place = 0;
    t->follow = 0;
    t->offer = OFFER_TASK;
    task_set_word(t, high | mine | TASK_FRESH);
}

/* By words, for most were written a moment ago, and reading them back in larger pieces would
 * wait for the stores to reach the cache. */
static inline void state_begin(uint64_t *state, const char *from, unsigned words)
{
    for (unsigned i = 0; i < TASK_INLINE_STATE / 8; i++)
        state[i] = 0;
    switch (words) {
    case 5:
        memcpy(&state[4], from + 32, 8); /* fall through */
    case 4:
        memcpy(&state[3], from + 24, 8); /* fall through */
    case 3:
        memcpy(&state[2], from + 16, 8); /* fall through */
    case 2:
        memcpy(&state[1], from + 8, 8); /* fall through */
    case 1:
        memcpy(&state[0], from, 8);
    }
}

/* Only once so many slots have been carved that there might be too many tasks are they
 * counted. */
static inline bool may_be_full(const struct sched *s)
{
    /* relaxed: it only grows */
    return UNLIKELY(at_peek(&((struct sched *)(uintptr_t)s)->table.used) >=
                    s->table.full);
}

/* Where this worker keeps what it knows of the behaviour, if it does. */
static inline struct sched_kind *sched_kind(struct worker *w, const void *behavior)
{
    return &w->kinds[(uintptr_t)behavior / 64 % KINDS];
}

/* A whole new task of this kind, of the worker's domain, counted as spawned. Its state begins
 * with the kind's words, at `begin`, NULL for none; the rest is zero. Returns its id; 0 if
 * that takes more than a moment: then sched_task_new. Inside a step, guard down. */
static inline uint64_t sched_spawn_plain(struct worker *w, const struct sched_kind *kind,
                                         const void *begin)
{
    struct stock *stock = &w->domain->stock;
    uint64_t high, id = 0;
    struct task *t;
    uint32_t mine;

    guard_raise(&w->guard);
    mine = guard_mine(&w->guard);
    if (LIKELY(mine != MINE_NOBODY && !pool_is_empty(&stock->pool, POOL_SLOT) &&
               !may_be_full(w->sched))) {
        t = pool_take(&stock->pool, POOL_SLOT);
        high = slot_high(w->sched, t);
        id = high | (uint64_t)(t - w->tasks);
        slot_begin(t, high, mine);
        t->step = kind->step;
        task_set_behavior(t, kind->behavior);
        t->state = kind->state ? t->cold.state : NULL;
        state_begin(t->cold.state, begin, begin != NULL ? kind->words : 0);
        counter_add(&stock->tally.spawned, 1); /* before anybody can end it */
        inbox_open(&t->in);
    }
    guard_lower(&w->guard);
    return id;
}

#endif
