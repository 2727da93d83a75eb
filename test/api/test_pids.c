/* test_pids.c: aim: what a pid means: every function that takes one, given pids of nobody, of
 * actors that have ended, of other runtimes, and made up ones.
 * Method: one table of wrong pids against all such functions, from outside and from a step;
 * the dead letters are counted by reason. */
#include "test/support/unit_between.h"
#include "test/support/unit_story.h"

TestSuite(pids, .timeout = 60);

static weft_runtime *rt, *other;

/* --- wrong pids --- */

enum wrong {
    NOBODY,
    DEAD,
    FOREIGN,
    NEXT_LIFE,
    NEVER_USED,
    PORT,
    REMOTE,
    RESERVED,
    WRONGS
};

static const struct {
    int error;
    enum weft_dead_letter dead;
} expected[WRONGS] = {
    [NOBODY] = {WEFT_ENOACTOR, WEFT_DEAD_NO_ACTOR},
    [DEAD] = {WEFT_ENOACTOR, WEFT_DEAD_NO_ACTOR},
    [FOREIGN] = {WEFT_EFOREIGN, WEFT_DEAD_FOREIGN},
    [NEXT_LIFE] = {WEFT_ENOACTOR, WEFT_DEAD_NO_ACTOR},
    [NEVER_USED] = {WEFT_ENOACTOR, WEFT_DEAD_NO_ACTOR},
    [PORT] = {WEFT_ENOACTOR, WEFT_DEAD_NO_ACTOR},
    [REMOTE] = {WEFT_EFOREIGN, WEFT_DEAD_FOREIGN},
    [RESERVED] = {WEFT_EFOREIGN, WEFT_DEAD_FOREIGN},
};

static weft_pid wrong[WRONGS];

static void make_wrong_pids(void)
{
    const struct probe args[] = {probe_of(0), probe_of(1), probe_of(2)};
    weft_pid alive = story_spawn(rt, 0, &probe, &args[0]);

    wrong[NOBODY] = WEFT_NOBODY;
    wrong[DEAD] = story_spawn(rt, 1, &probe, &args[1]);
    cr_assert_eq(weft_rt_cast_word(rt, wrong[DEAD], END, 0), 0);
    story_wait(1, "init, stop normal, exit normal, destroy");
    wrong[FOREIGN] = story_spawn(other, 2, &probe, &args[2]);
    wrong[NEXT_LIFE] = alive + ((weft_pid)1 << 28);
    wrong[NEVER_USED] = alive + 500;
    for (weft_pid kind = 1; kind <= 3; kind++)
        wrong[PORT + kind - 1] = alive | kind << 62;
}

static void set_up(void)
{
    rt = story_start(2);
    other = story_start(1);
    make_wrong_pids();
}

static void tear_down(void)
{
    story_finish(other);
    story_finish(rt);
}

static uint64_t returned(void)
{
    return story_stats(rt).returned;
}

static uint64_t dead(enum wrong w)
{
    return story_stats(rt).dead[expected[w].dead];
}

TestBetween(pids, wrong_ones_are_refused_from_outside)
{
    for (enum wrong w = NOBODY; w < WRONGS; w++) {
        const uint64_t dead_before = dead(w), returned_before = returned();

        cr_expect_eq(weft_rt_cast_word(rt, wrong[w], TELL, 1), expected[w].error, "%d",
                     w);
        cr_expect_eq(weft_rt_cast(rt, wrong[w], weft_signal(TELL)), expected[w].error);
        cr_expect_eq(dead(w), dead_before + 2, "%d", w);
        cr_expect_eq(weft_rt_try_cast(rt, wrong[w], weft_signal(TELL)),
                     expected[w].error);
        cr_expect_eq(returned(), returned_before + 1, "%d", w);
        cr_expect_eq(weft_rt_stop_actor(rt, wrong[w]), expected[w].error, "%d", w);
        cr_expect_eq(weft_rt_kill_actor(rt, wrong[w]), expected[w].error, "%d", w);
        cr_expect_not(weft_rt_alive(rt, wrong[w]), "%d", w);
        cr_expect_eq(dead(w), dead_before + 2, "control mail is no dead letter");
    }
    cr_expect_eq(story_stats(rt).outside, 1, "the one that ended the dead one");
}

static weft_next trying(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    for (enum wrong w = NOBODY; w < WRONGS; w++) {
        cr_expect_eq(weft_cast_word(self, wrong[w], TELL, 1), expected[w].error, "%d", w);
        cr_expect_eq(weft_cast(self, wrong[w], weft_signal(TELL)), expected[w].error);
        cr_expect_eq(weft_try_cast(self, wrong[w], weft_signal(TELL)), expected[w].error);
        cr_expect_eq(weft_stop_actor(self, wrong[w]), expected[w].error, "%d", w);
        cr_expect_eq(weft_kill_actor(self, wrong[w]), expected[w].error, "%d", w);
        cr_expect_not(weft_alive(self, wrong[w]), "%d", w);
    }
    weft_exit(self, 0);
    return weft_stay(self);
}

TestBetween(pids, wrong_ones_are_refused_from_a_step)
{
    static const weft_behavior trier = WEFT_STATELESS("trier", trying);
    const weft_stats before = story_stats(rt);
    weft_stats after;

    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 3, &trier, NULL), TELL, 0), 0);
    weft_run(rt);
    after = story_stats(rt);
    cr_expect_eq(after.returned - before.returned, WRONGS);
    cr_expect_eq(after.dead[WEFT_DEAD_NO_ACTOR] - before.dead[WEFT_DEAD_NO_ACTOR], 2 * 5);
    cr_expect_eq(after.dead[WEFT_DEAD_FOREIGN] - before.dead[WEFT_DEAD_FOREIGN], 2 * 3);
}

/* Nothing of all that has disturbed those who live. */
TestBetween(pids, right_ones_do_not_suffer)
{
    for (enum wrong w = NOBODY; w < WRONGS; w++)
        weft_rt_cast_word(rt, wrong[w], TELL, 1);
    for (enum wrong w = NOBODY; w < WRONGS; w++)
        weft_rt_kill_actor(rt, wrong[w]);
    cr_assert_eq(weft_rt_cast_word(rt, wrong[NEXT_LIFE] - ((weft_pid)1 << 28), TELL, 7),
                 0);
    cr_assert_eq(weft_rt_cast_word(other, wrong[FOREIGN], TELL, 8), 0);
    story_wait(0, "init, step 7");
    story_wait(2, "init, step 8");
}

/* --- forged ones: one bit of a living actor's pid is another --- */

enum { FIRST_BIT = 6, BITS = 64 }; /* further down lie the other actors of the test */

static weft_pid genuine;

/* Without a runtime's number it is no pid of another one; and a port's would be ours. */
static int forged_error(weft_pid forged)
{
    return (forged ^ genuine) >> 56 == 0 || forged >> 56 == 0 ||
                   (forged ^ genuine) >> 56 == 1 << 6
               ? WEFT_ENOACTOR
               : WEFT_EFOREIGN;
}

/* Of few actors, so that most indices lie beyond the table. */
static void start_forgery(unsigned workers)
{
    static struct probe args;
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.actors_max = 100;
    args = probe_of(0);
    rt = story_start_with(&options);
    genuine = story_spawn(rt, 0, &probe, &args);
    story_wait(0, "init");
}

Test(pids, forged_ones_are_refused_from_outside)
{
    start_forgery(1);
    for (int bit = FIRST_BIT; bit < BITS; bit++) {
        weft_pid forged = genuine ^ (weft_pid)1 << bit;

        cr_expect_eq(weft_rt_cast_word(rt, forged, TELL, 1), forged_error(forged), "%d",
                     bit);
        cr_expect_eq(weft_rt_try_cast(rt, forged, weft_signal(TELL)),
                     forged_error(forged));
        cr_expect_eq(weft_rt_stop_actor(rt, forged), forged_error(forged), "bit %d", bit);
        cr_expect_eq(weft_rt_kill_actor(rt, forged), forged_error(forged), "bit %d", bit);
        cr_expect_not(weft_rt_alive(rt, forged), "bit %d", bit);
    }
    cr_assert_eq(weft_rt_cast_word(rt, genuine, TELL, 7), 0);
    story_wait(0, "init, step 7");
    story_finish(rt);
}

static weft_next forging(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    for (int bit = FIRST_BIT; bit < BITS; bit++) {
        weft_pid forged = genuine ^ (weft_pid)1 << bit;

        cr_expect_eq(weft_cast_word(self, forged, TELL, 1), forged_error(forged), "%d",
                     bit);
        cr_expect_eq(weft_cast(self, forged, weft_signal(TELL)), forged_error(forged));
        cr_expect_eq(weft_stop_actor(self, forged), forged_error(forged), "bit %d", bit);
        cr_expect_eq(weft_kill_actor(self, forged), forged_error(forged), "bit %d", bit);
        cr_expect_not(weft_alive(self, forged), "bit %d", bit);
    }
    cr_expect_eq(weft_cast_word(self, genuine, TELL, 7), 0);
    return weft_stay(self);
}

TestOnWorkers(pids, forged_ones_are_refused_from_a_step)
{
    static const weft_behavior forger = WEFT_STATELESS("forger", forging);

    start_forgery(workers);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 1, &forger, NULL), TELL, 0), 0);
    story_wait(0, "init, step 7");
    story_finish(rt);
}

/* --- right ones --- */

Test(pids, an_actor_is_alive_from_spawn_to_end)
{
    const struct probe args = {.who = 0, .init = PLAN_WAIT, .stop = PLAN_WAIT, .gate = 0};
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, 0, &probe, &args);
    cr_expect(weft_rt_alive(rt, pid));
    story_wait(0, "init");
    cr_expect(weft_rt_alive(rt, pid));
    gate_open(0);
    cr_expect_eq(weft_rt_kill_actor(rt, pid), 0);
    story_wait(0, "init, exit killed, destroy");
    cr_expect_not(weft_rt_alive(rt, pid));
    story_finish(rt);
}

static weft_pid pid_in[3], pid_of_child;

static weft_next knowing_init(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    pid_in[0] = weft_self_pid(self);
    return weft_stay(self);
}

static weft_next knowing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    pid_in[1] = weft_self_pid(self);
    cr_expect(weft_alive(self, weft_self_pid(self)));
    return weft_stop(self);
}

static void knowing_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)state, (void)reason;
    pid_in[2] = weft_self_pid(self);
    cr_expect(weft_alive(self, weft_self_pid(self)));
}

static const weft_behavior knower =
    WEFT_STATELESS("knower", knowing, .init = knowing_init, .stop = knowing_stop);

static weft_next parenting(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    pid_of_child = story_spawn_inside(self, 1, &knower, NULL);
    cr_expect(weft_alive(self, pid_of_child));
    weft_cast_word(self, pid_of_child, TELL, 0);
    return weft_stay(self);
}

TestOnWorkers(pids, an_actor_knows_the_pid_that_its_maker_got)
{
    static const weft_behavior parent = WEFT_STATELESS("parent", parenting);

    rt = story_start(workers);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &parent, NULL), TELL, 0), 0);
    story_wait(1, "exit normal");
    story_finish(rt);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(pid_in[i], pid_of_child, "place %d", i);
}

enum { LIVES = 3000 };

static int ascending(const void *a, const void *b)
{
    const weft_pid *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

TestOnWorkers(pids, no_two_actors_ever_have_the_same)
{
    static weft_pid pids[LIVES];
    const struct probe args = probe_of(0);

    rt = story_start(workers);
    for (int i = 0; i < LIVES; i++) {
        cr_assert_eq(weft_rt_spawn(rt, &probe_bare, &args, &pids[i]), 0);
        if (i % 3 != 0)
            cr_assert_eq(weft_rt_kill_actor(rt, pids[i]), 0);
        if (i % 100 == 0) /* so that slots are used again */
            wait_until(story_stats(rt).ended >= (uint64_t)i * 2 / 3);
    }
    qsort(pids, LIVES, sizeof *pids, ascending);
    for (int i = 1; i < LIVES; i++)
        cr_assert_neq(pids[i - 1], pids[i]);
    story_finish(rt);
}
