/* test/fault/test_held.c: every allocation of a program whose senders are held fails once, and
 * then some in a row: who is held is let go all the same, so each message is handled, dead or
 * came back, and nobody is held in the end. */
#include "test/support/fault_allocator.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>
#include <weft/look.h>

enum { SENDERS = 3, ROUNDS = 40, BURST = 3, ROOM = 2, TAG_GO = 1, TAG_WORD };

static struct faulty memory;
static weft_runtime *rt;
static weft_pid sink;
static atomic_ulong sent;

static void count_send(int error)
{
    cr_expect(error == 0 || error == WEFT_ENOMEM || error == WEFT_ENOACTOR ||
                  error == WEFT_EFULL,
              "%s", weft_strerror(error));
    atomic_fetch_add(&sent, 1);
}

static weft_next sinking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static const weft_behavior sinks =
    WEFT_STATELESS("sink", sinking, .mailbox_max = ROOM, .overflow = WEFT_OVERFLOW_HOLD);

static weft_next heard(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

/* Now and then it waits as well, for nothing. */
static weft_next sending(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    for (uint64_t i = 0; i < BURST; i++)
        count_send(weft_cast_word(self, sink, TAG_WORD, i));
    return weft_word(msg) % 4 == 0 ? weft_receive(self, NULL, WEFT_US(10), heard)
                                   : weft_stay(self);
}

static const weft_behavior senders =
    WEFT_STATELESS("sender", sending, .mailbox_max = 2 * ROUNDS);

static bool is_done(void *nothing)
{
    (void)nothing;
    return stress_accounted(rt) >= atomic_load(&sent);
}

static void nobody_is_held(void)
{
    weft_actor_info info = {.size = sizeof info};
    weft_cursor cursor = {0};
    weft_pid pid;

    while ((pid = weft_actor_next(rt, &cursor)) != WEFT_NOBODY)
        cr_expect(weft_actor_read(rt, pid, &info) != 0 || info.life != WEFT_LIFE_HELD);
}

static void play_all(bool *held)
{
    weft_pid pids[SENDERS] = {0};
    weft_stats stats;

    if (weft_rt_spawn(rt, &sinks, NULL, &sink) != 0)
        sink = WEFT_NOBODY;
    for (unsigned i = 0; i < SENDERS; i++)
        if (weft_rt_spawn(rt, &senders, NULL, &pids[i]) != 0)
            pids[i] = WEFT_NOBODY;
    for (uint64_t i = 0; i < ROUNDS * SENDERS; i++)
        count_send(weft_rt_cast_word(rt, pids[i % SENDERS], TAG_GO, i));
    cr_expect(stress_until(is_done, NULL), "somebody is stuck");
    nobody_is_held();
    weft_stats_read(rt, &stats);
    *held |= stats.held > 0;
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    faulty_relent(&memory);
    stress_check_conserved(rt, atomic_load(&sent));
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
}

/* Returns how often it has asked for memory. */
static unsigned long play(unsigned long after, unsigned long n, bool *held)
{
    weft_options options;
    int error;

    faulty_init(&memory);
    atomic_store(&sent, 0);
    weft_options_init(&options);
    options.workers = 2;
    options.actors_max = 1 << 12;
    options.allocator = &memory.allocator;
    faulty_refuse(&memory, after, n);
    rt = NULL;
    error = weft_start(&rt, &options);
    if (error == 0)
        play_all(held);
    else
        cr_expect_eq(error, WEFT_ENOMEM, "%s", weft_strerror(error));
    faulty_check(&memory);
    return atomic_load(&memory.calls);
}

static void test_all(unsigned long n)
{
    bool held = false;
    unsigned long calls = play(0, 0, &held);

    for (unsigned long k = 0; k < calls; k++)
        play(k, n, &held);
    cr_expect(held, "nobody was ever held");
}

TestSuite(held, .timeout = 600);

Test(held, each_allocation_fails_once)
{
    test_all(1);
}

Test(held, each_and_many_more_fail)
{
    test_all(1000);
}
