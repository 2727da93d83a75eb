/* lib/base/clock.c: how fast the cycle counter runs. */
#include "lib/base/clock.h"

enum { MEASURE_NS = 200000 };

double clock_rate(void)
{
    uint64_t ns = clock_ns(), cycles = clock_cycles(), now;

    do
        now = clock_ns();
    while (now - ns < MEASURE_NS);
    return (double)(clock_cycles() - cycles) / (double)(now - ns);
}
