/* work.h: the little work that a message stands for in fjthrput and fjcreate. */
#ifndef WEFT_BENCH_SAVINA_WORK_H
#define WEFT_BENCH_SAVINA_WORK_H

#include <math.h>

/* The square of a sine. The number comes through a volatile, or it would be computed by the
 * compiler. */
static inline double savina_work(void)
{
    volatile double theta = 37.2;
    double sine = sin(theta);

    return sine * sine;
}

#endif
