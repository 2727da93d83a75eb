/* test_random.c: aim: the generator is the published one, repeats for a seed, and
 * random_below is even and stays below.
 * Method: known answers; draws counted in bins, with six standard deviations of room, from
 * fixed seeds, so that the outcome is the same every time. */
#include "lib/base/random.h"

#include <math.h>

#include <criterion/criterion.h>

TestSuite(random, .timeout = 20);

enum { DRAWS = 60000 };

static void expect_even(const uint64_t *bins, unsigned n)
{
    const double mean = (double)DRAWS / n, room = 6 * sqrt(mean);

    for (unsigned i = 0; i < n; i++)
        cr_expect_float_eq((double)bins[i], mean, room, "bin %u has %lu", i,
                           (unsigned long)bins[i]);
}

Test(random, mixing_is_splitmix64)
{
    static const uint64_t published[] = {0xe220a8397b1dcdafu, 0x6e789e6aa1b965f4u,
                                         0x06c45d188009454fu, 0xf88bb8a8724c81ecu};
    uint64_t seed = 0;

    for (int i = 0; i < 4; i++)
        cr_expect_eq(random_mix(&seed), published[i], "number %d", i);
}

Test(random, next_is_xoshiro256starstar)
{
    static const uint64_t published[] = {11520u,
                                         0u,
                                         1509978240u,
                                         1215971899390074240u,
                                         1216172134540287360u,
                                         607988272756665600u,
                                         16172922978634559625u,
                                         8476171486693032832u};
    struct random r = {{1, 2, 3, 4}};

    for (int i = 0; i < 8; i++)
        cr_expect_eq(random_next(&r), published[i], "number %d", i);
}

Test(random, a_seed_repeats_its_numbers)
{
    struct random a, b;

    random_init(&a, 42);
    random_init(&b, 42);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(random_next(&a), random_next(&b), "number %d", i);
}

Test(random, seeds_that_are_neighbours_have_nothing_in_common)
{
    struct random a, b;
    int same = 0;

    random_init(&a, 42);
    random_init(&b, 43);
    for (int i = 0; i < 1000; i++)
        same += random_next(&a) == random_next(&b);
    cr_expect_eq(same, 0);
}

Test(random, every_bit_is_set_half_of_the_time)
{
    uint64_t set[64] = {0};
    struct random r;

    random_init(&r, 1);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = random_next(&r);

        for (int bit = 0; bit < 64; bit++)
            set[bit] += x >> bit & 1;
    }
    for (int bit = 0; bit < 64; bit++)
        cr_expect_float_eq((double)set[bit], DRAWS / 2.0, 3 * sqrt(DRAWS), "bit %d", bit);
}

Test(random, below_stays_below)
{
    static const uint64_t borders[] = {1,
                                       2,
                                       3,
                                       1000,
                                       UINT32_MAX,
                                       (uint64_t)UINT32_MAX + 2,
                                       ((uint64_t)1 << 63) + 1,
                                       UINT64_MAX};
    struct random r;

    random_init(&r, 2);
    for (size_t b = 0; b < sizeof borders / sizeof *borders; b++)
        for (int i = 0; i < 2000; i++)
            cr_assert_lt(random_below(&r, borders[b]), borders[b]);
}

Test(random, below_nothing_is_0)
{
    struct random r;

    random_init(&r, 3);
    cr_expect_eq(random_below(&r, 0), 0);
}

Test(random, below_is_even_for_a_small_number)
{
    uint64_t bins[10] = {0};
    struct random r;

    random_init(&r, 4);
    for (int i = 0; i < DRAWS; i++)
        bins[random_below(&r, 10)]++;
    expect_even(bins, 10);
}

/* Three quarters of the range: without rejection every third number came up twice as often. */
Test(random, below_is_even_for_a_large_number)
{
    uint64_t bins[3] = {0};
    struct random r;

    random_init(&r, 5);
    for (int i = 0; i < DRAWS; i++)
        bins[random_below(&r, (uint64_t)3 << 62) % 3]++;
    expect_even(bins, 3);
}
