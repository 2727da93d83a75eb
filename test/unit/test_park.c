/* test_park.c: aim: a wake-up is given to one sleeper and noticed once; nobody sleeps through
 * work that was made visible before.
 * Method: the announcements step by step on one thread; then sleepers and a waker that pass a
 * counter on, which stands still for ever if one wake-up is lost. */
#include "sched/park.h"
#include "test/support/unit_threads.h"

#include <string.h>

#include <criterion/criterion.h>

TestSuite(park, .timeout = 60);

enum { SLEEPERS = 3 };
static struct dormitory dormitory;
static struct bed beds[SLEEPERS];

static int32_t peek(_Atomic(int32_t) *counter)
{
    return at_peek(counter); /* relaxed: alone, or only a report */
}

/* --- on one thread --- */

Test(park, who_is_awake_cannot_be_woken)
{
    cr_expect_not(dormitory_any(&dormitory));
    cr_expect_not(bed_wake(&dormitory, &beds[0]));
    cr_expect_eq(bed_bell(&beds[0]), 0);
    cr_expect_eq(peek(&dormitory.searching), 0);
}

Test(park, who_gets_up_alone_is_not_counted_as_woken)
{
    bed_lie_down(&dormitory, &beds[0]);
    cr_expect(dormitory_any(&dormitory));
    cr_expect_not(bed_get_up(&dormitory, &beds[0]));
    cr_expect_not(dormitory_any(&dormitory));
    cr_expect_not(bed_wake(&dormitory, &beds[0]));
    cr_expect_eq(peek(&dormitory.searching), 0);
}

Test(park, a_sleep_has_one_wake)
{
    for (int i = 1; i < 5; i++) {
        uint32_t rung = bed_bell(&beds[0]);

        bed_lie_down(&dormitory, &beds[0]);
        cr_expect(bed_wake(&dormitory, &beds[0]));
        cr_expect_not(bed_wake(&dormitory, &beds[0]));
        cr_expect_neq(bed_bell(&beds[0]), rung);
        cr_expect_eq(peek(&dormitory.searching), i);
        cr_expect(bed_get_up(&dormitory, &beds[0]));
    }
    cr_expect_not(dormitory_any(&dormitory));
}

Test(park, all_sleepers_are_counted)
{
    for (int i = 0; i < SLEEPERS; i++)
        bed_lie_down(&dormitory, &beds[i]);
    for (int i = 0; i < SLEEPERS; i++) {
        cr_expect(dormitory_any(&dormitory));
        cr_expect_eq(peek(&dormitory.sleeping), SLEEPERS - i);
        bed_get_up(&dormitory, &beds[i]);
    }
    cr_expect_not(dormitory_any(&dormitory));
}

Test(park, a_bell_that_has_rung_is_not_waited_for)
{
    uint32_t rung = bed_bell(&beds[0]);

    bed_lie_down(&dormitory, &beds[0]);
    bed_wake(&dormitory, &beds[0]);
    cr_expect_not(bell_wait(&beds[0].bell, rung, 0));
}

Test(park, a_wait_ends_when_its_time_is_over)
{
    cr_expect(bell_wait(&beds[0].bell, bed_bell(&beds[0]), 1000000));
    cr_expect(bell_wait(&beds[0].bell, bed_bell(&beds[0]), 1));
}

Test(park, one_watches_at_a_time_and_is_known)
{
    cr_expect_eq(watcher_of(&dormitory), NO_WATCHER);
    for (uint32_t me = 0; me < 3; me++) {
        cr_expect(watch_begin(&dormitory, me));
        cr_expect_not(watch_begin(&dormitory, me));
        cr_expect_not(watch_begin(&dormitory, me + 1));
        cr_expect_eq(watcher_of(&dormitory), me);
        watch_end(&dormitory);
        cr_expect_eq(watcher_of(&dormitory), NO_WATCHER);
    }
}

/* --- threads --- */

enum { PASSES = 4000 };
static atomic_uint baton; /* whose turn it is, and how often it was passed on */
static atomic_int woken, wakes;

/* As a worker sleeps: announced, looked again, and then only the bell. */
static void sleep_until_it_is(unsigned me)
{
    for (;;) {
        uint32_t rung = bed_bell(&beds[me]);

        bed_lie_down(&dormitory, &beds[me]);
        if (atomic_load(&baton) % SLEEPERS != me && atomic_load(&baton) < PASSES)
            bell_wait(&beds[me].bell, rung, 0);
        if (bed_get_up(&dormitory, &beds[me]))
            atomic_fetch_add(&woken, 1);
        if (atomic_load(&baton) % SLEEPERS == me || atomic_load(&baton) >= PASSES)
            return;
    }
}

/* Made visible first, then looked for a sleeper: not one who is up by itself. */
static void pass_on(void)
{
    atomic_fetch_add(&baton, 1);
    if (!dormitory_any(&dormitory))
        return;
    for (int i = 0; i < SLEEPERS; i++)
        if (bed_wake(&dormitory, &beds[i]))
            atomic_fetch_add(&wakes, 1);
}

static void run_relay(unsigned me)
{
    while (atomic_load(&baton) < PASSES) {
        sleep_until_it_is(me);
        if (atomic_load(&baton) < PASSES)
            pass_on();
    }
}

Test(park, no_wake_is_lost_and_none_is_noticed_twice)
{
    in_threads(SLEEPERS, run_relay);
    cr_expect_eq(baton, PASSES);
    cr_expect_eq(woken, wakes);
    cr_expect_eq(peek(&dormitory.searching), wakes);
    cr_expect_eq(peek(&dormitory.sleeping), 0);
}
