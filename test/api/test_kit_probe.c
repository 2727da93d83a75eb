/* test_kit_probe.c: aim: a probe gives out the messages that are meant, keeps the others in
 * order, answers, and fails with a text that says what came instead.
 * Method: probes that write to each other, and an actor that asks; without threads, where the
 * texts are exact and nothing is waited for, and on two workers. */
#include <weft/test.h>

#include <weft.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(kit_probe, .timeout = 60);

enum { ONE = 1, TWO, THREE, ASK, GOT, FAILED };

#define POINT_FIELDS(F) F(int32_t, x) F(int32_t, y) F(int32_t, z)
WEFT_MESSAGE(point, 30, POINT_FIELDS)

#define LINE_FIELDS(F) F(uint64_t, at[9])
WEFT_BLOCK(line, 31, LINE_FIELDS, NULL)

static weft_test *t;
static weft_probe *a, *b;

static void start(bool threads)
{
    weft_options runtime;
    weft_test_options options;

    weft_options_init(&runtime);
    runtime.workers = 2;
    weft_test_options_init(&options);
    options.runtime = threads ? &runtime : NULL;
    options.timeout_ns = WEFT_SEC(50);
    cr_assert_eq(weft_test_start(&t, &options), 0);
    cr_assert_eq(weft_probe_open(t, "a", &a), 0);
    cr_assert_eq(weft_probe_open(t, "b", &b), 0);
}

static void finish(unsigned failures)
{
    cr_expect(weft_test_stop(t));
    cr_expect_eq(weft_test_failures(t), failures, "the last: %s", weft_test_failure(t));
    cr_expect_eq(weft_test_free(t), 0);
}

static void send(uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_probe_cast(a, weft_probe_pid(b), weft_word_letter(tag, word)), 0);
}

/* %s in the text is a's pid. */
static void said(const char *format)
{
    char text[512], name[WEFT_PID_TEXT], *pid = weft_pid_text(weft_probe_pid(a), name);

    snprintf(text, sizeof text, format, pid, pid, pid, pid);
    cr_expect_str_eq(weft_test_failure(t), text);
}

#define expects(tag, word_)                                           \
    do {                                                              \
        weft_msg *msg = weft_probe_expect(b, weft_match_tag(tag), 0); \
                                                                      \
        cr_assert_not_null(msg, "%s", weft_test_failure(t));          \
        cr_expect_eq(weft_word(msg), word_);                          \
    } while (0)

/* --- what is meant --- */

static bool is_even(void *context, const weft_msg *msg)
{
    *(int *)context += 1;
    return weft_word(msg) % 2 == 0;
}

Test(kit_probe, matches_mean_what_they_say)
{
    const struct line line = {{4}};
    weft_match type = weft_match_type(&point_type), block = weft_match_type(&line_type),
               word = weft_match_word(ONE, 3),
               even = weft_match_if(is_even, &(int){0}, "an even word"),
               from = weft_match_from(weft_match_any(), 77), any = weft_match_any(),
               failure = weft_match_failure(0);
    weft_msg *msg;

    start(false);
    send(ONE, 3);
    msg = weft_probe_expect(b, weft_match_any(), 0);
    cr_expect(weft_matches(&any, msg) && weft_matches(&word, msg));
    cr_expect_not(weft_matches(&type, msg) || weft_matches(&block, msg) ||
                  weft_matches(&even, msg) || weft_matches(&from, msg) ||
                  weft_matches(&failure, msg));
    from.from = weft_probe_pid(a);
    cr_expect(weft_matches(&from, msg));
    weft_probe_cast(a, weft_probe_pid(b), point_msg(1, 2, 3));
    msg = weft_probe_expect(b, weft_match_any(), 0);
    cr_expect(weft_matches(&type, msg));
    cr_expect_not(weft_matches(&block, msg));
    weft_probe_cast(a, weft_probe_pid(b), line_msg(&line));
    msg = weft_probe_expect(b, weft_match_any(), 0);
    cr_expect(weft_matches(&block, msg) && weft_matches(&even, msg));
    cr_expect_not(weft_matches(&type, msg) || weft_matches(&word, msg));
    finish(0);
}

/* --- expecting, finding --- */

static void the_next_has_to_be_the_meant_one(bool threads)
{
    start(threads);
    send(ONE, 1);
    send(TWO, 2);
    cr_expect_null(weft_probe_expect(b, weft_match_word(TWO, 2), 0));
    said("probe \"b\": expected the next message to be tag 2, word 2 within 50000 ms; "
         "there "
         "came: tag 1, word 1, from %s; tag 2, word 2, from %s");
    expects(ONE, 1);
    expects(TWO, 2);
    finish(1);
}

Test(kit_probe, the_next_has_to_be_the_meant_one)
{
    the_next_has_to_be_the_meant_one(false);
}

Test(kit_probe, the_next_has_to_be_the_meant_one_on_two_workers)
{
    the_next_has_to_be_the_meant_one(true);
}

Test(kit_probe, others_stay_in_order_when_one_is_found)
{
    start(false);
    for (uint32_t i = ONE; i <= THREE; i++)
        send(i, i);
    send(ONE, 4);
    cr_expect_not_null(weft_probe_find(b, weft_match_tag(THREE), 0));
    cr_expect_eq(weft_word(weft_probe_find(b, weft_match_word(ONE, 4), 0)), 4);
    send(THREE, 5);
    cr_expect_eq(weft_probe_count(b, weft_match_any()), 3);
    cr_expect_eq(weft_probe_count(b, weft_match_tag(THREE)), 1);
    cr_expect_null(weft_probe_find(b, weft_match_failure(WEFT_ENOMEM), 0));
    said("probe \"b\": expected a failure, WEFT_ENOMEM within 50000 ms; there came: tag "
         "1, "
         "word 1, from %s; tag 2, word 2, from %s; tag 3, word 5, from %s");
    expects(ONE, 1);
    expects(TWO, 2);
    expects(THREE, 5);
    finish(1);
}

Test(kit_probe, nothing_is_a_failure_at_once_if_nothing_can_come)
{
    start(false);
    cr_expect_null(weft_probe_expect(
        b, weft_match_from(weft_match_any(), weft_probe_pid(a)), WEFT_FOREVER));
    said("probe \"b\": expected the next message to be any message from %s ever; nothing "
         "came, and no actor can run");
    finish(1);
}

Test(kit_probe, nothing_in_time_is_a_failure)
{
    start(true);
    cr_expect_null(weft_probe_expect(b, weft_match_type(&point_type), WEFT_MS(2)));
    said(
        "probe \"b\": expected the next message to be \"point\" with tag 30 and 12 bytes "
        "within 2 ms; nothing came");
    finish(1);
}

Test(kit_probe, more_than_can_be_shown_is_counted)
{
    start(false);
    for (uint64_t i = 0; i < 6; i++)
        weft_probe_cast(a, weft_probe_pid(b), weft_signal(ONE));
    cr_expect_null(weft_probe_find(b, weft_match_tag(TWO), 0));
    said("probe \"b\": expected tag 2 within 50000 ms; there came: tag 1, from %s; tag "
         "1, "
         "from %s; tag 1, from %s; tag 1, from %s; and 2 more");
    finish(1);
}

Test(kit_probe, declared_types_come_out)
{
    const struct line line = {{4, 5}}, *seen;
    struct point point = {0};

    start(false);
    weft_probe_cast(a, weft_probe_pid(b), point_msg(1, 2, 3));
    weft_probe_cast(a, weft_probe_pid(b), line_msg(&line));
    cr_expect_null(WEFT_PROBE_SEE(b, line, 0));
    cr_expect(WEFT_PROBE_GET(b, point, &point, 0));
    cr_expect_eq(point.z, 3);
    cr_expect_not(WEFT_PROBE_GET(b, point, &point, 0));
    said(
        "probe \"b\": expected the next message to be \"point\" with tag 30 and 12 bytes "
        "within 50000 ms; there came: \"line\" with tag 31 and 72 bytes, from %s");
    seen = WEFT_PROBE_SEE(b, line, 0);
    cr_assert_not_null(seen);
    cr_expect_eq(seen->at[1], 5);
    finish(2);
}

/* --- nothing, and what is ignored --- */

static void none_means_none(bool threads)
{
    start(threads);
    cr_expect(weft_probe_expect_none(b, weft_match_any(), 0));
    send(ONE, 1);
    cr_expect(weft_probe_expect_none(b, weft_match_tag(TWO), WEFT_MS(2)));
    cr_expect_not(weft_probe_expect_none(b, weft_match_tag(ONE), 0));
    said("probe \"b\": expected none of: tag 1 by now; there came: tag 1, word 1, from "
         "%s");
    expects(ONE, 1);
    cr_expect(weft_probe_expect_none(b, weft_match_any(), WEFT_MS(2)));
    finish(1);
}

Test(kit_probe, none_means_none)
{
    none_means_none(false);
}

Test(kit_probe, none_means_none_on_two_workers)
{
    none_means_none(true);
}

Test(kit_probe, what_is_ignored_is_not_there)
{
    int asked = 0;

    start(false);
    for (uint64_t i = 1; i <= 4; i++)
        send(ONE, i);
    cr_expect_eq(weft_probe_count(b, weft_match_any()), 4);
    cr_assert_eq(weft_probe_ignore(b, weft_match_if(is_even, &asked, NULL)), 0);
    cr_assert_eq(weft_probe_ignore(b, weft_match_tag(TWO)), 0);
    cr_expect_eq(asked, 4);
    send(TWO, 5);
    send(ONE, 6);
    send(ONE, 7);
    expects(ONE, 1);
    expects(ONE, 3);
    expects(ONE, 7);
    weft_probe_heed(b);
    send(TWO, 8);
    expects(TWO, 8);
    finish(0);
}

Test(kit_probe, a_closed_probe_is_nobody)
{
    weft_pid pid;

    start(false);
    pid = weft_probe_pid(b);
    send(ONE, 1);
    weft_probe_close(b);
    cr_expect_eq(weft_probe_cast(a, pid, weft_signal(ONE)), WEFT_ENOACTOR);
    cr_expect(weft_test_expect_dead_letters(t, 1), "not the one that it had got");
    finish(0);
}

/* --- questions --- */

struct asker {
    weft_pid whom, client; /* the args */
};

static weft_next got(weft_self *self, void *state, weft_msg *answer)
{
    const struct asker *s = state;
    int failure = weft_failure(answer);

    weft_cast_word(self, s->client, failure != 0 ? FAILED : GOT,
                   failure != 0 ? (uint64_t)-failure : weft_word(answer));
    return weft_stay(self);
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    const struct asker *s = state;

    if (weft_tag(msg) == ASK)
        return weft_await_word(self, s->whom, ONE, weft_word(msg), WEFT_SEC(50), got);
    if (weft_tag(msg) == TWO)
        weft_reply_word(self, msg, TWO, weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior asker =
    WEFT_BEHAVIOR("asker", struct asker, asking, .args_size = sizeof(struct asker));

static weft_pid spawn_asker(void)
{
    const struct asker args = {weft_probe_pid(a), weft_probe_pid(b)};
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(weft_test_runtime(t), &asker, &args, &pid), 0);
    return pid;
}

static void the_test_plays_both_neighbours(bool threads)
{
    weft_pid pid;
    weft_msg *question;

    start(threads);
    pid = spawn_asker();
    for (uint64_t i = 0; i < 3; i++) {
        cr_assert_eq(weft_probe_cast(b, pid, weft_word_letter(ASK, i)), 0);
        question = weft_probe_expect(a, weft_match_word(ONE, i), 0);
        cr_assert_not_null(question);
        cr_expect(weft_is_question(question));
        if (i == 0)
            weft_probe_reply(a, question, weft_word_letter(ONE, 100));
        else if (i == 1)
            weft_probe_reply_error(a, question, -5);
        else
            weft_probe_clear(a);
    }
    expects(GOT, 100);
    expects(FAILED, 5);
    expects(FAILED, (uint64_t)-WEFT_ENOANSWER);
    cr_expect(weft_test_expect_dead_letters(t, 0));
    finish(0);
}

Test(kit_probe, the_test_plays_both_neighbours)
{
    the_test_plays_both_neighbours(false);
}

Test(kit_probe, the_test_plays_both_neighbours_on_two_workers)
{
    the_test_plays_both_neighbours(true);
}

Test(kit_probe, questions_of_a_probe_are_answered_in_any_order)
{
    weft_question q[2];
    weft_msg *first, *second;

    start(false);
    for (uint64_t i = 0; i < 2; i++)
        cr_assert_eq(
            weft_probe_ask(a, weft_probe_pid(b), weft_word_letter(ONE, i), &q[i]), 0);
    first = weft_probe_expect(b, weft_match_word(ONE, 0), 0);
    second = weft_probe_expect(b, weft_match_word(ONE, 1), 0);
    cr_assert(first != NULL && second != NULL);
    weft_probe_reply(b, second, weft_word_letter(TWO, 11));
    weft_probe_reply(b, first, weft_word_letter(TWO, 10));
    cr_expect_eq(weft_word(weft_probe_find(a, weft_match_answer(q[0]), 0)), 10);
    cr_expect_eq(weft_word(weft_probe_find(a, weft_match_answer(q[1]), 0)), 11);
    cr_expect_null(weft_probe_find(a, weft_match_answer(q[1]), 0));
    cr_expect_str_eq(weft_test_failure(t),
                     "probe \"a\": expected the answer to question 2 "
                     "within 50000 ms; nothing came, and no actor can "
                     "run");
    finish(1);
}

Test(kit_probe, a_failed_question_is_told_as_one)
{
    weft_question q;
    weft_pid pid;

    start(false);
    pid = spawn_asker();
    cr_assert_eq(weft_probe_ask(a, pid, weft_signal(THREE), &q), 0);
    cr_expect_null(weft_probe_expect(a, weft_match_tag(ONE), 0));
    cr_expect(strstr(weft_test_failure(t),
                     "there came: a failure, WEFT_ENOANSWER, to question 1, from <") !=
              NULL);
    cr_expect_not_null(weft_probe_expect(a, weft_match_failure(WEFT_ENOANSWER), 0));
    finish(1);
}

Test(kit_probe, a_question_is_handed_on)
{
    weft_question q;
    weft_pid pid;

    start(false);
    pid = spawn_asker();
    cr_assert_eq(weft_probe_ask(a, weft_probe_pid(b), weft_word_letter(TWO, 6), &q), 0);
    cr_assert_eq(weft_probe_forward(b, pid, weft_probe_expect(b, weft_match_tag(TWO), 0)),
                 0);
    cr_expect_eq(weft_word(weft_probe_expect(a, weft_match_answer(q), 0)), 6);
    finish(0);
}
