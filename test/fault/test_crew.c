/* test/fault/test_crew.c: every allocation around a crew fails once, and some fail in a row. It
 * is made whole or not at all, no report is lost, and all memory is given back. */
#include "test/support/fault_allocator.h"
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>

enum { MEMBERS = 3, PARCELS = 2 * PARCEL_FORMS };

static struct faulty memory;
static weft_runtime *rt;
static atomic_ulong sent, worked;

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct hop hop;

    (void)state;
    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    atomic_fetch_add(&worked, 1);
    return weft_stay(self);
}

static const weft_behavior worker = WEFT_STATELESS("worker", work, .own_thread = true);

/* What was sent was worked at, or is dead, whichever of the two did not get it. */
static bool is_at_rest(void *nothing)
{
    weft_stats stats;

    (void)nothing;
    weft_stats_read(rt, &stats);
    return atomic_load(&worked) + stress_dead(&stats) >= atomic_load(&sent);
}

static bool has_ended(void *nothing)
{
    weft_stats stats;

    (void)nothing;
    weft_stats_read(rt, &stats);
    return stats.spawned == stats.ended && stats.own_threads == 0;
}

static void go(void)
{
    weft_pid pid;
    int error = weft_rt_spawn_crew(rt, &worker, MEMBERS, NULL, &pid);

    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    if (error < 0) {
        cr_expect(stress_until(has_ended, NULL), "some of it are left");
        return;
    }
    for (unsigned i = 0; i < PARCELS; i++) {
        struct parcel parcel;
        enum parcel_form form = (enum parcel_form)(i / 2);

        atomic_fetch_add(&sent, 1);
        error =
            weft_rt_cast(rt, pid, parcel_letter(&parcel, form, (struct hop){0, 0, i}));
        cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    }
    cr_assert(stress_until(is_at_rest, NULL), "a message was lost");
    faulty_relent(&memory);
    cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
    cr_expect(stress_until(has_ended, NULL), "some of it are left");
}

/* Returns how often it has asked for memory. */
static unsigned long play(unsigned long after, unsigned long n)
{
    weft_options options;
    int error;

    faulty_init(&memory);
    atomic_store(&sent, 0);
    atomic_store(&worked, 0);
    weft_options_init(&options);
    options.workers = 1;
    options.actors_max = 1 << 10;
    options.allocator = &memory.allocator;
    faulty_refuse(&memory, after, n);
    rt = NULL;
    error = weft_start(&rt, &options);
    if (error == 0) {
        go();
        faulty_relent(&memory);
        cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    } else {
        cr_expect_eq(error, WEFT_ENOMEM, "%s", weft_strerror(error));
    }
    thing_check();
    faulty_check(&memory);
    return atomic_load(&memory.calls);
}

static void test_all(unsigned long n)
{
    unsigned long calls = play(0, 0);

    cr_expect_gt(calls, 10);
    cr_expect_eq(atomic_load(&worked), PARCELS);
    for (unsigned long k = 0; k < calls; k++)
        play(k, n);
}

TestSuite(crew, .timeout = 300);

Test(crew, each_allocation_fails_once)
{
    test_all(1);
}

Test(crew, each_and_the_next_few_fail)
{
    test_all(4);
}

/* Reports, too, have to wait for memory. */
Test(crew, each_and_many_more_fail)
{
    test_all(30);
}
