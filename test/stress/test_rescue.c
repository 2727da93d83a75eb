/* test/stress/test_rescue.c: a step that does not end holds nobody up.
 *
 * A stuck step here keeps its processor until others have made progress: a condition, with
 * a deadline so long that nobody meets it. It sends, spawns, becomes, yields, stops and fails
 * meanwhile; hooks get stuck too; and more steps get stuck at a time than there are threads,
 * which then have to end by themselves. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>

enum { TAG_STUCK = 1, TAG_TICK, TAG_ASK, FAILURE = 5 };
enum { NEIGHBOURS = 8 };

static weft_runtime *rt;
static weft_pid neighbours[NEIGHBOURS];
static atomic_ulong progress; /* of the neighbours */
static atomic_ulong stuck, ended, sent;
static atomic_bool waited_in_vain;

static int cast_from_outside(weft_pid to, uint32_t tag)
{
    atomic_fetch_add(&sent, 1);
    return weft_rt_cast_word(rt, to, tag, 0);
}

static int cast(weft_self *self, weft_pid to, uint32_t tag)
{
    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    return weft_cast_word(self, to, tag, 0);
}

/* In a step: keeps the processor until the others got on so far. */
static void be_stuck_until(unsigned long n)
{
    uint64_t began = stress_now();
    bool late = false;

    atomic_fetch_add(&stuck, 1);
    while (atomic_load(&progress) < n && !late)
        late = stress_too_long(began);
    cr_expect_not(late, "nobody got on beside a stuck step");
    if (late)
        atomic_store(&waited_in_vain, true);
}

/* --- neighbours: count what they get --- */

static weft_next tick(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    atomic_fetch_add(&progress, 1);
    return weft_stay(self);
}

static const weft_behavior neighbour = WEFT_STATELESS("neighbour", tick);

static void begin(unsigned workers)
{
    rt = stress_start(workers, 1, stress_seed(), NULL);
    for (int i = 0; i < NEIGHBOURS; i++)
        cr_assert_eq(weft_rt_spawn(rt, &neighbour, NULL, &neighbours[i]), 0);
}

static void finish(void)
{
    stress_finish(rt, atomic_load(&sent));
    thing_check();
}

static bool is_parked(void *seen)
{
    weft_stats stats;
    uint64_t *parks = seen;

    weft_stats_read(rt, &stats);
    return stats.parks > *parks;
}

/* --- on a runtime that has nothing else to do --- */

static unsigned mail_from_inside, mail_from_outside;

static weft_next get_stuck(weft_self *self, void *state, weft_msg *msg)
{
    unsigned long before = atomic_load(&progress);

    (void)state, (void)msg;
    for (unsigned i = 0; i < mail_from_inside; i++)
        cast(self, neighbours[i % NEIGHBOURS], TAG_TICK);
    be_stuck_until(before + mail_from_inside + mail_from_outside);
    atomic_fetch_add(&ended, 1);
    return weft_stay(self);
}

static const weft_behavior stuck_one = WEFT_STATELESS("stuck one", get_stuck);

/* Again and again: the runtime sleeps, one step gets stuck, and its neighbours have mail, from
 * itself or from a thread outside that sends it as soon as the step is stuck. */
static void test_quiet(unsigned workers, unsigned inside, unsigned outside)
{
    weft_pid pid;

    begin(workers);
    mail_from_inside = inside;
    mail_from_outside = outside;
    cr_assert_eq(weft_rt_spawn(rt, &stuck_one, NULL, &pid), 0);
    for (unsigned long round = 1;
         round <= stress_amount(20) && !atomic_load(&waited_in_vain); round++) {
        weft_stats stats;

        weft_stats_read(rt, &stats);
        cast_from_outside(pid, TAG_STUCK);
        cr_assert(stress_until_at_least(&stuck, round));
        for (unsigned i = 0; i < outside; i++)
            cast_from_outside(neighbours[i % NEIGHBOURS], TAG_TICK);
        cr_assert(stress_until_at_least(&ended, round) || atomic_load(&waited_in_vain));
        cr_assert(stress_until(is_parked, &stats.parks));
    }
    finish();
}

TestSuite(rescue, .timeout = 600);

Test(rescue, of_the_one_neighbour_that_a_stuck_step_wrote_to)
{
    test_quiet(2, 1, 0);
}

Test(rescue, of_many_neighbours_that_a_stuck_step_wrote_to)
{
    test_quiet(2, 200, 0);
}

Test(rescue, of_a_neighbour_that_is_written_to_from_outside)
{
    test_quiet(2, 0, 1);
}

Test(rescue, of_many_neighbours_that_are_written_to_from_outside)
{
    test_quiet(2, 0, 100);
}

Test(rescue, of_neighbours_of_the_only_worker)
{
    test_quiet(1, 4, 4);
}

Test(rescue, of_neighbours_among_eight_workers)
{
    test_quiet(8, 4, 4);
}

/* --- with others at work: each pair of talkers keeps one worker's ring filled --- */

enum { TALKERS = 8 };
static weft_pid talkers[TALKERS];
static atomic_bool quiet;

static weft_next talk(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    atomic_fetch_add(&progress, 1);
    if (!atomic_load_explicit(&quiet, memory_order_relaxed))
        cast(self, talkers[*(unsigned *)state ^ 1], TAG_TICK);
    return weft_stay(self);
}

static const weft_behavior talker =
    WEFT_BEHAVIOR("talker", unsigned, talk, .args_size = sizeof(unsigned));

static void start_talking(void)
{
    for (unsigned i = 0; i < TALKERS; i++)
        cr_assert_eq(weft_rt_spawn(rt, &talker, &i, &talkers[i]), 0);
    for (unsigned i = 0; i < TALKERS; i++)
        cast_from_outside(talkers[i], TAG_TICK);
}

/* What a stuck step does before it gets stuck, while it is, and how it ends. The numbers that
 * it gives to its parcels are checked by who gets them. */
enum deed { STAYS, BECOMES, YIELDS, STOPS, FAILS, DEEDS };

enum { READERS = 4, PARCELS = 70 };

static weft_pid readers[READERS];
static uint32_t numbers[READERS]; /* the next that the stuck one sends: it is alone */

static weft_next read_parcel(weft_self *self, void *state, weft_msg *msg)
{
    uint32_t *next = state;
    struct hop hop;

    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    cr_expect_eq(hop.number, *next, "number %u came for %u", hop.number, *next);
    *next = hop.number + 1;
    return weft_stay(self);
}

static const weft_behavior reader = WEFT_BEHAVIOR("reader", uint32_t, read_parcel);

static void send_parcels(weft_self *self)
{
    for (uint32_t i = 0; i < PARCELS; i++) {
        unsigned to = i % READERS;
        enum parcel_form form = (enum parcel_form)weft_random(self, PARCEL_FORMS);
        struct hop hop = {0, 0, numbers[to]++};
        struct parcel parcel;

        atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
        cr_expect_eq(weft_cast(self, readers[to], parcel_letter(&parcel, form, hop)), 0);
    }
}

struct busy {
    struct thing thing;
    unsigned deed;
    bool has_become, has_yielded;
};

static void spawn_reader(weft_self *self)
{
    weft_pid pid;
    struct parcel parcel;

    cr_expect_eq(weft_spawn(self, &reader, NULL, &pid), 0);
    atomic_fetch_add(&sent, 1);
    weft_cast(self, pid, parcel_letter(&parcel, PARCEL_BLOCK, (struct hop){0, 0, 0}));
    cr_expect_eq(weft_stop_actor(self, pid), 0);
}

static void do_much_while_stuck(weft_self *self)
{
    send_parcels(self);
    spawn_reader(self);
    be_stuck_until(atomic_load(&progress) + 50);
    send_parcels(self);
    spawn_reader(self);
    be_stuck_until(atomic_load(&progress) + 50);
    send_parcels(self);
}

static weft_next be_busy(weft_self *self, void *state, weft_msg *msg);

static weft_next be_busy_again(weft_self *self, void *state, weft_msg *msg)
{
    struct busy *b = state;

    cr_expect(b->has_become, "a step that was not asked for");
    return be_busy(self, state, msg);
}

static weft_next be_busy(weft_self *self, void *state, weft_msg *msg)
{
    struct busy *b = state;
    struct hop hop;

    cr_expect(thing_lives(&b->thing));
    cr_expect(parcel_read(msg, &hop), "a message was damaged before the step");
    do_much_while_stuck(self);
    cr_expect(parcel_read(msg, &hop), "a message was damaged during the step");
    if (b->deed == YIELDS && !b->has_yielded) {
        b->has_yielded = true;
        return weft_yield(self);
    }
    if (b->deed == BECOMES && !b->has_become) {
        struct parcel parcel;

        b->has_become = true;
        atomic_fetch_add(&sent, 1);
        weft_cast(self, weft_self_pid(self),
                  parcel_letter(&parcel, PARCEL_LARGE, (struct hop){0, 0, 0}));
        return weft_become(self, be_busy_again);
    }
    atomic_fetch_add(&ended, 1);
    return b->deed == STOPS   ? weft_stop(self)
           : b->deed == FAILS ? weft_fail(self, FAILURE, "stuck")
                              : weft_stay(self);
}

static weft_next be_made(weft_self *self, void *state, const void *args)
{
    struct busy *b = state;

    b->thing = thing_new();
    b->deed = *(const unsigned *)args;
    return weft_stay(self);
}

static void be_gone(void *state)
{
    thing_end(&((struct busy *)state)->thing);
}

static const weft_behavior busy =
    WEFT_BEHAVIOR("busy", struct busy, be_busy, .init = be_made, .destroy = be_gone,
                  .args_size = sizeof(unsigned));

/* One after the other, so that the numbers have one writer at a time. */
static void test_busy(unsigned workers)
{
    begin(workers);
    start_talking();
    for (int i = 0; i < READERS; i++)
        cr_assert_eq(weft_rt_spawn(rt, &reader, NULL, &readers[i]), 0);
    for (unsigned round = 0; round < stress_amount(2 * DEEDS); round++) {
        unsigned deed = round % DEEDS;
        struct parcel parcel;
        weft_letter letter =
            parcel_letter(&parcel, PARCEL_BLOCK, (struct hop){0, 0, round});
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, &busy, &deed, &pid), 0);
        atomic_fetch_add(&sent, 1);
        weft_rt_cast(rt, pid, letter);
        cr_assert(stress_until_at_least(&ended, round + 1));
    }
    atomic_store(&quiet, true);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    finish();
}

Test(rescue, of_a_busy_step_on_one_worker)
{
    test_busy(1);
}

Test(rescue, of_a_busy_step_on_two_workers)
{
    test_busy(2);
}

Test(rescue, of_a_busy_step_on_three_workers)
{
    test_busy(3);
}

Test(rescue, of_a_busy_step_on_eight_workers)
{
    test_busy(8);
}

/* --- hooks get stuck as steps do --- */

static weft_next stop_at_once(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stop(self);
}

static weft_next be_stuck_at_first(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    cast(self, neighbours[0], TAG_TICK);
    be_stuck_until(atomic_load(&progress) + 50);
    cast(self, neighbours[0], TAG_TICK);
    return weft_stay(self);
}

static void be_stuck_at_last(weft_self *self, void *state, const weft_reason *reason)
{
    (void)state;
    cr_expect_eq(reason->exit, WEFT_EXIT_NORMAL);
    cast(self, neighbours[0], TAG_TICK);
    be_stuck_until(atomic_load(&progress) + 50);
    cast(self, neighbours[0], TAG_TICK);
}

static void count_end(void *state)
{
    (void)state;
    atomic_fetch_add(&ended, 1);
}

static const weft_behavior stuck_hooks =
    WEFT_BEHAVIOR("stuck hooks", char, stop_at_once, .init = be_stuck_at_first,
                  .stop = be_stuck_at_last, .destroy = count_end);

Test(rescue, of_the_neighbours_of_stuck_hooks)
{
    begin(2);
    start_talking();
    for (unsigned round = 1; round <= stress_amount(10); round++) {
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, &stuck_hooks, NULL, &pid), 0);
        cast_from_outside(pid, TAG_TICK);
        cast_from_outside(pid, TAG_TICK);
        cr_assert(stress_until_at_least(&ended, round));
    }
    atomic_store(&quiet, true);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    finish();
}

/* --- many at once --- */

static weft_next stuck_for_a_while(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    cast(self, neighbours[weft_random(self, NEIGHBOURS)], TAG_TICK);
    stress_spin(weft_random(self, WEFT_MS(6)));
    cast(self, neighbours[weft_random(self, NEIGHBOURS)], TAG_TICK);
    switch (weft_random(self, 4)) {
    case 0:
        return weft_stay(self);
    case 1:
        return ++*(unsigned *)state < 3 ? weft_yield(self) : weft_stop(self);
    case 2:
        return weft_fail(self, FAILURE, NULL);
    default:
        return weft_stop(self);
    }
}

static weft_next stuck_init(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    stress_spin(weft_random(self, WEFT_MS(3)));
    return weft_stay(self);
}

static void stuck_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)state, (void)reason;
    stress_spin(weft_random(self, WEFT_MS(3)));
    cast(self, neighbours[0], TAG_TICK);
}

static const weft_behavior sluggish =
    WEFT_BEHAVIOR("sluggish", unsigned, stuck_for_a_while, .init = stuck_init,
                  .stop = stuck_stop, .destroy = count_end);

static void *start_again_and_again(void *nothing)
{
    for (uint64_t n = stress_amount(40); n > 0; n--) {
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, &sluggish, NULL, &pid), 0);
        for (int i = 0; i < 3; i++)
            cast_from_outside(pid, TAG_STUCK);
        if (n % 8 == 0)
            weft_rt_kill_actor(rt, pid);
        else
            weft_rt_stop_actor(rt, pid);
    }
    return nothing;
}

static void test_many(unsigned workers)
{
    begin(workers);
    start_again_and_again(NULL);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    finish();
}

Test(rescue, of_more_stuck_steps_than_one_worker)
{
    test_many(1);
}

Test(rescue, of_more_stuck_steps_than_two_workers)
{
    test_many(2);
}

Test(rescue, of_more_stuck_steps_than_three_workers)
{
    test_many(3);
}

Test(rescue, of_more_stuck_steps_than_eight_workers)
{
    test_many(8);
}

/* --- steps that end just as they are being rescued --- */

/* Somebody looks for stuck steps every millisecond, and finds those of more than one. */
static weft_next nearly_stuck(weft_self *self, void *state, weft_msg *msg)
{
    struct hop hop;
    struct parcel parcel;

    (void)state;
    cr_expect(parcel_read(msg, &hop), "a message was damaged");
    stress_spin(WEFT_US(900) + weft_random(self, WEFT_US(1600)));
    cr_expect(parcel_read(msg, &hop), "a message was damaged");
    cast(self, neighbours[weft_random(self, NEIGHBOURS)], TAG_TICK);
    if (hop.left > 0) {
        atomic_fetch_add(&sent, 1);
        hop.left--;
        weft_cast(self, weft_self_pid(self), parcel_letter(&parcel, PARCEL_BLOCK, hop));
    } else {
        atomic_fetch_add(&ended, 1);
    }
    return weft_stay(self);
}

static const weft_behavior hasty = WEFT_STATELESS("hasty", nearly_stuck);

Test(rescue, of_steps_that_end_as_they_are_rescued)
{
    enum { ACTORS = 3, STEPS = 60 };

    begin(2);
    start_talking();
    for (int i = 0; i < ACTORS; i++) {
        struct hop hop = {0, (uint32_t)stress_amount(STEPS), 0};
        struct parcel parcel;
        weft_letter letter = parcel_letter(&parcel, PARCEL_BLOCK, hop);
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, &hasty, NULL, &pid), 0);
        atomic_fetch_add(&sent, 1);
        weft_rt_cast(rt, pid, letter);
    }
    cr_assert(stress_until_at_least(&ended, ACTORS), "a step never came back");
    atomic_store(&quiet, true);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    finish();
}

/* --- the mail behind a stuck step: some comes up while it is stuck, some afterwards --- */

enum { BACKLOG = 600, TAG_BEGIN = 50 };

static weft_pid backlogged, dear[NEIGHBOURS];
static uint32_t next_number;

static weft_next be_dear(weft_self *self, void *state, weft_msg *msg)
{
    (void)self, (void)state, (void)msg;
    stress_spin(WEFT_US(20));
    atomic_fetch_add(&progress, 1);
    return weft_stay(self);
}

static const weft_behavior dear_one = WEFT_STATELESS("dear one", be_dear);

/* The first message is stuck until part of the mail behind it has come up. */
static weft_next read_in_order(weft_self *self, void *state, weft_msg *msg)
{
    uint32_t number = (uint32_t)weft_word(msg);

    (void)state;
    cr_expect_eq(number, next_number, "number %u came for %u", number, next_number);
    next_number = number + 1;
    if (number == 0)
        be_stuck_until(atomic_load(&progress) + BACKLOG / 4);
    if (next_number == BACKLOG)
        atomic_fetch_add(&ended, 1);
    return weft_stay(self);
}

static const weft_behavior in_order = WEFT_STATELESS("in order", read_in_order);

/* Its step makes the backlog, so all of it lies in one ring, other actors' mail between. */
static weft_next make_backlog(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    for (uint32_t i = 0; i < BACKLOG; i++) {
        atomic_fetch_add(&sent, 1);
        weft_cast_word(self, backlogged, TAG_TICK, i);
        cast(self, dear[i % NEIGHBOURS], TAG_TICK);
    }
    return weft_stay(self);
}

static const weft_behavior maker = WEFT_STATELESS("maker", make_backlog);

/* One worker, and one to relieve it: nothing is moved, the ring stays as it is. */
Test(rescue, of_the_order_of_the_mail_behind_a_stuck_step)
{
    weft_pid pid;

    begin(1);
    for (int i = 0; i < NEIGHBOURS; i++)
        cr_assert_eq(weft_rt_spawn(rt, &dear_one, NULL, &dear[i]), 0);
    cr_assert_eq(weft_rt_spawn(rt, &in_order, NULL, &backlogged), 0);
    cr_assert_eq(weft_rt_spawn(rt, &maker, NULL, &pid), 0);
    for (unsigned round = 1; round <= stress_amount(5); round++) {
        next_number = 0;
        cast_from_outside(pid, TAG_BEGIN);
        cr_assert(stress_until_at_least(&ended, round), "the mail never came");
    }
    finish();
}

/* --- ending a stuck step --- */

static atomic_bool has_seen_it;

static weft_next wait_to_be_told(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t began = stress_now();
    bool told = false;

    (void)state, (void)msg;
    atomic_fetch_add(&stuck, 1);
    while (!told && !stress_too_long(began))
        told = weft_should_stop(self);
    atomic_store(&has_seen_it, told);
    return weft_yield(self); /* it is not over, but the actor is */
}

static const weft_behavior waiting = WEFT_STATELESS("waiting", wait_to_be_told);

/* It is told after a while, in which it has lost its domain, or not. */
static void test_told(unsigned workers, unsigned relief, bool all, uint64_t after_ns)
{
    struct ledger ledger;
    weft_pid pid;

    ledger_init(&ledger, 1);
    atomic_store(&stuck, 0);
    atomic_store(&has_seen_it, false);
    rt = stress_start(workers, relief, stress_seed(), &ledger);
    cr_assert_eq(weft_rt_spawn(rt, &waiting, NULL, &pid), 0);
    ledger_add(&ledger, pid, 0);
    cast_from_outside(pid, TAG_STUCK);
    cr_assert(stress_until_at_least(&stuck, 1));
    stress_spin(after_ns);
    if (!all) {
        cr_expect_eq(weft_rt_kill_actor(rt, pid), 0);
        cr_expect(stress_until_at_least(&ledger.ended, 1), "it never saw its kill");
    }
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    cr_expect(atomic_load(&has_seen_it));
    ledger_check(&ledger);
    cr_expect_eq(ledger.ends[0].reason.exit, all ? WEFT_EXIT_SHUTDOWN : WEFT_EXIT_KILLED);
    ledger_done(&ledger);
}

Test(rescue, a_stuck_step_sees_its_kill)
{
    for (uint64_t ms = 0; ms < 10; ms++)
        test_told(2, 1, false, WEFT_MS(ms));
}

Test(rescue, a_stuck_step_of_the_only_thread_sees_its_kill)
{
    test_told(1, WEFT_NO_RELIEF, false, WEFT_MS(2));
}

Test(rescue, a_stuck_step_sees_the_end_of_the_runtime)
{
    for (uint64_t ms = 0; ms < 10; ms++)
        test_told(2, 1, true, WEFT_MS(ms));
}
