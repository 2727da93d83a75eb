/* sched/slab.h: a small table of entries found by keys that are never used twice: what a task
 * has asked, and what it owes. An entry's place is part of its key, so finding one is a
 * compare. Memory comes from a pool while there are few, then from the allocator. */
#ifndef WEFT_SCHED_SLAB_H
#define WEFT_SCHED_SLAB_H

#include "sched/pool.h"

struct slab_entry {
    uint64_t key; /* 0: free, word[0] is the place behind the next free one's, 0: none */
    uint64_t word[3];
};

struct slab {
    struct slab_entry *entries;
    uint32_t capacity, used; /* used: entries that are not free */
    uint32_t end, free;      /* places given out so far; the first free one, plus 1 */
};

enum { SLAB_PLACE_BITS = 16, SLAB_PLACES = (1 << SLAB_PLACE_BITS) - 1 };
/* A mark that serial numbers may carry, which are smaller. */
#define SLAB_MARK ((uint64_t)1 << 47)
/* No entry has this place: it marks keys that are made without a table. */
#define SLAB_NO_PLACE ((uint64_t)SLAB_PLACES)

static inline bool slab_key_is_marked(uint64_t key)
{
    return (key >> SLAB_PLACE_BITS & SLAB_MARK) != 0;
}

static inline uint64_t slab_key(uint64_t serial, uint64_t place)
{
    return serial << SLAB_PLACE_BITS | place;
}

static inline struct slab_entry *slab_find(const struct slab *s, uint64_t key)
{
    uint64_t place = key & SLAB_PLACES;

    return key != 0 && place < s->end && s->entries[place].key == key ? &s->entries[place]
                                                                      : NULL;
}

/* A new entry with a key of this serial number, which is the caller's to make up. NULL: no
 * memory, or SLAB_PLACES are taken (slab_is_full). */
struct slab_entry *slab_add(struct slab *s, struct pool *pool, uint64_t serial);
void slab_remove(struct slab *s, struct slab_entry *entry);
/* Frees the memory. */
void slab_done(struct slab *s, struct pool *pool);

static inline bool slab_is_full(const struct slab *s)
{
    return s->used == SLAB_PLACES;
}

#endif
