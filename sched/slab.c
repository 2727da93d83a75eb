/* sched/slab.c: growing, and the list of free places. */
#include "sched/slab.h"

#include <string.h>

enum { FIRST_ENTRIES = 2 };

static size_t bytes_of(uint32_t capacity)
{
    return capacity * sizeof(struct slab_entry);
}

static void *entries_new(struct pool *pool, size_t bytes)
{
    return bytes <= POOL_SMALL_MAX
               ? pool_alloc(pool, pool_class_for(bytes))
               : memory_alloc(&pool->depot->memory, bytes, CACHE_LINE);
}

static void entries_free(struct pool *pool, void *entries, size_t bytes)
{
    if (bytes <= POOL_SMALL_MAX)
        pool_free(pool, pool_class_for(bytes), entries);
    else
        memory_free(&pool->depot->memory, entries, bytes, CACHE_LINE);
}

static bool grow(struct slab *s, struct pool *pool)
{
    uint32_t capacity = s->capacity == 0 ? FIRST_ENTRIES : 2 * s->capacity;
    struct slab_entry *entries = entries_new(pool, bytes_of(capacity));

    if (entries == NULL)
        return false;
    if (s->capacity > 0) {
        memcpy(entries, s->entries, bytes_of(s->capacity));
        entries_free(pool, s->entries, bytes_of(s->capacity));
    }
    s->entries = entries;
    s->capacity = capacity;
    return true;
}

struct slab_entry *slab_add(struct slab *s, struct pool *pool, uint64_t serial)
{
    uint32_t place;

    if (s->free != 0) {
        place = s->free - 1;
        s->free = (uint32_t)s->entries[place].word[0];
    } else {
        if (s->end == SLAB_PLACES || (s->end == s->capacity && !grow(s, pool)))
            return NULL;
        place = s->end++;
    }
    s->used++;
    s->entries[place].key = slab_key(serial, place);
    return &s->entries[place];
}

void slab_remove(struct slab *s, struct slab_entry *entry)
{
    entry->key = 0;
    entry->word[0] = s->free;
    s->free = (uint32_t)(entry - s->entries) + 1;
    s->used--;
}

void slab_done(struct slab *s, struct pool *pool)
{
    if (s->capacity > 0)
        entries_free(pool, s->entries, bytes_of(s->capacity));
    memset(s, 0, sizeof *s);
}
