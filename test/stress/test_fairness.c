/* test/stress/test_fairness.c: nobody starves. A bystander, who sends itself one message after
 * the other, has to get a number of turns while a neighbour does what it can to have them
 * all: floods itself or the bystander's worker, never ends a message, makes newborns without
 * end. How long it takes is not measured; the neighbour just does not stop before. */
#include "test/support/stress_run.h"

#include <pthread.h>

#include <criterion/criterion.h>

enum { TAG_TURN = 1, TAG_FLOOD, TAG_START };
enum { TURNS = 50, BACKLOG = 100000 };

static weft_runtime *rt;
static atomic_ulong turns, made, floods;
static atomic_bool enough;
static weft_pid flooded;

static int cast(weft_self *self, weft_pid to, uint32_t tag)
{
    return weft_cast_word(self, to, tag, 0);
}

/* --- the bystander --- */

static weft_next take_turn(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    atomic_fetch_add(&turns, 1);
    if (!atomic_load(&enough))
        cast(self, weft_self_pid(self), TAG_TURN);
    return weft_stay(self);
}

static const weft_behavior bystander = WEFT_STATELESS("bystander", take_turn);

static weft_pid spawn(const weft_behavior *behavior)
{
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(rt, behavior, NULL, &pid), 0);
    return pid;
}

/* The neighbour is at work already; without relief, so that there is no way around it. */
static void test_bystander(const weft_behavior *neighbour, unsigned workers)
{
    weft_pid pid, other;

    rt = stress_start(workers, WEFT_NO_RELIEF, stress_seed(), NULL);
    pid = spawn(&bystander);
    other = spawn(neighbour);
    flooded = other;
    weft_rt_cast_word(rt, other, TAG_START, 0);
    cr_assert(stress_until_at_least(&floods, 10));
    weft_rt_cast_word(rt, pid, TAG_TURN, 0);
    cr_expect(stress_until_at_least(&turns, stress_amount(TURNS)),
              "the bystander had %lu turns", atomic_load(&turns));
    atomic_store(&enough, true);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
}

/* --- neighbours --- */

/* Each message makes two, up to a backlog that is far longer than what a ring may hold of one
 * actor; from then on the backlog stays. */
static weft_next flood_itself(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    atomic_fetch_add(&floods, 1);
    if (atomic_load(&enough))
        return weft_stay(self);
    cast(self, weft_self_pid(self), TAG_FLOOD);
    if (atomic_fetch_add(&made, 1) < BACKLOG)
        cast(self, weft_self_pid(self), TAG_FLOOD);
    return weft_stay(self);
}

static const weft_behavior self_flooder = WEFT_STATELESS("self-flooder", flood_itself);

/* A message that is never over. */
static weft_next yield_for_ever(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    atomic_fetch_add(&floods, 1);
    return atomic_load(&enough) ? weft_stay(self) : weft_yield(self);
}

static const weft_behavior yielder = WEFT_STATELESS("yielder", yield_for_ever);

/* Newborns that make newborns. */
static weft_next breed(weft_self *self, void *state, weft_msg *msg);
static const weft_behavior breeder = WEFT_STATELESS("breeder", breed);

static weft_next breed(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid child;

    (void)state, (void)msg;
    atomic_fetch_add(&floods, 1);
    if (!atomic_load(&enough) && weft_spawn(self, &breeder, NULL, &child) == 0)
        cast(self, child, TAG_FLOOD);
    return weft_stop(self);
}

/* Actors that are stopped and whose stop hooks make more of the same: control mail without
 * end. */
static void end_another(weft_self *self, void *state, const weft_reason *reason);

static weft_next do_nothing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static const weft_behavior ending =
    WEFT_STATELESS("ending", do_nothing, .stop = end_another);

static void end_another(weft_self *self, void *state, const weft_reason *reason)
{
    weft_pid pid;

    (void)state, (void)reason;
    atomic_fetch_add(&floods, 1);
    if (!atomic_load(&enough) && weft_spawn(self, &ending, NULL, &pid) == 0)
        weft_stop_actor(self, pid);
}

static weft_next start_ending(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    for (int i = 0; i < 200; i++) {
        weft_pid pid;

        weft_spawn(self, &ending, NULL, &pid);
        weft_stop_actor(self, pid);
    }
    return weft_stay(self);
}

static const weft_behavior ender = WEFT_STATELESS("ender", start_ending);

TestSuite(fairness, .timeout = 600);

Test(fairness, beside_one_who_floods_itself)
{
    test_bystander(&self_flooder, 1);
}

Test(fairness, beside_one_who_floods_itself_on_two_workers)
{
    test_bystander(&self_flooder, 2);
}

Test(fairness, beside_one_whose_message_never_ends)
{
    test_bystander(&yielder, 1);
}

Test(fairness, beside_newborns_without_end)
{
    test_bystander(&breeder, 1);
}

Test(fairness, beside_ends_without_end)
{
    test_bystander(&ender, 1);
}

/* How long is counted in the neighbour's turns: its backlog is not waited for as a whole. */
Test(fairness, does_not_make_a_bystander_wait_for_a_whole_backlog)
{
    unsigned long before, behind, floods_since;

    rt = stress_start(1, WEFT_NO_RELIEF, stress_seed(), NULL);
    weft_rt_cast_word(rt, spawn(&self_flooder), TAG_START, 0);
    cr_assert(stress_until_at_least(&made, BACKLOG), "the backlog does not grow");
    weft_rt_cast_word(rt, spawn(&bystander), TAG_TURN, 0);
    cr_assert(stress_until_at_least(&turns, 1));
    behind = atomic_load(&turns); /* the two are not read at one moment: in this order */
    before = atomic_load(&floods);
    cr_assert(stress_until_at_least(&turns, behind + TURNS));
    floods_since = atomic_load(&floods) - before; /* and in this one */
    behind = atomic_load(&turns) - behind;
    cr_expect_lt(floods_since / behind, BACKLOG / 2,
                 "%lu turns of the one, %lu of the other", behind, floods_since);
    atomic_store(&enough, true);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
}

/* --- a flood from elsewhere --- */

static void *flood_from_outside(void *nothing)
{
    while (!atomic_load(&enough)) {
        for (int i = 0; i < 100; i++)
            weft_rt_cast_word(rt, flooded, TAG_FLOOD, 0);
        atomic_fetch_add(&made, 100);
        while (atomic_load(&made) > atomic_load(&floods) + BACKLOG &&
               !atomic_load(&enough))
            continue; /* the backlog is long enough: it does not have to grow for ever */
    }
    return nothing;
}

static weft_next take_flood(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    atomic_fetch_add(&floods, 1);
    return weft_stay(self);
}

static const weft_behavior sink = WEFT_STATELESS("sink", take_flood);

Test(fairness, beside_one_who_is_flooded_from_outside)
{
    pthread_t thread;

    rt = stress_start(1, WEFT_NO_RELIEF, stress_seed(), NULL);
    flooded = spawn(&sink);
    cr_assert_eq(pthread_create(&thread, NULL, flood_from_outside, NULL), 0);
    weft_rt_cast_word(rt, spawn(&bystander), TAG_TURN, 0);
    cr_expect(stress_until_at_least(&turns, stress_amount(TURNS)),
              "the bystander had %lu turns", atomic_load(&turns));
    cr_expect(stress_until_at_least(&floods, stress_amount(TURNS)),
              "the flooded one had %lu turns", atomic_load(&floods));
    atomic_store(&enough, true);
    pthread_join(thread, NULL);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
}

/* --- the newborns that wait below those who are born without end --- */

enum { WAITING = 8 };
static bool oldest_is_killed;

static weft_next count_turn(weft_self *self, void *state, weft_msg *msg)
{
    (void)self, (void)state, (void)msg;
    atomic_fetch_add(&turns, 1);
    return weft_stay(self);
}

static const weft_behavior newborn = WEFT_STATELESS("newborn", count_turn);

static weft_next give_birth(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid pid;

    (void)state, (void)msg;
    for (int i = 0; i < WAITING; i++) {
        weft_spawn(self, &newborn, NULL, &pid);
        cast(self, pid, TAG_TURN);
        if (i == 0 && oldest_is_killed)
            weft_kill_actor(self, pid);
    }
    weft_spawn(self, &breeder, NULL, &pid);
    cast(self, pid, TAG_FLOOD);
    return weft_stay(self);
}

static const weft_behavior mother = WEFT_STATELESS("mother", give_birth);

static void test_newborns(void)
{
    unsigned long expected = oldest_is_killed ? WAITING - 1 : WAITING;

    rt = stress_start(1, WEFT_NO_RELIEF, stress_seed(), NULL);
    weft_rt_cast_word(rt, spawn(&mother), TAG_START, 0);
    cr_expect(stress_until_at_least(&turns, expected), "%lu of %lu newborns had a turn",
              atomic_load(&turns), expected);
    atomic_store(&enough, true);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
}

Test(fairness, of_newborns_below_others)
{
    test_newborns();
}

Test(fairness, of_newborns_above_one_who_was_killed)
{
    oldest_is_killed = true;
    test_newborns();
}
