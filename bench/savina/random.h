/* random.h: the generators that the suite's inputs are drawn from, so that they are the same
 * inputs in every language: its own small one, and Java's. */
#ifndef WEFT_BENCH_SAVINA_RANDOM_H
#define WEFT_BENCH_SAVINA_RANDOM_H

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* --- the suite's own: 16 bits, full period --- */

#define SAVINA_SEED 74755u /* if the suite gives none */

struct savina_random {
    uint64_t value; /* the seed */
};

/* From 0 to 65535. */
static inline uint32_t savina_next(struct savina_random *random)
{
    random->value = (random->value * 1309 + 13849) & 65535;
    return (uint32_t)random->value;
}

/* From 0 to below - 1. */
static inline uint32_t savina_below(struct savina_random *random, uint32_t below)
{
    assert(below > 0);
    return savina_next(random) % below;
}

/* Above 0, up to 1; mostly very small. */
static inline double savina_fraction(struct savina_random *random)
{
    return 1.0 / (savina_next(random) + 1.0);
}

/* --- java.util.Random: 48 bits --- */

#define JAVA_MULTIPLIER UINT64_C(0x5deece66d)
#define JAVA_MASK       ((UINT64_C(1) << 48) - 1)

struct java_random {
    uint64_t state;
    double spare; /* the other one of two normal numbers */
    bool has_spare;
};

static inline struct java_random java_seeded(uint64_t seed)
{
    return (struct java_random){.state = (seed ^ JAVA_MULTIPLIER) & JAVA_MASK};
}

/* next(bits) */
static inline int32_t java_bits(struct java_random *random, unsigned bits)
{
    random->state = (random->state * JAVA_MULTIPLIER + 11) & JAVA_MASK;
    return (int32_t)(uint32_t)(random->state >> (48 - bits));
}

/* nextInt() */
static inline int32_t java_int(struct java_random *random)
{
    return java_bits(random, 32);
}

/* nextInt(below) */
static inline int32_t java_below(struct java_random *random, int32_t below)
{
    int32_t bits, value;

    if ((below & -below) == below)
        return (int32_t)(((int64_t)below * java_bits(random, 31)) >> 31);
    do {
        bits = java_bits(random, 31);
        value = bits % below;
    } while ((int64_t)bits - value + (below - 1) > INT32_MAX);
    return value;
}

/* nextBoolean() */
static inline bool java_bool(struct java_random *random)
{
    return java_bits(random, 1) != 0;
}

/* nextDouble() */
static inline double java_double(struct java_random *random)
{
    int64_t high = (int64_t)java_bits(random, 26) << 27;

    return (double)(high + java_bits(random, 27)) / (double)(INT64_C(1) << 53);
}

/* nextGaussian(): the polar method. */
static inline double java_gaussian(struct java_random *random)
{
    double x, y, square, factor;

    if (random->has_spare) {
        random->has_spare = false;
        return random->spare;
    }
    do {
        x = 2 * java_double(random) - 1;
        y = 2 * java_double(random) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    factor = sqrt(-2 * log(square) / square);
    random->spare = y * factor;
    random->has_spare = true;
    return x * factor;
}

/* Draws so many numbers and forgets them: how the suite spends time. */
static inline void java_busy_wait(uint64_t times)
{
    struct java_random random = java_seeded(times);
    volatile double sink = 0;

    while (times-- > 0)
        sink = java_double(&random);
    (void)sink;
}

#endif
