/* test_failing.c: aim: an actor may fail at any depth below a step or hook; what it held is
 * released, its question is failed, the others go on and nothing is counted twice; a behaviour
 * may let it go on.
 * Method: actors that fail deep down, in each place where code of theirs runs, on workers, in
 * a threadless runtime, on a thread of their own, and in a step that has lost its domain. */
#include "test/support/unit_talk.h"

#include <string.h>

TestSuite(failing, .timeout = 60);

enum { A, B };
enum {
    TAG_DEEP = TELL + 1,
    TAG_ASK,
    TAG_NEXT,
    TAG_NONSENSE,
    TAG_STUCK,
    TAG_AWAIT,
    TAG_LATER
};

static weft_runtime *rt;

static void release(void *object)
{
    story_tell(A, "release %s", (const char *)object);
}

static volatile bool failing = true; /* always */

static void __attribute__((noinline)) deep(weft_self *self, int depth)
{
    volatile char room[64];

    room[0] = (char)depth;
    if (depth == 0 && failing)
        weft_fail_now(self, 42, "deep");
    if (depth > 0)
        deep(self, depth - 1);
    room[1] = room[0]; /* no tail call */
}

static weft_next failing_answer(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    story_tell(t->who, "heard %u", (unsigned)weft_word(msg));
    deep(self, 5);
    return weft_stay(self);
}

static weft_next step(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    switch (weft_tag(msg)) {
    case TAG_DEEP:
        cr_expect_eq(weft_keep(self, release, "a", NULL), 0);
        weft_cast_word(self, t->other, TELL, 7); /* goes out */
        deep(self, 10);
        return weft_stay(self);
    case TAG_ASK:
        deep(self, 1);
        return weft_stay(self);
    case TAG_NONSENSE:
        return 77;
    case TAG_STUCK:
        story_tell(t->who, "stuck");
        gate_pass(1);
        deep(self, 1);
        return weft_stay(self);
    case TAG_AWAIT:
        return weft_await_word(self, t->other, TELL, 1, WEFT_FOREVER, failing_answer);
    case TAG_LATER:
        return weft_go_on(self, failing_answer, TELL, 3);
    default:
        return talker_tells(self, t, msg);
    }
}

Talker(deep_actor, step);

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) != TAG_ASK)
        return talker_answers(self, state, msg);
    return weft_await_word(self, t->other, TAG_ASK, 0, WEFT_FOREVER, talker_tells);
}

Talker(asker, asking);

#define DEEP "stop 3, exit failed 42 in step: deep, destroy"

TestOnWorkers(failing, at_any_depth_below_a_step)
{
    weft_pid pid, other;
    weft_stats stats;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &deep_actor, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &deep_actor, other);
    for (unsigned i = 0; i < 3; i++)
        cast_to(rt, pid, TELL, i);
    cast_to(rt, pid, TAG_DEEP, 0);
    weft_rt_cast_word(rt, pid, TELL, 9); /* dead, here or there */
    story_wait(A, "0, 1, 2, " DEEP ", release a");
    story_wait(B, "7");
    wait_until(story_dead_letters(rt) == 1);
    stats = story_stats(rt);
    cr_expect_eq(stats.handled, 5);
    story_finish(rt);
}

/* Each turn is counted once, also of those that came before it in the same batch. */
Test(failing, is_counted_as_any_other_turn)
{
    enum { MANY = 100 };
    weft_stats stats;

    rt = story_start(1);
    for (unsigned i = 0; i < MANY; i++) {
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, &deep_actor, NULL, &pid), 0);
        cast_to(rt, pid, TELL, 1);
        cast_to(rt, pid, TELL, 1);
        cast_to(rt, pid, TAG_ASK, 1);
    }
    do
        weft_stats_read(rt, &stats);
    while (stats.ended < MANY);
    cr_expect_eq(stats.handled, 3 * MANY);
    story_finish(rt);
}

TestOnWorkers(failing, fails_the_question_it_was_asked)
{
    weft_pid pid, other;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &deep_actor, WEFT_NOBODY);
    other = talker_spawn(rt, B, &asker, pid);
    cast_to(rt, other, TAG_ASK, 0);
    story_wait(A, DEEP);
    story_wait(B, "WEFT_EENDED");
    story_finish(rt);
}

TestOnWorkers(failing, in_the_step_of_an_answer)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &asker, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &deep_actor, other);
    cast_to(rt, pid, TAG_AWAIT, 0);
    story_wait(A, "heard 2, " DEEP);
    story_finish(rt);
}

TestOnWorkers(failing, in_a_step_without_mail)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &deep_actor, WEFT_NOBODY);
    cast_to(rt, pid, TAG_LATER, 0);
    story_wait(A, "heard 3, " DEEP);
    story_finish(rt);
}

/* A neighbour's mail has the stuck step's domain taken away. */
Test(failing, in_a_step_that_has_lost_its_domain)
{
    weft_pid pid, other;
    weft_stats stats;

    rt = story_start(2);
    other = talker_spawn(rt, B, &asker, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &deep_actor, other);
    for (unsigned i = 0; i < 3; i++)
        cast_to(rt, pid, TELL, i);
    cast_to(rt, pid, TAG_STUCK, 0);
    story_wait(A, "0, 1, 2, stuck");
    do {
        cast_to(rt, other, TELL, 0);
        weft_stats_read(rt, &stats);
    } while (stats.rescues == 0);
    gate_open(1);
    story_wait(A, "0, 1, 2, stuck, " DEEP);
    story_finish(rt);
}

Test(failing, on_a_thread_of_its_own)
{
    static const weft_behavior own = WEFT_BEHAVIOR(
        "own", struct talker, step, .stop = talker_stop, .destroy = talker_destroy,
        .args_size = sizeof(struct talker), .own_thread = true);
    weft_pid pid;

    rt = story_start(1);
    pid = talker_spawn(rt, A, &own, WEFT_NOBODY);
    cast_to(rt, pid, TELL, 1);
    cast_to(rt, pid, TAG_ASK, 0);
    story_wait(A, "1, " DEEP);
    story_finish(rt);
}

Test(failing, in_a_threadless_runtime)
{
    weft_options options;
    weft_pid pid;

    weft_options_init(&options);
    options.threadless = true;
    rt = story_start_with(&options);
    pid = talker_spawn(rt, A, &deep_actor, WEFT_NOBODY);
    cast_to(rt, pid, TELL, 1);
    cast_to(rt, pid, TAG_ASK, 0);
    for (unsigned i = 0; i < 10; i++)
        weft_run_once(rt, 100);
    story_is(A, "1, " DEEP);
    story_finish(rt);
}

/* --- in hooks --- */

static weft_next failing_init(weft_self *self, void *state, const void *args)
{
    *(struct talker *)state = *(const struct talker *)args;
    deep(self, 3);
    return weft_stay(self);
}

static weft_next failing_started(weft_self *self, void *state)
{
    (void)state;
    deep(self, 3);
    return weft_stay(self);
}

static bool failing_stays(weft_self *self, void *state)
{
    (void)state;
    deep(self, 3);
    return true;
}

static void failing_stop(weft_self *self, void *state, const weft_reason *reason)
{
    story_tell(((struct talker *)state)->who, "stop %d", (int)reason->exit);
    deep(self, 3);
}

#define Failer(name_, ...)                                      \
    static const weft_behavior name_ =                          \
        WEFT_BEHAVIOR(#name_, struct talker, step, __VA_ARGS__, \
                      .destroy = talker_destroy, .args_size = sizeof(struct talker))

Failer(in_init, .init = failing_init);
Failer(in_started, .started = failing_started);
Failer(in_stays, .stays = failing_stays);
Failer(in_stop, .stop = failing_stop);

TestOnWorkers(failing, in_init)
{
    rt = story_start(workers);
    talker_spawn(rt, A, &in_init, WEFT_NOBODY);
    story_wait(A, "exit failed 42 in init: deep, destroy");
    story_finish(rt);
}

TestOnWorkers(failing, in_started)
{
    rt = story_start(workers);
    talker_spawn(rt, A, &in_started, WEFT_NOBODY);
    story_wait(A, "exit failed 42 in step: deep, destroy");
    story_finish(rt);
}

TestOnWorkers(failing, in_stays)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &in_stays, WEFT_NOBODY);
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(A, "exit failed 42 in step: deep, destroy");
    story_finish(rt);
}

TestOnWorkers(failing, in_stop_keeps_the_reason)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &in_stop, WEFT_NOBODY);
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(A, "stop 1, exit stopped, destroy");
    story_finish(rt);
}

/* --- going on --- */

static weft_next other_step(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    story_tell(t->who, "other %u", (unsigned)weft_word(msg));
    return weft_stay(self);
}

static weft_next going_on(weft_self *self, void *state, const weft_reason *reason)
{
    struct talker *t = state;

    story_tell(t->who, "failed %d %s", reason->code, reason->behavior);
    switch (t->word) {
    case 0:
        return weft_stay(self);
    case 1:
        return weft_become(self, other_step);
    case 2:
        return weft_stop(self);
    case 3:
        return weft_fail(self, 6, "again");
    case 4:
        return 99;
    default:
        deep(self, 2);
        return weft_stay(self);
    }
}

Failer(survivor, .stop = talker_stop, .failed = going_on);

static weft_pid start_survivor(unsigned workers, uint64_t how)
{
    struct talker args = talker_of(A, WEFT_NOBODY);

    args.word = how;
    rt = story_start(workers);
    return story_spawn(rt, A, &survivor, &args);
}

TestOnWorkers(failing, and_going_on)
{
    weft_pid pid = start_survivor(workers, 0), other = talker_spawn(rt, B, &asker, pid);

    for (uint64_t i = 0; i < 3; i++)
        cast_to(rt, pid, i % 2 == 0 ? TAG_ASK : TELL, i);
    cast_to(rt, pid, TAG_LATER, 0);
    cast_to(rt, pid, TELL, 5);
    cast_to(rt, pid, TAG_NONSENSE, 0);
    story_wait(A,
               "failed 42 survivor, 1, failed 42 survivor, heard 3, failed 42 survivor, "
               "5, failed -2001 survivor");
    cast_to(rt, other, TAG_ASK, 0);
    story_wait(B, "WEFT_EENDED");
    cr_expect(weft_rt_alive(rt, pid));
    story_finish(rt);
}

TestOnWorkers(failing, and_what_the_hook_returns)
{
    static const char *const stories[] = {
        "failed 42 survivor, 5",
        "failed 42 survivor, other 5",
        "failed 42 survivor, stop 0, exit normal, destroy",
        "failed 42 survivor, stop 3, exit failed 6 in step: again, destroy",
        ("failed 42 survivor, stop 3, exit failed -2001 in step: a step or init returned "
         "what is no weft_next, destroy"),
        "failed 42 survivor, stop 3, exit failed 42 in step: deep, destroy"};

    for (uint64_t how = 0; how < 6; how++) {
        weft_pid pid = start_survivor(workers, how);

        cast_to(rt, pid, TAG_ASK, 0);
        if (how < 2)
            cast_to(rt, pid, TELL, 5);
        story_wait(A, stories[how]);
        story_finish(rt);
        story_clear();
    }
}

/* A queue of its own is served on behind a failure in the middle of it. */
Test(failing, and_going_on_with_a_long_queue)
{
    enum { MANY = 300 };
    static const weft_behavior bounded =
        WEFT_BEHAVIOR("bounded", struct talker, step, .args_size = sizeof(struct talker),
                      .mailbox_max = 1000, .failed = going_on);
    struct talker args = talker_of(A, WEFT_NOBODY);
    weft_stats stats;
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, A, &bounded, &args);
    for (uint64_t i = 0; i < MANY; i++)
        cast_to(rt, pid, TAG_ASK, i);
    do
        weft_stats_read(rt, &stats);
    while (stats.handled < MANY);
    cr_expect_eq(stats.handled, MANY);
    story_finish(rt);
}
