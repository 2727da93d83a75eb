/* test_mail.c: aim: who sent it, in which order it comes, where a reply goes, and what becomes
 * of mail for those who end.
 * Method: senders that number their mail, on one worker and on two; letters of changing size,
 * so that they go different ways; stop hooks and inits that send. */
#include "test/support/unit_story.h"

#include <stdatomic.h>

TestSuite(mail, .timeout = 60);

static weft_runtime *rt;

static void cast(weft_pid pid, uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, tag, word), 0);
}

/* --- order --- */

enum { SENDERS = 4, EACH = 3000 };

struct receiver {
    weft_pid senders[SENDERS];
    uint64_t due[SENDERS];
    uint64_t all;
};

/* The word is sender * EACH + number; longer letters have more behind it. */
static weft_next receiving(weft_self *self, void *state, weft_msg *msg)
{
    struct receiver *r = state;
    uint64_t sender = weft_word(msg) / EACH;

    cr_expect_lt(sender, (uint64_t)SENDERS);
    cr_expect_eq(weft_word(msg) % EACH, r->due[sender], "of sender %lu",
                 (unsigned long)sender);
    if (r->due[sender]++ == 0)
        r->senders[sender] = weft_sender(msg);
    cr_expect_eq(weft_sender(msg), r->senders[sender]);
    if (++r->all == SENDERS * EACH)
        weft_exit(self, 0);
    return weft_stay(self);
}

static const weft_behavior receiver =
    WEFT_BEHAVIOR("receiver", struct receiver, receiving);

/* Of one word, of two slots, or as long as can be, in turns. */
static weft_letter numbered(uint64_t sender, uint64_t number)
{
    const uint64_t words[5] = {sender * EACH + number, 2, 3, 4, 5};

    return weft_small(TELL, words, 8 * (1 + number % 5));
}

struct sender {
    weft_pid to;
    uint64_t me, sent;
};

/* A burst, and then it is the others' turn. */
static weft_next sending(weft_self *self, void *state, weft_msg *msg)
{
    struct sender *s = state;

    (void)msg;
    for (int i = 0; i < 50 && s->sent < EACH; i++, s->sent++) {
        if (s->sent % 2 == 0)
            weft_cast(self, s->to, numbered(s->me, s->sent));
        else
            weft_cast_word(self, s->to, TELL, s->me * EACH + s->sent);
    }
    return s->sent < EACH ? weft_yield(self) : weft_stop(self);
}

static const weft_behavior numbering = WEFT_BEHAVIOR("numbering", struct sender, sending,
                                                     .args_size = sizeof(struct sender));

TestOnWorkers(mail, between_two_actors_keeps_its_order)
{
    weft_pid to;

    rt = story_start(workers);
    to = story_spawn(rt, 0, &receiver, NULL);
    for (uint64_t i = 0; i < SENDERS; i++) {
        const struct sender args = {.to = to, .me = i};

        cast(story_spawn(rt, 1 + (unsigned)i, &numbering, &args), TELL, 0);
    }
    cr_expect_eq(weft_run(rt), 0);
    story_finish(rt);
}

/* --- a long mailbox --- */

enum { FLOOD = 60000 };

/* All of it in one step, and then as much again in bursts, while the first is handled. */
static weft_next flooding(weft_self *self, void *state, weft_msg *msg)
{
    struct sender *s = state;
    const uint64_t burst = s->sent == 0 ? FLOOD : 100;

    (void)msg;
    for (uint64_t i = 0; i < burst; i++, s->sent++) {
        const uint64_t words[2] = {s->sent, 2};

        if (s->sent % 3 == 0)
            weft_cast(self, s->to, weft_small(TELL, words, sizeof words));
        else
            weft_cast_word(self, s->to, TELL, s->sent);
    }
    return s->sent < 2 * FLOOD ? weft_yield(self) : weft_stop(self);
}

static weft_next swallowing(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t *due = state;

    cr_expect_eq(weft_word(msg), *due);
    if (++*due == 2 * FLOOD)
        weft_exit(self, 0);
    return weft_stay(self);
}

TestOnWorkers(mail, of_one_who_floods_keeps_its_order)
{
    static const weft_behavior swallower =
        WEFT_BEHAVIOR("swallower", uint64_t, swallowing);
    static const weft_behavior flooder = WEFT_BEHAVIOR(
        "flooder", struct sender, flooding, .args_size = sizeof(struct sender));
    struct sender args = {0};

    rt = story_start(workers);
    args.to = story_spawn(rt, 0, &swallower, NULL);
    cast(story_spawn(rt, 1, &flooder, &args), TELL, 0);
    cr_expect_eq(weft_run(rt), 0);
    story_finish(rt);
}

static weft_pid receiver_outside;

static void send_from_thread(unsigned number)
{
    for (uint64_t i = 0; i < EACH; i++)
        cr_expect_eq(i % 2 == 0 ? weft_rt_cast(rt, receiver_outside, numbered(number, i))
                                : weft_rt_cast_word(rt, receiver_outside, TELL,
                                                    number * (uint64_t)EACH + i),
                     0);
}

TestOnWorkers(mail, from_a_thread_keeps_its_order_and_has_no_sender)
{
    rt = story_start(workers);
    receiver_outside = story_spawn(rt, 0, &receiver, NULL);
    in_threads(SENDERS, send_from_thread);
    cr_expect_eq(weft_run(rt), 0);
    wait_until(story_stats(rt).handled == SENDERS * EACH);
    cr_expect_eq(story_stats(rt).outside, SENDERS * EACH);
    story_finish(rt);
}

static weft_next sending_to_itself(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t *due = state;

    if (weft_tag(msg) == TELL) {
        for (uint64_t i = 0; i < 1000; i++)
            weft_cast_word(self, weft_self_pid(self), TELL + 1, i);
        return weft_stay(self);
    }
    cr_expect_eq(weft_word(msg), *due);
    cr_expect_eq(weft_sender(msg), weft_self_pid(self));
    return ++*due == 1000 ? weft_stop(self) : weft_stay(self);
}

TestOnWorkers(mail, to_oneself_arrives)
{
    static const weft_behavior lonely =
        WEFT_BEHAVIOR("lonely", uint64_t, sending_to_itself);

    rt = story_start(workers);
    cast(story_spawn(rt, 0, &lonely, NULL), TELL, 0);
    story_wait(0, "exit normal");
    story_finish(rt);
}

/* --- replies --- */

enum { ASK = 10, ANSWER, ANSWER_LONG };

static weft_next answering(weft_self *self, void *state, weft_msg *msg)
{
    const uint64_t words[2] = {weft_word(msg) * 2, weft_self_pid(self)};
    bool outside = weft_sender(msg) == WEFT_NOBODY;

    (void)state;
    cr_expect_eq(weft_reply_word(self, msg, ANSWER, words[0]),
                 outside ? WEFT_ENOACTOR : 0);
    cr_expect_eq(weft_reply(self, msg, weft_small(ANSWER_LONG, words, sizeof words)),
                 outside ? WEFT_ENOACTOR : 0);
    return weft_stay(self);
}

static const weft_behavior answerer = WEFT_STATELESS("answerer", answering);

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid other = *(const weft_pid *)state;

    if (weft_tag(msg) == TELL) {
        weft_cast_word(self, other, ASK, 21);
        return weft_stay(self);
    }
    cr_expect_eq(weft_sender(msg), other);
    cr_expect_eq(weft_word(msg), 42);
    if (weft_tag(msg) == ANSWER)
        return weft_stay(self);
    cr_expect_eq(weft_tag(msg), (uint32_t)ANSWER_LONG);
    cr_expect_eq(((const uint64_t *)weft_payload(msg, NULL))[1], other);
    return weft_stop(self);
}

static const weft_behavior asker =
    WEFT_BEHAVIOR("asker", weft_pid, asking, .args_size = sizeof(weft_pid));

TestOnWorkers(mail, a_reply_goes_to_the_sender_and_comes_from_who_was_asked)
{
    weft_pid other;

    rt = story_start(workers);
    other = story_spawn(rt, 0, &answerer, NULL);
    for (unsigned i = 1; i < STORIES; i++)
        cast(story_spawn(rt, i, &asker, &other), TELL, 0);
    for (unsigned i = 1; i < STORIES; i++)
        story_wait(i, "exit normal");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

TestOnWorkers(mail, a_reply_to_outside_is_dead)
{
    rt = story_start(workers);
    cast(story_spawn(rt, 0, &answerer, NULL), ASK, 1);
    wait_until(story_stats(rt).dead[WEFT_DEAD_NO_ACTOR] == 2);
    story_finish(rt);
}

static weft_next answering_the_dead(weft_self *self, void *state, weft_msg *msg)
{
    const struct probe *p = state;

    story_tell(p->who, "asked");
    gate_pass(p->gate);
    cr_expect_eq(weft_reply_word(self, msg, ANSWER, 1), WEFT_ENOACTOR);
    cr_expect_eq(weft_reply(self, msg, weft_signal(ANSWER)), WEFT_ENOACTOR);
    return weft_stop(self);
}

static weft_next asking_and_ending(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    weft_cast_word(self, *(const weft_pid *)state, ASK, 1);
    return weft_stop(self);
}

TestOnWorkers(mail, a_reply_to_one_who_has_ended_is_dead)
{
    static const weft_behavior late = WEFT_BEHAVIOR(
        "late", struct probe, answering_the_dead, .args_size = sizeof(struct probe));
    static const weft_behavior hasty = WEFT_BEHAVIOR("hasty", weft_pid, asking_and_ending,
                                                     .args_size = sizeof(weft_pid));
    const struct probe args = {.who = 0, .gate = 1};
    weft_pid other;

    rt = story_start(workers);
    other = story_spawn(rt, 0, &late, &args);
    cast(story_spawn(rt, 1, &hasty, &other), TELL, 0);
    story_wait(1, "exit normal");
    story_wait(0, "asked");
    gate_open(1);
    story_wait(0, "asked, exit normal");
    wait_until(story_stats(rt).ended == 2);
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_NO_ACTOR], 2);
    story_finish(rt);
}

/* --- who sent it --- */

static weft_pid confidant;
static weft_pid told_by[3];

static weft_next listening(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    told_by[weft_word(msg)] = weft_sender(msg);
    if (weft_word(msg) == 2)
        return weft_stop(self);
    return weft_stay(self);
}

static weft_next telling_init(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    cr_expect_eq(weft_cast_word(self, confidant, TELL, 0), 0);
    return weft_stay(self);
}

/* In a step the functions for any thread have no sender either. */
static weft_next telling(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    cr_expect_eq(weft_rt_cast_word(weft_self_runtime(self), confidant, TELL, 1), 0);
    return weft_stop(self);
}

static void telling_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)state, (void)reason;
    cr_expect_eq(weft_cast_word(self, confidant, TELL, 2), 0);
}

TestOnWorkers(mail, inits_and_stop_hooks_send_as_steps_do)
{
    static const weft_behavior listener = WEFT_STATELESS("listener", listening);
    static const weft_behavior teller =
        WEFT_STATELESS("teller", telling, .init = telling_init, .stop = telling_stop);
    weft_pid pid;

    rt = story_start(workers);
    told_by[1] = 1;
    confidant = story_spawn(rt, 0, &listener, NULL);
    pid = story_spawn(rt, 1, &teller, NULL);
    cast(pid, TELL, 0);
    story_wait(0, "exit normal");
    story_wait(1, "exit normal");
    story_finish(rt);
    cr_expect_eq(told_by[0], pid);
    cr_expect_eq(told_by[1], WEFT_NOBODY);
    cr_expect_eq(told_by[2], pid);
}

static weft_next quick_to_fail(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    weft_cast_word(self, confidant, TELL, 2);
    return weft_fail(self, 1, "said it all");
}

/* What a step or hook has sent goes out, whatever becomes of its actor. */
TestOnWorkers(mail, of_one_who_fails_goes_out)
{
    static const weft_behavior listener = WEFT_STATELESS("listener", listening);
    static const weft_behavior failing =
        WEFT_STATELESS("failing", telling, .init = quick_to_fail);
    weft_pid pid;

    rt = story_start(workers);
    confidant = story_spawn(rt, 0, &listener, NULL);
    pid = story_spawn(rt, 1, &failing, NULL);
    story_wait(0, "exit normal");
    story_wait(1, "exit failed 1 in init: said it all");
    story_finish(rt);
    cr_expect_eq(told_by[2], pid);
}

/* --- mail to one who ends --- */

static void sending_to_itself_in_the_end(weft_self *self, void *state,
                                         const weft_reason *reason)
{
    (void)state, (void)reason;
    for (uint64_t i = 0; i < 7; i++)
        cr_expect_eq(weft_cast_word(self, weft_self_pid(self), TELL, i), 0);
}

static weft_next never(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    cr_expect_fail("nothing is handled behind a stop hook");
    (void)msg;
    return weft_stay(self);
}

TestOnWorkers(mail, to_oneself_from_a_stop_hook_is_dead)
{
    static const weft_behavior narcissus =
        WEFT_STATELESS("narcissus", never, .stop = sending_to_itself_in_the_end);

    rt = story_start(workers);
    cr_expect_eq(weft_rt_stop_actor(rt, story_spawn(rt, 0, &narcissus, NULL)), 0);
    story_wait(0, "exit stopped");
    wait_until(story_stats(rt).dead[WEFT_DEAD_ENDED] == 7);
    cr_expect_eq(story_stats(rt).handled, 0);
    story_finish(rt);
}

static void spawning_in_the_end(weft_self *self, void *state, const weft_reason *reason)
{
    const struct probe args = probe_of(1);

    (void)state, (void)reason;
    weft_cast_word(self, story_spawn_inside(self, 1, &probe, &args), TELL, 1);
}

TestOnWorkers(mail, to_an_heir_made_in_a_stop_hook_arrives)
{
    static const weft_behavior testator =
        WEFT_STATELESS("testator", never, .stop = spawning_in_the_end);

    rt = story_start(workers);
    cr_expect_eq(weft_rt_stop_actor(rt, story_spawn(rt, 0, &testator, NULL)), 0);
    story_wait(0, "exit stopped");
    story_wait(1, "init, step 1");
    story_finish(rt);
}

TestOnWorkers(mail, that_is_queued_at_the_end_is_dead)
{
    const struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args);
    cast(pid, WAIT, 0);
    story_wait(0, "init, waits");
    for (uint64_t i = 0; i < 5; i++)
        cast(pid, i == 1 ? END : TELL, i);
    gate_open(0);
    story_wait(0, "init, waits, goes on, step 0, stop normal, exit normal, destroy");
    wait_until(story_stats(rt).dead[WEFT_DEAD_ENDED] == 3);
    wait_until(story_stats(rt).handled == 3);
    story_finish(rt);
}
