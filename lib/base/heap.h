/* lib/base/heap.h: what comes first: a pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986)
 * of nodes that lie in their owners. Putting in costs the same however many there are, taking
 * out the logarithm of their number, on average. No memory, no threads. */
#ifndef WEFT_BASE_HEAP_H
#define WEFT_BASE_HEAP_H

#include "lib/base/base.h"

struct heap_node {
    struct heap_node *child, *next; /* the first of those behind it; its next sibling */
    struct heap_node *before; /* its sibling before it, or whose first child it is */
    uint64_t at;    /* the smaller comes first; may wrap, all are within half the range */
    uint64_t order; /* of those with the same */
};

struct heap {
    struct heap_node *first; /* NULL: it is empty */
};

/* Sets at and order before; in no heap. */
void heap_put(struct heap *h, struct heap_node *n);
/* Any node of the heap. */
void heap_take(struct heap *h, struct heap_node *n);

#endif
