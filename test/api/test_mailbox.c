/* test_mailbox.c: aim: a mailbox with a limit takes what there is room for, and what becomes of
 * more is what its behaviour says, however it was sent; replies and control have room past it.
 * Method: a sender that sends five words in one step, or a test that sends them from outside
 * while the receiver waits at a gate, to a receiver with room for three. */
#include "test/support/unit_story.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

TestSuite(mailbox, .timeout = 60);

enum { ROOM = 3, SENDS = 5, POLICIES = 4, RECEIVER = 0, SENDER = 1, GATE = 1 };
enum { ASK = 100, GO, PUT, GIVE };

static weft_runtime *rt;

/* --- receivers: one for each policy --- */

struct receiver {
    unsigned who;
};

static weft_next receiving(weft_self *self, void *state, weft_msg *msg)
{
    const struct receiver *r = state;

    if (weft_tag(msg) == WAIT) {
        story_tell(r->who, "waits");
        gate_pass(GATE);
    } else {
        story_tell(r->who, "%u", (unsigned)weft_word(msg));
        if (weft_is_question(msg))
            weft_reply_word(self, msg, TELL, weft_word(msg));
    }
    return weft_stay(self);
}

#define RECEIVER_OF(policy)                                                  \
    WEFT_BEHAVIOR("receiver", struct receiver, receiving,                    \
                  .args_size = sizeof(struct receiver), .mailbox_max = ROOM, \
                  .overflow = policy)

static const weft_behavior receivers[POLICIES] = {
    RECEIVER_OF(WEFT_OVERFLOW_REFUSE), RECEIVER_OF(WEFT_OVERFLOW_DROP_NEWEST),
    RECEIVER_OF(WEFT_OVERFLOW_DROP_OLDEST), RECEIVER_OF(WEFT_OVERFLOW_STOP)};

/* --- a sender, which is told how --- */

enum way { CAST_WORD, CAST, TRY_CAST, ASKS, WAYS };

struct sender {
    weft_pid to;
    enum way way;
};

static int send_one(weft_self *self, weft_pid to, enum way way, uint64_t word)
{
    weft_letter letter = weft_word_letter(TELL, word);

    switch (way) {
    case CAST_WORD:
        return weft_cast_word(self, to, TELL, word);
    case CAST:
        return weft_cast(self, to, letter);
    case TRY_CAST:
        return weft_try_cast(self, to, letter);
    default:
        return weft_ask(self, to, weft_word_letter(ASK, word), WEFT_FOREVER, NULL);
    }
}

static weft_next sending(weft_self *self, void *state, weft_msg *msg)
{
    const struct sender *s = state;

    if (weft_tag(msg) != GO) { /* an answer */
        story_tell(SENDER, weft_failure(msg) != 0 ? "no" : "yes");
        return weft_stay(self);
    }
    for (uint64_t i = 0; i < SENDS; i++) {
        int error = send_one(self, s->to, s->way, i);

        story_tell(SENDER, error == WEFT_EFULL ? "full" : error == 0 ? "sent" : "?");
    }
    return weft_stay(self);
}

static const weft_behavior sender =
    WEFT_BEHAVIOR("sender", struct sender, sending, .args_size = sizeof(struct sender));

/* --- what comes of it --- */

static const char *const handled[POLICIES] = {
    "0, 1, 2", "0, 1, 2", "2, 3, 4", "exit failed -2014 in step: its mailbox overflowed"};
static const char *const told[POLICIES] = {
    "sent, sent, sent, full, full", "sent, sent, sent, sent, sent",
    "sent, sent, sent, sent, sent", "sent, sent, sent, full, full"};
/* Answers; those that will not come are known first. */
static const char *const answered[POLICIES] = {", yes, yes, yes",
                                               ", no, no, yes, yes, yes",
                                               ", no, no, yes, yes, yes", ", no, no, no"};

static bool tells(unsigned policy)
{
    return policy == WEFT_OVERFLOW_REFUSE || policy == WEFT_OVERFLOW_STOP;
}

static void check_counters(unsigned policy, enum way way)
{
    weft_stats stats = story_stats(rt);
    bool returned = way == TRY_CAST && tells(policy);

    cr_expect_eq(stats.returned, returned ? 2 : 0);
    cr_expect_eq(stats.dead[WEFT_DEAD_FULL], returned ? 0 : 2, "policy %u, way %u: %lu",
                 policy, way, (unsigned long)stats.dead[WEFT_DEAD_FULL]);
    cr_expect_eq(stats.dead[WEFT_DEAD_ENDED], policy == WEFT_OVERFLOW_STOP ? 3 : 0);
}

/* Where a step may lose its worker to another thread, the receiver must not run meanwhile. */
static const char *hold_up(unsigned workers, weft_pid to)
{
    if (workers == 1)
        return "";
    cr_assert_eq(weft_rt_cast_word(rt, to, WAIT, 0), 0);
    story_wait(RECEIVER, "waits");
    return "waits, ";
}

static void send_inside(unsigned workers, unsigned policy, enum way way)
{
    struct receiver r = {RECEIVER};
    struct sender s = {.way = way};
    char expected[200];
    const char *before;
    weft_pid from;

    story_clear();
    rt = story_start(workers);
    s.to = story_spawn(rt, RECEIVER, &receivers[policy], &r);
    from = story_spawn(rt, SENDER, &sender, &s);
    before = hold_up(workers, s.to);
    cr_assert_eq(weft_rt_cast_word(rt, from, GO, 0), 0);
    wait_until(strlen(story_of(SENDER)) >= strlen(told[policy]));
    gate_open(GATE);
    snprintf(expected, sizeof expected, "%s%s", before, handled[policy]);
    story_wait(RECEIVER, expected);
    snprintf(expected, sizeof expected, "%s%s", told[policy],
             way == ASKS ? answered[policy] : "");
    story_wait(SENDER, expected);
    wait_until(story_stats(rt).returned + story_stats(rt).dead[WEFT_DEAD_FULL] == 2);
    check_counters(policy, way);
    story_finish(rt);
}

TestOnWorkers(mailbox, has_a_policy_for_what_a_step_sends)
{
    /* On arrival only it shows whether a message from elsewhere stops the receiver. */
    const unsigned policies = workers == 1 ? POLICIES : WEFT_OVERFLOW_STOP;

    for (unsigned policy = 0; policy < policies; policy++)
        for (enum way way = CAST_WORD; way < WAYS; way++)
            send_inside(workers, policy, way);
}

static int send_outside(weft_pid to, enum way way, uint64_t word)
{
    weft_letter letter = weft_word_letter(TELL, word);

    return way == TRY_CAST ? weft_rt_try_cast(rt, to, letter)
                           : weft_rt_cast(rt, to, letter);
}

static void send_all_outside(unsigned workers, unsigned policy, enum way way)
{
    struct receiver r = {RECEIVER};
    char expected[200];
    weft_pid to;

    story_clear();
    rt = story_start(workers);
    to = story_spawn(rt, RECEIVER, &receivers[policy], &r);
    cr_assert_eq(weft_rt_cast_word(rt, to, WAIT, 0), 0);
    story_wait(RECEIVER, "waits");
    for (uint64_t i = 0; i < SENDS; i++) /* whether its life is over shows on arrival */
        cr_expect_eq(send_outside(to, way, i),
                     i >= ROOM && policy == WEFT_OVERFLOW_REFUSE ? WEFT_EFULL : 0);
    gate_open(GATE);
    snprintf(expected, sizeof expected, "waits, %s", handled[policy]);
    story_wait(RECEIVER, expected);
    wait_until(story_stats(rt).returned + story_stats(rt).dead[WEFT_DEAD_FULL] == 2);
    check_counters(policy, policy == WEFT_OVERFLOW_STOP ? CAST : way);
    story_finish(rt);
}

TestOnWorkers(mailbox, has_a_policy_for_what_comes_from_outside)
{
    for (unsigned policy = 0; policy < POLICIES; policy++) {
        send_all_outside(workers, policy, CAST);
        send_all_outside(workers, policy, TRY_CAST);
    }
}

/* --- an await, which is told --- */

static atomic_int failure;

static weft_next heard(weft_self *self, void *state, weft_msg *answer)
{
    (void)state;
    atomic_store(&failure, weft_failure(answer));
    weft_exit(self, 0);
    return weft_stay(self);
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    const struct sender *s = state;

    for (uint64_t i = 0; i < ROOM; i++)
        weft_cast_word(self, s->to, TELL, i);
    return weft_await(self, s->to, weft_word_letter(ASK, weft_word(msg)), WEFT_FOREVER,
                      heard);
}

static const weft_behavior asker =
    WEFT_BEHAVIOR("asker", struct sender, asking, .args_size = sizeof(struct sender));

Test(mailbox, that_is_full_fails_an_await)
{
    for (unsigned policy = 0; policy < POLICIES; policy++) {
        struct receiver r = {RECEIVER};
        struct sender s = {0};
        weft_pid from;

        story_clear();
        rt = story_start(1);
        s.to = story_spawn(rt, RECEIVER, &receivers[policy], &r);
        from = story_spawn(rt, SENDER, &asker, &s);
        atomic_store(&failure, 1);
        cr_assert_eq(weft_rt_cast_word(rt, from, GO, 7), 0);
        weft_run(rt);
        cr_expect_eq(atomic_load(&failure),
                     policy == WEFT_OVERFLOW_DROP_OLDEST ? 0 : WEFT_EFULL);
        story_finish(rt);
    }
}

/* --- what has room past the limit --- */

static weft_next giving(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    for (uint64_t i = 0; i < SENDS; i++)
        cr_expect_eq(weft_reply_word(self, msg, TELL, i), 0);
    if (weft_workers(weft_self_runtime(self)) == 1) /* else it may have run meanwhile */
        cr_expect_eq(weft_cast_word(self, weft_sender(msg), TELL, 9), WEFT_EFULL);
    return weft_stay(self);
}

static const weft_behavior giver = WEFT_STATELESS("giver", giving);

static weft_next taking(weft_self *self, void *state, weft_msg *msg)
{
    const struct sender *s = state;

    if (weft_tag(msg) == GO)
        weft_cast_word(self, s->to, GIVE, 0);
    else
        story_tell(RECEIVER, "%u", (unsigned)weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior taker = WEFT_BEHAVIOR(
    "taker", struct sender, taking, .args_size = sizeof(struct sender), .mailbox_max = 1);

TestOnWorkers(mailbox, has_room_for_replies_past_its_limit)
{
    struct sender s = {0};
    weft_pid pid;

    story_clear();
    rt = story_start(workers);
    s.to = story_spawn(rt, SENDER, &giver, NULL);
    pid = story_spawn(rt, RECEIVER, &taker, &s);
    cr_assert_eq(weft_rt_cast_word(rt, pid, GO, 0), 0);
    story_wait(RECEIVER, "0, 1, 2, 3, 4");
    story_finish(rt);
}

static void fill(weft_pid to)
{
    for (uint64_t i = 0; i < ROOM; i++)
        cr_assert_eq(weft_rt_cast_word(rt, to, TELL, i), 0);
    cr_assert_eq(weft_rt_cast_word(rt, to, TELL, ROOM), WEFT_EFULL);
}

TestOnWorkers(mailbox, that_is_full_lets_control_pass)
{
    static int (*const ends[3])(weft_runtime *, weft_pid) = {
        weft_rt_stop_actor, weft_rt_kill_actor, weft_rt_drain_actor};
    static const char *const how[3] = {"waits, exit stopped", "waits, exit killed",
                                       "waits, 0, 1, 2, exit drained"};

    for (int i = 0; i < 3; i++) {
        struct receiver r = {RECEIVER};
        weft_pid to;

        story_clear();
        rt = story_start(workers);
        to = story_spawn(rt, RECEIVER, &receivers[WEFT_OVERFLOW_REFUSE], &r);
        cr_assert_eq(weft_rt_cast_word(rt, to, WAIT, 0), 0);
        story_wait(RECEIVER, "waits");
        fill(to);
        cr_expect_eq(ends[i](rt, to), 0);
        gate_open(GATE);
        story_wait(RECEIVER, how[i]);
        story_finish(rt);
    }
}

/* --- bytes --- */

#define BIG_FIELDS(F) F(uint64_t, number) F(char, bulk[992])
WEFT_BLOCK(big, PUT, BIG_FIELDS, NULL)

static const weft_behavior by_bytes =
    WEFT_BEHAVIOR("by bytes", struct receiver, receiving,
                  .args_size = sizeof(struct receiver), .mailbox_bytes_max = 2020);

static int put_big(weft_pid to)
{
    struct big big = {.number = 1};

    return weft_rt_cast(rt, to, big_msg(&big));
}

TestOnWorkers(mailbox, may_be_limited_by_bytes)
{
    static const char zeros[24];
    struct receiver r = {RECEIVER};
    weft_pid to;

    story_clear();
    rt = story_start(workers);
    to = story_spawn(rt, RECEIVER, &by_bytes, &r);
    for (int round = 0; round < 3; round++) { /* all its room is there again */
        story_clear();
        cr_assert_eq(weft_rt_cast_word(rt, to, WAIT, 0), 0);
        story_wait(RECEIVER, "waits");
        cr_expect_eq(put_big(to), 0);
        cr_expect_eq(put_big(to), 0);
        cr_expect_eq(put_big(to), WEFT_EFULL);
        cr_expect_eq(weft_rt_cast(rt, to, weft_small(TELL, zeros, 24)), WEFT_EFULL);
        cr_expect_eq(weft_rt_cast_word(rt, to, TELL, 1), 0);
        cr_expect_eq(weft_rt_cast(rt, to, weft_small(TELL, zeros, 12)), 0);
        cr_expect_eq(weft_rt_cast_word(rt, to, TELL, 1), WEFT_EFULL);
        cr_expect_eq(weft_rt_cast(rt, to, weft_signal(TELL)), 0, "it has no bytes");
        gate_open(GATE);
        story_wait(RECEIVER, "waits, 0, 0, 1, 0, 0");
    }
    story_finish(rt);
}

static const weft_behavior newest_bytes = WEFT_BEHAVIOR(
    "newest bytes", struct receiver, receiving, .args_size = sizeof(struct receiver),
    .mailbox_bytes_max = 1000, .overflow = WEFT_OVERFLOW_DROP_OLDEST);

static weft_next flooding(weft_self *self, void *state, weft_msg *msg)
{
    const struct sender *s = state;
    struct big big = {.number = 1};

    (void)msg;
    for (uint64_t i = 0; i < 200; i++)
        weft_cast_word(self, s->to, TELL, i);
    weft_cast(self, s->to, big_msg(&big)); /* all the room there is */
    weft_cast_word(self, s->to, TELL, 7);
    weft_cast_word(self, s->to, TELL, 8);
    story_tell(SENDER, "done");
    return weft_stay(self);
}

static const weft_behavior flooder =
    WEFT_BEHAVIOR("flooder", struct sender, flooding, .args_size = sizeof(struct sender));

TestOnWorkers(mailbox, drops_as_many_of_the_oldest_as_it_must)
{
    struct receiver r = {RECEIVER};
    struct sender s = {0};
    const char *before;
    char expected[32];
    weft_pid from;

    story_clear();
    rt = story_start(workers);
    s.to = story_spawn(rt, RECEIVER, &newest_bytes, &r);
    from = story_spawn(rt, SENDER, &flooder, &s);
    before = hold_up(workers, s.to);
    cr_assert_eq(weft_rt_cast_word(rt, from, GO, 0), 0);
    story_wait(SENDER, "done");
    wait_until(story_stats(rt).dead[WEFT_DEAD_FULL] ==
               201); /* the last of it has come, too */
    gate_open(GATE);
    snprintf(expected, sizeof expected, "%s7, 8", before);
    story_wait(RECEIVER, expected);
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_FULL], 201);
    story_finish(rt);
}

/* --- the rest of an actor's life with a limit --- */

/* It sends to itself: the message in its hand is none that waits. */
static weft_next self_flooding(weft_self *self, void *state, weft_msg *msg)
{
    struct big big = {.number = weft_word(msg)};
    const struct big *mine;

    (void)state;
    for (uint64_t i = 0; weft_tag(msg) == GO && i < 100; i++) {
        big.number = i;
        cr_expect_eq(weft_cast(self, weft_self_pid(self), big_msg(&big)), 0);
        cr_expect_eq(weft_tag(msg), GO);
    }
    if (weft_tag(msg) == PUT) {
        mine = big_see(msg);
        for (uint64_t i = 0; mine->number < 99 && i < 100; i++)
            weft_cast_word(self, weft_self_pid(self), TELL, i);
        story_tell(RECEIVER, "%u", (unsigned)mine->number);
    } else if (weft_tag(msg) == TELL) {
        story_tell(RECEIVER, "%u", (unsigned)weft_word(msg));
    }
    return weft_stay(self);
}

static const weft_behavior self_flooder =
    WEFT_STATELESS("self flooder", self_flooding, .mailbox_max = ROOM,
                   .overflow = WEFT_OVERFLOW_DROP_OLDEST);

TestOnWorkers(mailbox, may_drop_while_its_actor_handles_a_message)
{
    weft_pid pid;

    story_clear();
    rt = story_start(workers);
    pid = story_spawn(rt, RECEIVER, &self_flooder, NULL);
    cr_assert_eq(weft_rt_cast_word(rt, pid, GO, 0), 0);
    story_wait(RECEIVER, "97, 97, 98, 99");
    story_finish(rt);
}

/* Of what waited when its turn began nothing is left. */
static weft_next clearing(weft_self *self, void *state, weft_msg *msg)
{
    struct big big = {.number = 5};

    (void)state;
    if (weft_tag(msg) == WAIT) {
        story_tell(RECEIVER, "waits");
        gate_pass(GATE);
    } else if (weft_tag(msg) == GO) {
        cr_expect_eq(weft_cast(self, weft_self_pid(self), big_msg(&big)), 0);
    } else {
        story_tell(RECEIVER, "%u", (unsigned)weft_tag(msg));
    }
    return weft_stay(self);
}

static const weft_behavior clearer =
    WEFT_STATELESS("clearer", clearing, .mailbox_bytes_max = sizeof(struct big),
                   .overflow = WEFT_OVERFLOW_DROP_OLDEST);

TestOnWorkers(mailbox, may_drop_all_that_its_actor_was_to_handle)
{
    weft_pid pid;

    story_clear();
    rt = story_start(workers);
    pid = story_spawn(rt, RECEIVER, &clearer, NULL);
    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, 0), 0);
    story_wait(RECEIVER, "waits");
    cr_assert_eq(weft_rt_cast_word(rt, pid, GO, 0), 0);
    for (uint64_t i = 0; i < 10; i++)
        cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, i), 0);
    gate_open(GATE);
    wait_until(story_stats(rt).dead[WEFT_DEAD_FULL] == 10);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 0), 0);
    wait_until(story_stats(rt).handled + story_stats(rt).dead[WEFT_DEAD_FULL] == 14);
    story_finish(rt);
}

/* Init, stash, yield, selective receive. */
static weft_next begin(weft_self *self, void *state, const void *args)
{
    *(struct receiver *)state = *(const struct receiver *)args;
    story_tell(RECEIVER, "init");
    cr_expect_eq(weft_cast_word(self, weft_self_pid(self), TELL, 50), 0);
    return weft_stay(self);
}

static bool is_put(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == GIVE;
}

static weft_next got_put(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    story_tell(RECEIVER, "got %u", (unsigned)weft_word(msg));
    weft_unstash(self);
    return weft_stay(self);
}

static weft_next choosing(weft_self *self, void *state, weft_msg *msg)
{
    struct receiver *r = state;
    unsigned word = (unsigned)weft_word(msg);

    if (weft_tag(msg) == WAIT) {
        story_tell(RECEIVER, "waits");
        gate_pass(GATE);
        return weft_stay(self);
    }
    if (word == 1 && r->who++ == 0)
        return weft_stash(self);
    story_tell(RECEIVER, "%u", word);
    if (word == 2)
        return weft_receive(self, is_put, WEFT_FOREVER, got_put);
    return weft_stay(self);
}

static const weft_behavior chooser = WEFT_BEHAVIOR(
    "chooser", struct receiver, choosing, .init = begin,
    .args_size = sizeof(struct receiver), .mailbox_max = 4, .mailbox_bytes_max = 32);

TestOnWorkers(mailbox, keeps_its_order_through_stash_and_receive)
{
    struct receiver r = {0};
    weft_pid pid;

    story_clear();
    rt = story_start(workers);
    pid = story_spawn(rt, RECEIVER, &chooser, &r);
    story_wait(RECEIVER, "init, 50");
    for (int round = 0; round < 2; round++) { /* no room gets lost on the way */
        cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, 0), 0);
        story_wait(RECEIVER, round == 0 ? "init, 50, waits" : "waits");
        for (unsigned i = 1; i <= 4; i++)
            cr_expect_eq(weft_rt_cast_word(rt, pid, TELL, i), 0);
        cr_expect_eq(weft_rt_cast_word(rt, pid, TELL, 5), WEFT_EFULL);
        gate_open(GATE);
        story_wait(RECEIVER, round == 0 ? "init, 50, waits, 2" : "waits, 1, 2");
        cr_expect_eq(weft_rt_cast_word(rt, pid, TELL, 6), 0);
        cr_expect_eq(weft_rt_cast_word(rt, pid, GIVE, 7), 0);
        story_wait(RECEIVER, round == 0 ? "init, 50, waits, 2, got 7, 1, 3, 4, 6"
                                        : "waits, 1, 2, got 7, 3, 4, 6");
        story_clear();
    }
    story_finish(rt);
}

/* What the last inhabitant of a slot had reserved is nobody's. */
TestOnWorkers(mailbox, of_a_new_actor_is_empty)
{
    for (int i = 0; i < 200; i++) {
        struct receiver r = {RECEIVER};
        weft_pid to;

        if (i == 0)
            rt = story_start(workers);
        story_clear();
        to = story_spawn(rt, RECEIVER, &receivers[WEFT_OVERFLOW_REFUSE], &r);
        cr_assert_eq(weft_rt_cast_word(rt, to, WAIT, 0), 0);
        story_wait(RECEIVER, "waits");
        fill(to);
        weft_rt_kill_actor(rt, to);
        gate_open(GATE);
        story_wait(RECEIVER, "waits, exit killed");
    }
    story_finish(rt);
}

Test(mailbox, has_to_have_a_policy_that_exists)
{
    weft_behavior wrong = receivers[0];

    wrong.overflow = (enum weft_overflow)17;
    rt = story_start(1);
    cr_expect_eq(weft_rt_spawn(rt, &wrong, NULL, NULL), WEFT_EINVAL);
    story_finish(rt);
}
