/* test_group.c: aim: what weft/group.h says of groups, each line of it.
 * Method: actors that join, leave, publish and watch as they are told, and tell what they hear;
 * the program's own thread does the same from outside. */
#include "test/support/unit_talk.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(group, .timeout = 60);

enum { A, B, WATCHER };
enum {
    JOIN = TELL + 1, /* the group with this number */
    LEAVE,
    SAY, /* to its members */
    SAID,
    WATCH,
    WATCH_SCOPE, /* of the group */
    WATCH_ALL,
    UNWATCH,
    STOP,
    HOLD_AT_GATE
};
enum { GATE = 1, GROUPS = 4 };

/* Two scopes, and the default one. */
static const struct {
    const char *scope, *group;
} groups[GROUPS] = {{NULL, "one"}, {"east", "one"}, {"east", "two"}, {"west", "one"}};

static weft_runtime *rt;
static weft_watch watch;

static void tell_result(struct talker *t, const char *what, int result)
{
    if (result >= 0)
        story_tell(t->who, "%s %d", what, result);
    else
        story_tell(t->who, "%s %s", what, weft_err_name(result));
}

static void hear_event(struct talker *t, const weft_msg *msg, const weft_group_event *e)
{
    cr_expect_eq(weft_msg_question(msg), 0);
    cr_expect_eq(weft_failure(msg), 0);
    cr_expect_eq(e->watch, watch);
    cr_expect_eq(e->pid, weft_sender(msg));
    story_tell(t->who, "%s%s%s %s", e->joined ? "+" : "-", e->scope,
               e->scope[0] != 0 ? ":" : "", e->group);
}

static void watch_it(weft_self *self, struct talker *t, unsigned number)
{
    weft_pid pids[4] = {0};
    int n = weft_watch_group(self, groups[number].scope, groups[number].group, pids, 4,
                             &watch);

    for (int i = 0; i < n && i < 4; i++)
        cr_expect(weft_alive(self, pids[i]));
    tell_result(t, "watch", n);
}

static weft_next playing(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    uint64_t number = weft_word(msg);
    weft_group_event event;
    const char *scope, *group;

    if (weft_group_event_get(msg, &event)) {
        hear_event(t, msg, &event);
        return weft_stay(self);
    }
    scope = groups[number % GROUPS].scope;
    group = groups[number % GROUPS].group;
    switch (weft_tag(msg)) {
    case JOIN:
        tell_result(t, "join", weft_join(self, scope, group));
        break;
    case LEAVE:
        tell_result(t, "leave", weft_leave(self, scope, group));
        break;
    case SAY:
        tell_result(t, "to",
                    weft_publish(self, scope, group, weft_word_letter(SAID, number)));
        break;
    case SAID:
        story_tell(t->who, "heard %u", (unsigned)number);
        break;
    case WATCH:
        watch_it(self, t, (unsigned)number);
        break;
    case WATCH_SCOPE:
        tell_result(t, "watch", weft_watch_scope(self, scope, &watch));
        break;
    case WATCH_ALL:
        tell_result(t, "watch", weft_watch_groups(self, &watch));
        break;
    case UNWATCH:
        tell_result(t, "unwatch", weft_unwatch(self, watch));
        break;
    case STOP:
        return weft_stop(self);
    case HOLD_AT_GATE:
        gate_pass(GATE);
        break;
    default:
        break;
    }
    return weft_stay(self);
}

static const weft_behavior player =
    WEFT_BEHAVIOR("player", struct talker, playing, .args_size = sizeof(struct talker));

static weft_pid spawn(unsigned who)
{
    return talker_spawn(rt, who, &player, WEFT_NOBODY);
}

/* What it was told is done. */
static void order(weft_pid pid, uint32_t tag, uint64_t word)
{
    uint64_t nothing;

    cast_to(rt, pid, tag, word);
    cr_assert_eq(
        weft_rt_await_word(rt, pid, weft_word_letter(TELL, 0), WEFT_SEC(600), &nothing),
        WEFT_ENOANSWER);
}

static void end(weft_pid pid)
{
    cast_to(rt, pid, STOP, 0);
    cr_assert_eq(weft_rt_await_end(rt, pid, WEFT_SEC(600)), 0);
}

static size_t members(unsigned number)
{
    return weft_rt_members(rt, groups[number].scope, groups[number].group, NULL, 0);
}

/* --- members --- */

TestOnWorkers(group, has_those_who_joined_and_did_not_leave)
{
    weft_pid a, b, pids[3];

    rt = story_start(workers);
    a = spawn(A);
    b = spawn(B);
    cr_expect_eq(members(0), 0);
    order(a, JOIN, 0);
    order(a, JOIN, 0);
    order(b, JOIN, 0);
    order(b, JOIN, 1);
    cr_expect_eq(members(0), 2);
    cr_expect_eq(members(1), 1, "the same name in another scope");
    cr_expect_eq(members(2), 0);
    cr_expect_eq(weft_rt_members(rt, NULL, "one", pids, 3), 2);
    cr_expect((pids[0] == a && pids[1] == b) || (pids[0] == b && pids[1] == a));
    cr_expect_eq(weft_rt_local_members(rt, NULL, "one", pids, 1), 2);
    order(a, LEAVE, 0);
    order(a, LEAVE, 0);
    order(a, LEAVE, 3);
    cr_expect_eq(weft_rt_members(rt, NULL, "one", pids, 3), 1);
    cr_expect_eq(pids[0], b);
    story_is(A, "join 0, join 0, leave 0, leave WEFT_ENONAME, leave WEFT_ENONAME");
    story_finish(rt);
}

TestOnWorkers(group, is_left_with_the_end)
{
    rt = story_start(workers);
    for (unsigned i = 0; i < 200; i++) {
        weft_pid a = spawn(A);

        for (unsigned g = 0; g < GROUPS; g++)
            order(a, JOIN, g);
        if (i % 2 == 0)
            end(a);
        else
            cr_assert_eq(weft_rt_kill_actor(rt, a), 0);
        cr_assert_eq(weft_rt_await_end(rt, a, WEFT_SEC(600)), 0);
        for (unsigned g = 0; g < GROUPS; g++)
            cr_assert_eq(members(g), 0);
    }
    story_finish(rt);
}

TestOnWorkers(group, is_joined_and_left_from_outside)
{
    weft_pid a, b;

    rt = story_start(workers);
    a = spawn(A);
    b = spawn(B);
    for (unsigned i = 0; i < 100; i++) {
        cr_assert_eq(weft_rt_join(rt, NULL, "one", a), 0);
        cr_assert_eq(weft_rt_join(rt, NULL, "one", a), 0);
        cr_assert_eq(weft_rt_join(rt, NULL, "one", b), 0);
        cr_assert_eq(members(0), 2);
        order(a, LEAVE, 0);
        order(a, JOIN, 0);
        cr_assert_eq(weft_rt_leave(rt, NULL, "one", a), 0);
        cr_assert_eq(weft_rt_leave(rt, NULL, "one", a), WEFT_ENONAME);
        cr_assert_eq(members(0), 1);
        cr_assert_eq(weft_rt_leave(rt, NULL, "one", b), 0);
    }
    end(a);
    cr_expect_eq(weft_rt_join(rt, NULL, "one", a), WEFT_ENOACTOR);
    story_finish(rt);
}

Test(group, says_what_is_wrong)
{
    char text[WEFT_NAME_MAX + 2];
    weft_runtime *other;
    weft_port *port;
    weft_pid a, b;

    memset(text, 'x', sizeof text - 1);
    text[WEFT_NAME_MAX + 1] = 0;
    rt = story_start(1);
    other = story_start(1);
    a = spawn(A);
    b = talker_spawn(other, B, &player, WEFT_NOBODY);
    cr_assert_eq(weft_port_open(rt, 10, &port), 0);
    cr_expect_eq(weft_rt_join(rt, NULL, "", a), WEFT_EINVAL);
    cr_expect_eq(weft_rt_join(rt, NULL, NULL, a), WEFT_EINVAL);
    cr_expect_eq(weft_rt_join(rt, "", "one", a), WEFT_EINVAL);
    cr_expect_eq(weft_rt_join(rt, NULL, text, a), WEFT_EINVAL);
    cr_expect_eq(weft_rt_join(rt, text, "one", a), WEFT_EINVAL);
    cr_expect_eq(weft_rt_join(rt, text + 1, text + 1, a), 0);
    cr_expect_eq(weft_rt_members(rt, text + 1, text + 1, NULL, 0), 1);
    cr_expect_eq(weft_rt_members(rt, text, "one", NULL, 0), 0);
    cr_expect_eq(weft_rt_join(rt, NULL, "one", b), WEFT_EFOREIGN);
    cr_expect_eq(weft_rt_join(rt, NULL, "one", weft_port_pid(port)), WEFT_EINVAL);
    cr_expect_eq(weft_rt_leave(rt, NULL, "", a), WEFT_ENONAME);
    cr_expect_eq(weft_rt_publish(rt, NULL, "", weft_signal(1)), WEFT_EINVAL);
    weft_port_close(port);
    story_finish(other);
    story_finish(rt);
}

Test(group, there_is_a_limit_to_them)
{
    weft_options options;
    weft_pid a;

    weft_options_init(&options);
    options.groups_max = 2;
    rt = story_start_with(&options);
    a = spawn(A);
    cr_expect_eq(weft_rt_join(rt, NULL, "1", a), 0);
    cr_expect_eq(weft_rt_join(rt, "x", "1", a), 0);
    cr_expect_eq(weft_rt_join(rt, NULL, "2", a), WEFT_ELIMIT);
    cr_expect_eq(weft_rt_leave(rt, NULL, "1", a), 0);
    cr_expect_eq(weft_rt_join(rt, NULL, "2", a), 0);
    story_finish(rt);
}

/* --- which there are --- */

static void expect_walk(const char *expected)
{
    weft_cursor cursor = {0}, other = {0};
    weft_group_info info;
    weft_scope_info scope;
    char text[400] = "";

    while (weft_group_next(rt, &cursor, &info))
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s:%s=%u ", info.scope,
                 info.group, info.members);
    while (weft_scope_next(rt, &other, &scope))
        snprintf(text + strlen(text), sizeof text - strlen(text), "(%s)=%u ", scope.scope,
                 scope.groups);
    cr_expect_str_eq(text, expected);
}

/* What is only watched is not there. */
Test(group, groups_and_scopes_are_listed)
{
    weft_cursor cursor = {0};
    weft_group_info info;
    weft_pid a, watcher;

    rt = story_start(1);
    expect_walk("");
    a = spawn(A);
    watcher = spawn(WATCHER);
    order(watcher, WATCH, 3);
    expect_walk("");
    for (unsigned g = 0; g < 3; g++)
        order(a, JOIN, g);
    order(watcher, JOIN, 1);
    expect_walk(":one=1 east:one=2 east:two=1 ()=1 (east)=2 ");
    cr_expect(weft_group_next(rt, &cursor, &info));
    order(a, LEAVE, 0); /* where the walk is */
    cr_expect(weft_group_next(rt, &cursor, &info));
    cr_expect_str_eq(info.scope, "east");
    end(a);
    expect_walk("east:one=1 (east)=1 ");
    order(watcher, LEAVE, 1);
    expect_walk("");
    story_finish(rt);
}

/* --- publishing --- */

TestOnWorkers(group, members_get_what_is_published)
{
    weft_pid a, b;

    rt = story_start(workers);
    a = spawn(A);
    b = spawn(B);
    order(a, SAY, 0);
    order(a, JOIN, 0);
    order(a, SAY, 0);
    order(b, JOIN, 0);
    order(b, JOIN, 1);
    order(a, SAY, 0);
    order(a, SAY, 1);
    cr_expect_eq(weft_rt_publish(rt, NULL, "one", weft_word_letter(SAID, 7)), 2);
    cr_expect_eq(weft_rt_publish(rt, NULL, "none", weft_word_letter(SAID, 7)), 0);
    story_wait(A, "to 0, join 0, to 1, heard 0, to 2, heard 0, to 1, heard 7");
    story_wait(B, "join 0, join 0, heard 0, heard 1, heard 7");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

/* --- blocks --- */

#define LINE_FIELDS(F) F(char *, text) F(uint64_t, fill[10])
static void line_done(void *object);
WEFT_BLOCK(line, SAID + 100, LINE_FIELDS, line_done)

static atomic_uint lines_done;

static void line_done(void *object)
{
    free(((struct line *)object)->text);
    atomic_fetch_add(&lines_done, 1);
}

static struct line line_new(void)
{
    return (struct line){.text = strdup("hello")};
}

static weft_next reading(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    const struct line *line = line_see(msg);

    if (weft_tag(msg) == SAY) {
        struct line mine = line_new();

        tell_result(t, "to", weft_publish(self, NULL, "one", line_msg(&mine)));
    } else if (line != NULL) {
        cr_expect_null(line_at(msg), "it is shared");
        story_tell(t->who, "%s", line->text);
    }
    return weft_stay(self);
}

Talker(reader, reading);

TestOnWorkers(group, an_object_is_one_for_all_and_destroyed_once)
{
    struct line mine;
    weft_pid a, b;

    atomic_store(&lines_done, 0);
    rt = story_start(workers);
    a = talker_spawn(rt, A, &reader, WEFT_NOBODY);
    b = talker_spawn(rt, B, &reader, WEFT_NOBODY);
    order(a, SAY, 0);
    cr_expect_eq(atomic_load(&lines_done), 1, "nobody was there");
    cr_assert_eq(weft_rt_join(rt, NULL, "one", a), 0);
    cr_assert_eq(weft_rt_join(rt, NULL, "one", b), 0);
    order(a, SAY, 0);
    mine = line_new();
    cr_expect_eq(weft_rt_publish(rt, NULL, "one", line_msg(&mine)), 2);
    story_wait(A, "to 0, to 2, hello, hello");
    story_wait(B, "hello, hello");
    mine = line_new();
    cr_expect_eq(weft_rt_publish(rt, NULL, "", line_msg(&mine)), WEFT_EINVAL);
    story_finish(rt);
    cr_expect_eq(atomic_load(&lines_done), 4);
}

/* One who has no room is told nothing, and its letter is dead. */
static const weft_behavior small =
    WEFT_BEHAVIOR("small", struct talker, playing, .args_size = sizeof(struct talker),
                  .mailbox_max = 1);

Test(group, who_is_full_does_not_get_it)
{
    weft_pid a, b;

    rt = story_start(1);
    a = talker_spawn(rt, A, &small, WEFT_NOBODY);
    b = spawn(B);
    cr_assert_eq(weft_rt_join(rt, NULL, "one", a), 0);
    cr_assert_eq(weft_rt_join(rt, NULL, "one", b), 0);
    cast_to(rt, b, HOLD_AT_GATE, 0); /* and the only worker with it */
    cr_expect_eq(weft_rt_publish(rt, NULL, "one", weft_word_letter(SAID, 1)), 2);
    cr_expect_eq(weft_rt_publish(rt, NULL, "one", weft_word_letter(SAID, 2)), 1);
    gate_open(GATE);
    story_wait(A, "heard 1");
    story_wait(B, "heard 1, heard 2");
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_FULL], 1);
    story_finish(rt);
}

/* --- watching --- */

TestOnWorkers(group, watchers_of_a_group_hear_of_it_alone)
{
    weft_pid a, b, watcher;

    rt = story_start(workers);
    a = spawn(A);
    b = spawn(B);
    watcher = spawn(WATCHER);
    order(a, JOIN, 1);
    order(watcher, WATCH, 1);
    order(b, JOIN, 0);
    order(b, JOIN, 2);
    order(b, JOIN, 1);
    order(b, JOIN, 1);
    order(a, LEAVE, 1);
    order(a, LEAVE, 1);
    order(watcher, JOIN, 1);
    end(b);
    order(watcher, LEAVE, 1);
    story_wait(WATCHER,
               "watch 1, +east: one, -east: one, join 0, +east: one, -east: one, "
               "leave 0, -east: one");
    story_finish(rt);
}

TestOnWorkers(group, watchers_of_a_scope_hear_of_its_groups)
{
    weft_pid a, watcher;

    rt = story_start(workers);
    a = spawn(A);
    watcher = spawn(WATCHER);
    order(a, JOIN, 1);
    order(watcher, WATCH_SCOPE, 1);
    order(a, JOIN, 0);
    order(a, JOIN, 2);
    order(a, JOIN, 3);
    order(a, LEAVE, 1);
    order(a, LEAVE, 2);
    order(a, JOIN, 1);
    end(a);
    story_wait(WATCHER,
               "watch 1, +east: two, -east: one, -east: two, +east: one, -east: one");
    order(watcher, UNWATCH, 0);
    order(watcher, UNWATCH, 0);
    story_is(WATCHER, "watch 1, +east: two, -east: one, -east: two, +east: one, "
                      "-east: one, unwatch 0, unwatch WEFT_EINVAL");
    story_finish(rt);
}

TestOnWorkers(group, watchers_of_all_hear_of_all)
{
    weft_pid a, watcher;

    rt = story_start(workers);
    a = spawn(A);
    watcher = spawn(WATCHER);
    order(a, JOIN, 0);
    order(a, JOIN, 1);
    order(watcher, WATCH_ALL, 0);
    order(a, JOIN, 3);
    order(a, LEAVE, 0);
    order(a, LEAVE, 1);
    order(a, LEAVE, 3);
    story_wait(WATCHER, "watch 2, +west: one, - one, -east: one, -west: one");
    story_finish(rt);
}

TestOnWorkers(group, no_event_is_handled_behind_the_watch)
{
    static const uint32_t tags[] = {WATCH, WATCH_SCOPE, WATCH_ALL};

    for (unsigned i = 0; i < 3; i++) {
        weft_pid a, watcher;

        story_clear();
        rt = story_start(workers + 1);
        a = spawn(A);
        watcher = spawn(WATCHER);
        order(a, JOIN, 1);
        order(watcher, tags[i], 1);
        cast_to(rt, watcher, HOLD_AT_GATE, 0);
        cast_to(rt, watcher, UNWATCH, 0);
        end(a);
        gate_open(GATE);
        order(watcher, JOIN, 1);
        story_is(WATCHER, "watch 1, unwatch 0, join 0");
        cr_expect_eq(story_dead_letters(rt), 0);
        story_finish(rt);
    }
}

TestOnWorkers(group, a_watch_ends_with_its_actor)
{
    weft_pid a, watcher;

    rt = story_start(workers);
    a = spawn(A);
    watcher = spawn(WATCHER);
    order(a, JOIN, 1);
    order(watcher, WATCH, 1);
    order(watcher, WATCH_SCOPE, 1);
    order(watcher, WATCH_ALL, 1);
    order(watcher, WATCH, 2); /* nobody is there */
    end(watcher);
    order(a, JOIN, 2);
    end(a);
    story_is(WATCHER, "watch 1, watch 1, watch 1, watch 0, exit normal");
    cr_expect_eq(story_dead_letters(rt), 0);
    expect_walk("");
    story_finish(rt);
}
