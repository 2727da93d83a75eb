/* lib/base/pause.h: the processor's hint inside a spin loop, Concurrency Kit's for every
 * architecture. Not ordered, so ThreadSanitizer has nothing to see. */
#ifndef WEFT_BASE_PAUSE_H
#define WEFT_BASE_PAUSE_H

#include <ck_pr.h>

static inline void pause_hint(void)
{
    ck_pr_stall();
}

#endif
