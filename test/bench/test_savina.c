/* test_savina.c: aim: the Savina suite's generators, statistics and parameters are the suite's;
 * every benchmark gets its result right, on one worker and on two, and one that does not is
 * found out.
 * Method: known numbers; the small form of each benchmark, in this process, so that sanitizers
 * see it; benchmarks that are wrong on purpose. */
#include "bench/savina/decimal.h"
#include "bench/savina/queue.h"
#include "bench/savina/random.h"
#include "bench/savina/savina.h"
#include "bench/savina/statistics.h"

#include <criterion/criterion.h>

TestSuite(savina, .timeout = 100);

/* --- generators --- */

Test(savina, own_generator_is_the_suites)
{
    static const uint32_t published[] = {22896, 34761, 34014, 39231, 52540,
                                         41445, 1546,  5947,  65224};
    struct savina_random random = {SAVINA_SEED};
    double fraction;

    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
        cr_expect_eq(savina_next(&random), published[i], "number %zu", i);
    random.value = SAVINA_SEED;
    cr_expect_eq(savina_below(&random, 1000), 896);
    fraction = savina_fraction(&random);
    cr_expect_float_eq(fraction, 1.0 / 34762, 1e-18);
}

Test(savina, own_generator_has_full_period)
{
    static bool seen[65536];
    struct savina_random random = {1};

    for (int i = 0; i < 65536; i++) {
        uint32_t number = savina_next(&random);

        cr_assert_not(seen[number], "%u comes again after %d", number, i);
        seen[number] = true;
    }
}

Test(savina, java_generator_is_javas)
{
    struct java_random random = java_seeded(42);
    double first, second;

    cr_expect_eq(java_int(&random), -1170105035);
    cr_expect_eq(java_int(&random), 234785527);
    random = java_seeded(42);
    cr_expect_eq(java_below(&random, 10), 0);
    cr_expect_eq(java_below(&random, 10), 3);
    random = java_seeded(42);
    cr_expect_eq(java_below(&random, 16), 11, "a power of two takes the upper bits");
    random = java_seeded(42);
    cr_expect(java_bool(&random));
    cr_expect_not(java_bool(&random));
    random = java_seeded(42);
    first = java_double(&random);
    cr_expect_float_eq(first, 0.7275636800328681, 1e-16);
    random = java_seeded(42);
    first = java_gaussian(&random);
    second = java_gaussian(&random);
    cr_expect_float_eq(first, 1.1419053154730547, 1e-15);
    cr_expect_float_eq(second, 0.9194079489827879, 1e-15);
}

/* --- statistics --- */

Test(savina, statistics_are_the_suites)
{
    double times[] = {12, 10, 11, 9};
    struct statistics s = statistics_of(times, 4);

    cr_expect_eq(s.total, 4);
    cr_expect_eq(s.kept, 4);
    cr_expect_float_eq(s.best, 9, 0);
    cr_expect_float_eq(s.worst, 12, 0);
    cr_expect_float_eq(s.median, 10.5, 1e-12);
    cr_expect_float_eq(s.mean, 10.5, 1e-12);
    cr_expect_float_eq(s.geometric_mean, 10.440086817, 1e-8);
    cr_expect_float_eq(s.harmonic_mean, 10.380078637, 1e-8);
    cr_expect_float_eq(s.deviation, 1.118033989, 1e-8);
    cr_expect_float_eq(s.high - s.mean, 1.96 * 1.118033989 / 2, 1e-8);
    cr_expect_float_eq(s.mean - s.low, 1.96 * 1.118033989 / 2, 1e-8);
    cr_expect_float_eq(s.variation, 0.106479427, 1e-8);
    cr_expect_float_eq(s.skewness, 0, 1e-12);
}

Test(savina, times_far_from_the_median_are_left_out)
{
    double times[] = {100, 30, 99, 120, 80, 121, 79, 101, 500};
    struct statistics s = statistics_of(times, 9);

    cr_expect_eq(s.total, 9);
    cr_expect_eq(s.kept, 5, "80, 99, 100, 101, 120: the borders are in");
    cr_expect_float_eq(s.best, 80, 0);
    cr_expect_float_eq(s.worst, 120, 0);
    cr_expect_float_eq(s.median, 100, 0);
}

/* Worked out by hand: three differences of -0.375 and one of 1.125 from the mean. */
Test(savina, skewness_divides_by_one_less)
{
    double times[] = {10, 10, 10, 11.5};
    struct statistics s = statistics_of(times, 4);
    double mean = 10.375, third = 3 * -0.052734375 + 1.423828125;

    cr_expect_float_eq(s.mean, mean, 1e-12);
    cr_expect_float_eq(s.skewness, third / (3 * pow(s.deviation, 3)), 1e-9);
}

Test(savina, one_time_has_no_spread)
{
    double time = 3;
    struct statistics s = statistics_of(&time, 1);

    cr_expect_eq(s.kept, 1);
    cr_expect_float_eq(s.low, 3, 0);
    cr_expect_float_eq(s.high, 3, 0);
    cr_expect_float_eq(s.skewness, 0, 0);
}

/* --- parameters --- */

static uint64_t scaled(const struct savina_param *param, double scale)
{
    struct savina benchmark = {.param = {*param}};
    uint64_t values[SAVINA_PARAMS_MAX];

    savina_params(&benchmark, scale, false, values);
    return values[0];
}

Test(savina, scale_is_of_the_work)
{
    const struct savina_param fixed = {"x", 100, 10, .power = 0},
                              linear = {"x", 100, 10, .power = 1},
                              cubic = {"x", 300, 100, .power = 3, .multiple = 50},
                              two = {"x", 1024, 64, .power = 3, .power_of_two = true},
                              tree = {"x", 25, 12, .base = 1.618};

    cr_expect_eq(scaled(&fixed, 10), 100);
    cr_expect_eq(scaled(&linear, 0.5), 50);
    cr_expect_eq(scaled(&linear, 0.01), 10, "not below the small form");
    cr_expect_eq(scaled(&cubic, 8), 600);
    cr_expect_eq(scaled(&cubic, 0.5), 250, "238 is no multiple");
    cr_expect_eq(scaled(&two, 0.125), 512);
    cr_expect_eq(scaled(&two, 0.2), 512);
    cr_expect_eq(scaled(&tree, 1.618), 26);
    cr_expect_eq(scaled(&tree, 1), 25);
}

/* --- numbers and queues --- */

Test(savina, decimals_are_exact)
{
    uint32_t a[4], b[4];

    decimal_divide(a, 4, 22, 7);
    cr_expect_eq(a[0], 3);
    cr_expect_eq(a[1], 142857142);
    cr_expect_eq(a[2], 857142857);
    decimal_divide(b, 4, 1, 7);
    decimal_subtract(a, b, 4);
    cr_expect_eq(a[0], 3);
    cr_expect(decimal_is_zero(a + 1, 3));
    decimal_subtract(a, b, 4);
    cr_expect_eq(a[0], 2);
    cr_expect_eq(a[1], 857142857);
    decimal_shrink(a, 4, 1000000000);
    cr_expect_eq(a[0], 0);
    cr_expect_eq(a[1], 2);
    decimal_divide(a, 4, 5, 9);
    decimal_divide(b, 4, 4, 9);
    decimal_add(a, b, 4);
    cr_expect_eq(a[0], 0);
    cr_expect_eq(a[3], 999999999);
}

Test(savina, queues_keep_order_while_they_grow)
{
    struct queue queue = {0};
    uint64_t in = 0, out = 0;

    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 3; i++)
            queue_push(&queue, in++);
        for (int i = 0; i < 2; i++)
            cr_assert_eq(queue_pop(&queue), out++);
    }
    cr_expect_eq(queue.count, 100);
    queue_done(&queue);
}

/* --- benchmarks --- */

static const char *measure(const struct savina *benchmark, unsigned workers)
{
    struct savina_run run = {.messages = 0};
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    savina_params(benchmark, 1, true, run.param);
    return savina_measure(benchmark, &options, &run);
}

static void measure_all(unsigned workers)
{
    for (size_t i = 0; savina_benchmarks[i] != NULL; i++) {
        const char *wrong = measure(savina_benchmarks[i], workers);

        cr_expect_null(wrong, "%s: %s", savina_benchmarks[i]->name, wrong);
    }
}

Test(savina, results_are_right_on_one_worker)
{
    measure_all(1);
}

Test(savina, results_are_right_on_two_workers)
{
    measure_all(2);
}

Test(savina, there_are_thirty_with_names_of_their_own)
{
    size_t count = 0;

    while (savina_benchmarks[count] != NULL) {
        cr_expect_eq(savina_find(savina_benchmarks[count]->name),
                     savina_benchmarks[count]);
        count++;
    }
    cr_expect_eq(count, 30);
    cr_expect_null(savina_find("nothing"));
}

/* --- and such as are wrong --- */

struct bad {
    struct savina_run *run;
};

static weft_next say_wrong(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return savina_result(self, ((struct bad *)state)->run, false);
}

/* Its message to itself is queued when it stops. */
static weft_next leave_mail(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    weft_cast(self, weft_self_pid(self), weft_signal(1));
    return savina_result(self, ((struct bad *)state)->run, true);
}

static const weft_behavior wrong_root = SAVINA_ROOT("wrong", struct bad, say_wrong);
static const weft_behavior mail_root = SAVINA_ROOT("mail", struct bad, leave_mail);

Test(savina, a_wrong_result_is_found_out)
{
    const struct savina wrong = {.name = "wrong", .root = &wrong_root},
                        mail = {.name = "mail", .root = &mail_root},
                        search = {
                            .name = "search", .root = &mail_root, .leaves_mail = true};

    cr_expect_not_null(measure(&wrong, 1));
    cr_expect_not_null(measure(&mail, 1));
    cr_expect_null(measure(&search, 1));
}
