/* test/support/unit_heap.c: blocks with a note of their size and alignment in front. */
#include "test/support/unit_heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct note {
    size_t size, align;
};

/* Bytes in front of a block: the note, and as many as keep the block aligned. */
static size_t front(size_t align)
{
    return align > sizeof(struct note) ? align : sizeof(struct note);
}

void *heap_alloc(void *context, size_t size, size_t align)
{
    struct heap *heap = context;
    const struct note note = {size, align};
    void *base = NULL;

    atomic_fetch_add(&heap->calls, 1);
    if (align > atomic_load(&heap->largest))
        atomic_store(&heap->largest, align);
    if (size == 0 || align == 0 || (align & (align - 1)) != 0)
        atomic_fetch_add(&heap->wrong, 1);
    if (atomic_load(&heap->refuses) || size > SIZE_MAX / 4 ||
        posix_memalign(&base, front(align), front(align) + size) != 0)
        return NULL;
    memcpy((char *)base + front(align) - sizeof note, &note, sizeof note);
    atomic_fetch_add(&heap->blocks, 1);
    atomic_fetch_add(&heap->bytes, size);
    return (char *)base + front(align);
}

void heap_free(void *context, void *memory, size_t size, size_t align)
{
    struct heap *heap = context;
    struct note note;

    memcpy(&note, (char *)memory - sizeof note, sizeof note);
    if (note.size != size || note.align != align)
        atomic_fetch_add(&heap->wrong, 1);
    atomic_fetch_sub(&heap->blocks, 1);
    atomic_fetch_sub(&heap->bytes, note.size);
    free((char *)memory - front(note.align));
}

bool heap_is_balanced(const struct heap *heap)
{
    return atomic_load(&heap->blocks) == 0 && atomic_load(&heap->bytes) == 0 &&
           atomic_load(&heap->wrong) == 0;
}
