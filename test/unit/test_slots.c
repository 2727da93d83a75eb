/* test_slots.c: aim: a pid never comes to mean another actor: generations count up with every
 * inhabitant of a slot, and a slot whose generations are spent is never used again.
 * Method: a runtime whose table is looked into while it rests: one actor makes others, one at
 * a time, in the same slot; a slot is aged to its last generation. */
#include "lib/actor/runtime.h"
#include "sched/domain.h"
#include "test/support/unit_threads.h"

#include <criterion/criterion.h>

TestSuite(slots, .timeout = 60);

static weft_runtime *rt;
static weft_pid maker;
static _Atomic(weft_pid) made;

static weft_next idling(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static const weft_behavior idler = WEFT_STATELESS("idler", idling);

static weft_next making(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid pid = WEFT_NOBODY;

    (void)state, (void)msg;
    cr_expect_eq(weft_spawn(self, &idler, NULL, &pid), 0);
    atomic_store(&made, pid);
    return weft_stay(self);
}

static const weft_behavior making_others = WEFT_STATELESS("maker", making);

static void set_up(void)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = 1;
    options.actors_max = 4096;
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_assert_eq(weft_rt_spawn(rt, &making_others, NULL, &maker), 0);
}

static weft_pid make(void)
{
    atomic_store(&made, WEFT_NOBODY);
    cr_assert_eq(weft_rt_cast_word(rt, maker, 1, 0), 0);
    wait_until(atomic_load(&made) != WEFT_NOBODY);
    return atomic_load(&made);
}

static uint64_t ends(void)
{
    weft_stats stats;

    weft_stats_read(rt, &stats);
    return stats.ended;
}

/* Until its end is counted, behind which its slot is free. */
static void end(weft_pid pid)
{
    uint64_t before = ends();

    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
    wait_until(ends() == before + 1);
    cr_expect_not(weft_rt_alive(rt, pid));
}

static uint64_t generation(weft_pid pid)
{
    return (pid & ID_GENERATION) >> ID_INDEX_BITS;
}

Test(slots, inhabitants_of_a_slot_are_told_apart_by_generation, .init = set_up)
{
    weft_pid before = make();

    for (int i = 0; i < 100; i++) {
        weft_pid pid;

        end(before);
        pid = make();
        cr_assert_eq(pid & ID_INDEX, before & ID_INDEX,
                     "a freed slot is the next one used");
        cr_assert_eq(generation(pid), generation(before) + 1);
        cr_expect(weft_rt_alive(rt, pid));
        cr_expect_eq(weft_rt_cast_word(rt, before, 1, 0), WEFT_ENOACTOR);
        before = pid;
    }
    cr_assert_eq(weft_finish(rt, WEFT_SEC(100)), 0);
}

Test(slots, a_spent_slot_is_retired, .init = set_up)
{
    weft_pid pid = make(), last;
    struct task *t = task_at(&rt->sched->table, pid);

    end(pid);
    /* The slot is free and its runtime rests: it ages without anybody looking. */
    task_set_word(t, task_word(t) | ID_GENERATION);
    last = make();
    cr_assert_eq(last & ID_INDEX, pid & ID_INDEX);
    cr_assert_eq(last & ID_GENERATION, ID_GENERATION);
    end(last);
    cr_expect_eq(weft_rt_cast_word(rt, last, 1, 0), WEFT_ENOACTOR);
    cr_expect_eq(id_high(task_word(t)), 0);
    for (int i = 0; i < 300; i++)
        cr_assert_neq(make() & ID_INDEX, last & ID_INDEX);
    cr_assert_eq(weft_finish(rt, WEFT_SEC(100)), 0);
}
