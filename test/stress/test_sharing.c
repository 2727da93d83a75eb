/* test_sharing.c: objects that many carry, on several workers at once, are read whole and
 * destroyed once, behind all reading. Actors do at random what can be done with a message that
 * came in: read it, keep it, send it on, share it, spread copies of it, give it up; threads
 * outside send more. What the objects own keeps the books (test/support/stress_thing.h). */
#include "test/support/stress_run.h"
#include "test/support/stress_thing.h"
#include "test/support/unit_threads.h"

#include <criterion/criterion.h>

enum { WORKERS = 3, CROWD = 24, OUTSIDERS = 2, TAG_REPORT = 1, FILL = 60 };

static weft_runtime *rt;
static weft_pid crowd[CROWD];
static atomic_ulong sent, damaged;

#define REPORT_FIELDS(F) F(struct thing, thing) F(uint32_t, fill[FILL])
static void report_done(void *report);
WEFT_BLOCK(report, TAG_REPORT, REPORT_FIELDS, report_done)

/* It writes into the object: a reader that is not through yet would race with it. */
static void report_done(void *object)
{
    struct report *report = object;

    thing_end(&report->thing);
    for (unsigned i = 0; i < FILL; i++)
        report->fill[i] = 0;
}

static struct report report_new(void)
{
    struct report report = {.thing = thing_new()};

    for (unsigned i = 0; i < FILL; i++)
        report.fill[i] = report.thing.number + i;
    return report;
}

static void read_whole(const struct report *report)
{
    bool whole = report != NULL && thing_lives(&report->thing);

    for (unsigned i = 0; whole && i < FILL; i++)
        whole = report->fill[i] == report->thing.number + i;
    if (!whole)
        atomic_fetch_add(&damaged, 1);
}

static void cast(weft_self *self, weft_letter letter)
{
    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    weft_cast(self, crowd[weft_random(self, CROWD)], letter);
}

/* --- what actors do --- */

struct hand {
    weft_letter kept;
};

static void spread(weft_self *self, weft_letter letter)
{
    weft_letter shared;
    int error = weft_share(self, letter, &shared);

    cr_expect_eq(error, 0, "%s", weft_strerror(error));
    for (uint64_t n = weft_random(self, 4); n > 0; n--)
        cast(self, weft_letter_copy(&shared));
    read_whole(weft_letter_see(&shared, &report_type));
    weft_letter_drop(shared);
}

static void keep(weft_self *self, struct hand *hand, weft_msg *msg)
{
    weft_letter before = hand->kept;

    hand->kept = weft_take(self, msg);
    read_whole(weft_letter_see(&hand->kept, &report_type));
    if (weft_letter_see(&before, &report_type) != NULL)
        spread(self, before);
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *hand = state;

    read_whole(report_see(msg));
    switch (weft_random(self, 16)) {
    case 0: /* only read */
        break;
    case 1:
        weft_letter_drop(weft_take(self, msg));
        break;
    case 2:
        spread(self, weft_take(self, msg));
        break;
    case 3:
        cast(self, weft_take(self, msg));
        break;
    case 4:
        stress_spin(WEFT_MS(2)); /* the others of this worker go elsewhere */
        keep(self, hand, msg);
        break;
    case 5:
        return weft_random(self, 400) == 0 ? weft_stop(self) : weft_stay(self);
    case 6:
        if (weft_random(self, 2) == 0)
            weft_letter_drop(weft_take(self, msg));
        return weft_random(self, 400) == 0 ? weft_fail(self, 1, NULL) : weft_stay(self);
    default:
        if (weft_random(self, 2) == 0) {
            keep(self, hand, msg);
            break;
        }
        atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
        weft_forward(self, crowd[weft_random(self, CROWD)], msg);
    }
    return weft_stay(self);
}

static void let_go_of_all(void *state)
{
    weft_letter_drop(((struct hand *)state)->kept);
}

static const weft_behavior hand =
    WEFT_BEHAVIOR("hand", struct hand, working, .destroy = let_go_of_all);

/* --- what threads outside do --- */

static uint64_t seed;

static void cast_outside(uint64_t *random, weft_letter letter)
{
    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    weft_rt_cast(rt, crowd[stress_random(random, CROWD)], letter);
}

static void send_reports(unsigned number)
{
    uint64_t random = seed + number;

    for (uint64_t n = stress_amount(4000); n > 0; n--) {
        struct report report = report_new();
        weft_letter letter = report_msg(&report);

        if (n % 3 == 0) {
            cast_outside(&random, letter);
            continue;
        }
        cr_expect_eq(weft_rt_share(rt, report_msg(&report), &letter), 0);
        for (uint64_t copies = stress_random(&random, 5); copies > 0; copies--)
            cast_outside(&random, weft_letter_copy(&letter));
        read_whole(weft_letter_see(&letter, &report_type));
        weft_letter_drop(letter);
    }
}

static void play(unsigned workers, unsigned relief)
{
    seed = stress_seed();
    rt = stress_start(workers, relief, seed, NULL);
    for (unsigned i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_spawn(rt, &hand, NULL, &crowd[i]), 0);
    in_threads(OUTSIDERS, send_reports);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    stress_finish(rt, atomic_load(&sent));
    cr_expect_eq(atomic_load(&damaged), 0, "%lu times a report was damaged",
                 atomic_load(&damaged));
    thing_check();
}

/* --- threads that only read and give up --- */

enum { READERS = 3, SHARED = 500 };
static weft_letter copies[READERS][SHARED];

static void read_and_drop(unsigned number)
{
    for (unsigned i = 0; i < SHARED; i++) {
        read_whole(weft_letter_see(&copies[number][i], &report_type));
        weft_letter_drop(copies[number][i]);
    }
}

TestSuite(sharing, .timeout = 600);

Test(sharing, ends_everything_once_on_three_workers)
{
    play(WORKERS, 1);
}

Test(sharing, ends_everything_once_on_one_worker)
{
    play(1, WEFT_NO_RELIEF);
}

/* Nothing but the count orders the last one's destroying behind the others' reading. */
Test(sharing, ends_behind_all_who_read)
{
    rt = stress_start(1, WEFT_NO_RELIEF, stress_seed(), NULL);
    for (uint64_t round = stress_amount(4); round > 0; round--) {
        for (unsigned i = 0; i < SHARED; i++) {
            struct report report = report_new();

            cr_assert_eq(weft_rt_share(rt, report_msg(&report), &copies[0][i]), 0);
            for (unsigned k = 1; k < READERS; k++)
                copies[k][i] = weft_letter_copy(&copies[0][i]);
        }
        in_threads(READERS, read_and_drop);
    }
    stress_finish(rt, 0);
    cr_expect_eq(atomic_load(&damaged), 0);
    thing_check();
}
