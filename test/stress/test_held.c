/* test_held.c: nobody is held for ever. Actors in a random graph full of circles flood each other,
 * most of them behind mailboxes that hold their senders; they await each other for ever (but
 * no circle of awaits), receive, ask, yield, stash, get stuck, end, and are stopped, killed and drained by threads
 * outside, which send as well. Some have threads of their own. Every message is accounted for
 * in the end, which it would not be if a single one of them were stuck, and nobody is held. */
#include "test/support/stress_run.h"
#include "test/support/unit_threads.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <weft/look.h>

enum { WORKERS = 3, CROWD = 24, OWN = 2, OUTSIDERS = 2, ROOM = 6 };
enum { TAG_WORK = 1, TAG_ASK, TAG_ANSWER, TAG_REST };

static weft_runtime *rt;
static _Atomic(weft_pid) crowd[CROWD];
static atomic_ulong sent, deeds; /* messages; steps that send some */
static atomic_bool resting;

static const weft_behavior members[CROWD];

static weft_pid someone(uint64_t n)
{
    return atomic_load_explicit(&crowd[n], memory_order_relaxed);
}

static void count(void)
{
    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
}

/* --- actors --- */

struct member {
    uint32_t place;
};

static weft_next working(weft_self *self, void *state, weft_msg *msg);

/* Who ends is replaced, so that many inhabit each slot. */
static weft_next end(weft_self *self, const struct member *me)
{
    struct member next = *me;
    weft_pid pid;

    if (weft_spawn(self, &members[me->place], &next, &pid) == 0)
        atomic_store_explicit(&crowd[me->place], pid, memory_order_relaxed);
    return weft_stop(self);
}

static void expect_sent(int error)
{
    cr_expect(error == 0 || error == WEFT_ENOACTOR || error == WEFT_EFULL, "%s",
              weft_strerror(error));
}

static void send(weft_self *self, weft_pid to)
{
    count();
    switch (weft_random(self, 8)) {
    case 0:
        expect_sent(weft_try_cast(self, to, weft_signal(TAG_WORK)));
        break;
    case 1:
        expect_sent(weft_ask(self, to, weft_signal(TAG_ASK), WEFT_FOREVER, NULL));
        break;
    case 2:
        expect_sent(weft_cast(self, to, weft_small(TAG_WORK, &(char[40]){0}, 40)));
        break;
    default:
        expect_sent(weft_cast_word(self, to, TAG_WORK, 0));
    }
}

static bool is_work(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == TAG_WORK || weft_tag(msg) == TAG_ASK;
}

/* Only those with lower numbers, so that nobody awaits himself. */
static weft_next await(weft_self *self, const struct member *me)
{
    if (me->place == 0)
        return weft_stay(self);
    count();
    return weft_await(self, someone(weft_random(self, me->place)), weft_signal(TAG_ASK),
                      WEFT_FOREVER, working);
}

static weft_next what_next(weft_self *self, const struct member *me)
{
    switch (weft_random(self, 40)) {
    case 0:
        stress_spin(WEFT_MS(2)); /* it loses its worker */
        return weft_stay(self);
    case 1:
        return weft_yield(self);
    case 2:
        return weft_stash(self);
    case 3:
        weft_unstash(self);
        return weft_stay(self);
    case 4:
        return weft_receive(self, is_work, WEFT_MS(1), working);
    case 5:
        return weft_random(self, 40) == 0 ? end(self, me) : weft_stay(self);
    case 6:
    case 7:
    case 8:
    case 9:
        return await(self, me);
    default:
        return weft_stay(self);
    }
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    const struct member *me = state;

    if (weft_is_question(msg)) {
        count();
        weft_reply_word(self, msg, TAG_ANSWER, 0);
    }
    if (weft_tag(msg) == TAG_REST)
        weft_unstash(self);
    if (atomic_load_explicit(&resting, memory_order_relaxed))
        return weft_stay(self);
    atomic_fetch_add_explicit(&deeds, 1, memory_order_relaxed);
    for (uint64_t n = weft_random(self, 5); n > 0; n--)
        send(self, someone(weft_random(self, CROWD)));
    return what_next(self, me);
}

#define MEMBER(...)                                                                     \
    WEFT_BEHAVIOR("member", struct member, working, .args_size = sizeof(struct member), \
                  .overflow = WEFT_OVERFLOW_HOLD, .stash_max = 4, __VA_ARGS__)
#define MEMBERS                                                       \
    MEMBER(.mailbox_max = ROOM), MEMBER(.mailbox_max = 1), MEMBER(0), \
        MEMBER(.mailbox_bytes_max = 100), MEMBER(.mailbox_max = 2 * ROOM)
static const weft_behavior members[CROWD] = {
    MEMBERS,
    MEMBERS,
    MEMBERS,
    MEMBERS,
    MEMBER(.mailbox_max = ROOM),
    MEMBER(.mailbox_max = ROOM),
    MEMBER(.mailbox_max = ROOM, .own_thread = true),
    MEMBER(.mailbox_max = ROOM, .own_thread = true),
};

/* --- the play --- */

static uint64_t seed;

static void join(uint32_t place)
{
    struct member member = {.place = place};
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(rt, &members[place], &member, &pid), 0);
    atomic_store(&crowd[place], pid);
}

/* The one with the lowest number that is ended answers nobody any more: those who await it
 * are told so. */
static void end_one(uint64_t place, uint64_t how)
{
    static int (*const ends[3])(weft_runtime *, weft_pid) = {
        weft_rt_stop_actor, weft_rt_kill_actor, weft_rt_drain_actor};

    if (place >= CROWD - OWN)
        return;
    ends[how](rt, someone(place));
    join((uint32_t)place);
}

/* What there is no room for gives way to those who make some. */
static void send_outside(unsigned number)
{
    uint64_t random = seed + number;

    while (atomic_load(&deeds) < stress_amount(20000)) {
        int error;

        count();
        error =
            weft_rt_cast_word(rt, someone(stress_random(&random, CROWD)), TAG_WORK, 0);
        expect_sent(error);
        if (error != 0)
            sched_yield();
        if (stress_random(&random, 500) == 0)
            end_one(stress_random(&random, CROWD), stress_random(&random, 3));
    }
}

/* What is stashed has to come back, also from those whose place is another's by now. */
static bool is_at_rest(void *nothing)
{
    weft_cursor cursor = {0};
    weft_pid pid;

    (void)nothing;
    if (stress_accounted(rt) >= atomic_load(&sent))
        return true;
    while ((pid = weft_actor_next(rt, &cursor)) != WEFT_NOBODY) {
        count();
        weft_rt_cast_word(rt, pid, TAG_REST, 0);
    }
    return false;
}

static void nobody_is_held(void)
{
    weft_actor_info info = {.size = sizeof info};
    weft_cursor cursor = {0};
    weft_pid pid;

    while ((pid = weft_actor_next(rt, &cursor)) != WEFT_NOBODY)
        cr_expect(weft_actor_read(rt, pid, &info) != 0 || info.life == WEFT_LIFE_RUNNING,
                  "one is %s", weft_life_text(info.life));
}

static void play(unsigned workers, unsigned relief)
{
    weft_stats stats;

    atomic_store(&sent, 0);
    atomic_store(&deeds, 0);
    atomic_store(&resting, false);
    seed = stress_seed();
    rt = stress_start(workers, relief, seed, NULL);
    for (uint32_t i = 0; i < CROWD; i++)
        join(i);
    in_threads(OUTSIDERS, send_outside);
    atomic_store(&resting, true);
    cr_expect(stress_until(is_at_rest, NULL), "somebody is stuck");
    nobody_is_held();
    weft_stats_read(rt, &stats);
    cr_expect_gt(stats.held, 0);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    stress_finish(rt, atomic_load(&sent));
}

TestSuite(held, .timeout = 600);

Test(held, is_nobody_for_ever_on_three_workers)
{
    play(WORKERS, 1);
}

Test(held, is_nobody_for_ever_on_one_worker)
{
    play(1, WEFT_NO_RELIEF);
}
