/* test_monitor.c: aim: a monitor ends with one down, however the other actor ended, behind what
 * that had sent; any number of them; not when it was ended before; nothing is left when either
 * side is over.
 * Method: watchers that tell what they hear, and subjects that end in every way. */
#include "test/support/unit_talk.h"

#include <string.h>

TestSuite(monitor, .timeout = 60);

enum { SUBJECT, WATCHER };
enum {
    TAG_WATCH = TELL + 1,
    TAG_UNWATCH,
    TAG_SAY,
    TAG_STOP,
    TAG_FAIL,
    TAG_MANY,
    TAG_WAIT,
    TAG_NOTHING
};
enum { MANY = 2000 };

static weft_runtime *rt;

static weft_next subject_step(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    switch (weft_tag(msg)) {
    case TAG_SAY:
        for (unsigned i = 0; i < 3; i++)
            weft_cast_word(self, weft_word(msg), TELL, i);
        return weft_stop(self);
    case TAG_FAIL:
        return weft_fail(self, 42, "broken");
    case TAG_NOTHING:
        return weft_stay(self);
    default:
        return weft_stop(self);
    }
}

static const weft_behavior subject = WEFT_BEHAVIOR("subject", struct talker, subject_step,
                                                   .args_size = sizeof(struct talker));

static weft_watch watches[MANY];

static void watch_many(weft_self *self, struct talker *t)
{
    for (unsigned i = 0; i < MANY; i++)
        cr_expect_eq(weft_monitor(self, t->other, &watches[i]), 0);
    story_tell(t->who, "watches all");
}

/* Each of them once. */
static void strike(struct talker *t, const weft_down *down)
{
    unsigned i = 0;

    while (i < MANY && watches[i] != down->watch)
        i++;
    cr_expect_lt(i, MANY);
    if (i < MANY)
        watches[i] = 0;
    if (++t->n == MANY)
        story_tell(t->who, "all down");
}

static void hear(struct talker *t, const weft_msg *msg, const weft_down *down)
{
    cr_expect_not(weft_is_question(msg));
    cr_expect_eq(weft_msg_question(msg), 0);
    cr_expect_eq(weft_failure(msg), 0);
    cr_expect_eq(weft_sender(msg), t->other);
    cr_expect_eq(down->pid, t->other);
    cr_expect_eq(down->watch, t->word);
    story_tell(t->who, "down %d %d %s %s", (int)down->reason.exit, down->reason.code,
               down->reason.text != NULL ? down->reason.text : "-",
               down->reason.behavior != NULL ? down->reason.behavior : "-");
}

static weft_next watching(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    weft_down down;

    if (weft_down_get(msg, &down)) {
        if (watches[0] != 0 || t->n > 0)
            strike(t, &down);
        else
            hear(t, msg, &down);
        return weft_stay(self);
    }
    switch (weft_tag(msg)) {
    case TAG_WATCH:
        cr_expect_eq(weft_monitor(self, t->other, &t->word), 0);
        story_tell(t->who, "watches");
        break;
    case TAG_MANY:
        watch_many(self, t);
        break;
    case TAG_UNWATCH:
        story_tell(t->who, "%d", weft_demonitor(self, t->word));
        break;
    case TAG_STOP:
        return weft_stop(self);
    case TAG_WAIT:
        story_tell(t->who, "waits");
        gate_pass(2);
        story_tell(t->who, "%d", weft_demonitor(self, t->word));
        break;
    default:
        talker_tell(t, msg);
    }
    return weft_stay(self);
}

static const weft_behavior watcher =
    WEFT_BEHAVIOR("watcher", struct talker, watching, .args_size = sizeof(struct talker));

static weft_pid one, two;

static void start(unsigned workers)
{
    struct talker args = talker_of(SUBJECT, WEFT_NOBODY);

    rt = story_start(workers);
    two = WEFT_NOBODY;
    one = story_spawn(rt, SUBJECT, &subject, &args);
    two = talker_spawn(rt, WATCHER, &watcher, one);
    cast_to(rt, two, TAG_WATCH, 0);
    story_wait(WATCHER, "watches");
    /* the subject knows of it: a kill would come before its mail */
    cr_assert_eq(weft_rt_await_start(rt, one, WEFT_FOREVER), 0);
}

TestOnWorkers(monitor, says_how_the_other_ended)
{
    static const char *const stories[] = {
        "watches, down 0 0 - subject", "watches, down 3 42 broken subject",
        "watches, down 1 0 - subject", "watches, down 2 0 - subject",
        "watches, down 5 0 - subject"};

    for (unsigned how = 0; how < 5; how++) {
        start(workers);
        if (how < 2)
            cast_to(rt, one, how == 0 ? TAG_STOP : TAG_FAIL, 0);
        else
            cr_assert_eq(how == 2   ? weft_rt_stop_actor(rt, one)
                         : how == 3 ? weft_rt_kill_actor(rt, one)
                                    : weft_rt_drain_actor(rt, one),
                         0);
        story_wait(WATCHER, stories[how]);
        cr_expect_eq(story_dead_letters(rt), 0);
        story_finish(rt);
        story_clear();
    }
}

TestOnWorkers(monitor, comes_behind_what_the_other_had_sent)
{
    start(workers);
    cast_to(rt, one, TAG_SAY, two);
    story_wait(WATCHER, "watches, 0, 1, 2, down 0 0 - subject");
    story_finish(rt);
}

TestOnWorkers(monitor, of_one_that_is_gone_comes_at_once)
{
    start(workers);
    cr_assert_eq(weft_rt_kill_actor(rt, one), 0);
    story_wait(WATCHER, "watches, down 2 0 - subject");
    cast_to(rt, two, TAG_WATCH, 0);
    story_wait(WATCHER, "watches, down 2 0 - subject, watches, down 7 0 - -");
    story_finish(rt);
}

Test(monitor, of_nobody_comes_at_once)
{
    rt = story_start(1);
    two = talker_spawn(rt, WATCHER, &watcher, WEFT_NOBODY);
    cast_to(rt, two, TAG_WATCH, 0);
    story_wait(WATCHER, "watches, down 7 0 - -");
    story_finish(rt);
}

TestOnWorkers(monitor, that_was_ended_says_nothing)
{
    start(workers);
    cast_to(rt, two, TAG_UNWATCH, 0);
    cast_to(rt, two, TAG_UNWATCH, 0);
    story_wait(WATCHER, "watches, 0, -2001");
    cr_assert_eq(weft_rt_kill_actor(rt, one), 0);
    wait_until(!weft_rt_alive(rt, one));
    cast_to(rt, two, TELL, 5);
    story_wait(WATCHER, "watches, 0, -2001, 5");
    story_finish(rt);
    story_is(WATCHER, "watches, 0, -2001, 5, exit shutdown");
}

/* The other ends within the step that then ends the monitor: its down waits by then. */
Test(monitor, that_was_ended_says_nothing_though_its_down_waits)
{
    start(2);
    cast_to(rt, two, TAG_WAIT, 0);
    story_wait(WATCHER, "watches, waits");
    cr_assert_eq(weft_rt_kill_actor(rt, one), 0);
    story_wait(SUBJECT, "exit killed");
    wait_until(weft_rt_alive(rt, two));
    gate_open(2);
    story_wait(WATCHER, "watches, waits, 0");
    cast_to(rt, two, TELL, 5);
    story_wait(WATCHER, "watches, waits, 0, 5");
    story_finish(rt);
}

static void start_many(unsigned workers)
{
    struct talker args = talker_of(SUBJECT, WEFT_NOBODY);

    rt = story_start(workers);
    one = story_spawn(rt, SUBJECT, &subject, &args);
    two = talker_spawn(rt, WATCHER, &watcher, one);
    cast_to(rt, two, TAG_MANY, 0);
    story_wait(WATCHER, "watches all");
}

TestOnWorkers(monitor, any_number_of_them_each_says_so_once)
{
    start_many(workers);
    cr_assert_eq(weft_rt_kill_actor(rt, one), 0);
    story_wait(WATCHER, "watches all, all down");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

TestOnWorkers(monitor, ends_with_its_actor)
{
    start_many(workers);
    cast_to(rt, two, TAG_STOP, 0);
    story_wait(WATCHER, "watches all, exit normal");
    cr_assert_eq(weft_rt_kill_actor(rt, one), 0);
    story_wait(SUBJECT, "exit killed");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

/* Half of them is undone, the others say so. */
static weft_next undoing(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    weft_down down;

    if (weft_down_get(msg, &down)) {
        strike(t, &down);
        return weft_stay(self);
    }
    watch_many(self, t);
    for (unsigned i = 0; i < MANY; i += 2) {
        cr_expect_eq(weft_demonitor(self, watches[i]), 0);
        watches[i] = 0;
        t->n++;
    }
    return weft_stay(self);
}

TestOnWorkers(monitor, one_is_ended_and_others_are_not)
{
    static const weft_behavior half =
        WEFT_BEHAVIOR("half", struct talker, undoing, .args_size = sizeof(struct talker));
    struct talker args = talker_of(SUBJECT, WEFT_NOBODY);

    rt = story_start(workers);
    one = story_spawn(rt, SUBJECT, &subject, &args);
    two = talker_spawn(rt, WATCHER, &half, one);
    cast_to(rt, two, TAG_MANY, 0);
    story_wait(WATCHER, "watches all");
    cr_assert_eq(weft_rt_kill_actor(rt, one), 0);
    story_wait(WATCHER, "watches all, all down");
    story_finish(rt);
}

static weft_next refusing(weft_self *self, void *state, weft_msg *msg)
{
    weft_watch watch = 1;
    const struct talker *t = state;

    (void)msg;
    cr_expect_eq(weft_monitor(self, t->other, &watch), WEFT_EINVAL, "a port");
    cr_expect_eq(watch, 0);
    cr_expect_eq(weft_monitor(self, weft_self_pid(self) ^ ((weft_pid)1 << 56), &watch),
                 WEFT_EFOREIGN);
    cr_expect_eq(weft_demonitor(self, 0), WEFT_EINVAL);
    cr_expect_eq(weft_demonitor(self, 12345), WEFT_EINVAL);
    cr_expect_eq(weft_monitor(self, weft_self_pid(self), NULL), 0,
                 "oneself: nobody hears");
    return weft_stop(self);
}

Test(monitor, refuses_what_cannot_be_watched)
{
    static const weft_behavior refuser = WEFT_BEHAVIOR(
        "refuser", struct talker, refusing, .args_size = sizeof(struct talker));
    weft_port *port;

    rt = story_start(1);
    cr_assert_eq(weft_port_open(rt, 0, &port), 0);
    one = talker_spawn(rt, SUBJECT, &refuser, weft_port_pid(port));
    cast_to(rt, one, TELL, 0);
    story_wait(SUBJECT, "exit normal");
    weft_port_close(port);
    story_finish(rt);
}

/* A step that has lost its domain watches as others do. */
static weft_next watching_late(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    weft_down down;

    if (weft_down_get(msg, &down)) {
        hear(t, msg, &down);
        return weft_stay(self);
    }
    story_tell(t->who, "stuck");
    gate_pass(2);
    cr_expect_eq(weft_monitor(self, t->other, &t->word), 0);
    story_tell(t->who, "watches");
    return weft_stay(self);
}

static bool is_stuck(weft_pid pid)
{
    weft_actor_info info = {.size = sizeof info};

    return weft_actor_read(rt, pid, &info) == 0 && info.stuck;
}

Test(monitor, from_a_step_that_was_stuck)
{
    static const weft_behavior late = WEFT_BEHAVIOR("late", struct talker, watching_late,
                                                    .args_size = sizeof(struct talker));
    struct talker args = talker_of(SUBJECT, WEFT_NOBODY);

    rt = story_start(2);
    one = story_spawn(rt, SUBJECT, &subject, &args);
    two = talker_spawn(rt, WATCHER, &late, one);
    cast_to(rt, two, TELL, 0);
    story_wait(WATCHER, "stuck");
    cast_to(rt, one, TAG_NOTHING, 0);
    wait_until(is_stuck(two));
    gate_open(2);
    wait_until(strstr(story_of(WATCHER), "watches") != NULL);
    cr_assert_eq(weft_rt_await_start(rt, one, WEFT_FOREVER), 0); /* as above */
    cr_assert_eq(weft_rt_kill_actor(rt, one), 0);
    story_wait(WATCHER, "stuck, watches, down 2 0 - subject");
    story_finish(rt);
}
