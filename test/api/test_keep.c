/* test_keep.c: aim: what an actor holds is released when it ends, once, whatever the reason,
 * behind its destroy and before anybody hears of the end; what it has let go is not.
 * Method: objects whose release is told; for each way to end one actor; a pipe whose closing
 * is seen from its other end. */
#include "test/support/unit_talk.h"

#include <stdio.h>
#include <unistd.h>

TestSuite(keep, .timeout = 60);

enum { HOLDER, WAITER };
enum { TAG_HOLD = TELL + 1, TAG_STOP, TAG_FAIL, TAG_LET_GO, TAG_MANY };
enum { MANY = 3000 };

static weft_runtime *rt;
static unsigned released;
static int watched_end; /* of a pipe */

static void tell_release(void *object)
{
    story_tell(HOLDER, "release %s", (const char *)object);
}

static void count_release(void *object)
{
    (void)object;
    released++;
}

static void hold_many(weft_self *self)
{
    for (unsigned i = 0; i < MANY; i++)
        cr_expect_eq(weft_keep(self, count_release, NULL, NULL), 0);
}

static weft_next holding(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    switch (weft_tag(msg)) {
    case TAG_HOLD:
        cr_expect_eq(weft_keep(self, tell_release, "a", &t->word), 0);
        story_tell(t->who, "holds");
        return weft_stay(self);
    case TAG_LET_GO:
        story_tell(t->who, "%d", weft_let_go(self, t->word));
        return weft_stay(self);
    case TAG_MANY:
        hold_many(self);
        return weft_stay(self);
    case TAG_FAIL:
        return weft_fail(self, 1, NULL);
    default:
        return weft_stop(self);
    }
}

Talker(holder, holding);

static weft_pid start_holder(unsigned workers)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, HOLDER, &holder, WEFT_NOBODY);
    cast_to(rt, pid, TAG_HOLD, 0);
    story_wait(HOLDER, "holds");
    return pid;
}

TestOnWorkers(keep, is_released_behind_destroy_however_the_actor_ends)
{
    static const char *const stories[] = {
        "holds, stop 0, exit normal, destroy, release a",
        "holds, stop 3, exit failed 1 in step: -, destroy, release a",
        "holds, stop 1, exit stopped, destroy, release a",
        "holds, exit killed, destroy, release a",
        "holds, stop 5, exit drained, destroy, release a",
    };

    for (unsigned how = 0; how < 5; how++) {
        weft_pid pid = start_holder(workers);

        if (how < 2)
            cast_to(rt, pid, how == 0 ? TAG_STOP : TAG_FAIL, 0);
        else
            cr_assert_eq(how == 2   ? weft_rt_stop_actor(rt, pid)
                         : how == 3 ? weft_rt_kill_actor(rt, pid)
                                    : weft_rt_drain_actor(rt, pid),
                         0);
        story_wait(HOLDER, stories[how]);
        story_finish(rt);
        story_is(HOLDER, stories[how]);
        story_clear();
    }
}

Test(keep, what_was_let_go_is_not_released)
{
    weft_pid pid = start_holder(1);
    char story[80];

    cast_to(rt, pid, TAG_LET_GO, 0);
    cast_to(rt, pid, TAG_LET_GO, 0);
    snprintf(story, sizeof story, "holds, 0, %d", WEFT_EINVAL);
    story_wait(HOLDER, story);
    story_finish(rt);
    snprintf(story, sizeof story, "holds, 0, %d, stop 4, exit shutdown, destroy",
             WEFT_EINVAL);
    story_is(HOLDER, story);
}

static weft_next failing_init(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    cr_expect_eq(weft_keep(self, tell_release, "a", NULL), 0);
    return weft_fail(self, 1, "no");
}

Test(keep, is_released_when_init_fails)
{
    static const weft_behavior failing =
        WEFT_BEHAVIOR("failing", struct talker, holding, .init = failing_init);

    rt = story_start(1);
    story_spawn(rt, HOLDER, &failing, NULL);
    story_wait(HOLDER, "exit failed 1 in init: no, release a");
    story_finish(rt);
}

static weft_next waiting(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    weft_down down;

    if (weft_down_get(msg, &down)) {
        story_tell(t->who, "down");
    } else {
        cr_expect_eq(weft_monitor(self, t->other, NULL), 0);
        story_tell(t->who, "watches");
    }
    return weft_stay(self);
}

Talker(waiter, waiting);

static void slow_release(void *object)
{
    (void)object;
    story_tell(WAITER, "released");
}

static weft_next holding_slowly(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    cr_expect_eq(weft_keep(self, slow_release, NULL, NULL), 0);
    gate_pass(1);
    return weft_stop(self);
}

TestOnWorkers(keep, comes_before_anybody_hears_of_the_end)
{
    static const weft_behavior slow = WEFT_STATELESS("slow", holding_slowly);
    weft_pid pid, other;

    rt = story_start(workers);
    pid = story_spawn(rt, HOLDER, &slow, NULL);
    other = talker_spawn(rt, WAITER, &waiter, pid);
    cast_to(rt, other, TELL, 0);
    story_wait(WAITER, "watches");
    cr_assert_eq(weft_rt_await_start(rt, pid, WEFT_FOREVER), 0); /* it knows of it */
    cast_to(rt, pid, TELL, 0);
    gate_open(1);
    cr_expect_eq(weft_rt_await_end(rt, pid, WEFT_FOREVER), 0);
    cr_expect_not_null(strstr(story_of(WAITER), "watches, released"));
    story_wait(WAITER, "watches, released, down");
    story_finish(rt);
}

static weft_next holding_fd(weft_self *self, void *state, weft_msg *msg)
{
    int ends[2];
    weft_kept kept;

    (void)state, (void)msg;
    cr_expect_eq(pipe(ends), 0);
    watched_end = ends[0];
    cr_expect_eq(weft_keep_fd(self, ends[1], &kept), 0);
    cr_expect_neq(kept, 0);
    return weft_stop(self);
}

Test(keep, descriptors_are_closed)
{
    static const weft_behavior fd = WEFT_STATELESS("fd", holding_fd);
    weft_pid pid;
    char byte;

    rt = story_start(1);
    pid = story_spawn(rt, HOLDER, &fd, NULL);
    cast_to(rt, pid, TELL, 0);
    story_wait(HOLDER, "exit normal");
    story_finish(rt);
    cr_expect_eq(read(watched_end, &byte, 1), 0, "the other end is still open");
    close(watched_end);
}

Test(keep, holds_thousands)
{
    weft_pid pid = start_holder(1);

    released = 0;
    cast_to(rt, pid, TAG_MANY, 0);
    cast_to(rt, pid, TAG_STOP, 0);
    story_wait(HOLDER, "holds, stop 0, exit normal, destroy, release a");
    story_finish(rt);
    cr_expect_eq(released, MANY);
}

static weft_next misusing(weft_self *self, void *state, weft_msg *msg)
{
    weft_kept kept = 1;

    (void)state, (void)msg;
    cr_expect_eq(weft_keep(self, NULL, "a", &kept), WEFT_EINVAL);
    cr_expect_eq(kept, 0);
    cr_expect_eq(weft_keep_fd(self, -1, &kept), WEFT_EINVAL);
    cr_expect_eq(weft_let_go(self, 0), WEFT_EINVAL);
    cr_expect_eq(weft_keep(self, tell_release, "b", &kept), 0);
    cr_expect_eq(weft_answer_word(self, kept, TELL, 0), WEFT_EANSWERED,
                 "what is kept is no debt");
    return weft_stop(self);
}

Test(keep, refuses_nonsense)
{
    static const weft_behavior misuse = WEFT_STATELESS("misuse", misusing);
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, HOLDER, &misuse, NULL);
    cast_to(rt, pid, TELL, 0);
    story_wait(HOLDER, "exit normal, release b");
    story_finish(rt);
}
