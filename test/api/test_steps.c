/* test_steps.c: aim: what comes after a step: the same one, another one (become), or the same
 * message once more (yield), and what a yielding actor's other mail does meanwhile.
 * Method: stories of actors that yield until a gate is open; on one worker others can only get
 * their turn if yielding gives it to them. */
#include "test/support/unit_story.h"
#include "test/support/unit_types.h"

#include <stdatomic.h>
#include <string.h>

TestSuite(become, .timeout = 60);
TestSuite(yield, .timeout = 60);

static weft_runtime *rt;

static void cast(weft_pid pid, uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, tag, word), 0);
}

/* --- become --- */

static weft_next in_english(weft_self *self, void *state, weft_msg *msg);

static weft_next in_french(weft_self *self, void *state, weft_msg *msg)
{
    story_tell(((struct probe *)state)->who, "un %u", (unsigned)weft_word(msg));
    return weft_tag(msg) == TELL ? weft_stay(self) : weft_become(self, in_english);
}

static weft_next in_english(weft_self *self, void *state, weft_msg *msg)
{
    story_tell(((struct probe *)state)->who, "one %u", (unsigned)weft_word(msg));
    return weft_tag(msg) == TELL ? weft_stay(self) : weft_become(self, in_french);
}

enum { SWITCH = TELL + 1 };

static weft_next begin_in_french(weft_self *self, void *state, const void *args)
{
    *(struct probe *)state = *(const struct probe *)args;
    return weft_become(self, in_french);
}

TestOnWorkers(become, the_next_message_goes_to_the_other_step)
{
    static const weft_behavior polyglot = WEFT_BEHAVIOR(
        "polyglot", struct probe, in_english, .args_size = sizeof(struct probe));
    static const uint32_t tags[] = {TELL,   SWITCH, TELL,   TELL,
                                    SWITCH, TELL,   SWITCH, SWITCH};
    const struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &polyglot, &args);
    for (uint64_t i = 0; i < 8; i++)
        cast(pid, tags[i], i);
    story_wait(0, "one 0, one 1, un 2, un 3, un 4, one 5, one 6, un 7");
    story_finish(rt);
}

TestOnWorkers(become, init_may_choose_the_first_step)
{
    static const weft_behavior french =
        WEFT_BEHAVIOR("french", struct probe, in_english, .init = begin_in_french,
                      .args_size = sizeof(struct probe));
    const struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &french, &args);
    cast(pid, SWITCH, 0);
    cast(pid, TELL, 1);
    story_wait(0, "un 0, one 1");
    story_finish(rt);
}

Test(become, staying_is_0_and_becoming_is_the_actors_own_affair)
{
    static const weft_behavior polyglot = WEFT_BEHAVIOR(
        "polyglot", struct probe, in_english, .args_size = sizeof(struct probe));
    const struct probe args[] = {probe_of(0), probe_of(1)};
    weft_pid a, b;

    cr_expect_eq(weft_stay(NULL), 0);
    rt = story_start(1);
    a = story_spawn(rt, 0, &polyglot, &args[0]);
    b = story_spawn(rt, 1, &polyglot, &args[1]);
    cast(a, SWITCH, 0);
    cast(a, TELL, 1);
    story_wait(0, "one 0, un 1");
    cast(b, TELL, 2);
    story_wait(1, "one 2");
    story_finish(rt);
}

/* --- yield: others --- */

TestOnWorkers(yield, others_run_in_between)
{
    const struct probe args[] = {probe_of(0), probe_of(1)};
    weft_pid a, b;

    rt = story_start(workers);
    a = story_spawn(rt, 0, &probe, &args[0]);
    b = story_spawn(rt, 1, &probe, &args[1]);
    cast(a, YIELD, 3);
    story_wait(0, "init, yields");
    for (uint64_t i = 0; i < 3; i++)
        cast(b, TELL, i);
    story_wait(1, "init, step 0, step 1, step 2");
    gate_open(3);
    story_wait(0, "init, yields, goes on");
    story_finish(rt);
}

/* Many who yield to each other and to nobody else, all of them until the last has been seen. */
static atomic_uint seen_yielding;
enum { YIELDERS = 200 };

static weft_next yielding_to_all(weft_self *self, void *state, weft_msg *msg)
{
    bool *seen = state;

    (void)msg;
    if (!*seen)
        atomic_fetch_add(&seen_yielding, 1);
    *seen = true;
    return atomic_load(&seen_yielding) < YIELDERS ? weft_yield(self) : weft_stop(self);
}

TestOnWorkers(yield, many_yield_to_each_other)
{
    static const weft_behavior yielder = WEFT_BEHAVIOR("yielder", bool, yielding_to_all);
    weft_pid pid;

    rt = story_start(workers);
    for (int i = 0; i < YIELDERS; i++) {
        cr_assert_eq(weft_rt_spawn(rt, &yielder, NULL, &pid), 0);
        cast(pid, TELL, 0);
    }
    wait_until(story_stats(rt).ended == YIELDERS);
    cr_expect_eq(story_stats(rt).handled, YIELDERS);
    story_finish(rt);
}

/* --- yield: one's own mail --- */

TestOnWorkers(yield, other_mail_waits_in_order)
{
    const struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args);
    cast(pid, TELL, 1);
    cast(pid, YIELD, 3);
    cast(pid, TELL, 2);
    story_wait(0, "init, step 1, yields");
    cast(pid, TELL, 3);
    cast(pid, YIELD, 4);
    cast(pid, TELL, 4);
    gate_open(3);
    story_wait(0, "init, step 1, yields, goes on, step 2, step 3, yields");
    cast(pid, TELL, 5);
    gate_open(4);
    story_wait(0,
               "init, step 1, yields, goes on, step 2, step 3, yields, goes on, step 4, "
               "step 5");
    story_finish(rt);
}

/* A sender of its own worker: its mail goes through the ring, some before, some behind. */
enum { FLOOD = 2000 };
static uint64_t flooded;

static weft_next flooding(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid to = *(const weft_pid *)state;

    (void)msg;
    weft_cast_word(self, to, TELL, flooded++);
    weft_cast_word(self, to, YIELD, 0);
    return flooded < FLOOD ? weft_yield(self) : weft_stay(self);
}

static weft_next swallowing(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t *due = state; /* and how often the message was yielded, above */

    if (weft_tag(msg) == YIELD) {
        *due += (uint64_t)1 << 32;
        if (*due >> 32 < 4)
            return weft_yield(self);
        *due &= UINT32_MAX;
        return weft_stay(self);
    }
    cr_expect_eq(weft_word(msg), *due);
    ++*due;
    if (*due == FLOOD)
        weft_exit(self, 0);
    return weft_stay(self);
}

TestOnWorkers(yield, order_is_kept_however_often_it_yields)
{
    static const weft_behavior swallower =
        WEFT_BEHAVIOR("swallower", uint64_t, swallowing);
    static const weft_behavior flooder =
        WEFT_BEHAVIOR("flooder", weft_pid, flooding, .args_size = sizeof(weft_pid));
    weft_pid to;

    rt = story_start(workers);
    to = story_spawn(rt, 0, &swallower, NULL);
    cast(story_spawn(rt, 1, &flooder, &to), TELL, 0);
    cr_expect_eq(weft_run(rt), 0);
    story_finish(rt);
}

/* --- yield: the message --- */

struct counted {
    uint64_t number;
    atomic_int *destroyed;
};
#define COUNTED_FIELDS(F) F(struct counted, is)
static void counted_done(void *object);
WEFT_BLOCK(counted_block, 50, COUNTED_FIELDS, counted_done)

static void counted_done(void *object)
{
    atomic_fetch_add(((struct counted_block *)object)->is.destroyed, 1);
}

#define LONG_FIELDS(F) \
    F(uint64_t, a) F(uint64_t, b) F(uint64_t, c) F(uint64_t, d) F(uint64_t, e)
WEFT_MESSAGE(long_message, 51, LONG_FIELDS)

static weft_next yielding_thrice(weft_self *self, void *state, weft_msg *msg)
{
    const struct counted_block *block = counted_block_at(msg);
    struct long_message words;
    int *times = state;

    if (block != NULL) {
        cr_expect_eq(block->is.number, 4711);
        cr_expect_eq(*block->is.destroyed, 0);
    } else {
        cr_expect(long_message_get(msg, &words));
        cr_expect(words.a == 1 && words.b == 2 && words.c == 3 && words.d == 4 &&
                  words.e == 5);
    }
    cr_expect_eq(weft_sender(msg), WEFT_NOBODY);
    if (++*times % 4 != 0)
        return weft_yield(self);
    return *times == 8 ? weft_stop(self) : weft_stay(self);
}

TestOnWorkers(yield, it_is_the_same_message_again)
{
    static const weft_behavior thrice = WEFT_BEHAVIOR("thrice", int, yielding_thrice);
    static atomic_int destroyed;
    const struct counted_block block = {{4711, &destroyed}};
    weft_pid pid;

    rt = story_start(workers);
    atomic_store(&destroyed, 0);
    pid = story_spawn(rt, 0, &thrice, NULL);
    cr_assert_eq(weft_rt_cast(rt, pid, long_message_msg(1, 2, 3, 4, 5)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, counted_block_msg(&block)), 0);
    story_wait(0, "exit normal");
    wait_until(story_stats(rt).ended == 1);
    cr_expect_eq(destroyed, 1);
    cr_expect_eq(story_stats(rt).handled, 2, "each is counted once");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

/* --- yield: the end --- */

static void end_between_yields(unsigned workers, bool kill, const char *whole)
{
    static atomic_int destroyed;
    const struct counted_block block = {{4711, &destroyed}};
    const struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args);
    cast(pid, YIELD, 3);
    story_wait(0, "init, yields");
    cast(pid, TELL, 1);
    cr_assert_eq(weft_rt_cast(rt, pid, counted_block_msg(&block)), 0);
    cr_expect_eq(kill ? weft_rt_kill_actor(rt, pid) : weft_rt_stop_actor(rt, pid), 0);
    story_wait(0, whole);
    wait_until(story_stats(rt).ended == 1);
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_ENDED], 3, "it and what waited");
    cr_expect_eq(story_stats(rt).handled, 0);
    cr_expect_eq(destroyed, 1);
    story_finish(rt);
    story_is(0, whole);
}

TestOnWorkers(yield, a_stop_does_not_wait_for_it)
{
    end_between_yields(workers, false,
                       "init, yields, stop stopped, exit stopped, destroy");
}

TestOnWorkers(yield, a_kill_does_not_wait_for_it)
{
    end_between_yields(workers, true, "init, yields, exit killed, destroy");
}

static weft_next yielding_a_block(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    cr_expect_not_null(counted_block_at(msg));
    if (counted_block_at(msg)->is.number == 0) {
        story_tell(0, "yields");
        counted_block_at(msg)->is.number = 1;
    }
    return weft_yield(self);
}

TestOnWorkers(yield, a_yielded_block_is_destroyed_with_its_actor)
{
    static const weft_behavior yielder = WEFT_STATELESS("yielder", yielding_a_block);
    static atomic_int destroyed;
    const struct counted_block block = {{0, &destroyed}};
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &yielder, NULL);
    cr_assert_eq(weft_rt_cast(rt, pid, counted_block_msg(&block)), 0);
    story_wait(0, "yields");
    cr_expect_eq(destroyed, 0);
    cr_expect_eq(weft_rt_kill_actor(rt, pid), 0);
    story_wait(0, "yields, exit killed");
    wait_until(story_stats(rt).ended == 1);
    cr_expect_eq(destroyed, 1);
    story_finish(rt);
    cr_expect_eq(destroyed, 1);
}
