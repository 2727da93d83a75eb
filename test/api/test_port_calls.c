/* test_port_calls.c: aim: a port asks and answers like an actor: each question has one outcome,
 * nothing is answered twice, and what is sent on keeps its sender and what it carries.
 * Method: on two workers and on none; an actor that is asked, one that asks; blocks whose
 * destructor counts. */
#include <weft.h>

#include <criterion/criterion.h>
#include <stdatomic.h>

TestSuite(port_calls, .timeout = 60);

enum { ECHO = 1, FORGET, ASK_FOR_ME, GOT, FAILED };

static weft_runtime *rt;
static weft_port *port;
static atomic_int destroyed;

static void thing_done(void *object)
{
    (void)object;
    atomic_fetch_add(&destroyed, 1);
}

/* So large that it comes from the allocator, where leaks are looked for. */
#define THING_FIELDS(F) F(uint64_t, number) F(uint64_t, more[1000])
WEFT_BLOCK(thing, 20, THING_FIELDS, thing_done)

/* --- actors --- */

struct server {
    weft_pid client;
};

/* The outcome of a question goes to who had ordered it. */
static weft_next got(weft_self *self, void *state, weft_msg *answer)
{
    const struct server *s = state;
    int failure = weft_failure(answer);

    weft_cast_word(self, s->client, failure != 0 ? FAILED : GOT,
                   failure != 0 ? (uint64_t)-failure : weft_word(answer));
    return weft_stay(self);
}

static weft_next serving(weft_self *self, void *state, weft_msg *msg)
{
    struct server *s = state;

    switch (weft_tag(msg)) {
    case ECHO:
        weft_reply_word(self, msg, ECHO, weft_word(msg));
        break;
    case ASK_FOR_ME:
        s->client = weft_sender(msg);
        return weft_await_word(self, s->client, ECHO, weft_word(msg), WEFT_SEC(100), got);
    case thing_tag:
        weft_reply(self, msg, weft_take(self, msg));
        break;
    }
    return weft_stay(self);
}

static const weft_behavior server = WEFT_BEHAVIOR("server", struct server, serving);

/* --- the test's side --- */

static weft_pid set_up(bool threads)
{
    weft_options options;
    weft_pid pid;

    weft_options_init(&options);
    options.threadless = !threads;
    options.workers = threads ? 2 : 0;
    atomic_store(&destroyed, 0);
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_assert_eq(weft_port_open(rt, 0, &port), 0);
    cr_assert_eq(weft_rt_spawn(rt, &server, NULL, &pid), 0);
    return pid;
}

static uint64_t dead(void)
{
    weft_stats stats;
    uint64_t n = 0;

    weft_stats_read(rt, &stats);
    for (int i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        n += stats.dead[i];
    return n;
}

static void tear_down(uint64_t dead_letters)
{
    cr_expect_eq(weft_stop_all(rt, WEFT_SEC(100)), 0);
    cr_expect_eq(dead(), dead_letters);
    weft_port_close(port);
    cr_expect_eq(weft_finish(rt, WEFT_SEC(100)), 0);
}

static weft_msg *next(uint32_t tag)
{
    weft_msg *msg = NULL;

    cr_assert_eq(weft_port_wait(port, WEFT_SEC(100), &msg), 0);
    cr_assert_eq(weft_tag(msg), tag);
    return msg;
}

static void next_is(uint32_t tag, uint64_t word)
{
    weft_msg *msg = next(tag);

    cr_expect_eq(weft_word(msg), word);
    weft_msg_free(msg);
}

#define TestEverywhere(name, dead_letters) \
    static void name##_on(weft_pid pid);   \
    Test(port_calls, name)                 \
    {                                      \
        for (int i = 0; i < 2; i++) {      \
            name##_on(set_up(i == 1));     \
            tear_down(dead_letters);       \
        }                                  \
    }                                      \
    static void name##_on(weft_pid pid)

TestEverywhere(a_question_is_answered_by_mail, 0)
{
    weft_question q[2];
    weft_msg *msg;

    for (uint64_t i = 0; i < 2; i++)
        cr_assert_eq(
            weft_port_ask(port, pid, weft_word_letter(ECHO, i), WEFT_SEC(100), &q[i]), 0);
    cr_expect_neq(q[0], q[1]);
    for (uint64_t i = 0; i < 2; i++) {
        msg = next(ECHO);
        cr_expect_eq(weft_msg_question(msg), q[i]);
        cr_expect_eq(weft_word(msg), i);
        cr_expect_eq(weft_sender(msg), pid);
        weft_msg_free(msg);
    }
}

TestEverywhere(a_question_fails_by_mail, 0)
{
    weft_question q;
    weft_msg *msg;

    cr_assert_eq(weft_port_ask(port, pid, weft_signal(FORGET), WEFT_FOREVER, &q), 0);
    msg = next(WEFT_TAG_FAILURE);
    cr_expect_eq(weft_failure(msg), WEFT_ENOANSWER);
    cr_expect_eq(weft_msg_question(msg), q);
    weft_msg_free(msg);
    cr_assert_eq(weft_port_ask(port, pid, weft_signal(FORGET), 0, NULL), 0);
    weft_msg_free(next(WEFT_TAG_FAILURE));
}

TestEverywhere(what_cannot_be_asked_has_no_question, 1)
{
    struct thing thing = {.number = 7};
    weft_question q = 5;

    cr_expect_eq(weft_rt_stop_and_wait(rt, pid, WEFT_SEC(100)), 0);
    cr_expect_eq(weft_port_ask(port, pid, thing_msg(&thing), WEFT_SEC(1), &q),
                 WEFT_ENOACTOR);
    cr_expect_eq(q, 0);
    cr_expect_eq(atomic_load(&destroyed), 1);
}

TestEverywhere(what_was_tried_comes_back, 0)
{
    struct thing thing = {.number = 7};

    cr_assert_eq(weft_port_try_cast(port, pid, weft_word_letter(ECHO, 3)), 0);
    next_is(ECHO, 3);
    cr_expect_eq(weft_rt_stop_and_wait(rt, pid, WEFT_SEC(100)), 0);
    cr_expect_eq(weft_port_try_cast(port, pid, thing_msg(&thing)), WEFT_ENOACTOR);
    cr_expect_eq(atomic_load(&destroyed), 0);
}

TestEverywhere(an_actor_is_answered_once, 1)
{
    weft_msg *question;

    cr_assert_eq(weft_port_cast(port, pid, weft_word_letter(ASK_FOR_ME, 4)), 0);
    question = next(ECHO);
    cr_expect(weft_is_question(question));
    cr_expect_eq(weft_port_reply(port, question, weft_word_letter(ECHO, 44)), 0);
    cr_expect_not(weft_is_question(question));
    cr_expect_eq(weft_port_reply(port, question, weft_word_letter(ECHO, 45)),
                 WEFT_EANSWERED);
    cr_expect_eq(weft_port_reply_error(port, question, 5), WEFT_EINVAL);
    weft_msg_free(question);
    next_is(GOT, 44);
}

TestEverywhere(an_actor_is_told_an_error_or_that_it_was_forgotten, 0)
{
    weft_msg *question;

    cr_assert_eq(weft_port_cast(port, pid, weft_word_letter(ASK_FOR_ME, 4)), 0);
    question = next(ECHO);
    cr_expect_eq(weft_port_reply_error(port, question, -5), 0);
    weft_msg_free(question);
    next_is(FAILED, 5);
    cr_assert_eq(weft_port_cast(port, pid, weft_word_letter(ASK_FOR_ME, 4)), 0);
    weft_msg_free(next(ECHO));
    next_is(FAILED, (uint64_t)-WEFT_ENOANSWER);
}

TestEverywhere(a_message_is_replied_to, 0)
{
    weft_port *other;
    weft_msg *msg;

    (void)pid;
    cr_assert_eq(weft_port_open(rt, 0, &other), 0);
    cr_assert_eq(weft_port_cast(other, weft_port_pid(port), weft_signal(FORGET)), 0);
    msg = next(FORGET);
    cr_expect_eq(weft_port_reply_error(port, msg, -5), 0, "no question: nothing is sent");
    cr_expect_eq(weft_port_reply(port, msg, weft_word_letter(GOT, 9)), 0);
    weft_msg_free(msg);
    cr_assert_eq(weft_port_wait(other, WEFT_SEC(100), &msg), 0);
    cr_expect_eq(weft_word(msg), 9);
    cr_expect_eq(weft_sender(msg), weft_port_pid(port));
    weft_msg_free(msg);
    weft_port_close(other);
}

/* The echo of a block comes back to the first sender, by way of the port. */
TestEverywhere(a_message_is_sent_on_as_it_came, 0)
{
    struct thing thing = {.number = 7};
    weft_port *first;
    weft_msg *msg;

    cr_assert_eq(weft_port_open(rt, 0, &first), 0);
    cr_assert_eq(
        weft_port_ask(first, weft_port_pid(port), thing_msg(&thing), WEFT_FOREVER, NULL),
        0);
    msg = next(thing_tag);
    cr_expect_eq(weft_port_forward(port, pid, msg), 0);
    cr_expect_null(thing_see(msg));
    cr_expect_not(weft_is_question(msg));
    weft_msg_free(msg);
    cr_assert_eq(weft_port_wait(first, WEFT_SEC(100), &msg), 0);
    cr_assert_not_null(thing_see(msg));
    cr_expect_eq(thing_see(msg)->number, 7);
    cr_expect_eq(weft_msg_question(msg), 1);
    cr_expect_eq(atomic_load(&destroyed), 0);
    weft_msg_free(msg);
    cr_expect_eq(atomic_load(&destroyed), 1);
    weft_port_close(first);
}

TestEverywhere(an_answer_is_sent_on_as_a_message, 0)
{
    weft_port *other;
    weft_msg *msg;

    cr_assert_eq(weft_port_open(rt, 0, &other), 0);
    cr_assert_eq(weft_port_ask(port, pid, weft_word_letter(ECHO, 6), WEFT_FOREVER, NULL),
                 0);
    msg = next(ECHO);
    cr_expect_eq(weft_port_forward(port, weft_port_pid(other), msg), 0);
    weft_msg_free(msg);
    cr_assert_eq(weft_port_wait(other, WEFT_SEC(100), &msg), 0);
    cr_expect_eq(weft_word(msg), 6);
    cr_expect_eq(weft_msg_question(msg), 0);
    weft_msg_free(msg);
    weft_port_close(other);
}

TestEverywhere(what_cannot_be_sent_on_stays, 1)
{
    struct thing thing = {.number = 7};
    weft_msg *msg;

    cr_expect_eq(weft_rt_stop_and_wait(rt, pid, WEFT_SEC(100)), 0);
    cr_assert_eq(weft_port_cast(port, weft_port_pid(port), thing_msg(&thing)), 0);
    msg = next(thing_tag);
    cr_expect_eq(weft_port_forward(port, pid, msg), WEFT_ENOACTOR);
    cr_assert_not_null(thing_see(msg));
    weft_msg_free(msg);
    cr_expect_eq(atomic_load(&destroyed), 1);
}
