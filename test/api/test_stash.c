/* test_stash.c: aim: what a step puts aside comes back when it is wanted, in its order, before
 * all that waits; and is somebody's all the time.
 * Method: an actor that puts everything aside until it is told to go, fed while it waits at a
 * gate, so that what waits with it is known. */
#include "test/support/unit_talk.h"

TestSuite(stash, .timeout = 60);

enum { GO = 100, GO_AND_STASH, GO_AND_RECEIVE, GO_AND_AWAIT, HOLD, ASK, LAST };
enum { A, B, GATE = 1 };

static weft_runtime *rt;

static bool is_odd(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_word(msg) % 2 == 1;
}

static weft_next putting_aside(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    switch (weft_tag(msg)) {
    case GO:
        weft_unstash(self);
        return weft_become(self, talker_tells);
    case GO_AND_STASH:
        weft_unstash(self);
        weft_become(self, talker_tells);
        return weft_stash(self);
    case GO_AND_RECEIVE:
        weft_unstash(self);
        weft_become(self, talker_tells);
        return weft_receive(self, is_odd, WEFT_SEC(100), talker_tells);
    case GO_AND_AWAIT:
        weft_unstash(self);
        weft_become(self, talker_tells);
        return weft_await(self, t->other, weft_word_letter(ASK, 70), WEFT_SEC(100),
                          talker_tells);
    case HOLD:
        gate_pass(GATE);
        return weft_stay(self);
    default:
        return weft_stash(self);
    }
}

Talker(stasher, putting_aside);
Talker(small_stasher, putting_aside, .stash_max = 2);
Talker(answerer, talker_answers);

/* Three are put aside, then `tag` comes, then three more; they lie in the actor's queue together. */
static void test_order(unsigned workers, uint32_t tag, const char *story)
{
    weft_pid other, pid;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &answerer, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &stasher, other);
    cast_to(rt, pid, HOLD, 0);
    for (unsigned i = 1; i <= 3; i++)
        cast_to(rt, pid, TELL, 2 * i + (i == 2));
    cast_to(rt, pid, tag, 8);
    for (unsigned i = 1; i <= 3; i++)
        cast_to(rt, pid, TELL, 10 * i);
    gate_open(GATE);
    story_wait(A, story);
    story_finish(rt);
}

TestOnWorkers(stash, comes_back_in_order_before_what_waits)
{
    test_order(workers, GO, "2, 5, 6, 10, 20, 30");
}

/* What a step puts aside that wants the stash back is put aside behind it. */
TestOnWorkers(stash, of_the_step_that_unstashes_stays)
{
    test_order(workers, GO_AND_STASH, "2, 5, 6, 10, 20, 30");
}

TestOnWorkers(stash, is_looked_through_by_a_receive)
{
    test_order(workers, GO_AND_RECEIVE, "5, 2, 6, 10, 20, 30");
}

TestOnWorkers(stash, waits_behind_an_await)
{
    test_order(workers, GO_AND_AWAIT, "71, 2, 5, 6, 10, 20, 30");
}

TestOnWorkers(stash, of_more_than_it_may_hold_is_dead)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &small_stasher, WEFT_NOBODY);
    for (unsigned i = 1; i <= 5; i++)
        cast_to(rt, pid, TELL, i);
    cast_to(rt, pid, GO, 0);
    story_wait(A, "1, 2");
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_STASH_FULL], 3);
    cr_expect_eq(story_dead_letters(rt), 3);
    wait_until(story_stats(rt).handled == 3);
    story_finish(rt);
    cr_expect(true);
}

/* --- questions --- */

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    return weft_await(self, t->other, weft_word_letter(TELL, weft_word(msg)),
                      WEFT_FOREVER, talker_tells);
}

Talker(asker, asking);

static weft_next answering_all(weft_self *self, void *state, weft_msg *msg)
{
    return weft_is_question(msg) ? talker_answers(self, state, msg)
                                 : talker_tells(self, state, msg);
}

static weft_next putting_questions_aside(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    if (weft_tag(msg) == GO) {
        weft_unstash(self);
        return weft_become(self, answering_all);
    }
    if (weft_tag(msg) == END)
        return weft_stop(self);
    story_tell(t->who, "aside %u", (unsigned)weft_word(msg));
    return weft_stash(self);
}

Talker(later, putting_questions_aside);
Talker(never, putting_questions_aside, .stash_max = 1);

TestOnWorkers(stash, keeps_questions_open)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, B, &later, WEFT_NOBODY);
    cast_to(rt, talker_spawn(rt, A, &asker, pid), TELL, 41);
    story_wait(B, "aside 41");
    cast_to(rt, pid, GO, 0);
    story_wait(A, "42");
    story_finish(rt);
}

TestOnWorkers(stash, that_is_full_fails_questions)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, B, &never, WEFT_NOBODY);
    cast_to(rt, pid, TELL, 1);
    story_wait(B, "aside 1");
    cast_to(rt, talker_spawn(rt, A, &asker, pid), TELL, 41);
    story_wait(A, "WEFT_ELIMIT");
    story_finish(rt);
}

static void test_end(unsigned workers, bool kill)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, B, &later, WEFT_NOBODY);
    cast_to(rt, talker_spawn(rt, A, &asker, pid), TELL, 41);
    story_wait(B, "aside 41");
    cast_to(rt, pid, TELL, 1);
    story_wait(B, "aside 41, aside 1");
    if (kill)
        cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
    else
        cast_to(rt, pid, END, 0);
    story_wait(A, "WEFT_EENDED");
    wait_until(story_stats(rt).dead[WEFT_DEAD_ENDED] == 2);
    cr_expect_eq(story_dead_letters(rt), 2);
    story_finish(rt);
}

TestOnWorkers(stash, is_dead_when_its_actor_stops)
{
    test_end(workers, false);
}

TestOnWorkers(stash, is_dead_when_its_actor_is_killed)
{
    test_end(workers, true);
}

/* --- answers --- */

static weft_next asking_and_going_on(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_msg_question(msg) != 0) {
        cr_expect_eq(weft_msg_question(msg), t->question);
        if (t->n++ == 0) {
            story_tell(t->who, "aside");
            return weft_stash(self);
        }
        return talker_tells(self, state, msg);
    }
    if (weft_tag(msg) == GO) {
        weft_unstash(self);
        return weft_stay(self);
    }
    cr_expect_eq(weft_ask(self, t->other, weft_word_letter(TELL, weft_word(msg)),
                          weft_word(msg) == 0 ? 0 : WEFT_FOREVER, &t->question),
                 0);
    return weft_stay(self);
}

Talker(patient, asking_and_going_on);
Talker(keeper, talker_keeps);

TestOnWorkers(stash, holds_answers)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &patient, talker_spawn(rt, B, &answerer, WEFT_NOBODY));
    cast_to(rt, pid, TELL, 41);
    story_wait(A, "aside");
    cast_to(rt, pid, GO, 0);
    story_wait(A, "aside, 42");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

TestOnWorkers(stash, holds_failures)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &patient, talker_spawn(rt, B, &keeper, WEFT_NOBODY));
    cast_to(rt, pid, TELL, 0);
    story_wait(A, "aside");
    cast_to(rt, pid, GO, 0);
    story_wait(A, "aside, WEFT_ETIMEDOUT");
    wait_until(story_stats(rt).handled == 3); /* two words and the question: no failure */
    story_finish(rt);
}
