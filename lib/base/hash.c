/* lib/base/hash.c: buckets of chains. */
#include "lib/base/hash.h"

#include <string.h>

static size_t bytes_of(uint64_t size)
{
    return size * sizeof(struct hash_link *);
}

static void buckets_free(struct hash *h)
{
    if (h->buckets != h->first)
        memory_free(&h->memory, h->buckets, bytes_of(h->size), CACHE_LINE);
}

void hash_init(struct hash *h, const struct memory *memory)
{
    memset(h, 0, sizeof *h);
    h->memory = *memory;
    h->buckets = h->first;
    h->size = HASH_FIRST;
}

void hash_done(struct hash *h)
{
    buckets_free(h);
    h->buckets = NULL;
}

static struct hash_link **bucket_of(struct hash_link **buckets, uint64_t size,
                                    uint64_t hash)
{
    return &buckets[hash & (size - 1)];
}

static void push(struct hash_link **bucket, struct hash_link *link)
{
    link->next = *bucket;
    *bucket = link;
}

static void grow(struct hash *h)
{
    uint64_t size = 4 * h->size;
    struct hash_link **buckets = memory_zalloc(&h->memory, bytes_of(size), CACHE_LINE);

    if (buckets == NULL)
        return;
    for (uint64_t i = 0; i < h->size; i++) {
        struct hash_link *link = h->buckets[i], *next;

        for (; link != NULL; link = next) {
            next = link->next;
            push(bucket_of(buckets, size, link->hash), link);
        }
    }
    buckets_free(h);
    h->buckets = buckets;
    h->size = size;
}

void hash_put(struct hash *h, struct hash_link *link)
{
    if (h->count++ >= h->size)
        grow(h);
    push(bucket_of(h->buckets, h->size, link->hash), link);
}

void hash_take(struct hash *h, struct hash_link *link)
{
    struct hash_link **at = bucket_of(h->buckets, h->size, link->hash);

    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    h->count--;
}
