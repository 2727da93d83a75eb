/* test/explore/self/axioms.h: C11's memory model as axioms, to hold the machine against. */
#ifndef WEFT_EXPLORE_AXIOMS_H
#define WEFT_EXPLORE_AXIOMS_H

#include <stdbool.h>

/* The run that was just made is an execution that RC11 allows. It has accesses and fences
 * only. */
bool axioms_hold(void);

#endif
