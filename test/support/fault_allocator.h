/* test/support/fault_allocator.h: an allocator that keeps count, refuses when it is told to,
 * and knows what it gave: each block has its size and alignment in front of it, so a free
 * with other ones, or of something else, is found out. What it gives is never zero. */
#ifndef WEFT_TEST_FAULT_ALLOCATOR_H
#define WEFT_TEST_FAULT_ALLOCATOR_H

#include <stdatomic.h>
#include <weft.h>

struct faulty {
    weft_allocator allocator; /* its context is the whole */
    atomic_ulong calls, refused, mistakes;
    atomic_long live;
    atomic_ulong first, behind; /* refuses calls number first to behind - 1 */
};

void faulty_init(struct faulty *faulty);
/* From now on refuses n calls, the next but `after` first. */
void faulty_refuse(struct faulty *faulty, unsigned long after, unsigned long n);
/* Refuses nothing any more. */
void faulty_relent(struct faulty *faulty);
/* At the end: all was freed as it was given. */
void faulty_check(struct faulty *faulty);

#endif
