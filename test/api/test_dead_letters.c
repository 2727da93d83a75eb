/* test_dead_letters.c: aim: weft_options.on_dead_letter is called once for each message that
 * is counted as dead, with its addressee, sender, reason and payload, while what it owns is
 * still there.
 * Method: one message for each reason and each way to it; the hook keeps what it was told. */
#include "test/support/unit_story.h"

#include <stdatomic.h>
#include <string.h>

TestSuite(dead_letters, .timeout = 60);

#define CARGO_FIELDS(F) F(char, text[8]) F(atomic_uint *, alive)
static void cargo_done(void *object);
WEFT_BLOCK(cargo, 40, CARGO_FIELDS, cargo_done)

static void cargo_done(void *object)
{
    atomic_fetch_sub(((struct cargo *)object)->alive, 1);
}

enum { KEPT = 16 };
static struct kept {
    weft_dead_info info;
    char payload[48];
    unsigned alive; /* cargo that was not destroyed yet */
} kept[KEPT];
static atomic_uint calls, told, alive; /* told: the calls that are over */

static void keep(void *context, const weft_dead_info *dead)
{
    unsigned i = atomic_fetch_add(&calls, 1);

    (void)context;
    cr_expect(i < KEPT);
    kept[i].info = *dead;
    kept[i].alive = atomic_load(&alive);
    if (dead->payload != NULL)
        memcpy(kept[i].payload, dead->payload, dead->size);
    atomic_fetch_add(&told, 1);
}

static weft_runtime *rt;

static void begin(void)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = 1;
    options.on_dead_letter = keep;
    rt = story_start_with(&options);
}

static weft_pid ended_one(void)
{
    const struct probe args = probe_of(9);
    weft_pid pid = story_spawn(rt, 9, &probe_bare, &args);

    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
    wait_until(story_stats(rt).ended == 1);
    return pid;
}

/* The i-th call told this, and the runtime has counted so many. */
static void expect(unsigned i, weft_pid to, weft_pid from, enum weft_dead_letter why,
                   uint32_t tag)
{
    const weft_dead_info *info = &kept[i].info;

    wait_until(atomic_load(&told) >= i + 1);
    wait_until(story_dead_letters(rt) >= i + 1);
    cr_assert_eq(atomic_load(&calls), i + 1);
    cr_expect_eq(info->to, to);
    cr_expect_eq(info->from, from);
    cr_expect_eq(info->why, why);
    cr_expect_eq(info->tag, tag);
    cr_expect_eq(story_dead_letters(rt), i + 1);
}

Test(dead_letters, from_outside)
{
    struct cargo cargo = {"fish", &alive};
    uint64_t word = 77;
    weft_pid gone;

    begin();
    gone = ended_one();
    weft_rt_cast_word(rt, gone, 1, word);
    expect(0, gone, WEFT_NOBODY, WEFT_DEAD_NO_ACTOR, 1);
    cr_expect_eq(kept[0].info.size, 8);
    cr_expect_eq(memcmp(kept[0].payload, &word, 8), 0);
    cr_expect_null(kept[0].info.type);

    atomic_store(&alive, 1);
    weft_rt_cast(rt, gone, cargo_msg(&cargo));
    expect(1, gone, WEFT_NOBODY, WEFT_DEAD_NO_ACTOR, cargo_tag);
    cr_expect_eq(kept[1].info.type, &cargo_type);
    cr_expect_eq(kept[1].info.size, sizeof cargo);
    cr_expect_str_eq(kept[1].payload, "fish");
    cr_expect_eq(kept[1].alive, 1, "it is destroyed behind the call");
    cr_expect_eq(atomic_load(&alive), 0);

    weft_rt_cast(rt, gone ^ (weft_pid)1 << 57, weft_signal(2));
    expect(2, gone ^ (weft_pid)1 << 57, WEFT_NOBODY, WEFT_DEAD_FOREIGN, 2);
    weft_rt_cast(rt, gone, weft_small(3, &word, 41));
    expect(3, gone, WEFT_NOBODY, WEFT_DEAD_MALFORMED, 3);
    cr_expect_null(kept[3].info.payload);
    cr_expect_lt(weft_rt_try_cast(rt, gone, weft_signal(4)), 0);
    cr_expect_eq(atomic_load(&calls), 4, "what is given back is not dead");
    story_finish(rt);
}

static weft_pid gone_one;

static weft_next sending(weft_self *self, void *state, weft_msg *msg)
{
    struct cargo cargo = {"bird", &alive};

    (void)state;
    weft_cast_word(self, gone_one, 5, 6);
    weft_reply(self, msg, weft_signal(6));
    atomic_store(&alive, 1);
    weft_cast(self, gone_one, cargo_msg(&cargo));
    return weft_stay(self);
}

Test(dead_letters, from_a_step)
{
    static const weft_behavior sender = WEFT_STATELESS("sender", sending);
    weft_pid pid;

    begin();
    gone_one = ended_one();
    pid = story_spawn(rt, 0, &sender, NULL);
    cr_assert_eq(weft_rt_cast_word(rt, pid, 1, 0), 0);
    expect(2, gone_one, pid, WEFT_DEAD_NO_ACTOR, cargo_tag);
    cr_expect_eq(kept[0].info.to, gone_one);
    cr_expect_eq(kept[0].info.from, pid);
    cr_expect_eq(kept[0].info.tag, 5);
    cr_expect_eq(kept[1].info.to, WEFT_NOBODY);
    cr_expect_eq(kept[1].info.from, pid);
    cr_expect_eq(kept[1].info.tag, 6);
    cr_expect_str_eq(kept[2].payload, "bird");
    cr_expect_eq(kept[2].alive, 1);
    story_finish(rt);
}

Test(dead_letters, that_were_queued_when_the_actor_ended)
{
    const struct probe args = probe_of(0);
    struct cargo cargo = {"mice", &alive};
    weft_pid pid;

    begin();
    pid = story_spawn(rt, 0, &probe_bare, &args);
    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, 0), 0);
    story_wait(0, "waits");
    atomic_store(&alive, 1);
    cr_assert_eq(weft_rt_cast(rt, pid, cargo_msg(&cargo)), 0);
    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
    gate_open(0);
    expect(0, pid, WEFT_NOBODY, WEFT_DEAD_ENDED, cargo_tag);
    cr_expect_str_eq(kept[0].payload, "mice");
    cr_expect_eq(kept[0].alive, 1);
    story_finish(rt);
    cr_expect_eq(atomic_load(&alive), 0);
}
