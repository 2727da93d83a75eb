/* test_keep.c: aim: what the floors above keep for an actor is called once, on every path: when
 * it ends, when it had ended, when it is let go; also from outside.
 * Method: functions that write down with what they were called. */
#include "lib/actor/keep.h"
#include "test/support/unit_story.h"

#include <weft.h>

TestSuite(keeping, .timeout = 60);

enum { SUBJECT };

static weft_runtime *rt;

static void note_call(weft_runtime *runtime, struct stock *stock, weft_pid pid,
                      const weft_reason *reason, void *object)
{
    cr_expect(runtime == rt && stock != NULL && pid != 0);
    cr_expect(!weft_rt_alive(runtime, pid) || reason == NULL);
    story_tell(SUBJECT, "%s %d", (const char *)object,
               reason != NULL ? (int)reason->exit : -1);
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct place p = place_inside(self);
    unsigned why;
    uint64_t a = keep_add(p, note_call, "a", &why), b = keep_add(p, note_call, "b", &why);

    (void)state, (void)msg;
    cr_expect(a != 0 && b != 0 && a != b);
    cr_expect(keep_remove(p, b));
    cr_expect_not(keep_remove(p, b));
    cr_expect_eq(weft_let_go(self, a), WEFT_EINVAL, "it is not the program's");
    return weft_stop(self);
}

static const weft_behavior worker = WEFT_STATELESS("worker", working);

Test(keeping, is_called_at_the_end_unless_removed)
{
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, SUBJECT, &worker, NULL);
    cr_assert_eq(weft_rt_cast_word(rt, pid, 1, 0), 0);
    story_wait(SUBJECT, "exit normal, a 0");
    story_finish(rt);
}

TestOnWorkers(keeping, for_another_is_called_when_that_ends)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, SUBJECT, &worker, NULL);
    cr_assert_eq(keep_for(place_outside(rt), pid, note_call, "c"), 0);
    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
    story_wait(SUBJECT, "exit killed, c 2");
    cr_expect_eq(keep_for(place_outside(rt), pid, note_call, "d"), WEFT_ENOACTOR);
    story_finish(rt);
    story_is(SUBJECT, "exit killed, c 2");
}

TestOnWorkers(keeping, for_another_is_called_once_when_it_is_let_go)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, SUBJECT, &worker, NULL);
    cr_assert_eq(keep_for(place_outside(rt), pid, note_call, "c"), 0);
    cr_assert_eq(keep_end_for(place_outside(rt), pid, note_call, "c"), 0);
    story_wait(SUBJECT, "c -1");
    cr_assert_eq(keep_end_for(place_outside(rt), pid, note_call, "c"), 0);
    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
    story_wait(SUBJECT, "c -1, exit killed");
    story_finish(rt);
    story_is(SUBJECT, "c -1, exit killed");
}

static weft_next stopping(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    story_tell(SUBJECT, "waits");
    gate_pass(1);
    return weft_stop(self);
}

/* One worker, whose step waits: the request lies in the inbox when the actor ends. */
Test(keeping, for_one_that_ends_first_is_called_with_no_actor)
{
    static const weft_behavior slow = WEFT_STATELESS("slow", stopping);
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, SUBJECT, &slow, NULL);
    cr_assert_eq(weft_rt_cast_word(rt, pid, 1, 0), 0);
    story_wait(SUBJECT, "waits");
    cr_assert_eq(keep_for(place_outside(rt), pid, note_call, "c"), 0);
    gate_open(1);
    story_wait(SUBJECT, "waits, exit normal, c 7");
    story_finish(rt);
}
