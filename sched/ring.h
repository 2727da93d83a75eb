/* sched/ring.h: the private ring of a domain: records in segments, appended at the tail,
 * taken at the head, by the domain's holder only. No lock, no fence, no allocation but for a
 * segment every 494 records.
 *
 * A segment's last slot holds an END mark, addressed to nobody, so that it falls out of the
 * fast path by itself. A segment is freed when the head has left it, one turn after its last
 * record: the message that is being handled lies in it. */
#ifndef WEFT_SCHED_RING_H
#define WEFT_SCHED_RING_H

#include "sched/pool.h"
#include "sched/record.h"
#include "sched/tuning.h"

struct segment {
    struct segment *next;
    uint64_t pad[3];
    struct record slot[SEGMENT_RECORDS + 1 + PREFETCH]; /* the last ones are only read */
};
_Static_assert(sizeof(struct segment) <= SEGMENT_BYTES, "a block of class POOL_SEGMENT");

struct ring {
    struct record *tail, *end; /* next slot to write; the END mark of its segment */
    struct record *head;       /* next slot to read */
    struct segment *head_segment, *tail_segment;
};

bool ring_init(struct ring *ring, struct pool *pool);
/* Frees the segments; the records are the caller's matter. */
void ring_done(struct ring *ring, struct pool *pool);

/* Forgets all records. */
void ring_clear(struct ring *ring, struct pool *pool);

/* A new segment at the tail; false if there is no memory. */
bool ring_grow(struct ring *ring, struct pool *pool);

/* The head is at an END mark: on to the next segment. False if there is none: empty. */
bool ring_advance(struct ring *ring, struct pool *pool);

/* What lies in the head's segment before the head leaves the ring, with the message that is
 * being handled: the records behind it are copied to `fresh`. Returns the old segment. */
struct segment *ring_split(struct ring *ring, struct segment *fresh);

static inline bool ring_empty(const struct ring *ring)
{
    return ring->head == ring->tail;
}

/* Records, or a few less. */
static inline uint64_t ring_size(const struct ring *ring)
{
    const struct segment *h = ring->head_segment, *t = ring->tail_segment;

    if (h == t)
        return (uint64_t)(ring->tail - ring->head);
    return (uint64_t)(&h->slot[SEGMENT_RECORDS] - ring->head) +
           (uint64_t)(ring->tail - t->slot);
}

/* Room for so many slots in a row, at the tail; NULL if there is no memory. */
static inline struct record *ring_reserve(struct ring *ring, struct pool *pool,
                                          unsigned slots)
{
    if (UNLIKELY(ring->end - ring->tail < (ptrdiff_t)slots) && !ring_grow(ring, pool))
        return NULL;
    return ring->tail;
}

static inline bool ring_put(struct ring *ring, struct pool *pool, const struct record *r)
{
    unsigned slots = record_slots(r);
    struct record *to = ring_reserve(ring, pool, slots);

    if (to == NULL)
        return false;
    for (unsigned i = 0; i < slots; i++)
        record_copy(&to[i], &r[i]);
    ring->tail = to + slots;
    return true;
}

/* Walking over the records, oldest first:
 *   for (struct ring_walk i = ring_walk(ring); i.at != ring->tail; ring_step(&i)) */
struct ring_walk {
    struct record *at;
    struct segment *segment;
};

static inline void ring_skip_end(struct ring_walk *i)
{
    while (i->at->to == 0 && record_kind(i->at) == RECORD_END &&
           i->segment->next != NULL) {
        i->segment = i->segment->next;
        i->at = i->segment->slot;
    }
}

static inline struct ring_walk ring_walk(const struct ring *ring)
{
    struct ring_walk i = {ring->head, ring->head_segment};

    if (i.at != ring->tail)
        ring_skip_end(&i);
    return i;
}

static inline void ring_step(const struct ring *ring, struct ring_walk *i)
{
    i->at += record_slots(i->at);
    if (i->at != ring->tail)
        ring_skip_end(i);
}

/* Takes a record out in the middle. */
static inline void ring_remove(struct record *r)
{
    r->to = 0;
    r->head = record_head(0, RECORD_SKIP, record_extra(r) & RECORD_MORE, 0);
}

#endif
