/* test/fault/test_sharing.c: every allocation of a program that takes, shares and sends on fails
 * once, and then some in a row: each call succeeds or says WEFT_ENOMEM, what it did not take is
 * still the caller's, and each object ends once. */
#include "test/support/fault_play.h"
#include "test/support/stress_run.h"
#include "test/support/stress_thing.h"

#include <criterion/criterion.h>

enum { HANDS = 4, ROUNDS = 40, TAG_SMALL_ONE = 1, TAG_LARGE_ONE };

static weft_runtime *rt;
static weft_pid hands[HANDS]; /* WEFT_NOBODY where there was no memory for one */

#define SMALL_FIELDS(F) F(struct thing, thing)
#define LARGE_FIELDS(F) F(struct thing, thing) F(char, bulk[4000])
static void object_done(void *object);
WEFT_BLOCK(small_one, TAG_SMALL_ONE, SMALL_FIELDS, object_done)
WEFT_BLOCK(large_one, TAG_LARGE_ONE, LARGE_FIELDS, object_done)

static void object_done(void *object)
{
    thing_end(object); /* its first member */
}

static void count_send(int error)
{
    cr_expect(error == 0 || error == WEFT_ENOMEM || error == WEFT_ENOACTOR, "%s",
              weft_strerror(error));
    atomic_fetch_add(&fault_sent, 1);
}

/* --- an actor that keeps one, and shares what it kept before --- */

struct hand {
    weft_letter kept;
    uint32_t n;
};

static void share_out(weft_self *self, struct hand *hand)
{
    weft_letter shared;
    int error = weft_share(self, hand->kept, &shared);

    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    if (error != 0)
        return; /* it is still kept */
    hand->kept = weft_signal(0);
    for (unsigned i = 0; i < HANDS; i++)
        count_send(weft_cast(self, hands[i], weft_letter_copy(&shared)));
    error = weft_try_cast(self, hands[0], shared);
    count_send(error);
    if (error != 0)
        weft_letter_drop(shared);
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *hand = state;

    cr_expect(small_one_see(msg) != NULL || large_one_see(msg) != NULL);
    switch (hand->n++ % 7) {
    case 0:
        weft_letter_drop(hand->kept);
        hand->kept = weft_take(self, msg);
        break;
    case 1:
        if (hand->kept.form == WEFT_LETTER_OWNED && hand->n < ROUNDS)
            share_out(self, hand);
        break;
    case 2:
        count_send(weft_forward(self, hands[hand->n % HANDS], msg));
        break;
    default:
        break;
    }
    return weft_stay(self);
}

static void let_go(void *state)
{
    weft_letter_drop(((struct hand *)state)->kept);
}

static const weft_behavior hand =
    WEFT_BEHAVIOR("hand", struct hand, working, .destroy = let_go);

/* --- the play --- */

static void send_shared(uint32_t round)
{
    struct small_one small = {.thing = thing_new()};
    struct large_one large = {.thing = thing_new()};
    weft_letter letters[2] = {small_one_msg(&small), large_one_msg(&large)};

    for (unsigned k = 0; k < 2; k++) {
        weft_letter letter;
        int error = weft_rt_share(rt, letters[k], &letter);

        cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
        if (error != 0)
            letter = letters[k]; /* what it could not share it sends as it is */
        else
            count_send(weft_rt_cast(rt, hands[0], weft_letter_copy(&letter)));
        count_send(weft_rt_cast(rt, hands[round % HANDS], letter));
    }
}

static bool is_at_rest(void *nothing)
{
    (void)nothing;
    return stress_accounted(rt) >= atomic_load(&fault_sent);
}

static void play(weft_runtime *runtime)
{
    rt = runtime;
    for (unsigned i = 0; i < HANDS; i++)
        if (weft_rt_spawn(rt, &hand, NULL, &hands[i]) != 0)
            hands[i] = WEFT_NOBODY;
    for (uint32_t round = 0; round < ROUNDS; round++)
        send_shared(round);
    cr_expect(stress_until(is_at_rest, NULL), "a message was lost");
}

static const struct fault_play plays = {.workers = 2, .least = ROUNDS, .run = play};

TestSuite(sharing, .timeout = 600);

Test(sharing, each_allocation_fails_once)
{
    fault_each(&plays, 1);
}

Test(sharing, each_and_many_more_fail)
{
    fault_each(&plays, 1000);
}
