/* test_talk.c: whatever actors do with questions, each gets one answer or one failure while its
 * asker lives; nobody waits for ever; what messages own is released once.
 *
 * Citizens are told to do deeds: they ask one or several others, wait for the answer, for an
 * end, for a message, put mail aside, go on, get stuck (so that all of it is begun by steps
 * that have lost their domain), and end, themselves or others. Who is asked answers, at once,
 * later, from somebody else's answer, or never; hands the question on, puts it aside, or dies
 * over it. A question is open from when it was asked until its outcome comes, or its asker's
 * state is destroyed; all have a deadline, so when the deeds are done all of them close. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

enum { PLACES = 32, DEEDS = 15000, AT_A_TIME = 60, ASKS = 6, DUES = 4, LEDGER = 1 << 18 };
enum { TAG_DEED = 1, TAG_ANSWER };

struct citizen {
    struct thing thing;
    weft_question asks[ASKS]; /* open */
    weft_due dues[DUES];      /* kept */
    weft_due nested;          /* answered by what it awaits; 0: none */
    bool awaits, yielded;
    unsigned aside; /* messages that it will put aside */
};

static struct ledger ledger;
static weft_runtime *rt;
static _Atomic(weft_pid) directory[PLACES];
static atomic_ulong opened, closed, deeds_done, detached_deeds;

static weft_pid somebody(weft_self *self)
{
    return atomic_load(&directory[weft_random(self, PLACES)]);
}

static uint64_t some_time(weft_self *self)
{
    return weft_random(self, 3) == 0 ? weft_random(self, WEFT_US(300))
                                     : weft_random(self, WEFT_MS(10));
}

static weft_letter some_letter(weft_self *self, struct parcel *parcel)
{
    struct hop hop = {0, 0, (uint32_t)weft_random(self, 1u << 30)};

    return parcel_letter(parcel, (enum parcel_form)weft_random(self, PARCEL_FORMS), hop);
}

static void check_parcel(const weft_msg *msg)
{
    struct hop hop;

    cr_expect(weft_tag(msg) < PARCEL_TAG || weft_tag(msg) >= WEFT_TAG_RESERVED ||
                  weft_msg_type(msg) != NULL || parcel_read(msg, &hop),
              "a parcel was damaged");
}

/* --- asking --- */

static weft_next live(weft_self *self, void *state, weft_msg *msg);
static weft_next other_live(weft_self *self, void *state, weft_msg *msg);

static weft_next deed(weft_self *self, struct citizen *c);

/* What was awaited is there, or not. */
static weft_next hear(weft_self *self, void *state, weft_msg *msg)
{
    struct citizen *c = state;
    weft_due due = c->nested;

    check_parcel(msg);
    cr_expect(c->awaits != c->yielded, "an outcome that nobody waits for");
    if (!c->yielded && weft_random(self, 8) == 0) {
        c->yielded = true;
        c->awaits = false;
        atomic_fetch_add(&closed, 1);
        return weft_yield(self);
    }
    if (!c->yielded)
        atomic_fetch_add(&closed, 1);
    c->awaits = c->yielded = false;
    c->nested = 0;
    if (due != 0 && weft_failure(msg) != 0)
        weft_answer_error(self, due, weft_failure(msg));
    else if (due != 0)
        weft_answer(self, due, weft_take(self, msg));
    switch (weft_random(self, 8)) {
    case 0:
        return weft_become(self, other_live);
    case 1:
    case 2:
        return deed(self, c);
    default:
        return weft_stay(self);
    }
}

static weft_next await(weft_self *self, struct citizen *c)
{
    struct parcel parcel;

    c->awaits = true;
    atomic_fetch_add(&opened, 1);
    switch (weft_random(self, 8)) {
    case 0:
        return weft_await_end(self, somebody(self), some_time(self), hear);
    case 1:
        return weft_await_start(self, somebody(self), some_time(self), hear);
    default:
        return weft_await(self, somebody(self), some_letter(self, &parcel),
                          some_time(self), hear);
    }
}

static void ask(weft_self *self, struct citizen *c)
{
    struct parcel parcel;

    for (unsigned i = 0; i < ASKS; i++) {
        if (c->asks[i] != 0 || weft_random(self, 2) == 0)
            continue;
        atomic_fetch_add(&opened, 1);
        if (weft_ask(self, somebody(self), some_letter(self, &parcel), some_time(self),
                     &c->asks[i]) < 0) {
            cr_expect_eq(c->asks[i], 0);
            atomic_fetch_add(&closed, 1);
        }
    }
}

/* The outcome of an ask: of one that is open. */
static void close_ask(struct citizen *c, const weft_msg *msg)
{
    for (unsigned i = 0; i < ASKS; i++)
        if (c->asks[i] == weft_msg_question(msg)) {
            c->asks[i] = 0;
            atomic_fetch_add(&closed, 1);
            return;
        }
    cr_expect(false, "an outcome for no open question: twice, or somebody else's");
}

/* --- answering --- */

static void keep_due(weft_self *self, struct citizen *c, const weft_msg *msg)
{
    weft_due *due = &c->dues[weft_random(self, DUES)];

    if (*due != 0) /* and drops the right, or not */
        weft_answer_word(self, *due, TAG_ANSWER, 0);
    *due = weft_reply_later(self, msg);
}

static weft_next answer(weft_self *self, struct citizen *c, weft_msg *msg)
{
    struct parcel parcel;

    switch (weft_random(self, 12)) {
    case 0:
        weft_reply(self, msg, some_letter(self, &parcel));
        weft_reply(self, msg, some_letter(self, &parcel)); /* once too often */
        break;
    case 1:
        weft_reply(self, msg, weft_take(self, msg));
        break;
    case 2:
        weft_reply_error(self, msg, -77);
        break;
    case 3:
        keep_due(self, c, msg);
        break;
    case 4:
        weft_forward(self, somebody(self), msg);
        break;
    case 5:
        weft_hand_on(self, weft_reply_later(self, msg), somebody(self),
                     some_letter(self, &parcel));
        break;
    case 6:
        c->nested = weft_reply_later(self, msg);
        return await(self, c);
    case 7:
        return weft_stash(self);
    case 8:
        return weft_yield(self);
    case 9:
        break; /* forgets it */
    default:
        weft_reply_word(self, msg, TAG_ANSWER, 1);
    }
    return weft_stay(self);
}

/* --- deeds --- */

static bool is_wanted(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_is_question(msg) || weft_msg_question(msg) != 0;
}

static weft_next received(weft_self *self, void *state, weft_msg *msg)
{
    if (weft_failure(msg) == WEFT_ETIMEDOUT && weft_msg_question(msg) == 0)
        return weft_stay(self);
    return live(self, state, msg);
}

static weft_next went_on(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return deed(self, state);
}

static weft_next end_somebody(weft_self *self)
{
    weft_pid pid = somebody(self);

    switch (weft_random(self, 6)) {
    case 0:
        weft_kill_actor(self, pid);
        break;
    case 1:
        weft_stop_actor(self, pid);
        break;
    case 2:
        weft_drain_actor(self, pid);
        break;
    case 3:
        return weft_stop(self);
    case 4:
        return weft_fail(self, 3, NULL);
    default:
        break;
    }
    return weft_stay(self);
}

static weft_next deed(weft_self *self, struct citizen *c)
{
    if (weft_random(self, 40) == 0) {
        stress_spin(WEFT_US(1500));
        atomic_fetch_add(&detached_deeds, 1);
    }
    switch (weft_random(self, 12)) {
    case 0:
    case 1:
    case 2:
        return await(self, c);
    case 3:
    case 4:
    case 5:
        ask(self, c);
        break;
    case 6:
        return weft_receive(self, weft_random(self, 2) == 0 ? is_wanted : NULL,
                            weft_random(self, WEFT_MS(2)), received);
    case 7:
        return weft_go_on(self, went_on, TAG_DEED, 0);
    case 8:
        c->aside = (unsigned)weft_random(self, 5);
        break;
    case 9:
        weft_unstash(self);
        break;
    case 10:
        for (unsigned i = 0; i < DUES; i++) {
            if (c->dues[i] != 0)
                weft_answer_word(self, c->dues[i], TAG_ANSWER, i);
            c->dues[i] = 0;
        }
        break;
    default:
        return weft_random(self, 8) == 0 ? end_somebody(self) : weft_stay(self);
    }
    return weft_stay(self);
}

/* --- a citizen --- */

static weft_next live(weft_self *self, void *state, weft_msg *msg)
{
    struct citizen *c = state;

    cr_expect(thing_lives(&c->thing));
    cr_expect_not(c->awaits, "a message for one who awaits");
    check_parcel(msg);
    if (c->aside > 0) {
        c->aside--;
        return weft_stash(self);
    }
    if (weft_msg_question(msg) != 0) {
        if (weft_random(self, 8) == 0)
            return weft_random(self, 2) == 0 ? weft_yield(self) : weft_stash(self);
        close_ask(c, msg);
        return weft_stay(self);
    }
    if (weft_is_question(msg))
        return answer(self, c, msg);
    weft_unstash(self);
    if (weft_tag(msg) != TAG_DEED)
        return weft_stay(self);
    atomic_fetch_add(&deeds_done, 1);
    return deed(self, c);
}

static weft_next other_live(weft_self *self, void *state, weft_msg *msg)
{
    weft_become(self, live);
    return live(self, state, msg);
}

static weft_next begin(weft_self *self, void *state, const void *args)
{
    struct citizen *c = state;

    (void)args;
    c->thing = thing_new();
    if (weft_random(self, 50) == 0)
        stress_spin(WEFT_US(1500));
    return weft_random(self, 30) == 0 ? weft_fail(self, 1, NULL) : weft_stay(self);
}

static weft_next started(weft_self *self, void *state)
{
    return weft_random(self, 2) == 0 ? await(self, state) : weft_stay(self);
}

static bool stays(weft_self *self, void *state)
{
    (void)state;
    if (weft_random(self, 20) == 0)
        stress_spin(WEFT_US(1500));
    return weft_random(self, 2) == 0;
}

static void stop(weft_self *self, void *state, const weft_reason *reason)
{
    struct citizen *c = state;

    (void)reason;
    ask(self, c);
    for (unsigned i = 0; i < DUES; i++)
        if (c->dues[i] != 0 && weft_random(self, 2) == 0)
            weft_answer_word(self, c->dues[i], TAG_ANSWER, i);
}

static void destroy(void *state)
{
    struct citizen *c = state;

    for (unsigned i = 0; i < ASKS; i++)
        if (c->asks[i] != 0)
            atomic_fetch_add(&closed, 1);
    if (c->awaits)
        atomic_fetch_add(&closed, 1);
    thing_end(&c->thing);
}

static const weft_behavior citizen = WEFT_BEHAVIOR(
    "citizen", struct citizen, live, .init = begin, .stop = stop, .destroy = destroy,
    .started = started, .stays = stays, .stash_max = 20);

/* --- the test --- */

static void settle(unsigned place)
{
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(rt, &citizen, NULL, &pid), 0);
    ledger_add(&ledger, pid, place);
    atomic_store(&directory[place], pid);
}

static bool all_closed(void *nothing)
{
    (void)nothing;
    for (unsigned i = 0; i < PLACES; i++) /* so that all stashes are looked at again */
        weft_rt_cast_word(rt, atomic_load(&directory[i]), TAG_ANSWER, 0);
    return atomic_load(&closed) == atomic_load(&opened);
}

/* The deeds are posted some at a time, so that questions meet actors that have time. */
static void post_deeds(uint64_t *random)
{
    for (uint64_t n = stress_amount(DEEDS); n > 0; n--) {
        unsigned place = (unsigned)stress_random(random, PLACES);

        if (!weft_rt_alive(rt, atomic_load(&directory[place])))
            settle(place);
        weft_rt_cast_word(rt, atomic_load(&directory[place]), TAG_DEED, 0);
        if (n % AT_A_TIME == 0)
            poll(NULL, 0, 1);
    }
}

static void test_talk(unsigned workers)
{
    uint64_t seed = stress_seed();
    struct stress_mover mover = {0};
    weft_stats stats;

    ledger_init(&ledger, LEDGER);
    rt = stress_start(workers, 1, seed, &ledger);
    for (unsigned i = 0; i < PLACES; i++)
        settle(i);
    do /* again, if they had no time at all, and most of it has died */
        post_deeds(&seed);
    while (atomic_load(&opened) <= DEEDS / 20 && stress_moves(&mover, &deeds_done));
    cr_expect(stress_until(all_closed, NULL),
              "%lu opened, %lu closed: somebody waits for ever", atomic_load(&opened),
              atomic_load(&closed));
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    weft_stats_read(rt, &stats);
    fprintf(
        stderr,
        "opened %lu, rescues %lu, handled %lu, dead: late %lu, no actor %lu, ended %lu, "
        "stash %lu\n",
        atomic_load(&opened), stats.rescues, stats.handled, stats.dead[WEFT_DEAD_LATE],
        stats.dead[WEFT_DEAD_NO_ACTOR], stats.dead[WEFT_DEAD_ENDED],
        stats.dead[WEFT_DEAD_STASH_FULL]);
    cr_expect_gt(atomic_load(&opened), DEEDS / 20);
    cr_expect_eq(stats.spawned, stats.ended);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    cr_expect_eq(atomic_load(&opened), atomic_load(&closed));
    thing_check();
    ledger_check(&ledger);
    ledger_done(&ledger);
}

TestSuite(talk, .timeout = 600);

Test(talk, on_one_worker)
{
    test_talk(1);
}

Test(talk, on_two_workers)
{
    test_talk(2);
}

Test(talk, on_three_workers)
{
    test_talk(3);
}

Test(talk, on_eight_workers)
{
    test_talk(8);
}
