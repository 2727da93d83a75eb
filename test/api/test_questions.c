/* test_questions.c: aim: what becomes of questions and answers in all the ways that a step can
 * go on with them: many at a time, twice, too late, sent on, in pieces; with blocks; and that
 * deadlines travel with them.
 * Method: an asker, and callees that do one thing each; blocks whose ends are counted. */
#include "test/support/unit_talk.h"

#include <stdatomic.h>
#include <string.h>

TestSuite(questions, .timeout = 60);

enum { ASK = 100, GO, ALL, NEXT };
enum { A, B, C, D, GATE = 1 };

static weft_runtime *rt;

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    return weft_await(self, t->other, weft_word_letter(ASK, weft_word(msg)), WEFT_SEC(60),
                      talker_tells);
}

Talker(asker, asking);
Talker(answerer, talker_answers);
Talker(keeper, talker_keeps);

/* A asks B, which behaves so, and which may ask C. */
static void start(unsigned workers, const weft_behavior *b, const weft_behavior *c)
{
    weft_pid other = WEFT_NOBODY;

    rt = story_start(workers);
    if (c != NULL)
        other = talker_spawn(rt, C, c, WEFT_NOBODY);
    other = talker_spawn(rt, B, b, other);
    cast_to(rt, talker_spawn(rt, A, &asker, other), ASK, 41);
}

/* --- many at a time --- */

enum { MANY = 3000 };

static weft_next asking_many(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    weft_question question;

    if (weft_msg_question(msg) != 0) {
        cr_expect_eq(weft_failure(msg), 0);
        t->word += weft_word(msg);
        if (++t->n == MANY)
            story_tell(t->who, "%u", (unsigned)t->word);
        return weft_stay(self);
    }
    for (unsigned i = 0; i < MANY; i++) {
        cr_expect_eq(weft_ask(self, t->other, weft_word_letter(ASK, i),
                              i % 2 == 0 ? WEFT_FOREVER : WEFT_SEC(60), &question),
                     0);
        cr_expect_neq(question, t->question);
        t->question = question;
    }
    return weft_stay(self);
}

Talker(many_asker, asking_many);

TestOnWorkers(questions, many_at_a_time)
{
    rt = story_start(workers);
    cast_to(rt,
            talker_spawn(rt, A, &many_asker, talker_spawn(rt, B, &answerer, WEFT_NOBODY)),
            GO, 0);
    story_wait(A, "4501500"); /* 1 + .. + 3000 */
    wait_until(story_stats(rt).handled == 1 + 2 * MANY);
    story_finish(rt);
}

/* Its own limit, and that of what another one owes, which stops then. */
static weft_next asking_all(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    weft_letter letter = weft_word_letter(ASK, 0);

    if (weft_msg_question(msg) != 0) {
        cr_expect_eq(weft_failure(msg), WEFT_EENDED);
        if (++t->n == WEFT_QUESTIONS_MAX)
            story_tell(t->who, "all failed");
        return weft_stay(self);
    }
    for (unsigned i = 0; i < WEFT_QUESTIONS_MAX; i++)
        cr_expect_eq(weft_ask(self, t->other, letter, WEFT_FOREVER, &t->question), 0);
    cr_expect_eq(weft_ask(self, t->other, letter, WEFT_FOREVER, &t->question),
                 WEFT_ELIMIT);
    cr_expect_eq(t->question, 0);
    return weft_stay(self);
}

static weft_next keeping_all(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) == END)
        return weft_stop(self);
    if (++t->n <= WEFT_QUESTIONS_MAX) {
        cr_expect_neq(weft_reply_later(self, msg), 0);
        if (t->n == WEFT_QUESTIONS_MAX)
            story_tell(t->who, "all");
        return weft_stay(self);
    }
    cr_expect_eq(weft_reply_later(self, msg), 0);
    cr_expect(weft_is_question(msg), "it is as open as before");
    return talker_answers(self, state, msg);
}

Talker(all_asker, asking_all);
Talker(all_keeper, keeping_all);

Test(questions, as_many_as_may_be)
{
    weft_pid other;

    rt = story_start(1);
    other = talker_spawn(rt, B, &all_keeper, WEFT_NOBODY);
    cast_to(rt, talker_spawn(rt, A, &all_asker, other), GO, 0);
    story_wait(B, "all");
    cast_to(rt, talker_spawn(rt, C, &asker, other), ASK,
            41); /* A has no room for one more */
    story_wait(C, "42");
    cast_to(rt, other, END, 0);
    story_wait(A, "all failed");
    cr_expect_eq(story_dead_letters(rt), 1);
    story_finish(rt);
}

/* --- twice, and too late --- */

static weft_next answering_twice(weft_self *self, void *state, weft_msg *msg)
{
    weft_due due;

    (void)state;
    due = weft_reply_later(self, msg);
    cr_expect_neq(due, 0);
    cr_expect_eq(weft_reply_word(self, msg, TELL, 1), WEFT_EANSWERED);
    cr_expect_eq(weft_reply_error(self, msg, -5), WEFT_EANSWERED);
    cr_expect_eq(weft_answer_error(self, due, 5), WEFT_EINVAL);
    cr_expect_eq(weft_answer_word(self, due + 1, TELL, 1), WEFT_EANSWERED);
    cr_expect_eq(weft_answer_word(self, due, TELL, 42), 0);
    cr_expect_eq(weft_answer_word(self, due, TELL, 43), WEFT_EANSWERED);
    cr_expect_eq(weft_answer_error(self, due, -5), WEFT_EANSWERED);
    cr_expect_eq(weft_hand_on(self, due, weft_self_pid(self), weft_signal(ASK)),
                 WEFT_EANSWERED);
    cr_expect_eq(weft_answer_word(self, 0, TELL, 43), WEFT_EANSWERED);
    story_tell(B, "did");
    return weft_stay(self);
}

Talker(twice, answering_twice);

TestOnWorkers(questions, are_answered_once)
{
    start(workers, &twice, NULL);
    story_wait(B, "did");
    story_wait(A, "42");
    wait_until(story_stats(rt).dead[WEFT_DEAD_LATE] == 7);
    cr_expect_eq(story_dead_letters(rt), 7);
    story_finish(rt);
}

/* Its word: the timeout. Asks, and stops when it is told so. */
static weft_next asking_for_a_while(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    if (weft_tag(msg) == END)
        return weft_stop(self);
    if (weft_tag(msg) == ASK) {
        cr_expect_eq(weft_ask(self, t->other, weft_word_letter(ASK, 5),
                              WEFT_MS(weft_word(msg)), NULL),
                     0);
        return weft_stay(self);
    }
    return talker_tells(self, state, msg);
}

static weft_next answering_late(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) == ASK)
        return talker_keeps(self, state, msg);
    story_tell(t->who, "%d", weft_answer_word(self, t->due, TELL, 42));
    cr_expect_eq(weft_answer_word(self, t->due, TELL, 42), WEFT_EANSWERED);
    return weft_stay(self);
}

Talker(patient, asking_for_a_while);
Talker(late, answering_late);

TestOnWorkers(questions, of_who_gave_up_are_answered_in_vain)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &late, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &patient, other);
    cast_to(rt, pid, ASK, 1);
    story_wait(A, "WEFT_ETIMEDOUT");
    story_wait(B, "keeps 5");
    cast_to(rt, other, GO, 0);
    wait_until(story_stats(rt).dead[WEFT_DEAD_LATE] == 2); /* and the second try */
    cr_expect_eq(story_dead_letters(rt), 2);
    story_finish(rt);
}

TestOnWorkers(questions, of_the_dead_are_answered_in_vain)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &late, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &patient, other);
    cast_to(rt, pid, ASK, 10000);
    story_wait(B, "keeps 5");
    cast_to(rt, pid, END, 0);
    wait_until(!weft_rt_alive(rt, pid));
    cast_to(rt, other, GO, 0);
    story_wait(B, "keeps 5, -2003");
    wait_until(story_stats(rt).dead[WEFT_DEAD_NO_ACTOR] == 1);
    story_finish(rt);
}

/* --- sent on --- */

static weft_next forwarding(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    cr_expect_eq(weft_forward(self, t->other, msg), 0);
    cr_expect_not(weft_is_question(msg));
    cr_expect_eq(weft_reply_word(self, msg, TELL, 1), WEFT_EANSWERED);
    return weft_stay(self);
}

static weft_next forwarding_to_nobody(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    cr_expect_eq(weft_forward(self, WEFT_NOBODY, msg), WEFT_ENOACTOR);
    cr_expect(weft_is_question(msg), "it is as open as before");
    return weft_stay(self);
}

static weft_next handing_on_to_nobody(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    cr_expect_eq(
        weft_hand_on(self, weft_reply_later(self, msg), WEFT_NOBODY, weft_signal(ASK)),
        WEFT_ENOACTOR);
    return weft_stay(self);
}

Talker(forwarder, forwarding);
Talker(lost_forwarder, forwarding_to_nobody);
Talker(lost_hander, handing_on_to_nobody);

TestOnWorkers(questions, that_are_forwarded_are_answered_by_the_last)
{
    start(workers, &forwarder, &answerer);
    story_wait(A, "42");
    story_finish(rt);
}

TestOnWorkers(questions, that_cannot_be_sent_on_fail)
{
    start(workers, &lost_forwarder, NULL);
    story_wait(A, "WEFT_ENOANSWER");
    story_finish(rt);
    story_clear();
    start(workers, &lost_hander, NULL);
    story_wait(A, "WEFT_ENOACTOR");
    story_finish(rt);
}

/* An answer that is sent on is a message like others: C asked nothing. */
static weft_next forwarding_the_answer(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_msg_question(msg) == 0) {
        cr_expect_eq(
            weft_ask(self, t->other, weft_word_letter(ASK, 41), WEFT_SEC(60), NULL), 0);
        return weft_stay(self);
    }
    cr_expect_eq(weft_reply_word(self, msg, TELL, 7), 0, "an answer may be replied to");
    cr_expect_eq(weft_reply_error(self, msg, -7), 0, "that is nothing");
    cr_expect_eq(weft_forward(self, (weft_pid)t->word, msg), 0);
    return weft_stay(self);
}

static weft_next answering_and_telling(weft_self *self, void *state, weft_msg *msg)
{
    return weft_is_question(msg) ? talker_answers(self, state, msg)
                                 : talker_tells(self, state, msg);
}

static weft_next telling_no_answer(weft_self *self, void *state, weft_msg *msg)
{
    cr_expect_eq(weft_msg_question(msg), 0, "it asked nothing");
    return talker_tells(self, state, msg);
}

Talker(innocent, telling_no_answer);
Talker(answer_forwarder, forwarding_the_answer);
Talker(answering_teller, answering_and_telling);

TestOnWorkers(questions, whose_answer_is_forwarded)
{
    struct talker args = {.who = A};

    rt = story_start(workers);
    args.other = talker_spawn(rt, B, &answering_teller, WEFT_NOBODY);
    args.word = talker_spawn(rt, C, &innocent, WEFT_NOBODY);
    cast_to(rt, story_spawn(rt, A, &answer_forwarder, &args), GO, 0);
    story_wait(C, "42");
    story_wait(B, "7");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

/* --- the step of an answer --- */

/* Yields once, becomes another step; its message is the same the second time. */
static weft_next told_in_pieces(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    cr_expect_eq(weft_msg_question(msg), 0, "it was not asked by weft_ask");
    talker_tell(t, msg);
    cr_expect_neq(weft_deadline_left(self), WEFT_FOREVER);
    if (t->n++ == 0) {
        weft_become(self, talker_tells);
        return weft_yield(self);
    }
    return weft_stay(self);
}

static weft_next asking_in_pieces(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    if (weft_tag(msg) != ASK)
        return talker_tells(self, state, msg);
    weft_deadline_set(self, WEFT_SEC(1000));
    return weft_await(self, t->other, weft_word_letter(ASK, weft_word(msg)), WEFT_SEC(60),
                      told_in_pieces);
}

Talker(piecemeal, asking_in_pieces);

TestOnWorkers(questions, whose_answers_step_yields_and_becomes)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &late, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &piecemeal, other);
    cast_to(rt, pid, ASK, 5);
    story_wait(B, "keeps 5");
    cast_to(rt, pid, ASK, 9); /* is told: the step is another one by then */
    cast_to(rt, other, GO, 0);
    story_wait(A, "42, 42, 9");
    story_finish(rt);
}

static weft_next answers_in_pieces(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_msg_question(msg) == 0) {
        cr_expect_eq(weft_ask(self, t->other, weft_word_letter(ASK, 41),
                              weft_tag(msg) == NEXT ? 0 : WEFT_FOREVER, &t->question),
                     0);
        return weft_stay(self);
    }
    cr_expect_eq(weft_msg_question(msg), t->question);
    talker_tell(t, msg);
    return ++t->n % 3 != 0 ? weft_yield(self) : weft_stay(self);
}

Talker(slow_hearer, answers_in_pieces);

TestOnWorkers(questions, whose_answer_is_handled_in_pieces)
{
    rt = story_start(workers);
    cast_to(
        rt,
        talker_spawn(rt, A, &slow_hearer, talker_spawn(rt, B, &answerer, WEFT_NOBODY)),
        GO, 0);
    story_wait(A, "42, 42, 42");
    cast_to(rt,
            talker_spawn(rt, C, &slow_hearer, talker_spawn(rt, D, &keeper, WEFT_NOBODY)),
            NEXT, 0);
    story_wait(C, "WEFT_ETIMEDOUT, WEFT_ETIMEDOUT, WEFT_ETIMEDOUT");
    wait_until(story_stats(rt).handled == 5); /* two words, two questions, one answer */
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

/* One after the other, each from the step of the last one's answer. */
static weft_next asked_again(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (++t->n == 100) {
        talker_tell(t, msg);
        return weft_stay(self);
    }
    return weft_await(self, t->other, weft_word_letter(ASK, weft_word(msg)), WEFT_SEC(60),
                      asked_again);
}

static weft_next chaining(weft_self *self, void *state, weft_msg *msg)
{
    return weft_tag(msg) == ASK ? asked_again(self, state, msg)
                                : talker_tells(self, state, msg);
}

Talker(chain, chaining);

TestOnWorkers(questions, in_a_chain)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &chain, talker_spawn(rt, B, &answerer, WEFT_NOBODY));
    cast_to(rt, pid, ASK, 0);
    cast_to(rt, pid, TELL, 7);
    story_wait(A, "99, 7");
    story_finish(rt);
}

/* --- with stop and kill --- */

TestOnWorkers(questions, hold_up_a_stop_and_not_a_kill)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &late, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &asker, other);
    cast_to(rt, pid, ASK, 5);
    story_wait(B, "keeps 5");
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    cast_to(rt, pid, TELL, 1);
    cast_to(rt, other, GO, 0);
    story_wait(A, "42, stop 1, exit stopped, destroy");
    pid = talker_spawn(rt, C, &asker, other);
    cast_to(rt, pid, ASK, 6);
    story_wait(B, "keeps 5, 0, keeps 6");
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
    story_wait(C, "exit killed, destroy");
    story_finish(rt);
}

/* --- not asked after all --- */

static atomic_int blocks;

static void block_destroy(void *object)
{
    cr_expect_eq(*(uint64_t *)object, 4711);
    atomic_fetch_sub(&blocks, 1);
}

static const weft_type block = {"block", ASK, 64, 8, 0, block_destroy};

static weft_letter new_block(uint64_t object[8])
{
    memset(object, 0, 64);
    object[0] = 4711;
    atomic_fetch_add(&blocks, 1);
    return weft_block(&block, object);
}

static weft_next not_asking(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;
    uint64_t object[8];

    weft_await(self, t->other, new_block(object), WEFT_SEC(60), talker_tells);
    switch (weft_tag(msg)) {
    case END:
        return weft_stop(self);
    case GO: /* asks another one */
        return weft_await(self, t->other, weft_word_letter(ASK, 41), WEFT_SEC(60),
                          talker_tells);
    default:
        story_tell(t->who, "stays");
        return weft_stay(self);
    }
}

Talker(waverer, not_asking);

TestOnWorkers(questions, that_are_not_asked_are_destroyed)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &waverer, talker_spawn(rt, B, &answerer, WEFT_NOBODY));
    cast_to(rt, pid, TELL, 0);
    story_wait(A, "stays");
    wait_until(atomic_load(&blocks) == 0);
    cast_to(rt, pid, GO, 0);
    story_wait(A, "stays, 42");
    wait_until(atomic_load(&blocks) == 0);
    cast_to(rt, pid, END, 0);
    wait_until(atomic_load(&blocks) == 0 && !weft_rt_alive(rt, pid));
    story_finish(rt);
}

/* --- blocks --- */

static weft_next asking_with_a_block(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;
    uint64_t object[8];

    if (weft_tag(msg) == ALL) {
        cr_expect_eq(weft_ask(self, t->other, new_block(object), WEFT_SEC(60), NULL), 0);
        return weft_stay(self);
    }
    return weft_await(self, t->other, new_block(object), WEFT_SEC(60), talker_tells);
}

/* Answers with a block, or with the one that came. */
static weft_next answering_with_a_block(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    uint64_t object[8];
    const uint64_t *seen = weft_see(msg, &block);

    cr_expect(seen != NULL && *seen == 4711);
    switch (t->n++ % 4) {
    case 0:
        cr_expect_eq(weft_reply(self, msg, new_block(object)), 0);
        cr_expect_eq(weft_reply(self, msg, new_block(object)), WEFT_EANSWERED);
        break;
    case 1:
        cr_expect_eq(weft_reply(self, msg, weft_take(self, msg)), 0);
        break;
    case 2:
        t->due = weft_reply_later(self, msg);
        cr_expect_eq(weft_answer(self, t->due, weft_take(self, msg)), 0);
        cr_expect_eq(weft_answer(self, t->due, new_block(object)), WEFT_EANSWERED);
        break;
    default:
        weft_reply_later(self, msg);
        return weft_stop(self);
    }
    return weft_stay(self);
}

Talker(block_asker, asking_with_a_block);
Talker(block_answerer, answering_with_a_block);

TestOnWorkers(questions, with_blocks_that_are_destroyed_once)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &block_answerer, WEFT_NOBODY);
    for (unsigned i = 0; i < 5; i++) {
        story_clear();
        pid = talker_spawn(rt, A, &block_asker, other);
        cast_to(rt, pid, GO, 0);
        story_wait(A, i < 3 ? "0" : i == 3 ? "WEFT_EENDED" : "WEFT_ENOACTOR");
        wait_until(atomic_load(&blocks) == 0);
    }
    story_finish(rt);
    cr_expect_eq(atomic_load(&blocks), 0);
}

/* --- deadlines --- */

/* Where a chain ends: is there a limit? */
static weft_next telling_limit(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;
    uint64_t left = weft_deadline_left(self);

    story_tell(t->who, left == WEFT_FOREVER    ? "none"
                       : left <= WEFT_SEC(60)  ? "short"
                       : left <= WEFT_SEC(600) ? "long"
                                               : "too long");
    return talker_answers(self, state, msg);
}

static weft_next passed_on(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    if (weft_failure(msg) != 0)
        weft_answer_error(self, t->due, weft_failure(msg));
    else
        weft_answer_word(self, t->due, TELL, weft_word(msg));
    return weft_stay(self);
}

/* Asks the next one, with a longer limit; the word says what else. */
static weft_next asking_the_next(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    uint64_t timeout = WEFT_SEC(600);

    t->due = weft_reply_later(self, msg);
    if (weft_word(msg) == 1)
        weft_deadline_set(self, WEFT_FOREVER);
    if (weft_word(msg) == 2)
        weft_deadline_set(self, WEFT_SEC(600));
    if (weft_word(msg) != 0)
        timeout = WEFT_FOREVER;
    return weft_await(self, t->other, weft_word_letter(ASK, 41), timeout, passed_on);
}

Talker(limit_teller, telling_limit);
Talker(between, asking_the_next);

static void test_deadline(unsigned workers, uint64_t word, const char *story)
{
    weft_pid last, pid;

    story_clear();
    rt = story_start(workers);
    last = talker_spawn(rt, C, &limit_teller, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &asker, talker_spawn(rt, B, &between, last));
    cast_to(rt, pid, ASK, word);
    story_wait(A, "42");
    story_is(C, story);
    story_finish(rt);
}

TestOnWorkers(questions, carry_their_deadline_along)
{
    test_deadline(workers, 0, "short");
    test_deadline(workers, 1, "none");
    test_deadline(workers, 2, "long");
}

/* A short one, of the first of three: all that wait are told, C keeps the question. */
static weft_next asking_shortly(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    return weft_await(self, t->other, weft_word_letter(ASK, weft_word(msg)), WEFT_MS(20),
                      talker_tells);
}

static weft_next telling_passed_on(weft_self *self, void *state, weft_msg *msg)
{
    talker_tell(state, msg);
    return passed_on(self, state, msg);
}

static weft_next asking_the_next_for_ever(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    t->due = weft_reply_later(self, msg);
    return weft_await(self, t->other, weft_word_letter(ASK, 3), WEFT_FOREVER,
                      telling_passed_on);
}

Talker(hasty, asking_shortly);
Talker(between_for_ever, asking_the_next_for_ever);

TestOnWorkers(questions, end_at_the_first_ones_deadline)
{
    weft_pid last;

    rt = story_start(workers);
    last = talker_spawn(rt, C, &keeper, WEFT_NOBODY);
    cast_to(rt, talker_spawn(rt, A, &hasty, talker_spawn(rt, B, &between_for_ever, last)),
            ASK, 1);
    story_wait(A, "WEFT_ETIMEDOUT");
    story_wait(B, "WEFT_ETIMEDOUT");
    story_finish(rt);
}

/* A deadline that a step sets is its own: not the next message's, nor another actor's. */
static weft_next setting_limit(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) == GO) {
        weft_deadline_set(self, WEFT_SEC(60));
        story_tell(t->who, weft_deadline_left(self) <= WEFT_SEC(60) ? "set" : "not set");
        if (weft_word(msg) != 0 && t->n++ == 0)
            return weft_yield(self);
        return weft_stay(self);
    }
    return telling_limit(self, state, msg);
}

static weft_next yielding_with_limit(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    (void)msg;
    if (t->n++ == 0)
        weft_deadline_set(self, WEFT_SEC(60));
    story_tell(t->who, weft_deadline_left(self) <= WEFT_SEC(60) ? "set" : "not set");
    return t->n < 3 ? weft_yield(self) : weft_stay(self);
}

Talker(limit_setter, setting_limit);
Talker(limit_yielder, yielding_with_limit);

TestOnWorkers(questions, deadline_is_of_one_step)
{
    weft_pid pid, other;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &limit_setter, WEFT_NOBODY);
    other = talker_spawn(rt, B, &limit_teller, WEFT_NOBODY);
    cast_to(rt, pid, GO, 0);
    cast_to(rt, pid, TELL, 0);
    cast_to(rt, other, TELL, 0);
    story_wait(A, "set, none");
    story_wait(B, "none");
    cast_to(rt, talker_spawn(rt, C, &limit_yielder, WEFT_NOBODY), GO, 0);
    story_wait(C, "set, set, set");
    cast_to(rt, other, TELL, 0);
    story_wait(B, "none, none");
    story_finish(rt);
}

static weft_next asking_very_long(weft_self *self, void *state, weft_msg *msg)
{
    static const uint64_t limits[] = {INT64_MAX, UINT64_MAX - 1, UINT64_MAX / 3,
                                      WEFT_SEC(1)};
    const struct talker *t = state;

    return weft_await(self, t->other, weft_word_letter(ASK, weft_word(msg)),
                      limits[weft_word(msg)], talker_tells);
}

Talker(very_patient, asking_very_long);

/* The short one is over, and so would the others be if they were taken for past. */
TestOnWorkers(questions, may_wait_for_centuries)
{
    weft_pid other;

    rt = story_start(workers);
    other = talker_spawn(rt, D, &keeper, WEFT_NOBODY);
    for (unsigned i = 0; i < 3; i++)
        cast_to(rt, talker_spawn(rt, i, &very_patient, other), ASK, i);
    cast_to(rt, talker_spawn(rt, 5, &hasty, other), ASK, 4);
    story_wait(5, "WEFT_ETIMEDOUT");
    for (unsigned i = 0; i < 3; i++)
        story_is(i, "");
    cr_assert_eq(weft_rt_kill_actor(rt, other), 0);
    for (unsigned i = 0; i < 3; i++)
        story_wait(i, "WEFT_EENDED");
    story_finish(rt);
}

/* Asked by a step that has lost its domain: others run while it is stuck. */
static weft_next asking_when_stuck(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) != ASK)
        return talker_tells(self, state, msg);
    story_tell(t->who, "stuck");
    gate_pass(GATE);
    if (weft_word(msg) == 0)
        return weft_await(self, t->other, weft_signal(ASK), WEFT_MS(2), talker_tells);
    cr_expect_eq(weft_ask(self, t->other, weft_signal(ASK), WEFT_MS(2), NULL), 0);
    return weft_stay(self);
}

Talker(stuck_asker, asking_when_stuck);

TestOnWorkers(questions, of_a_stuck_step_have_deadlines)
{
    for (unsigned goes_on = 0; goes_on < 2; goes_on++) {
        weft_options options;
        weft_pid other;

        story_clear();
        weft_options_init(&options);
        options.workers = workers;
        options.relief = 2;
        rt = story_start_with(&options);
        other = talker_spawn(rt, B, &keeper, WEFT_NOBODY);
        cast_to(rt, talker_spawn(rt, A, &stuck_asker, other), ASK, goes_on);
        story_wait(A, "stuck");
        cast_to(rt, other, GO, 1);
        story_wait(B, "keeps 1");
        gate_open(GATE);
        story_wait(A, "stuck, WEFT_ETIMEDOUT");
        story_finish(rt);
    }
}
