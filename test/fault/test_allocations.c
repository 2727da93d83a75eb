/* test/fault/test_allocations.c: every allocation fails once, and some fail in a row.
 *
 * A play (test/support/fault_play.h) needs all kinds of memory. Whatever is refused: every call of
 * the API succeeds or says WEFT_ENOMEM, nothing is lost or released twice, nobody runs without its
 * init, the runtime can be stopped, and all memory is given back. */
#include "test/support/fault_play.h"
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <string.h>

#include <criterion/criterion.h>

enum { HANDS = 6 };

enum tag {
    TAG_FLOOD = 1,
    TAG_GIVE,
    TAG_BREED,
    TAG_YIELD,
    TAG_STRAY,
    TAG_STUCK,
    TAG_HOLD
};

static weft_runtime *rt;
static weft_pid hands[HANDS]; /* WEFT_NOBODY where there was no memory for one */
static atomic_ulong held;
static sem_t let_go;

static bool is_allowed(int error)
{
    return error == 0 || error == WEFT_ENOMEM || error == WEFT_ENOACTOR;
}

static void count_send(int error)
{
    cr_expect(is_allowed(error), "%s", weft_strerror(error));
    atomic_fetch_add(&fault_sent, 1);
}

/* --- what actors do --- */

static const weft_behavior plain, slim, stout;
static const weft_behavior *const all_behaviors[] = {&plain, &slim, &stout};

static const void *args_for(const weft_behavior *behavior)
{
    static const char args[4000] = "args";

    return behavior->args_size > 0 ? args : NULL;
}

/* More than one actor's mail may lie in a ring, and more than a chunk of memory holds. */
static void flood(weft_self *self)
{
    weft_pid to = hands[weft_random(self, HANDS)];

    for (unsigned i = 0; i < 18000; i++)
        count_send(weft_cast_word(self, to, TAG_STRAY, 0));
}

static void give(weft_self *self, weft_pid to, enum parcel_form form)
{
    struct parcel parcel;
    struct hop hop = {0, 0, form};
    weft_letter letter = parcel_letter(&parcel, form, hop);
    int error;

    if (weft_random(self, 2) == 0) {
        count_send(weft_cast(self, to, letter));
        return;
    }
    error = weft_try_cast(self, to, letter);
    count_send(error);
    if (error != 0)
        parcel_end(&parcel, form);
}

static void give_all(weft_self *self)
{
    for (unsigned form = 0; form < PARCEL_FORMS; form++)
        give(self, hands[weft_random(self, HANDS)], (enum parcel_form)form);
}

static void breed(weft_self *self)
{
    for (unsigned i = 0; i < 6; i++) {
        const weft_behavior *behavior = all_behaviors[i % 3];
        weft_pid child;
        int error = weft_spawn(self, behavior, args_for(behavior), &child);

        cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
        if (error != 0)
            continue;
        ledger_add(&fault_ledger, child, 0);
        give(self, child, (enum parcel_form)(i % PARCEL_FORMS));
        cr_expect(is_allowed(weft_stop_actor(self, child)));
    }
}

/* Wanders from hand to hand, each step dear, so that it pays to share them. */
static void stray(weft_self *self, uint64_t left)
{
    stress_spin(WEFT_US(2));
    if (left > 0)
        count_send(
            weft_cast_word(self, hands[weft_random(self, HANDS)], TAG_STRAY, left - 1));
}

static weft_next work(weft_self *self, unsigned *yields, weft_msg *msg)
{
    struct hop hop;

    switch (weft_tag(msg)) {
    case TAG_FLOOD:
        flood(self);
        break;
    case TAG_GIVE:
        give_all(self);
        break;
    case TAG_BREED:
        breed(self);
        break;
    case TAG_YIELD:
        return ++*yields % 4 != 0 ? weft_yield(self) : weft_stay(self);
    case TAG_STRAY:
        if (weft_word(msg) > 0)
            stray(self, weft_word(msg));
        break;
    case TAG_STUCK:
        stress_spin(WEFT_MS(3));
        break;
    case TAG_HOLD:
        atomic_fetch_add(&held, 1);
        cr_expect(stress_wait(&let_go));
        break;
    default:
        cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    }
    return weft_stay(self);
}

/* --- behaviours: without a state; with one in the slot; with large state and args --- */

static weft_next work_plainly(weft_self *self, void *state, weft_msg *msg)
{
    unsigned never_yields = 3;

    (void)state;
    return work(self, &never_yields, msg);
}

static const weft_behavior plain = WEFT_STATELESS("plain", work_plainly);

struct slim_state {
    struct thing thing;
    unsigned yields;
};

static weft_next work_slim(weft_self *self, void *state, weft_msg *msg)
{
    struct slim_state *s = state;

    cr_expect(thing_lives(&s->thing), "a step ran without its init");
    return work(self, &s->yields, msg);
}

static weft_next begin_slim(weft_self *self, void *state, const void *args)
{
    cr_expect(args == NULL || memcmp(args, "args", 4) == 0);
    ((struct slim_state *)state)->thing = thing_new();
    return weft_stay(self);
}

static void end_slim(void *state)
{
    thing_end(&((struct slim_state *)state)->thing);
}

static const weft_behavior slim =
    WEFT_BEHAVIOR("slim", struct slim_state, work_slim, .init = begin_slim,
                  .destroy = end_slim, .args_size = 8);

struct stout_state {
    struct slim_state slim;
    char bulk[5000];
};

static const weft_behavior stout =
    WEFT_BEHAVIOR("stout", struct stout_state, work_slim, .init = begin_slim,
                  .destroy = end_slim, .args_size = 3000);

/* --- the play --- */

static bool is_at_rest(void *nothing)
{
    (void)nothing;
    return stress_accounted(rt) >= atomic_load(&fault_sent);
}

static void wait_for_rest(void)
{
    cr_assert(stress_until(is_at_rest, NULL), "a message was lost");
}

static void tell(weft_pid to, enum tag tag, uint64_t word)
{
    count_send(weft_rt_cast_word(rt, to, tag, word));
}

static void give_from_outside(weft_pid to)
{
    for (unsigned i = 0; i < 2 * PARCEL_FORMS; i++) {
        enum parcel_form form = (enum parcel_form)(i / 2);
        struct parcel parcel;
        struct hop hop = {0, 0, i};
        weft_letter letter = parcel_letter(&parcel, form, hop);
        int error;

        if (i % 2 == 0) {
            count_send(weft_rt_cast(rt, to, letter));
            continue;
        }
        error = weft_rt_try_cast(rt, to, letter);
        count_send(error);
        if (error != 0)
            parcel_end(&parcel, form);
    }
}

static weft_pid spawn_from_outside(unsigned i)
{
    const weft_behavior *behavior = all_behaviors[i % 3];
    weft_pid pid;
    int error = weft_rt_spawn(rt, behavior, args_for(behavior), &pid);

    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    if (error == 0)
        ledger_add(&fault_ledger, pid, 0);
    return error == 0 ? pid : WEFT_NOBODY;
}

static bool is_held(void *before)
{
    return atomic_load(&held) > *(unsigned long *)before || is_at_rest(NULL);
}

enum { CROWD = 1500 };
static weft_pid crowd[CROWD];

/* While the only worker waits in a step, more comes for it than its ring has segments for:
 * newborns that have not begun, and mail. `shift` messages before make it somebody else's
 * record that there is no memory for. When there is memory again all are written to once
 * more: nobody may have missed its init. */
static void play_behind_a_held_step(unsigned shift)
{
    unsigned long before = atomic_load(&held);

    tell(hands[0], TAG_HOLD, 0);
    cr_assert(stress_until(is_held, &before));
    for (unsigned i = 0; i < shift; i++)
        tell(hands[0], TAG_STRAY, 0);
    for (unsigned i = 0; i < CROWD; i++) {
        crowd[i] = spawn_from_outside(1);
        tell(crowd[i], TAG_STRAY, 0);
        if (i % 100 == 0)
            give_from_outside(crowd[i]);
    }
    for (unsigned i = 0; i < 4000; i++)
        tell(hands[i % HANDS], TAG_STRAY, 0);
    if (atomic_load(&held) > before)
        sem_post(&let_go);
    wait_for_rest();
    fault_relent();
    for (unsigned i = 0; i < CROWD; i++)
        tell(crowd[i], TAG_STRAY, 0);
    wait_for_rest();
}

static void play_behind_a_held_step_evenly(void)
{
    play_behind_a_held_step(0);
}

static void play_behind_a_held_step_oddly(void)
{
    play_behind_a_held_step(1);
}

static void play_inside(void)
{
    for (unsigned i = 0; i < HANDS; i++)
        give_from_outside(hands[i]);
    tell(hands[0], TAG_FLOOD, 0);
    for (unsigned i = 0; i < HANDS; i++)
        for (enum tag tag = TAG_GIVE; tag <= TAG_STRAY; tag++)
            tell(hands[i], tag, 20);
    tell(hands[1], TAG_STUCK, 0);
    for (unsigned i = 0; i < HANDS; i++)
        for (enum tag tag = TAG_GIVE; tag <= TAG_YIELD; tag++)
            tell(hands[i], tag, 0);
    wait_for_rest();
}

/* Which of them is played. */
static void (*part)(void);

static void options(weft_options *options)
{
    options->actors_max = 1 << 16;
    options->sample_ns = WEFT_MS(1); /* a lookout needs memory */
}

static void begin(unsigned long after)
{
    (void)after;
    sem_init(&let_go, 0, 0);
}

static void play(weft_runtime *runtime)
{
    rt = runtime;
    for (unsigned i = 0; i < HANDS; i++)
        hands[i] = spawn_from_outside(i);
    part();
}

static void check(bool whole)
{
    (void)whole;
    sem_destroy(&let_go);
}

static void play_each(void (*it)(void), unsigned workers, unsigned long n)
{
    const struct fault_play plays = {
        .workers = workers,
        .least = 20,
        .ledger = true,
        .options = options,
        .begin = begin,
        .run = play,
        .check = check,
    };

    part = it;
    fault_each(&plays, n);
}

TestSuite(allocations, .timeout = 600);

Test(allocations, each_fails_once_on_one_worker)
{
    play_each(play_inside, 1, 1);
}

Test(allocations, each_fails_once_on_two_workers)
{
    play_each(play_inside, 2, 1);
}

Test(allocations, each_and_the_next_few_fail)
{
    play_each(play_inside, 2, 5);
}

Test(allocations, each_and_many_more_fail)
{
    play_each(play_inside, 2, 1000);
}

Test(allocations, each_fails_once_behind_a_held_step)
{
    play_each(play_behind_a_held_step_evenly, 1, 1);
    play_each(play_behind_a_held_step_oddly, 1, 1);
}

Test(allocations, each_and_many_more_fail_behind_a_held_step)
{
    play_each(play_behind_a_held_step_evenly, 1, 1000);
}
