/* test/fault/test_own_threads.c: every allocation around actors with threads of their own fails
 * once, and some fail in a row. A spawn succeeds or says WEFT_ENOMEM, and leaves no thread
 * behind; nobody runs without its init; all memory is given back. */
#include "test/support/fault_play.h"
#include "test/support/stress_run.h"
#include "test/support/stress_thing.h"

#include <criterion/criterion.h>

enum { ROUNDS = 3, TAG_CHILD = 1, TAG_WORK };

static weft_runtime *rt;

struct owner {
    struct thing thing;
    char bulk[3000];
};

static const weft_behavior owner;

static bool is_allowed(int error)
{
    return error == 0 || error == WEFT_ENOMEM || error == WEFT_ENOACTOR;
}

static weft_next move_in(weft_self *self, void *state, const void *args)
{
    cr_expect_eq(((const char *)args)[2000], 7, "args were damaged");
    ((struct owner *)state)->thing = thing_new();
    return weft_stay(self);
}

static void move_out(void *state)
{
    thing_end(&((struct owner *)state)->thing);
}

static void count_send(int error)
{
    cr_expect(is_allowed(error), "%s", weft_strerror(error));
    atomic_fetch_add(&fault_sent, 1);
}

static const char *args(void)
{
    static char bytes[2001];

    bytes[2000] = 7;
    return bytes;
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid child;
    int error;

    cr_expect(thing_lives(&((struct owner *)state)->thing), "without its init");
    if (weft_tag(msg) != TAG_CHILD)
        return weft_stay(self);
    error = weft_spawn(self, &owner, args(), &child);
    cr_expect(is_allowed(error), "%s", weft_strerror(error));
    if (error != 0)
        return weft_stay(self);
    ledger_add(&fault_ledger, child, 0);
    count_send(weft_cast_word(self, child, TAG_WORK, 0));
    cr_expect(is_allowed(weft_stop_actor(self, child)));
    return weft_stay(self);
}

static const weft_behavior owner =
    WEFT_BEHAVIOR("owner", struct owner, work, .init = move_in, .destroy = move_out,
                  .args_size = 2001, .own_thread = true);

static bool is_at_rest(void *nothing)
{
    (void)nothing;
    return stress_accounted(rt) >= atomic_load(&fault_sent);
}

static bool has_no_threads(void *nothing)
{
    weft_stats stats;

    (void)nothing;
    weft_stats_read(rt, &stats);
    return stats.own_threads == stats.spawned - stats.ended;
}

static void one_round(void)
{
    weft_pid pid;
    int error = weft_rt_spawn(rt, &owner, args(), &pid);

    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    if (error == 0) {
        ledger_add(&fault_ledger, pid, 0);
        count_send(weft_rt_cast_word(rt, pid, TAG_CHILD, 0));
    }
    cr_assert(stress_until(is_at_rest, NULL), "a message was lost");
    cr_expect(is_allowed(weft_rt_kill_actor(rt, pid)) || pid == WEFT_NOBODY);
}

static void play(weft_runtime *runtime)
{
    rt = runtime;
    for (int i = 0; i < ROUNDS; i++)
        one_round();
    cr_expect(stress_until(has_no_threads, NULL), "a thread has no actor");
}

static const struct fault_play plays = {
    .workers = 1, .least = 20, .ledger = true, .run = play};

TestSuite(own_threads, .timeout = 300);

Test(own_threads, each_allocation_fails_once)
{
    fault_each(&plays, 1);
}

Test(own_threads, each_and_the_next_few_fail)
{
    fault_each(&plays, 4);
}

Test(own_threads, each_and_all_that_follow_fail)
{
    fault_each(&plays, 1000);
}
