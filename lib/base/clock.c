/* lib/base/clock.c: how fast the cycle counter runs. */
#include "lib/base/clock.h"

enum { MEASURE_NS = 200000, TRIES = 10 };

/* Both clocks at one moment. */
struct moment {
    uint64_t ns, cycles;
};

/* The thread may be stopped between the two, for longer than all that is measured: of some tries
 * the one in which least has passed. */
static struct moment moment_now(void)
{
    struct moment best = {0};
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < TRIES; i++) {
        uint64_t before = clock_cycles(), ns = clock_ns(),
                 passed = clock_cycles() - before;

        if (passed < least) {
            least = passed;
            best = (struct moment){ns, before + passed / 2};
        }
    }
    return best;
}

double clock_rate(void)
{
    struct moment began = moment_now(), over;

    while (clock_ns() - began.ns < MEASURE_NS)
        continue;
    over = moment_now();
    return (double)(over.cycles - began.cycles) / (double)(over.ns - began.ns);
}
