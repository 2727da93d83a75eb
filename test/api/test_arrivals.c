/* test_arrivals.c: aim: arrivals are due when the plan's rate says, as many as it says, in order,
 * and without drift; a plan that makes no sense is refused.
 * Method: exact times where they are whole numbers; else the k-th arrival has to lie where the
 * integral of the rate, summed up here in small slices, reaches k. */
#include <criterion/criterion.h>
#include <math.h>
#include <weft.h>
#include <weft/arrivals.h>

TestSuite(arrivals, .timeout = 60);

static weft_schedule begin(const weft_arrivals *plan)
{
    weft_schedule schedule;

    cr_assert_eq(weft_schedule_init(&schedule, plan), 0);
    return schedule;
}

static uint64_t count(const weft_arrivals *plan)
{
    weft_schedule schedule = begin(plan);
    uint64_t due, last = 0, n = 0;

    while (weft_schedule_next(&schedule, &due)) {
        cr_expect_geq(due, last);
        cr_expect_lt(due, plan->duration_ns);
        last = due;
        n++;
    }
    cr_expect_not(weft_schedule_next(&schedule, &due), "it came to its end");
    return n;
}

/* What is expected before a moment, from the rates alone. */
static double summed_up(const weft_arrivals *plan, uint64_t until_ns)
{
    enum { SLICES = 20000 };
    double slice = (double)until_ns / SLICES, sum = 0;

    for (int i = 0; i < SLICES; i++)
        sum += weft_arrivals_rate(plan, (uint64_t)((i + 0.5) * slice)) * slice / 1e9;
    return sum;
}

static void follows_its_rate(const weft_arrivals *plan)
{
    weft_schedule schedule = begin(plan);
    uint64_t due;

    for (uint64_t k = 0; weft_schedule_next(&schedule, &due); k++) {
        cr_expect(fabs(weft_arrivals_until(plan, due) - (double)k) < 1e-3, "%llu: %f",
                  (unsigned long long)k, weft_arrivals_until(plan, due));
        if (k % 500 == 0)
            cr_expect(fabs(summed_up(plan, due) - (double)k) < 0.5, "%llu: %f",
                      (unsigned long long)k, summed_up(plan, due));
    }
}

Test(arrivals, constant_ones_are_evenly_spaced_and_do_not_drift)
{
    const weft_arrivals plan = {.rate = 3000, .duration_ns = WEFT_SEC(100)};
    weft_schedule schedule = begin(&plan);
    uint64_t due = 0;

    for (uint64_t k = 0; k < 300000; k++) {
        cr_assert(weft_schedule_next(&schedule, &due));
        cr_assert_eq(due, (k * 1000000 + 1) / 3, "%llu", (unsigned long long)k);
    }
    cr_expect_not(weft_schedule_next(&schedule, &due));
}

Test(arrivals, a_burst_is_all_at_once_in_each_period)
{
    const weft_arrivals plan = {.pattern = WEFT_BURST,
                                .rate = 500,
                                .period_ns = WEFT_MS(200),
                                .duration_ns = WEFT_SEC(2)};
    weft_schedule schedule = begin(&plan);
    uint64_t due;

    for (uint64_t k = 0; weft_schedule_next(&schedule, &due); k++)
        cr_expect_eq(due, k / 100 * WEFT_MS(200));
    cr_expect_eq(count(&plan), 1000);
}

/* Bursts of 2.5 are bursts of 3 and of 2. */
Test(arrivals, bursts_of_broken_size_keep_the_mean)
{
    const weft_arrivals plan = {.pattern = WEFT_BURST,
                                .rate = 2.5,
                                .period_ns = WEFT_SEC(1),
                                .duration_ns = WEFT_SEC(10)};
    static const unsigned wanted[10] = {3, 2, 3, 2, 3, 2, 3, 2, 3, 2};
    weft_schedule schedule = begin(&plan);
    unsigned sizes[10] = {0};
    uint64_t due;

    while (weft_schedule_next(&schedule, &due))
        sizes[due / WEFT_SEC(1)]++;
    cr_expect_arr_eq(sizes, wanted, sizeof sizes);
}

Test(arrivals, a_ramp_has_the_mean_of_its_ends_and_follows_its_rate)
{
    weft_arrivals plan = {
        .pattern = WEFT_RAMP, .rate = 100, .rate_to = 900, .duration_ns = WEFT_SEC(10)};

    cr_expect_eq(count(&plan), 5000);
    follows_its_rate(&plan);
    plan.rate = 900, plan.rate_to = 0; /* down, to nothing */
    cr_expect_eq(count(&plan), 4500);
    follows_its_rate(&plan);
    plan.rate = 0, plan.rate_to = 800;
    cr_expect_eq(count(&plan), 4000);
    follows_its_rate(&plan);
}

Test(arrivals, a_wave_swings_around_its_rate)
{
    weft_arrivals plan = {.pattern = WEFT_WAVE,
                          .rate = 500,
                          .rate_to = 1000, /* down to nothing in each trough */
                          .period_ns = WEFT_SEC(2),
                          .duration_ns = WEFT_SEC(10)};

    cr_expect_eq(count(&plan), 5000);
    follows_its_rate(&plan);
    cr_expect(fabs(weft_arrivals_rate(&plan, WEFT_MS(500)) - 1000) < 1e-6);
    cr_expect(fabs(weft_arrivals_rate(&plan, WEFT_MS(1500))) < 1e-6);
    plan.rate_to = 600;
    follows_its_rate(&plan);
    plan.rate_to = 500; /* no wave at all */
    follows_its_rate(&plan);
}

Test(arrivals, steps_are_of_the_same_length_and_height)
{
    weft_arrivals plan = {
        .pattern = WEFT_STEP, .rate = 100, .rate_to = 500, .duration_ns = WEFT_SEC(10)};
    weft_schedule schedule = begin(&plan);
    unsigned counts[5] = {0};
    uint64_t due;

    while (weft_schedule_next(&schedule, &due))
        counts[due / WEFT_SEC(2)]++;
    for (unsigned i = 0; i < 5; i++)
        cr_expect_eq(counts[i], 200 * (i + 1), "step %u: %u", i, counts[i]);
    follows_its_rate(&plan);
    plan.rate = 500, plan.rate_to = 20, plan.steps = 7;
    follows_its_rate(&plan);
}

Test(arrivals, a_replay_is_what_was_given)
{
    static const uint64_t times[] = {0, 5, 5, 1000, WEFT_SEC(3)};
    weft_arrivals plan = {.pattern = WEFT_REPLAY, .times_ns = times, .times = 5};
    weft_schedule schedule = begin(&plan);
    uint64_t due;

    for (unsigned i = 0; i < 5; i++) {
        cr_assert(weft_schedule_next(&schedule, &due));
        cr_expect_eq(due, times[i]);
    }
    cr_expect_not(weft_schedule_next(&schedule, &due));
    cr_expect_eq(weft_arrivals_until(&plan, 6), 3);
    plan.duration_ns = 1000; /* what is due then is not any more */
    cr_expect_eq(count(&plan), 3);
}

/* The mean of n draws of a Poisson process is within 5 standard deviations, and the gaps vary as
 * much as their mean. */
Test(arrivals, random_ones_have_the_rate_and_the_spread_of_a_poisson_process)
{
    const weft_arrivals plan = {
        .rate = 10000, .duration_ns = WEFT_SEC(10), .random = true, .seed = 7};
    weft_schedule schedule = begin(&plan), again = begin(&plan);
    double sum = 0, squares = 0, n = 0, mean, spread;
    uint64_t due, same, last = 0;

    while (weft_schedule_next(&schedule, &due)) {
        double gap = (double)(due - last);

        cr_assert(weft_schedule_next(&again, &same) && same == due, "one seed, one load");
        sum += gap, squares += gap * gap, n += 1;
        last = due;
    }
    mean = sum / n;
    spread = sqrt(squares / n - mean * mean);
    cr_expect(fabs(n - 100000) < 5 * sqrt(100000), "%f arrivals", n);
    cr_expect(fabs(spread / mean - 1) < 0.03, "%f of the mean", spread / mean);
}

static void refused(const char *why, weft_arrivals plan)
{
    weft_schedule schedule;

    cr_expect_eq(weft_schedule_init(&schedule, &plan), WEFT_EINVAL, "%s", why);
}

Test(arrivals, plans_that_make_no_sense_are_refused)
{
    static const uint64_t backwards[] = {2, 1};
    const uint64_t second = WEFT_SEC(1);

    refused("no rate", (weft_arrivals){.duration_ns = second});
    refused("no time", (weft_arrivals){.rate = 1});
    refused("below 0", (weft_arrivals){.rate = -1, .duration_ns = second});
    refused("no number", (weft_arrivals){.rate = NAN, .duration_ns = second});
    refused("a burst of less than one",
            (weft_arrivals){.pattern = WEFT_BURST, .rate = 0.5, .duration_ns = second});
    refused("a random burst",
            (weft_arrivals){
                .pattern = WEFT_BURST, .rate = 5, .duration_ns = second, .random = true});
    refused("a wave below 0",
            (weft_arrivals){
                .pattern = WEFT_WAVE, .rate = 5, .rate_to = 11, .duration_ns = second});
    refused("a wave whose crest is a trough",
            (weft_arrivals){.pattern = WEFT_WAVE, .rate = 5, .duration_ns = second});
    refused("a single step", (weft_arrivals){.pattern = WEFT_STEP,
                                             .rate = 5,
                                             .rate_to = 6,
                                             .steps = 1,
                                             .duration_ns = second});
    refused("a ramp from nothing to nothing",
            (weft_arrivals){.pattern = WEFT_RAMP, .duration_ns = second});
    refused("backwards",
            (weft_arrivals){.pattern = WEFT_REPLAY, .times_ns = backwards, .times = 2});
}
