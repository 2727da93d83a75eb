/* test_start.c: aim: weft_start takes the options it documents, refuses the others without a
 * trace, and makes the threads it says; weft_finish undoes all of it.
 * Method: a table of bad options; threads counted in /proc; runtimes up to the limit. */
#include "test/support/unit_story.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

TestSuite(start, .timeout = 60);

static weft_options options;

static void defaults(void)
{
    weft_options_init(&options);
    options.actors_max = 1000;
}

/* --- options --- */

Test(start, the_defaults_are_zeros_and_the_size)
{
    weft_options zero;

    memset(&zero, 0, sizeof zero);
    zero.size = sizeof zero;
    memset(&options, 0xff, sizeof options);
    weft_options_init(&options);
    cr_expect_eq(memcmp(&options, &zero, sizeof zero), 0);
}

Test(start, without_options_it_has_a_worker_for_each_processor)
{
    weft_runtime *rt = NULL;
    cpu_set_t allowed;

    cr_assert_eq(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    cr_assert_eq(weft_start(&rt, NULL), 0);
    cr_expect_eq(weft_workers(rt), (unsigned)CPU_COUNT(&allowed));
    cr_expect_eq(weft_finish(rt, 0), 0);
}

Test(start, it_has_as_many_workers_as_it_was_told)
{
    static const unsigned numbers[] = {1, 2, 7, WEFT_WORKERS_MAX};

    for (int i = 0; i < 4; i++) {
        weft_runtime *rt;

        defaults();
        options.workers = numbers[i];
        rt = story_start_with(&options);
        cr_expect_eq(weft_workers(rt), numbers[i]);
        story_finish(rt);
    }
}

Test(start, as_many_actors_as_documented_may_be_asked_for)
{
    weft_runtime *rt = NULL;
    int error;

    defaults();
    options.actors_max = 64000000;
    error = weft_start(&rt, &options);
    if (error == WEFT_ENOMEM)
        cr_skip_test("there is no address space for them here");
    cr_expect_eq(error, 0);
    cr_expect_eq(weft_finish(rt, 0), 0);
}

static void *no_alloc(void *context, size_t size, size_t align)
{
    (void)context, (void)size, (void)align;
    return NULL;
}

static void no_free(void *context, void *memory, size_t size, size_t align)
{
    (void)context, (void)memory, (void)size, (void)align;
}

static const weft_allocator half = {no_alloc, NULL, NULL};
static const weft_allocator other_half = {NULL, no_free, NULL};

static void size_0(void)
{
    options.size = 0;
}

static void size_too_small(void)
{
    options.size = sizeof options.size - 1;
}

static void size_too_large(void)
{
    options.size = sizeof options + 1;
}

static void too_many_workers(void)
{
    options.workers = WEFT_WORKERS_MAX + 1;
}

static void too_much_relief(void)
{
    options.relief = WEFT_WORKERS_MAX + 1;
}

static void too_many_actors(void)
{
    options.actors_max = 64000001;
}

static void half_an_allocator(void)
{
    options.allocator = &half;
}

static void the_other_half(void)
{
    options.allocator = &other_half;
}

Test(start, bad_options_are_refused_and_nothing_is_filled)
{
    static void (*const bad[])(void) = {
        size_0,          size_too_small,  size_too_large,    too_many_workers,
        too_much_relief, too_many_actors, half_an_allocator, the_other_half};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        weft_runtime *rt = (weft_runtime *)&options;

        defaults();
        bad[i]();
        cr_expect_eq(weft_start(&rt, &options), WEFT_EINVAL, "options %zu", i);
        cr_expect_eq(rt, (weft_runtime *)&options, "options %zu", i);
    }
}

Test(start, there_must_be_a_place_for_the_result)
{
    cr_expect_eq(weft_start(NULL, NULL), WEFT_EINVAL);
}

Test(start, without_memory_it_says_so)
{
    static const weft_allocator none = {no_alloc, no_free, NULL};
    weft_runtime *rt = NULL;

    defaults();
    options.allocator = &none;
    cr_expect_eq(weft_start(&rt, &options), WEFT_ENOMEM);
    cr_expect_null(rt);
}

/* Of an older program's options only the members that it knew are read. */
Test(start, members_behind_the_size_are_not_looked_at)
{
    weft_runtime *rt = NULL;

    memset(&options, 0xff, sizeof options);
    options.size = offsetof(weft_options, relief);
    options.workers = 3;
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_expect_eq(weft_workers(rt), 3);
    cr_expect_eq(weft_finish(rt, WEFT_SEC(100)), 0);
}

Test(start, the_options_are_copied)
{
    weft_runtime *rt;
    const struct probe args = probe_of(0);
    weft_pid pid;

    defaults();
    options.workers = 1;
    rt = story_start_with(&options);
    memset(&options, 0xff, sizeof options);
    pid = story_spawn(rt, 0, &probe, &args);
    story_wait(0, "init");
    cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(0, "init, stop stopped, exit stopped, destroy");
    story_finish(rt);
}

Test(start, the_version_is_the_headers)
{
    char text[32];

    snprintf(text, sizeof text, "%d.%d.%d", WEFT_VERSION_MAJOR, WEFT_VERSION_MINOR,
             WEFT_VERSION_PATCH);
    cr_expect_str_eq(weft_version(), WEFT_VERSION);
    cr_expect_str_eq(weft_version(), text);
}

/* --- threads --- */

static unsigned threads(void)
{
    DIR *folder = opendir("/proc/self/task");
    unsigned n = 0;

    cr_assert_not_null(folder);
    for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder))
        n += e->d_name[0] != '.';
    closedir(folder);
    return n;
}

Test(start, threads_are_workers_and_relief_and_end_with_it)
{
    static const struct {
        unsigned workers, relief, threads;
    } kinds[] = {{1, 0, 1}, {2, 0, 3}, {5, 0, 6},
                 {1, 2, 3}, {3, 2, 5}, {2, WEFT_NO_RELIEF, 2}};

    weft_runtime *rt =
        story_start(1); /* a sanitizer may have a thread of its own by now */
    unsigned before = threads() - 1;

    story_finish(rt);
    wait_until(threads() ==
               before); /* one that was joined may still be listed for a moment */
    for (int i = 0; i < 6; i++) {
        defaults();
        options.workers = kinds[i].workers;
        options.relief = kinds[i].relief;
        rt = story_start_with(&options);
        cr_expect_eq(threads() - before, kinds[i].threads, "kind %d", i);
        story_finish(rt);
        wait_until(threads() == before);
    }
}

static weft_next looking_at_signals(weft_self *self, void *state, weft_msg *msg)
{
    sigset_t blocked;
    unsigned open = 0;

    (void)state, (void)msg;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    for (int signal = 1; signal < SIGRTMIN;
         signal++) /* none can block 32, 33, KILL, STOP */
        if (signal < 32 && signal != SIGKILL && signal != SIGSTOP)
            open += sigismember(&blocked, signal) == 0;
    weft_exit(self, (int)open);
    return weft_stay(self);
}

Test(start, workers_block_all_signals_and_the_caller_keeps_its_own)
{
    static const weft_behavior looker = WEFT_STATELESS("looker", looking_at_signals);
    weft_runtime *rt = story_start(1);
    sigset_t mine;

    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &looker, NULL), TELL, 0), 0);
    cr_expect_eq(weft_run(rt), 0, "so many signals are not blocked");
    pthread_sigmask(SIG_BLOCK, NULL, &mine);
    cr_expect_eq(sigismember(&mine, SIGTERM), 0);
    story_finish(rt);
}

static weft_next looking_at_processors(weft_self *self, void *state, weft_msg *msg)
{
    cpu_set_t allowed;

    (void)state, (void)msg;
    cr_expect_eq(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    weft_exit(self, CPU_COUNT(&allowed));
    return weft_stay(self);
}

Test(start, a_pinned_worker_has_one_processor)
{
    static const weft_behavior looker = WEFT_STATELESS("looker", looking_at_processors);
    weft_runtime *rt;

    defaults();
    options.pin = true;
    rt = story_start_with(&options);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &looker, NULL), TELL, 0), 0);
    cr_expect_eq(weft_run(rt), 1);
    story_finish(rt);
}

/* --- several runtimes --- */

Test(start, a_process_has_as_many_runtimes_as_documented)
{
    weft_runtime *rts[WEFT_RUNTIMES_MAX], *more = NULL;

    for (int i = 0; i < WEFT_RUNTIMES_MAX; i++) {
        defaults();
        options.workers = 1;
        rts[i] = story_start_with(&options);
    }
    cr_expect_eq(weft_start(&more, &options), WEFT_ELIMIT);
    cr_expect_null(more);
    story_finish(rts[30]);
    rts[30] = story_start_with(&options);
    cr_expect_eq(weft_start(&more, &options), WEFT_ELIMIT);
    for (int i = 0; i < WEFT_RUNTIMES_MAX; i++)
        story_finish(rts[i]);
}

Test(start, runtimes_come_and_go)
{
    for (int i = 0; i < 200; i++) {
        defaults();
        options.workers = 1 + (unsigned)i % 3;
        story_finish(story_start_with(&options));
    }
}

Test(start, no_runtime_can_be_finished)
{
    cr_expect_eq(weft_finish(NULL, 0), 0);
}
