/* lib/base/memory.h: where memory comes from. Everything is allocated through a struct
 * memory, which the embedder may give; only address space is reserved by mmap. */
#ifndef WEFT_BASE_MEMORY_H
#define WEFT_BASE_MEMORY_H

#include "lib/base/base.h"

struct memory {
    void *(*alloc)(void *context, size_t size, size_t align);
    void (*free)(void *context, void *memory, size_t size, size_t align);
    void *context;
};

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
