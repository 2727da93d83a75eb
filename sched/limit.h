/* sched/limit.h: how much mail may wait for a task, and what becomes of more.
 *
 * A task with a limit is queued from its birth to its end (TASK_BOUNDED): what waits for it
 * is what lies in its queue, which its domain's holder knows exactly. Who sends from elsewhere
 * reserves a place first, so that what was accepted has room when it arrives. Where more mail
 * costs the oldest its place, or the task its life, there is nothing to reserve: mail from
 * elsewhere is looked at when it arrives.
 *
 * Two numbers say how many places are taken: how many were ever reserved, which senders raise,
 * and how many wait less how many of those have arrived, which the holder writes. An arrival
 * leaves both as they are, so a sender never finds a message counted twice, or not at all;
 * only one that was sent on the task's own worker in the same moment may be missed.
 *
 * A limit's line is found by the task's index, and is readable for ever, like its other two.
 * The number reserved carries the task's generation: who comes late reserves nothing of the
 * next inhabitant's.
 *
 * Limits hold for RECORD_MAIL only. Replies and control have room past them; but a reply that
 * waits takes a place. So does mail that goes past the limit, because its sender will be held
 * (sched/pressure.h).
 *
 * Ordering (label: operation -> partner: what it gives)
 *   LM1 settled: store release -> LM2: who sees that a message is gone sees, when it looks
 *                 again, that its place had been reserved
 *   LM2 settled: load acquire -> LM1: the same; the second look comes behind it
 *   LM3 reserved: load acquire -> LM4: the same; and LM2 comes behind it
 *   LM4 reserved: CAS release -> LM3: who sees the place sees settled at least as new as it was
 *                 when the place was found free
 * Relaxed: all else; these are numbers, and no other memory hangs on them. */
#ifndef WEFT_SCHED_LIMIT_H
#define WEFT_SCHED_LIMIT_H

#include "sched/domain.h"

/* The maxima, overflow and reserves are constant while the task lives. */
struct limit {
    /* everybody's; generation:28  how many:36 */
    _Alignas(CACHE_LINE) _Atomic(uint64_t) reserved;
    _Atomic(uint64_t) reserved_bytes;
    /* the holder's: what waits less what arrived */
    _Atomic(uint64_t) settled, settled_bytes;
    uint64_t arriving_bytes;   /* the holder's: arrived, and not settled yet */
    uint32_t arrived;          /* the holder's; fewer than 2^32 are on their way */
    _Atomic(uint8_t) overflow; /* enum sched_overflow */
    _Atomic(bool) reserves;    /* who sends from elsewhere */
    bool overflown;            /* the holder's: it is to be stopped because of that */
    bool attends;              /* the holder's: to what is taken (queue_take) */
    _Atomic(uint64_t) max, bytes_max; /* UINT64_MAX: none */
};
_Static_assert(sizeof(struct limit) == CACHE_LINE, "a line that senders elsewhere write");

#define LIMIT_COUNT (((uint64_t)1 << 36) - 1)

/* n more were reserved, or fewer. */
static inline uint64_t places_sum(uint64_t reserved, uint64_t n)
{
    return (reserved & ~LIMIT_COUNT) | ((reserved + n) & LIMIT_COUNT);
}

/* n places, if there are so many that are not waited in or reserved. */
static inline bool places_take(_Atomic(uint64_t) *reserved, uint64_t key, uint64_t n,
                               _Atomic(uint64_t) *settled, uint64_t max)
{
    for (;;) {
        uint64_t now = at_load(reserved, acquire, LM3);
        uint64_t taken = (now + at_load(settled, acquire, LM2)) & LIMIT_COUNT;

        if ((now & ~LIMIT_COUNT) != key)
            return false;
        if (taken + n > max) {
            if (at_peek(reserved) ==
                now) /* relaxed: behind LM2; else the sum is of two times */
                return false;
        } else if (at_cas_weak(reserved, &now, places_sum(now, n), release, LM4)) {
            return true;
        }
    }
}

/* They were not used after all. */
static inline void places_return(_Atomic(uint64_t) *reserved, uint64_t key, uint64_t n)
{
    uint64_t now =
        at_peek(reserved); /* relaxed: another's generation shows in any order */

    do {
        if ((now & ~LIMIT_COUNT) != key)
            return;
    } while (!at_claim(reserved, &now, places_sum(now, -n))); /* relaxed: as above */
}

/* What waits less what has arrived. The holder. */
static inline void places_settle(_Atomic(uint64_t) *settled, uint64_t n)
{
    at_store(settled, n, release, LM1);
}

enum limit_verdict { LIMIT_ROOM, LIMIT_FULL, LIMIT_DROP };

static inline struct limit *limit_of(const struct sched *s, const struct task *t)
{
    return &s->table.limits[task_index(&s->table, t)];
}

static inline bool limit_counts_bytes(const struct limit *l)
{
    return at_peek(&l->bytes_max) != UINT64_MAX; /* relaxed: constant */
}

static inline bool is_bounded(const struct task *t)
{
    return UNLIKELY((task_word(t) & TASK_BOUNDED) != 0);
}

/* May this message join the queue? It makes room if that is the task's policy, or stops the
 * task. LIMIT_DROP: no, but its sender need not know. The holder. */
enum limit_verdict limit_admit(struct domain *d, struct task *t, const struct record *r);
/* A place for a message from elsewhere. Any thread. */
enum limit_verdict limit_reserve(struct sched *s, struct task *t, const struct record *r);
/* Has mail from elsewhere a place? Else it is looked at when it arrives. The holder. */
static inline bool limit_was_reserved(const struct sched *s, const struct task *t)
{
    return at_peek(&limit_of(s, t)->reserves); /* relaxed: constant */
}
/* It was not sent after all. Any thread. */
void limit_release(struct sched *s, struct task *t, const struct record *r);
/* It has arrived: limit_arriving before it is queued, or whatever becomes of it, limit_arrived
 * behind that. The holder. */
void limit_arriving(struct sched *s, struct task *t, const struct record *r);
void limit_arrived(struct sched *s, struct task *t);
/* Places taken: by what waits and what is on its way. Any thread. */
static inline uint64_t limit_taken(const struct limit *l)
{
    return (at_peek(&l->reserved) + at_peek(&l->settled)) &
           LIMIT_COUNT; /* relaxed, both */
}
static inline uint64_t limit_bytes_taken(const struct limit *l)
{
    return (at_peek(&l->reserved_bytes) + at_peek(&l->settled_bytes)) &
           LIMIT_COUNT; /* relaxed, both */
}
/* Bytes of its payload, if its task counts them. */
uint64_t limit_bytes(const struct sched *s, struct task *t, const struct record *r);

/* --- what the holder does for each message --- */

/* relaxed, all of it: it has seen what arrived, and settled is its own */
static inline bool limit_has_room(const struct limit *l, uint64_t bytes)
{
    if (limit_taken(l) >= at_peek(&l->max))
        return false;
    return LIKELY(!limit_counts_bytes(l)) || /* relaxed, as above */
           limit_bytes_taken(l) + bytes <= at_peek(&l->bytes_max);
}

/* No more than half of what it may hold waits; or nothing does, whatever is on its way. */
static inline bool limit_is_eased(const struct limit *l, const struct mailq *q)
{
    return mailq_waiting(q) == 0 || /* relaxed, below: as above */
           (limit_taken(l) <= at_peek(&l->max) / 2 &&
            limit_bytes_taken(l) <= at_peek(&l->bytes_max) / 2);
}

/* As many wait as the queue says. */
static inline void limit_settle(struct limit *l, const struct mailq *q)
{
    places_settle(&l->settled, mailq_waiting(q) - l->arrived);
}

void limit_settle_bytes(struct limit *l, uint64_t more);

/* A record has joined the queue. */
static inline void limit_entered(struct sched *s, struct task *t, const struct record *r)
{
    struct limit *l = limit_of(s, t);

    limit_settle(l, task_queue(s, t));
    if (UNLIKELY(limit_counts_bytes(l)))
        limit_settle_bytes(l, limit_bytes(s, t, r));
}

/* One with so many bytes has left it. */
static inline void limit_took(struct sched *s, struct task *t, uint64_t bytes)
{
    struct limit *l = limit_of(s, t);

    limit_settle(l, task_queue(s, t));
    if (UNLIKELY(limit_counts_bytes(l)))
        limit_settle_bytes(l, -bytes);
}

static inline void limit_left(struct sched *s, struct task *t, const struct record *r)
{
    limit_took(s, t, limit_bytes(s, t, r));
}

#endif
