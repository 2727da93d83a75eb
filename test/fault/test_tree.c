/* test_tree.c: allocations fail, one at a time and some in a row (by day some of them, by night
 * all), while a tree grows, and while it ends in every way.
 *
 * Whatever is refused: who has no memory for a child is told, or fails; what has begun ends, its
 * children before it; each end is heard once by a supervisor that lives; and all memory is given
 * back. When all memory is refused, from before the first failure on, all the rest goes as it
 * would: an end needs none. */
#include "test/support/fault_allocator.h"
#include "test/support/fault_play.h"
#include "test/support/stress_run.h"

#include <stdio.h>

#include <criterion/criterion.h>

TestSuite(tree, .timeout = 600);

enum { WIDTH = 3, DEPTH = 4, LEDGER = 4096 };
enum { TAG_GROW = 1, TAG_FAIL, TAG_TALK, TAG_WAIT };

static struct ledger *ledger = &fault_ledger;
static weft_runtime *rt;
static atomic_long states; /* that have begun and are not destroyed */
static atomic_ulong heard, stops;
static weft_pid roots[4];

struct member {
    unsigned depth;
    uint64_t more[256]; /* more than the runtime has in stock */
};

static const weft_behavior member, heir;

static weft_next birth(weft_self *self, void *state, const void *args)
{
    struct member *m = state;

    m->depth = *(const unsigned *)args;
    atomic_fetch_add(&states, 1);
    for (unsigned i = 0, below = m->depth + 1; i < WIDTH && m->depth < DEPTH; i++) {
        weft_pid pid;
        int error = weft_spawn_child(self, i % 2 == 0 ? &member : &heir, &below, &pid);

        cr_expect(error == 0 || error == WEFT_ENOMEM || error == WEFT_ESTOPPING);
        if (error != 0)
            continue;
        ledger_add(ledger, pid, 0);
    }
    return weft_stay(self);
}

static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid pids[WIDTH];
    size_t n = weft_children(self, pids, WIDTH);

    (void)state;
    switch (weft_tag(msg)) {
    case TAG_FAIL:
        return weft_fail(self, 1, "as told");
    case TAG_TALK:
        for (size_t i = 0; i < n && i < WIDTH; i++)
            weft_cast_word(self, pids[i], i == 0 ? TAG_FAIL : TAG_TALK, 0);
        break;
    case TAG_WAIT: /* and its children are killed */
        for (size_t i = 0; i < n && i < WIDTH; i++)
            weft_cast_word(self, pids[i], TAG_WAIT, 0);
        return weft_await_word(self, roots[3], TAG_TALK, 0, WEFT_SEC(1000), NULL);
    default:
        break;
    }
    return weft_stay(self);
}

static void closing(weft_self *self, void *state, const weft_reason *reason)
{
    (void)state, (void)reason;
    cr_expect_eq(weft_children(self, NULL, 0), 0);
    atomic_fetch_add(&stops, 1);
}

static void gone(void *state)
{
    (void)state;
    atomic_fetch_sub(&states, 1);
}

static weft_next hearing(weft_self *self, void *state, weft_child_event *event)
{
    unsigned below = ((const struct member *)state)->depth + 1;
    weft_pid pid;

    if (event->change == WEFT_CHILD_STARTED)
        return weft_stay(self);
    atomic_fetch_add(&heard, 1);
    if (event->change == WEFT_CHILD_FAILED &&
        weft_spawn_child(self, &member, &below, &pid) == 0)
        ledger_add(ledger, pid, 0);
    return weft_stay(self);
}

#define MEMBER(...)                                                                \
    WEFT_BEHAVIOR("member", struct member, living, .init = birth, .stop = closing, \
                  .destroy = gone, .args_size = sizeof(unsigned), __VA_ARGS__)

static const weft_behavior member = MEMBER(.child = NULL);
static const weft_behavior heir = MEMBER(.child = hearing, .inherits = true);

static bool all_began(void *nothing)
{
    uint64_t cursor = 0;
    weft_cursor c = {cursor};
    weft_actor_info info = {.size = sizeof info};
    weft_pid pid;

    (void)nothing;
    while ((pid = weft_actor_next(rt, &c)) != WEFT_NOBODY)
        if (weft_actor_read(rt, pid, &info) == 0 && info.life == WEFT_LIFE_NEWBORN)
            return false;
    return true;
}

static unsigned long refused_from;

static void begin(unsigned long after)
{
    refused_from = after;
    atomic_store(&states, 0);
}

static void run(weft_runtime *runtime)
{
    const unsigned top = 0;

    rt = runtime;
    for (unsigned i = 0; i < 4; i++) {
        if (weft_rt_spawn(rt, &heir, &top, &roots[i]) == 0)
            ledger_add(ledger, roots[i], 0);
    }
    if (refused_from % 2 == 0)
        cr_expect(stress_until(all_began, NULL));
    weft_rt_cast_word(rt, roots[0], TAG_TALK, 0);
    weft_rt_cast_word(rt, roots[1], TAG_TALK, 0);
    weft_rt_cast_word(rt, roots[1], TAG_FAIL, 0);
    weft_rt_kill_actor(rt, roots[2]);
    weft_rt_stop_actor(rt, roots[0]);
    if (refused_from % 3 == 0)
        weft_stop_all(rt, 1000000);
}

static void end(weft_runtime *runtime)
{
    (void)runtime;
}

static void check(bool whole)
{
    (void)whole;
    cr_expect_eq(atomic_load(&states), 0);
}

static void test_all(unsigned workers, unsigned long n)
{
    const struct fault_play plays = {
        .workers = workers,
        .least = 20,
        .most = stress_amount(60),
        .ledger = true,
        .begin = begin,
        .run = run,
        .end = end,
        .check = check,
    };

    fault_each(&plays, n);
}

Test(tree, each_fails_once_on_one_worker)
{
    test_all(1, 1);
}

Test(tree, each_fails_once_on_three_workers)
{
    test_all(3, 1);
}

Test(tree, each_and_many_more_fail)
{
    test_all(3, 1000);
}

/* The whole tree ends while no memory is to be had, because its root is killed: with memory that
 * was there before. */
static void end_without_memory(unsigned workers)
{
    const unsigned top = 0;
    weft_options options;
    struct faulty memory;
    weft_pid pid;

    faulty_init(&memory);
    ledger_init(ledger, LEDGER);
    atomic_store(&states, 0);
    weft_options_init(&options);
    options.workers = workers;
    options.actors_max = 1 << 12;
    options.allocator = &memory.allocator;
    options.on_exit = ledger_on_exit;
    options.context = ledger;
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_assert_eq(weft_rt_spawn(rt, &member, &top, &pid), 0);
    ledger_add(ledger, pid, 0);
    cr_assert(stress_until(all_began, NULL));
    cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_GROW, 0), 0); /* there is a node */
    faulty_refuse(&memory, 0, (unsigned long)-1 >> 1);
    while (weft_rt_cast_word(rt, pid, TAG_FAIL, 0) == WEFT_ENOMEM)
        continue;
    while (weft_rt_alive(rt, pid))
        continue;
    faulty_relent(&memory);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    cr_expect_eq(atomic_load(&states), 0);
    ledger_check(ledger);
    faulty_check(&memory);
    ledger_done(ledger);
}

Test(tree, it_ends_without_memory_on_one_worker)
{
    end_without_memory(1);
}

Test(tree, it_ends_without_memory_on_three_workers)
{
    end_without_memory(3);
}
