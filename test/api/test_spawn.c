/* test_spawn.c: aim: what a step spawns is what the behaviour says, however many behaviours
 * it spawns in turn; an actor that needs no telling ends like any other.
 * Method: a runtime without on_exit; a driver that spawns actors of hundreds of behaviours,
 * each several times, from args at all addresses; actors that end under mail from outside. */
#include "test/support/unit_story.h"

#include <pthread.h>
#include <string.h>

TestSuite(spawn, .timeout = 60);

static weft_runtime *rt;

static void begin(unsigned workers)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.actors_max = 20000;
    cr_assert_eq(weft_start(&rt, &options), 0);
}

static void finish(void)
{
    cr_assert_eq(weft_finish(rt, WEFT_FOREVER), 0);
}

/* --- many behaviours --- */

enum { LARGEST = 48, KINDS = LARGEST * (LARGEST + 1), ROUNDS = 3 };

/* KINDS behaviours: state of 1 to LARGEST bytes, args of 0 to that. */
static weft_behavior kinds[LARGEST + 1][LARGEST + 1];

static weft_next compare(weft_self *self, void *state, weft_msg *msg)
{
    const unsigned char *bytes = state;
    size_t given = (size_t)weft_word(msg) % 64, size = (size_t)weft_word(msg) / 64;

    for (size_t i = 0; i < size; i++)
        cr_expect_eq(bytes[i], i < given ? (int)(i + 1) : 0,
                     "byte %zu of %zu, state of %zu", i, given, size);
    memset(state, 0xee, size);
    return weft_stop(self);
}

static weft_next compare_nothing(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    cr_expect_null(state);
    return weft_stop(self);
}

static const weft_behavior stateless = WEFT_STATELESS("stateless", compare_nothing);

static void spawn_one(weft_self *self, const weft_behavior *kind, const char *args)
{
    weft_pid pid = WEFT_NOBODY;
    size_t given = args != NULL ? kind->args_size : 0;

    cr_expect_eq(weft_spawn(self, kind, args, &pid), 0);
    cr_expect(weft_alive(self, pid));
    cr_expect_eq(weft_cast_word(self, pid, TELL, kind->state_size * 64 + given), 0);
}

/* The word is the size to begin with; then on, until all sizes have been. */
static weft_next spawn_all(weft_self *self, void *state, weft_msg *msg)
{
    size_t size = (size_t)weft_word(msg);
    char place[LARGEST + 8];

    (void)state;
    for (size_t n = 0; n <= size; n++) {
        char *args = place + n % 8;

        for (size_t i = 0; i < n; i++)
            args[i] = (char)(i + 1);
        spawn_one(self, &kinds[size][n], n > 0 ? args : NULL);
        spawn_one(self, &kinds[size][n], NULL);
        spawn_one(self, &kinds[size][n], n > 0 ? args : NULL); /* known by now */
        memset(place, 0x55, sizeof place);
        spawn_one(self, &stateless, NULL);
        cr_expect_eq(weft_spawn(self, &stateless, place, NULL), WEFT_EINVAL);
    }
    if (size < LARGEST)
        weft_cast_word(self, weft_self_pid(self), TELL, size + 1);
    return weft_stay(self);
}

TestOnWorkers(spawn, in_a_step_gives_each_behaviour_what_is_its)
{
    static const weft_behavior driver = WEFT_STATELESS("driver", spawn_all);
    uint64_t expected = 0;
    weft_pid pid;

    for (size_t size = 1; size <= LARGEST; size++)
        for (size_t n = 0; n <= size; n++) {
            kinds[size][n] = (weft_behavior){.name = "a kind",
                                             .state_size = size,
                                             .state_align = 1,
                                             .step = compare,
                                             .args_size = n};
            expected += 4;
        }
    begin(workers);
    cr_assert_eq(weft_rt_spawn(rt, &driver, NULL, &pid), 0);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 1), 0);
        wait_until(story_stats(rt).ended == round * expected);
        cr_expect_eq(story_stats(rt).spawned, 1 + round * expected);
        cr_expect_eq(story_dead_letters(rt), 0);
    }
    finish();
}

/* --- ends that nobody is told of --- */

static weft_next stop_at_once(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stop(self);
}

static const weft_behavior brief = WEFT_STATELESS("brief", stop_at_once);

TestOnWorkers(spawn, whoever_has_ended_untold_is_over_for_all)
{
    enum { TIMES = 300 };
    weft_pid last = WEFT_NOBODY, pid;

    begin(workers);
    for (uint64_t i = 1; i <= TIMES; i++) {
        cr_assert_eq(weft_rt_spawn(rt, &brief, NULL, &pid), 0);
        cr_expect_neq(pid, last);
        cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 0), 0);
        wait_until(story_stats(rt).ended == i);
        cr_expect_not(weft_rt_alive(rt, pid));
        cr_expect_eq(weft_rt_cast_word(rt, pid, TELL, 0), WEFT_ENOACTOR);
        last = pid;
    }
    cr_expect_eq(story_stats(rt).handled, TIMES);
    finish();
}

enum { BRIEF = 2000, EACH = 3 };

static weft_pid briefs[BRIEF];

static void *post_to_all(void *unused)
{
    for (int i = 0; i < BRIEF; i++)
        for (int n = 0; n < EACH; n++)
            weft_rt_cast_word(rt, briefs[i], TELL, 0);
    return unused;
}

/* Each handles one message; the others come before, during or behind its end. */
TestOnWorkers(spawn, mail_that_meets_an_untold_end_is_handled_or_dead)
{
    pthread_t threads[2];

    begin(workers);
    for (int i = 0; i < BRIEF; i++)
        cr_assert_eq(weft_rt_spawn(rt, &brief, NULL, &briefs[i]), 0);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, post_to_all, NULL), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    wait_until(story_stats(rt).ended == BRIEF);
    wait_until(story_stats(rt).handled + story_dead_letters(rt) == 2 * BRIEF * EACH);
    cr_expect_eq(story_stats(rt).handled, BRIEF);
    finish();
}
