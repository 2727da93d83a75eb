/* test_groups.c: each allocation fails once, and some in a row, while actors join groups, leave
 * them, publish and watch, and end.
 *
 * Whatever is refused: functions say WEFT_ENOMEM and leave everything as it was; a watch hears of
 * joins and leavings that alternate, and in the end knows that nobody is left; what is
 * published is handled, dead, or destroyed; all memory is given back. */
#include "test/support/fault_allocator.h"
#include "test/support/stress_run.h"
#include "test/support/stress_thing.h"

#include <stdio.h>

#include <criterion/criterion.h>

enum { HANDS = 4, GROUPS = 30, TAG_JOIN = 1, TAG_LEAVE, TAG_SAY, TAG_WATCH, TAG_REPORT };

static struct faulty memory;
static weft_runtime *rt;
static weft_pid hands[HANDS];
static atomic_ulong wrong;

#define REPORT_FIELDS(F) F(struct thing, thing) F(uint64_t, fill[40])
static void report_done(void *report);
WEFT_BLOCK(report, TAG_REPORT, REPORT_FIELDS, report_done)

static void report_done(void *object)
{
    thing_end(&((struct report *)object)->thing);
}

struct hand {
    uint64_t number;
    bool in[GROUPS];
    weft_watch watch;
    int there; /* memberships, as it was told */
};

static const char *name_of(unsigned g)
{
    static _Thread_local char text[32];

    snprintf(text, sizeof text, "group %u", g);
    return text;
}

static const char *scope_of(unsigned g)
{
    static const char *const scopes[] = {NULL, "east", "west"};

    return scopes[g % 3];
}

static void is_fine(int error)
{
    if (error < 0 && error != WEFT_ENOMEM)
        atomic_fetch_add(&wrong, 1);
}

static void join(weft_self *self, struct hand *h)
{
    for (unsigned g = 0; g < GROUPS; g++) {
        int error = weft_join(self, scope_of(g), name_of(g));

        is_fine(error);
        h->in[g] = h->in[g] || error == 0;
    }
}

static void leave(weft_self *self, struct hand *h)
{
    for (unsigned g = 0; g < GROUPS; g += 2) {
        int error = weft_leave(self, scope_of(g), name_of(g));

        cr_expect_eq(error, h->in[g] ? 0 : WEFT_ENONAME, "%s", weft_strerror(error));
        h->in[g] = false;
    }
}

static void say(weft_self *self)
{
    for (unsigned g = 0; g < GROUPS; g += 3) {
        struct report report = {.thing = thing_new()};

        is_fine(weft_publish(self, scope_of(g), name_of(g), report_msg(&report)));
        is_fine(weft_publish(self, scope_of(g), name_of(g), weft_signal(0)));
    }
}

static void watch(weft_self *self, struct hand *h)
{
    if (h->watch != 0) {
        cr_expect_eq(weft_unwatch(self, h->watch), 0);
        h->watch = 0;
    } else {
        int n = h->number == 0 ? weft_watch_groups(self, &h->watch)
                : h->number == 1
                    ? weft_watch_scope(self, "east", &h->watch)
                    : weft_watch_group(self, scope_of(4), name_of(4), NULL, 0, &h->watch);

        is_fine(n);
        cr_expect_eq(n >= 0, h->watch != 0);
        h->there = n;
    }
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *h = state;
    weft_group_event event;

    if (weft_group_event_get(msg, &event)) {
        h->there += event.joined ? 1 : -1;
        if (h->there < 0 || event.watch != h->watch)
            atomic_fetch_add(&wrong, 1);
        return weft_stay(self);
    }
    if (weft_tag(msg) == TAG_JOIN)
        join(self, h);
    else if (weft_tag(msg) == TAG_LEAVE)
        leave(self, h);
    else if (weft_tag(msg) == TAG_SAY)
        say(self);
    else if (weft_tag(msg) == TAG_WATCH)
        watch(self, h);
    return weft_stay(self);
}

static const weft_behavior hand =
    WEFT_BEHAVIOR("hand", struct hand, working, .args_size = sizeof(uint64_t));

/* A cast that fails is an order that is not followed. */
static void play_all(void)
{
    static const uint32_t tags[] = {TAG_WATCH, TAG_JOIN,  TAG_SAY,  TAG_LEAVE, TAG_SAY,
                                    TAG_JOIN,  TAG_WATCH, TAG_JOIN, TAG_WATCH, TAG_SAY};

    for (unsigned t = 0; t < sizeof tags / sizeof tags[0]; t++)
        for (unsigned i = 0; i < HANDS; i++)
            (void)weft_rt_cast_word(rt, hands[i], tags[t], 0);
    for (unsigned g = 0; g < GROUPS; g++) {
        is_fine(weft_rt_publish(rt, scope_of(g), name_of(g), weft_signal(0)));
        if (weft_rt_alive(rt, hands[2]))
            is_fine(weft_rt_join(rt, "outside", name_of(g), hands[2]));
    }
}

/* With memory again: the last who ends is the one who watches all. */
static void check_after(void)
{
    weft_cursor cursor = {0};
    weft_group_info info;

    for (unsigned i = HANDS; i > 0; i--)
        if (hands[i - 1] != WEFT_NOBODY)
            cr_expect_eq(weft_rt_drain_actor(rt, hands[i - 1]), 0);
    for (unsigned i = 0; i < HANDS; i++)
        if (hands[i] != WEFT_NOBODY)
            cr_expect_eq(weft_rt_await_end(rt, hands[i], WEFT_SEC(600)), 0);
    cr_expect_not(weft_group_next(rt, &cursor, &info), "somebody is left in %s",
                  info.group);
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
    cr_expect_eq(atomic_load(&wrong), 0);
    thing_check();
    faulty_check(&memory);
    return atomic_load(&memory.calls);
}

static void test_all(unsigned workers, unsigned long n)
{
    unsigned long calls = play(workers, 0, 0);

    fprintf(stderr, "%lu calls\n", calls);
    cr_expect_gt(calls, 100);
    for (unsigned long k = 0; k < calls; k += 1 + calls / stress_amount(100))
        play(workers, k, n);
}

TestSuite(groups, .timeout = 600);

Test(groups, each_fails_once_on_one_worker)
{
    test_all(1, 1);
}

Test(groups, each_fails_once_on_two_workers)
{
    test_all(2, 1);
}

Test(groups, each_and_many_more_fail)
{
    test_all(2, 1000);
}
