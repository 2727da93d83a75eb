/* revision.c: what git told the Makefile. This file alone is compiled again with each
 * revision. */
#include "bench/revision.h"

#ifndef WEFT_REVISION
#    define WEFT_REVISION "unknown"
#endif

const char *revision(void)
{
    return WEFT_REVISION;
}
