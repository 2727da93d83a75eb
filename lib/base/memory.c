/* lib/base/memory.c: the host's malloc as a struct memory; reserving address space. */
#include "lib/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *host_alloc(void *context, size_t size, size_t align)
{
    void *p = NULL;

    (void)context;
    if (align <= _Alignof(max_align_t))
        return malloc(size);
    return posix_memalign(&p, align, size) == 0 ? p : NULL;
}

static void host_free(void *context, void *memory, size_t size, size_t align)
{
    (void)context, (void)size, (void)align;
    free(memory);
}

const struct memory memory_host = {host_alloc, host_free, NULL};

void *memory_zalloc(const struct memory *m, size_t size, size_t align)
{
    void *p = memory_alloc(m, size, align);

    if (p != NULL)
        memset(p, 0, size);
    return p;
}

/* --- accounts --- */

/* Relaxed, all of it: a number, with which no other memory is shown to anybody. */
static void *account_alloc(void *context, size_t size, size_t align)
{
    struct memory_account *a = context;
    uint64_t used = at_peek(&a->used); /* relaxed, here and below */
    void *p;

    do {
        if (size > a->max - used)
            return NULL;
    } while (!at_claim(&a->used, &used, used + size)); /* relaxed */
    p = memory_alloc(&a->from, size, align);
    if (p == NULL)
        at_count(&a->used, -(uint64_t)size); /* relaxed */
    return p;
}

static void account_free(void *context, void *memory, size_t size, size_t align)
{
    struct memory_account *a = context;

    memory_free(&a->from, memory, size, align);
    at_count(&a->used, -(uint64_t)size); /* relaxed: it is there again from here on */
}

struct memory memory_of_account(struct memory_account *account)
{
    return (struct memory){account_alloc, account_free, account};
}

uint64_t memory_used(const struct memory_account *account)
{
    return at_peek(&((struct memory_account *)(uintptr_t)account)->used); /* relaxed */
}

/* --- address space --- */

void *pages_reserve(size_t size)
{
    char *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    size_t before;

    if (p == MAP_FAILED)
        return NULL;
    before = (size_t)(-(uintptr_t)p & (HUGE_PAGE - 1));
    if (before > 0)
        munmap(p, before);
    if (before < HUGE_PAGE)
        munmap(p + before + size, HUGE_PAGE - before);
    return p + before;
}

void pages_release(void *p, size_t size)
{
    if (p != NULL)
        munmap(p, size);
}

void pages_huge(void *p, size_t size)
{
    (void)madvise(p, size, MADV_HUGEPAGE);
}
