/* test_faults.c: aim: with catch_faults a fault in a step or hook, or abort(), ends its actor and
 * nobody else, again and again, also by a full stack; what is not a step's goes to the handler
 * that was there before; afterwards that is in its place again.
 * Method: actors that do what they must not. Not under sanitizers and Valgrind, whose own
 * handlers and checks come first. */
#include "test/support/unit_talk.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(faults, .timeout = 60);

enum { A, B };
enum { TAG_FAULT = TELL + 1, TAG_STUCK };
enum fault { SEGV, ILL, ABORT, STACK, FPE, FAULTS };

static const char *const names[] = {"SIGSEGV", "SIGILL", "SIGABRT", "SIGSEGV", "SIGFPE"};

static weft_runtime *rt;

static bool faults_can_be_tried(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
    return false;
#else
    return getenv("LD_PRELOAD") == NULL ||
           strstr(getenv("LD_PRELOAD"), "vgpreload") == NULL;
#endif
}

#define SkipUnlessTried()       \
    if (!faults_can_be_tried()) \
    cr_skip("the tool that checks this program handles faults itself")

static int *volatile nowhere;
static volatile int zero;
static volatile bool full = true;

static int __attribute__((noinline)) fill_stack(int depth)
{
    volatile char room[4096];

    room[0] = (char)depth;
    if (full)
        return fill_stack(depth + 1) + room[0];
    return room[0];
}

static void do_fault(enum fault fault)
{
    switch (fault) {
    case SEGV:
        *nowhere = 1;
        break;
    case ILL:
        __builtin_trap();
    case ABORT:
        abort();
    case STACK:
        fill_stack(0);
        break;
    default:
        zero = 77 / zero;
    }
}

static weft_next faulting(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) == TAG_STUCK) {
        story_tell(t->who, "stuck");
        gate_pass(1);
    } else if (weft_tag(msg) != TAG_FAULT) {
        return talker_tells(self, state, msg);
    }
    do_fault((enum fault)weft_word(msg));
    return weft_stay(self);
}

Talker(faulty, faulting);

static weft_runtime *start(unsigned workers)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.threadless = workers == 0;
    options.relief = workers > 1 ? 2 : 0;
    options.catch_faults = true;
    return story_start_with(&options);
}

static void expect_fault(const char *begin, enum fault fault)
{
    char story[120];

    snprintf(story, sizeof story, "%sstop 3, exit failed %d in step: %s, destroy", begin,
             WEFT_EFAULT, names[fault]);
    story_wait(A, story);
}

static bool is_possible(enum fault fault)
{
#if defined(__x86_64__)
    return fault < FAULTS;
#else
    return fault < FPE;
#endif
}

TestOnWorkers(faults, end_their_actor_and_nobody_else)
{
    weft_pid pid, other;

    SkipUnlessTried();
    rt = start(workers);
    other = talker_spawn(rt, B, &faulty, WEFT_NOBODY);
    for (unsigned i = 0; i < 3 * FAULTS; i++) {
        enum fault fault = (enum fault)(i % FAULTS);

        if (!is_possible(fault))
            continue;
        story_clear();
        pid = talker_spawn(rt, A, &faulty, WEFT_NOBODY);
        cast_to(rt, pid, TELL, 1);
        cast_to(rt, pid, TAG_FAULT, fault);
        expect_fault("1, ", fault);
    }
    cast_to(rt, other, TELL, 2);
    wait_until(story_stats(rt).handled > 0);
    cr_expect(weft_rt_alive(rt, other));
    story_finish(rt);
}

Test(faults, in_a_step_that_has_lost_its_domain)
{
    weft_pid pid, other;
    weft_stats stats = {0};

    SkipUnlessTried();
    rt = start(2);
    other = talker_spawn(rt, B, &faulty, WEFT_NOBODY);
    pid = talker_spawn(rt, A, &faulty, WEFT_NOBODY);
    cast_to(rt, pid, TAG_STUCK, SEGV);
    story_wait(A, "stuck");
    do {
        if (stats.handled < 1000)
            cast_to(rt, other, TELL, 0);
        weft_stats_read(rt, &stats);
    } while (stats.rescues == 0);
    gate_open(1);
    expect_fault("stuck, ", SEGV);
    story_finish(rt);
}

static weft_next faulting_init(weft_self *self, void *state, const void *args)
{
    *(struct talker *)state = *(const struct talker *)args;
    do_fault(SEGV);
    return weft_stay(self);
}

static void faulting_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)self, (void)state, (void)reason;
    do_fault(SEGV);
}

TestOnWorkers(faults, in_hooks)
{
    static const weft_behavior in_init =
        WEFT_BEHAVIOR("in init", struct talker, faulting, .init = faulting_init,
                      .destroy = talker_destroy, .args_size = sizeof(struct talker));
    static const weft_behavior in_stop =
        WEFT_BEHAVIOR("in stop", struct talker, faulting, .stop = faulting_stop,
                      .destroy = talker_destroy, .args_size = sizeof(struct talker));
    char story[80];
    weft_pid pid;

    SkipUnlessTried();
    rt = start(workers);
    talker_spawn(rt, A, &in_init, WEFT_NOBODY);
    snprintf(story, sizeof story, "exit failed %d in init: SIGSEGV, destroy",
             WEFT_EFAULT);
    story_wait(A, story);
    pid = talker_spawn(rt, B, &in_stop, WEFT_NOBODY);
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(B, "exit stopped, destroy");
    story_finish(rt);
}

Test(faults, on_a_thread_of_its_own)
{
    static const weft_behavior own = WEFT_BEHAVIOR(
        "own", struct talker, faulting, .stop = talker_stop, .destroy = talker_destroy,
        .args_size = sizeof(struct talker), .own_thread = true);
    weft_pid pid;

    SkipUnlessTried();
    rt = start(1);
    pid = talker_spawn(rt, A, &own, WEFT_NOBODY);
    cast_to(rt, pid, TAG_FAULT, STACK);
    expect_fault("", STACK);
    story_finish(rt);
}

/* --- what is not a step's --- */

static void (*handler(int number))(int)
{
    struct sigaction now;

    cr_assert_eq(sigaction(number, NULL, &now), 0);
    return now.sa_handler;
}

Test(faults, leave_the_process_as_it_was)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    weft_runtime *other;
    weft_options options;
    void (*before[5])(int);

    for (unsigned i = 0; i < 5; i++)
        before[i] = handler(numbers[i]);
    rt = start(1);
    weft_options_init(&options);
    options.workers = 1;
    options.catch_faults = true;
    cr_assert_eq(weft_start(&other, &options), 0);
    cr_assert_eq(weft_finish(other, WEFT_SEC(10)), 0);
    for (unsigned i = 0; i < 5; i++)
        cr_expect_neq((uintptr_t)handler(numbers[i]), (uintptr_t)before[i]);
    story_finish(rt);
    for (unsigned i = 0; i < 5; i++)
        cr_expect_eq((uintptr_t)handler(numbers[i]), (uintptr_t)before[i]);
}

static sigjmp_buf outside;
static volatile unsigned passed_on;

static void note(int number)
{
    (void)number;
    passed_on++;
    siglongjmp(outside, 1);
}

Test(faults, of_others_go_to_the_handler_before)
{
    struct sigaction mine = {.sa_handler = note}, now;

    SkipUnlessTried();
    cr_assert_eq(sigaction(SIGSEGV, &mine, NULL), 0);
    rt = start(2);
    if (sigsetjmp(outside, 1) == 0)
        do_fault(SEGV);
    cr_expect_eq(passed_on, 1);
    story_finish(rt);
    cr_assert_eq(sigaction(SIGSEGV, NULL, &now), 0);
    cr_expect(now.sa_handler == note, "the handler is in its place again");
}

Test(faults, in_a_threadless_runtime)
{
    struct sigaction mine = {.sa_handler = note};
    weft_pid pid;

    SkipUnlessTried();
    cr_assert_eq(sigaction(SIGSEGV, &mine, NULL), 0);
    rt = start(0);
    pid = talker_spawn(rt, A, &faulty, WEFT_NOBODY);
    cast_to(rt, pid, TAG_FAULT, SEGV);
    for (unsigned i = 0; i < 10; i++)
        weft_run_once(rt, 100);
    expect_fault("", SEGV);
    if (sigsetjmp(outside, 1) == 0)
        do_fault(SEGV);
    cr_expect_eq(passed_on, 1);
    story_finish(rt);
}
