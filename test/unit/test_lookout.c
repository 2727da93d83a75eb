/* test_lookout.c: aim: the lookout takes for one step what is one, and for two what are two,
 * also when the step has lost its domain and its task's mail is moved on.
 * Method: looks made by hand, for which every step is too long that is seen twice; between two
 * looks the test knows what has run. */
#include "sched/lookout.h"

#include "lib/actor/runtime.h"
#include "test/support/unit_story.h"

#include <stdatomic.h>

TestSuite(lookout, .timeout = 60);

static weft_runtime *rt;
static unsigned reports;
static weft_pid reported;

static void keep(void *context, const struct weft_stuck_info *stuck)
{
    (void)context;
    reports++;
    reported = ((const weft_stuck_info *)stuck)->pid;
}

static void begin(unsigned workers)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.on_stuck = keep;
    options.stuck_ns = WEFT_FOREVER;
    rt = story_start_with(&options);
    rt->sched->options.stuck_ns = 1;
    cr_assert(lookout_init(rt->sched));
    rt->sched->lookout->stuck = 1;
}

static void look(void)
{
    lookout_look(rt->sched, rt->sched->lookout);
}

static weft_pid spawn_waiting(unsigned who, unsigned gate)
{
    const struct probe args = probe_of(who);
    weft_pid pid = story_spawn(rt, who, &probe_bare, &args);

    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, gate), 0);
    story_wait(who, "waits");
    return pid;
}

Test(lookout, a_step_that_is_seen_twice_is_stuck)
{
    weft_pid pid;

    begin(1);
    pid = spawn_waiting(0, 0);
    look();
    cr_expect_eq(reports, 0);
    look();
    cr_expect_eq(reports, 1);
    cr_expect_eq(reported, pid);
    cr_expect_eq(sched_stuck_steps(rt->sched), 1);
    gate_open(0);
    story_finish(rt);
}

Test(lookout, the_next_step_of_the_same_actor_is_another)
{
    weft_pid pid;

    begin(1);
    pid = spawn_waiting(0, 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, 1), 0);
    look();
    gate_open(0);
    story_wait(0, "waits, goes on, waits");
    look();
    cr_expect_eq(reports, 0);
    look();
    cr_expect_eq(reports, 1);
    gate_open(1);
    story_finish(rt);
}

static uint64_t busy_ns(weft_pid pid)
{
    weft_actor_info info = {.size = sizeof info};

    cr_assert_eq(weft_actor_read(rt, pid, &info), 0);
    return info.busy_ns;
}

Test(lookout, gives_time_to_whom_it_sees_and_not_to_the_next_in_its_slot)
{
    const struct probe args = probe_of(1);
    weft_pid pid, idle, next;

    begin(1);
    pid = spawn_waiting(0, 0);
    idle = story_spawn(rt, 1, &probe_bare, &args);
    look();
    look();
    cr_expect_gt(busy_ns(pid), 0);
    cr_expect_eq(busy_ns(idle), 0);
    next = pid ^ (ID_GENERATION & -ID_GENERATION); /* another that lives in its slot */
    cr_expect_eq(sched_sampled_ns(rt->sched, next), 0);
    gate_open(0);
    story_finish(rt);
}

Test(lookout, an_idle_worker_is_not_stuck)
{
    begin(1);
    spawn_waiting(0, 0);
    gate_open(0);
    wait_until(at_peek(&rt->sched->workers[0].running) == 0);
    look();
    look();
    cr_expect_eq(reports, 0);
    story_finish(rt);
}

static weft_pid target;

/* Leaves mail for itself in the ring, and for a neighbour, and is stuck. */
static weft_next writing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_word(msg) != 0)
        return weft_stay(self);
    for (uint64_t i = 1; i <= 3; i++)
        weft_cast_word(self, weft_self_pid(self), TELL, i);
    story_tell(0, "waits");
    gate_pass(0);
    return weft_stay(self);
}

Test(lookout, a_step_that_lost_its_domain_is_the_same_step)
{
    static const weft_behavior writer = WEFT_STATELESS("writer", writing);
    const struct probe args = probe_of(1);
    struct task *t;

    begin(2);
    target = story_spawn(rt, 0, &writer, NULL);
    t = task_at(&rt->sched->table, target);
    story_spawn(rt, 1, &probe_bare, &args);
    cr_assert_eq(weft_rt_cast_word(rt, target, TELL, 0), 0);
    story_wait(0, "waits");
    look();
    wait_until((task_word(t) & TASK_DETACHED) != 0 && task_in_ring(t) == 0);
    cr_expect_eq(at_peek(&t->left), 1 + 3, "its records were put into its queue");
    look();
    cr_expect_eq(reports, 1);
    cr_expect_eq(reported, target);
    gate_open(0);
    story_finish(rt);
}
