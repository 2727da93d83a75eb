/* test/explore/runtime/solo.c: sched/solo.h: a thread that sleeps misses neither mail nor its
 * end, and a domain is whole before its number is known; then the whole life of a task that has
 * a thread of its own, at random. */
#include "sched/solo.h"

#include "test/explore/explore.h"
#include "test/explore/runtime/fixture.h"
#include "test/explore/runtime/threads.h"

/* Task 1 lives in the solo; its thread is the second one. */
static void setup_open(void)
{
    fixture_begin(
        &(struct fixture){.domains = 1, .solos = 1, .homes = {0, FIXTURE_NOWHERE, 0}});
    explore_assert(sched_solo_open(scheduler, 0) == 1);
    fixture_make(1, 1);
}

/* --- asleep --- */

static void setup_held(void)
{
    struct solo *solo;

    setup_open();
    solo = solo_at(scheduler, 0);
    explore_assert(hold_take(&solo->domain.hold, &solo->worker.guard, solo->worker.id,
                             solo->domain.mine));
}

static bool has_token(void *domain)
{
    struct domain *d = domain;

    return atomic_load_explicit(&d->tokens, memory_order_seq_cst) != NULL;
}

static void solo_sleeps(void)
{
    struct solo *solo = solo_at(scheduler, 0);

    explore_assert(solo_idle(&solo->worker, &solo->domain));
    explore_block_until(has_token, &solo->domain);
}

static void mail_comes(void)
{
    fixture_post(1, PLAIN);
}

EXPLORE_SCENARIO(solo, "mail comes while its thread lies down"){
    .setup = setup_held, .threads = {solo_sleeps, mail_comes}};

static void solo_sleeps_to_the_end(void)
{
    struct solo *solo = solo_at(scheduler, 0);

    while (solo_idle(&solo->worker, &solo->domain))
        continue;
}

static void no_task_comes(void)
{
    sched_solo_opened(scheduler, 1, false);
}

EXPLORE_SCENARIO(solo, "no task comes while its thread lies down"){
    .setup = setup_held, .threads = {solo_sleeps_to_the_end, no_task_comes}};

/* --- watched --- */

static void setup_watched(void)
{
    struct solo *solo;

    fixture_begin(
        &(struct fixture){.domains = 1, .solos = 1, .homes = {0, FIXTURE_NOWHERE, 0}});
    explore_assert(sched_solo_open(scheduler, 1) == 1);
    solo = solo_at(scheduler, 0);
    explore_assert(hold_take(&solo->domain.hold, &solo->worker.guard, solo->worker.id,
                             solo->domain.mine));
}

static bool has_reported(void *unused)
{
    (void)unused;
    return fixture_reports() > 0;
}

/* The report is looked at by the fixture. */
static void its_task_comes(void)
{
    fixture_make(1, 1);
    sched_solo_opened(scheduler, 1, true);
    explore_block_until(has_reported, NULL);
    sched_solo_opened(scheduler, 1, false);
}

EXPLORE_SCENARIO(solo, "its task comes while its thread lies down"){
    .setup = setup_watched, .threads = {solo_sleeps_to_the_end, its_task_comes}};

/* --- made --- */

static void setup_closed(void)
{
    fixture_begin(&(struct fixture){.domains = 1, .solos = 1});
}

static void somebody_opens(void)
{
    explore_assert(sched_solo_open(scheduler, 0) == 1);
}

static void somebody_looks(void)
{
    struct solo *solo = solo_at(scheduler, 0);

    explore_assert(solo == NULL || solo->domain.id == 1);
}

EXPLORE_SCENARIO(solo, "it is made while somebody looks"){
    .setup = setup_closed, .threads = {somebody_opens, somebody_looks}};

/* --- the whole scheduler --- */

static void worker(void)
{
    threads_run(0);
}

static void solo(void)
{
    threads_run(1);
}

static bool is_all(void *unused)
{
    (void)unused;
    return fixture_over() >= 6;
}

/* Task 0 forwards to task 1, which forwards to task 2, and ends. */
static void a_life(void)
{
    fixture_post(1, LONG_FORWARD);
    fixture_post(0, FORWARD);
    fixture_post(1, LAST);
    fixture_post(1, PLAIN);
    explore_block_until(is_all, NULL);
    sched_destroy(scheduler);
}

static void check(void)
{
    explore_assert(fixture_over() == 6);
}

EXPLORE_SCENARIO(solo,
                 "a task has a thread of its own"){.setup = setup_open,
                                                   .threads = {worker, solo, a_life},
                                                   .check = check,
                                                   .random = 400};
