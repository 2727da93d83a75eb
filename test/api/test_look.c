/* test_look.c: aim: what <weft/look.h> says about actors, workers and threads is so, once the
 * runtime rests in a known state; what it cannot know it refuses.
 * Method: actors that wait at gates, in a step, in init, in the stop hook; looks from the
 * test's thread meanwhile. */
#include "test/support/unit_story.h"

#include <string.h>

TestSuite(look, .timeout = 60);

static weft_runtime *rt;

static weft_actor_info actor(weft_pid pid)
{
    weft_actor_info info = {.size = sizeof info};

    cr_assert_eq(weft_actor_read(rt, pid, &info), 0);
    return info;
}

static weft_worker_info worker(uint32_t number)
{
    weft_worker_info info = {.size = sizeof info};

    cr_assert_eq(weft_worker_read(rt, number, &info), 0);
    return info;
}

static weft_thread_info thread(uint32_t number)
{
    weft_thread_info info = {.size = sizeof info};

    cr_assert_eq(weft_thread_read(rt, number, &info), 0);
    return info;
}

/* --- walking --- */

enum { CROWD = 100 };

/* How often each of the crowd is met. */
static unsigned walk(const weft_pid crowd[CROWD], unsigned met[CROWD])
{
    weft_cursor cursor = {0};
    weft_pid pid;
    unsigned all = 0;

    memset(met, 0, CROWD * sizeof *met);
    for (; (pid = weft_actor_next(rt, &cursor)) != WEFT_NOBODY; all++)
        for (int i = 0; i < CROWD; i++)
            met[i] += crowd[i] == pid;
    return all;
}

TestOnWorkers(look, a_walk_meets_each_actor_once)
{
    weft_pid crowd[CROWD];
    unsigned met[CROWD];

    rt = story_start(workers);
    for (int i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_spawn(rt, &probe_bare, NULL, &crowd[i]), 0);
    cr_expect_eq(walk(crowd, met), CROWD);
    for (int i = 0; i < CROWD; i++)
        cr_expect_eq(met[i], 1);
    for (int i = 0; i < CROWD; i += 2)
        cr_assert_eq(weft_rt_kill_actor(rt, crowd[i]), 0);
    wait_until(story_stats(rt).ended == CROWD / 2);
    cr_expect_eq(walk(crowd, met), CROWD / 2);
    for (int i = 0; i < CROWD; i++)
        cr_expect_eq(met[i], (unsigned)i % 2);
    story_finish(rt);
}

/* --- actors --- */

Test(look, tells_where_an_actor_is_in_its_life)
{
    struct probe first = probe_of(0), second = probe_of(1);
    weft_pid a, b;

    rt = story_start(1);
    first.stop = PLAN_WAIT;
    first.gate = 1;
    a = story_spawn(rt, 0, &probe, &first);
    story_wait(0, "init");
    cr_assert_eq(weft_rt_cast_word(rt, a, WAIT, 0), 0);
    story_wait(0, "init, waits");
    b = story_spawn(rt, 1, &probe, &second); /* its worker has no time for it */
    cr_expect_eq(actor(a).life, WEFT_LIFE_RUNNING);
    cr_expect_eq(actor(b).life, WEFT_LIFE_NEWBORN);
    cr_expect_str_eq(actor(b).behavior, "probe");
    cr_assert_eq(weft_rt_stop_actor(rt, a), 0);
    gate_open(0);
    story_wait(0, "init, waits, goes on, stop stopped");
    cr_expect_eq(actor(a).life, WEFT_LIFE_ENDING);
    gate_open(1);
    wait_until(story_stats(rt).ended == 1);
    story_wait(1, "init");
    cr_expect_eq(actor(b).life, WEFT_LIFE_RUNNING);
    cr_expect_eq(weft_actor_read(rt, a, &(weft_actor_info){.size = sizeof first}),
                 WEFT_ENOACTOR);
    story_finish(rt);
}

static weft_next answered(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    story_tell(1, "answered");
    return weft_stay(self);
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    return weft_await(self, weft_word(msg), weft_word_letter(WAIT, 0), WEFT_FOREVER,
                      answered);
}

Test(look, tells_who_awaits_an_answer_and_who_drains)
{
    static const weft_behavior asker = WEFT_STATELESS("asker", asking);
    const struct probe args = probe_of(0);
    weft_pid asked, asks;

    rt = story_start(1);
    asked = story_spawn(rt, 0, &probe_bare, &args);
    asks = story_spawn(rt, 1, &asker, NULL);
    cr_assert_eq(weft_rt_cast_word(rt, asks, TELL, asked), 0);
    story_wait(0, "waits");
    cr_expect_eq(actor(asks).life, WEFT_LIFE_AWAITING);
    cr_expect_eq(actor(asked).life, WEFT_LIFE_RUNNING);
    gate_open(0); /* a step that does not answer: that is a failure */
    story_wait(1, "answered");
    wait_until(worker(0).activity == WEFT_IDLE);
    cr_expect_eq(actor(asks).life, WEFT_LIFE_RUNNING);
    cr_assert_eq(weft_rt_cast_word(rt, asked, WAIT, 1), 0);
    cr_assert_eq(weft_rt_cast_word(rt, asked, WAIT, 2), 0);
    cr_assert_eq(weft_rt_drain_actor(rt, asked), 0);
    gate_open(1);
    story_wait(0, "waits, goes on, waits, goes on, waits");
    cr_expect_eq(actor(asked).life, WEFT_LIFE_DRAINING);
    gate_open(2);
    story_finish(rt);
}

static weft_pid reader;

/* Sends a few words to the reader, and waits. */
static weft_next giving(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    for (uint64_t i = 0; i < weft_word(msg); i++)
        weft_cast_word(self, reader, TELL, i);
    gate_pass(0);
    return weft_stay(self);
}

Test(look, counts_mail_that_waits_and_mail_that_was_taken)
{
    static const weft_behavior giver = WEFT_STATELESS("giver", giving);
    const struct probe args = probe_of(0);
    weft_actor_info before;
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, 1, &giver, NULL);
    reader = story_spawn(rt, 0, &probe_bare, &args);
    cr_assert_eq(weft_rt_cast_word(rt, reader, TELL, 9), 0);
    story_wait(0, "step 9");
    wait_until(worker(0).activity == WEFT_IDLE);
    before = actor(reader);
    cr_expect_eq(before.waiting, 0);
    cr_expect_not(before.more);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 5), 0);
    wait_until(actor(reader).waiting == 5);
    cr_expect_not(actor(reader).more);
    cr_assert_eq(weft_rt_cast_word(rt, reader, TELL, 5), 0);
    cr_expect(actor(reader).more, "its inbox is not empty");
    gate_open(0);
    wait_until(worker(0).activity == WEFT_IDLE);
    cr_expect_eq(actor(reader).waiting, 0);
    cr_expect_not(actor(reader).more);
    cr_expect_eq(actor(reader).taken - before.taken, 6);
    story_finish(rt);
}

/* A step that yields makes its actor's mail wait in a queue. */
Test(look, counts_what_is_taken_from_a_queue)
{
    enum { MANY = 100 };
    const struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, 0, &probe_bare, &args);
    cr_assert_eq(weft_rt_cast_word(rt, pid, YIELD, 0), 0);
    story_wait(0, "yields");
    for (uint64_t i = 0; i < MANY; i++)
        cr_assert_eq(weft_rt_cast_word(rt, pid, RETURN, 0), 0);
    cr_expect(actor(pid).more);
    gate_open(0);
    wait_until(worker(0).activity == WEFT_IDLE && story_stats(rt).handled == MANY + 1);
    cr_expect_eq(actor(pid).taken, MANY + 1);
    cr_expect_not(actor(pid).more);
    story_finish(rt);
}

Test(look, counts_the_memory_of_an_actor_and_its_state)
{
    static const weft_behavior large = {
        .name = "large", .state_size = 1000, .state_align = 8, .step = giving};
    weft_pid small, other;

    rt = story_start(1);
    cr_assert_eq(weft_rt_spawn(rt, &probe_bare, NULL, &small), 0);
    cr_assert_eq(weft_rt_spawn(rt, &large, NULL, &other), 0);
    cr_expect_eq(actor(small).memory, 128);
    cr_expect_eq(actor(other).memory, 1128);
    story_finish(rt);
}

Test(look, refuses_what_it_does_not_know)
{
    weft_actor_info info = {.size = sizeof info};
    weft_worker_info at = {.size = sizeof at};
    weft_thread_info by = {.size = sizeof by};
    struct {
        weft_actor_info info;
        uint64_t later[4];
    } newer;
    weft_pid pid;

    rt = story_start(1);
    cr_assert_eq(weft_rt_spawn(rt, &probe_bare, NULL, &pid), 0);
    cr_expect_eq(weft_actor_read(rt, WEFT_NOBODY, &info), WEFT_ENOACTOR);
    cr_expect_eq(weft_actor_read(rt, pid + 1, &info), WEFT_ENOACTOR);
    cr_expect_eq(weft_actor_read(rt, pid ^ (weft_pid)3 << 56, &info), WEFT_EFOREIGN);
    cr_expect_eq(weft_worker_read(rt, 1, &at), WEFT_EINVAL);
    cr_expect_eq(weft_thread_read(rt, 1, &by), WEFT_EINVAL);
    info.size = 0;
    cr_expect_eq(weft_actor_read(rt, pid, &info), WEFT_EINVAL);
    info.size = (size_t)-1;
    cr_expect_eq(weft_actor_read(rt, pid, &info), WEFT_EINVAL);
    memset(&newer, 0xff, sizeof newer);
    newer.info.size = sizeof newer;
    cr_expect_eq(weft_actor_read(rt, pid, &newer.info), 0);
    cr_expect_eq(newer.later[3], 0, "what an older library does not know is 0");
    memset(&info, 0xff, sizeof info);
    info.size = offsetof(weft_actor_info, life);
    cr_expect_eq(weft_actor_read(rt, pid, &info), 0);
    cr_expect_str_eq(info.behavior, "probe_bare");
    cr_expect_eq(info.memory, SIZE_MAX, "what an older program does not know is left");
    story_finish(rt);
}

Test(look, has_words_for_the_states_of_life)
{
    cr_expect_str_eq(weft_life_text(WEFT_LIFE_NEWBORN), "newborn");
    cr_expect_str_eq(weft_life_text(WEFT_LIFE_ENDING), "ending");
    cr_expect_null(weft_life_text(WEFT_LIFE_STATES));
}

/* --- workers and threads --- */

Test(look, tells_whose_step_a_worker_runs)
{
    const struct probe args = probe_of(0);
    weft_worker_info idle;
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, 0, &probe_bare, &args);
    wait_until((idle = worker(0)).activity == WEFT_IDLE);
    cr_expect_eq(idle.thread, WEFT_NO_WORKER);
    cr_expect_eq(idle.running, WEFT_NOBODY);
    wait_until(thread(0).running == WEFT_NOBODY);
    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, 0), 0);
    story_wait(0, "waits");
    cr_expect_eq(worker(0).activity, WEFT_ACTIVE);
    cr_expect_eq(worker(0).running, pid);
    cr_expect_eq(worker(0).thread, 0);
    wait_until(worker(0).quiet_ns > 1000000);
    cr_expect_eq(thread(0).activity, WEFT_ACTIVE);
    cr_expect_eq(thread(0).running, pid);
    cr_expect_eq(thread(0).worker, 0);
    cr_expect_gt(thread(0).kernel_id, 0);
    gate_open(0);
    story_finish(rt);
}

/* A step that has lost its worker runs on, on a thread that has none. */
Test(look, tells_which_thread_is_stuck)
{
    const struct probe stuck = probe_of(0), other = probe_of(1);
    weft_pid pid, neighbour;
    unsigned stuck_threads = 0;

    rt = story_start(2);
    pid = story_spawn(rt, 0, &probe_bare, &stuck);
    neighbour = story_spawn(rt, 1, &probe_bare, &other);
    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, 0), 0);
    story_wait(0, "waits");
    cr_assert_eq(weft_rt_cast_word(rt, neighbour, TELL, 1), 0);
    story_wait(1, "step 1");
    wait_until(actor(pid).stuck);
    wait_until(thread(0).worker == WEFT_NO_WORKER || thread(1).worker == WEFT_NO_WORKER ||
               thread(2).worker == WEFT_NO_WORKER);
    for (uint32_t i = 0; i < 3; i++)
        stuck_threads += thread(i).activity == WEFT_STUCK && thread(i).running == pid;
    cr_expect_eq(stuck_threads, 1);
    gate_open(0);
    wait_until(!actor(pid).stuck);
    story_finish(rt);
}

TestOnWorkers(look, the_workers_counters_are_the_runtimes)
{
    const struct probe args = probe_of(0);
    uint64_t handled = 0, spawned = 0, rescues;
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe_bare, &args);
    for (uint64_t i = 0; i < 10; i++)
        cr_assert_eq(weft_rt_cast_word(rt, pid, YIELD, 0), 0);
    gate_open(0);
    wait_until(story_stats(rt).handled == 10);
    rescues = story_stats(rt).rescues; /* what then handled has no worker */
    for (uint32_t i = 0; i < workers; i++) {
        handled += worker(i).handled;
        spawned += worker(i).spawned;
    }
    cr_expect(handled == 10 || (rescues > 0 && handled < 10));
    cr_expect_eq(spawned, 0, "it was made outside");
    story_finish(rt);
}
