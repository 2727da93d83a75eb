/* test/fault/test_crew.c: every allocation around a crew fails once, and some fail in a row. It
 * is made whole or not at all, no report is lost, and all memory is given back. */
#include "test/support/fault_play.h"
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>

enum { MEMBERS = 3, PARCELS = 2 * PARCEL_FORMS };

static weft_runtime *rt;
static atomic_ulong worked;

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
    return atomic_load(&worked) + stress_dead(&stats) >= atomic_load(&fault_sent);
}

static bool has_ended(void *nothing)
{
    weft_stats stats;

    (void)nothing;
    weft_stats_read(rt, &stats);
    return stats.spawned == stats.ended && stats.own_threads == 0;
}

static void play(weft_runtime *runtime)
{
    weft_pid pid;
    int error;

    rt = runtime;
    error = weft_rt_spawn_crew(rt, &worker, MEMBERS, NULL, &pid);

    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    if (error < 0)
        return;
    for (unsigned i = 0; i < PARCELS; i++) {
        struct parcel parcel;
        enum parcel_form form = (enum parcel_form)(i / 2);

        atomic_fetch_add(&fault_sent, 1);
        error =
            weft_rt_cast(rt, pid, parcel_letter(&parcel, form, (struct hop){0, 0, i}));
        cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    }
    cr_assert(stress_until(is_at_rest, NULL), "a message was lost");
    fault_relent();
    cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
}

/* Its mail is counted twice: by the crew, and by the member that handles it. */
static void end(weft_runtime *runtime)
{
    (void)runtime;
    cr_expect(stress_until(has_ended, NULL), "some of it are left");
}

static void begin(unsigned long after)
{
    (void)after;
    atomic_store(&worked, 0);
}

static void check(bool whole)
{
    if (whole)
        cr_expect_eq(atomic_load(&worked), PARCELS);
}

static const struct fault_play plays = {
    .workers = 1, .least = 10, .begin = begin, .run = play, .end = end, .check = check};

TestSuite(crew, .timeout = 300);

Test(crew, each_allocation_fails_once)
{
    fault_each(&plays, 1);
}

Test(crew, each_and_the_next_few_fail)
{
    fault_each(&plays, 4);
}

/* Reports, too, have to wait for memory. */
Test(crew, each_and_many_more_fail)
{
    fault_each(&plays, 30);
}
