/* test/explore/runtime/scheduler.c: the whole scheduler, sched/, with two domains and a few
 * tasks, at random: it is far too large for all interleavings. Every message is handled once or
 * is dead once; the scheduler ends, and what it has freed is not used again. */
#include "test/explore/explore.h"
#include "test/explore/runtime/fixture.h"
#include "test/explore/runtime/threads.h"

/* Tasks 0 and 2 live in domain 0, task 1 in domain 1. Each forwards to the next one. */
static void setup(void)
{
    fixture_begin(&(struct fixture){.domains = 2, .homes = {0, 1, 0}});
}

static void setup_without_membarrier(void)
{
    fixture_begin(
        &(struct fixture){.domains = 2, .homes = {0, 1, 0}, .no_membarrier = true});
}

static void setup_with_relief(void)
{
    fixture_begin(&(struct fixture){.domains = 2, .relief = 1, .homes = {0, 1, 0}});
}

/* Steps are so cheap that a task may follow its caller. */
static void setup_cheap(void)
{
    setup();
    explore_pace(1);
}

static void worker_0(void)
{
    threads_run(0);
}

static void worker_1(void)
{
    threads_run(1);
}

static void worker_2(void)
{
    threads_run(2);
}

/* --- outside --- */

/* Messages that were sent in all come to an end. */
static int expected;

static bool is_all(void *unused)
{
    (void)unused;
    return fixture_over() >= expected;
}

static void finish(int messages)
{
    expected = messages;
    explore_block_until(is_all, NULL);
    sched_destroy(scheduler);
}

static void check(void)
{
    explore_assert(fixture_over() == expected);
}

static void one_message(void)
{
    fixture_post(0, PLAIN);
    finish(1);
}

static void mail_between_domains(void)
{
    fixture_post(0, FORWARD);
    fixture_post(0, PLAIN);
    fixture_post(1, FORWARD);
    finish(5);
}

static void mail_within_a_domain(void)
{
    fixture_post(2, FORWARD);
    fixture_post(0, PLAIN);
    fixture_post(2, PLAIN);
    finish(4);
}

static void a_stuck_step(void)
{
    fixture_post(0, LONG);
    fixture_post(2, PLAIN);
    fixture_post(0, PLAIN);
    finish(3);
}

static void a_stuck_step_that_sends(void)
{
    fixture_post(0, LONG_FORWARD);
    fixture_post(2, FORWARD);
    finish(4);
}

static void two_stuck_steps(void)
{
    fixture_post(0, LONG_FORWARD);
    fixture_post(1, LONG_FORWARD);
    fixture_post(2, PLAIN);
    finish(5);
}

static void an_end(void)
{
    fixture_post(0, PLAIN);
    fixture_post(2, FORWARD);
    fixture_post(0, LAST);
    fixture_post(0, PLAIN);
    finish(5);
}

/* Task 1 calls task 2, which lives elsewhere, and nobody else does. */
static void calls_in_a_row(void)
{
    for (int i = 0; i < FOLLOW + 2; i++)
        fixture_post(1, FORWARD);
    finish(2 * (FOLLOW + 2));
}

/* All sleep, and nobody watches any more. */
static bool is_quiet(void *unused)
{
    struct dormitory *d = &scheduler->dormitory;

    (void)unused;
    return fixture_over() == 1 &&
           at_peek(&d->sleeping) == (int32_t)scheduler->n_workers &&
           watcher_of(d) == NO_WATCHER;
}

static void a_quiet_time(void)
{
    fixture_post(0, PLAIN);
    explore_block_until(is_quiet, NULL);
    fixture_post(1, LONG);
    fixture_post(0, PLAIN);
    explore_assert(sched_sum(scheduler, offsetof(struct tally, handled)) <= 3);
    finish(3);
}

#define TWO_WORKERS(title, outside)                                               \
    EXPLORE_SCENARIO(runtime, title)                                              \
    {                                                                             \
        .setup = setup, .threads = {worker_0, worker_1, outside}, .check = check, \
        .random = 400                                                             \
    }

TWO_WORKERS("a message from outside", one_message);
TWO_WORKERS("mail between domains", mail_between_domains);
TWO_WORKERS("mail within a domain", mail_within_a_domain);
TWO_WORKERS("a step gets stuck, its neighbours go on", a_stuck_step);
TWO_WORKERS("a stuck step sends", a_stuck_step_that_sends);
TWO_WORKERS("a task ends while mail comes", an_end);
TWO_WORKERS("all sleep for a while", a_quiet_time);

EXPLORE_SCENARIO(runtime, "a task follows its caller"){
    .setup = setup_cheap,
    .threads = {worker_0, worker_1, calls_in_a_row},
    .check = check,
    .random = 400};

EXPLORE_SCENARIO(runtime, "a stuck step sends, without membarrier"){
    .setup = setup_without_membarrier,
    .threads = {worker_0, worker_1, a_stuck_step_that_sends},
    .check = check,
    .random = 400};

EXPLORE_SCENARIO(runtime, "two steps get stuck"){
    .setup = setup_with_relief,
    .threads = {worker_0, worker_1, worker_2, two_stuck_steps},
    .check = check,
    .random = 400};
