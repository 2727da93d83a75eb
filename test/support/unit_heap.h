/* test/support/unit_heap.h: an allocator that counts, checks what it is told, and refuses
 * when a test wants it to. Its two functions fit struct memory and weft_allocator. */
#ifndef WEFT_TEST_UNIT_HEAP_H
#define WEFT_TEST_UNIT_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct heap {
    atomic_size_t blocks, bytes; /* that are out */
    atomic_size_t calls;         /* to heap_alloc, refused ones too */
    atomic_size_t wrong;         /* frees with another size or align than the block's */
    atomic_size_t largest;       /* alignment that was asked for */
    atomic_bool refuses;
};

void *heap_alloc(void *heap, size_t size, size_t align);
void heap_free(void *heap, void *memory, size_t size, size_t align);

/* Nothing is out, and every free fitted its allocation. */
bool heap_is_balanced(const struct heap *heap);

#endif
