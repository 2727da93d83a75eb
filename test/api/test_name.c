/* test_name.c: aim: what weft/name.h says of names, each line of it.
 * Method: actors that do with names what they are told, and tell what came of it; the program's
 * own thread does the same from outside. */
#include "test/support/unit_talk.h"

#include <stdio.h>
#include <string.h>

TestSuite(name, .timeout = 60);

enum { A, B, WATCHER };
enum {
    TAKE = TELL + 1, /* the name with this number */
    GIVE,            /* ... back */
    FIND,
    WATCH,
    UNWATCH,
    STOP,
    FAIL_NOW,
    HOLD_AT_GATE
};
enum { GATE = 1 };

static weft_runtime *rt;

static const char *name_of(uint64_t number)
{
    static _Thread_local char text[32];

    snprintf(text, sizeof text, "name %u", (unsigned)number);
    return text;
}

static void tell_error(struct talker *t, const char *what, int error)
{
    if (error > 0)
        story_tell(t->who, "%s %d", what, error);
    else
        story_tell(t->who, "%s %s", what, error == 0 ? "ok" : weft_err_name(error));
}

static weft_watch watch;

static weft_next holding(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;
    const char *name = name_of(weft_word(msg));
    weft_name_event event;

    if (weft_name_event_get(msg, &event)) {
        cr_expect_eq(weft_msg_question(msg), 0);
        cr_expect_not(weft_is_question(msg));
        cr_expect_eq(weft_failure(msg), 0);
        cr_expect_eq(event.watch, watch);
        cr_expect_eq(event.pid, weft_sender(msg));
        story_tell(t->who, "%s %s", event.name, event.taken ? "taken" : "free");
        return weft_stay(self);
    }
    switch (weft_tag(msg)) {
    case TAKE:
        tell_error(t, "take", weft_register(self, name));
        break;
    case GIVE:
        tell_error(t, "give", weft_unregister(self, name));
        break;
    case FIND:
        story_tell(t->who, weft_whereis(self, name) == weft_self_pid(self) ? "it is me"
                           : weft_whereis(self, name) == WEFT_NOBODY       ? "nobody"
                                                                           : "another");
        break;
    case WATCH:
        tell_error(t, "watch", weft_watch_names(self, &watch));
        break;
    case UNWATCH:
        tell_error(t, "unwatch", weft_unwatch(self, watch));
        break;
    case STOP:
        return weft_stop(self);
    case FAIL_NOW:
        return weft_fail(self, 1, NULL);
    case HOLD_AT_GATE:
        gate_pass(GATE);
        break;
    default:
        break;
    }
    return weft_stay(self);
}

static const weft_behavior holder =
    WEFT_BEHAVIOR("holder", struct talker, holding, .args_size = sizeof(struct talker));
static const weft_behavior other_behavior =
    WEFT_BEHAVIOR("other", struct talker, holding, .args_size = sizeof(struct talker));

static weft_pid spawn(unsigned who)
{
    return talker_spawn(rt, who, &holder, WEFT_NOBODY);
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

static void end(weft_pid pid, uint32_t tag)
{
    cast_to(rt, pid, tag, 0);
    cr_assert_eq(weft_rt_await_end(rt, pid, WEFT_SEC(600)), 0);
}

/* --- taking and giving back --- */

TestOnWorkers(name, is_found_until_it_is_given_back)
{
    weft_pid a;

    rt = story_start(workers);
    cr_expect_eq(weft_rt_whereis(rt, name_of(1)), WEFT_NOBODY);
    a = spawn(A);
    order(a, TAKE, 1);
    cr_expect_eq(weft_rt_whereis(rt, name_of(1)), a);
    cr_expect_eq(weft_rt_whereis(rt, name_of(2)), WEFT_NOBODY);
    order(a, FIND, 1);
    order(a, FIND, 2);
    order(a, GIVE, 1);
    order(a, GIVE, 1);
    order(a, FIND, 1);
    cr_expect_eq(weft_rt_whereis(rt, name_of(1)), WEFT_NOBODY);
    story_is(A, "take ok, it is me, nobody, give ok, give WEFT_ENONAME, nobody");
    story_finish(rt);
}

TestOnWorkers(name, is_one_actors_at_a_time)
{
    weft_pid a, b;

    rt = story_start(workers);
    a = spawn(A);
    b = spawn(B);
    order(a, TAKE, 1);
    order(a, TAKE, 1);
    order(b, TAKE, 1);
    order(b, FIND, 1);
    order(b, GIVE, 1);
    order(a, GIVE, 1);
    order(b, TAKE, 1);
    cr_expect_eq(weft_rt_whereis(rt, name_of(1)), b);
    story_is(A, "take ok, take ok, give ok");
    story_is(B, "take WEFT_ETAKEN, another, give WEFT_ENONAME, take ok");
    story_finish(rt);
}

/* When the end can be known the name is free, whatever the reason. */
TestOnWorkers(name, goes_free_with_its_holder)
{
    static const uint32_t ends[] = {STOP, FAIL_NOW};

    rt = story_start(workers);
    for (unsigned i = 0; i < 300; i++) {
        weft_pid a = spawn(A);

        order(a, TAKE, 1);
        order(a, TAKE, 2);
        if (i % 3 == 2) {
            cr_assert_eq(weft_rt_kill_actor(rt, a), 0);
            cr_assert_eq(weft_rt_await_end(rt, a, WEFT_SEC(600)), 0);
        } else {
            end(a, ends[i % 3]);
        }
        cr_assert_eq(weft_rt_whereis(rt, name_of(1)), WEFT_NOBODY);
        cr_assert_eq(weft_rt_whereis(rt, name_of(2)), WEFT_NOBODY);
    }
    story_finish(rt);
}

TestOnWorkers(name, can_be_given_from_outside)
{
    weft_pid a, b;

    rt = story_start(workers);
    a = spawn(A);
    b = spawn(B);
    cr_expect_eq(weft_rt_register(rt, "first", a), 0);
    cr_expect_eq(weft_rt_register(rt, "first", b), WEFT_ETAKEN);
    cr_expect_eq(weft_rt_register(rt, "second", a), 0);
    cr_expect_eq(weft_rt_whereis(rt, "second"), a);
    cr_expect_eq(weft_rt_unregister(rt, "first"), 0);
    cr_expect_eq(weft_rt_unregister(rt, "first"), WEFT_ENONAME);
    cr_expect_eq(weft_rt_register(rt, "first", b), 0);
    end(a, STOP);
    cr_expect_eq(weft_rt_whereis(rt, "second"), WEFT_NOBODY);
    cr_expect_eq(weft_rt_whereis(rt, "first"), b);
    cr_expect_eq(weft_rt_register(rt, "second", a), WEFT_ENOACTOR);
    story_finish(rt);
}

/* One that it took itself, taken away by somebody else, and the other way round. */
TestOnWorkers(name, can_be_taken_away)
{
    weft_pid a;

    rt = story_start(workers);
    a = spawn(A);
    for (unsigned i = 0; i < 100; i++) {
        order(a, TAKE, 1);
        cr_assert_eq(weft_rt_unregister(rt, name_of(1)), 0);
        cr_assert_eq(weft_rt_register(rt, name_of(1), a), 0);
        order(a, GIVE, 1);
    }
    cr_expect_eq(weft_rt_whereis(rt, name_of(1)), WEFT_NOBODY);
    cr_expect_null(strstr(story_of(A), "WEFT_E"));
    story_finish(rt);
}

Test(name, is_not_for_ports_nor_foreigners_nor_nobody)
{
    weft_runtime *other;
    weft_port *port;
    weft_pid a;

    rt = story_start(1);
    other = story_start(1);
    a = talker_spawn(other, A, &holder, WEFT_NOBODY);
    cr_assert_eq(weft_port_open(rt, 10, &port), 0);
    cr_expect_eq(weft_rt_register(rt, "port", weft_port_pid(port)), WEFT_EINVAL);
    cr_expect_eq(weft_rt_register(rt, "foreigner", a), WEFT_EFOREIGN);
    cr_expect_eq(weft_rt_register(rt, "nobody", WEFT_NOBODY), WEFT_ENOACTOR);
    cr_expect_eq(weft_rt_register(rt, NULL, a), WEFT_EINVAL);
    cr_expect_eq(weft_rt_whereis(rt, NULL), WEFT_NOBODY);
    cr_expect_eq(weft_rt_whereis(rt, "foreigner"), WEFT_NOBODY);
    weft_port_close(port);
    story_finish(other);
    story_finish(rt);
}

Test(name, has_a_length)
{
    char text[WEFT_NAME_MAX + 2] = {0};
    weft_pid a[WEFT_NAME_MAX + 1];

    rt = story_start(1);
    cr_expect_eq(weft_rt_whereis(rt, ""), WEFT_NOBODY);
    for (unsigned size = 0; size <= WEFT_NAME_MAX; size++) {
        a[size] = spawn(A);
        cr_expect_eq(weft_rt_register(rt, text, a[size]), size == 0 ? WEFT_EINVAL : 0);
        text[size] = 'x';
    }
    cr_expect_eq(weft_rt_register(rt, text, a[0]), WEFT_EINVAL, "too long");
    cr_expect_eq(weft_rt_whereis(rt, text), WEFT_NOBODY);
    for (unsigned size = WEFT_NAME_MAX; size > 0; size--) {
        text[size] = 0;
        cr_expect_eq(weft_rt_whereis(rt, text), a[size], "%u bytes", size);
        text[size - 1]++;
        cr_expect_eq(weft_rt_whereis(rt, text), WEFT_NOBODY, "another last byte");
    }
    story_finish(rt);
}

Test(name, there_is_a_limit_to_them)
{
    weft_options options;
    weft_pid a;

    weft_options_init(&options);
    options.names_max = 2;
    rt = story_start_with(&options);
    a = spawn(A);
    cr_expect_eq(weft_rt_register(rt, "1", a), 0);
    cr_expect_eq(weft_rt_register(rt, "2", a), 0);
    cr_expect_eq(weft_rt_register(rt, "3", a), WEFT_ELIMIT);
    cr_expect_eq(weft_rt_register(rt, "2", a), 0, "it has it");
    cr_expect_eq(weft_rt_unregister(rt, "1"), 0);
    cr_expect_eq(weft_rt_register(rt, "3", a), 0);
    story_finish(rt);
}

/* --- at spawn --- */

static weft_next born_init(weft_self *self, void *state, const void *args)
{
    struct talker *t = state;

    *t = *(const struct talker *)args;
    story_tell(t->who,
               weft_whereis(self, "born") == weft_self_pid(self) ? "it is me" : "not me");
    return t->word != 0 ? weft_fail(self, 1, "init") : weft_stay(self);
}

static const weft_behavior born =
    WEFT_BEHAVIOR("born", struct talker, holding, .init = born_init,
                  .args_size = sizeof(struct talker));

TestOnWorkers(name, is_there_from_the_first)
{
    struct talker args = talker_of(A, WEFT_NOBODY);
    weft_pid a, b;

    rt = story_start(workers);
    for (unsigned i = 0; i < 100; i++) {
        story_clear();
        cr_assert_eq(weft_rt_spawn_named(rt, &born, &args, "born", &a), 0);
        cr_expect_eq(weft_rt_whereis(rt, "born"), a);
        cr_expect_eq(weft_rt_spawn_named(rt, &born, &args, "born", &b), WEFT_ETAKEN);
        cr_expect_eq(b, WEFT_NOBODY);
        end(a, STOP);
        story_wait(A, "it is me");
        cr_expect_eq(weft_rt_whereis(rt, "born"), WEFT_NOBODY);
    }
    cr_expect_eq(story_stats(rt).spawned, 100);
    story_finish(rt);
}

TestOnWorkers(name, is_free_again_if_the_actor_does_not_begin)
{
    struct talker args = talker_of(A, WEFT_NOBODY);
    weft_pid a;

    args.word = 1;
    rt = story_start(workers);
    cr_assert_eq(weft_rt_spawn_named(rt, &born, &args, "born", &a), 0);
    cr_expect_eq(weft_rt_await_end(rt, a, WEFT_SEC(600)), 0);
    cr_expect_eq(weft_rt_whereis(rt, "born"), WEFT_NOBODY);
    cr_expect_eq(weft_rt_spawn_named(rt, &holder, &args, "born", &a), 0);
    cr_expect_eq(weft_rt_spawn_named(rt, NULL, NULL, "no behaviour", &a), WEFT_EINVAL);
    cr_expect_eq(weft_rt_whereis(rt, "no behaviour"), WEFT_NOBODY);
    story_finish(rt);
}

static weft_next spawning(weft_self *self, void *state, weft_msg *msg)
{
    struct talker args = talker_of(A, WEFT_NOBODY), *t = state;
    weft_pid pid, again;

    (void)msg;
    cr_expect_eq(weft_spawn_named(self, &born, &args, "born", &pid), 0);
    cr_expect_eq(weft_whereis(self, "born"), pid);
    cr_expect_eq(weft_spawn_named(self, &born, &args, "born", &again), WEFT_ETAKEN);
    cr_expect_eq(weft_spawn_named(self, &born, &args, "", &again), WEFT_EINVAL);
    story_tell(t->who, "spawned");
    return weft_stay(self);
}

Talker(spawner, spawning);

TestOnWorkers(name, is_there_from_the_first_inside)
{
    weft_pid b;

    rt = story_start(workers);
    b = talker_spawn(rt, B, &spawner, WEFT_NOBODY);
    cast_to(rt, b, TELL, 0);
    story_wait(B, "spawned");
    story_wait(A, "it is me");
    story_finish(rt);
}

/* --- looking --- */

Test(name, is_looked_up_by_behavior)
{
    weft_pid a;

    rt = story_start(1);
    a = spawn(A);
    cr_assert_eq(weft_rt_register(rt, "typed", a), 0);
    cr_expect_eq(weft_rt_whereis_of(rt, "typed", &holder), a);
    cr_expect_eq(weft_rt_whereis_of(rt, "typed", &other_behavior), WEFT_NOBODY);
    cr_expect_eq(weft_rt_whereis_of(rt, "none", &holder), WEFT_NOBODY);
    story_finish(rt);
}

/* While the table grows, and shrinks, and is used again. */
Test(name, many_are_all_found)
{
    enum { MANY = 5000 };
    weft_cursor cursor = {0};
    weft_name_info info;
    unsigned met = 0;
    weft_pid a[7];

    rt = story_start(1);
    cr_expect_not(weft_name_next(rt, &cursor, &info), "there are none");
    for (unsigned i = 0; i < 7; i++)
        a[i] = spawn(A);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < MANY; i++)
            cr_assert_eq(weft_rt_register(rt, name_of(i), a[i % 7]), 0);
        for (unsigned i = 0; i < MANY; i++)
            cr_assert_eq(weft_rt_whereis(rt, name_of(i)), a[i % 7]);
        for (unsigned i = 0; i < MANY; i += round == 0 ? 2 : 1)
            cr_assert_eq(weft_rt_unregister(rt, name_of(i)), 0);
        for (unsigned i = 0; i < MANY; i++)
            cr_assert_eq(weft_rt_whereis(rt, name_of(i)),
                         round == 0 && i % 2 == 1 ? a[i % 7] : WEFT_NOBODY);
        if (round > 0)
            continue;
        for (cursor.at = 0; weft_name_next(rt, &cursor, &info); met++)
            cr_assert_eq(weft_rt_whereis(rt, info.name), info.pid);
        cr_expect_eq(met, MANY / 2);
        for (unsigned i = 1; i < MANY; i += 2)
            cr_assert_eq(weft_rt_unregister(rt, name_of(i)), 0);
    }
    story_finish(rt);
}

/* --- watching --- */

TestOnWorkers(name, watchers_hear_all_in_order)
{
    weft_pid a, watcher;

    rt = story_start(workers);
    a = spawn(A);
    watcher = spawn(WATCHER);
    order(a, TAKE, 1);
    order(watcher, WATCH, 0);
    order(a, TAKE, 2);
    order(a, TAKE, 2);
    order(a, GIVE, 1);
    order(a, TAKE, 1);
    order(a, GIVE, 2);
    end(a, STOP);
    story_wait(WATCHER, "watch 1, name 2 taken, name 1 free, name 1 taken, name 2 free, "
                        "name 1 free");
    order(watcher, UNWATCH, 0);
    order(watcher, UNWATCH, 0);
    a = spawn(A);
    order(a, TAKE, 1);
    order(watcher, TAKE, 3);
    story_is(WATCHER, "watch 1, name 2 taken, name 1 free, name 1 taken, name 2 free, "
                      "name 1 free, unwatch ok, unwatch WEFT_EINVAL, take ok");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}

/* Events wait in its mailbox while it stands at the gate, and the watch ends before they come
 * up. */
TestOnWorkers(name, no_event_is_handled_behind_the_watch)
{
    weft_pid a, watcher;

    rt = story_start(workers + 1);
    a = spawn(A);
    watcher = spawn(WATCHER);
    order(a, TAKE, 1);
    order(watcher, WATCH, 0);
    cast_to(rt, watcher, HOLD_AT_GATE, 0);
    cast_to(rt, watcher, UNWATCH, 0);
    end(a, STOP);
    gate_open(GATE);
    order(watcher, TAKE, 5);
    story_is(WATCHER, "watch 1, unwatch ok, take ok");
    story_finish(rt);
}

TestOnWorkers(name, a_watch_ends_with_its_actor)
{
    weft_pid a, watcher;

    rt = story_start(workers);
    a = spawn(A);
    watcher = spawn(WATCHER);
    order(a, TAKE, 1);
    order(watcher, WATCH, 0);
    order(watcher, WATCH, 0);
    end(watcher, STOP);
    order(a, TAKE, 2);
    end(a, STOP);
    story_is(WATCHER, "watch 1, watch 1, exit normal");
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
}
