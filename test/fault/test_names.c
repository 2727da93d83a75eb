/* test_names.c: each allocation fails once, and some in a row, while names are taken, watched, and
 * given back, by actors and from outside.
 *
 * Whatever is refused: functions say WEFT_ENOMEM and leave everything as it was; who watches
 * hears of as many ends as there were names; names go free with their holders; all memory is
 * given back. */
#include "test/support/fault_allocator.h"
#include "test/support/stress_run.h"

#include <stdio.h>

#include <criterion/criterion.h>

enum { HANDS = 4, EACH = 40, TAG_TAKE = 1, TAG_GIVE, TAG_WATCH, TAG_END };

static struct faulty memory;
static weft_runtime *rt;
static weft_pid hands[HANDS];

struct hand {
    uint64_t number;
    weft_watch watch;
    unsigned there, taken, freed; /* names, as it was told */
};

static const char *name_of(uint64_t hand, unsigned i)
{
    static _Thread_local char text[32];

    snprintf(text, sizeof text, "%u of %u", i, (unsigned)hand);
    return text;
}

static void take(weft_self *self, const struct hand *h)
{
    for (unsigned i = 0; i < EACH; i++) {
        int error = weft_register(self, name_of(h->number, i));
        bool is_mine = weft_whereis(self, name_of(h->number, i)) == weft_self_pid(self);

        cr_expect(error == 0 || error == WEFT_ENOMEM || error == WEFT_ETAKEN, "%s",
                  weft_strerror(error));
        cr_expect(is_mine || error == WEFT_ENOMEM);
    }
}

static void give(weft_self *self, const struct hand *h)
{
    for (unsigned i = 0; i < EACH; i += 2) {
        bool was_mine = weft_whereis(self, name_of(h->number, i)) == weft_self_pid(self);

        cr_expect_eq(weft_unregister(self, name_of(h->number, i)),
                     was_mine ? 0 : WEFT_ENONAME);
    }
}

static void begin_watch(weft_self *self, struct hand *h)
{
    int n = weft_watch_names(self, &h->watch);

    cr_expect(n >= 0 || n == WEFT_ENOMEM, "%s", weft_strerror(n));
    cr_expect_eq(n >= 0, h->watch != 0);
    h->there = n > 0 ? (unsigned)n : 0;
    h->taken = h->freed = 0;
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *h = state;
    weft_name_event event;

    if (weft_name_event_get(msg, &event)) {
        h->taken += event.taken;
        h->freed += !event.taken;
        return weft_stay(self);
    }
    if (weft_tag(msg) == TAG_TAKE)
        take(self, h);
    else if (weft_tag(msg) == TAG_GIVE)
        give(self, h);
    else if (weft_tag(msg) == TAG_WATCH && h->watch == 0)
        begin_watch(self, h);
    else if (weft_tag(msg) == TAG_WATCH && weft_unwatch(self, h->watch) == 0)
        h->watch = 0;
    else if (weft_tag(msg) == TAG_END)
        return weft_stop(self);
    return weft_stay(self);
}

static const weft_behavior hand =
    WEFT_BEHAVIOR("hand", struct hand, working, .args_size = sizeof(uint64_t));

static void order(unsigned number, uint32_t tag)
{
    (void)weft_rt_cast_word(rt, hands[number], tag, 0); /* or it is not done */
}

static void play_outside(void)
{
    weft_pid pid;
    int error = weft_rt_register(rt, "outside", hands[0]);

    cr_expect(error == 0 || error == WEFT_ENOMEM || error == WEFT_ENOACTOR);
    if (weft_rt_unregister(rt, "outside") != 0)
        cr_expect(error != 0);
    for (uint64_t i = 0; i < 20; i++) {
        error = weft_rt_spawn_named(rt, &hand, &i, name_of(HANDS, (unsigned)i), &pid);
        cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
        cr_expect_eq(weft_rt_whereis(rt, name_of(HANDS, (unsigned)i)), pid);
    }
}

static void play_all(void)
{
    order(0, TAG_WATCH);
    order(1, TAG_WATCH);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < HANDS; i++) {
            order(i, TAG_TAKE);
            order(i, TAG_GIVE);
            if (round == 1)
                order(2, TAG_WATCH);
        }
    play_outside();
    order(3, TAG_END);
}

/* With memory again: all is as it should be, and goes on. */
static void check_after(void)
{
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn_named(rt, &hand, &(uint64_t){9}, "after", &pid), 0);
    cr_expect_eq(weft_rt_whereis(rt, "after"), pid);
    for (unsigned i = HANDS; i > 0; i--)
        if (hands[i - 1] != WEFT_NOBODY)
            cr_expect_eq(weft_rt_stop_and_wait(rt, hands[i - 1], WEFT_SEC(600)), 0);
    for (unsigned i = 0; i < HANDS * EACH; i++)
        cr_expect_eq(weft_rt_whereis(rt, name_of(i / EACH, i % EACH)), WEFT_NOBODY);
}

/* Returns how often it has asked for memory. */
static unsigned long play(unsigned workers, unsigned long after, unsigned long n)
{
    weft_options options;
    int error;

    faulty_init(&memory);
    weft_options_init(&options);
    options.workers = workers;
    options.actors_max = 1 << 10;
    options.allocator = &memory.allocator;
    faulty_refuse(&memory, after, n);
    rt = NULL;
    error = weft_start(&rt, &options);
    if (error == 0) {
        for (uint64_t i = 0; i < HANDS; i++)
            (void)weft_rt_spawn(rt, &hand, &i, &hands[i]); /* else WEFT_NOBODY */
        play_all();
        faulty_relent(&memory);
        check_after();
        cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    } else {
        cr_expect_eq(error, WEFT_ENOMEM, "%s", weft_strerror(error));
    }
    faulty_check(&memory);
    return atomic_load(&memory.calls);
}

static void test_all(unsigned workers, unsigned long n)
{
    unsigned long calls = play(workers, 0, 0);

    fprintf(stderr, "%lu calls\n", calls);
    cr_expect_gt(calls, 10);
    for (unsigned long k = 0; k < calls; k += 1 + calls / stress_amount(100))
        play(workers, k, n);
}

TestSuite(names, .timeout = 600);

Test(names, each_fails_once_on_one_worker)
{
    test_all(1, 1);
}

Test(names, each_fails_once_on_two_workers)
{
    test_all(2, 1);
}

Test(names, each_and_many_more_fail)
{
    test_all(2, 1000);
}
