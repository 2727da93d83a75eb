/* test/support/fault_allocator.c: malloc with a label in front of each block. */
#include "test/support/fault_allocator.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

struct label {
    size_t size, align;
    struct faulty *owner;
    uint64_t lives;
};

enum { LIVES = 0x11fe, FILL = 0xa5 };

/* The label and padding before a block. */
static size_t before(size_t align)
{
    return align > sizeof(struct label) ? align : sizeof(struct label);
}

static void *faulty_alloc(void *context, size_t size, size_t align)
{
    struct faulty *f = context;
    unsigned long call = atomic_fetch_add(&f->calls, 1);
    void *whole = NULL;
    struct label *label;
    char *block;

    if (call >= atomic_load(&f->first) && call < atomic_load(&f->behind)) {
        atomic_fetch_add(&f->refused, 1);
        return NULL;
    }
    if (posix_memalign(&whole, before(align), before(align) + size) != 0)
        return NULL;
    block = (char *)whole + before(align);
    label = (struct label *)(void *)block - 1;
    *label = (struct label){size, align, f, LIVES};
    memset(block, FILL, size);
    atomic_fetch_add(&f->live, 1);
    return block;
}

static void faulty_free(void *context, void *block, size_t size, size_t align)
{
    struct faulty *f = context;
    struct label *label = (struct label *)block - 1;

    if (label->lives != LIVES || label->owner != f || label->size != size ||
        label->align != align) {
        atomic_fetch_add(&f->mistakes, 1);
        return;
    }
    label->lives = 0;
    free((char *)block - before(align));
    atomic_fetch_sub(&f->live, 1);
}

void faulty_init(struct faulty *faulty)
{
    memset(faulty, 0, sizeof *faulty);
    faulty->allocator = (weft_allocator){faulty_alloc, faulty_free, faulty};
}

void faulty_refuse(struct faulty *faulty, unsigned long after, unsigned long n)
{
    unsigned long first = atomic_load(&faulty->calls) + after;

    atomic_store(&faulty->behind, 0);
    atomic_store(&faulty->first, first);
    atomic_store(&faulty->behind, first + n);
}

void faulty_relent(struct faulty *faulty)
{
    atomic_store(&faulty->behind, 0);
}

void faulty_check(struct faulty *faulty)
{
    cr_expect_eq(atomic_load(&faulty->mistakes), 0,
                 "%lu blocks were not freed as they were given",
                 atomic_load(&faulty->mistakes));
    cr_expect_eq(atomic_load(&faulty->live), 0, "%ld blocks were never freed",
                 atomic_load(&faulty->live));
}
