/* test_ties.c: aim: among actors on three workers that link, watch, unlink, unwatch, fail, stop
 * and are killed at random, each end is reported once to each monitor that was not ended and to
 * each that traps exits, and nothing is left when all are over.
 * Method: each actor keeps a list of its monitors, and strikes off those whose down comes: none
 * comes twice, or was ended. Two judges, one of which monitors every actor that is born while the
 * other is linked with all, must hear of each end. The allocator counts. */
#include "test/support/fault_allocator.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>

TestSuite(ties, .timeout = 300);

enum { PLACES = 64, WATCHES = 24 };
enum { TAG_GO = 1, TAG_BORN };

static weft_runtime *rt;
static struct faulty memory;
static _Atomic(weft_pid) places[PLACES]; /* who lives now */
static atomic_ulong born, downs, exits;
static atomic_long left_to_do;
static weft_pid judges[2];

struct fellow {
    bool traps;
    unsigned n;
    weft_watch watches[WATCHES];
    weft_pid linked[WATCHES]; /* of one that traps: whose exit it has not heard of */
    unsigned n_linked;
};

static weft_pid somebody(weft_self *self)
{
    return atomic_load(&places[weft_random(self, PLACES)]);
}

static weft_next living(weft_self *self, void *state, weft_msg *msg);

static weft_next beginning(weft_self *self, void *state, const void *args)
{
    struct fellow *f = state;

    f->traps = *(const bool *)args;
    if (f->traps)
        cr_expect_eq(weft_trap_exits(self, true), 0);
    return weft_random(self, 50) == 0 ? weft_fail(self, 2, "stillborn") : weft_stay(self);
}

static const weft_behavior fellow = WEFT_BEHAVIOR(
    "fellow", struct fellow, living, .init = beginning, .args_size = sizeof(bool));

/* A new one in the place of one that may be over. */
static void bear(weft_self *self, struct fellow *f, bool linked)
{
    bool traps = weft_random(self, 2) == 0;
    weft_pid pid;
    int error = linked ? weft_spawn_link(self, &fellow, &traps, &pid)
                       : weft_spawn(self, &fellow, &traps, &pid);

    if (error != 0)
        return;
    atomic_fetch_add(&born, 1);
    if (linked && f->traps && f->n_linked < WATCHES)
        f->linked[f->n_linked++] = pid;
    else if (linked)
        weft_unlink(self, pid);
    for (unsigned i = 0; i < 2; i++)
        cr_expect_eq(weft_cast_word(self, judges[i], TAG_BORN, pid), 0);
    atomic_store(&places[weft_random(self, PLACES)], pid);
    weft_cast_word(self, pid, TAG_GO, 0);
}

static void strike_watch(struct fellow *f, weft_watch watch)
{
    unsigned i = 0;

    while (i < f->n && f->watches[i] != watch)
        i++;
    cr_expect_lt(i, f->n, "a down that nobody waits for");
    if (i < f->n)
        f->watches[i] = f->watches[--f->n];
}

static void strike_link(struct fellow *f, weft_pid pid)
{
    for (unsigned i = 0; i < f->n_linked; i++)
        if (f->linked[i] == pid) {
            f->linked[i] = f->linked[--f->n_linked];
            cr_expect(f->traps);
        }
}

static bool knows(const struct fellow *f, weft_pid pid)
{
    for (unsigned i = 0; i < f->n_linked; i++)
        if (f->linked[i] == pid)
            return true;
    return false;
}

static void link_one(weft_self *self, struct fellow *f, weft_pid pid)
{
    if (pid == weft_self_pid(self) || knows(f, pid) || f->n_linked == WATCHES ||
        weft_link(self, pid) != 0 || !f->traps)
        return;
    f->linked[f->n_linked++] = pid;
}

static void unlink_one(weft_self *self, struct fellow *f)
{
    if (f->n_linked == 0)
        return;
    weft_unlink(self, f->linked[--f->n_linked]);
}

static void watch_one(weft_self *self, struct fellow *f, weft_pid pid)
{
    if (f->n < WATCHES && weft_monitor(self, pid, &f->watches[f->n]) == 0)
        f->n++;
}

static void unwatch_one(weft_self *self, struct fellow *f)
{
    if (f->n > 0)
        cr_expect_eq(weft_demonitor(self, f->watches[--f->n]), 0);
}

static weft_next act(weft_self *self, struct fellow *f)
{
    weft_pid pid = somebody(self);

    switch (weft_random(self, 16)) {
    case 0:
    case 1:
    case 2:
        watch_one(self, f, pid);
        break;
    case 3:
        unwatch_one(self, f);
        break;
    case 4:
    case 5:
        link_one(self, f, pid);
        break;
    case 6:
        unlink_one(self, f);
        break;
    case 7:
        weft_kill_actor(self, pid);
        break;
    case 8:
        weft_stop_actor(self, pid);
        break;
    case 9:
        bear(self, f, true);
        break;
    case 10:
    case 11:
        bear(self, f, false);
        break;
    case 12:
        stress_spin(weft_random(self, 8) == 0 ? WEFT_MS(2) : 1000);
        break;
    case 13:
        if (weft_random(self, 4) == 0)
            weft_fail_now(self, 1, "at random");
        break;
    case 14:
        if (weft_random(self, 4) == 0)
            return weft_stop(self);
        break;
    default:
        weft_cast_word(self, pid, TAG_GO, 0);
    }
    return weft_stay(self);
}

static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    struct fellow *f = state;
    weft_down down;
    weft_link_exit exit;
    weft_next next;

    if (weft_down_get(msg, &down)) {
        cr_expect_not(weft_alive(self, down.pid));
        strike_watch(f, down.watch);
        return weft_stay(self);
    }
    if (weft_link_exit_get(msg, &exit)) {
        cr_expect_not(weft_alive(self, exit.pid));
        strike_link(f, exit.pid);
        return weft_stay(self);
    }
    if (atomic_load(&left_to_do) <= 0)
        return weft_stay(self);
    atomic_fetch_sub(&left_to_do, 1);
    next = act(self, f);
    if (next == weft_stay(self))
        weft_cast_word(self, weft_self_pid(self), TAG_GO, 0);
    return next;
}

/* The judges hear of every end: one watches, the other is linked and traps. */
static weft_next judging(weft_self *self, void *state, weft_msg *msg)
{
    weft_down down;

    (void)state;
    if (weft_down_get(msg, &down))
        atomic_fetch_add(&downs, 1);
    else
        cr_expect_eq(weft_monitor(self, weft_word(msg), NULL), 0);
    return weft_stay(self);
}

static weft_next judging_links(weft_self *self, void *state, weft_msg *msg)
{
    weft_link_exit exit;

    (void)state;
    if (weft_link_exit_get(msg, &exit))
        atomic_fetch_add(&exits, 1);
    else
        cr_expect_eq(weft_link(self, weft_word(msg)), 0);
    return weft_stay(self);
}

static weft_next trapping(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    cr_expect_eq(weft_trap_exits(self, true), 0);
    return weft_stay(self);
}

static const weft_behavior judge = WEFT_STATELESS("judge", judging);
static const weft_behavior link_judge =
    WEFT_STATELESS("link judge", judging_links, .init = trapping);

static bool all_judged(void *nothing)
{
    (void)nothing;
    return atomic_load(&downs) == atomic_load(&born) &&
           atomic_load(&exits) == atomic_load(&born);
}

/* --- the test --- */

static void begin(void)
{
    weft_options options;

    faulty_init(&memory);
    weft_options_init(&options);
    options.workers = 3;
    options.relief = 1;
    options.seed = stress_seed();
    options.allocator = &memory.allocator;
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_assert_eq(weft_rt_spawn(rt, &judge, NULL, &judges[0]), 0);
    cr_assert_eq(weft_rt_spawn(rt, &link_judge, NULL, &judges[1]), 0);
}

/* Sees to it that all places are taken. */
static void keep_going(void)
{
    for (unsigned i = 0; i < PLACES; i++) {
        weft_pid pid = atomic_load(&places[i]);
        bool traps = i % 2 == 0;

        if (weft_rt_alive(rt, pid))
            continue;
        cr_assert_eq(weft_rt_spawn(rt, &fellow, &traps, &pid), 0);
        atomic_fetch_add(&born, 1);
        for (unsigned k = 0; k < 2; k++)
            cr_assert_eq(weft_rt_cast_word(rt, judges[k], TAG_BORN, pid), 0);
        weft_rt_cast_word(rt, pid, TAG_GO, 0);
        atomic_store(&places[i], pid);
    }
}

/* All but the judges; some may be born meanwhile. */
static bool only_judges_are_left(void *nothing)
{
    weft_cursor cursor = {0};
    unsigned left = 0;
    weft_pid pid;

    (void)nothing;
    while ((pid = weft_actor_next(rt, &cursor)) != WEFT_NOBODY)
        if (pid != judges[0] && pid != judges[1]) {
            left++;
            weft_rt_kill_actor(rt, pid);
        }
    return left == 0;
}

Test(ties, each_end_is_reported_once)
{
    weft_stats stats;

    begin();
    atomic_store(&left_to_do, (long)stress_amount(40000));
    while (atomic_load(&left_to_do) > 0)
        keep_going();
    cr_assert(stress_until(only_judges_are_left, NULL));
    cr_expect(stress_until(all_judged, NULL), "%lu born, %lu downs, %lu exits",
              atomic_load(&born), atomic_load(&downs), atomic_load(&exits));
    weft_stats_read(rt, &stats);
    cr_expect_eq(stats.ended, atomic_load(&born));
    cr_expect(weft_rt_alive(rt, judges[0]) && weft_rt_alive(rt, judges[1]));
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    cr_expect(all_judged(NULL), "nothing was told twice");
    faulty_check(&memory);
}
