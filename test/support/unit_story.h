/* test/support/unit_story.h: what happens to actors, written down; for tests of the API.
 *
 * Each actor of a test has a number. Its hooks and steps append what happens to the story of
 * that number, and so does on_exit, so that one comparison says what happened, how often and
 * in which order:
 *
 *     "init, step 1, stop stopped, exit stopped, destroy"
 *
 * A gate is where a step or hook waits until the test opens it. */
#ifndef WEFT_TEST_UNIT_STORY_H
#define WEFT_TEST_UNIT_STORY_H

#include "test/support/unit_threads.h"

#include <weft.h>

#include <criterion/criterion.h>

enum { STORIES = 16, GATES = 16 };

/* --- stories --- */

/* Appends to a story. Any thread, but not a message's destructor: it may hold what a spawn
 * waits for. */
void story_tell(unsigned who, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The story as it is. Borrowed: until the next call by this thread. */
const char *story_of(unsigned who);

/* Waits until the story is the expected one; false if it does not become so. */
bool story_becomes(unsigned who, const char *expected);

#define story_wait(who, expected)                                                    \
    cr_assert(story_becomes(who, expected), "story %u is: \"%s\", not: \"%s\"", who, \
              story_of(who), expected)

/* At the end of a test, when nobody can add to it. */
#define story_is(who, expected) cr_expect_str_eq(story_of(who), expected)

/* Forgets all stories and shuts all gates, for the next round of a test. */
void story_clear(void);

/* --- gates --- */

void gate_pass(unsigned gate);
void gate_open(unsigned gate);
bool gate_is_open(unsigned gate);

/* --- runtimes and actors --- */

/* A runtime whose ends are told; and a runtime of so many workers. */
weft_runtime *story_start_with(weft_options *options);
weft_runtime *story_start(unsigned workers);

/* Ends it, and fails the test if that does not work. */
void story_finish(weft_runtime *rt);

/* weft_rt_spawn and weft_spawn of the actor whose story has this number. Fail the test if
 * they do not work. */
weft_pid story_spawn(weft_runtime *rt, unsigned who, const weft_behavior *behavior,
                     const void *args);
weft_pid story_spawn_inside(weft_self *self, unsigned who, const weft_behavior *behavior,
                            const void *args);

/* The counters, once the runtime rests. */
weft_stats story_stats(const weft_runtime *rt);
uint64_t story_dead_letters(const weft_runtime *rt);

/* --- an actor for all purposes --- */

enum plan {
    PLAN_STAY,
    PLAN_WAIT, /* at the gate in the actor's args */
    PLAN_STOP,
    PLAN_FAIL /* with code 5 */
};

/* Its args, and the beginning of its state. */
struct probe {
    unsigned who;
    enum plan init, stop; /* what its hooks do; in a stop hook: STAY or WAIT */
    unsigned gate;        /* where they wait */
    bool yielding;        /* its own */
};

/* With init, stop and destroy; without init; with nothing but its step. */
extern const weft_behavior probe, probe_without_init, probe_bare;

/* What it does with a message of this tag; the word is W. */
enum {
    TELL = 1, /* tells "step W" */
    WAIT,     /* tells "waits", waits at gate W, tells "goes on" */
    YIELD,    /* tells "yields", yields until gate W is open, tells "goes on" */
    END,      /* stops */
    FAIL,     /* fails with code W */
    RETURN    /* returns W */
};

/* An actor that does as its args say. */
static inline struct probe probe_of(unsigned who)
{
    return (struct probe){.who = who};
}

/* --- tests that are made twice --- */

/* Test(suite, name) with a parameter `workers`: once with 1, once with 2. */
#define TestOnWorkers(suite, name)                     \
    static void suite##_##name##_on(unsigned workers); \
    Test(suite, name##_on_1_worker)                    \
    {                                                  \
        suite##_##name##_on(1);                        \
    }                                                  \
    Test(suite, name##_on_2_workers)                   \
    {                                                  \
        suite##_##name##_on(2);                        \
    }                                                  \
    static void suite##_##name##_on(unsigned workers)

#endif
