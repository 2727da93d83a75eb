/* test_link.c: aim: linked actors end together, with the root of it in every report; a normal
 * end ends nobody else; who traps exits is told of every end, before its other mail, behind an
 * open await; a link with one that is gone, a link undone, an actor that is linked from birth.
 * Method: actors that do as they are told, and tell what they hear. */
#include "test/support/unit_talk.h"

#include <string.h>

TestSuite(link, .timeout = 60);

enum { A, B, C, D };
enum {
    TAG_LINK = TELL + 1,
    TAG_UNLINK,
    TAG_TRAP,
    TAG_NO_TRAP,
    TAG_STOP,
    TAG_FAIL,
    TAG_WAIT,
    TAG_AWAIT,
    TAG_RECEIVE,
    TAG_RECEIVE_EXIT,
    TAG_YIELD,
    TAG_ANSWER
};

static weft_runtime *rt;
static weft_pid pids[4];

static void tell_exit(struct talker *t, const weft_link_exit *exit)
{
    unsigned who = 0;

    while (who < 4 && pids[who] != exit->pid)
        who++;
    story_tell(t->who, "exit of %u: %d %d %s", who, (int)exit->reason.exit,
               exit->reason.code, exit->reason.text != NULL ? exit->reason.text : "-");
}

static bool is_tell(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == TELL;
}

static bool is_exit(void *state, const weft_msg *msg)
{
    weft_link_exit exit;

    (void)state;
    return weft_link_exit_get(msg, &exit);
}

static weft_next heard(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    weft_link_exit exit;

    if (weft_link_exit_get(msg, &exit))
        tell_exit(t, &exit);
    else
        story_tell(t->who, "heard %u", (unsigned)weft_word(msg));
    return weft_stay(self);
}

/* The word is a gate that is to be passed first. */
static weft_next yielding(weft_self *self, struct talker *t, const weft_msg *msg)
{
    if (t->n++ == 0) {
        story_tell(t->who, "yields");
        if (weft_word(msg) != 0)
            gate_pass((unsigned)weft_word(msg));
    }
    if (!gate_is_open(1))
        return weft_yield(self);
    story_tell(t->who, "goes on");
    return weft_stay(self);
}

static weft_next change(weft_self *self, struct talker *t, weft_msg *msg)
{
    switch (weft_tag(msg)) {
    case TAG_WAIT:
        story_tell(t->who, "waits");
        gate_pass((unsigned)weft_word(msg));
        return weft_stay(self);
    case TAG_AWAIT:
        story_tell(t->who, "awaits");
        return weft_await(self, weft_word(msg), weft_signal(TAG_ANSWER), WEFT_FOREVER,
                          heard);
    case TAG_RECEIVE:
        story_tell(t->who, "receives");
        if (weft_word(msg) != 0)
            gate_pass((unsigned)weft_word(msg));
        return weft_receive(self, is_tell, WEFT_FOREVER, heard);
    case TAG_RECEIVE_EXIT:
        story_tell(t->who, "receives");
        return weft_receive(self, is_exit, WEFT_FOREVER, heard);
    case TAG_YIELD:
        return yielding(self, t, msg);
    case TAG_STOP:
        return weft_stop(self);
    case TAG_FAIL:
        return weft_fail(self, (int)weft_word(msg), "broken");
    default:
        return talker_tells(self, t, msg);
    }
}

static weft_next acting(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    weft_link_exit exit;

    if (weft_link_exit_get(msg, &exit)) {
        cr_expect_eq(weft_sender(msg), exit.pid);
        tell_exit(t, &exit);
        return weft_stay(self);
    }
    switch (weft_tag(msg)) {
    case TAG_LINK:
        cr_expect_eq(weft_link(self, weft_word(msg)), 0);
        story_tell(t->who, "links");
        return weft_stay(self);
    case TAG_UNLINK:
        cr_expect_eq(weft_unlink(self, weft_word(msg)), 0);
        story_tell(t->who, "unlinks");
        return weft_stay(self);
    case TAG_TRAP:
    case TAG_NO_TRAP:
        cr_expect_eq(weft_trap_exits(self, weft_tag(msg) == TAG_TRAP), 0);
        story_tell(t->who, "%s", weft_tag(msg) == TAG_TRAP ? "traps" : "traps not");
        return weft_stay(self);
    case TAG_ANSWER:
        t->due = weft_reply_later(self, msg);
        story_tell(t->who, "asked");
        return weft_stay(self);
    default:
        if (t->due != 0 && weft_tag(msg) == TELL) {
            weft_answer_word(self, t->due, TELL, weft_word(msg));
            t->due = 0;
            return weft_stay(self);
        }
        return change(self, t, msg);
    }
}

Talker(actor, acting);

static void start(unsigned workers)
{
    rt = story_start(workers);
    for (unsigned i = 0; i < 4; i++)
        pids[i] = talker_spawn(rt, i, &actor, WEFT_NOBODY);
}

static void tell(unsigned who, uint32_t tag, uint64_t word)
{
    cast_to(rt, pids[who], tag, word);
}

/* B is over, and all have been told. */
static void kill_other(void)
{
    weft_stats stats;

    cr_assert_eq(weft_rt_kill_actor(rt, pids[B]), 0);
    do
        weft_stats_read(rt, &stats);
    while (stats.ended == 0);
    story_wait(B, "exit killed, destroy");
}

/* Both know of it: what was sent to the other is behind it, but a kill is not. */
static void link_two(unsigned a, unsigned b)
{
    tell(a, TAG_LINK, pids[b]);
    wait_until(strstr(story_of(a), "links") != NULL);
    cr_assert_eq(weft_rt_await_start(rt, pids[b], WEFT_FOREVER), 0);
}

TestOnWorkers(link, a_failure_ends_all_that_are_linked_with_its_root_in_every_report)
{
    start(workers);
    link_two(A, B);
    link_two(B, C);
    link_two(D, C);
    tell(D, TAG_FAIL, 42);
    story_wait(D, "links, stop 3, exit failed 42 in step: broken, destroy");
    story_wait(C, "stop 6, exit linked, destroy");
    story_wait(B, "links, stop 6, exit linked, destroy");
    story_wait(A, "links, stop 6, exit linked, destroy");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

TestOnWorkers(link, who_was_taken_along_says_by_whom)
{
    start(workers);
    tell(A, TAG_TRAP, 0);
    link_two(A, B);
    link_two(B, C);
    tell(C, TAG_FAIL, 42);
    story_wait(A, "traps, links, exit of 1: 6 42 broken");
    story_finish(rt);
}

TestOnWorkers(link, every_end_but_a_normal_one_goes_through)
{
    static const char *const ends[] = {"stop 1, exit stopped, destroy",
                                       "exit killed, destroy",
                                       "stop 5, exit drained, destroy"};

    for (unsigned how = 0; how < 3; how++) {
        start(workers);
        link_two(A, B);
        cr_assert_eq(how == 0   ? weft_rt_stop_actor(rt, pids[B])
                     : how == 1 ? weft_rt_kill_actor(rt, pids[B])
                                : weft_rt_drain_actor(rt, pids[B]),
                     0);
        story_wait(B, ends[how]);
        story_wait(A, "links, stop 6, exit linked, destroy");
        story_finish(rt);
        story_clear();
    }
}

TestOnWorkers(link, a_normal_end_ends_nobody_else)
{
    start(workers);
    link_two(A, B);
    tell(B, TAG_STOP, 0);
    story_wait(B, "stop 0, exit normal, destroy");
    tell(A, TELL, 1);
    story_wait(A, "links, 1");
    tell(A, TAG_UNLINK, pids[B]);
    story_wait(A, "links, 1, unlinks");
    story_finish(rt);
}

TestOnWorkers(link, who_traps_is_told_of_every_end)
{
    start(workers);
    tell(A, TAG_TRAP, 0);
    link_two(A, B);
    link_two(C, A);
    link_two(A, D);
    story_wait(A, "traps, links, links");
    tell(B, TAG_STOP, 0);
    story_wait(A, "traps, links, links, exit of 1: 0 0 -");
    tell(C, TAG_FAIL, 7);
    story_wait(A, "traps, links, links, exit of 1: 0 0 -, exit of 2: 3 7 broken");
    cr_assert_eq(weft_rt_kill_actor(rt, pids[D]), 0);
    story_wait(A, "traps, links, links, exit of 1: 0 0 -, exit of 2: 3 7 broken, "
                  "exit of 3: 2 0 -");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

TestOnWorkers(link, with_one_that_is_gone_is_an_exit_at_once)
{
    weft_pid gone;

    start(workers);
    gone = pids[B];
    cr_assert_eq(weft_rt_kill_actor(rt, gone), 0);
    story_wait(B, "exit killed, destroy");
    tell(A, TAG_TRAP, 0);
    tell(A, TAG_LINK, gone);
    story_wait(A, "traps, links, exit of 1: 7 0 -");
    tell(C, TAG_LINK, gone);
    story_wait(C, "links, stop 6, exit linked, destroy");
    story_finish(rt);
}

TestOnWorkers(link, that_was_undone_ends_nobody)
{
    start(workers);
    link_two(A, B);
    tell(B, TAG_UNLINK, pids[A]);
    story_wait(B, "unlinks");
    tell(A, TELL, 1);
    story_wait(A, "links, 1");
    tell(B, TAG_FAIL, 1);
    story_wait(B, "unlinks, stop 3, exit failed 1 in step: broken, destroy");
    tell(A, TELL, 2);
    story_wait(A, "links, 1, 2");
    story_finish(rt);
}

/* It is told of an end once, however often it was linked, and by whom. */
TestOnWorkers(link, twice_is_once)
{
    start(workers);
    tell(A, TAG_TRAP, 0);
    tell(A, TAG_LINK, pids[B]);
    tell(A, TAG_LINK, pids[B]);
    tell(B, TAG_LINK, pids[A]);
    story_wait(A, "traps, links, links");
    story_wait(B, "links");
    tell(B, TAG_FAIL, 1);
    story_wait(A, "traps, links, links, exit of 1: 3 1 broken");
    tell(A, TELL, 1);
    story_wait(A, "traps, links, links, exit of 1: 3 1 broken, 1");
    story_finish(rt);
}

/* The exit is behind others in the mailbox when the step is over. */
Test(link, an_exit_comes_before_mail_that_was_there_first)
{
    start(2);
    tell(A, TAG_TRAP, 0);
    link_two(A, B);
    tell(A, TAG_WAIT, 2);
    story_wait(A, "traps, links, waits");
    tell(A, TELL, 1);
    tell(A, TELL, 2);
    kill_other();
    gate_open(2);
    story_wait(A, "traps, links, waits, exit of 1: 2 0 -, 1, 2");
    story_finish(rt);
}

TestOnWorkers(link, an_exit_waits_for_an_open_await)
{
    start(workers);
    tell(A, TAG_TRAP, 0);
    link_two(A, B);
    tell(A, TAG_AWAIT, pids[C]);
    story_wait(C, "asked");
    tell(A, TELL, 1);
    kill_other();
    tell(C, TELL, 5);
    story_wait(A, "traps, links, awaits, heard 5, exit of 1: 2 0 -, 1");
    story_finish(rt);
}

TestOnWorkers(link, an_exit_that_ends_waits_for_an_open_await)
{
    start(workers);
    link_two(A, B);
    tell(A, TAG_AWAIT, pids[C]);
    story_wait(C, "asked");
    kill_other();
    cr_expect(weft_rt_alive(rt, pids[A]));
    tell(C, TELL, 5);
    story_wait(A, "links, awaits, heard 5, stop 6, exit linked, destroy");
    story_finish(rt);
}

TestOnWorkers(link, who_waits_for_a_message_is_ended_at_once)
{
    start(workers);
    link_two(A, B);
    tell(A, TAG_RECEIVE, 0);
    story_wait(A, "links, receives");
    cr_assert_eq(weft_rt_kill_actor(rt, pids[B]), 0);
    story_wait(A, "links, receives, stop 6, exit linked, destroy");
    story_finish(rt);
}

TestOnWorkers(link, who_traps_may_wait_for_an_exit)
{
    start(workers);
    tell(A, TAG_TRAP, 0);
    link_two(A, B);
    tell(A, TAG_RECEIVE_EXIT, 0);
    story_wait(A, "traps, links, receives");
    tell(A, TELL, 1);
    cr_assert_eq(weft_rt_kill_actor(rt, pids[B]), 0);
    story_wait(A, "traps, links, receives, exit of 1: 2 0 -, 1");
    story_finish(rt);
}

TestOnWorkers(link, who_waits_for_something_else_hears_an_exit_later)
{
    start(workers);
    tell(A, TAG_TRAP, 0);
    link_two(A, B);
    tell(A, TAG_RECEIVE, 0);
    story_wait(A, "traps, links, receives");
    kill_other();
    tell(A, TELL, 1);
    story_wait(A, "traps, links, receives, heard 1, exit of 1: 2 0 -");
    story_finish(rt);
}

TestOnWorkers(link, an_exit_waits_for_a_step_that_is_not_over)
{
    start(workers);
    tell(A, TAG_TRAP, 0);
    link_two(A, B);
    tell(A, TAG_YIELD, 0);
    story_wait(A, "traps, links, yields");
    tell(A, TELL, 1);
    kill_other();
    gate_open(1);
    wait_until(
        strcmp(story_of(A), "traps, links, yields, goes on, exit of 1: 2 0 -, 1") == 0 ||
        strcmp(story_of(A), "traps, links, yields, goes on, 1, exit of 1: 2 0 -") == 0);
    story_finish(rt);
}

TestOnWorkers(link, a_step_that_is_not_over_is_ended)
{
    start(workers);
    link_two(A, B);
    tell(A, TAG_YIELD, 0);
    story_wait(A, "links, yields");
    cr_assert_eq(weft_rt_kill_actor(rt, pids[B]), 0);
    story_wait(A, "links, yields, stop 6, exit linked, destroy");
    gate_open(1);
    story_finish(rt);
}

static bool is_stuck(weft_pid pid)
{
    weft_actor_info info = {.size = sizeof info};

    return weft_actor_read(rt, pid, &info) == 0 && info.stuck;
}

/* The exit comes while the step has no worker. */
Test(link, a_stuck_step_that_is_not_over_is_ended)
{
    start(2);
    link_two(A, B);
    tell(A, TAG_YIELD, 2);
    story_wait(A, "links, yields");
    wait_until(is_stuck(pids[A]));
    kill_other();
    gate_open(2);
    story_wait(A, "links, yields, stop 6, exit linked, destroy");
    gate_open(1);
    story_finish(rt);
}

Test(link, who_was_stuck_and_waits_for_a_message_is_ended_at_once)
{
    start(2);
    link_two(A, B);
    tell(A, TAG_RECEIVE, 2);
    story_wait(A, "links, receives");
    wait_until(is_stuck(pids[A]));
    kill_other();
    gate_open(2);
    story_wait(A, "links, receives, stop 6, exit linked, destroy");
    story_finish(rt);
}

Test(link, who_was_stuck_and_waits_for_a_message_is_stopped)
{
    start(2);
    tell(A, TAG_RECEIVE, 2);
    story_wait(A, "receives");
    wait_until(is_stuck(pids[A]));
    cr_assert_eq(weft_rt_stop_actor(rt, pids[A]), 0);
    kill_other();
    gate_open(2);
    story_wait(A, "receives, stop 1, exit stopped, destroy");
    story_finish(rt);
}

/* --- from birth --- */

static weft_next failing_init(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    return weft_fail(self, 9, "no init");
}

static weft_next trapping_init(weft_self *self, void *state, const void *args)
{
    *(struct talker *)state = *(const struct talker *)args;
    cr_expect_eq(weft_trap_exits(self, true), 0);
    return weft_stay(self);
}

static const weft_behavior born_dead =
    WEFT_BEHAVIOR("born dead", struct talker, acting, .init = failing_init);
static const weft_behavior trapper =
    WEFT_BEHAVIOR("trapper", struct talker, acting, .init = trapping_init,
                  .args_size = sizeof(struct talker));

static weft_next bearing(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state, args = talker_of(B, WEFT_NOBODY);
    const weft_behavior *behavior = weft_word(msg) == 0   ? &actor
                                    : weft_word(msg) == 1 ? &born_dead
                                                          : &trapper;
    weft_pid pid;

    if (weft_tag(msg) != TAG_LINK)
        return acting(self, state, msg);
    cr_expect_eq(
        weft_spawn_link(self, behavior, behavior != &born_dead ? &args : NULL, &pid), 0);
    pids[B] = pid;
    story_tell(t->who, "bears");
    return behavior == &trapper ? weft_fail(self, 5, "gone") : weft_stay(self);
}

Talker(mother, bearing);

static void start_mother(unsigned workers, uint64_t how)
{
    rt = story_start(workers);
    memset(pids, 0, sizeof pids);
    pids[A] = talker_spawn(rt, A, &mother, WEFT_NOBODY);
    tell(A, TAG_TRAP, 0);
    if (how == 2)
        tell(A, TAG_NO_TRAP, 0);
    tell(A, TAG_LINK, how);
}

TestOnWorkers(link, from_birth_is_as_any_other)
{
    start_mother(workers, 0);
    story_wait(A, "traps, bears");
    tell(B, TAG_FAIL, 3);
    story_wait(A, "traps, bears, exit of 1: 3 3 broken");
    story_finish(rt);
}

TestOnWorkers(link, from_birth_tells_of_a_failing_init)
{
    start_mother(workers, 1);
    story_wait(A, "traps, bears, exit of 1: 3 9 no init");
    story_finish(rt);
}

/* An exit that comes before init waits for it, for it may trap. */
TestOnWorkers(link, an_exit_waits_for_init)
{
    start_mother(workers, 2);
    story_wait(B, "exit of 0: 3 5 gone");
    story_finish(rt);
}

static weft_next misusing(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;
    weft_pid pid = 1;

    (void)msg;
    cr_expect_eq(weft_link(self, t->other), WEFT_EINVAL, "a port");
    cr_expect_eq(weft_link(self, weft_self_pid(self) ^ ((weft_pid)1 << 56)),
                 WEFT_EFOREIGN);
    cr_expect_eq(weft_link(self, weft_self_pid(self)), 0, "nothing is done");
    cr_expect_eq(weft_unlink(self, weft_self_pid(self)), 0);
    cr_expect_eq(weft_unlink(self, 12345), 0);
    cr_expect_eq(weft_spawn_link(self, NULL, NULL, &pid), WEFT_EINVAL);
    cr_expect_eq(pid, 0);
    return weft_fail(self, 1, NULL);
}

Test(link, refuses_what_cannot_be_linked)
{
    static const weft_behavior misuse = WEFT_BEHAVIOR("misuse", struct talker, misusing,
                                                      .args_size = sizeof(struct talker));
    weft_port *port;

    rt = story_start(1);
    cr_assert_eq(weft_port_open(rt, 0, &port), 0);
    pids[A] = talker_spawn(rt, A, &misuse, weft_port_pid(port));
    tell(A, TELL, 0);
    story_wait(A, "exit failed 1 in step: -");
    weft_port_close(port);
    story_finish(rt);
}
