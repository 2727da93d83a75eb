/* test/explore/stand_in/ck_pr.h: for the explorer, in the place of Concurrency Kit's header of
 * this name. A pause in a spin loop lets the others go on. */
#ifndef WEFT_EXPLORE_CK_PR_H
#define WEFT_EXPLORE_CK_PR_H

#include "test/explore/explore.h"

static inline void ck_pr_stall(void)
{
    explore_pause();
}

#endif
