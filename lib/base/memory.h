/* lib/base/memory.h: where memory comes from. Everything is allocated through a struct
 * memory, which the embedder may give; only address space is reserved by mmap. */
#ifndef WEFT_BASE_MEMORY_H
#define WEFT_BASE_MEMORY_H

#include "lib/base/atomic.h"
#include "lib/base/base.h"

struct memory {
    void *(*alloc)(void *context, size_t size, size_t align);
    void (*free)(void *context, void *memory, size_t size, size_t align);
    void *context;
};

/* Memory of another one, counted, and at most so much of it. Once for each piece that is taken:
 * what pools cut up is counted when they take it. */
struct memory_account {
    struct memory from;
    uint64_t max; /* bytes; UINT64_MAX: no limit */
    _Atomic(uint64_t) used;
};

/* Allocates from the account, which it borrows. */
struct memory memory_of_account(struct memory_account *account);
/* What is used now. */
uint64_t memory_used(const struct memory_account *account);

enum { HUGE_PAGE = 2 << 20 };

/* The C library's malloc. */
extern const struct memory memory_host;

static inline void *memory_alloc(const struct memory *m, size_t size, size_t align)
{
    return m->alloc(m->context, size, align);
}

static inline void memory_free(const struct memory *m, void *p, size_t size, size_t align)
{
    if (p != NULL)
        m->free(m->context, p, size, align);
}

/* Zeroed; NULL if there is none. */
void *memory_zalloc(const struct memory *m, size_t size, size_t align);

/* Address space aligned to a huge page, zero and without memory until it is touched; NULL
 * if there is none. Released whole. */
void *pages_reserve(size_t size);
void pages_release(void *p, size_t size);

/* Asks for huge pages: first touch of a small page costs as much as 300 messages. Advice
 * only, so it cannot fail. */
void pages_huge(void *p, size_t size);

#endif
