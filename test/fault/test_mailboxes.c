/* test/fault/test_mailboxes.c: every allocation of a program with limits and priorities fails
 * once, and then some in a row: each call succeeds or says why not, what came back is still the
 * caller's, nothing is lost and each object ends once. */
#include "test/support/fault_play.h"
#include "test/support/stress_run.h"
#include "test/support/stress_thing.h"

#include <criterion/criterion.h>

enum { MEMBERS = 10, ROUNDS = 60, ROOM = 3, TAG_PARCEL = 1, TAG_WORD };

static weft_runtime *rt;
static weft_pid members[MEMBERS]; /* WEFT_NOBODY where there was no memory for one */

#define PARCEL_FIELDS(F) F(struct thing, thing) F(char, bulk[1500])
static void parcel_done(void *object);
WEFT_BLOCK(parcel, TAG_PARCEL, PARCEL_FIELDS, parcel_done)

static void parcel_done(void *object)
{
    thing_end(object); /* its first member */
}

static void count_send(int error)
{
    cr_expect(error == 0 || error == WEFT_ENOMEM || error == WEFT_ENOACTOR ||
                  error == WEFT_EFULL,
              "%s", weft_strerror(error));
    atomic_fetch_add(&fault_sent, 1);
}

/* --- members, who keep each other busy --- */

struct member {
    uint32_t n;
};

static bool is_word(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == TAG_WORD;
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct member *me = state;

    if (weft_failure(msg) != 0 || me->n >= ROUNDS)
        return weft_stay(self);
    for (uint32_t i = 0; i < 3; i++)
        count_send(weft_cast_word(self, members[(me->n + i) % MEMBERS], TAG_WORD, i));
    switch (me->n++ % 8) {
    case 3:
        return weft_stash(self);
    case 5:
        weft_unstash(self);
        break;
    case 7:
        return weft_receive(self, is_word, WEFT_US(100), working);
    default:
        break;
    }
    return weft_stay(self);
}

static unsigned urgency(const weft_msg *msg)
{
    return weft_tag(msg);
}

#define MEMBER(policy, by)                                               \
    WEFT_BEHAVIOR("member", struct member, working, .mailbox_max = ROOM, \
                  .mailbox_bytes_max = 4000, .overflow = policy, .priority = by)

static const weft_behavior kinds[MEMBERS] = {
    MEMBER(WEFT_OVERFLOW_REFUSE, NULL),      MEMBER(WEFT_OVERFLOW_REFUSE, urgency),
    MEMBER(WEFT_OVERFLOW_DROP_NEWEST, NULL), MEMBER(WEFT_OVERFLOW_DROP_NEWEST, urgency),
    MEMBER(WEFT_OVERFLOW_DROP_OLDEST, NULL), MEMBER(WEFT_OVERFLOW_DROP_OLDEST, urgency),
    MEMBER(WEFT_OVERFLOW_STOP, NULL),        MEMBER(WEFT_OVERFLOW_STOP, urgency),
    MEMBER(WEFT_OVERFLOW_HOLD, NULL),        MEMBER(WEFT_OVERFLOW_HOLD, urgency)};

/* --- the play --- */

static void send_parcel(uint32_t round)
{
    struct parcel parcel = {.thing = thing_new()};
    weft_pid to = members[round % MEMBERS];
    int error;

    if (round % 3 == 0) {
        count_send(weft_rt_cast(rt, to, parcel_msg(&parcel)));
        return;
    }
    error = weft_rt_try_cast(rt, to, parcel_msg(&parcel));
    count_send(error);
    if (error != 0)
        thing_end(&parcel.thing);
}

static void play(weft_runtime *runtime)
{
    rt = runtime;
    for (unsigned i = 0; i < MEMBERS; i++)
        if (weft_rt_spawn(rt, &kinds[i], NULL, &members[i]) != 0)
            members[i] = WEFT_NOBODY;
    for (uint32_t round = 0; round < ROUNDS; round++)
        send_parcel(round);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
}

static const struct fault_play plays = {.workers = 2, .least = MEMBERS, .run = play};

TestSuite(mailboxes, .timeout = 600);

Test(mailboxes, each_allocation_fails_once)
{
    fault_each(&plays, 1);
}

Test(mailboxes, each_and_many_more_fail)
{
    fault_each(&plays, 1000);
}
