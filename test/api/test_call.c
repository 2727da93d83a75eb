/* test_call.c: aim: a question has one answer: its receiver's, now or later or by another actor,
 * or a failure that says why there is none.
 * Method: an asker that awaits and an asker that goes on, against a callee that is told by the
 * question's tag what to do with it. */
#include "test/support/unit_story.h"

#include <stdatomic.h>

TestSuite(call, .timeout = 60);

static weft_runtime *rt;

/* What the callee does with a question. */
enum {
    NOW = 100, /* answers the word plus 1 */
    ERROR,     /* answers with an error */
    NEVER,     /* forgets it */
    LATER,     /* answers when it is told to, in its next message */
    KEEP,      /* keeps the right to answer for ever */
    STOP,      /* ends in the step */
    BREAK,
    FORWARD, /* hands it on to its friend */
    TWICE,
    BIG,      /* answers with five words */
    DO_ANSWER /* no question: answer what was kept */
};

struct callee {
    weft_pid friend;
    weft_due due;
    uint64_t word;
};

static weft_next serving(weft_self *self, void *state, weft_msg *msg)
{
    struct callee *c = state;
    uint64_t words[5] = {weft_word(msg), 2, 3, 4, 5};

    switch (weft_tag(msg)) {
    case NOW:
        weft_reply_word(self, msg, TELL, weft_word(msg) + 1);
        break;
    case ERROR:
        cr_expect_eq(weft_reply_error(self, msg, -17), 0);
        break;
    case LATER:
    case KEEP:
    case FORWARD:
        c->word = weft_word(msg);
        c->due = weft_reply_later(self, msg);
        cr_expect_neq(c->due, 0);
        cr_expect_not(weft_is_question(msg));
        cr_expect_eq(weft_reply_later(self, msg), 0, "there is one right");
        if (weft_tag(msg) == LATER)
            weft_cast_word(self, weft_self_pid(self), DO_ANSWER, 0);
        if (weft_tag(msg) == FORWARD)
            weft_hand_on(self, c->due, c->friend, weft_word_letter(NOW, c->word));
        break;
    case DO_ANSWER:
        cr_expect_eq(weft_answer_word(self, c->due, TELL, c->word + 1), 0);
        cr_expect_eq(weft_answer_word(self, c->due, TELL, 0), WEFT_EANSWERED);
        break;
    case STOP:
        return weft_stop(self);
    case BREAK:
        return weft_fail(self, 1, "on purpose");
    case TWICE:
        cr_expect_eq(weft_reply_word(self, msg, TELL, weft_word(msg) + 1), 0);
        cr_expect_eq(weft_reply_word(self, msg, TELL, 99), WEFT_EANSWERED);
        cr_expect_eq(weft_reply(self, msg, weft_signal(TELL)), WEFT_EANSWERED);
        break;
    case BIG:
        weft_reply(self, msg, weft_small(TELL, words, sizeof words));
        break;
    }
    return weft_stay(self);
}

static const weft_behavior callee =
    WEFT_BEHAVIOR("callee", struct callee, serving, .args_size = sizeof(struct callee));

struct asker {
    weft_pid to;
    uint32_t what;
    bool goes_on;
    uint64_t timeout, word;
    weft_question question;
};

static atomic_int failure;
static atomic_ulong answer, size;

static weft_next heard(weft_self *self, void *state, weft_msg *msg)
{
    size_t n;

    (void)state;
    atomic_store(&failure, weft_failure(msg));
    weft_payload(msg, &n);
    atomic_store(&size, n);
    atomic_store(&answer, weft_failure(msg) == 0 ? weft_word(msg) : 0);
    weft_exit(self, 0);
    return weft_stay(self);
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    struct asker *a = state;
    weft_letter letter = weft_word_letter(a->what, a->word);

    if (weft_tag(msg) != TELL || weft_msg_question(msg) != 0) {
        cr_expect_eq(weft_msg_question(msg), a->question);
        return heard(self, state, msg);
    }
    if (!a->goes_on)
        return weft_await(self, a->to, letter, a->timeout, heard);
    weft_ask(self, a->to, letter, a->timeout, &a->question);
    return weft_stay(self);
}

static const weft_behavior asker =
    WEFT_BEHAVIOR("asker", struct asker, asking, .args_size = sizeof(struct asker));

/* What becomes of one question: the failure, and the answer. */
static void ask(unsigned workers, bool goes_on, uint32_t what, uint64_t timeout,
                weft_pid to)
{
    struct asker a = {
        .to = to, .what = what, .goes_on = goes_on, .timeout = timeout, .word = 41};
    struct callee c = {.friend = WEFT_NOBODY};
    weft_pid pid, other;

    rt = story_start(workers);
    cr_assert_eq(weft_rt_spawn(rt, &callee, &c, &other), 0);
    c.friend = other;
    cr_assert_eq(weft_rt_spawn(rt, &callee, &c, &other), 0);
    if (to == WEFT_NOBODY)
        a.to = other;
    cr_assert_eq(weft_rt_spawn(rt, &asker, &a, &pid), 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 0), 0);
    weft_run(rt);
    cr_assert_eq(weft_finish(rt, WEFT_SEC(100)), 0);
}

static void expect(uint32_t what, uint64_t timeout, int code, uint64_t word)
{
    for (unsigned workers = 1; workers <= 2; workers++)
        for (int goes_on = 0; goes_on < 2; goes_on++) {
            ask(workers, goes_on, what, timeout, WEFT_NOBODY);
            cr_expect_eq(atomic_load(&failure), code, "%s instead of %s",
                         weft_strerror(atomic_load(&failure)), weft_strerror(code));
            cr_expect_eq(atomic_load(&answer), word);
        }
}

Test(call, is_answered_now)
{
    expect(NOW, WEFT_SEC(100), 0, 42);
    expect(NOW, WEFT_FOREVER, 0, 42);
}

Test(call, is_answered_with_all_sizes)
{
    expect(BIG, WEFT_SEC(100), 0, 41);
    cr_expect_eq(atomic_load(&size), 40);
}

Test(call, is_answered_with_an_error)
{
    expect(ERROR, WEFT_SEC(100), -17, 0);
}

Test(call, is_answered_later)
{
    expect(LATER, WEFT_SEC(100), 0, 42);
}

Test(call, is_answered_by_another_actor)
{
    expect(FORWARD, WEFT_SEC(100), 0, 42);
}

Test(call, is_answered_once)
{
    expect(TWICE, WEFT_SEC(100), 0, 42);
}

Test(call, that_is_forgotten_fails_at_once)
{
    expect(NEVER, WEFT_FOREVER, WEFT_ENOANSWER, 0);
}

Test(call, of_one_that_ends_in_the_step_fails_at_once)
{
    expect(STOP, WEFT_FOREVER, WEFT_EENDED, 0);
    expect(BREAK, WEFT_FOREVER, WEFT_EENDED, 0);
}

Test(call, that_is_not_answered_in_time_fails)
{
    expect(KEEP, WEFT_MS(20), WEFT_ETIMEDOUT, 0);
    expect(KEEP, 0, WEFT_ETIMEDOUT, 0);
}

/* --- bad input --- */

enum { AWAIT, AWAIT_WORD, AWAIT_END, AWAIT_START, RECEIVE, GO_ON, BECOME, WAYS };

static weft_next going_on_without_a_step(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid me = weft_self_pid(self);

    (void)state;
    switch (weft_word(msg)) {
    case AWAIT:
        return weft_await(self, me, weft_signal(TELL), WEFT_FOREVER, NULL);
    case AWAIT_WORD:
        return weft_await_word(self, me, TELL, 0, WEFT_FOREVER, NULL);
    case AWAIT_END:
        return weft_await_end(self, me, WEFT_FOREVER, NULL);
    case AWAIT_START:
        return weft_await_start(self, me, WEFT_FOREVER, NULL);
    case RECEIVE:
        return weft_receive(self, NULL, WEFT_FOREVER, NULL);
    case GO_ON:
        return weft_go_on(self, NULL, TELL, 0);
    default:
        return weft_become(self, NULL);
    }
}

static const weft_behavior lost = WEFT_STATELESS("lost", going_on_without_a_step);

Test(call, without_a_step_fails_the_actor)
{
    for (uint64_t way = 0; way < WAYS; way++) {
        weft_pid pid;

        rt = story_start(1);
        pid = story_spawn(rt, 0, &lost, NULL);
        cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, way), 0);
        story_wait(0, way == BECOME ? "exit failed -2001 in step: no step to become"
                                    : "exit failed -2001 in step: no step to go on with");
        story_finish(rt);
        story_clear();
    }
}
