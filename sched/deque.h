/* sched/deque.h: the public work of a domain: tasks offered to whoever is idle.
 *
 * Chase-Lev deque after Le, Pop, Cohen and Zappella Nardelli, "Correct and efficient
 * work-stealing for weak memory models", PPoPP 2013, bounded: a full deque just means
 * that the work stays where it is. push and take: the domain's holder only. steal:
 * anybody. The paper's fences are ordered accesses here: the same cost on x86 (one locked
 * instruction in take, one in steal), and ThreadSanitizer understands them.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   DQ1 push:  load top acquire -> DQ5: the cell's former thief is done reading it
 *   DQ2 push:  store bottom release -> DQ4: the thief sees the cell, the task and its mail
 *   DQ3 take:  store bottom, load top, seq_cst -> DQ4: the claim on the cell before the look
 *              at top: owner or thief sees the other
 *   DQ4 steal: load top, load bottom, seq_cst -> DQ2, DQ3, DQ6: top before bottom, in the one
 *              order that take obeys as well
 *   DQ5 CAS top seq_cst -> DQ1, DQ5: one winner for a cell
 *   DQ6 take:  store bottom release -> DQ4: as DQ2, for the cells that remain
 * Relaxed: bottom read by the holder (it alone writes it); cells (a stale one fails DQ5);
 * deque_size (advisory: a wrong size costs a probe). */
#ifndef WEFT_SCHED_DEQUE_H
#define WEFT_SCHED_DEQUE_H

#include "lib/base/atomic.h"
#include "lib/base/base.h"

enum { DEQUE_CELLS = 1024 }; /* a power of two; offers never come near it */

struct deque {
    _Alignas(CACHE_LINE) _Atomic(int64_t) top;    /* written by: thieves */
    _Alignas(CACHE_LINE) _Atomic(int64_t) bottom; /* written by: the holder */
    _Alignas(CACHE_LINE) _Atomic(void *) cell[DEQUE_CELLS];
};

static inline int64_t deque_size(struct deque *q)
{
    return at_peek(&q->bottom) - at_peek(&q->top); /* relaxed: advisory */
}

static inline bool deque_push(struct deque *q, void *item)
{
    int64_t b = at_peek(&q->bottom); /* relaxed: the holder's own */
    int64_t t = at_load(&q->top, acquire, DQ1);

    if (b - t >= DEQUE_CELLS)
        return false;
    at_set(&q->cell[b & (DEQUE_CELLS - 1)], item); /* relaxed: DQ2 publishes it */
    at_store(&q->bottom, b + 1, release, DQ2);
    return true;
}

static inline void *deque_take(struct deque *q)
{
    int64_t b = at_peek(&q->bottom) - 1; /* relaxed: the holder's own */
    int64_t t;
    void *item;

    at_store(&q->bottom, b, seq_cst, DQ3);
    t = at_load(&q->top, seq_cst, DQ3);
    if (t > b) {
        at_store(&q->bottom, b + 1, release, DQ6);
        return NULL;
    }
    item = at_peek(&q->cell[b & (DEQUE_CELLS - 1)]); /* relaxed: written by the holder */
    if (t == b) {                                    /* the last one: race the thieves */
        if (!at_cas(&q->top, &t, t + 1, seq_cst, DQ5))
            item = NULL;
        at_store(&q->bottom, b + 1, release, DQ6);
    }
    return item;
}

static inline void *deque_steal(struct deque *q)
{
    int64_t t = at_load(&q->top, seq_cst, DQ4);
    int64_t b = at_load(&q->bottom, seq_cst, DQ4);
    void *item;

    if (t >= b)
        return NULL;
    item = at_peek(&q->cell[t & (DEQUE_CELLS - 1)]); /* relaxed: stale if DQ5 fails */
    return at_cas(&q->top, &t, t + 1, seq_cst, DQ5) ? item : NULL;
}

#endif
