/* test/explore/sched/support.h: what the operating system of the scenarios can do. */
#ifndef WEFT_EXPLORE_SUPPORT_H
#define WEFT_EXPLORE_SUPPORT_H

#include <stdbool.h>

extern bool support_membarrier;

#endif
