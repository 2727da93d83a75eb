/* test_taking.c: aim: what a message carries can be taken over, kept, and sent on, uncopied; its
 * object is destroyed exactly once, wherever its way ends; a message that is forwarded keeps
 * its sender.
 * Method: blocks that count who destroyed them and say where they lie, on every way there is. */
#include "test/support/unit_story.h"
#include "test/support/unit_types.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

TestSuite(taking, .timeout = 60);

static weft_runtime *rt;

/* --- crates: what they own ends once --- */

enum { CRATES = 64, TAG_CRATE = 60 };
static atomic_int destroyed[CRATES];

#define CRATE_FIELDS(F) F(int, number) F(char *, memory)
static void crate_done(void *crate);
WEFT_BLOCK(crate, TAG_CRATE, CRATE_FIELDS, crate_done)

static void crate_done(void *of)
{
    const struct crate *crate = of;

    atomic_fetch_add(&destroyed[crate->number], 1);
    free(crate->memory); /* twice is an error of its own, never is a leak */
}

static struct crate crate_new(int number)
{
    return (struct crate){number, malloc(10)};
}

static void cast_crate(weft_pid to, int number)
{
    struct crate crate = crate_new(number);

    cr_assert_eq(weft_rt_cast(rt, to, crate_msg(&crate)), 0);
}

static void expect_destroyed(int number, int times)
{
    cr_expect_eq(destroyed[number], times, "crate %d was destroyed %d times", number,
                 (int)destroyed[number]);
}

/* --- what is left of a message --- */

static void expect_empty(const weft_msg *msg, uint32_t tag)
{
    unsigned char bytes[100];
    size_t size = 999;

    cr_expect_eq(weft_tag(msg), tag);
    cr_expect_eq(weft_word(msg), 0);
    cr_expect_not_null(weft_payload(msg, &size));
    cr_expect_eq(size, 0);
    cr_expect_null(weft_msg_type(msg));
    cr_expect_null(crate_at(msg));
    cr_expect_null(crate_see(msg));
    cr_expect_not(weft_get(msg, &crate_type, bytes));
    cr_expect_not(weft_get(msg, &point_type, bytes));
}

static weft_next taking_a_block(weft_self *self, void *state, weft_msg *msg)
{
    const struct crate *crate = crate_at(msg);
    weft_letter letter, second;

    (void)state;
    cr_expect_eq(crate_see(msg), crate);
    letter = weft_take(self, msg);
    expect_empty(msg, TAG_CRATE);
    cr_expect_eq(letter.tag, TAG_CRATE);
    cr_expect_eq(weft_letter_at(&letter, &crate_type), (void *)crate, "it was copied");
    cr_expect_eq(weft_letter_see(&letter, &crate_type), crate);
    cr_expect_null(weft_letter_see(&letter, &parcel_type));
    second = weft_take(self, msg); /* nothing is left */
    cr_expect_eq(second.tag, TAG_CRATE);
    cr_expect_eq(second.size, 0);
    weft_letter_drop(second);
    expect_destroyed(0, 0);
    weft_letter_drop(letter);
    expect_destroyed(0, 1);
    return weft_stop(self);
}

TestOnWorkers(taking, a_block_leaves_the_message_empty)
{
    static const weft_behavior taker = WEFT_STATELESS("taker", taking_a_block);

    rt = story_start(workers);
    cast_crate(story_spawn(rt, 0, &taker, NULL), 0);
    story_wait(0, "exit normal");
    story_finish(rt);
    expect_destroyed(0, 1);
}

static weft_next taking_small_ones(weft_self *self, void *state, weft_msg *msg)
{
    uint32_t n = weft_tag(msg);
    unsigned char before[WEFT_SMALL_MAX];
    weft_letter letter;

    (void)state;
    memcpy(before, weft_payload(msg, NULL), n);
    letter = weft_take(self, msg);
    expect_empty(msg, n);
    cr_expect_eq(letter.tag, n);
    cr_expect_eq(letter.size, n);
    cr_expect_eq(memcmp(letter.word, before, n), 0);
    weft_letter_drop(letter);
    return n == WEFT_SMALL_MAX ? weft_stop(self) : weft_stay(self);
}

TestOnWorkers(taking, a_small_payload_leaves_the_message_empty)
{
    static const weft_behavior taker = WEFT_STATELESS("taker", taking_small_ones);
    unsigned char bytes[WEFT_SMALL_MAX];
    weft_pid pid;

    memset(bytes, 0x5a, sizeof bytes);
    rt = story_start(workers);
    pid = story_spawn(rt, 0, &taker, NULL);
    for (uint32_t n = 0; n <= WEFT_SMALL_MAX; n++)
        cr_assert_eq(weft_rt_cast(rt, pid, weft_small(n, bytes, n)), 0);
    story_wait(0, "exit normal");
    story_finish(rt);
}

Test(taking, letters_can_be_looked_into)
{
    struct crate crate = crate_new(1);
    weft_letter block = crate_msg(&crate), small = weft_small(100, "12345678", 8);
    weft_letter none = weft_no_letter(), nothing;

    cr_expect_eq(weft_letter_see(&block, &crate_type), &crate);
    cr_expect_null(weft_letter_at(&block, &crate_type), "it is borrowed");
    cr_expect_eq(weft_letter_see(&small, &point_type), small.word);
    cr_expect_eq(weft_letter_at(&small, &point_type), small.word);
    cr_expect_null(weft_letter_see(&small, &parcel_type));
    cr_expect_null(weft_letter_see(&none, &point_type));
    memset(&nothing, 0, sizeof nothing);
    weft_letter_drop(nothing);
    weft_letter_drop(none);
    weft_letter_drop(small);
    expect_destroyed(1, 0);
    weft_letter_drop(block);
    expect_destroyed(1, 1);
}

/* --- sending what was taken --- */

/* Takes a crate, notes where it lies, and sends it to its peer in the way of its number. */
struct carrier {
    weft_pid peer;
};

static _Atomic(uintptr_t) seen_at[CRATES];

static int send_in_way(weft_self *self, weft_pid peer, int way, weft_letter letter)
{
    weft_runtime *runtime = weft_self_runtime(self);

    switch (way % 4) {
    case 0:
        return weft_cast(self, peer, letter);
    case 1:
        return weft_try_cast(self, peer, letter);
    case 2:
        return weft_rt_cast(runtime, peer, letter);
    default:
        return weft_rt_try_cast(runtime, peer, letter);
    }
}

static weft_next carrying(weft_self *self, void *state, weft_msg *msg)
{
    const struct carrier *carrier = state;
    const struct crate *crate = crate_see(msg);
    int way = crate->number;

    atomic_store(&seen_at[way], (uintptr_t)crate);
    cr_expect_eq(send_in_way(self, carrier->peer, way, weft_take(self, msg)), 0);
    return weft_stay(self);
}

static weft_next receiving(weft_self *self, void *state, weft_msg *msg)
{
    const struct crate *crate = crate_at(msg);

    (void)state;
    cr_assert_not_null(crate);
    cr_expect_eq((uintptr_t)crate, atomic_load(&seen_at[crate->number]), "it was copied");
    return crate->number == CRATES - 1 ? weft_stop(self) : weft_stay(self);
}

static const weft_behavior carrier = WEFT_BEHAVIOR("carrier", struct carrier, carrying,
                                                   .args_size = sizeof(struct carrier));
static const weft_behavior receiver = WEFT_STATELESS("receiver", receiving);

TestOnWorkers(taking, what_was_taken_is_sent_without_a_copy)
{
    struct carrier args;
    weft_pid pid;

    rt = story_start(workers);
    args.peer = story_spawn(rt, 0, &receiver, NULL);
    pid = story_spawn(rt, 1, &carrier, &args);
    for (int i = 0; i < CRATES; i++)
        cast_crate(pid, i);
    story_wait(0, "exit normal");
    story_finish(rt);
    for (int i = 0; i < CRATES; i++)
        expect_destroyed(i, 1);
}

static weft_runtime *other;

static weft_pid stranger; /* of the other one */

/* To nobody, and by another runtime than the one whose memory it lies in. */
static weft_next failing_to_send(weft_self *self, void *state, weft_msg *msg)
{
    const struct crate *crate = crate_see(msg);
    int number = crate->number;
    weft_letter letter = weft_take(self, msg);

    (void)state;
    cr_expect_eq(weft_try_cast(self, WEFT_NOBODY, letter), WEFT_ENOACTOR);
    cr_expect_eq(weft_rt_try_cast(other, stranger, letter), WEFT_EFOREIGN);
    cr_expect_eq(weft_letter_at(&letter, &crate_type), (void *)crate);
    expect_destroyed(number, 0);
    if (number == 0)
        cr_expect_eq(weft_cast(self, WEFT_NOBODY, letter), WEFT_ENOACTOR);
    else if (number == 1)
        cr_expect_eq(weft_rt_cast(other, stranger, letter), WEFT_EFOREIGN);
    else
        cr_expect_eq(weft_reply(self, msg, letter), WEFT_ENOACTOR);
    expect_destroyed(number, 1);
    return number == 2 ? weft_stop(self) : weft_stay(self);
}

TestOnWorkers(taking, what_cannot_be_sent_comes_back_or_ends)
{
    static const weft_behavior sender = WEFT_STATELESS("sender", failing_to_send);
    weft_stats stats;
    weft_pid pid;

    rt = story_start(workers);
    other = story_start(1);
    stranger = story_spawn(other, 1, &receiver, NULL);
    pid = story_spawn(rt, 0, &sender, NULL);
    for (int i = 0; i < 3; i++)
        cast_crate(pid, i);
    story_wait(0, "exit normal");
    wait_until(story_stats(rt).ended == 1);
    stats = story_stats(rt);
    cr_expect_eq(stats.returned, 3);
    cr_expect_eq(stats.dead[WEFT_DEAD_NO_ACTOR], 2);
    stats = story_stats(other);
    cr_expect_eq(stats.returned, 3);
    cr_expect_eq(stats.dead[WEFT_DEAD_FOREIGN], 1);
    story_finish(rt);
    story_finish(other);
}

/* --- keeping it --- */

enum { KEPT = 3, TAG_END = 1, TAG_FAIL, TAG_SKIP };

struct keeper {
    weft_letter kept[KEPT];
    int n;
};

static weft_next keeping(weft_self *self, void *state, weft_msg *msg)
{
    struct keeper *keeper = state;

    if (weft_tag(msg) == TAG_END)
        return weft_stop(self);
    if (weft_tag(msg) == TAG_FAIL)
        return weft_fail(self, 1, "as told");
    keeper->kept[keeper->n++] = weft_take(self, msg);
    story_tell(0, "kept");
    return weft_stay(self);
}

static void keeper_destroy(void *state)
{
    const struct keeper *keeper = state;

    for (int i = 0; i < KEPT; i++)
        weft_letter_drop(keeper->kept[i]);
}

static const weft_behavior keeper =
    WEFT_BEHAVIOR("keeper", struct keeper, keeping, .destroy = keeper_destroy);

static void end_keeper(unsigned workers, void (*end)(weft_pid pid))
{
    weft_pid pid;

    story_clear();
    rt = story_start(workers);
    pid = story_spawn(rt, 1, &keeper, NULL);
    cast_crate(pid, 0);
    cast_crate(pid, 1);
    story_wait(0, "kept, kept");
    expect_destroyed(0, 0);
    if (end != NULL) {
        end(pid);
        wait_until(story_stats(rt).ended == 1);
        expect_destroyed(0, 1);
        expect_destroyed(1, 1);
    }
    story_finish(rt);
    expect_destroyed(0, 1);
    expect_destroyed(1, 1);
    atomic_store(&destroyed[0], 0);
    atomic_store(&destroyed[1], 0);
}

static void end_by_message(weft_pid pid)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_END, 0), 0);
}

static void end_by_failure(weft_pid pid)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_FAIL, 0), 0);
}

static void end_by_stop(weft_pid pid)
{
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
}

static void end_by_kill(weft_pid pid)
{
    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
}

TestOnWorkers(taking, what_an_actor_keeps_ends_with_its_state)
{
    end_keeper(workers, end_by_message);
    end_keeper(workers, end_by_failure);
    end_keeper(workers, end_by_stop);
    end_keeper(workers, end_by_kill);
    end_keeper(workers, NULL);
}

/* A step that yields sees its message again: empty. */
static weft_next taking_and_yielding(weft_self *self, void *state, weft_msg *msg)
{
    struct keeper *k = state;

    if (k->n++ == 0) {
        k->kept[0] = weft_take(self, msg);
        return weft_yield(self);
    }
    expect_empty(msg, TAG_CRATE);
    expect_destroyed(0, 0);
    return k->n < 5 ? weft_yield(self) : weft_stop(self);
}

TestOnWorkers(taking, a_step_that_yields_sees_the_message_empty)
{
    static const weft_behavior yielder = WEFT_BEHAVIOR(
        "yielder", struct keeper, taking_and_yielding, .destroy = keeper_destroy);

    rt = story_start(workers);
    cast_crate(story_spawn(rt, 0, &yielder, NULL), 0);
    story_wait(0, "exit normal");
    story_finish(rt);
    expect_destroyed(0, 1);
}

/* --- a step that has lost its domain --- */

static weft_next taking_late(weft_self *self, void *state, weft_msg *msg)
{
    const struct carrier *late = state;

    story_tell(2, "waits");
    gate_pass(0);
    if (weft_tag(msg) == TAG_SKIP) {
        cr_expect_eq(weft_forward(self, late->peer, msg), 0);
        return weft_stay(self);
    }
    atomic_store(&seen_at[CRATES - 1], (uintptr_t)crate_see(msg));
    cr_expect_eq(weft_cast(self, late->peer, weft_take(self, msg)), 0);
    expect_empty(msg, TAG_CRATE);
    return weft_stop(self);
}

Test(taking, a_stuck_step_takes_and_sends_on)
{
    static const weft_behavior stuck = WEFT_BEHAVIOR("stuck", struct carrier, taking_late,
                                                     .args_size = sizeof(struct carrier));
    const struct probe bystander = probe_of(3);
    struct carrier args;

    rt = story_start(2);
    args.peer = story_spawn(rt, 0, &receiver, NULL);
    cast_crate(story_spawn(rt, 1, &stuck, &args), CRATES - 1);
    story_wait(2, "waits");
    cr_assert_eq(
        weft_rt_cast_word(rt, story_spawn(rt, 3, &probe_bare, &bystander), TELL, 1), 0);
    wait_until(story_stats(rt).rescues > 0);
    gate_open(0);
    story_wait(0, "exit normal");
    story_finish(rt);
    expect_destroyed(CRATES - 1, 1);
}

/* --- forwarding --- */

enum { TAG_ASK = 200, TAG_ANSWER, TAG_OWN };

static weft_next forwarding(weft_self *self, void *state, weft_msg *msg)
{
    const struct carrier *to = state;
    const struct crate *crate = crate_see(msg);
    uint32_t tag = weft_tag(msg);

    if (crate != NULL)
        atomic_store(&seen_at[crate->number], (uintptr_t)crate);
    cr_expect_eq(weft_forward(self, to->peer, msg), 0);
    expect_empty(msg, tag);
    return weft_stay(self);
}

static const weft_behavior forwarder = WEFT_BEHAVIOR(
    "forwarder", struct carrier, forwarding, .args_size = sizeof(struct carrier));

/* Crates come as they were sent, through two who forward them. */
TestOnWorkers(taking, a_forwarded_block_is_not_copied)
{
    struct carrier args;
    weft_pid pid;

    rt = story_start(workers);
    args.peer = story_spawn(rt, 0, &receiver, NULL);
    args.peer = story_spawn(rt, 1, &forwarder, &args);
    pid = story_spawn(rt, 2, &forwarder, &args);
    for (int i = 0; i < CRATES; i++)
        cast_crate(pid, i);
    story_wait(0, "exit normal");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
    for (int i = 0; i < CRATES; i++)
        expect_destroyed(i, 1);
}

/* Answers with what it was sent, to the sender that the message names. */
static weft_next answering(weft_self *self, void *state, weft_msg *msg)
{
    unsigned char bytes[WEFT_SMALL_MAX];
    size_t size;

    (void)state;
    memcpy(bytes, weft_payload(msg, &size), WEFT_SMALL_MAX);
    cr_expect_eq(size, WEFT_SMALL_MAX);
    weft_reply(self, msg, weft_small(TAG_ANSWER, bytes, size));
    return weft_stay(self);
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    const struct carrier *to = state;
    unsigned char bytes[WEFT_SMALL_MAX];

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(3 * i + 1);
    if (weft_tag(msg) == TAG_ANSWER) {
        cr_expect_eq(memcmp(weft_payload(msg, NULL), bytes, sizeof bytes), 0);
        return weft_stop(self);
    }
    weft_cast(self, to->peer, weft_small(TAG_ASK, bytes, sizeof bytes));
    return weft_stay(self);
}

TestOnWorkers(taking, a_reply_goes_to_the_first_sender)
{
    static const weft_behavior asker = WEFT_BEHAVIOR("asker", struct carrier, asking,
                                                     .args_size = sizeof(struct carrier));
    static const weft_behavior answerer = WEFT_STATELESS("answerer", answering);
    struct carrier args;

    rt = story_start(workers);
    args.peer = story_spawn(rt, 1, &answerer, NULL);
    args.peer = story_spawn(rt, 2, &forwarder, &args);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &asker, &args), 1, 0), 0);
    story_wait(0, "exit normal");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

static weft_next failing_to_forward(weft_self *self, void *state, weft_msg *msg)
{
    const struct crate *crate = crate_at(msg);

    (void)state;
    cr_expect_eq(weft_forward(self, WEFT_NOBODY, msg), WEFT_ENOACTOR);
    cr_expect_eq(weft_forward(self, stranger, msg), WEFT_EFOREIGN);
    cr_expect_eq(crate_at(msg), crate, "it is still the step's");
    expect_destroyed(0, 0);
    return weft_stop(self);
}

TestOnWorkers(taking, what_cannot_be_forwarded_is_still_the_steps)
{
    static const weft_behavior clumsy = WEFT_STATELESS("clumsy", failing_to_forward);
    const struct probe args = probe_of(1);
    weft_stats stats;

    rt = story_start(workers);
    other = story_start(1);
    stranger = story_spawn(other, 1, &probe, &args);
    cast_crate(story_spawn(rt, 0, &clumsy, NULL), 0);
    story_wait(0, "exit normal");
    wait_until(story_stats(rt).ended == 1);
    expect_destroyed(0, 1);
    stats = story_stats(rt);
    cr_expect_eq(stats.dead[WEFT_DEAD_NO_ACTOR], 1);
    cr_expect_eq(stats.dead[WEFT_DEAD_FOREIGN], 1);
    cr_expect_eq(stats.handled, 1);
    story_finish(rt);
    story_finish(other);
    expect_destroyed(0, 1);
}

/* What it sends itself and what it sends on is one order. */
static weft_next forwarding_in_between(weft_self *self, void *state, weft_msg *msg)
{
    const struct carrier *to = state;
    uint64_t n = weft_word(msg);

    cr_expect_eq(weft_cast_word(self, to->peer, TAG_OWN, 2 * n), 0);
    cr_expect_eq(weft_forward(self, to->peer, msg), 0);
    return weft_stay(self);
}

enum { IN_ORDER = 1000 };

static weft_next counting(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t *n = state;
    const uint64_t word =
        weft_tag(msg) == TAG_OWN ? weft_word(msg) : 2 * weft_word(msg) + 1;

    cr_expect_eq(word, *n, "message %llu came as number %llu", (unsigned long long)word,
                 (unsigned long long)*n);
    return ++*n == 2 * IN_ORDER ? weft_stop(self) : weft_stay(self);
}

TestOnWorkers(taking, forwarded_mail_is_in_order_with_the_forwarders_own)
{
    static const weft_behavior between =
        WEFT_BEHAVIOR("between", struct carrier, forwarding_in_between,
                      .args_size = sizeof(struct carrier));
    static const weft_behavior counter = WEFT_BEHAVIOR("counter", uint64_t, counting);
    struct carrier args;
    weft_pid pid;

    rt = story_start(workers);
    args.peer = story_spawn(rt, 0, &counter, NULL);
    pid = story_spawn(rt, 1, &between, &args);
    for (uint64_t i = 0; i < IN_ORDER; i++)
        cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_ASK, i), 0);
    story_wait(0, "exit normal");
    story_finish(rt);
}
