/* test_histogram.c: aim: what a histogram says is within 0.4 % of what exact arithmetic over the
 * sorted values says, by the same definition of a percentile; counts, ends and mean are exact.
 * Method: values of several shapes, sorted; borders of buckets; merges against one histogram. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <weft.h>
#include <weft/histogram.h>

TestSuite(histogram, .timeout = 60);

enum { VALUES = 20000 };

static uint64_t values[VALUES];
static const double percents[] = {0, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100};

#define PERCENTS (sizeof percents / sizeof *percents)

static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Of sorted values. In whole numbers: percents are given in hundredths. */
static uint64_t exact(unsigned count, double percent)
{
    uint64_t hundredths = (uint64_t)(percent * 100 + 0.5);
    uint64_t rank = (hundredths * count + 9999) / 10000;

    return values[rank > 0 ? rank - 1 : 0];
}

static bool is_near(uint64_t got, uint64_t wanted)
{
    return fabs((double)got - (double)wanted) <= (double)wanted * 0.004;
}

static void compare(unsigned count)
{
    weft_histogram *h = weft_histogram_create();
    double sum = 0;

    cr_assert_not_null(h);
    for (unsigned i = 0; i < count; i++) {
        weft_histogram_add(h, values[i], 1);
        sum += (double)values[i];
    }
    qsort(values, count, sizeof *values, by_size);
    for (size_t i = 0; i < PERCENTS; i++) {
        uint64_t got = weft_histogram_percentile(h, percents[i]);
        uint64_t wanted = exact(count, percents[i]);

        cr_expect(is_near(got, wanted), "%g %% of %u: %llu, not %llu", percents[i], count,
                  (unsigned long long)got, (unsigned long long)wanted);
    }
    cr_expect_eq(weft_histogram_count(h), count);
    cr_expect_eq(weft_histogram_least(h), values[0]);
    cr_expect_eq(weft_histogram_most(h), values[count - 1]);
    cr_expect(fabs(weft_histogram_mean(h) - sum / count) <= sum / count * 1e-9);
    weft_histogram_destroy(h);
}

Test(histogram, agrees_with_sorted_values_of_every_size)
{
    uint64_t state = 88172645463325252u;

    for (unsigned bits = 1; bits < 42; bits += 4) {
        for (unsigned i = 0; i < VALUES; i++)
            values[i] = draw(&state) >> (64 - bits);
        compare(VALUES);
    }
}

Test(histogram, agrees_with_sorted_values_with_a_long_tail)
{
    uint64_t state = 1234567;

    for (unsigned i = 0; i < VALUES; i++) {
        double u = (double)(draw(&state) >> 11) / (double)(UINT64_C(1) << 53);

        values[i] = (uint64_t)(1000 * pow(1 - u * 0.9999999, -1.2));
    }
    compare(VALUES);
}

Test(histogram, agrees_when_there_are_few_values)
{
    uint64_t state = 99;

    for (unsigned count = 1; count <= 120; count++) {
        for (unsigned i = 0; i < count; i++)
            values[i] = draw(&state) % 1000000;
        compare(count);
    }
}

Test(histogram, keeps_small_values_exactly)
{
    weft_histogram *h = weft_histogram_create();

    for (uint64_t i = 0; i < 256; i++)
        weft_histogram_add(h, i, 1);
    for (unsigned i = 1; i <= 256; i++)
        cr_expect_eq(weft_histogram_percentile(h, i * 100.0 / 256), i - 1);
    weft_histogram_destroy(h);
}

/* Around every power of two the buckets become twice as wide. */
Test(histogram, holds_at_the_borders_of_buckets)
{
    weft_histogram *h = weft_histogram_create();

    for (unsigned bit = 1; bit < 42; bit++) {
        for (int d = -1; d <= 1; d++) {
            uint64_t value = (UINT64_C(1) << bit) + (uint64_t)(int64_t)d;

            weft_histogram_clear(h);
            weft_histogram_add(h, 0, 1);
            weft_histogram_add(h, value, 1);
            weft_histogram_add(h, WEFT_HISTOGRAM_MAX, 1);
            cr_expect(is_near(weft_histogram_percentile(h, 50), value), "2^%u%+d", bit,
                      d);
        }
    }
    weft_histogram_destroy(h);
}

Test(histogram, counts_what_is_too_large_as_the_largest)
{
    weft_histogram *h = weft_histogram_create();

    weft_histogram_add(h, UINT64_MAX, 1);
    weft_histogram_add(h, 7, 1);
    cr_expect_eq(weft_histogram_most(h), WEFT_HISTOGRAM_MAX);
    cr_expect_eq(weft_histogram_percentile(h, 100), WEFT_HISTOGRAM_MAX);
    cr_expect_eq(weft_histogram_least(h), 7);
    weft_histogram_destroy(h);
}

Test(histogram, says_nothing_of_nothing)
{
    weft_histogram *h = weft_histogram_create();

    weft_histogram_add(h, 5, 0);
    cr_expect_eq(weft_histogram_count(h), 0);
    cr_expect_eq(weft_histogram_percentile(h, 99), 0);
    cr_expect_eq(weft_histogram_least(h), 0);
    cr_expect_eq(weft_histogram_most(h), 0);
    cr_expect(weft_histogram_mean(h) <= 0);
    weft_histogram_destroy(h);
    weft_histogram_destroy(NULL);
}

Test(histogram, merged_is_as_if_all_had_been_added)
{
    weft_histogram *one = weft_histogram_create(), *odd = weft_histogram_create(),
                   *even = weft_histogram_create();

    for (uint64_t i = 1; i <= 1000; i++) {
        weft_histogram_add(one, i * i, i);
        weft_histogram_add(i % 2 == 0 ? even : odd, i * i, i);
    }
    weft_histogram_merge(odd, even);
    cr_expect_eq(weft_histogram_count(odd), weft_histogram_count(one));
    cr_expect_eq(weft_histogram_least(odd), 1);
    cr_expect_eq(weft_histogram_most(odd), 1000000);
    cr_expect_eq(weft_histogram_mean(odd), weft_histogram_mean(one));
    for (size_t i = 0; i < PERCENTS; i++)
        cr_expect_eq(weft_histogram_percentile(odd, percents[i]),
                     weft_histogram_percentile(one, percents[i]));
    weft_histogram_destroy(one);
    weft_histogram_destroy(odd);
    weft_histogram_destroy(even);
}
