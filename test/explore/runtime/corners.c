/* test/explore/runtime/corners.c: functions of the scheduler that settle something between
 * threads, called alone, so that all interleavings can be explored. */
#include "sched/idle.h"
#include "sched/remote.h"
#include "test/explore/explore.h"
#include "test/explore/runtime/fixture.h"
#include "test/explore/runtime/threads.h"

/* The worker has the domain of its number. */
static void move_in(unsigned i)
{
    struct worker *w = &scheduler->workers[i];
    struct domain *d = &scheduler->domains[i];

    explore_assert(hold_take(&d->hold, &w->guard, w->id, d->mine));
    w->domain = d;
}

/* --- mail for a free domain, from workers of others --- */

static void setup_free(void)
{
    fixture_begin(&(struct fixture){.domains = 3, .homes = {1, 1, 1}});
    move_in(0);
    move_in(2);
}

static void push(unsigned worker, unsigned task)
{
    struct worker *w = &scheduler->workers[worker];
    struct record r = fixture_record(task, PLAIN, 0);
    struct node *n = node_new(&w->domain->stock.pool, &r);

    push_mail(scheduler, w, &w->domain->stock, fixture_task(task), n, n);
}

static void worker_0_sends(void)
{
    push(0, 0);
}

static void worker_2_sends(void)
{
    push(2, 1);
}

/* Their tokens were taken: they have their mail. */
static void check_served(void)
{
    explore_assert(at_peek(&scheduler->domains[1].tokens) == NULL);
    explore_assert(hold_state(hold_look(&scheduler->domains[1].hold)) == HOLD_FREE);
    explore_assert(at_peek(&fixture_task(0)->in) == INBOX_ARMED);
    explore_assert(at_peek(&fixture_task(1)->in) == INBOX_ARMED);
}

EXPLORE_SCENARIO(corners, "two workers send to a free domain"){
    .setup = setup_free,
    .threads = {worker_0_sends, worker_2_sends},
    .check = check_served};

/* --- mail for a worker that lies down --- */

static void setup_napping(void)
{
    fixture_begin(&(struct fixture){.domains = 1});
    move_in(0);
}

static bool has_token(void *domain)
{
    struct domain *d = domain;

    return atomic_load_explicit(&d->tokens, memory_order_seq_cst) != NULL;
}

/* It gets up, and then it looks until it sees the mail. */
static void worker_naps(void)
{
    nap(&scheduler->workers[0], &scheduler->domains[0]);
    explore_block_until(has_token, &scheduler->domains[0]);
}

static void mail_comes(void)
{
    fixture_post(0, PLAIN);
}

EXPLORE_SCENARIO(corners, "mail comes while a worker lies down"){
    .setup = setup_napping, .threads = {worker_naps, mail_comes}};

/* --- the end, while a worker lies down --- */

static void setup_ending(void)
{
    fixture_begin(&(struct fixture){.domains = 1});
}

static void worker_works(void)
{
    threads_run(0);
}

static void the_end_comes(void)
{
    sched_destroy(scheduler);
}

EXPLORE_SCENARIO(corners, "the end comes while a worker lies down"){
    .setup = setup_ending, .threads = {worker_works, the_end_comes}};

/* --- a scheduler without threads, run by one or by two --- */

enum { TURNS = 2 };
static bool running; /* plain: one at a time */

static void setup_threadless(void)
{
    running = false;
    fixture_begin(&(struct fixture){.domains = 1, .threadless = true});
}

static void run_once(void)
{
    while (!sched_drive_begin(scheduler))
        explore_yield();
    explore_assert(!running);
    running = true;
    sched_drive(scheduler, 1);
    running = false;
    sched_drive_end(scheduler);
}

/* Whoever sleeps until it is wanted misses nothing. */
static void run_when_wanted(void)
{
    while (fixture_over() < TURNS) {
        while (!fixture_wanted())
            explore_yield();
        run_once();
    }
}

static void post_two(void)
{
    fixture_post(0, PLAIN);
    fixture_post(1, PLAIN);
}

static void setup_threadless_with_mail(void)
{
    setup_threadless();
    post_two();
}

static void check_ran(void)
{
    while (fixture_over() < TURNS) {
        explore_assert(fixture_wanted());
        run_once();
    }
}

EXPLORE_SCENARIO(corners, "mail comes while a scheduler without threads is run"){
    .setup = setup_threadless, .threads = {post_two, run_when_wanted}, .random = 4000};

EXPLORE_SCENARIO(corners, "one at a time runs a scheduler without threads"){
    .setup = setup_threadless_with_mail,
    .threads = {run_once, run_once},
    .check = check_ran,
    .random = 2000};
