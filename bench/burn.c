/* burn.c: a chain of multiplications, each waiting for the one before.
 *
 * A step of "250 ns" has to be the same work on one worker and on two. So rounds are
 * counted, not time: a step that the kernel interrupts is not cut short. */
#include "bench/burn.h"

#include "bench/bench.h"

#define TRIALS       400
#define TRIAL_ROUNDS 2000u /* some microseconds: most trials are not interrupted */

void burn(uint64_t rounds)
{
    uint64_t x = rounds;

    for (uint64_t i = 0; i < rounds; i++) {
        x = x * UINT64_C(6364136223846793005) + 1;
        __asm__ volatile("" : "+r"(x)); /* keeps the loop a loop */
    }
}

void burn_until_passed(uint64_t ns)
{
    uint64_t begin = bench_now();

    while (bench_now() - begin < ns)
        burn(100);
}

uint64_t burn_rounds(uint64_t ns)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < TRIALS; i++) {
        uint64_t begin = bench_now(), took;

        burn(TRIAL_ROUNDS);
        took = bench_now() - begin;
        if (took > 0 && took < best)
            best = took;
    }
    return ns * TRIAL_ROUNDS / best;
}
