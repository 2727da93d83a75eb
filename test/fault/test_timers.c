/* test_timers.c: each allocation fails once, and some in a row, while actors set timers, cancel
 * them, and end.
 *
 * Whatever is refused: functions say WEFT_ENOMEM, each letter is handled, cancelled or a dead one
 * in the end, what it owns is destroyed once, the runtime can be stopped, and all memory is
 * given back. */
#include "test/support/fault_allocator.h"
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <stdio.h>

#include <criterion/criterion.h>

enum { HANDS = 4, TAG_SET = 1, TAG_MANY, TAG_CANCEL, TAG_BEAT, TAG_END };

static struct faulty memory;
static weft_runtime *rt;
static weft_pid hands[HANDS];
static atomic_ulong set, gone; /* letters, and orders to the hands */

struct hand {
    weft_timer beat, last;
};

static void cast_later(weft_self *self, struct hand *h, unsigned i)
{
    struct parcel parcel;
    weft_letter letter;
    int error;

    atomic_fetch_add(&set, 1);
    letter = parcel_letter(&parcel, (enum parcel_form)(i % PARCEL_FORMS),
                           (struct hop){0, 0, i});
    error =
        weft_cast_after(self, hands[i % HANDS], letter, WEFT_US(100) * (i % 5), &h->last);

    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    cr_expect_eq(error == 0, h->last != 0);
}

static void is_dead(void *context, const weft_dead_info *dead)
{
    (void)context;
    if (dead->tag != TAG_BEAT)
        atomic_fetch_add(&gone, 1);
}

static void beat(weft_self *self, struct hand *h)
{
    int error = weft_cast_every(self, weft_self_pid(self), weft_word_letter(TAG_BEAT, 0),
                                WEFT_US(700), &h->beat);

    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *h = state;
    struct hop hop;

    switch (weft_tag(msg)) {
    case TAG_SET:
        cast_later(self, h, (unsigned)weft_word(msg));
        beat(self, h);
        break;
    case TAG_MANY:
        for (unsigned i = 0; i < 500; i++)
            cast_later(self, h, i);
        break;
    case TAG_CANCEL:
        if (weft_cancel(self, h->last))
            atomic_fetch_add(&gone, 1);
        weft_cancel(self, h->beat);
        break;
    case TAG_BEAT:
        return weft_stay(self);
    case TAG_END:
        return weft_stop(self);
    default:
        cr_expect(parcel_read(msg, &hop));
    }
    atomic_fetch_add(&gone, 1);
    return weft_stay(self);
}

static const weft_behavior hand = WEFT_BEHAVIOR("hand", struct hand, working);

static bool all_gone(void *nothing)
{
    (void)nothing;
    return atomic_load(&gone) == atomic_load(&set);
}

static void order(weft_pid pid, uint32_t tag, uint64_t word)
{
    atomic_fetch_add(&set, 1);
    weft_rt_cast_word(rt, pid, tag, word);
}

static void play_all(bool ends)
{
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < HANDS; i++) {
            order(hands[i], TAG_SET, 4 * round + i);
            order(hands[i], TAG_MANY, 0);
            order(hands[i], TAG_CANCEL, 0);
            order(hands[i], TAG_SET, i);
        }
    if (ends)
        order(hands[0], TAG_END, 0);
}

/* Returns how often it has asked for memory. */
static unsigned long play(unsigned workers, unsigned long after, unsigned long n)
{
    bool ends = after % 2 == 1; /* while timers wait */
    weft_options options;
    int error;

    faulty_init(&memory);
    atomic_store(&set, 0);
    atomic_store(&gone, 0);
    weft_options_init(&options);
    options.workers = workers;
    options.actors_max = 1 << 10;
    options.allocator = &memory.allocator;
    options.on_dead_letter = is_dead;
    faulty_refuse(&memory, after, n);
    rt = NULL;
    error = weft_start(&rt, &options);
    if (error == 0) {
        bool all = true;

        for (unsigned i = 0; i < HANDS; i++)
            all &= weft_rt_spawn(rt, &hand, NULL, &hands[i]) == 0;
        play_all(ends);
        faulty_relent(&memory);
        if (all && !ends)
            cr_expect(stress_until(all_gone, NULL), "%lu of %lu", atomic_load(&gone),
                      atomic_load(&set));
        cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    } else {
        cr_expect_eq(error, WEFT_ENOMEM, "%s", weft_strerror(error));
    }
    thing_check();
    faulty_check(&memory);
    return atomic_load(&memory.calls);
}

static void test_all(unsigned workers, unsigned long n)
{
    unsigned long calls = play(workers, 0, 0);

    fprintf(stderr, "%lu calls\n", calls);
    cr_expect_gt(calls, 20);
    for (unsigned long k = 0; k < calls; k += 1 + calls / stress_amount(100))
        play(workers, k, n);
}

TestSuite(timers, .timeout = 600);

Test(timers, each_fails_once_on_one_worker)
{
    test_all(1, 1);
}

Test(timers, each_fails_once_on_two_workers)
{
    test_all(2, 1);
}

Test(timers, each_and_many_more_fail)
{
    test_all(2, 1000);
}
