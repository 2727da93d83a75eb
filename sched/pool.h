/* sched/pool.h: memory for slots, nodes, queues and small blocks.
 *
 * Each domain (and each lane for threads outside) keeps two magazines of free blocks per
 * class; a block may be freed anywhere. Full magazines travel between them through depots,
 * whole, so that moving a block to another thread costs a share of one CAS (Bonwick 2001).
 * Memory comes in chunks, which go back to the allocator when the scheduler is destroyed.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   PL1 spill:  CAS release -> PL2: the blocks' links are written before others take them
 *   PL2 refill: exchange acquire -> PL1: all magazines are taken at once, so no ABA
 *   PL3 chunk:  CAS release -> PL3: the list of chunks, walked when all threads are gone
 * Relaxed: the first read of a CAS loop; the look whether a depot has anything (advisory). */
#ifndef WEFT_SCHED_POOL_H
#define WEFT_SCHED_POOL_H

#include "lib/base/memory.h"
#include "sched/task.h"

enum pool_class {
    POOL_SLOT, /* a struct task: given out as it was left, but for its links */
    POOL_64,
    POOL_128,
    POOL_256,
    POOL_512,
    POOL_1K,
    POOL_SEGMENT, /* of a ring: 16 KiB */
    POOL_CLASSES
};
enum { POOL_SMALL_MAX = 1024, SEGMENT_BYTES = 16 << 10 };

/* A free block. The first two words are left alone: in a slot they are what late senders
 * still look at. */
struct pool_block {
    uint64_t kept[2];
    struct pool_block *next;  /* in its magazine */
    struct pool_block *batch; /* the next magazine, in a first block */
};

struct magazine {
    struct pool_block *blocks; /* in use, n of them */
    uint32_t n, reserved;
    struct pool_block *spare; /* a full one, or NULL */
    struct pool_block *batches;
};

struct chunk;

struct depot {
    _Alignas(CACHE_LINE) _Atomic(struct pool_block *) full[POOL_CLASSES];
    _Atomic(struct chunk *) chunks;
    struct memory memory;
    struct task_table *table;
    bool (*refuses)(void *context); /* NULL, or: is a pool to get nothing this time? */
    void *context;
};

struct pool {
    struct magazine magazine[POOL_CLASSES];
    struct depot *depot;
    char *chunk; /* not given out yet: `left` bytes */
    size_t left;
    bool grown; /* had its first, small chunk */
};

void depot_init(struct depot *depot, const struct memory *memory,
                struct task_table *table);
/* Frees all memory that pools of this depot ever gave out. */
void depot_done(struct depot *depot);
void pool_init(struct pool *pool, struct depot *depot);

/* The smallest class for so many bytes, at most POOL_SMALL_MAX. Blocks are aligned to their
 * class's size. */
static inline enum pool_class pool_class_for(size_t size)
{
    return size <= 64    ? POOL_64
           : size <= 128 ? POOL_128
           : size <= 256 ? POOL_256
           : size <= 512 ? POOL_512
                         : POOL_1K;
}

/* Fills an empty magazine; false if there is no memory (or, for slots, none left). */
bool pool_refill(struct pool *pool, enum pool_class class);
void pool_spill(struct pool *pool, enum pool_class class);

/* Blocks in a full magazine. */
static inline uint32_t pool_magazine_size(enum pool_class class)
{
    return class <= POOL_128 ? 64 : class == POOL_256 ? 32 : class <= POOL_1K ? 16 : 4;
}

/* The magazine's next block; there is one. */
static inline void *pool_take(struct pool *pool, enum pool_class class)
{
    struct magazine *m = &pool->magazine[class];
    struct pool_block *b = m->blocks;

    m->blocks = b->next;
    m->n--;
    return b;
}

/* Back into the magazine, where there is room. */
static inline void pool_put(struct pool *pool, enum pool_class class, void *p)
{
    struct magazine *m = &pool->magazine[class];
    struct pool_block *b = p;

    b->next = m->blocks;
    m->blocks = b;
    m->n++;
}

static inline bool pool_is_empty(const struct pool *pool, enum pool_class class)
{
    return pool->magazine[class].blocks == NULL;
}

static inline bool pool_is_full(const struct pool *pool, enum pool_class class)
{
    return pool->magazine[class].n >= pool_magazine_size(class);
}

/* NULL if there is none. */
static inline void *pool_alloc(struct pool *pool, enum pool_class class)
{
    if (UNLIKELY(pool_is_empty(pool, class)) && !pool_refill(pool, class))
        return NULL;
    return pool_take(pool, class);
}

static inline void pool_free(struct pool *pool, enum pool_class class, void *p)
{
    if (UNLIKELY(pool_is_full(pool, class)))
        pool_spill(pool, class);
    pool_put(pool, class, p);
}

#endif
