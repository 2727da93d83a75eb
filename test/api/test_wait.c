/* test_wait.c: aim: waiting for a message of a kind, for another actor's beginning or end, for
 * one's own next turn; and what becomes of it when the actor is stopped, killed or drained.
 * Method: actors that tell what they see; held at a gate while their mail is arranged. */
#include "test/support/unit_talk.h"

#include <string.h>

TestSuite(wait, .timeout = 60);

enum { RECEIVE = 100, RECEIVE_ANY, HOLD, GO, ASK, BEGINS, ENDS, MORE };
enum { A, B, C, GATE = 1, GATE_2 };

static weft_runtime *rt;

static void kill(weft_pid pid)
{
    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
}

static void stop(weft_pid pid)
{
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
}

static void drain(weft_pid pid)
{
    cr_assert_eq(weft_rt_drain_actor(rt, pid), 0);
}

/* --- receive --- */

static bool is_hundred(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_failure(msg) == 0 && weft_word(msg) >= 100;
}

static weft_next got_one(weft_self *self, void *state, weft_msg *msg)
{
    story_tell(((struct talker *)state)->who, "got");
    return talker_tells(self, state, msg);
}

/* RECEIVE: its word is how long, in microseconds; 0: for ever. */
static weft_next receiving(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;
    uint64_t timeout = weft_word(msg) == 0 ? WEFT_FOREVER : WEFT_US(weft_word(msg));

    switch (weft_tag(msg)) {
    case RECEIVE:
        story_tell(t->who, "receives");
        return weft_receive(self, is_hundred, timeout, got_one);
    case RECEIVE_ANY:
        story_tell(t->who, "receives");
        return weft_receive(self, NULL, timeout, got_one);
    case HOLD:
        story_tell(t->who, "holds");
        gate_pass(GATE);
        return weft_stay(self);
    case END:
        return weft_stop(self);
    default:
        return talker_tells(self, state, msg);
    }
}

Talker(receiver, receiving);
Talker(answerer, talker_answers);
Talker(keeper, talker_keeps);

static weft_pid start_receiver(unsigned workers)
{
    rt = story_start(workers);
    return talker_spawn(rt, A, &receiver, WEFT_NOBODY);
}

TestOnWorkers(wait, for_one_of_those_to_come)
{
    weft_pid pid = start_receiver(workers);

    cast_to(rt, pid, RECEIVE, 0);
    story_wait(A, "receives");
    for (unsigned i = 1; i <= 3; i++)
        cast_to(rt, pid, TELL, i);
    cast_to(rt, pid, TELL, 100);
    cast_to(rt, pid, TELL, 4);
    cast_to(rt, pid, TELL, 101);
    story_wait(A, "receives, got, 100, 1, 2, 3, 4, 101");
    story_finish(rt);
}

/* Some lie behind the request in the ring, more come as it waits. */
TestOnWorkers(wait, for_one_of_those_in_the_ring)
{
    weft_pid pid = start_receiver(workers);

    cast_to(rt, pid, HOLD, 0);
    cast_to(rt, pid, TELL, 1);
    cast_to(rt, pid, RECEIVE, 0);
    cast_to(rt, pid, TELL, 2);
    cast_to(rt, pid, TELL, 100);
    cast_to(rt, pid, TELL, 3);
    cast_to(rt, pid, TELL, 102);
    gate_open(GATE);
    story_wait(A, "holds, 1, receives, got, 100, 2, 3, 102");
    story_finish(rt);
}

/* They lie in the actor's queue, for the first receive has put them there. */
TestOnWorkers(wait, for_one_of_those_in_the_queue)
{
    weft_pid pid = start_receiver(workers);

    cast_to(rt, pid, RECEIVE, 0);
    story_wait(A, "receives");
    cast_to(rt, pid, TELL, 1);
    cast_to(rt, pid, HOLD, 0);
    cast_to(rt, pid, TELL, 2);
    cast_to(rt, pid, RECEIVE, 0);
    cast_to(rt, pid, TELL, 3);
    cast_to(rt, pid, RECEIVE_ANY, 0);
    cast_to(rt, pid, TELL, 4);
    cast_to(rt, pid, TELL, 101);
    gate_open(GATE);
    story_wait(A, "receives, got, 101, 1, holds, 2, receives");
    cast_to(rt, pid, TELL, 5);
    cast_to(rt, pid, TELL, 102);
    story_wait(
        A, "receives, got, 101, 1, holds, 2, receives, got, 102, 3, receives, got, 4, "
           "5");
    story_finish(rt);
}

TestOnWorkers(wait, for_silence)
{
    weft_pid pid = start_receiver(workers);

    cast_to(rt, pid, RECEIVE_ANY, 1000);
    story_wait(A, "receives, got, WEFT_ETIMEDOUT");
    cast_to(rt, pid, RECEIVE, 1000);
    cast_to(rt, pid, TELL, 7);
    story_wait(A, "receives, got, WEFT_ETIMEDOUT, receives, got, WEFT_ETIMEDOUT, 7");
    cast_to(rt, pid, RECEIVE_ANY, 60000000);
    cast_to(rt, pid, TELL, 8);
    story_wait(A, "receives, got, WEFT_ETIMEDOUT, receives, got, WEFT_ETIMEDOUT, 7, "
                  "receives, got, 8");
    wait_until(story_stats(rt).handled == 5); /* failures are no messages */
    story_finish(rt);
}

/* Thousands that are not wanted, and those that are among them; in one order all the same. */
enum { MANY = 5000 };

static weft_next picking(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) == HOLD) {
        gate_pass(GATE);
        return weft_receive(self, is_hundred, WEFT_FOREVER, picking);
    }
    if (is_hundred(state, msg)) {
        cr_expect_eq(weft_word(msg), 100 + t->n);
        t->n++;
        return t->n < MANY ? weft_receive(self, is_hundred, WEFT_FOREVER, picking)
                           : weft_stay(self);
    }
    cr_expect_eq(weft_word(msg), t->word);
    cr_expect_eq(t->n, MANY);
    if (++t->word == 100)
        story_tell(t->who, "done");
    return weft_stay(self);
}

Talker(picker, picking);

TestOnWorkers(wait, for_many_among_some)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &picker, WEFT_NOBODY);
    cast_to(rt, pid, HOLD, 0);
    for (unsigned i = 0; i < MANY; i++) {
        if (i < 100)
            cast_to(rt, pid, TELL, i);
        cast_to(rt, pid, TELL, 100 + i);
    }
    gate_open(GATE);
    story_wait(A, "done");
    story_finish(rt);
}

/* --- receive, and questions --- */

static bool is_question(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_is_question(msg);
}

static bool is_answer(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_msg_question(msg) != 0;
}

static weft_next got_question(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    story_tell(t->who, weft_deadline_left(self) == WEFT_FOREVER ? "no limit" : "limit");
    return talker_answers(self, state, msg);
}

static weft_next receiving_questions(weft_self *self, void *state, weft_msg *msg)
{
    if (weft_tag(msg) != HOLD)
        return talker_tells(self, state, msg);
    if (weft_word(msg) != 0)
        gate_pass(GATE);
    return weft_receive(self, is_question, WEFT_FOREVER, got_question);
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    return weft_await(self, t->other, weft_word_letter(ASK, weft_word(msg)),
                      WEFT_SEC(100), talker_tells);
}

Talker(question_receiver, receiving_questions);
Talker(asker, asking);

/* A question that is received has its deadline, wherever it was found. */
TestOnWorkers(wait, for_a_question)
{
    for (unsigned held = 0; held < 2; held++) {
        weft_pid pid, other;

        story_clear();
        rt = story_start(workers);
        other = talker_spawn(rt, B, &question_receiver, WEFT_NOBODY);
        pid = talker_spawn(rt, A, &asker, other);
        cast_to(rt, other, HOLD, held);
        cast_to(rt, other, TELL, 5);
        cast_to(rt, pid, TELL, 41);
        gate_open(GATE);
        story_wait(A, "42");
        story_wait(B, "limit, 5");
        story_finish(rt);
    }
}

/* Asks, then receives the answer to that; its deadline is over in between, or not. */
static weft_next receiving_answers(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) == GO)
        return weft_receive(self, is_answer, WEFT_FOREVER, talker_tells);
    if (weft_tag(msg) != ASK)
        return talker_tells(self, state, msg);
    cr_expect_eq(weft_ask(self, t->other, weft_word_letter(ASK, 41),
                          WEFT_US(weft_word(msg)), &t->question),
                 0);
    return weft_receive(self, is_answer, WEFT_FOREVER, talker_tells);
}

Talker(answer_receiver, receiving_answers);

/* Asks with more and more time until the answer comes within it; in microseconds. */
static uint64_t answered_in_time(weft_pid pid)
{
    for (uint64_t us = 20000;; us *= 2) {
        cast_to(rt, pid, ASK, us);
        wait_until(story_of(A)[0] != 0);
        if (strcmp(story_of(A), "WEFT_ETIMEDOUT") != 0)
            return us;
        story_clear();
    }
}

TestOnWorkers(wait, for_an_answer_is_told_once)
{
    weft_pid pid;
    uint64_t us;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &answer_receiver,
                       talker_spawn(rt, B, &answerer, WEFT_NOBODY));
    us = answered_in_time(pid);
    story_wait(A, "42");
    /* its deadline comes, while another one is waited for */
    cast_to(rt, pid, RECEIVE_ANY, 0);
    story_wait(A, "42, 0");
    pid = talker_spawn(rt, C, &receiver, WEFT_NOBODY);
    cast_to(rt, pid, RECEIVE_ANY, 2 * us);
    story_wait(C, "receives, got, WEFT_ETIMEDOUT");
    story_is(A, "42, 0");
    story_finish(rt);
}

TestOnWorkers(wait, for_an_answer_that_does_not_come)
{
    weft_pid pid;

    rt = story_start(workers);
    pid =
        talker_spawn(rt, A, &answer_receiver, talker_spawn(rt, B, &keeper, WEFT_NOBODY));
    cast_to(rt, pid, ASK, 2000);
    story_wait(A, "WEFT_ETIMEDOUT");
    story_finish(rt);
}

/* --- receive, and ends --- */

TestOnWorkers(wait, for_a_message_is_ended_by_a_stop)
{
    weft_pid pid = start_receiver(workers);

    cast_to(rt, pid, RECEIVE, 0);
    story_wait(A, "receives");
    cast_to(rt, pid, TELL, 1);
    stop(pid);
    story_wait(A, "receives, stop 1, exit stopped, destroy");
    wait_until(story_dead_letters(rt) == 1);
    story_finish(rt);
}

TestOnWorkers(wait, for_a_message_is_ended_by_a_kill)
{
    weft_pid pid = start_receiver(workers);

    cast_to(rt, pid, RECEIVE, 0);
    story_wait(A, "receives");
    cast_to(rt, pid, TELL, 1);
    kill(pid);
    story_wait(A, "receives, exit killed, destroy");
    wait_until(story_dead_letters(rt) == 1);
    story_finish(rt);
}

TestOnWorkers(wait, for_a_message_is_ended_by_a_drain)
{
    weft_pid pid = start_receiver(workers);

    cast_to(rt, pid, RECEIVE, 0);
    story_wait(A, "receives");
    cast_to(rt, pid, TELL, 1);
    drain(pid);
    story_wait(A, "receives, stop 5, exit drained, destroy");
    wait_until(story_dead_letters(rt) == 1);
    story_finish(rt);
}

/* Asked to drain before it waits; what it wants is among the mail that it has, or is not. */
TestOnWorkers(wait, for_a_message_of_one_that_drains)
{
    for (unsigned wanted = 0; wanted < 2; wanted++) {
        weft_pid pid;

        story_clear();
        pid = start_receiver(workers);
        cast_to(rt, pid, RECEIVE, 0); /* so that there is a queue */
        story_wait(A, "receives");
        cast_to(rt, pid, HOLD, 0);
        cast_to(rt, pid, RECEIVE, 0);
        cast_to(rt, pid, TELL, 1);
        cast_to(rt, pid, TELL, 100);
        story_wait(A, "receives, got, 100, holds");
        if (wanted)
            cast_to(rt, pid, TELL, 101);
        drain(pid);
        gate_open(GATE);
        story_wait(A, wanted
                          ? "receives, got, 100, holds, receives, got, 101, 1, stop 5, "
                            "exit drained, destroy"
                          : "receives, got, 100, holds, receives, stop 5, exit drained, "
                            "destroy");
        story_finish(rt);
    }
}

/* It awaits an answer first; that all is done comes up meanwhile. */
static weft_next then_receives(weft_self *self, void *state, weft_msg *msg)
{
    talker_tell(state, msg);
    return weft_receive(self, is_hundred, WEFT_FOREVER, talker_tells);
}

static weft_next awaiting_first(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    (void)msg;
    return weft_await(self, t->other, weft_signal(ASK), WEFT_SEC(60), then_receives);
}

Talker(awaiter, awaiting_first);

TestOnWorkers(wait, for_a_message_behind_an_await_of_one_that_drains)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &keeper, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &awaiter, other);
    cast_to(rt, pid, GO, 0);
    story_wait(B, "keeps 0");
    drain(pid);
    wait_until(weft_rt_cast_word(rt, pid, TELL, 9) == WEFT_ENOACTOR);
    kill(other);
    story_wait(A, "WEFT_EENDED, stop 5, exit drained, destroy");
    story_finish(rt);
}

TestOnWorkers(wait, for_a_message_is_ended_by_a_shutdown)
{
    weft_pid pid = start_receiver(workers);

    cast_to(rt, pid, RECEIVE, 0);
    story_wait(A, "receives");
    cr_assert_eq(weft_stop_all(rt, WEFT_SEC(600)), 0);
    story_is(A, "receives, stop 4, exit shutdown, destroy");
    story_finish(rt);
}

/* --- go on --- */

static weft_next going_on(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    cr_expect_eq(weft_tag(msg), MORE);
    cr_expect_eq(weft_sender(msg), weft_self_pid(self));
    story_tell(t->who, "more %u", (unsigned)weft_word(msg));
    if (weft_word(msg) == 2 && t->n++ == 0)
        return weft_yield(self);
    return weft_word(msg) < 3 ? weft_go_on(self, going_on, MORE, weft_word(msg) + 1)
                              : weft_stay(self);
}

static weft_next beginning(weft_self *self, void *state, weft_msg *msg)
{
    if (weft_tag(msg) != GO)
        return talker_tells(self, state, msg);
    gate_pass(GATE);
    return weft_go_on(self, going_on, MORE, 0);
}

Talker(goer, beginning);

TestOnWorkers(wait, for_nothing_goes_before_mail)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &goer, WEFT_NOBODY);
    cast_to(rt, pid, GO, 0);
    cast_to(rt, pid, TELL, 7);
    gate_open(GATE);
    story_wait(A, "more 0, more 1, more 2, more 2, more 3, 7");
    wait_until(story_stats(rt).handled == 2); /* it is no message */
    story_finish(rt);
}

static weft_next going_on_for_ever(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_go_on(self, going_on_for_ever, MORE, 0);
}

Talker(runner, going_on_for_ever);

TestOnWorkers(wait, for_nothing_is_ended_by_a_stop)
{
    weft_pid pid, other;

    rt = story_start(workers);
    pid = talker_spawn(rt, A, &runner, WEFT_NOBODY);
    cast_to(rt, pid, GO, 0);
    other = talker_spawn(rt, B, &receiver, WEFT_NOBODY);
    cast_to(rt, other, TELL, 1); /* others have their turns */
    story_wait(B, "1");
    stop(pid);
    story_wait(A, "stop 1, exit stopped, destroy");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

/* --- the beginning and the end of others --- */

static weft_next awaiting_event(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    if (weft_tag(msg) == BEGINS)
        return weft_await_start(self, t->other, WEFT_SEC(60), talker_tells);
    return weft_await_end(self, t->other, WEFT_SEC(60), talker_tells);
}

Talker(watcher, awaiting_event);

static void test_end(unsigned workers, uint32_t tag, void (*end)(weft_pid),
                     const char *story)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &receiver, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &watcher, other);
    cast_to(rt, other, RECEIVE, 0); /* whatever it does, its end is noticed */
    story_wait(B, "receives");
    cast_to(rt, pid, ENDS, 0);
    cast_to(rt, pid, BEGINS, 0);
    for (unsigned i = 0; i < 3; i++) /* until it is sure that A waits */
        cast_to(rt, talker_spawn(rt, C, &receiver, WEFT_NOBODY), TELL, i);
    story_wait(C, "0, 1, 2");
    if (end != NULL)
        end(other);
    else
        cast_to(rt, other, tag, 100);
    story_wait(A, story);
    story_finish(rt);
}

/* C's words come behind A's await in its domain with one worker only. */
Test(wait, for_an_end_by_a_stop)
{
    test_end(1, 0, stop, "1, WEFT_ENOACTOR");
}

Test(wait, for_an_end_by_a_kill)
{
    test_end(1, 0, kill, "2, WEFT_ENOACTOR");
}

Test(wait, for_an_end_by_a_drain)
{
    test_end(1, 0, drain, "5, WEFT_ENOACTOR");
}

TestOnWorkers(wait, for_the_end_of_the_dead)
{
    weft_pid pid, other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &receiver, WEFT_NOBODY);
    kill(other);
    wait_until(!weft_rt_alive(rt, other));
    pid = talker_spawn(rt, A, &watcher, other);
    cast_to(rt, pid, ENDS, 0);
    cast_to(rt, pid, BEGINS, 0);
    story_wait(A, "WEFT_ENOACTOR, WEFT_ENOACTOR");
    story_finish(rt);
}

/* --- started --- */

static weft_next init(weft_self *self, void *state, const void *args)
{
    *(struct talker *)state = *(const struct talker *)args;
    if (((struct talker *)state)->word != 0)
        gate_pass((unsigned)((struct talker *)state)->word);
    story_tell(((struct talker *)state)->who, "init");
    if (((struct talker *)state)->n == 1)
        return weft_fail(self, 5, "as planned");
    if (((struct talker *)state)->n == 2)
        return weft_stop(self);
    return weft_stay(self);
}

static weft_next started_asked(weft_self *self, void *state, weft_msg *msg)
{
    talker_tell(state, msg);
    return weft_become(self, receiving);
}

static weft_next started(weft_self *self, void *state)
{
    struct talker *t = state;

    story_tell(t->who, "started");
    if (t->n == 3)
        return weft_fail(self, 6, "as planned");
    if (t->n == 4 && t->due++ < 2)
        return weft_yield(self);
    if (t->other == WEFT_NOBODY)
        return weft_stay(self);
    return weft_await(self, t->other, weft_word_letter(ASK, 41), WEFT_SEC(60),
                      started_asked);
}

Talker(starter, talker_tells, .init = init, .started = started);
Talker(starter_without_init, talker_tells, .started = started);

static weft_pid spawn_starter(const weft_behavior *behavior, weft_pid other, unsigned n,
                              unsigned gate)
{
    struct talker args = {.who = A, .other = other, .n = n, .word = gate};

    return story_spawn(rt, A, behavior, &args);
}

TestOnWorkers(wait, in_the_started_hook)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = spawn_starter(&starter, talker_spawn(rt, B, &answerer, WEFT_NOBODY), 0, GATE);
    cast_to(rt, pid, TELL, 1);
    cast_to(rt, pid, TELL, 2);
    gate_open(GATE);
    story_wait(A, "init, started, 42, 1, 2");
    story_finish(rt);
}

TestOnWorkers(wait, in_the_started_hook_without_an_init)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = spawn_starter(&starter_without_init,
                        talker_spawn(rt, B, &answerer, WEFT_NOBODY), 0, 0);
    cast_to(rt, pid, TELL, 1);
    story_wait(A, "started, 42, 1");
    story_finish(rt);
}

TestOnWorkers(wait, in_a_started_hook_that_yields)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = spawn_starter(&starter, WEFT_NOBODY, 4, 0);
    cast_to(rt, pid, TELL, 1);
    story_wait(A, "init, started, started, started, 1");
    wait_until(story_stats(rt).handled == 1);
    story_finish(rt);
}

TestOnWorkers(wait, in_a_started_hook_that_fails)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = spawn_starter(&starter, WEFT_NOBODY, 3, GATE);
    cast_to(rt, pid, TELL, 1);
    gate_open(GATE);
    story_wait(A, "init, started, stop 3, exit failed 6 in step: as planned, destroy");
    wait_until(story_dead_letters(rt) == 1);
    story_finish(rt);
}

static weft_pid answers_later;

static weft_next answering_starts(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) == BEGINS)
        return weft_await_start(self, answers_later, WEFT_SEC(60), talker_tells);
    t->due = weft_reply_later(self, msg);
    story_tell(t->who, "asked");
    return weft_stay(self);
}

Talker(start_answerer, answering_starts);

/* Init is over, though the actor waits: for him who waits for its start, even. */
TestOnWorkers(wait, for_a_start_that_is_over)
{
    weft_pid other;

    rt = story_start(workers);
    other = talker_spawn(rt, B, &start_answerer, WEFT_NOBODY);
    answers_later = spawn_starter(&starter, other, 0, 0);
    story_wait(B, "asked");
    cast_to(rt, other, BEGINS, 0);
    story_wait(B, "asked, 0");
    story_finish(rt);
}

static void test_start(unsigned workers, unsigned plan, const char *story)
{
    weft_pid other;

    rt = story_start(workers);
    other = spawn_starter(&starter, WEFT_NOBODY, plan, GATE);
    cast_to(rt, talker_spawn(rt, B, &watcher, other), BEGINS, 0);
    gate_open(GATE);
    story_wait(B, story);
    story_finish(rt);
}

/* With one worker the init waits until the test has opened the gate, and nobody runs before. */
TestOnWorkers(wait, for_a_start)
{
    test_start(workers, 0, "0");
}

static bool failed(void)
{
    return strcmp(story_of(B), "WEFT_EENDED") == 0 ||
           strcmp(story_of(B), "WEFT_ENOACTOR") == 0;
}

/* Unless the watcher looks only after the end. */
TestOnWorkers(wait, for_a_start_that_fails)
{
    for (unsigned plan = 1; plan <= 2; plan++) {
        story_clear();
        rt = story_start(workers);
        cast_to(rt,
                talker_spawn(rt, B, &watcher,
                             spawn_starter(&starter, WEFT_NOBODY, plan, GATE)),
                BEGINS, 0);
        gate_open(GATE);
        wait_until(failed());
        story_finish(rt);
    }
}
