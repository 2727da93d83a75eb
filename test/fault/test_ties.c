/* test_ties.c: aim: with any allocation refused, and with many in a row, a monitor or link that
 * was made tells of the end once; one that was not made says so; nothing is lost or left.
 * Method: one actor makes ties with some others while allocations fail, all of which are then
 * killed while allocations fail; when there is memory again it must have heard of each. */
#include "test/support/fault_allocator.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>

TestSuite(ties, .timeout = 300);

enum { OTHERS = 600, TAG_TIE = 1, TAG_FILL, TAG_WAIT, TAG_GO };

static struct faulty memory;
static weft_runtime *rt;
static weft_pid hub, others[OTHERS];
static atomic_ulong made, told, tied, filled;

static weft_next idling(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static const weft_behavior other = WEFT_STATELESS("other", idling);

static void note(int error)
{
    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    if (error == 0)
        atomic_fetch_add(&made, 1);
}

static void tie_one(weft_self *self, unsigned i)
{
    weft_watch watch;
    weft_pid pid;

    switch (i % 4) {
    case 0:
        note(weft_link(self, others[i]));
        break;
    case 1:
        note(weft_monitor(self, others[i], &watch));
        break;
    case 2:
        if (weft_monitor(self, others[i], &watch) == 0) /* without a trace */
            cr_expect_eq(weft_demonitor(self, watch), 0);
        break;
    default:
        if (weft_spawn_link(self, &other, NULL, &pid) == 0) {
            atomic_fetch_add(&made, 1);
            others[i] = pid;
        }
    }
}

static bool is_go(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == TAG_GO;
}

static weft_next tying(weft_self *self, void *state, weft_msg *msg)
{
    weft_link_exit exit;
    weft_down down;

    (void)state;
    if (weft_down_get(msg, &down) || weft_link_exit_get(msg, &exit)) {
        atomic_fetch_add(&told, 1);
    } else if (weft_tag(msg) == TAG_TIE) {
        for (unsigned i = 0; i < OTHERS; i++)
            tie_one(self, i);
        atomic_store(&tied, 1);
    } else if (weft_tag(msg) == TAG_WAIT) {
        return weft_receive(self, is_go, WEFT_FOREVER, tying);
    } else {
        atomic_fetch_add(&filled, 1);
    }
    return weft_stay(self);
}

static weft_next trapping(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    cr_expect_eq(weft_trap_exits(self, true), 0);
    return weft_stay(self);
}

static const weft_behavior hub_behavior = WEFT_STATELESS("hub", tying, .init = trapping);

static bool all_told(void *nothing)
{
    (void)nothing;
    return atomic_load(&told) == atomic_load(&made);
}

static bool all_killed(void *nothing)
{
    bool left = false;

    (void)nothing;
    for (unsigned i = 0; i < OTHERS; i++)
        if (weft_rt_alive(rt, others[i])) {
            weft_rt_kill_actor(rt, others[i]);
            left = true;
        }
    return !left;
}

static void begin(unsigned workers)
{
    weft_options options;

    atomic_store(&made, 0);
    atomic_store(&told, 0);
    atomic_store(&tied, 0);
    faulty_init(&memory);
    weft_options_init(&options);
    options.workers = workers;
    options.threadless = workers == 0;
    options.allocator = &memory.allocator;
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_assert_eq(weft_rt_spawn(rt, &hub_behavior, NULL, &hub), 0);
    for (unsigned i = 0; i < OTHERS; i++) {
        others[i] = WEFT_NOBODY; /* those that are born linked come later */
        if (i % 4 != 3)
            cr_assert_eq(weft_rt_spawn(rt, &other, NULL, &others[i]), 0);
    }
}

static void end(void)
{
    cr_expect(weft_rt_alive(rt, hub));
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    cr_expect(all_told(NULL), "nothing was told twice");
    faulty_check(&memory);
}

static void play(unsigned workers, unsigned long first, unsigned long count)
{
    begin(workers);
    cr_assert_eq(weft_rt_cast_word(rt, hub, TAG_FILL, 0), 0);
    faulty_refuse(&memory, first, count);
    while (weft_rt_cast_word(rt, hub, TAG_TIE, 0) != 0)
        faulty_relent(&memory);
    cr_assert(stress_until_at_least(&tied, 1) || atomic_load(&tied) == 1);
    cr_assert(stress_until(all_killed, NULL));
    faulty_relent(&memory);
    cr_expect(stress_until(all_told, NULL), "refused %lu from %lu: %lu made, %lu told",
              count, first, atomic_load(&made), atomic_load(&told));
    end();
}

Test(ties, one_allocation_fails)
{
    for (unsigned long first = 0; first < stress_amount(30); first++)
        play(1 + first % 2, first, 1);
}

Test(ties, some_in_a_row_fail)
{
    for (unsigned long first = 0; first < stress_amount(30); first++)
        play(1 + first % 2, first, 3 + first % 7);
}

/* All fail while the ends are told: what that needs is there. */
Test(ties, ends_need_no_memory)
{
    for (unsigned workers = 1; workers <= 2; workers++) {
        begin(workers);
        cr_assert_eq(weft_rt_cast_word(rt, hub, TAG_TIE, 0), 0);
        cr_assert(stress_until_at_least(&tied, 1));
        faulty_refuse(&memory, 0, 1000000);
        cr_assert(stress_until(all_killed, NULL));
        faulty_relent(&memory);
        cr_expect(stress_until(all_told, NULL), "%lu made, %lu told", atomic_load(&made),
                  atomic_load(&told));
        end();
    }
}

/* --- no memory for what is told --- */

static void run_for(unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        weft_run_once(rt, 1000);
}

static uint64_t lost(void)
{
    weft_stats stats;

    weft_stats_read(rt, &stats);
    return stats.dead[WEFT_DEAD_NO_MEMORY];
}

/* Until there is none to keep one message more in. */
static void use_up_memory(void)
{
    for (uint64_t before = 0; before < 1000; before = lost()) {
        weft_rt_cast_word(rt, hub, TAG_FILL, 0);
        run_for(1);
    }
}

/* The hub waits for a message of another kind, and its mail for the hub, until there is no memory
 * for more. One thread does all of it. */
Test(ties, what_is_told_waits_for_memory)
{
    begin(0);
    cr_assert_eq(weft_rt_cast_word(rt, hub, TAG_TIE, 0), 0);
    cr_assert_eq(weft_rt_cast_word(rt, hub, TAG_WAIT, 0), 0);
    run_for(10);
    faulty_refuse(&memory, 0, 100000000);
    use_up_memory();
    for (unsigned i = 0; i < OTHERS; i++)
        cr_expect_eq(weft_rt_kill_actor(rt, others[i]), 0);
    run_for(10);
    cr_expect(all_killed(NULL));
    cr_expect_eq(atomic_load(&told), 0);
    faulty_relent(&memory);
    cr_assert_eq(weft_rt_cast_word(rt, hub, TAG_GO, 0), 0);
    run_for(100);
    cr_expect(all_told(NULL), "%lu made, %lu told", atomic_load(&made),
              atomic_load(&told));
    end();
}
