/* test_drain.c: aim: an actor that drains handles all that it has, in order, and takes nothing
 * more; an actor that is asked to stop may stay.
 * Method: actors that are held while mail and requests are arranged. */
#include "test/support/unit_talk.h"

TestSuite(drain, .timeout = 60);

enum { ASK = 100, HOLD, ASIDE, BACK, SELF, FLOOD, GO };
enum { A, B, C, GATE = 1 };

static weft_runtime *rt;

Talker(keeper, talker_keeps);

static weft_next holding(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    switch (weft_tag(msg)) {
    case HOLD:
        story_tell(t->who, "holds");
        gate_pass(GATE);
        return weft_stay(self);
    case ASIDE:
        return weft_stash(self);
    case BACK:
        weft_unstash(self);
        return weft_become(self, talker_tells);
    case SELF: /* while it drains */
        story_tell(t->who, "self %d", weft_cast_word(self, weft_self_pid(self), TELL, 1));
        return weft_go_on(self, talker_tells, TELL, 5);
    case ASK:
        return weft_await(self, t->other, weft_signal(ASK), WEFT_SEC(60), talker_tells);
    default:
        return talker_tells(self, state, msg);
    }
}

Talker(holder, holding);

static weft_pid start_held(unsigned workers, weft_pid other)
{
    weft_pid pid = talker_spawn(rt, A, &holder, other);

    (void)workers;
    cast_to(rt, pid, HOLD, 0);
    story_wait(A, "holds");
    return pid;
}

TestOnWorkers(drain, handles_what_there_is_in_order)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = start_held(workers, WEFT_NOBODY);
    cast_to(rt, pid, TELL, 1);
    cast_to(rt, pid, ASIDE, 2);
    cast_to(rt, pid, TELL, 3);
    cast_to(rt, pid, BACK, 0);
    cast_to(rt, pid, TELL, 4);
    cr_assert_eq(weft_rt_drain_actor(rt, pid), 0);
    cr_assert_eq(weft_rt_drain_actor(rt, pid), 0);
    weft_rt_cast_word(rt, pid, TELL, 5); /* dead at once, or as it arrives */
    gate_open(GATE);
    story_wait(A, "holds, 1, 3, 2, 4, stop 5, exit drained, destroy");
    wait_until(story_dead_letters(rt) == 1);
    story_finish(rt);
}

/* What was put aside is not handled unless the actor wants it back. */
TestOnWorkers(drain, leaves_the_stash)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = start_held(workers, WEFT_NOBODY);
    cast_to(rt, pid, ASIDE, 1);
    cast_to(rt, pid, TELL, 2);
    cr_assert_eq(weft_rt_drain_actor(rt, pid), 0);
    gate_open(GATE);
    story_wait(A, "holds, 2, stop 5, exit drained, destroy");
    wait_until(story_dead_letters(rt) == 1);
    story_finish(rt);
}

TestOnWorkers(drain, admits_nobody_and_goes_on_by_itself)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &keeper, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &holder, other);
    cast_to(rt, pid, ASK, 0);
    story_wait(B, "keeps 0");
    cast_to(rt, pid, SELF, 0);
    cr_assert_eq(weft_rt_drain_actor(rt, pid), 0);
    wait_until(weft_rt_cast_word(rt, pid, TELL, 9) == WEFT_ENOACTOR);
    cr_expect(weft_rt_alive(rt, pid));
    cr_assert_eq(weft_rt_kill_actor(rt, other), 0);
    story_wait(A, "WEFT_EENDED, self -2003, 5, stop 5, exit drained, destroy");
    story_finish(rt);
}

/* What a step has sent before it asks for the drain is mail that the actor has. */
static weft_next flooding(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    if (weft_tag(msg) == FLOOD) {
        for (unsigned i = 0; i < 10; i++)
            cr_expect_eq(weft_cast_word(self, t->other, TELL, i), 0);
        cr_expect_eq(weft_drain_actor(self, t->other), 0);
    }
    return weft_stay(self);
}

Talker(flooder, flooding);

static weft_next spinning(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    (void)msg;
    if (gate_is_open(GATE))
        return weft_stay(self);
    if (t->n++ == 0)
        story_tell(t->who, "spins");
    return weft_yield(self);
}

Talker(spinner, spinning);

/* Many pairs, whose turns are dear, so that some are parted. */
static weft_next flooding_dearly(weft_self *self, void *state, weft_msg *msg)
{
    for (volatile unsigned i = 0; i < 400000; i++)
        continue;
    return flooding(self, state, msg);
}

Talker(dear_flooder, flooding_dearly);

Test(drain, comes_behind_what_was_sent_elsewhere)
{
    enum { PAIRS = 300 };
    static weft_pid pids[PAIRS];
    const uint64_t until = wait_begin();
    uint64_t remote = 0;

    /* until the workers had their chances */
    for (unsigned round = 0; round < 5 || (remote == 0 && wait_goes_on(until)); round++) {
        weft_stats stats;

        rt = story_start(3);
        for (unsigned i = 0; i < PAIRS; i++) {
            struct talker args = {.who = A};

            cr_assert_eq(weft_rt_spawn(rt, &holder, &args, &args.other), 0);
            cr_assert_eq(weft_rt_spawn(rt, &dear_flooder, &args, &pids[i]), 0);
        }
        for (unsigned i = 0; i < PAIRS; i++)
            cast_to(rt, pids[i], FLOOD, 0);
        wait_until(story_stats(rt).ended == PAIRS);
        stats = story_stats(rt);
        remote += stats.remote;
        cr_expect_eq(story_dead_letters(rt), 0);
        story_finish(rt);
    }
    cr_expect_gt(remote, 0);
}

TestOnWorkers(drain, comes_behind_what_was_sent)
{
    for (unsigned round = 0; round < 50; round++) {
        weft_pid pid, other;

        story_clear();
        rt = story_start(workers);
        cast_to(rt, talker_spawn(rt, C, &spinner, WEFT_NOBODY), GO, 0);
        story_wait(C, "spins");
        other = talker_spawn(rt, A, &holder, WEFT_NOBODY);
        pid = talker_spawn(rt, B, &flooder, other);
        cast_to(rt, pid, FLOOD, 0);
        story_wait(A, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, stop 5, exit drained, destroy");
        gate_open(GATE);
        story_finish(rt);
    }
}

/* --- staying --- */

static bool staying(weft_self *self, void *state)
{
    struct talker *t = state;

    (void)self;
    story_tell(t->who, "asked");
    return t->n++ < 2;
}

Talker(stayer, holding, .stays = staying);

TestOnWorkers(drain, not_stop_is_what_an_actor_cannot_refuse)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &stayer, WEFT_NOBODY);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
        story_wait(A, i == 0 ? "asked" : "asked, 1, asked");
        cast_to(rt, pid, TELL, i + 1);
        story_wait(A, i == 0 ? "asked, 1" : "asked, 1, asked, 2");
    }
    cr_assert_eq(weft_rt_drain_actor(rt, pid), 0);
    story_wait(A, "asked, 1, asked, 2, stop 5, exit drained, destroy");
    pid = talker_spawn(rt, B, &stayer, WEFT_NOBODY);
    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
    story_wait(B, "exit killed, destroy");
    pid = talker_spawn(rt, C, &stayer, WEFT_NOBODY);
    cr_assert_eq(weft_stop_all(rt, WEFT_SEC(600)), 0);
    story_is(C, "stop 4, exit shutdown, destroy");
    story_finish(rt);
}

TestOnWorkers(drain, third_time_it_stops)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &stayer, WEFT_NOBODY);
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(A, "asked");
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(A, "asked, asked");
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(A, "asked, asked, asked, stop 1, exit stopped, destroy");
    story_finish(rt);
}

/* Who stays goes on with what it did: with its mail, with waiting for a message, or with an
 * answer. The hook may get stuck. */
static bool is_hundred(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_word(msg) >= 100;
}

static weft_next receiving(weft_self *self, void *state, weft_msg *msg)
{
    if (weft_tag(msg) == TELL)
        return talker_tells(self, state, msg);
    story_tell(((struct talker *)state)->who, "receives");
    return weft_receive(self, is_hundred, WEFT_SEC(60), talker_tells);
}

static bool staying_slowly(weft_self *self, void *state)
{
    (void)self;
    story_tell(((struct talker *)state)->who, "asked");
    gate_pass(GATE);
    return true;
}

Talker(slow_stayer, receiving, .stays = staying_slowly);

static void test_staying(unsigned workers, bool stuck)
{
    weft_options options;
    weft_pid pid;

    weft_options_init(&options);
    options.workers = workers;
    options.relief = 2;
    rt = story_start_with(&options);
    pid = talker_spawn(rt, A, &slow_stayer, WEFT_NOBODY);
    cast_to(rt, pid, GO, 0);
    cast_to(rt, pid, TELL, 1);
    story_wait(A, "receives");
    if (!stuck)
        gate_open(GATE);
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(A, "receives, asked");
    cast_to(rt, pid, TELL, 2);
    cast_to(rt, pid, TELL, 100);
    cast_to(rt, pid, TELL, 3);
    cast_to(rt, talker_spawn(rt, B, &holder, WEFT_NOBODY), TELL, 1);
    story_wait(B, "1"); /* others run: it has lost its domain, if it has stuck */
    gate_open(GATE);
    story_wait(A, "receives, asked, 100, 1, 2, 3");
    story_finish(rt);
}

TestOnWorkers(drain, one_that_stays_receives_on)
{
    test_staying(workers, false);
}

TestOnWorkers(drain, one_that_stays_slowly_receives_on)
{
    test_staying(workers, true);
}

/* The hook gets stuck while a message is kept for a step that is not the actor's own. */
static weft_next going_on(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (t->n++ == 0)
        story_tell(t->who, "goes");
    if (!gate_is_open(GATE))
        return weft_go_on(self, going_on, GO, weft_word(msg) + 1);
    story_tell(t->who, "went");
    return weft_stay(self);
}

static weft_next beginning(weft_self *self, void *state, weft_msg *msg)
{
    cr_expect(weft_sender(msg) == WEFT_NOBODY, "the step's own message");
    return weft_tag(msg) == GO ? weft_go_on(self, going_on, GO, 0)
                               : talker_tells(self, state, msg);
}

Talker(slow_goer, beginning, .stays = staying_slowly);

TestOnWorkers(drain, one_that_stays_slowly_goes_on)
{
    weft_pid pid;
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.relief = 2;
    rt = story_start_with(&options);
    pid = talker_spawn(rt, A, &slow_goer, WEFT_NOBODY);
    cast_to(rt, pid, GO, 0);
    story_wait(A, "goes");
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(A, "goes, asked");
    cast_to(rt, pid, TELL, 7);
    cast_to(rt, talker_spawn(rt, B, &holder, WEFT_NOBODY), TELL, 1);
    story_wait(B, "1"); /* so it has lost its domain, if there is one worker */
    gate_open(GATE);
    story_wait(A, "goes, asked, went, 7");
    story_finish(rt);
}

/* --- ending somebody, and hearing how he ended --- */

static weft_next ender_hears(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_exit(self, weft_failure(msg) == 0 ? (int)weft_word(msg) : 99);
    return weft_stay(self);
}

struct ender {
    weft_pid other;
    int (*end)(weft_self *self, weft_pid pid);
};

static weft_next ending(weft_self *self, void *state, weft_msg *msg)
{
    const struct ender *e = state;

    (void)msg;
    cr_expect_eq(e->end(self, e->other), 0);
    return weft_await_end(self, e->other, WEFT_SEC(60), ender_hears);
}

static const weft_behavior ender =
    WEFT_BEHAVIOR("ender", struct ender, ending, .args_size = sizeof(struct ender));

/* On one worker the request is not acted on before the question has come. */
static void expect_end(int (*end)(weft_self *, weft_pid), enum weft_exit_kind kind)
{
    static const weft_behavior idle = WEFT_STATELESS("idle", ender_hears);
    struct ender e = {.end = end};
    weft_pid pid;

    rt = story_start(1);
    cr_assert_eq(weft_rt_spawn(rt, &idle, NULL, &e.other), 0);
    cr_assert_eq(weft_rt_spawn(rt, &ender, &e, &pid), 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 0), 0);
    cr_expect_eq(weft_run(rt), (int)kind);
    story_finish(rt);
}

Test(drain, and_its_like_say_how_he_ended)
{
    expect_end(weft_stop_actor, WEFT_EXIT_STOPPED);
    expect_end(weft_kill_actor, WEFT_EXIT_KILLED);
    expect_end(weft_drain_actor, WEFT_EXIT_DRAINED);
}
