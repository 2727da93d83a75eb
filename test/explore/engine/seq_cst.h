/* test/explore/engine/seq_cst.h: the one order of all seq_cst operations. */
#ifndef WEFT_EXPLORE_SEQ_CST_H
#define WEFT_EXPLORE_SEQ_CST_H

#include "test/explore/engine/engine.h"

/* An access of any order, at the end of its thread's program so far. */
struct seq_cst_access {
    uint16_t location;
    bool seq_cst, reads, writes;
    uint16_t after;        /* the store that it reads, or is placed behind */
    const uint32_t *clock; /* what happens before it; its thread's own: itself */
};

void seq_cst_reset(void);
/* There is still such an order if the access is done. */
bool seq_cst_allows(const struct seq_cst_access *a);
/* The access was done; `stored` is what it stored, or NONE. */
void seq_cst_access(const struct seq_cst_access *a, unsigned thread, uint16_t stored);
void seq_cst_fence(unsigned thread);
void seq_cst_membarrier(unsigned thread);

#endif
