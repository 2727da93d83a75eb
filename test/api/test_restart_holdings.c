/* test_restart_holdings.c: aim: what an actor has besides its mail when its supervisor starts it
 * again with the same pid: its names and memberships stay, also if it asks for them again;
 * its timers and its watches are those of the life before, and over.
 * Method: a child whose init takes all of these, and which fails when it is told. */
#include "test/support/unit_story.h"

#include <stdatomic.h>

TestSuite(restart_holdings, .timeout = 60);

enum { CHILD, TAG_FAIL = 1, TAG_TIME, TAG_SAID, TAG_ASK };

static weft_runtime *rt;

struct child {
    unsigned life;
};

static atomic_uint lives;

static weft_next child_init(weft_self *self, void *state, const void *args)
{
    struct child *child = state;

    (void)args;
    child->life = atomic_fetch_add(&lives, 1);
    cr_expect_eq(weft_register(self, "child"), 0);
    cr_expect_eq(weft_join(self, NULL, "children"), 0);
    cr_expect_eq(weft_timers(self), 0);
    if (child->life > 0)
        return weft_stay(self);
    cr_expect_eq(weft_watch_names(self, NULL), 1);
    cr_expect_eq(weft_watch_group(self, NULL, "children", NULL, 0, NULL), 1);
    cr_expect_eq(weft_cast_after(self, weft_self_pid(self), weft_signal(TAG_TIME),
                                 WEFT_SEC(3600), NULL),
                 0);
    cr_expect_eq(
        weft_cast_after(self, weft_self_pid(self), weft_signal(TAG_TIME), 0, NULL), 0);
    return weft_stay(self);
}

static weft_next child_step(weft_self *self, void *state, weft_msg *msg)
{
    struct child *child = state;
    weft_name_event name;
    weft_group_event group;

    if (weft_name_event_get(msg, &name) || weft_group_event_get(msg, &group))
        story_tell(CHILD, "event in life %u", child->life);
    else if (weft_tag(msg) == TAG_FAIL)
        return weft_fail(self, 1, NULL);
    else if (weft_tag(msg) == TAG_SAID)
        story_tell(CHILD, "heard in life %u", child->life);
    else if (weft_tag(msg) == TAG_ASK)
        weft_reply_word(self, msg, TAG_ASK, child->life);
    return weft_stay(self);
}

static const weft_behavior child_behavior =
    WEFT_BEHAVIOR("child", struct child, child_step, .init = child_init);

static const weft_child children[] = {{.id = "child", .behavior = &child_behavior}};
static const weft_supervisor table = {
    .name = "supervisor", .children = children, .child_count = 1};

static weft_next other_step(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    cr_expect_eq(weft_register(self, "another"), 0);
    cr_expect_eq(weft_join(self, NULL, "children"), 0);
    weft_reply_word(self, msg, 1, 0);
    return weft_stay(self);
}

static const weft_behavior other = WEFT_STATELESS("other", other_step);

/* In which life it is, when it is in one. */
static uint64_t life_of(weft_pid pid)
{
    uint64_t life = 0;

    wait_until(weft_rt_await_word(rt, pid, weft_signal(TAG_ASK), WEFT_SEC(600), &life) ==
               0);
    return life;
}

TestOnWorkers(restart_holdings, names_and_groups_stay_and_timers_and_watches_go)
{
    weft_pid supervisor, child, pid, member[3];
    uint64_t nothing;

    atomic_store(&lives, 0);
    rt = story_start(workers);
    cr_assert_eq(weft_rt_supervise(rt, &table, &supervisor), 0);
    cr_assert_eq(
        weft_rt_await_word(rt, supervisor, weft_sup_ready(), WEFT_SEC(600), &nothing), 0);
    child = weft_rt_whereis(rt, "child");
    cr_assert_neq(child, WEFT_NOBODY);
    cr_expect_eq(life_of(child), 0);
    cr_assert_eq(weft_rt_cast_word(rt, child, TAG_FAIL, 0), 0);
    wait_until(life_of(child) == 1);
    cr_expect_eq(weft_rt_whereis(rt, "child"), child);
    cr_expect_eq(weft_rt_members(rt, NULL, "children", member, 3), 1);
    cr_expect_eq(member[0], child);

    /* Somebody comes: nobody is told any more. */
    cr_assert_eq(weft_rt_spawn(rt, &other, NULL, &pid), 0);
    cr_assert_eq(weft_rt_await_word(rt, pid, weft_signal(1), WEFT_SEC(600), &nothing), 0);
    cr_expect_eq(weft_rt_publish(rt, NULL, "children", weft_signal(TAG_SAID)), 2);
    cr_expect_eq(life_of(child), 1);
    story_is(CHILD, "heard in life 1");
    story_finish(rt);
    cr_expect_eq(atomic_load(&lives), 2);
}
