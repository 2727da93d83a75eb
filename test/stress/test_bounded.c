/* test_bounded.c: mailboxes with limits, on several workers at once, lose no message and no
 * place. Actors of every policy, with priorities and without, send each other, themselves and the void messages of every
 * form, get stuck, stash, yield, receive and end; threads outside send more. When all is over
 * what was sent was handled, is dead or came back, and whoever still lives has room for as
 * many messages as at its birth, and not for one more. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"
#include "test/support/unit_threads.h"

#include <criterion/criterion.h>

enum { WORKERS = 3, CROWD = 30, OUTSIDERS = 2, ROOM = 8, POLICIES = 5 };
enum { TAG_HOLD = 1, TAG_REST, TAG_FILL };

static weft_runtime *rt;
static _Atomic(weft_pid) crowd[CROWD];
static atomic_ulong sent;
static atomic_ulong
    done; /* messages whose steps are over: what is handled may still run */
static atomic_ulong held, released; /* members so far */
static atomic_bool resting;

static const weft_behavior members[CROWD];

/* --- sending --- */

static void send(weft_self *self, weft_pid to, uint64_t random)
{
    enum parcel_form form = (enum parcel_form)(random % PARCEL_FORMS);
    struct hop hop = {0, 0, (uint32_t)(random >> 32 & 0xffff)};
    struct parcel parcel;
    weft_letter letter = parcel_letter(&parcel, form, hop);
    int error;

    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    if (random >> 16 & 1) {
        error = self != NULL ? weft_cast(self, to, letter) : weft_rt_cast(rt, to, letter);
    } else {
        error = self != NULL ? weft_try_cast(self, to, letter)
                             : weft_rt_try_cast(rt, to, letter);
        if (error < 0)
            parcel_end(&parcel, form);
    }
    cr_expect(error == 0 || error == WEFT_EFULL || error == WEFT_ENOACTOR, "%s",
              weft_strerror(error));
}

static weft_pid someone(uint64_t n)
{
    return atomic_load_explicit(&crowd[n % CROWD], memory_order_relaxed);
}

/* --- actors --- */

struct member {
    uint32_t place, left;
    bool again; /* this message is to come again */
};

static bool is_small(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_msg_type(msg) == NULL;
}

static weft_next working(weft_self *self, void *state, weft_msg *msg);

/* Who ends is replaced, so that many inhabit each slot. */
static weft_next end(weft_self *self, const struct member *me)
{
    struct member next = {.place = me->place, .left = me->left};
    weft_pid pid;

    if (weft_spawn(self, &members[me->place], &next, &pid) == 0)
        atomic_store_explicit(&crowd[me->place], pid, memory_order_relaxed);
    return weft_stop(self);
}

static weft_next be_told(weft_self *self, const weft_msg *msg)
{
    if (weft_tag(msg) == TAG_HOLD) {
        atomic_store(&held, weft_word(msg));
        while (atomic_load(&released) < weft_word(msg))
            continue;
    } else if (weft_tag(msg) == TAG_REST) {
        weft_unstash(self);
    }
    return weft_stay(self);
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct member *me = state;
    struct hop hop;

    if (weft_tag(msg) < PARCEL_TAG)
        return be_told(self, msg);
    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    if (me->left == 0 || atomic_load_explicit(&resting, memory_order_relaxed))
        return weft_stay(self);
    me->left--;
    for (uint64_t n = weft_random(self, 4); n > 0; n--)
        send(self, someone(weft_random(self, CROWD)), weft_random(self, UINT64_MAX));
    if (weft_random(self, 8) == 0)
        send(self, weft_self_pid(self), weft_random(self, UINT64_MAX));
    switch (weft_random(self, 64)) {
    case 0:
        stress_spin(WEFT_MS(2)); /* the others of this worker go elsewhere */
        break;
    case 1:
        me->again = true;
        return weft_yield(self);
    case 2:
        me->again = true;
        return weft_stash(self);
    case 3:
        weft_unstash(self);
        break;
    case 4:
        return weft_receive(self, is_small, WEFT_MS(1), working);
    case 5:
        return weft_random(self, 20) == 0 ? end(self, me) : weft_stay(self);
    default:
        break;
    }
    return weft_stay(self);
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct member *me = state;
    weft_next next;

    if (weft_failure(msg) != 0)
        return weft_stay(self); /* nothing small came in time */
    me->again = false;
    next = work(self, state, msg);
    atomic_fetch_add(&done, !me->again);
    return next;
}

static unsigned urgency(const weft_msg *msg)
{
    return weft_tag(msg) % 4;
}

#define MEMBER(policy_, bytes_, priority_)                                               \
    WEFT_BEHAVIOR("member", struct member, working, .args_size = sizeof(struct member),  \
                  .mailbox_max = ROOM, .mailbox_bytes_max = bytes_, .overflow = policy_, \
                  .priority = priority_, .stash_max = 4)
#define MEMBERS(bytes_, priority_)                            \
    MEMBER(WEFT_OVERFLOW_REFUSE, bytes_, priority_),          \
        MEMBER(WEFT_OVERFLOW_DROP_NEWEST, bytes_, priority_), \
        MEMBER(WEFT_OVERFLOW_DROP_OLDEST, bytes_, priority_), \
        MEMBER(WEFT_OVERFLOW_STOP, bytes_, priority_),        \
        MEMBER(WEFT_OVERFLOW_HOLD, bytes_, priority_)
static const weft_behavior members[CROWD] = {
    MEMBERS(0, NULL),          MEMBERS(0, urgency), MEMBERS(1 << 13, NULL),
    MEMBERS(1 << 13, urgency), MEMBERS(0, NULL),    MEMBERS(1 << 20, urgency)};

/* --- the play --- */

static uint64_t seed;

static void send_outside(unsigned number)
{
    uint64_t random = seed + number;

    for (uint64_t n = stress_amount(20000); n > 0; n--)
        send(NULL, someone(stress_random(&random, CROWD)),
             stress_random(&random, UINT64_MAX));
}

static int tell(weft_pid pid, uint32_t tag, uint64_t word)
{
    atomic_fetch_add(&sent, 1);
    return weft_rt_cast_word(rt, pid, tag, word);
}

/* What is stashed has to come back; a full mailbox may swallow the word that says so. */
static bool is_at_rest(void *nothing)
{
    weft_stats stats;

    (void)nothing;
    weft_stats_read(rt, &stats);
    if (atomic_load(&done) + stress_dead(&stats) + stats.returned >= atomic_load(&sent))
        return true;
    for (unsigned i = 0; i < CROWD; i++)
        tell(someone(i), TAG_REST, 0);
    return false;
}

/* It is held up in a step, and its mailbox is empty. */
static void check_room(uint64_t place)
{
    weft_pid pid = someone(place);
    unsigned n = 0;

    if (!weft_rt_alive(rt, pid) || (place % POLICIES != WEFT_OVERFLOW_REFUSE &&
                                    place % POLICIES != WEFT_OVERFLOW_HOLD))
        return;
    cr_assert_eq(tell(pid, TAG_HOLD, place + 1), 0);
    cr_assert(stress_until_at_least(&held, place + 1));
    for (unsigned i = 0; i < 2 * ROOM; i++)
        n += tell(pid, TAG_FILL, 0) == 0;
    cr_expect_eq(n, ROOM, "member %lu has room for %u", (unsigned long)place, n);
    atomic_store(&released, place + 1);
}

static void play(unsigned workers, unsigned relief)
{
    seed = stress_seed();
    rt = stress_start(workers, relief, seed, NULL);
    for (uint32_t i = 0; i < CROWD; i++) {
        struct member member = {.place = i, .left = (uint32_t)stress_amount(4000)};
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, &members[i], &member, &pid), 0);
        atomic_store(&crowd[i], pid);
    }
    in_threads(OUTSIDERS, send_outside);
    atomic_store(&resting, true);
    cr_expect(stress_until(is_at_rest, NULL), "a message was lost");
    for (uint64_t i = 0; i < CROWD; i++)
        check_room(i);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    stress_finish(rt, atomic_load(&sent));
    thing_check();
}

TestSuite(bounded, .timeout = 600);

Test(bounded, loses_nothing_on_three_workers)
{
    play(WORKERS, 1);
}

Test(bounded, loses_nothing_on_one_worker)
{
    play(1, WEFT_NO_RELIEF);
}
