/* test_timers.c: timers of actors that are moved, rescued, stopped and killed, on several workers.
 * Each letter has a number, and a book says what became of it: it is handled once, or cancelled,
 * or neither, if its actor or its receiver ended first; never handled when weft_cancel said
 * that it was in time. What letters own is destroyed once. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>

enum { WORKERS = 3, CROWD = 24, HAS = 40, LETTERS = 1 << 21, TAG_GO = 1, TAG_BEAT };
enum fate { UNKNOWN, SET, HANDLED, CANCELLED };

static weft_runtime *rt;
static weft_pid crowd[CROWD];
static _Atomic(unsigned char) fates[LETTERS];
static atomic_uint letters;
static atomic_ulong wrong, handled, cancelled, over;

struct hand {
    uint64_t left; /* steps */
    struct {
        weft_timer timer;
        uint32_t number;
    } set[HAS];
    weft_timer beat;
};

static void becomes(uint32_t number, enum fate from, enum fate to)
{
    if (atomic_exchange(&fates[number % LETTERS], to) != from)
        atomic_fetch_add(&wrong, 1);
}

static void set(weft_self *self, struct hand *h, unsigned i)
{
    struct parcel parcel;
    uint32_t number = atomic_fetch_add(&letters, 1);
    enum parcel_form form = (enum parcel_form)weft_random(self, PARCEL_FORMS);
    weft_pid to =
        weft_random(self, 2) == 0 ? weft_self_pid(self) : crowd[weft_random(self, CROWD)];

    becomes(number, UNKNOWN, SET);
    h->set[i].number = number;
    cr_expect_eq(weft_cast_after(self, to,
                                 parcel_letter(&parcel, form, (struct hop){0, 0, number}),
                                 WEFT_US(weft_random(self, 3000)), &h->set[i].timer),
                 0);
}

static void cancel(weft_self *self, struct hand *h, unsigned i)
{
    if (!weft_cancel(self, h->set[i].timer))
        return;
    becomes(h->set[i].number, SET, CANCELLED);
    atomic_fetch_add(&cancelled, 1);
}

static void play_a_little(weft_self *self, struct hand *h)
{
    for (unsigned n = 0; n < 6; n++) {
        unsigned i = (unsigned)weft_random(self, HAS);

        if (weft_random(self, 3) == 0)
            cancel(self, h, i);
        else
            set(self, h, i);
    }
    if (weft_random(self, 8) == 0)
        weft_cancel(self, h->beat);
    if (weft_random(self, 8) == 0)
        weft_cast_every(self, crowd[weft_random(self, CROWD)],
                        weft_word_letter(TAG_BEAT, 0), WEFT_US(500), &h->beat);
}

static weft_next go(weft_self *self, struct hand *h)
{
    weft_pid me = weft_self_pid(self);

    if (h->left-- == 0) {
        atomic_fetch_add(&over, 1);
        return weft_stop(self);
    }
    play_a_little(self, h);
    if (weft_random(self, 8) == 0)
        stress_spin(weft_random(self, 8) == 0 ? WEFT_MS(2) : WEFT_US(30));
    play_a_little(self, h); /* perhaps without a domain */
    if (weft_random(self, 800) == 0)
        weft_kill_after(self, me, WEFT_US(100), NULL);
    if (weft_random(self, 800) == 0)
        weft_stop_after(self, me, 0, NULL);
    if (weft_random(self, 2) == 0)
        weft_cast_word(self, me, TAG_GO, 0);
    else
        weft_cast_after(self, me, weft_word_letter(TAG_GO, 0),
                        WEFT_US(weft_random(self, 1000)), NULL);
    return weft_stay(self);
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct hop hop;

    if (weft_tag(msg) == TAG_GO)
        return go(self, state);
    if (weft_tag(msg) == TAG_BEAT)
        return weft_stay(self);
    if (!parcel_read(msg, &hop)) {
        atomic_fetch_add(&wrong, 1);
        return weft_stay(self);
    }
    becomes(hop.number, SET, HANDLED);
    atomic_fetch_add(&handled, 1);
    return weft_stay(self);
}

/* Those that were killed or stopped had not come so far. */
static void destroy(void *state)
{
    struct hand *h = state;

    if (h->left != UINT64_MAX)
        atomic_fetch_add(&over, 1);
}

static const weft_behavior hand = WEFT_BEHAVIOR(
    "hand", struct hand, working, .destroy = destroy, .args_size = sizeof(uint64_t));

static void play(unsigned workers, unsigned relief)
{
    uint64_t steps = stress_amount(400);

    rt = stress_start(workers, relief, stress_seed(), NULL);
    for (unsigned i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_spawn(rt, &hand, &steps, &crowd[i]), 0);
    for (unsigned i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_cast_word(rt, crowd[i], TAG_GO, 0), 0);
    cr_expect(stress_until_at_least(&over, CROWD), "somebody has lost its timer");
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    cr_expect_eq(atomic_load(&wrong), 0);
    cr_expect_gt(atomic_load(&handled), 0);
    cr_expect_gt(atomic_load(&cancelled), 0);
    thing_check();
}

TestSuite(timers, .timeout = 600);

Test(timers, are_handled_or_cancelled_on_three_workers)
{
    play(WORKERS, 1);
}

Test(timers, are_handled_or_cancelled_on_one_worker)
{
    play(1, WEFT_NO_RELIEF);
}
