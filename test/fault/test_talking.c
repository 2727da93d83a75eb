/* test_talking.c: allocations fail, one at a time and some in a row (by day some of them, by night all), while actors ask, answer
 * later, wait, put aside, receive and drain.
 *
 * Whatever is refused: each question whose asker lives has one outcome in the end (all have a
 * deadline), functions say WEFT_ENOMEM or an actor fails with it, what messages own is
 * destroyed once, the runtime can be stopped, and all memory is given back. */
#include "test/support/fault_play.h"
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <stdio.h>

#include <criterion/criterion.h>

enum { HANDS = 4, LEDGER = 64, ASIDE = 600, DUES = 50 };
enum {
    TAG_ASK = 1,
    TAG_AWAIT,
    TAG_RECEIVE,
    TAG_ASIDE,
    TAG_BACK,
    TAG_MANY,
    TAG_END_OF,
    TAG_DUES,
    TAG_SET
};

static weft_runtime *rt;
static weft_pid hands[HANDS];
static atomic_ulong opened, closed, at_end;
static bool while_they_talk; /* every other play ends so */

struct hand {
    unsigned open; /* questions that were asked and have no outcome */
    bool awaits;
    weft_due dues[DUES];
    unsigned n_dues;
};

static weft_letter letter(struct parcel *parcel, unsigned i)
{
    return parcel_letter(parcel, (enum parcel_form)(i % PARCEL_FORMS),
                         (struct hop){0, 0, i});
}

static void open_one(struct hand *h)
{
    h->open++;
    atomic_fetch_add(&opened, 1);
}

static void close_one(struct hand *h)
{
    cr_expect_gt(h->open, 0);
    h->open--;
    atomic_fetch_add(&closed, 1);
}

static weft_next heard(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *h = state;

    (void)msg;
    cr_expect(h->awaits);
    h->awaits = false;
    close_one(h);
    return weft_stay(self);
}

static bool is_question(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_is_question(msg);
}

static weft_next work(weft_self *self, void *state, weft_msg *msg);

static weft_next received(weft_self *self, void *state, weft_msg *msg)
{
    return weft_failure(msg) == 0 ? work(self, state, msg) : weft_stay(self);
}

static void ask_some(weft_self *self, struct hand *h, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct parcel parcel;
        int error =
            weft_ask(self, hands[i % HANDS], letter(&parcel, i), WEFT_MS(3), NULL);

        cr_expect(error == 0 || error == WEFT_ENOMEM || error == WEFT_ENOACTOR, "%s",
                  weft_strerror(error));
        if (error == 0)
            open_one(h);
    }
}

static weft_next answer(weft_self *self, struct hand *h, weft_msg *msg)
{
    struct parcel parcel;

    switch (weft_random(self, 6)) {
    case 0:
        weft_reply(self, msg, letter(&parcel, (unsigned)weft_random(self, 100)));
        break;
    case 1:
        if (h->n_dues < DUES)
            h->dues[h->n_dues++] = weft_reply_later(self, msg);
        break;
    case 2:
        weft_reply_error(self, msg, -9);
        break;
    case 3:
        weft_forward(self, hands[weft_random(self, HANDS)], msg);
        break;
    case 4:
        return weft_stash(self);
    default:
        weft_reply_word(self, msg, TAG_SET, 0);
    }
    return weft_stay(self);
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *h = state;
    weft_pid to = hands[weft_random(self, HANDS)];
    struct parcel parcel;

    if (weft_msg_question(msg) != 0) {
        close_one(h);
        return weft_stay(self);
    }
    if (weft_is_question(msg))
        return answer(self, h, msg);
    switch (weft_tag(msg)) {
    case TAG_ASK:
        ask_some(self, h, 3);
        break;
    case TAG_MANY:
        ask_some(self, h, 700);
        break;
    case TAG_AWAIT:
        h->awaits = true;
        open_one(h);
        return weft_await(self, to, letter(&parcel, (unsigned)weft_word(msg)), WEFT_MS(2),
                          heard);
    case TAG_END_OF:
        h->awaits = true;
        open_one(h);
        return weft_await_end(self, to, WEFT_MS(2), heard);
    case TAG_RECEIVE:
        return weft_receive(self, is_question, WEFT_MS(1), received);
    case TAG_ASIDE:
        return weft_stash(self);
    case TAG_BACK:
        weft_unstash(self);
        return weft_become(self, work);
    case TAG_DUES:
        for (; h->n_dues > 0; h->n_dues--)
            weft_answer(self, h->dues[h->n_dues - 1], letter(&parcel, h->n_dues));
        break;
    case TAG_SET:
        if (weft_sender(msg) == WEFT_NOBODY)
            atomic_fetch_add(&at_end, 1);
        break;
    default:
        break;
    }
    return weft_stay(self);
}

static void destroy(void *state)
{
    struct hand *h = state;

    atomic_fetch_add(&closed, h->open);
}

static const weft_behavior hand =
    WEFT_BEHAVIOR("hand", struct hand, work, .destroy = destroy);

/* --- the play --- */

static bool all_closed(void *nothing)
{
    unsigned living = 0;

    (void)nothing;
    for (unsigned i = 0; i < HANDS; i++)
        living += weft_rt_alive(rt, hands[i]);
    return atomic_load(&at_end) >= living && atomic_load(&closed) == atomic_load(&opened);
}

static void begin(unsigned long after)
{
    atomic_store(&opened, 0);
    atomic_store(&closed, 0);
    atomic_store(&at_end, 0);
    while_they_talk = after % 2 == 1;
}

static void play(weft_runtime *runtime)
{
    rt = runtime;
    for (unsigned i = 0; i < HANDS; i++)
        if (weft_rt_spawn(rt, &hand, NULL, &hands[i]) == 0) /* else WEFT_NOBODY */
            ledger_add(&fault_ledger, hands[i], i);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < HANDS; i++)
            for (uint32_t tag = TAG_ASK; tag < TAG_SET; tag++)
                for (unsigned n = 0; n < (tag == TAG_ASIDE ? ASIDE : 2); n++)
                    weft_rt_cast_word(rt, hands[i], tag, 5 * i + n);
}

static void end(weft_runtime *runtime)
{
    for (unsigned i = 0; i < HANDS; i++)
        weft_rt_cast_word(runtime, hands[i], TAG_SET, 0);
    if (!while_they_talk)
        cr_expect(stress_until(all_closed, NULL), "somebody waits for ever: %lu of %lu",
                  atomic_load(&closed), atomic_load(&opened));
    for (unsigned i = 0; i < HANDS; i++)
        weft_rt_drain_actor(runtime, hands[i]);
}

static void check(bool whole)
{
    (void)whole;
    cr_expect_eq(atomic_load(&closed), atomic_load(&opened));
}

static void play_each(unsigned workers, unsigned long n)
{
    const struct fault_play plays = {
        .workers = workers,
        .least = 100,
        .most = stress_amount(40),
        .ledger = true,
        .begin = begin,
        .run = play,
        .end = end,
        .check = check,
    };

    fault_each(&plays, n);
}

TestSuite(talking, .timeout = 600);

Test(talking, each_fails_once_on_one_worker)
{
    play_each(1, 1);
}

Test(talking, each_fails_once_on_two_workers)
{
    play_each(2, 1);
}

Test(talking, each_and_the_next_few_fail)
{
    play_each(2, 5);
}

Test(talking, each_and_many_more_fail)
{
    play_each(2, 1000);
}
