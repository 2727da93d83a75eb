/* test/explore/runtime/look.c: looks at a slot whose inhabitants change. What is said of an id
 * is its own. */
#include "sched/look.h"

#include "test/explore/explore.h"
#include "test/explore/runtime/fixture.h"

static const char old_one, new_one; /* behaviours */
static uint64_t old_id, new_id;

static struct worker *worker(void)
{
    return &scheduler->workers[0];
}

static void setup(void)
{
    struct domain *d;

    fixture_begin(&(struct fixture){.domains = 1});
    d = &scheduler->domains[0];
    explore_assert(hold_take(&d->hold, &worker()->guard, 0, d->mine));
    worker()->domain = d;
    task_set_behavior(fixture_task(0), &old_one);
    old_id = sched_id(scheduler, fixture_task(0));
    new_id = old_id + ID_FIRST_GENERATION;
}

/* One ends, and another begins in its slot. */
static void make_way(void)
{
    struct task *t = fixture_task(0);

    sched_close(worker(), t);
    sched_free(worker(), t);
    t = sched_task_new(worker());
    explore_assert(sched_id(scheduler, t) == new_id);
    task_set_behavior(t, &new_one);
    explore_assert(sched_spawned(worker(), t, NULL));
}

static void look(void)
{
    struct task_seen seen;

    if (look_task(scheduler, old_id, &seen))
        explore_assert(seen.behavior == &old_one);
    if (look_task(scheduler, new_id, &seen))
        explore_assert(seen.behavior == &new_one);
}

EXPLORE_SCENARIO(look, "at a slot that gets another inhabitant"){
    .setup = setup, .threads = {make_way, look}};
