/* test/explore/runtime/tree.c: sched/tree.h: a child has one node, which it and its parent use at
 * any time, and its slot is used again when both have done with it. Each has a domain of its own. */
#include "sched/tree.h"

#include "sched/adopt.h"
#include "sched/send.h"
#include "sched/spawn.h"
#include "test/explore/explore.h"
#include "test/explore/runtime/fixture.h"

static struct task *parent, *child;
static bool heard; /* of the child's end */

static struct worker *worker(unsigned i)
{
    return &scheduler->workers[i];
}

static void setup(void)
{
    fixture_begin(&(struct fixture){.domains = 2, .homes = {0, 1, 0}});
    for (unsigned i = 0; i < 2; i++) {
        struct domain *d = &scheduler->domains[i];

        explore_assert(hold_take(&d->hold, &worker(i)->guard, i, d->mine));
        worker(i)->domain = d;
    }
    parent = fixture_task(0);
    child = fixture_task(1);
    tree_bear(scheduler, parent, child, 0, false);
    tree_join(scheduler, parent, child, NULL);
    heard = false;
}

static bool has_token(void *domain)
{
    struct domain *d = domain;

    return atomic_load_explicit(&d->tokens, memory_order_seq_cst) != NULL;
}

static void wait_for_token(unsigned i)
{
    struct domain *d = &scheduler->domains[i];

    explore_block_until(has_token, d);
    take_tokens(worker(i), d, d);
}

/* --- the parent --- */

/* It is on the control list, with its token, or that will come. */
static void look_for_news(struct domain *d)
{
    if (d->control_first == NULL) {
        wait_for_token(0);
        return;
    }
    d->control_first = d->control_last = NULL;
    drain(d, parent, INBOX_ARMED);
}

static void hear_of_the_end(void)
{
    struct domain *d = &scheduler->domains[0];

    while (!heard) {
        enum record_kind what;
        struct task *of = tree_hear(d, parent, &what);

        if (of == NULL) {
            look_for_news(d);
            continue;
        }
        explore_assert(of == child);
        heard = what == RECORD_OVER;
    }
    tree_leave(scheduler, parent, child);
    tree_bury(scheduler, &d->stock, child);
    explore_assert(tree_youngest(scheduler, parent) == NULL);
}

/* It has fallen first, and is to end. */
static void hear_of_the_fall(void)
{
    struct domain *d = &scheduler->domains[0];
    enum record_kind what = RECORD_SKIP;

    while (what != RECORD_FALLEN)
        if (tree_hear(d, parent, &what) == NULL)
            look_for_news(d);
    explore_assert(tree_order(d, child, RECORD_KILL));
}

static void orders_and_hears_of_a_fall(void)
{
    tree_order(&scheduler->domains[0], child, RECORD_STOP);
    hear_of_the_fall();
    hear_of_the_end();
}

static void orders_and_hears(void)
{
    tree_order(&scheduler->domains[0], child, RECORD_STOP);
    hear_of_the_end();
}

/* The second one as soon as the first has been read. */
static void orders_twice(void)
{
    struct domain *d = &scheduler->domains[0];

    explore_assert(tree_order(d, child, RECORD_STOP));
    while (!tree_order(d, child, RECORD_KILL))
        explore_yield();
}

static void releases_or_hears(void)
{
    if (!tree_release(scheduler, parent, child))
        hear_of_the_end();
}

/* --- the child --- */

static void ends(void)
{
    sched_close(worker(1), child);
    sched_free(worker(1), child);
    if (at_peek(&child->in) != INBOX_CLOSED)
        wait_for_token(1);
}

static void begins_and_ends(void)
{
    tree_begun(scheduler, &scheduler->domains[1].stock, child);
    ends();
}

static void look_again(void)
{
    struct domain *d = &scheduler->domains[1];

    d->control_first = d->control_last = NULL;
    drain(d, child, INBOX_ARMED);
}

static void reads_orders(void)
{
    while ((task_word(child) & TASK_KILLED) == 0)
        if (scheduler->domains[1].control_first == NULL)
            wait_for_token(1);
        else
            look_again();
}

static void falls_and_ends(void)
{
    tree_begun(scheduler, &scheduler->domains[1].stock, child);
    explore_assert(tree_fall(&scheduler->domains[1], child));
    tree_lie_down(&scheduler->domains[1], child);
    reads_orders();
    if (scheduler->domains[1].control_first != NULL)
        look_again(); /* its token is home then */
    ends();
}

/* If it was given up its slot may be another's at once, who writes the same links. */
static void ends_and_makes_way(void)
{
    struct task *t;

    ends();
    t = sched_task_new(worker(1));
    explore_assert(t != NULL);
    t->cold.next = t->cold.previous = 0;
}

/* --- what holds --- */

static void check_buried(void)
{
    explore_assert(heard && is_kinless(child) && is_kinless(parent));
    explore_assert((task_word(child) & TASK_FREE) != 0);
}

static void check_nobodys(void)
{
    explore_assert(is_kinless(child) && is_kinless(parent));
    explore_assert((task_word(child) & TASK_DYING) == 0);
}

EXPLORE_SCENARIO(tree, "an order meets an end"){
    .setup = setup, .threads = {orders_and_hears, ends}, .check = check_buried};

EXPLORE_SCENARIO(tree, "an order meets a beginning and an end"){
    .setup = setup,
    .threads = {orders_and_hears, begins_and_ends},
    .check = check_buried};

static void check_ordered(void)
{
    explore_assert((task_word(child) & TASK_STOPPING) != 0);
}

EXPLORE_SCENARIO(tree, "an order meets a fall"){
    .setup = setup,
    .threads = {orders_and_hears_of_a_fall, falls_and_ends},
    .check = check_buried};

EXPLORE_SCENARIO(tree, "two orders"){
    .setup = setup, .threads = {orders_twice, reads_orders}, .check = check_ordered};

EXPLORE_SCENARIO(tree, "a child is given up while it ends"){
    .setup = setup,
    .threads = {releases_or_hears, ends_and_makes_way},
    .check = check_nobodys};
