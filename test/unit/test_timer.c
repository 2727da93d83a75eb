/* test_timer.c: aim: what weft/timer.h says of timers, each line of it.
 * Method: a runtime whose time stands still until the test says how late it is (unit_clock.h),
 * so that what goes off when is known to the nanosecond, but for the wheel's tick. */
#include "test/support/unit_clock.h"
#include "test/support/unit_types.h"

TestSuite(timer, .timeout = 60);

enum {
    SET = 1, /* {to, delay, word}: a letter later */
    EVERY,   /* the same each period, by the way `missed` */
    CANCEL,  /* the timer that was set as number W */
    HEARD,   /* what timers send */
    LATE,    /* time passes while the step runs */
    AWAIT,   /* an answer that does not come, for W */
    RECEIVE, /* one letter of a timer, whose word is W */
    KEEP,
    STASH,
    UNSTASH,
    COUNT,
    LEFT,
    STOP_AFTER,
    KILL_AFTER,
    STOP
};
enum { A, B, TIMERS = 64 };

static const uint64_t ms = WEFT_MS(1);

struct order {
    weft_pid to; /* WEFT_NOBODY: itself */
    uint64_t delay, word, first;
    enum weft_missed missed;
};

struct hand {
    unsigned who;
    uint64_t busy_ns; /* that it takes to handle a letter */
    weft_timer timer[TIMERS];
    unsigned n;
    bool stashes;
};

static weft_runtime *rt;
static weft_pid hand, other;

static void tell_time(struct hand *h, const char *what, uint64_t word)
{
    story_tell(h->who, "%s%u at %u", what, (unsigned)word, (unsigned)(clock_time() / ms));
}

static weft_pid receiver(weft_self *self, const struct order *o)
{
    return o->to != WEFT_NOBODY ? o->to : weft_self_pid(self);
}

static weft_next heard(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    tell_time(state, "answer ", 0);
    return weft_stay(self);
}

static uint64_t wanted_word;

static bool is_wanted(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == HEARD && weft_word(msg) == wanted_word;
}

static weft_next received(weft_self *self, void *state, weft_msg *msg)
{
    tell_time(state, "received ", weft_word(msg));
    return weft_stay(self);
}

static int set(weft_self *self, struct hand *h, weft_msg *msg)
{
    const struct order *o = weft_payload(msg, NULL);
    weft_timer *timer = &h->timer[h->n++];
    weft_repeat repeat = {o->delay, o->first, o->missed};

    switch (weft_tag(msg)) {
    case SET:
        return weft_cast_after(self, receiver(self, o), weft_word_letter(HEARD, o->word),
                               o->delay, timer);
    case EVERY:
        return weft_cast_repeat(self, receiver(self, o), weft_word_letter(HEARD, o->word),
                                &repeat, timer);
    case STOP_AFTER:
        return weft_stop_after(self, receiver(self, o), o->delay, timer);
    default:
        return weft_kill_after(self, receiver(self, o), o->delay, timer);
    }
}

static weft_next hear(weft_self *self, struct hand *h, const weft_msg *msg)
{
    if (h->stashes)
        return weft_stash(self);
    tell_time(h, "", weft_word(msg));
    clock_skip(h->busy_ns);
    return weft_stay(self);
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *h = state;
    uint64_t word = weft_word(msg);

    switch (weft_tag(msg)) {
    case HEARD:
        return hear(self, h, msg);
    case CANCEL:
        story_tell(h->who, weft_cancel(self, h->timer[word]) ? "in time" : "late");
        break;
    case LATE:
        clock_skip(word);
        break;
    case AWAIT:
        return weft_await_word(self, other, KEEP, 0, word, heard);
    case RECEIVE:
        wanted_word = word;
        return weft_receive(self, is_wanted, WEFT_FOREVER, received);
    case KEEP:
        weft_reply_later(self, msg);
        break;
    case STASH:
        h->stashes = true;
        break;
    case UNSTASH:
        h->stashes = false;
        weft_unstash(self);
        break;
    case COUNT:
        story_tell(h->who, "%u set", (unsigned)weft_timers(self));
        break;
    case LEFT:
        story_tell(h->who, "%lld left",
                   (long long)weft_timer_left(self, h->timer[word]) / (long long)ms);
        break;
    case STOP:
        return weft_stop(self);
    default:
        if (set(self, h, msg) < 0)
            story_tell(h->who, "not set");
    }
    return weft_stay(self);
}

static const weft_behavior worker =
    WEFT_BEHAVIOR("hand", struct hand, working, .args_size = sizeof(struct hand));
static const weft_behavior small =
    WEFT_BEHAVIOR("small hand", struct hand, working, .args_size = sizeof(struct hand),
                  .mailbox_max = 1, .timers_max = 2);

static weft_pid hand_spawn(unsigned who, const weft_behavior *behavior)
{
    const struct hand args = {.who = who};

    return story_spawn(rt, who, behavior, &args);
}

static void begin(void)
{
    rt = clock_start();
    hand = hand_spawn(A, &worker);
    other = hand_spawn(B, &worker);
    clock_run(rt);
}

static void order(uint32_t tag, struct order o)
{
    cr_assert_eq(weft_rt_cast(rt, hand, weft_small(tag, &o, sizeof o)), 0);
    clock_run(rt);
}

static void tell(uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, hand, tag, word), 0);
    clock_run(rt);
}

static void after(uint64_t delay_ms, uint64_t word)
{
    order(SET, (struct order){.delay = delay_ms * ms, .word = word});
}

/* --- once --- */

/* A tick late at the most, and never early. */
Test(timer, goes_off_when_its_time_has_come)
{
    static const uint64_t delays[] = {1, 2, 3, 70, 4000, 300000, 20000000};

    begin();
    for (unsigned i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        uint64_t before = clock_time();

        story_clear();
        after(delays[i], 1);
        clock_pass(rt, delays[i] * ms - 1);
        story_is(A, "");
        clock_pass(rt, CLOCK_TICK + 1);
        cr_expect_str_neq(story_of(A), "", "%u ms", (unsigned)delays[i]);
        cr_expect_leq(clock_time() - before, delays[i] * ms + CLOCK_TICK);
    }
    story_finish(rt);
}

Test(timer, the_earlier_comes_first_and_of_the_same_the_first)
{
    begin();
    after(20, 1);
    after(10, 2);
    after(30, 3);
    after(10, 4);
    after(20, 5);
    clock_pass(rt, 10 * ms + CLOCK_TICK);
    after(10, 6);
    clock_pass(rt, 100 * ms);
    story_is(A, "2 at 10, 4 at 10, 1 at 20, 5 at 20, 6 at 20, 3 at 30");
    story_finish(rt);
}

/* All within a tick, or all overdue. */
Test(timer, order_holds_however_late_they_are)
{
    begin();
    for (unsigned i = 0; i < 6; i++)
        order(SET, (struct order){.delay = 100000 * (6 - i), .word = i});
    clock_skip(WEFT_SEC(1));
    clock_run(rt);
    story_is(A, "5 at 1000, 4 at 1000, 3 at 1000, 2 at 1000, 1 at 1000, 0 at 1000");
    story_finish(rt);
}

Test(timer, a_delay_of_nothing_is_over_at_once)
{
    begin();
    order(SET, (struct order){.delay = 0, .word = 9});
    clock_pass(rt, CLOCK_TICK);
    story_is(A, "9 at 0");
    story_finish(rt);
}

/* That comes from the actor that set it; to one that has ended it is a dead letter. */
Test(timer, sends_to_others)
{
    begin();
    order(SET, (struct order){.to = other, .delay = 5 * ms, .word = 3});
    clock_pass(rt, 6 * ms);
    story_is(B, "3 at 5");
    order(SET, (struct order){.to = other, .delay = 5 * ms, .word = 4});
    cr_assert_eq(weft_rt_cast_word(rt, other, STOP, 0), 0);
    clock_pass(rt, 6 * ms);
    story_is(B, "3 at 5, exit normal");
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_NO_ACTOR], 1);
    tell(COUNT, 0);
    story_is(A, "0 set");
    story_finish(rt);
}

/* --- cancelling --- */

Test(timer, cancelled_in_time_it_does_not_go_off)
{
    begin();
    after(10, 1);
    after(20, 2);
    tell(CANCEL, 0);
    clock_pass(rt, 100 * ms);
    tell(CANCEL, 1);
    tell(CANCEL, 0);
    story_is(A, "in time, 2 at 20, late, late");
    story_finish(rt);
}

/* It goes off while the actor is busy, and the order to cancel it is before it in the mailbox. */
Test(timer, cancelled_after_it_went_off_it_is_not_handled)
{
    begin();
    after(10, 1);
    order(EVERY, (struct order){.delay = 10 * ms, .word = 2});
    tell(AWAIT, 45 * ms);
    tell(CANCEL, 0);
    tell(CANCEL, 1);
    clock_pass(rt, 100 * ms);
    story_is(A, "answer 0 at 45, in time, in time");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

Test(timer, one_that_was_put_aside_has_been_handled)
{
    begin();
    after(10, 1);
    tell(STASH, 0);
    clock_pass(rt, 20 * ms);
    tell(CANCEL, 0);
    tell(UNSTASH, 0);
    clock_run(rt);
    story_is(A, "late, 1 at 20");
    story_finish(rt);
}

/* One that was cancelled is not wanted any more, whatever waits for it. */
Test(timer, is_received_out_of_order)
{
    begin();
    after(10, 1);
    after(20, 2);
    after(30, 3);
    tell(RECEIVE, 2);
    tell(CANCEL, 0); /* waits */
    clock_pass(rt, 100 * ms);
    story_is(A, "received 2 at 20, in time, 3 at 30");
    story_finish(rt);
}

/* From the drain's beginning on nobody can send to it, but what its timers bring is served while
 * there is something to serve. */
Test(timer, of_one_that_drains_dies_behind_its_last_message)
{
    begin();
    after(10, 1);
    after(60, 2);
    tell(AWAIT, 45 * ms);
    tell(COUNT, 0);
    cr_assert_eq(weft_rt_drain_actor(rt, hand), 0);
    clock_pass(rt, 100 * ms);
    story_is(A, "answer 0 at 45, 2 set, exit drained");
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_ENDED], 1);
    story_finish(rt);
}

Test(timer, one_that_was_sent_to_another_is_late)
{
    begin();
    order(SET, (struct order){.to = other, .delay = 5 * ms, .word = 3});
    clock_pass(rt, 6 * ms);
    tell(CANCEL, 0);
    story_is(A, "late");
    story_finish(rt);
}

Test(timer, says_how_much_is_left)
{
    begin();
    after(10, 1);
    tell(LEFT, 0);
    clock_pass(rt, 4 * ms);
    tell(LEFT, 0);
    tell(COUNT, 0);
    tell(CANCEL, 0);
    tell(COUNT, 0);
    tell(LEFT, 0);
    story_is(A, "10 left, 6 left, 1 set, in time, 0 set, 0 left"); /* -1 / ms */
    story_finish(rt);
}

/* --- again and again --- */

static void every(uint64_t period_ms, enum weft_missed missed)
{
    order(EVERY, (struct order){.delay = period_ms * ms, .word = 7, .missed = missed});
}

Test(timer, repeats_without_drift)
{
    begin();
    every(10, WEFT_MISSED_SKIP);
    for (unsigned i = 0; i < 4; i++) /* each look is late */
        clock_pass(rt, 12 * ms);
    story_is(A, "7 at 10, 7 at 20, 7 at 30, 7 at 40");
    story_finish(rt);
}

Test(timer, may_begin_earlier_or_later_than_its_period)
{
    begin();
    order(EVERY, (struct order){.delay = 10 * ms, .first = 3 * ms, .word = 7});
    clock_pass(rt, 25 * ms);
    story_is(A, "7 at 3, 7 at 13, 7 at 23");
    story_finish(rt);
}

/* Time stands still for the runtime until 35. */
static void missed(enum weft_missed how, weft_pid to, unsigned who, const char *story)
{
    begin();
    order(EVERY, (struct order){.to = to != WEFT_NOBODY ? other : WEFT_NOBODY,
                                .delay = 10 * ms,
                                .word = 7,
                                .missed = how});
    clock_skip(35 * ms);
    clock_run(rt);
    clock_pass(rt, 22 * ms);
    story_is(who, story);
    story_clear();
    story_finish(rt);
}

Test(timer, what_is_missed_is_left_out)
{
    missed(WEFT_MISSED_SKIP, WEFT_NOBODY, A, "7 at 35, 7 at 40, 7 at 50");
    missed(WEFT_MISSED_SKIP, 1, B, "7 at 35, 7 at 40, 7 at 50");
}

Test(timer, what_is_missed_is_made_up_for)
{
    missed(WEFT_MISSED_CATCH_UP, WEFT_NOBODY, A,
           "7 at 35, 7 at 35, 7 at 35, 7 at 40, 7 at 50");
    missed(WEFT_MISSED_CATCH_UP, 1, B, "7 at 35, 7 at 35, 7 at 35, 7 at 40, 7 at 50");
}

Test(timer, what_is_missed_delays_the_next)
{
    missed(WEFT_MISSED_DELAY, WEFT_NOBODY, A, "7 at 35, 7 at 45, 7 at 55");
    missed(WEFT_MISSED_DELAY, 1, B, "7 at 35, 7 at 45, 7 at 55");
}

/* Its letters do not pile up before one that is slow. */
Test(timer, a_repeated_letter_waits_once)
{
    begin();
    every(10, WEFT_MISSED_SKIP);
    cr_assert_eq(weft_rt_cast_word(rt, hand, AWAIT, 45 * ms), 0);
    clock_run(rt);
    clock_pass(rt, 65 * ms);
    story_is(A, "answer 0 at 45, 7 at 45, 7 at 50, 7 at 60");
    story_finish(rt);
}

Test(timer, a_repeated_letter_can_be_cancelled_for_good)
{
    begin();
    every(10, WEFT_MISSED_SKIP);
    clock_pass(rt, 25 * ms);
    tell(CANCEL, 0);
    clock_pass(rt, 100 * ms);
    tell(COUNT, 0);
    story_is(A, "7 at 10, 7 at 20, in time, 0 set");
    story_finish(rt);
}

Test(timer, a_repeated_letter_ends_with_its_receiver)
{
    begin();
    order(EVERY, (struct order){.to = other, .delay = 10 * ms, .word = 7});
    clock_pass(rt, 15 * ms);
    cr_assert_eq(weft_rt_cast_word(rt, other, STOP, 0), 0);
    clock_pass(rt, 100 * ms);
    tell(COUNT, 0);
    story_is(A, "0 set");
    story_is(B, "7 at 10, exit normal");
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_NO_ACTOR], 1);
    story_finish(rt);
}

/* --- ends --- */

Test(timer, stops_and_kills_later)
{
    begin();
    order(STOP_AFTER, (struct order){.to = other, .delay = 10 * ms});
    order(KILL_AFTER, (struct order){.delay = 20 * ms});
    order(KILL_AFTER, (struct order){.to = other, .delay = 15 * ms});
    clock_pass(rt, 12 * ms);
    story_is(B, "exit stopped");
    tell(COUNT, 0);
    clock_pass(rt, 10 * ms);
    story_is(A, "2 set, exit killed");
    story_finish(rt);
}

Test(timer, a_stop_to_come_can_be_cancelled)
{
    begin();
    order(STOP_AFTER, (struct order){.delay = 10 * ms});
    tell(CANCEL, 0);
    clock_pass(rt, 20 * ms);
    story_is(A, "in time");
    story_finish(rt);
}

Test(timer, ends_with_its_actor)
{
    begin();
    after(10, 1);
    order(SET, (struct order){.to = other, .delay = 10 * ms, .word = 3});
    order(EVERY, (struct order){.to = other, .delay = 10 * ms, .word = 3});
    tell(STOP, 0);
    clock_pass(rt, 100 * ms);
    story_is(A, "exit normal");
    story_is(B, "");
    cr_expect_eq(story_dead_letters(rt), 0);
    cr_expect_eq(weft_wait_ns(rt), WEFT_FOREVER, "nothing is left in the wheel");
    story_finish(rt);
}

/* --- limits --- */

Test(timer, has_room_past_limits_and_a_limit_of_its_own)
{
    begin();
    hand = hand_spawn(A, &small);
    after(10, 1);
    after(10, 2);
    after(10, 3);
    story_is(A, "not set");
    cr_expect_eq(story_dead_letters(rt), 1);
    clock_skip(20 * ms);
    cr_assert_eq(weft_rt_cast_word(rt, hand, LATE, 0), 0);
    clock_run(rt);
    story_is(A, "not set, 1 at 20, 2 at 20");
    after(10, 4);
    clock_pass(rt, 20 * ms);
    story_is(A, "not set, 1 at 20, 2 at 20, 4 at 30");
    story_finish(rt);
}

static weft_next refused(weft_self *self, void *state, weft_msg *msg)
{
    static const weft_repeat none = {.period_ns = 0};
    static const weft_repeat odd = {.period_ns = 1, .missed = (enum weft_missed)3};
    struct hand *h = state;
    weft_letter letter = weft_word_letter(HEARD, 1), bad = letter;
    weft_pid me = weft_self_pid(self);
    weft_timer timer = 5;

    (void)msg;
    bad.size = WEFT_SMALL_MAX + 1;
    cr_expect_eq(weft_cast_after(self, me, bad, ms, &timer), WEFT_EINVAL);
    cr_expect_eq(timer, 0);
    cr_expect_eq(weft_cast_every(self, me, letter, 0, &timer), WEFT_EINVAL);
    cr_expect_eq(weft_cast_repeat(self, me, letter, &none, NULL), WEFT_EINVAL);
    cr_expect_eq(weft_cast_repeat(self, me, letter, &odd, NULL), WEFT_EINVAL);
    cr_expect_not(weft_cancel(self, 0));
    cr_expect_not(weft_cancel(self, UINT64_MAX));
    cr_expect_eq(weft_timer_left(self, 77), WEFT_FOREVER);
    cr_expect_eq(weft_cast_after(self, me, letter, WEFT_FOREVER, NULL), 0);
    cr_expect_eq(weft_cast_every(self, me, letter, WEFT_FOREVER, NULL), 0);
    story_tell(h->who, "%u set", (unsigned)weft_timers(self));
    return weft_stay(self);
}

static const weft_behavior refusing =
    WEFT_BEHAVIOR("refusing", struct hand, refused, .args_size = sizeof(struct hand));

Test(timer, says_what_is_wrong)
{
    begin();
    hand = hand_spawn(A, &refusing);
    tell(1, 0);
    clock_pass(rt, WEFT_SEC(100000));
    story_is(A, "2 set");
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_MALFORMED], 4);
    story_finish(rt);
}

/* --- time --- */

static uint64_t time_inside;

static weft_next looking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    time_inside = weft_now(self);
    return weft_stay(self);
}

static const weft_behavior looker = WEFT_STATELESS("looker", looking);

Test(timer, time_is_that_of_the_runtime)
{
    begin();
    hand = story_spawn(rt, A, &looker, NULL);
    clock_skip(123456);
    tell(1, 0);
    cr_expect_eq(time_inside, 123456);
    cr_expect_eq(weft_rt_now(rt), 123456);
    story_finish(rt);
}
