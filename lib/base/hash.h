/* lib/base/hash.h: a hash table of links that lie in their owners. What is the same is the owner's
 * to say: links of one hash are looked through. It grows with what is in it; without memory for
 * that its chains grow longer, so putting in cannot fail. No threads. */
#ifndef WEFT_BASE_HASH_H
#define WEFT_BASE_HASH_H

#include "lib/base/memory.h"

struct hash_link {
    struct hash_link *next;
    uint64_t hash;
};

enum { HASH_FIRST = 8 };

struct hash {
    struct hash_link **buckets; /* or: first */
    uint64_t size, count;
    struct memory memory;
    struct hash_link *first[HASH_FIRST];
};

void hash_init(struct hash *h, const struct memory *memory);
/* The links are their owners' matter. */
void hash_done(struct hash *h);
/* Sets hash before. */
void hash_put(struct hash *h, struct hash_link *link);
void hash_take(struct hash *h, struct hash_link *link);

/* The first with this hash, and the next. */
static inline struct hash_link *hash_same(struct hash_link *link, uint64_t hash)
{
    while (link != NULL && link->hash != hash)
        link = link->next;
    return link;
}

static inline struct hash_link *hash_find(const struct hash *h, uint64_t hash)
{
    return hash_same(h->buckets[hash & (h->size - 1)], hash);
}

/* A good one of two words. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

#endif
