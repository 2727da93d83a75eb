/* sched/park.h: sleeping without missing what one sleeps for.
 *
 * A worker that finds nothing announces that it sleeps, looks once more, and waits on its
 * own futex. Who makes work visible (a deque entry, a token in a free domain, a revoked
 * domain) looks for a sleeper after that and wakes one. The announcement and the search
 * both are read-modify-writes of one counter, so the second of them sees what the other
 * did before. A waker counts the sleeper as searching at once, so that publishers keep
 * the work there until it has looked.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   PK1 lie down: store asleep seq_cst -> PK3: a waker finds it
 *   PK2 count:    add, sub sleeping seq_cst -> PK4: the second of sleeper and waker sees the other
 *   PK3 wake:     CAS asleep acq_rel -> PK1, PK5: one waker for a sleep
 *   PK4 any:      add 0 to sleeping seq_cst -> PK2: after the work was made visible
 *   PK5 get up:   CAS asleep acq_rel -> PK3: woken, or up by itself
 *   PK6 ring:     add to bell release -> PK7: with the futex system call
 *   PK7 bell:     load bell acquire -> PK6: read before lying down
 *   PK8 watch:    CAS, store, load, seq_cst -> PK8, HD1: one watcher at a time; Dekker: who
 *                 takes a domain (HD1) looks then for a watcher, who ends a watch looks then
 *                 (HD4) whether a domain is held (sched/idle.c)
 *   PK10 quiet:   recheck: that look, behind PK8 (sched/idle.c)
 *   PK9 again:    recheck: the look for work behind PK2 (sched/idle.c)
 * Relaxed: searching (advisory: a stale one costs a wake-up or a tick); asleep looked at
 * before PK3 (which decides). */
#ifndef WEFT_SCHED_PARK_H
#define WEFT_SCHED_PARK_H

#include "lib/base/atomic.h"
#include "lib/base/base.h"

struct bed { /* one for each worker */
    _Atomic(uint32_t) asleep;
    _Atomic(uint32_t) bell;
};

struct dormitory { /* one for all */
    _Alignas(CACHE_LINE) _Atomic(int32_t) sleeping;
    _Atomic(uint32_t)
        watcher; /* who looks after the others' steps, plus one; 0: nobody */
    _Alignas(CACHE_LINE) _Atomic(int32_t) searching; /* advisory */
    bool unheard; /* constant: nobody sleeps in earnest, no bell need be rung */
};

/* Waits until the bell is not `rung` any more, for at most ns (0: for ever), or no
 * reason. True if the time went by. */
bool bell_wait(_Atomic(uint32_t) *bell, uint32_t rung, uint64_t ns);
void bell_ring(_Atomic(uint32_t) *bell);

static inline uint32_t bed_bell(struct bed *b)
{
    return at_load(&b->bell, acquire, PK7);
}

static inline void bed_lie_down(struct dormitory *d, struct bed *b)
{
    at_store(&b->asleep, 1, seq_cst, PK1);
    at_add(&d->sleeping, 1, seq_cst, PK2);
}

/* True if somebody woke us, and has counted us among the searching. */
static inline bool bed_get_up(struct dormitory *d, struct bed *b)
{
    uint32_t asleep = 1;

    at_sub(&d->sleeping, 1, seq_cst, PK2);
    return !at_cas(&b->asleep, &asleep, 0, acq_rel, PK5);
}

static inline bool bed_wake(struct dormitory *d, struct bed *b)
{
    uint32_t asleep = 1;

    if (at_peek(&b->asleep) == 0 || !at_cas(&b->asleep, &asleep, 0, acq_rel, PK3))
        return false;           /* relaxed: PK3 decides */
    at_count(&d->searching, 1); /* relaxed: advisory */
    at_add(&b->bell, 1, release, PK6);
    if (LIKELY(!d->unheard))
        bell_ring(&b->bell);
    return true;
}

/* After something was made visible: is anybody asleep who might want it? */
static inline bool dormitory_any(struct dormitory *d)
{
    return at_add(&d->sleeping, 0, seq_cst, PK4) > 0;
}

#define NO_WATCHER UINT32_MAX

static inline bool watch_begin(struct dormitory *d, uint32_t worker)
{
    uint32_t nobody = 0;

    return at_cas(&d->watcher, &nobody, worker + 1, seq_cst, PK8);
}

static inline void watch_end(struct dormitory *d)
{
    at_store(&d->watcher, 0, seq_cst, PK8);
}

/* Who is on watch; behind the taking of a domain. */
static inline uint32_t watcher_of(struct dormitory *d)
{
    return at_load(&d->watcher, seq_cst, PK8) - 1;
}

#endif
