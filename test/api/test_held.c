/* test_held.c: aim: who sends to a full mailbox of policy HOLD has no further turn until half of
 * it is free, and nobody waits for ever: not in a circle, not for one that waits itself, not
 * for one that ends.
 * Method: a slow receiver with room for four yields at a gate while a sender sends it six
 * words; weft_actor_read says that the sender is held. What it has not done before the gate is
 * opened it was held from. */
#include "test/support/unit_talk.h"

#include <stdio.h>
#include <string.h>

TestSuite(held, .timeout = 60);

enum { ROOM = 4, SENDS = 6, SLOW = 0, FAST = 1, OTHER = 2, GATE = 1, GATE_2 = 2 };
enum {
    GO = 100,
    GO_BEHIND_END,
    GO_AND_ASK,
    GO_AND_RECEIVE,
    GO_STUCK,
    ASK,
    AWAIT,
    RECEIVE,
    ECHO
};

static weft_runtime *rt;

/* --- the receiver --- */

static weft_next is_free(weft_self *self, void *state, weft_msg *msg)
{
    story_tell(SLOW, "free");
    (void)state, (void)msg;
    return weft_stay(self);
}

static bool is_freedom(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == ECHO;
}

static weft_next receiving(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    switch (weft_tag(msg)) {
    case WAIT:
        if (t->n++ == 0)
            story_tell(SLOW, "waits");
        return gate_is_open((unsigned)weft_word(msg)) ? weft_stay(self)
                                                      : weft_yield(self);
    case AWAIT:
        return weft_await(self, weft_word(msg), weft_signal(ASK), WEFT_FOREVER, is_free);
    case RECEIVE:
        return weft_receive(self, is_freedom, WEFT_FOREVER, is_free);
    case END:
        return weft_stop(self);
    default:
        story_tell(SLOW, "%u", (unsigned)weft_word(msg));
        if (weft_is_question(msg))
            weft_reply_word(self, msg, TELL, weft_word(msg) + 10);
        return weft_stay(self);
    }
}

static const weft_behavior slow =
    WEFT_BEHAVIOR("slow", struct talker, receiving, .args_size = sizeof(struct talker),
                  .mailbox_max = ROOM, .overflow = WEFT_OVERFLOW_HOLD);
static const weft_behavior slow_by_bytes =
    WEFT_BEHAVIOR("slow", struct talker, receiving, .args_size = sizeof(struct talker),
                  .mailbox_bytes_max = ROOM * 8, .overflow = WEFT_OVERFLOW_HOLD);
static const weft_behavior slow_on_thread = WEFT_BEHAVIOR(
    "slow", struct talker, receiving, .args_size = sizeof(struct talker),
    .mailbox_max = ROOM, .overflow = WEFT_OVERFLOW_HOLD, .own_thread = true);

/* --- the sender --- */

enum way { CAST_WORD, CAST, FORWARD, ASKS, WAYS };

static enum way way;

static int send_one(weft_self *self, weft_pid to, weft_msg *msg, uint64_t word)
{
    weft_letter letter = weft_word_letter(TELL, word);

    switch (way) {
    case CAST:
        return weft_cast(self, to, letter);
    case FORWARD: /* the last one: then it is empty */
        return word + 1 < SENDS ? weft_cast(self, to, letter)
                                : weft_forward(self, to, msg);
    case ASKS:
        return weft_ask(self, to, letter, WEFT_FOREVER, NULL);
    default:
        return weft_cast_word(self, to, TELL, word);
    }
}

static void expect_sent(int error)
{
    cr_expect(error == 0 || error == WEFT_ENOACTOR, "%s", weft_strerror(error));
}

static void send_all(weft_self *self, struct talker *t, weft_msg *msg)
{
    for (uint64_t i = 0; i < SENDS; i++)
        expect_sent(send_one(self, t->other, msg, i));
    story_tell(t->who, "sent");
}

static weft_next sending(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    switch (weft_tag(msg)) {
    case GO:
        send_all(self, t, msg);
        return weft_stay(self);
    case GO_BEHIND_END:
        cr_expect_eq(weft_cast_word(self, t->other, END, 0), 0);
        send_all(self, t, msg);
        return weft_stay(self);
    case GO_AND_ASK:
        send_all(self, t, msg);
        return weft_await(self, weft_word(msg), weft_signal(ASK), WEFT_FOREVER,
                          talker_tells);
    case GO_AND_RECEIVE:
        send_all(self, t, msg);
        return weft_receive(self, is_freedom, WEFT_FOREVER, talker_tells);
    case GO_STUCK:
        send_all(self, t, msg);
        gate_pass(GATE_2);
        return weft_stay(self);
    case ASK:
        story_tell(t->who, "asked");
        return weft_reply_word(self, msg, TELL, 5) == 0 ? weft_stay(self)
                                                        : weft_stop(self);
    default:
        return talker_tells(self, state, msg);
    }
}

Talker(fast, sending);
Talker(fast_on_thread, sending, .own_thread = true);
Talker(fast_bounded, sending, .mailbox_max = 1, .overflow = WEFT_OVERFLOW_HOLD);

/* --- what all tests do --- */

static enum weft_life life_of(weft_pid pid)
{
    weft_actor_info info = {.size = sizeof info};

    return weft_actor_read(rt, pid, &info) == 0 ? info.life : WEFT_LIFE_STATES;
}

/* Whatever was on its way when this begins has come, or waits. */
static void settle_down(void)
{
    static weft_pid echo;

    echo = talker_spawn(rt, OTHER, &fast, WEFT_NOBODY);
    for (unsigned i = 0; i < 20; i++) {
        char story[20];

        snprintf(story, sizeof story, "%u", i);
        cast_to(rt, echo, TELL, i);
        wait_until(strstr(story_of(OTHER), story) != NULL);
    }
}

static void started(unsigned workers)
{
    weft_options options;

    story_clear();
    weft_options_init(&options);
    options.workers = workers;
    options.relief = 1; /* so that a stuck step holds nobody up */
    rt = story_start_with(&options);
}

static weft_pid slow_one(const weft_behavior *behavior)
{
    weft_pid pid = talker_spawn(rt, SLOW, behavior, WEFT_NOBODY);

    cast_to(rt, pid, WAIT, GATE);
    story_wait(SLOW, "waits");
    return pid;
}

static weft_pid held_one(const weft_behavior *behavior, weft_pid to, uint32_t tag,
                         uint64_t word)
{
    weft_pid pid = talker_spawn(rt, FAST, behavior, to);

    cast_to(rt, pid, tag, word);
    wait_until(life_of(pid) == WEFT_LIFE_HELD);
    story_is(FAST, "sent");
    return pid;
}

#define ALL "waits, 0, 1, 2, 3, 4, 5"

/* --- it waits --- */

static void try_way(unsigned workers, const weft_behavior *receiver,
                    const weft_behavior *sender)
{
    static const char *const ends[] = {[CAST_WORD] = "sent, 7",
                                       [CAST] = "sent, 7",
                                       [FORWARD] = "sent, 7",
                                       [ASKS] = "sent, 7, 10, 11, 12, 13, 14, 15"};
    weft_pid pid;

    started(workers);
    pid = held_one(sender, slow_one(receiver), GO, 5);
    cast_to(rt, pid, TELL, 7);
    settle_down();
    story_is(FAST, "sent");
    cr_expect_eq(story_stats(rt).held, 1);
    gate_open(GATE);
    story_wait(SLOW, ALL);
    story_wait(FAST, ends[way]);
    cr_expect_eq(story_dead_letters(rt), 0);
    cr_expect_eq(life_of(pid), WEFT_LIFE_RUNNING);
    story_finish(rt);
}

TestOnWorkers(held, waits_for_room_however_it_sends)
{
    for (way = CAST_WORD; way < WAYS; way++)
        try_way(workers, &slow, &fast);
    way = CAST;
    try_way(workers, &slow_by_bytes, &fast);
}

TestOnWorkers(held, waits_for_room_on_a_thread_of_its_own)
{
    way = CAST_WORD;
    try_way(workers, &slow, &fast_on_thread);
    try_way(workers, &slow_on_thread, &fast);
    try_way(workers, &slow_on_thread, &fast_on_thread);
}

/* Both messages are in its queue, for one turn. */
static weft_next posting(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    (void)msg;
    weft_cast_word(self, t->other, GO, 0);
    weft_cast_word(self, t->other, TELL, 7);
    return weft_stay(self);
}

Talker(poster, posting);
Talker(fast_queued, sending, .mailbox_max = 10);

TestOnWorkers(held, has_no_turn_though_its_queue_is_long)
{
    weft_pid pid;

    way = CAST_WORD;
    started(workers);
    pid = talker_spawn(rt, FAST, &fast_queued, slow_one(&slow));
    cast_to(rt, talker_spawn(rt, 3, &poster, pid), GO, 0);
    wait_until(life_of(pid) == WEFT_LIFE_HELD);
    settle_down();
    story_is(FAST, "sent");
    gate_open(GATE);
    story_wait(FAST, "sent, 7");
    story_finish(rt);
}

static weft_next beginning(weft_self *self, void *state, const void *args)
{
    struct talker *t = state;

    *t = *(const struct talker *)args;
    send_all(self, t, NULL);
    return weft_stay(self);
}

Talker(begins_fast, sending, .init = beginning);

TestOnWorkers(held, waits_for_room_behind_its_init)
{
    weft_pid pid;

    way = CAST_WORD;
    started(workers);
    pid = talker_spawn(rt, FAST, &begins_fast, slow_one(&slow));
    cast_to(rt, pid, TELL, 7);
    wait_until(life_of(pid) == WEFT_LIFE_HELD);
    settle_down();
    story_is(FAST, "sent");
    gate_open(GATE);
    story_wait(FAST, "sent, 7");
    story_finish(rt);
}

/* A step that loses its worker is held when it is back. */
TestOnWorkers(held, waits_for_room_when_its_stuck_step_is_over)
{
    weft_pid pid;

    way = CAST_WORD;
    started(workers);
    pid = talker_spawn(rt, FAST, &fast, slow_one(&slow));
    cast_to(rt, pid, GO_STUCK, 0);
    story_wait(FAST, "sent");
    wait_until(story_stats(rt).rescues > 0);
    cast_to(rt, pid, TELL, 7);
    gate_open(GATE_2);
    wait_until(life_of(pid) == WEFT_LIFE_HELD);
    settle_down();
    story_is(FAST, "sent");
    gate_open(GATE);
    story_wait(FAST, "sent, 7");
    story_wait(SLOW, ALL);
    story_finish(rt);
}

/* --- who is not held --- */

static weft_next trying(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) != GO)
        return talker_tells(self, state, msg);
    for (uint64_t i = 0; i < SENDS; i++)
        story_tell(FAST, "%d", weft_try_cast(self, t->other, weft_word_letter(TELL, i)));
    return weft_stay(self);
}

Talker(tries, trying);

TestOnWorkers(held, is_nobody_who_tries)
{
    char story[80];
    weft_pid pid, to;

    started(workers);
    to = slow_one(&slow);
    pid = talker_spawn(rt, FAST, &tries, to);
    cast_to(rt, pid, GO, 0);
    cast_to(rt, pid, TELL, 7);
    snprintf(story, sizeof story, "0, 0, 0, 0, %d, %d, 7", WEFT_EFULL, WEFT_EFULL);
    story_wait(FAST, story);
    cr_expect_eq(weft_rt_cast_word(rt, to, TELL, 0), WEFT_EFULL);
    cr_expect_eq(weft_rt_try_cast(rt, to, weft_signal(TELL)), WEFT_EFULL);
    cr_expect_eq(story_stats(rt).held, 0);
    gate_open(GATE);
    story_wait(SLOW, "waits, 0, 1, 2, 3");
    story_finish(rt);
}

static weft_next flooding_itself(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == TELL)
        return talker_tells(self, state, msg);
    for (uint64_t i = 0; i < SENDS; i++)
        cr_expect_eq(weft_cast_word(self, weft_self_pid(self), TELL, i), 0);
    return weft_stay(self);
}

Talker(flooder, flooding_itself, .mailbox_max = ROOM, .overflow = WEFT_OVERFLOW_HOLD);

TestOnWorkers(held, is_nobody_by_himself)
{
    started(workers);
    cast_to(rt, talker_spawn(rt, FAST, &flooder, WEFT_NOBODY), GO, 0);
    story_wait(FAST, "0, 1, 2, 3, 4, 5");
    cr_expect_eq(story_stats(rt).held, 0);
    story_finish(rt);
}

/* --- it awaits, too --- */

/* The question goes out, and the answer is kept. */
TestOnWorkers(held, hears_an_answer_when_there_is_room)
{
    weft_pid other;

    way = CAST_WORD;
    started(workers);
    other = talker_spawn(rt, 3, &fast, WEFT_NOBODY);
    held_one(&fast, slow_one(&slow), GO_AND_ASK, other);
    story_wait(3, "asked");
    settle_down();
    story_is(FAST, "sent");
    gate_open(GATE);
    story_wait(FAST, "sent, 5");
    story_wait(SLOW, ALL);
    story_finish(rt);
}

TestOnWorkers(held, hears_an_answer_before_it_stops)
{
    weft_pid other, pid;

    way = CAST_WORD;
    started(workers);
    other = talker_spawn(rt, 3, &fast, WEFT_NOBODY);
    pid = held_one(&fast, slow_one(&slow), GO_AND_ASK, other);
    story_wait(3, "asked");
    settle_down();
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(FAST, "sent, 5, stop 1, exit stopped, destroy");
    gate_open(GATE);
    story_wait(SLOW, ALL);
    story_finish(rt);
}

TestOnWorkers(held, receives_when_there_is_room)
{
    weft_pid pid;

    way = CAST_WORD;
    started(workers);
    pid = held_one(&fast, slow_one(&slow), GO_AND_RECEIVE, 0);
    cast_to(rt, pid, TELL, 7);
    cast_to(rt, pid, ECHO, 8);
    cast_to(rt, pid, ECHO, 9);
    settle_down();
    story_is(FAST, "sent");
    gate_open(GATE);
    story_wait(FAST, "sent, 8, 7, 9");
    story_finish(rt);
}

/* It waits for a message that cannot come any more. */
TestOnWorkers(held, drains_when_there_is_room)
{
    weft_pid pid;

    way = CAST_WORD;
    started(workers);
    pid = held_one(&fast, slow_one(&slow), GO_AND_RECEIVE, 0);
    cast_to(rt, pid, TELL, 7);
    cr_assert_eq(weft_rt_drain_actor(rt, pid), 0);
    settle_down();
    story_is(FAST, "sent");
    gate_open(GATE);
    story_wait(FAST, "sent, stop 5, exit drained, destroy");
    story_finish(rt);
}

/* --- who holds nobody --- */

/* The receiver asks whom it holds. */
TestOnWorkers(held, is_let_go_by_one_that_awaits)
{
    weft_pid to, pid;

    way = CAST_WORD;
    started(workers);
    to = slow_one(&slow);
    pid = talker_spawn(rt, FAST, &fast, to);
    cast_to(rt, to, AWAIT, pid);
    cast_to(rt, pid, GO, 0);
    wait_until(life_of(pid) == WEFT_LIFE_HELD);
    gate_open(GATE);
    story_wait(FAST, "sent, asked");
    story_wait(SLOW, "waits, free, 0, 1, 2, 3, 4, 5");
    story_finish(rt);
}

TestOnWorkers(held, is_let_go_by_one_that_receives)
{
    weft_pid to, pid;

    way = CAST_WORD;
    started(workers);
    to = slow_one(&slow);
    cast_to(rt, to, RECEIVE, 0);
    pid = held_one(&fast, to, GO, 0);
    gate_open(GATE);
    cast_to(rt, pid, TELL, 7);
    story_wait(FAST, "sent, 7");
    cr_expect_eq(weft_rt_cast_word(rt, to, ECHO, 0), WEFT_EFULL);
    cr_expect_eq(weft_rt_stop_actor(rt, to), 0);
    story_finish(rt);
}

/* It has more mail than its limit, and looks for something else. */
TestOnWorkers(held, is_nobody_by_one_that_receives)
{
    weft_pid to, pid;

    way = CAST_WORD;
    started(workers);
    to = talker_spawn(rt, SLOW, &slow, WEFT_NOBODY);
    cast_to(rt, to, RECEIVE, 0);
    wait_until(life_of(to) == WEFT_LIFE_AWAITING);
    pid = talker_spawn(rt, FAST, &fast, to);
    cast_to(rt, pid, GO, 0);
    cast_to(rt, pid, TELL, 7);
    story_wait(FAST, "sent, 7");
    cr_expect_eq(weft_rt_cast_word(rt, to, TELL, 0), WEFT_EFULL);
    story_finish(rt);
}

static void end_receiver(unsigned workers, int (*how)(weft_runtime *, weft_pid),
                         const char *story)
{
    weft_pid to, pid;

    started(workers);
    to = slow_one(&slow);
    pid = held_one(&fast, to, GO, 0);
    cast_to(rt, pid, TELL, 7);
    cr_assert_eq(how(rt, to), 0);
    story_wait(FAST, "sent, 7"); /* one that drains has not handled a thing by then */
    if (how == weft_rt_drain_actor)
        gate_open(GATE);
    story_wait(SLOW, story);
    story_finish(rt);
}

static void ending(weft_self *self, void *state, const weft_reason *reason)
{
    (void)self, (void)state, (void)reason;
    gate_pass(GATE_2);
}

static const weft_behavior slow_end =
    WEFT_BEHAVIOR("slow", struct talker, receiving, .args_size = sizeof(struct talker),
                  .stop = ending, .mailbox_max = ROOM, .overflow = WEFT_OVERFLOW_HOLD);

TestOnWorkers(held, is_let_go_before_a_stop_hook_runs)
{
    weft_pid to, pid;

    way = CAST_WORD;
    started(workers);
    to = slow_one(&slow_end);
    pid = held_one(&fast, to, GO, 0);
    cast_to(rt, pid, TELL, 7);
    cr_assert_eq(weft_rt_stop_actor(rt, to), 0);
    story_wait(FAST, "sent, 7");
    gate_open(GATE_2);
    story_wait(SLOW, "waits, exit stopped");
    story_finish(rt);
}

TestOnWorkers(held, is_let_go_by_one_that_ends)
{
    way = CAST_WORD;
    end_receiver(workers, weft_rt_stop_actor, "waits, exit stopped");
    end_receiver(workers, weft_rt_kill_actor, "waits, exit killed");
    end_receiver(workers, weft_rt_drain_actor, ALL ", exit drained");
}

/* The receiver ends, as a rule, before it hears that the sender is held. */
TestOnWorkers(held, is_nobody_by_one_that_is_over)
{
    way = CAST;
    started(workers);
    for (unsigned i = 0; i < 50; i++) {
        weft_pid to = talker_spawn(rt, SLOW, &slow, WEFT_NOBODY);
        weft_pid pid = talker_spawn(rt, FAST, &fast, to);

        cast_to(rt, pid, GO_BEHIND_END, 0);
        cast_to(rt, pid, TELL, 7);
        story_wait(FAST, "sent, 7");
        cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
        story_wait(FAST, "sent, 7, exit killed, destroy");
        story_clear();
    }
    story_finish(rt);
}

/* --- what went past one limit does not pass another --- */

static weft_next forwarding(weft_self *self, void *state, weft_msg *msg)
{
    const struct talker *t = state;

    if (weft_tag(msg) == WAIT)
        return gate_is_open(GATE_2) ? weft_stay(self) : weft_yield(self);
    story_tell(3, "%d", weft_forward(self, t->other, msg));
    return weft_stay(self);
}

Talker(forwarder, forwarding, .mailbox_max = 1, .overflow = WEFT_OVERFLOW_HOLD);
Talker(refuser, receiving, .mailbox_max = ROOM);

TestOnWorkers(held, passes_one_limit_only)
{
    weft_pid middle;
    char story[100];

    way = CAST_WORD;
    started(workers);
    middle = talker_spawn(rt, 4, &forwarder, slow_one(&refuser));
    cast_to(rt, middle, WAIT, 0);
    held_one(&fast, middle, GO, 0);
    gate_open(GATE_2);
    snprintf(story, sizeof story, "0, 0, 0, 0, %d, %d", WEFT_EFULL, WEFT_EFULL);
    story_wait(3, story);
    gate_open(GATE);
    story_wait(SLOW, "waits, 0, 1, 2, 3");
    story_finish(rt);
}

/* --- circles --- */

struct pair {
    unsigned who, left, rounds;
    weft_pid other;
};

/* Of each message two are made, until so many were sent. */
static weft_next doubling(weft_self *self, void *state, weft_msg *msg)
{
    struct pair *p = state;

    if (weft_tag(msg) == GO)
        p->other = weft_word(msg);
    else if (p->other == WEFT_NOBODY) /* the others were quicker */
        return weft_stay(self);
    for (unsigned i = 0; i < 2 && p->left > 0; i++, p->left--)
        cr_expect_eq(weft_cast_word(self, p->other, TELL, 0), 0);
    if (p->left == 0 && p->rounds++ == 0)
        story_tell(p->who, "done");
    return weft_stay(self);
}

static const weft_behavior doubler =
    WEFT_BEHAVIOR("doubler", struct pair, doubling, .args_size = sizeof(struct pair),
                  .mailbox_max = 1, .overflow = WEFT_OVERFLOW_HOLD);

static void circle_of(unsigned workers, unsigned members)
{
    enum { EACH = 5000, MEMBERS = 4 };
    weft_pid pids[MEMBERS];

    started(workers);
    for (unsigned i = 0; i < members; i++) {
        struct pair args = {.who = i, .left = EACH};

        pids[i] = story_spawn(rt, i, &doubler, &args);
    }
    for (unsigned i = 0; i < members; i++)
        cast_to(rt, pids[i], GO, pids[(i + 1) % members]);
    for (unsigned i = 0; i < members; i++)
        story_wait(i, "done");
    wait_until(story_stats(rt).handled == members * (EACH + 1));
    story_finish(rt);
}

TestOnWorkers(held, is_nobody_for_ever_in_a_circle)
{
    for (unsigned members = 2; members <= 4; members++)
        circle_of(workers, members);
}

/* --- chains --- */

/* Who is held holds others. */
TestOnWorkers(held, holds_those_who_send_to_it)
{
    weft_pid second, first;

    way = CAST_WORD;
    started(workers);
    second = held_one(&fast_bounded, slow_one(&slow), GO, 0);
    first = talker_spawn(rt, 3, &fast, second);
    cast_to(rt, first, GO, 0);
    wait_until(life_of(first) == WEFT_LIFE_HELD);
    cast_to(rt, first, TELL, 9);
    settle_down();
    story_is(FAST, "sent");
    story_is(3, "sent");
    gate_open(GATE);
    story_wait(FAST, "sent, 0, 1, 2, 3, 4, 5");
    story_wait(3, "sent, 9");
    story_finish(rt);
}

/* --- limits of bytes --- */

#define BIG_FIELDS(F) F(uint64_t, number) F(char, bulk[92])
WEFT_BLOCK(big, ECHO, BIG_FIELDS, NULL)

static weft_next sending_big(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    struct big big = {0};

    (void)msg;
    story_tell(FAST, "%d", weft_cast(self, t->other, big_msg(&big)));
    return weft_stay(self);
}

Talker(sends_big, sending_big);

Test(held, is_nobody_for_what_would_never_fit)
{
    char story[20];

    started(1);
    cast_to(rt, talker_spawn(rt, FAST, &sends_big, slow_one(&slow_by_bytes)), GO, 0);
    snprintf(story, sizeof story, "%d", WEFT_EFULL);
    story_wait(FAST, story);
    cr_expect_eq(story_stats(rt).held, 0);
    gate_open(GATE);
    story_finish(rt);
}
