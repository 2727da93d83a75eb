/* sched/pool.c: the slow half of the pools: depots and chunks. */
#include "sched/pool.h"

#include <string.h>

struct chunk {
    struct chunk *next;
    size_t size;
    char pad[CACHE_LINE - sizeof(struct chunk *) - sizeof(size_t)];
};

/* The first chunk of a pool is small and of small pages, so that a small runtime stays
 * small; the rest are huge pages. */
enum { CHUNK_FIRST = 128 << 10, CHUNK_NEXT = HUGE_PAGE };

static const uint32_t class_bytes[POOL_CLASSES] = {
    [POOL_SLOT] = sizeof(struct task),
    [POOL_64] = 64,
    [POOL_128] = 128,
    [POOL_256] = 256,
    [POOL_512] = 512,
    [POOL_1K] = 1024,
    [POOL_SEGMENT] = SEGMENT_BYTES,
};

void depot_init(struct depot *depot, const struct memory *memory,
                struct task_table *table)
{
    memset(depot, 0, sizeof *depot);
    depot->memory = *memory;
    depot->table = table;
}

void depot_done(struct depot *depot)
{
    struct chunk *c = at_peek(&depot->chunks), *next; /* relaxed: all threads are gone */

    for (; c != NULL; c = next) {
        next = c->next;
        memory_free(&depot->memory, c, c->size, c->size);
    }
    at_set(&depot->chunks, NULL); /* relaxed: as above */
}

void pool_init(struct pool *pool, struct depot *depot)
{
    memset(pool, 0, sizeof *pool);
    pool->depot = depot;
}

static bool new_chunk(struct pool *pool)
{
    size_t size = pool->grown ? CHUNK_NEXT : CHUNK_FIRST;
    struct depot *depot = pool->depot;
    struct chunk *c = memory_alloc(&depot->memory, size, size), *h;

    if (c == NULL)
        return false;
    if (size == CHUNK_NEXT)
        pages_huge(c, size);
    c->size = size;
    h = at_peek(&depot->chunks); /* relaxed: PL3 decides */
    do
        c->next = h;
    while (!at_cas_weak(&depot->chunks, &h, c, release, PL3));
    pool->grown = true;
    pool->chunk = (char *)c + sizeof *c;
    pool->left = size - sizeof *c;
    return true;
}

static struct pool_block *link_blocks(char *at, size_t bytes, uint32_t n)
{
    struct pool_block *first = NULL;

    while (n-- > 0) {
        struct pool_block *b = (struct pool_block *)(void *)(at + (size_t)n * bytes);

        b->next = first;
        first = b;
    }
    return first;
}

/* Blocks that were never used: as many as fit, up to a magazine. */
static bool carve(struct pool *pool, enum pool_class class, struct magazine *m)
{
    size_t bytes = class_bytes[class], skip;
    uint32_t n = pool_magazine_size(class);

    if (class == POOL_SLOT) {
        uint32_t index = task_table_carve(pool->depot->table, n, &n);

        m->blocks = link_blocks((char *)(pool->depot->table->tasks + index), bytes, n);
        m->n = n;
        return n > 0;
    }
    skip =
        (size_t)(-(uintptr_t)pool->chunk & (bytes < 4096 ? bytes - 1 : CACHE_LINE - 1));
    if (pool->left < skip + bytes) {
        if (!new_chunk(pool))
            return false;
        skip = (size_t)(-(uintptr_t)pool->chunk &
                        (bytes < 4096 ? bytes - 1 : CACHE_LINE - 1));
    }
    if (pool->depot->refuses != NULL) /* often */
        n = 1;
    if ((pool->left - skip) / bytes < n)
        n = (uint32_t)((pool->left - skip) / bytes);
    m->blocks = link_blocks(pool->chunk + skip, bytes, n);
    m->n = n;
    pool->chunk += skip + n * bytes;
    pool->left -= skip + n * bytes;
    return true;
}

/* A list of magazines. */
static void give_to_depot(_Atomic(struct pool_block *) *full, struct pool_block *first)
{
    struct pool_block *last = first, *h = at_peek(full); /* relaxed: PL1 decides */

    while (last->batch != NULL)
        last = last->batch;
    do
        last->batch = h;
    while (!at_cas_weak(full, &h, first, release, PL1));
}

COLD bool pool_refill(struct pool *pool, enum pool_class class)
{
    struct magazine *m = &pool->magazine[class];
    _Atomic(struct pool_block *) *full = &pool->depot->full[class];

    if (UNLIKELY(pool->depot->refuses != NULL) && class != POOL_SLOT &&
        pool->depot->refuses(pool->depot->context))
        return false;
    m->n = pool_magazine_size(class);
    if (m->spare != NULL) {
        m->blocks = m->spare;
        m->spare = NULL;
        return true;
    }
    if (m->batches == NULL && at_peek(full) != NULL) /* relaxed: PL2 decides */
        m->batches = at_exchange(full, NULL, acquire, PL2);
    if (class == POOL_SLOT && m->batches != NULL && m->batches->batch != NULL) {
        give_to_depot(full, m->batches->batch); /* they are counted: not all for one */
        m->batches->batch = NULL;
    }
    if (m->batches != NULL) {
        m->blocks = m->batches;
        m->batches = m->blocks->batch;
        return true;
    }
    m->n = 0;
    return carve(pool, class, m);
}

COLD void pool_spill(struct pool *pool, enum pool_class class)
{
    struct magazine *m = &pool->magazine[class];
    struct pool_block *spare = m->spare;

    m->spare = m->blocks;
    m->blocks = NULL;
    m->n = 0;
    if (spare == NULL)
        return;
    spare->batch = NULL;
    give_to_depot(&pool->depot->full[class], spare);
}
