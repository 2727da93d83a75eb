/* lib/base/atomic.h: C11 atomics, each site with its order and its label.
 *
 * A file that has ordered atomics opens with a table of them: label, operation, partner
 * and what the pair gives. The label is the macro's last argument, so
 * tools/dev/check_atomics.py can hold table and code against each other, and the
 * interleaving explorer (test/explore) can weaken one site at a time and see whether a
 * test notices.
 *
 *   at_peek, at_set, at_count, at_claim   relaxed load, store, add, CAS: a comment says why
 *                               that is enough
 *   at_bump                     relaxed: adds to what no other thread writes
 *   at_load .. at_sub           ordered
 *   recheck(c, L)               a condition that is looked at again after an ordered
 *                               operation; the explorer can make it false */
#ifndef WEFT_BASE_ATOMIC_H
#define WEFT_BASE_ATOMIC_H

#include "lib/base/base.h"

#include <stdatomic.h>

#define at_peek(p)     atomic_load_explicit((p), memory_order_relaxed)
#define at_set(p, v)   atomic_store_explicit((p), (v), memory_order_relaxed)
#define at_count(p, n) ((void)atomic_fetch_add_explicit((p), (n), memory_order_relaxed))
#define at_claim(p, e, v)                                                      \
    atomic_compare_exchange_weak_explicit((p), (e), (v), memory_order_relaxed, \
                                          memory_order_relaxed)

#ifdef WEFT_EXPLORE
/* The explorer is told which site comes next,
 * and ThreadSanitizer's instrumentation hands the operation to the explorer's runtime. */
void explore_site(const char *label);
bool explore_recheck(const char *label);
#    define at_site(label)    explore_site(#    label)
#    define recheck(c, label) (explore_recheck(#    label) && (c))
#else
#    define at_site(label)    ((void)0)
#    define recheck(c, label) (c)
#endif

#define at_load(p, order, label) \
    (at_site(label), atomic_load_explicit((p), memory_order_##order))
#define at_store(p, v, order, label) \
    (at_site(label), atomic_store_explicit((p), (v), memory_order_##order))
#define at_exchange(p, v, order, label) \
    (at_site(label), atomic_exchange_explicit((p), (v), memory_order_##order))
/* Compare and swap. *e is updated on failure, with a relaxed load. */
#define at_cas(p, e, v, order, label)                         \
    (at_site(label), atomic_compare_exchange_strong_explicit( \
                         (p), (e), (v), memory_order_##order, memory_order_relaxed))
#define at_cas_weak(p, e, v, order, label)                  \
    (at_site(label), atomic_compare_exchange_weak_explicit( \
                         (p), (e), (v), memory_order_##order, memory_order_relaxed))
#define at_add(p, v, order, label) \
    (at_site(label), atomic_fetch_add_explicit((p), (v), memory_order_##order))
#define at_sub(p, v, order, label) \
    (at_site(label), atomic_fetch_sub_explicit((p), (v), memory_order_##order))

/* Adds to a number that only the calling thread writes, and others may read: relaxed. It is
 * one instruction, as it is for a plain number; gcc makes three of a load and a store. */
static inline void at_bump(_Atomic(uint32_t) *p, uint32_t n)
{
#if defined(__x86_64__) && !defined(WEFT_DEBUG) && !defined(WEFT_EXPLORE) && !WEFT_TSAN
    __asm__ __inline__("addl %1, %0" : "+m"(*p) : "ri"(n));
#else
    at_set(p, at_peek(p) + n); /* relaxed: one writer */
#endif
}

/* The compiler must not move memory accesses across; the processor may. */
#define at_compiler_fence() atomic_signal_fence(memory_order_seq_cst)

#endif
