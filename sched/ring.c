/* sched/ring.c: segments of a ring. */
#include "sched/ring.h"

#include <string.h>

static struct segment *segment_new(struct pool *pool)
{
    struct segment *s = pool_alloc(pool, POOL_SEGMENT);

    if (s == NULL)
        return NULL;
    s->next = NULL;
    s->slot[SEGMENT_RECORDS].to = 0;
    s->slot[SEGMENT_RECORDS].head = record_head(0, RECORD_END, 0, 0);
    return s;
}

static void tail_to(struct ring *ring, struct segment *s)
{
    ring->tail_segment = s;
    ring->tail = s->slot;
    ring->end = &s->slot[SEGMENT_RECORDS];
}

bool ring_init(struct ring *ring, struct pool *pool)
{
    struct segment *s = segment_new(pool);

    if (s == NULL)
        return false;
    tail_to(ring, s);
    ring->head_segment = s;
    ring->head = s->slot;
    return true;
}

void ring_done(struct ring *ring, struct pool *pool)
{
    struct segment *s = ring->head_segment, *next;

    for (; s != NULL; s = next) {
        next = s->next;
        pool_free(pool, POOL_SEGMENT, s);
    }
    memset(ring, 0, sizeof *ring);
}

COLD bool ring_grow(struct ring *ring, struct pool *pool)
{
    struct segment *s = segment_new(pool);

    if (s == NULL)
        return false;
    if (ring->tail != ring->end) { /* too little room for this record: end it here */
        ring->tail->to = 0;
        ring->tail->head = record_head(0, RECORD_END, 0, 0);
    }
    ring->tail_segment->next = s;
    tail_to(ring, s);
    return true;
}

COLD bool ring_advance(struct ring *ring, struct pool *pool)
{
    struct segment *s = ring->head_segment;

    if (s->next == NULL)
        return false;
    ring->head_segment = s->next;
    ring->head = s->next->slot;
    pool_free(pool, POOL_SEGMENT, s);
    return true;
}

void ring_clear(struct ring *ring, struct pool *pool)
{
    while (ring->head_segment != ring->tail_segment)
        ring_advance(ring, pool);
    ring->head = ring->tail;
}

struct segment *ring_split(struct ring *ring, struct segment *fresh)
{
    struct segment *old = ring->head_segment;
    bool only = old == ring->tail_segment;
    ptrdiff_t at = ring->head - old->slot,
              end = only ? ring->tail - old->slot : SEGMENT_RECORDS;

    memcpy(&fresh->slot[at], ring->head, (size_t)(end - at) * sizeof(struct record));
    fresh->slot[SEGMENT_RECORDS].to = 0;
    fresh->slot[SEGMENT_RECORDS].head = record_head(0, RECORD_END, 0, 0);
    fresh->next = old->next;
    old->next = NULL;
    ring->head_segment = fresh;
    ring->head = &fresh->slot[at];
    if (only) {
        ring->tail_segment = fresh;
        ring->tail = &fresh->slot[end];
        ring->end = &fresh->slot[SEGMENT_RECORDS];
    }
    return old;
}
