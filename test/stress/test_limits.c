/* test/stress/test_limits.c: as many actors as the options allow, no more, again and again;
 * and no pid ever comes back. */
#include "test/support/stress_run.h"

#include <stdlib.h>

#include <criterion/criterion.h>

enum { TAG_FILL = 1, TAG_STOP };

static weft_runtime *rt;
static struct ledger ledger;
static atomic_ulong filled; /* how many actors the last actor's turn has made */
static atomic_ulong sent;

static weft_next stay_or_stop(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == TAG_STOP ? weft_stop(self) : weft_stay(self);
}

static const weft_behavior guest = WEFT_STATELESS("guest", stay_or_stop);

static void begin(unsigned workers, uint32_t actors_max)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.actors_max = actors_max;
    options.on_exit = ledger_on_exit;
    options.context = &ledger;
    ledger_init(&ledger, 1 << 18);
    cr_assert_eq(weft_start(&rt, &options), 0);
}

static void finish(void)
{
    /* until then they go on sending */
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    stress_finish(rt, atomic_load(&sent));
    ledger_check(&ledger);
    ledger_done(&ledger);
}

static void cast(weft_pid to, uint32_t tag)
{
    atomic_fetch_add(&sent, 1);
    weft_rt_cast_word(rt, to, tag, 0);
}

/* --- from outside --- */

/* Fills the runtime; returns how many were made. */
static unsigned long fill(weft_pid *last)
{
    unsigned long n = 0;
    weft_pid pid;
    int error;

    while ((error = weft_rt_spawn(rt, &guest, NULL, &pid)) == 0) {
        ledger_add(&ledger, pid, 0);
        *last = pid;
        n++;
    }
    cr_expect_eq(error, WEFT_ELIMIT, "%s", weft_strerror(error));
    return n;
}

/* All of those whose births were kept since. */
static void empty(unsigned long since)
{
    unsigned long born = atomic_load(&ledger.born);

    for (unsigned long i = since; i < born; i++)
        cast(ledger.births[i].pid, TAG_STOP);
    cr_assert(stress_until_at_least(&ledger.ended, born), "%lu of %lu ended",
              atomic_load(&ledger.ended), born);
}

static void test_fill(unsigned workers, uint32_t actors_max)
{
    begin(workers, actors_max);
    for (int round = 0; round < 5; round++) {
        unsigned long since = atomic_load(&ledger.born), n;
        weft_pid last = WEFT_NOBODY;

        n = fill(&last);
        cr_expect_eq(n, actors_max, "round %d: %lu actors instead of %u", round, n,
                     actors_max);
        if (n != actors_max)
            break;
        cast(last, TAG_STOP); /* one leaves, one more fits in */
        cr_assert(stress_until_at_least(&ledger.ended, since + 1));
        cr_expect_eq(fill(&last), 1, "a place that had become free was not found");
        empty(since);
    }
    finish();
}

TestSuite(limits, .timeout = 600);

Test(limits, ten_actors_from_outside)
{
    test_fill(1, 10);
}

Test(limits, a_hundred_actors_from_outside)
{
    test_fill(1, 100);
}

Test(limits, a_thousand_actors_from_outside)
{
    test_fill(1, 1000);
}

Test(limits, a_thousand_actors_from_outside_on_three_workers)
{
    test_fill(3, 1000);
}

/* --- from inside --- */

/* It is an actor itself. */
static weft_next fill_inside(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid pid;
    int error;

    (void)state;
    if (weft_tag(msg) == TAG_STOP)
        return weft_stop(self);
    atomic_store(&filled, 1);
    while ((error = weft_spawn(self, &guest, NULL, &pid)) == 0) {
        ledger_add(&ledger, pid, 0);
        atomic_fetch_add(&filled, 1);
    }
    cr_expect_eq(error, WEFT_ELIMIT, "%s", weft_strerror(error));
    weft_exit(self, 0);
    return weft_stay(self);
}

static const weft_behavior filler = WEFT_STATELESS("filler", fill_inside);

static void test_fill_inside(uint32_t actors_max)
{
    weft_pid pid;

    begin(1, actors_max);
    cr_assert_eq(weft_rt_spawn(rt, &filler, NULL, &pid), 0);
    ledger_add(&ledger, pid, 0);
    cast(pid, TAG_FILL);
    cr_assert_eq(weft_run(rt), 0);
    cr_expect_eq(atomic_load(&filled), actors_max, "%lu actors instead of %u",
                 atomic_load(&filled), actors_max);
    finish();
}

Test(limits, ten_actors_from_inside)
{
    test_fill_inside(10);
}

Test(limits, a_thousand_actors_from_inside)
{
    test_fill_inside(1000);
}

/* --- pids --- */

enum { CHILDREN = 50 };

/* Makes children and ends them, one or many at a time, so that slots are used in all orders. */
static weft_next breed(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t left = weft_word(msg), children = 1 + weft_random(self, CHILDREN);

    (void)state;
    for (uint64_t i = 0; i < children; i++) {
        weft_pid child;

        if (weft_spawn(self, &guest, NULL, &child) != 0)
            break;
        ledger_add(&ledger, child, 0);
        atomic_fetch_add(&sent, 1);
        weft_cast_word(self, child, TAG_STOP, 0);
    }
    if (left == 0)
        return weft_stop(self);
    atomic_fetch_add(&sent, 1);
    weft_cast_word(self, weft_self_pid(self), TAG_FILL, left - 1);
    return weft_stay(self);
}

static const weft_behavior breeder = WEFT_STATELESS("breeder", breed);

/* The ledger checks that no pid comes twice. */
static void test_pids(unsigned workers)
{
    begin(workers, 5000);
    for (int i = 0; i < 4; i++) {
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, &breeder, NULL, &pid), 0);
        ledger_add(&ledger, pid, 0);
        atomic_fetch_add(&sent, 1);
        weft_rt_cast_word(rt, pid, TAG_FILL, 500);
    }
    for (int i = 0; i < 10000; i++) {
        weft_pid pid;

        if (weft_rt_spawn(rt, &guest, NULL, &pid) == 0) {
            ledger_add(&ledger, pid, 0);
            cast(pid, TAG_STOP);
        }
    }
    finish();
}

Test(limits, no_pid_comes_back_on_one_worker)
{
    test_pids(1);
}

Test(limits, no_pid_comes_back_on_three_workers)
{
    test_pids(3);
}
