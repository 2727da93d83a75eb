/* test_own_threads.c: aim: actors with a thread of their own are actors like others, all of
 * whose code runs on one thread, and who hold nobody up.
 * Method: the stories of all actors, told by some that have their own threads. */
#include "test/support/unit_story.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

TestSuite(own_threads, .timeout = 60);

static weft_runtime *rt;

static void cast(weft_pid pid, uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, tag, word), 0);
}

/* The same behaviour, with a thread. Borrowed for ever. */
static const weft_behavior *own(const weft_behavior *behavior)
{
    static weft_behavior copies[16];
    static unsigned n;
    weft_behavior *copy = &copies[n++ % 16];

    *copy = *behavior;
    copy->own_thread = true;
    return copy;
}

/* --- on one thread --- */

enum { TAG_LOOK = 1, TAG_END };

struct homebody {
    pthread_t home;
    unsigned steps;
};

static _Thread_local unsigned steps_here;
static atomic_uint homebodies_ended;
static pthread_t homes[2];

static weft_next move_in(weft_self *self, void *state, const void *args)
{
    struct homebody *h = state;
    char name[16];
    sigset_t blocked;

    h->home = pthread_self();
    cr_expect_eq(steps_here, 0, "a thread that somebody else had");
    homes[*(const unsigned *)args] = h->home;
    cr_expect_eq(pthread_getname_np(h->home, name, sizeof name), 0);
    cr_expect_str_eq(name, "weft-own");
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    cr_expect(sigismember(&blocked, SIGTERM));
    return weft_stay(self);
}

static weft_next staying_home(weft_self *self, void *state, weft_msg *msg)
{
    struct homebody *h = state;

    cr_expect(pthread_equal(h->home, pthread_self()));
    cr_expect_eq(steps_here++, h->steps++);
    return weft_tag(msg) == TAG_END ? weft_stop(self) : weft_stay(self);
}

static void packing(weft_self *self, void *state, const weft_reason *reason)
{
    (void)self, (void)reason;
    cr_expect(pthread_equal(((struct homebody *)state)->home, pthread_self()));
}

static void move_out(void *state)
{
    cr_expect(pthread_equal(((struct homebody *)state)->home, pthread_self()));
    homebodies_ended++;
}

static const weft_behavior homebody = WEFT_BEHAVIOR(
    "homebody", struct homebody, staying_home, .init = move_in, .stop = packing,
    .destroy = move_out, .args_size = sizeof(unsigned), .own_thread = true);

TestOnWorkers(own_threads, all_code_runs_on_one_thread)
{
    rt = story_start(workers);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 2; i++) {
            weft_pid pid = story_spawn(rt, i, &homebody, &i);

            for (unsigned k = 0; k < 100; k++)
                cast(pid, TAG_LOOK, 0);
            cast(pid, TAG_END, 0);
        }
        wait_until(homebodies_ended == 2 * (round + 1));
        wait_until(story_stats(rt).own_threads == 0);
    }
    cr_expect_not(pthread_equal(homes[0], pthread_self()));
    story_finish(rt);
}

/* --- actors like others --- */

TestOnWorkers(own_threads, they_live_like_others)
{
    const struct probe args[] = {probe_of(0),
                                 {.who = 1, .init = PLAN_FAIL},
                                 {.who = 2, .init = PLAN_STOP},
                                 probe_of(3),
                                 probe_of(4),
                                 probe_of(5)};
    weft_pid pid[6];

    rt = story_start(workers);
    for (unsigned i = 0; i < 6; i++)
        pid[i] = story_spawn(rt, i, own(i < 5 ? &probe : &probe_bare), &args[i]);
    cast(pid[0], TELL, 1);
    story_wait(0, "init, step 1");
    cr_expect_eq(weft_rt_stop_actor(rt, pid[0]), 0);
    story_wait(0, "init, step 1, stop stopped, exit stopped, destroy");
    story_wait(1, "init, exit failed 5 in init: as planned, destroy");
    story_wait(2, "init, exit normal, destroy");
    cast(pid[3], FAIL, 9);
    wait_until(!weft_rt_alive(rt, pid[3]));
    cast(pid[4], TELL, 1);
    story_wait(4, "init, step 1");
    cr_expect_eq(weft_rt_kill_actor(rt, pid[4]), 0);
    story_wait(4, "init, step 1, exit killed, destroy");
    cast(pid[5], TELL, 1);
    cast(pid[5], YIELD, 0);
    cast(pid[5], TELL, 2);
    story_wait(5, "step 1, yields");
    gate_open(0);
    story_wait(5, "step 1, yields, goes on, step 2");
    story_finish(rt);
    story_is(5, "step 1, yields, goes on, step 2, exit shutdown");
}

TestOnWorkers(own_threads, one_that_blocks_holds_nobody_up)
{
    const struct probe args[] = {probe_of(0), probe_of(1), probe_of(2)};
    weft_options options;
    weft_pid pid, other;

    weft_options_init(&options);
    options.workers = workers;
    options.relief = WEFT_NO_RELIEF;
    rt = story_start_with(&options);
    pid = story_spawn(rt, 0, own(&probe), &args[0]);
    cast(pid, WAIT, 0);
    story_wait(0, "init, waits");
    other = story_spawn(rt, 1, own(&probe), &args[1]);
    cast(other, TELL, 1);
    story_wait(1, "init, step 1");
    cr_expect_eq(story_stats(rt).rescues, 0, "no worker had a step");
    other = story_spawn(rt, 2, &probe, &args[2]);
    cast(other, TELL, 1);
    story_wait(2, "init, step 1");
    cast(pid, TELL, 2);
    gate_open(0);
    story_wait(0, "init, waits, goes on, step 2");
    story_finish(rt);
}

/* --- mail --- */

enum { TAG_PING = 1, TAG_PONG, TAG_TELL, ROUNDS = 2000 };

static atomic_uint rounds;

static weft_next ponging(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t *next = state;

    cr_expect_eq(weft_word(msg), (*next)++, "out of order");
    weft_reply_word(self, msg, TAG_PONG, weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior ponger =
    WEFT_BEHAVIOR("ponger", uint64_t, ponging, .own_thread = true);
static const weft_behavior worker_ponger =
    WEFT_BEHAVIOR("worker_ponger", uint64_t, ponging);

/* Sends three at a time, to somebody it makes itself. */
struct pinger {
    weft_pid to;
    uint64_t sent;
};

static weft_next pinging(weft_self *self, void *state, weft_msg *msg)
{
    struct pinger *p = state;

    if (p->to == WEFT_NOBODY)
        cr_expect_eq(weft_spawn(self, weft_word(msg) != 0 ? &ponger : &worker_ponger,
                                NULL, &p->to),
                     0);
    if (weft_tag(msg) == TAG_PONG && ++rounds % 3 != 0)
        return weft_stay(self);
    for (int i = 0; i < 3 && p->sent < ROUNDS; i++)
        weft_cast_word(self, p->to, TAG_PING, p->sent++);
    return weft_stay(self);
}

static const weft_behavior pinger = WEFT_BEHAVIOR("pinger", struct pinger, pinging);

TestOnWorkers(own_threads, they_talk_with_anybody)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        weft_pid pid;

        atomic_store(&rounds, 0);
        rt = story_start(workers);
        pid = story_spawn(rt, 0, kind & 1 ? own(&pinger) : &pinger, NULL);
        cast(pid, TAG_PING, kind & 2);
        wait_until(rounds == ROUNDS);
        cr_expect_eq(story_dead_letters(rt), 0);
        story_finish(rt);
    }
}

static weft_next telling_first(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid *to = state;

    (void)msg;
    weft_cast_word(self, *to, TELL, 1);
    gate_pass(0);
    weft_cast_word(self, *to, TELL, 2);
    return weft_stay(self);
}

static const weft_behavior talker = WEFT_BEHAVIOR(
    "talker", weft_pid, telling_first, .args_size = sizeof(weft_pid), .own_thread = true);

TestOnWorkers(own_threads, what_one_sends_before_it_blocks_arrives)
{
    const struct probe args = probe_of(0);
    weft_pid to;

    rt = story_start(workers);
    to = story_spawn(rt, 0, &probe_without_init, &args);
    cast(story_spawn(rt, 1, &talker, &to), 1, 0);
    story_wait(0, "step 1");
    gate_open(0);
    story_wait(0, "step 1, step 2");
    story_finish(rt);
}

static weft_next counting(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t *n = state;

    if (weft_tag(msg) == WAIT)
        gate_pass((unsigned)weft_word(msg));
    else
        cr_expect_eq(weft_word(msg), (*n)++, "out of order");
    atomic_fetch_add(&rounds, 1);
    return weft_stay(self);
}

static const weft_behavior counter =
    WEFT_BEHAVIOR("counter", uint64_t, counting, .own_thread = true);

/* So much that it gets a queue of its own. */
TestOnWorkers(own_threads, a_flood_waits_in_order)
{
    enum { FLOOD = 40000 };
    weft_pid pid;

    atomic_store(&rounds, 0);
    rt = story_start(workers);
    pid = story_spawn(rt, 0, &counter, NULL);
    cast(pid, WAIT, 0);
    for (uint64_t i = 0; i < FLOOD; i++)
        cast(pid, TELL, i);
    gate_open(0);
    wait_until(rounds == FLOOD + 1);
    story_finish(rt);
}

/* Answers nobody until a gate opens. */
static weft_next dozing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    gate_pass(0);
    return weft_stay(self);
}

static const weft_behavior dozer = WEFT_STATELESS("dozer", dozing, .own_thread = true);

static weft_next hearing(weft_self *self, void *state, weft_msg *answer)
{
    (void)state;
    story_tell(0, "%s",
               weft_failure(answer) != 0 ? weft_err_name(weft_failure(answer))
                                         : "answer");
    return weft_stay(self);
}

static weft_next waiting_for_it(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid *whom = state;

    return weft_await_word(self, *whom, TAG_PING, 0,
                           weft_word(msg) == 0 ? WEFT_FOREVER : WEFT_MS(weft_word(msg)),
                           hearing);
}

static const weft_behavior waiter =
    WEFT_BEHAVIOR("waiter", weft_pid, waiting_for_it, .args_size = sizeof(weft_pid),
                  .own_thread = true);

/* Its thread sleeps, and has to wake up in time. */
TestOnWorkers(own_threads, they_await_and_their_deadlines_come)
{
    weft_pid pid, ponger_pid, silent;

    rt = story_start(workers);
    ponger_pid = story_spawn(rt, 1, &ponger, NULL);
    pid = story_spawn(rt, 0, &waiter, &ponger_pid);
    cast(pid, TAG_TELL, 0);
    story_wait(0, "answer");
    cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(0, "answer, exit stopped");
    silent = story_spawn(rt, 1, &dozer, NULL);
    pid = story_spawn(rt, 0, &waiter, &silent);
    cast(pid, TAG_TELL, 20);
    story_wait(0, "answer, exit stopped, WEFT_ETIMEDOUT");
    gate_open(0);
    story_finish(rt);
}

/* --- children --- */

static pthread_t parents_thread, childs_thread;

static weft_next being_a_child(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    childs_thread = pthread_self();
    story_tell(1, "born");
    return weft_stay(self);
}

static const weft_behavior child = WEFT_STATELESS("child", being_a_child);

static weft_next having_a_child(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    parents_thread = pthread_self();
    weft_cast_word(self, story_spawn_inside(self, 1, &child, NULL), 1, 0);
    gate_pass(0);
    return weft_stay(self);
}

static const weft_behavior parent =
    WEFT_STATELESS("parent", having_a_child, .own_thread = true);

TestOnWorkers(own_threads, their_children_live_elsewhere)
{
    rt = story_start(workers);
    cast(story_spawn(rt, 0, &parent, NULL), 1, 0);
    story_wait(1, "born"); /* though the parent waits */
    cr_expect_not(pthread_equal(parents_thread, childs_thread));
    gate_open(0);
    story_finish(rt);
}

/* --- limits, and the end --- */

TestOnWorkers(own_threads, there_are_so_many)
{
    const struct probe args = probe_of(0);
    weft_options options;
    weft_pid pid;

    weft_options_init(&options);
    options.workers = workers;
    options.own_threads_max = 1;
    rt = story_start_with(&options);
    for (int i = 0; i < 20; i++) {
        pid = story_spawn(rt, 1, own(&probe_bare), &args);
        cr_expect_eq(story_stats(rt).own_threads, 1);
        cr_expect_eq(weft_rt_spawn(rt, own(&probe_bare), &args, NULL), WEFT_ELIMIT);
        cr_expect_eq(weft_rt_spawn(rt, &child, NULL, NULL), 0);
        cr_expect_eq(weft_rt_kill_actor(rt, pid), 0);
        wait_until(story_stats(rt).own_threads == 0);
    }
    story_finish(rt);
    options.own_threads_max = WEFT_OWN_THREADS_MAX + 1;
    cr_expect_eq(weft_start(&rt, &options), WEFT_EINVAL);
}

/* The table is full, though a thread could be had. */
Test(own_threads, a_thread_without_an_actor_ends)
{
    const struct probe args = probe_of(0);
    weft_options options;
    weft_pid pid;

    weft_options_init(&options);
    options.workers = 1;
    options.actors_max = 1;
    rt = story_start_with(&options);
    pid = story_spawn(rt, 0, &child, NULL);
    while (weft_rt_spawn(rt, &child, NULL, NULL) == 0)
        continue;
    for (int i = 0; i < 10; i++) {
        cr_expect_eq(weft_rt_spawn(rt, own(&probe_bare), &args, NULL), WEFT_ELIMIT);
        wait_until(story_stats(rt).own_threads == 0);
    }
    cr_expect(weft_rt_alive(rt, pid));
    story_finish(rt);
}

Test(own_threads, a_threadless_runtime_has_none)
{
    const struct probe args = probe_of(0);
    weft_options options;

    weft_options_init(&options);
    options.threadless = true;
    rt = story_start_with(&options);
    cr_expect_eq(weft_rt_spawn(rt, own(&probe), &args, NULL), WEFT_EPLACE);
    story_finish(rt);
}

TestOnWorkers(own_threads, a_stuck_one_is_a_timeout)
{
    const struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, own(&probe), &args);
    cast(pid, WAIT, 0);
    story_wait(0, "init, waits");
    cr_expect_eq(weft_finish(rt, WEFT_MS(1)), WEFT_ETIMEDOUT);
    cr_expect_eq(weft_rt_spawn(rt, own(&probe), &args, NULL), WEFT_ESTOPPING);
    gate_open(0);
    story_wait(0, "init, waits, goes on, exit killed, destroy");
    story_finish(rt);
}

static weft_next looking_out(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    story_tell(0, "looks");
    while (!weft_should_stop(self))
        continue;
    return weft_stay(self);
}

static const weft_behavior lookout =
    WEFT_STATELESS("lookout", looking_out, .own_thread = true);

TestOnWorkers(own_threads, one_that_looks_is_told_to_stop)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &lookout, NULL);
    cast(pid, 1, 0);
    story_wait(0, "looks");
    cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(0, "looks, exit stopped");
    story_finish(rt);
}
