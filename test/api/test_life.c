/* test_life.c: aim: how actors begin and end: which hooks run, in which order, how often, and
 * with which reason.
 * Method: stories. What is to be an actor's whole story is compared when its runtime is gone,
 * so that nothing can happen twice unnoticed. */
#include "test/support/unit_story.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

TestSuite(life, .timeout = 60);

static weft_runtime *rt;

static void cast(weft_pid pid, uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, tag, word), 0);
}

/* --- ends, with all hooks and without some --- */

enum how { BY_ITSELF, BY_FAILING, BY_STOP, BY_KILL, BY_SHUTDOWN, HOWS };

static const struct {
    const char *full, *without_init, *bare;
} ends[HOWS] = {
    [BY_ITSELF] = {"init, step 1, stop normal, exit normal, destroy",
                   "step 1, stop normal, exit normal, destroy", "step 1, exit normal"},
    [BY_FAILING] = {"init, step 1, stop failed, exit failed 9 in step: as told, destroy",
                    "step 1, stop failed, exit failed 9 in step: as told, destroy",
                    "step 1, exit failed 9 in step: as told"},
    [BY_STOP] = {"init, step 1, stop stopped, exit stopped, destroy",
                 "step 1, stop stopped, exit stopped, destroy", "step 1, exit stopped"},
    [BY_KILL] = {"init, step 1, exit killed, destroy", "step 1, exit killed, destroy",
                 "step 1, exit killed"},
    [BY_SHUTDOWN] = {"init, step 1, stop shutdown, exit shutdown, destroy",
                     "step 1, stop shutdown, exit shutdown, destroy",
                     "step 1, exit shutdown"},
};

static void end(weft_pid pid, enum how how)
{
    switch (how) {
    case BY_ITSELF:
        cast(pid, END, 0);
        break;
    case BY_FAILING:
        cast(pid, FAIL, 9);
        break;
    case BY_STOP:
        cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
        break;
    case BY_KILL:
        cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
        break;
    default:
        cr_assert_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    }
}

/* One actor that ends in this way, and its story. */
static void live(unsigned workers, enum how how, const weft_behavior *behavior,
                 const char *whole)
{
    static unsigned who;
    const struct probe args = probe_of(who);
    const bool init = behavior->init != NULL;
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, who, behavior, &args);
    cast(pid, TELL, 1);
    story_wait(who, init ? "init, step 1" : "step 1");
    end(pid, how);
    story_wait(who, whole);
    story_finish(rt);
    story_is(who, whole);
    who++;
}

TestOnWorkers(life, every_end_has_its_hooks_and_its_reason)
{
    for (enum how how = BY_ITSELF; how < HOWS; how++)
        live(workers, how, &probe, ends[how].full);
}

TestOnWorkers(life, an_actor_without_init_ends_as_others_do)
{
    for (enum how how = BY_ITSELF; how < HOWS; how++)
        live(workers, how, &probe_without_init, ends[how].without_init);
}

TestOnWorkers(life, an_actor_without_hooks_just_ends)
{
    for (enum how how = BY_ITSELF; how < HOWS; how++)
        live(workers, how, &probe_bare, ends[how].bare);
}

/* --- init --- */

TestOnWorkers(life, a_failing_init_is_the_reason)
{
    struct probe args = probe_of(0);
    weft_pid pid;

    args.init = PLAN_FAIL;
    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args);
    weft_rt_cast_word(rt, pid, TELL, 1);
    story_wait(0, "init, exit failed 5 in init: as planned, destroy");
    story_finish(rt);
    story_is(0, "init, exit failed 5 in init: as planned, destroy");
}

TestOnWorkers(life, an_init_that_stops_ends_it_normally)
{
    struct probe args = probe_of(0);

    args.init = PLAN_STOP;
    rt = story_start(workers);
    story_spawn(rt, 0, &probe, &args);
    story_wait(0, "init, exit normal, destroy");
    story_finish(rt);
    story_is(0, "init, exit normal, destroy");
}

TestOnWorkers(life, mail_waits_for_init)
{
    struct probe args = probe_of(0);
    weft_pid pid;

    args.init = PLAN_WAIT;
    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args);
    cast(pid, TELL, 1);
    story_wait(0, "init");
    cast(pid, TELL, 2);
    gate_open(0);
    story_wait(0, "init, step 1, step 2");
    story_finish(rt);
}

/* Before the first message its thread was another, or the spawner was through. */
static pthread_t init_thread;
static atomic_bool spawner_is_through;

static weft_next init_looking_around(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    init_thread = pthread_self();
    cr_expect(atomic_load(&spawner_is_through));
    return weft_stop(self);
}

static weft_next idle(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static const weft_behavior looking_around =
    WEFT_STATELESS("looking around", idle, .init = init_looking_around);

static weft_next spawning(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    story_spawn_inside(self, 1, &looking_around, NULL);
    atomic_store(&spawner_is_through, true);
    return weft_stay(self);
}

Test(life, init_runs_on_a_worker_and_not_on_the_spawners_stack)
{
    static const weft_behavior spawner = WEFT_STATELESS("spawner", spawning);

    rt = story_start(1);
    cast(story_spawn(rt, 0, &spawner, NULL), TELL, 0);
    story_wait(1, "exit normal");
    init_thread = pthread_self();
    story_spawn(rt, 2, &looking_around, NULL);
    story_wait(2, "exit normal");
    story_finish(rt);
    cr_expect_not(pthread_equal(init_thread, pthread_self()));
}

/* --- steps --- */

TestOnWorkers(life, garbage_from_a_step_is_a_failure)
{
    static const int garbage[] = {1,       2,       42,        -1, WEFT_ENOACTOR,
                                  INT_MAX, INT_MIN, 0x57454600};

    for (unsigned i = 0; i < 8; i++) {
        const struct probe args = probe_of(i);
        char whole[200];
        weft_pid pid;

        rt = story_start(workers);
        pid = story_spawn(rt, i, &probe, &args);
        cast(pid, RETURN, (unsigned)garbage[i]);
        snprintf(whole, sizeof whole,
                 "init, stop failed, exit failed %d in step: ", WEFT_EINVAL);
        wait_until(strstr(story_of(i), ", destroy") != NULL);
        story_finish(rt);
        cr_expect_eq(strncmp(story_of(i), whole, strlen(whole)), 0, "%d: %s", garbage[i],
                     story_of(i));
    }
}

static weft_next failing_without_text(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    return weft_fail(self, (int)weft_word(msg), NULL);
}

Test(life, a_failure_keeps_its_code_and_needs_no_text)
{
    static const weft_behavior failing = WEFT_STATELESS("failing", failing_without_text);
    static const struct {
        int code;
        const char *story;
    } codes[] = {{0, "exit failed 0 in step: -"},
                 {-1, "exit failed -1 in step: -"},
                 {INT_MAX, "exit failed 2147483647 in step: -"},
                 {INT_MIN, "exit failed -2147483648 in step: -"}};

    rt = story_start(1);
    for (unsigned i = 0; i < 4; i++) {
        cast(story_spawn(rt, i, &failing, NULL), TELL, (uint64_t)(int64_t)codes[i].code);
        story_wait(i, codes[i].story);
    }
    story_finish(rt);
}

static weft_next changing_its_mind(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    (void)weft_fail(self, 7, "not returned");
    return weft_word(msg) > 0 ? weft_stay(self) : weft_stop(self);
}

Test(life, only_what_is_returned_counts)
{
    static const weft_behavior fickle = WEFT_STATELESS("fickle", changing_its_mind);
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, 0, &fickle, NULL);
    cast(pid, TELL, 1);
    cast(pid, TELL, 0);
    story_wait(0, "exit normal");
    story_finish(rt);
}

static weft_next init_returning(weft_self *self, void *state, const void *args)
{
    (void)self, (void)state;
    return *(const int *)args;
}

static void must_not_run(weft_self *self, void *state, const weft_reason *reason)
{
    (void)self, (void)state, (void)reason;
    cr_expect_fail("no stop hook behind a failed init");
}

TestOnWorkers(life, garbage_from_an_init_is_a_failure)
{
    static const weft_behavior garbled =
        WEFT_STATELESS("garbled", idle, .init = init_returning, .stop = must_not_run,
                       .args_size = sizeof(int));
    static const int garbage[] = {1, -1, WEFT_ENOMEM, INT_MAX};

    for (unsigned i = 0; i < 4; i++) {
        char whole[200];

        rt = story_start(workers);
        story_spawn(rt, i, &garbled, &garbage[i]);
        snprintf(whole, sizeof whole, "exit failed %d in init: ", WEFT_EINVAL);
        wait_until(story_of(i)[0] != '\0');
        story_finish(rt);
        cr_expect_eq(strncmp(story_of(i), whole, strlen(whole)), 0, "%d: %s", garbage[i],
                     story_of(i));
    }
}

/* --- stop hooks --- */

static void failing_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)state, (void)reason;
    (void)weft_fail(self, 1, "too late");
    (void)weft_stop(self);
    (void)weft_become(self, idle);
}

TestOnWorkers(life, a_stop_hook_cannot_change_the_reason)
{
    static const weft_behavior stubborn =
        WEFT_STATELESS("stubborn", idle, .stop = failing_stop);
    static const weft_behavior fails =
        WEFT_STATELESS("fails", failing_without_text, .stop = failing_stop);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &stubborn, NULL);
    cast(story_spawn(rt, 1, &fails, NULL), TELL, 3);
    cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(0, "exit stopped");
    story_wait(1, "exit failed 3 in step: -");
    story_finish(rt);
}

TestOnWorkers(life, asking_twice_ends_it_once)
{
    struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args);
    cast(pid, WAIT, 1);
    story_wait(0, "init, waits");
    for (int i = 0; i < 5; i++)
        cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
    gate_open(1);
    story_wait(0, "init, waits, goes on, stop stopped, exit stopped, destroy");
    story_finish(rt);
    story_is(0, "init, waits, goes on, stop stopped, exit stopped, destroy");
}

TestOnWorkers(life, a_kill_overtakes_a_stop)
{
    struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args);
    cast(pid, WAIT, 1);
    story_wait(0, "init, waits");
    cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
    cr_expect_eq(weft_rt_kill_actor(rt, pid), 0);
    gate_open(1);
    story_wait(0, "init, waits, goes on, exit killed, destroy");
    story_finish(rt);
    story_is(0, "init, waits, goes on, exit killed, destroy");
}

/* --- one's own end --- */

static weft_next asking_for_its_own_end(weft_self *self, void *state, weft_msg *msg)
{
    const unsigned who = ((struct probe *)state)->who;

    story_tell(who, "step");
    if (weft_tag(msg) == TELL)
        cr_expect_eq(weft_stop_actor(self, weft_self_pid(self)), 0);
    else
        cr_expect_eq(weft_kill_actor(self, weft_self_pid(self)), 0);
    while (!weft_should_stop(self)) /* if the step lost its domain it takes a moment */
        continue;
    story_tell(who, "goes on");
    return weft_stay(self);
}

TestOnWorkers(life, an_actor_may_stop_or_kill_itself_by_pid)
{
    static const weft_behavior suicidal =
        WEFT_BEHAVIOR("suicidal", struct probe, asking_for_its_own_end,
                      .args_size = sizeof(struct probe));
    const struct probe args[] = {probe_of(0), probe_of(1)};

    rt = story_start(workers);
    cast(story_spawn(rt, 0, &suicidal, &args[0]), TELL, 0);
    cast(story_spawn(rt, 1, &suicidal, &args[1]), TELL + 1, 0);
    story_wait(0, "step, goes on, exit stopped");
    story_wait(1, "step, goes on, exit killed");
    story_finish(rt);
}

static weft_next ending_twice(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    cr_expect_eq(weft_stop_actor(self, weft_self_pid(self)), 0);
    return weft_fail(self, 4, "both");
}

TestOnWorkers(life, what_a_step_wants_comes_before_a_stop)
{
    static const weft_behavior twice = WEFT_STATELESS("twice", ending_twice);

    rt = story_start(workers);
    cast(story_spawn(rt, 0, &twice, NULL), TELL, 0);
    story_wait(0, "exit failed 4 in step: both");
    story_finish(rt);
    story_is(0, "exit failed 4 in step: both");
}
