/* sched/limit.h: how much mail may wait for a task, and what becomes of more.
 *
 * A task with a limit is queued from its birth to its end (TASK_BOUNDED): what waits for it
 * is what lies in its queue, which its domain's holder knows exactly. Who sends from elsewhere
 * reserves a place first, so that what was accepted has room when it arrives; several who do so
 * at the same moment may pass the limit by as many. Where more mail
 * costs the oldest its place, or the task its life, there is nothing to reserve: mail from
 * elsewhere is looked at when it arrives.
 *
 * A limit's line is found by the task's index, and is readable for ever, like its other two.
 * A number of reserved places carries the task's generation: who comes late reserves nothing
 * of the next inhabitant's.
 *
 * Limits hold for RECORD_MAIL only. Replies and control have room past them; but a reply that
 * waits takes a place.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   LM1 return: CAS release -> LM2: who sees the place of a message given back sees that it waits
 *   LM2 take:   load acquire -> LM1: a message that arrives is counted twice for a moment,
 *               perhaps, but never not at all
 * Relaxed: all else; these are numbers, and no other memory hangs on them. */
#ifndef WEFT_SCHED_LIMIT_H
#define WEFT_SCHED_LIMIT_H

#include "sched/domain.h"

/* max to reserves are constant while the task lives; waiting and bytes are written by the
 * domain's holder. */
struct limit {
    /* generation:28  how many:36 */
    _Alignas(CACHE_LINE) _Atomic(uint64_t) reserved;
    _Atomic(uint64_t) reserved_bytes;
    _Atomic(uint64_t) waiting, bytes; /* in the queue */
    _Atomic(uint64_t) max, bytes_max; /* UINT64_MAX: none */
    _Atomic(uint32_t) overflow;       /* enum sched_overflow */
    _Atomic(bool) reserves;           /* who sends from elsewhere */
    /* the holder's */
    bool counts_bytes, drops_oldest;
    bool overflown; /* it is to be stopped because of that */
};
_Static_assert(sizeof(struct limit) == CACHE_LINE, "a line that senders elsewhere write");

#define LIMIT_COUNT (((uint64_t)1 << 36) - 1)

/* n places, if there are so many that are not waited in or reserved. */
static inline bool places_take(_Atomic(uint64_t) *reserved, uint64_t key, uint64_t n,
                               _Atomic(uint64_t) *waiting, uint64_t max)
{
    uint64_t now;

    do {
        now = at_load(reserved, acquire, LM2);
        if ((now & ~LIMIT_COUNT) != key ||
            (now & LIMIT_COUNT) + at_peek(waiting) + n > max) /* relaxed: behind LM2 */
            return false;
    } while (!at_claim(reserved, &now, now + n)); /* relaxed: publishes nothing */
    return true;
}

/* There may be fewer: a forged id may have found the task before it had a limit. */
static inline void places_return(_Atomic(uint64_t) *reserved, uint64_t key, uint64_t n)
{
    uint64_t now = at_peek(reserved); /* relaxed: LM1 decides */

    do {
        if ((now & ~LIMIT_COUNT) != key || (now & LIMIT_COUNT) < n)
            return;
    } while (!at_cas_weak(reserved, &now, now - n, release, LM1));
}

enum limit_verdict { LIMIT_ROOM, LIMIT_FULL, LIMIT_DROP };

static inline struct limit *limit_of(const struct sched *s, const struct task *t)
{
    return &s->table.limits[task_index(&s->table, t)];
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
/* They are not needed any more: the message has joined the queue, or was not sent after all.
 * bytes: of its payload. */
void limit_release(struct sched *s, struct task *t, const struct record *r,
                   uint64_t bytes);
/* Bytes of its payload, if its task counts them. */
uint64_t limit_bytes(const struct sched *s, struct task *t, const struct record *r);

/* --- what the holder does for each message --- */

static inline bool limit_has_room(struct limit *l, const struct mailq *q, uint64_t bytes)
{
    /* relaxed, all of it: see above */
    if (mailq_waiting(q) + (at_peek(&l->reserved) & LIMIT_COUNT) >= at_peek(&l->max))
        return false;
    return LIKELY(!l->counts_bytes) || /* relaxed */
           at_peek(&l->bytes) + (at_peek(&l->reserved_bytes) & LIMIT_COUNT) + bytes <=
               at_peek(&l->bytes_max);
}

void limit_add_bytes(struct sched *s, struct limit *l, const struct record *r);

/* A record has joined the queue. */
static inline void limit_entered(struct sched *s, struct task *t, const struct record *r)
{
    struct limit *l = limit_of(s, t);

    at_set(&l->waiting, mailq_waiting(task_queue(s, t))); /* relaxed: see above */
    if (UNLIKELY(l->counts_bytes))
        limit_add_bytes(s, l, r);
}

/* One with so many bytes has left it. */
static inline void limit_took(struct sched *s, struct task *t, uint64_t bytes)
{
    struct limit *l = limit_of(s, t);

    /* relaxed, all of it: see above */
    at_set(&l->waiting, mailq_waiting(task_queue(s, t)));
    if (UNLIKELY(l->counts_bytes))
        at_set(&l->bytes, at_peek(&l->bytes) - bytes);
}

static inline void limit_left(struct sched *s, struct task *t, const struct record *r)
{
    bool count = UNLIKELY(limit_of(s, t)->counts_bytes);

    limit_took(s, t, count ? limit_bytes(s, t, r) : 0);
}

#endif
