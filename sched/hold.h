/* sched/hold.h: who may touch a domain.
 *
 *             take               revoke             revoked
 *     FREE ----------> HELD ------------> REVOKING ----------> REVOKED
 *      ^  <----------   ^                                       |
 *      |     leave      +---------------------------------------+
 *      |                     seize (another thread, or the same one again)
 *      +--> SERVED --+
 *      +-------------+  serve, served
 *
 *   FREE      nobody: anybody may take it, or serve it for a moment
 *   HELD      one worker runs it
 *   SERVED    a worker that has a domain of its own takes its tokens
 *   REVOKING  its worker is stuck in a step; its watcher is telling it
 *   REVOKED   it has been told: whoever sees its guard down may seize the domain
 *
 * A worker touches its domain only with its guard up, and only while `held` names the
 * domain. Raising the guard costs a plain store: the store-load order that is needed
 * between it and the look at `held` is paid by the revoker alone, with membarrier(2)
 * (asymmetric Dekker). Where that is missing (hold_asymmetric() is false), `mine`, the
 * copy that the fast paths look at, is left at NOBODY for ever, so that they all fall
 * through to the slow paths, which use a real fence.
 *
 * The word: state:3, worker:13 (who holds it, or held it last), epoch:48, which counts
 * the times it was taken, so that a late CAS cannot meet the next holder.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   HD1 take, seize, serve: CAS seq_cst -> HD2, HD3, HD5, PK8: acquire what the last holder did
 *   HD2 leave: CAS seq_cst; served: store seq_cst -> HD1, HD4, TK1: release the domain; then
 *              the leaver looks at the token list (Dekker: a poster's TK1, then its HD4)
 *   HD3 revoke: CAS seq_cst -> HD1: the domain is being taken from a stuck worker
 *   HD4 look:  load seq_cst -> HD2, HD5: after posting a token: is anybody there to see it?
 *   HD5 told:  store seq_cst -> HD1, HD4: after the membarrier: `held` is NOBODY for its worker
 *   GD1 raise: exchange seq_cst (only without membarrier) -> GD3: guard up before the look
 *   GD2 lower: store release -> GD4: what was done to the domain, before the guard is down
 *   GD3 tell:  store held, mine, seq_cst -> GD1, GD4, GD5, GD6: NOBODY, before the look at the guard
 *   GD4 look:  load guard seq_cst -> GD2, GD3: down: acquire what its worker did
 *              (here and sched/rescue.c)
 *   GD5 check: load held seq_cst (only without membarrier) -> GD3: after the guard is up
 *   GD6 check: load held acquire -> GD3: who sees NOBODY sees the word as the revoker left it
 * Relaxed: guard up and look at mine with membarrier (the revoker's membarrier orders
 * them); own mine and held stored before the CAS that takes the domain (a later revoker reads
 * HELD first, so its NOBODY comes after). */
#ifndef WEFT_SCHED_HOLD_H
#define WEFT_SCHED_HOLD_H

#include "lib/base/atomic.h"
#include "lib/base/base.h"
#include "sched/id.h"

enum { HOLD_FREE, HOLD_HELD, HOLD_SERVED, HOLD_REVOKING, HOLD_REVOKED };
#define HOLD_STATE ((uint64_t)7)
#define HOLD_EPOCH ((uint64_t)1 << 16)
enum { HOLD_WORKER_SHIFT = 3, HOLD_WORKERS = 1 << 13 };

typedef _Atomic(uint64_t) hold;

/* A thread's side of it. */
struct guard {
    _Atomic(uint32_t) up;   /* written by: its thread */
    _Atomic(uint32_t) mine; /* what a task's word must hold below the generation */
    _Atomic(uint32_t)
        held;        /* the same, true also without membarrier; its thread or a revoker */
    bool asymmetric; /* constant */
};

#define MINE_NOBODY (OWNER_NOBODY << OWNER_SHIFT)

/* True if membarrier(2) can be used by this process; registers the process for it. */
bool hold_asymmetric(void);
/* Every running thread of the process has passed a full barrier when this returns. */
void hold_barrier(void);

static inline unsigned hold_state(uint64_t h)
{
    return (unsigned)(h & HOLD_STATE);
}

static inline uint32_t hold_worker(uint64_t h)
{
    return (uint32_t)(h >> HOLD_WORKER_SHIFT) & (HOLD_WORKERS - 1);
}

static inline uint64_t hold_as(uint64_t h, unsigned state)
{
    return (h & ~HOLD_STATE) | state;
}

/* The word of the next holder. */
static inline uint64_t hold_by(uint64_t h, uint32_t worker)
{
    return ((h & ~(HOLD_EPOCH - 1)) + HOLD_EPOCH) |
           (uint64_t)worker << HOLD_WORKER_SHIFT | HOLD_HELD;
}

/* --- the guard, by its own thread --- */

static inline void guard_raise(struct guard *g)
{
#if WEFT_TSAN
    at_exchange(&g->up, 1, seq_cst, GD1);
#else
    at_set(&g->up, 1); /* relaxed: see above */
    at_compiler_fence();
#endif
}

static inline void guard_lower(struct guard *g)
{
    at_store(&g->up, 0, release, GD2);
}

/* For the fast paths: NOBODY means "take the slow path". */
static inline uint32_t guard_mine(struct guard *g)
{
#if WEFT_TSAN
    return at_load(&g->mine, seq_cst, GD5);
#else
    return at_peek(&g->mine); /* relaxed: see above */
#endif
}

/* Guard up: what the thread holds, in truth. */
static inline uint32_t guard_held(struct guard *g)
{
    if (WEFT_TSAN || UNLIKELY(!g->asymmetric)) {
        at_exchange(&g->up, 1, seq_cst, GD1);
        return at_load(&g->held, seq_cst, GD5);
    }
    return at_load(&g->held, acquire, GD6);
}

static inline void guard_claim(struct guard *g, uint32_t mine)
{
    at_set(&g->held, mine);                               /* relaxed: HD1 follows */
    at_set(&g->mine, g->asymmetric ? mine : MINE_NOBODY); /* relaxed: as above */
}

/* --- domains --- */

/* From `is` to held by this thread. */
static inline bool hold_become(hold *h, uint64_t is, struct guard *g, uint32_t worker,
                               uint32_t mine)
{
    guard_claim(g, mine);
    if (at_cas(h, &is, hold_by(is, worker), seq_cst, HD1))
        return true;
    guard_claim(g, MINE_NOBODY);
    return false;
}

/* The same with the guard up before anybody could revoke it again; down if it failed. */
static inline bool hold_enter(hold *h, uint64_t is, struct guard *g, uint32_t worker,
                              uint32_t mine)
{
    guard_raise(g);
    if (hold_become(h, is, g, worker, mine))
        return true;
    guard_lower(g);
    return false;
}

/* Takes a free domain for this thread, the worker numbered `worker`. The guard is up if that
 * succeeds, and was before anybody could revoke it again; else it is down. */
static inline bool hold_take(hold *h, struct guard *g, uint32_t worker, uint32_t mine)
{
    uint64_t is = at_peek(h); /* relaxed: HD1 decides */

    return hold_state(is) == HOLD_FREE && hold_enter(h, is, g, worker, mine);
}

/* The holder leaves; false if it is being revoked just now, or lost the domain before. The
 * guard is up before it and down after it. */
static inline bool hold_leave(hold *h, struct guard *g)
{
    uint64_t is = at_peek(h); /* relaxed: HD2 decides */
    bool held = guard_held(g) != MINE_NOBODY;

    guard_claim(g, MINE_NOBODY);
    guard_lower(g);
    return held && hold_state(is) == HOLD_HELD &&
           at_cas(h, &is, hold_as(is, HOLD_FREE), seq_cst, HD2);
}

/* Someone who has a domain already enters a free one for a moment. */
static inline bool hold_serve(hold *h)
{
    uint64_t is = at_peek(h); /* relaxed: HD1 decides */

    return hold_state(is) == HOLD_FREE &&
           at_cas(h, &is, hold_as(is, HOLD_SERVED), seq_cst, HD1);
}

/* The worker that lost the domain enters it once more, to set it in order for the next one.
 * Served domains are not revoked, so this is not disturbed. */
static inline bool hold_serve_revoked(hold *h, uint64_t is)
{
    return hold_state(is) == HOLD_REVOKED &&
           at_cas(h, &is, hold_as(is, HOLD_SERVED), seq_cst, HD1);
}

static inline void hold_served(hold *h)
{
    uint64_t is = at_peek(h); /* relaxed: nobody else changes a served one */

    at_store(h, hold_as(is, HOLD_FREE), seq_cst, HD2);
}

/* A watcher that has read `is` takes the domain from g's thread, which is stuck in a
 * step. */
static inline bool hold_revoke(hold *h, uint64_t is, struct guard *g)
{
    if (hold_state(is) != HOLD_HELD ||
        !at_cas(h, &is, hold_as(is, HOLD_REVOKING), seq_cst, HD3))
        return false;
    at_store(&g->held, MINE_NOBODY, seq_cst, GD3);
    at_store(&g->mine, MINE_NOBODY, seq_cst, GD3);
    if (g->asymmetric)
        hold_barrier();
    at_store(h, hold_as(is, HOLD_REVOKED), seq_cst, HD5);
    return true;
}

/* A revoked domain goes to this thread, if the guard of the one that lost it, theirs, is
 * down. `is` was read by hold_look: its epoch makes sure that guard and revocation belong
 * together. The guard as in hold_take. */
static inline bool hold_seize(hold *h, uint64_t is, struct guard *theirs, struct guard *g,
                              uint32_t worker, uint32_t mine)
{
    return hold_state(is) == HOLD_REVOKED && at_load(&theirs->up, seq_cst, GD4) == 0 &&
           hold_enter(h, is, g, worker, mine);
}

/* The thread that lost it gets it back. Its guard is down, and stays so: it may lose it
 * again before it has raised it, and must look. */
static inline bool hold_regain(hold *h, uint64_t is, struct guard *g, uint32_t worker,
                               uint32_t mine)
{
    return hold_state(is) == HOLD_REVOKED && hold_become(h, is, g, worker, mine);
}

static inline uint64_t hold_look(hold *h)
{
    return at_load(h, seq_cst, HD4);
}

#endif
