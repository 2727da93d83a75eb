/* test_kit_mock.c: aim: a mock does as its rules say, in the order that is promised, remembers
 * what it got, and loses nothing.
 * Method: a probe asks; without threads, and on two workers; blocks whose destructor counts. */
#include <weft/test.h>

#include <weft.h>

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

TestSuite(kit_mock, .timeout = 60);

enum { PRICE = 1, STOCK, OFFER };

static atomic_int destroyed;

static void parcel_done(void *object)
{
    (void)object;
    atomic_fetch_add(&destroyed, 1);
}

#define PARCEL_FIELDS(F) F(uint64_t, number)
WEFT_BLOCK(parcel, 40, PARCEL_FIELDS, parcel_done)

static weft_test *t;
static weft_probe *client;
static weft_mock *mock;

static void start(bool threads)
{
    weft_options runtime;
    weft_test_options options;

    weft_options_init(&runtime);
    runtime.workers = 2;
    weft_test_options_init(&options);
    options.runtime = threads ? &runtime : NULL;
    options.timeout_ns = WEFT_SEC(50);
    atomic_store(&destroyed, 0);
    cr_assert_eq(weft_test_start(&t, &options), 0);
    cr_assert_eq(weft_probe_open(t, "client", &client), 0);
    cr_assert_eq(weft_mock_open(t, "prices", &mock), 0);
}

static void finish(unsigned failures)
{
    cr_expect(weft_test_stop(t));
    cr_expect_eq(weft_test_failures(t), failures, "the last: %s", weft_test_failure(t));
    cr_expect_eq(weft_test_free(t), 0);
}

static void on(weft_match match, weft_act act)
{
    cr_assert_eq(weft_mock_on(mock, match, act), 0);
}

static weft_question ask(uint32_t tag, uint64_t word)
{
    weft_question q = 0;

    cr_assert_eq(
        weft_probe_ask(client, weft_mock_pid(mock), weft_word_letter(tag, word), &q), 0);
    return q;
}

static void is_told(uint64_t word)
{
    weft_msg *msg = weft_probe_expect(client, weft_match_any(), 0);

    cr_assert_not_null(msg, "%s", weft_test_failure(t));
    cr_expect_eq(weft_word(msg), word, "%llu", (unsigned long long)weft_word(msg));
}

#define TestEverywhere(name)          \
    static void name##_on(void);      \
    Test(kit_mock, name)              \
    {                                 \
        for (int i = 0; i < 2; i++) { \
            start(i == 1);            \
            name##_on();              \
        }                             \
    }                                 \
    static void name##_on(void)

/* --- rules --- */

TestEverywhere(scripts_come_first_and_then_the_latest_rule)
{
    on(weft_match_tag(PRICE), weft_act_word(OFFER, 1));
    on(weft_match_tag(PRICE), weft_act_word(OFFER, 2));
    on(weft_match_tag(PRICE), weft_act_times(2, weft_act_word(OFFER, 3)));
    on(weft_match_word(PRICE, 7), weft_act_times(1, weft_act_word(OFFER, 4)));
    on(weft_match_tag(PRICE), weft_act_times(1, weft_act_error(-5)));
    ask(PRICE, 7);
    is_told(3);
    ask(PRICE, 7);
    is_told(3);
    ask(PRICE, 7);
    is_told(4);
    ask(PRICE, 7);
    cr_expect_not_null(weft_probe_expect(client, weft_match_failure(-5), 0));
    ask(PRICE, 7);
    is_told(2);
    weft_mock_reset(mock);
    on(weft_match_any(), weft_act_word(OFFER, 9));
    ask(STOCK, 7);
    is_told(9);
    cr_expect_eq(weft_mock_calls(mock), 6);
    cr_expect(weft_test_expect_dead_letters(t, 0));
    finish(0);
}

TestEverywhere(what_it_got_is_in_its_probe_in_order)
{
    weft_probe *got = weft_mock_probe(mock);

    on(weft_match_tag(PRICE), weft_act_word(OFFER, 1));
    weft_probe_cast(client, weft_mock_pid(mock), weft_word_letter(STOCK, 5));
    ask(PRICE, 6);
    is_told(1);
    cr_expect_eq(weft_probe_count(got, weft_match_any()), 2,
                 "it is there before the answer");
    cr_expect_not_null(weft_probe_expect(
        got, weft_match_from(weft_match_word(STOCK, 5), weft_probe_pid(client)), 0));
    cr_expect_not_null(weft_probe_expect(got, weft_match_word(PRICE, 6), 0));
    cr_expect_null(weft_probe_expect(got, weft_match_any(), WEFT_MS(2)));
    cr_expect(strncmp(weft_test_failure(t), "probe \"prices\": expected", 24) == 0);
    finish(1);
}

TestEverywhere(a_question_without_a_rule_may_be_answered_by_hand)
{
    weft_msg *question;
    weft_question q = ask(PRICE, 6);

    question = weft_probe_expect(weft_mock_probe(mock), weft_match_tag(PRICE), 0);
    cr_assert_not_null(question);
    weft_probe_reply(weft_mock_probe(mock), question, weft_word_letter(OFFER, 8));
    cr_expect_eq(weft_word(weft_probe_expect(client, weft_match_answer(q), 0)), 8);
    finish(0);
}

TestEverywhere(calls_are_expected)
{
    for (uint64_t i = 0; i < 3; i++)
        weft_probe_cast(client, weft_mock_pid(mock), weft_word_letter(PRICE, i));
    cr_expect(weft_mock_expect_calls(mock, 3, 0));
    cr_expect_not(weft_mock_expect_calls(mock, 2, 0));
    cr_expect_str_eq(weft_test_failure(t), "mock \"prices\": expected 2 messages within "
                                           "50000 ms; there came 3");
    cr_expect_not(weft_mock_expect_calls(mock, 4, WEFT_MS(2)));
    finish(2);
}

/* --- answers --- */

TestEverywhere(a_block_is_shared_by_all_answers)
{
    struct parcel parcel = {7};
    const struct parcel *seen;

    on(weft_match_tag(PRICE), weft_act_reply(parcel_msg(&parcel)));
    on(weft_match_tag(STOCK), weft_act_reply(parcel_msg(&parcel)));
    for (int i = 0; i < 3; i++) {
        ask(PRICE, 0);
        seen = WEFT_PROBE_SEE(client, parcel, 0);
        cr_assert_not_null(seen, "%s", weft_test_failure(t));
        cr_expect_eq(seen->number, 7);
    }
    weft_probe_clear(client);
    cr_expect_eq(atomic_load(&destroyed), 0, "the rule still has it");
    finish(0);
    cr_expect_eq(atomic_load(&destroyed), 2, "one for each rule");
}

TestEverywhere(messages_that_are_no_questions_are_replied_to)
{
    on(weft_match_tag(PRICE), weft_act_word(OFFER, 3));
    on(weft_match_tag(STOCK), weft_act_error(-5));
    weft_probe_cast(client, weft_mock_pid(mock), weft_signal(STOCK));
    weft_probe_cast(client, weft_mock_pid(mock), weft_signal(PRICE));
    is_told(3);
    weft_rt_cast_word(weft_test_runtime(t), weft_mock_pid(mock), PRICE, 1);
    cr_expect(weft_mock_expect_calls(mock, 3, 0));
    cr_expect(weft_test_expect_dead_letters(t, 0), "nobody is told nothing");
    finish(0);
}

/* Of the first two questions only the second is answered as long as the test lasts. */
TestEverywhere(what_is_answered_later_holds_up_nobody)
{
    weft_question slow, quick;

    on(weft_match_tag(PRICE), weft_act_after(WEFT_SEC(1000), weft_act_word(OFFER, 1)));
    on(weft_match_tag(STOCK), weft_act_word(OFFER, 2));
    ask(PRICE, 0);
    quick = ask(STOCK, 0);
    cr_expect_not_null(weft_probe_expect(client, weft_match_answer(quick), 0));
    on(weft_match_tag(PRICE), weft_act_after(WEFT_MS(20), weft_act_word(OFFER, 1)));
    slow = ask(PRICE, 0);
    cr_expect_not_null(weft_probe_expect(client, weft_match_answer(slow), 0));
    on(weft_match_tag(PRICE), weft_act_after(WEFT_MS(2), weft_act_error(-5)));
    ask(PRICE, 0);
    cr_expect_not_null(weft_probe_expect(client, weft_match_failure(-5), 0));
    cr_expect(weft_test_expect_dead_letters(t, 0));
    cr_expect_eq(weft_mock_calls(mock), 4);
    finish(0);
}

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * WEFT_SEC(1) + (uint64_t)now.tv_nsec;
}

TestEverywhere(a_hurried_asker_does_not_make_it_sooner)
{
    uint64_t began = clock_ns();
    weft_port *port;
    weft_msg *msg;

    on(weft_match_any(), weft_act_after(WEFT_MS(20), weft_act_word(OFFER, 1)));
    cr_assert_eq(weft_port_open(weft_test_runtime(t), 0, &port), 0);
    cr_assert_eq(
        weft_port_ask(port, weft_mock_pid(mock), weft_signal(PRICE), WEFT_MS(1), NULL),
        0);
    cr_assert_eq(weft_port_wait(port, WEFT_SEC(50), &msg), 0);
    cr_expect_eq(weft_word(msg), 1);
    cr_expect_geq(clock_ns() - began, WEFT_MS(19),
                  "two clocks, which agree about so well");
    weft_msg_free(msg);
    weft_port_close(port);
    finish(0);
}

TestEverywhere(what_was_to_be_later_is_not_lost_at_the_end)
{
    struct parcel parcel = {7};

    on(weft_match_any(),
       weft_act_after(WEFT_SEC(1000), weft_act_reply(parcel_msg(&parcel))));
    ask(PRICE, 0);
    weft_probe_cast(client, weft_mock_pid(mock), weft_signal(PRICE));
    cr_expect(weft_mock_expect_calls(mock, 2, 0));
    weft_rt_stop_actor(weft_test_runtime(t), weft_mock_pid(mock));
    cr_expect_not_null(weft_probe_expect(client, weft_match_failure(WEFT_EENDED), 0));
    finish(0);
    cr_expect_eq(atomic_load(&destroyed), 1);
}

static void doubled(weft_self *self, void *context, weft_msg *msg)
{
    atomic_fetch_add((atomic_int *)context, 1);
    weft_reply_word(self, msg, OFFER, 2 * weft_word(msg));
}

TestEverywhere(a_function_answers)
{
    atomic_int calls = 0;

    on(weft_match_any(), weft_act_call(doubled, &calls));
    ask(PRICE, 21);
    is_told(42);
    cr_expect_eq(atomic_load(&calls), 1);
    cr_expect(weft_mock_expect_calls(mock, 1, 0));
    finish(0);
}

TestEverywhere(messages_are_forwarded_as_they_came)
{
    struct parcel parcel = {7};
    weft_probe *other;
    weft_msg *msg;

    cr_assert_eq(weft_probe_open(t, "other", &other), 0);
    on(weft_match_any(), weft_act_forward(weft_probe_pid(other)));
    ask(PRICE, 5);
    msg = weft_probe_expect(
        other, weft_match_from(weft_match_word(PRICE, 5), weft_probe_pid(client)), 0);
    cr_assert_not_null(msg, "%s", weft_test_failure(t));
    weft_probe_reply(other, msg, weft_word_letter(OFFER, 6));
    is_told(6);
    weft_probe_cast(client, weft_mock_pid(mock), parcel_msg(&parcel));
    cr_assert_not_null(WEFT_PROBE_SEE(other, parcel, 0));
    cr_expect_not_null(
        weft_probe_expect(weft_mock_probe(mock), weft_match_word(PRICE, 5), 0));
    cr_expect_not_null(
        weft_probe_expect(weft_mock_probe(mock), weft_match_tag(parcel_tag), 0));
    weft_probe_close(other);
    cr_expect_eq(atomic_load(&destroyed), 1);
    ask(PRICE, 5);
    cr_expect_not_null(weft_probe_expect(client, weft_match_failure(WEFT_ENOACTOR), 0));
    finish(0);
}

TestEverywhere(a_mock_ends_when_it_is_told_to)
{
    weft_pid first = weft_mock_pid(mock);

    on(weft_match_any(), weft_act_fail(6));
    ask(PRICE, 5);
    cr_expect_not_null(weft_probe_expect(client, weft_match_failure(WEFT_EENDED), 0));
    cr_expect(weft_test_expect_end(t, first, WEFT_EXIT_FAILED, 6, 0));
    cr_assert_eq(weft_mock_open(t, "second", &mock), 0);
    on(weft_match_any(), weft_act_stop());
    weft_probe_cast(client, weft_mock_pid(mock), weft_signal(PRICE));
    cr_expect(weft_test_expect_end(t, weft_mock_pid(mock), WEFT_EXIT_NORMAL, 0, 0));
    cr_expect_not_null(
        weft_probe_expect(weft_mock_probe(mock), weft_match_tag(PRICE), 0));
    finish(0);
}

Test(kit_mock, rules_that_make_no_sense_are_refused)
{
    start(false);
    cr_expect_eq(weft_mock_on(mock, weft_match_any(), weft_act_error(5)), WEFT_EINVAL);
    cr_expect_eq(
        weft_mock_on(mock, weft_match_any(), weft_act_after(WEFT_MS(1), weft_act_stop())),
        WEFT_EINVAL);
    cr_expect_eq(weft_mock_on(mock, weft_match_any(), weft_act_call(NULL, NULL)),
                 WEFT_EINVAL);
    cr_expect_eq(weft_mock_on(mock, weft_match_any(), weft_act_reply(weft_no_letter())),
                 WEFT_EINVAL);
    finish(0);
}
