/* test_threadless.c: aim: a runtime without threads runs actors when it is told to, so many
 * steps as it is told, on the thread that says so, and on one at a time; its descriptor is
 * readable whenever there is something to run, whoever made it so.
 * Method: threads counted in /proc; an actor that sends to itself; threads outside that send
 * while one, or several, run the actors. */
#include "test/support/unit_story.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

TestSuite(threadless, .timeout = 60);

static weft_runtime *rt;

static unsigned entries(const char *path)
{
    DIR *dir = opendir(path);
    unsigned n = 0;

    cr_assert_not_null(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static void set_up(void)
{
    weft_options options;

    weft_options_init(&options);
    options.threadless = true;
    options.actors_max = 1000;
    rt = story_start_with(&options);
}

static void run_all(void)
{
    int ran;

    do
        ran = weft_run_once(rt, 0);
    while (ran > 0);
    cr_expect_eq(ran, 0);
}

static bool is_readable(void)
{
    struct pollfd p = {.fd = weft_wake_fd(rt), .events = POLLIN};

    cr_assert_geq(p.fd, 0);
    return poll(&p, 1, 0) == 1;
}

/* --- actors --- */

static atomic_ulong steps;
static pthread_t thread_of_step;

/* Sends the word, less one, to itself. */
static weft_next counting_down(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    atomic_fetch_add(&steps, 1);
    thread_of_step = pthread_self();
    if (weft_word(msg) > 0)
        weft_cast_word(self, weft_self_pid(self), 1, weft_word(msg) - 1);
    return weft_stay(self);
}

static const weft_behavior countdown = WEFT_STATELESS("countdown", counting_down);

static weft_next exiting(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    cr_expect_eq(weft_run_once(weft_self_runtime(self), 1), WEFT_EPLACE, "we are in it");
    weft_exit(self, (int)weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior exiter = WEFT_STATELESS("exiter", exiting);

static weft_next echoing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, 1, weft_word(msg) + 1);
    return weft_stay(self);
}

static const weft_behavior echo = WEFT_STATELESS("echo", echoing);

static weft_pid spawn(const weft_behavior *behavior)
{
    weft_pid pid = WEFT_NOBODY;

    atomic_store(&steps, 0);
    cr_assert_eq(weft_rt_spawn(rt, behavior, NULL, &pid), 0);
    return pid;
}

static void cast(weft_pid to, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, to, 1, word), 0);
}

/* --- running --- */

Test(threadless, it_has_no_thread_and_leaves_no_descriptor)
{
    const unsigned threads = entries("/proc/self/task"), fds = entries("/proc/self/fd");

    set_up();
    cr_expect_eq(entries("/proc/self/task"), threads);
    cr_expect_eq(weft_workers(rt), 1);
    story_finish(rt);
    cr_expect_eq(entries("/proc/self/fd"), fds);
}

Test(threadless, nothing_runs_but_when_it_is_told_to)
{
    const struct probe args = probe_of(0);
    weft_pid pid;

    set_up();
    pid = story_spawn(rt, 0, &probe, &args);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 1), 0);
    story_is(0, "");
    run_all();
    story_is(0, "init, step 1");
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
    story_is(0, "init, step 1");
    run_all();
    story_is(0, "init, step 1, stop stopped, exit stopped, destroy");
    story_finish(rt);
}

Test(threadless, a_budget_is_kept)
{
    weft_pid pid;

    set_up();
    pid = spawn(&countdown);
    cast(pid, 1499);
    cr_expect_eq(weft_run_once(rt, 1), 1);
    cr_expect_eq(weft_run_once(rt, 99), 99);
    cr_expect_eq(atomic_load(&steps), 100);
    cr_expect(pthread_equal(thread_of_step, pthread_self()));
    cr_expect(is_readable(), "there is more");
    cr_expect_eq(weft_wait_ns(rt), 0);
    cr_expect_eq(weft_run_once(rt, 0), 1000);
    cr_expect_eq(weft_run_once(rt, 0), 400);
    cr_expect_eq(weft_run_once(rt, 0), 0);
    cr_expect_eq(weft_wait_ns(rt), WEFT_FOREVER);
    story_finish(rt);
}

Test(threadless, the_descriptor_says_when_there_is_something)
{
    weft_pid pid;

    set_up();
    cr_expect_not(is_readable());
    pid = spawn(&countdown);
    for (int i = 0; i < 3; i++) {
        cast(pid, 3);
        cast(pid, 3);
        cr_expect(is_readable());
        run_all();
        cr_expect_not(is_readable());
        cr_expect_eq(atomic_load(&steps), 8 * ((unsigned)i + 1));
    }
    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
    cr_expect(is_readable());
    run_all();
    cr_expect_not(weft_rt_alive(rt, pid));
    story_finish(rt);
}

Test(threadless, other_runtimes_refuse)
{
    weft_options options;

    rt = story_start(1);
    cr_expect_eq(weft_run_once(rt, 1), WEFT_EPLACE);
    cr_expect_eq(weft_wake_fd(rt), WEFT_EPLACE);
    story_finish(rt);

    weft_options_init(&options);
    options.threadless = true;
    options.workers = 1;
    cr_expect_eq(weft_start(&rt, &options), WEFT_EINVAL);
    options.workers = 0;
    options.relief = WEFT_NO_RELIEF;
    cr_expect_eq(weft_start(&rt, &options), WEFT_EINVAL);
}

/* --- what runs the actors by itself --- */

Test(threadless, run_goes_on_until_the_exit)
{
    int code = -5;

    set_up();
    cast(spawn(&exiter), 7);
    cr_expect_not(weft_exited(rt, &code));
    cr_expect_eq(code, -5);
    cr_expect_eq(weft_run(rt), 7);
    cr_expect(weft_exited(rt, &code));
    cr_expect_eq(code, 7);
    story_finish(rt);
}

static void *exit_from_outside(void *unused)
{
    (void)unused;
    weft_rt_exit(rt, 9);
    return NULL;
}

Test(threadless, run_is_woken_by_an_exit_from_outside)
{
    pthread_t thread;

    set_up();
    cr_assert_eq(pthread_create(&thread, NULL, exit_from_outside, NULL), 0);
    cr_expect_eq(weft_run(rt), 9);
    pthread_join(thread, NULL);
    story_finish(rt);
}

Test(threadless, stopping_runs_the_hooks)
{
    struct probe args[] = {probe_of(0), probe_of(1)};

    set_up();
    story_spawn(rt, 0, &probe, &args[0]);
    run_all();
    story_spawn(rt, 1, &probe, &args[1]); /* its init has not run */
    cr_expect_eq(weft_stop_all(rt, WEFT_SEC(100)), 0);
    story_is(0, "init, stop shutdown, exit shutdown, destroy");
    cr_expect_eq(weft_finish(rt, 0), 0);
}

Test(threadless, a_port_waits_and_runs)
{
    weft_port *port = NULL;
    weft_msg *msg = NULL;
    weft_pid pid;

    set_up();
    pid = spawn(&echo);
    cr_assert_eq(weft_port_open(rt, 0, &port), 0);
    for (uint64_t i = 0; i < 100; i++) {
        cr_assert_eq(weft_port_cast(port, pid, weft_word_letter(1, i)), 0);
        cr_assert_eq(
            weft_port_wait(port, i % 2 == 0 ? WEFT_FOREVER : WEFT_SEC(100), &msg), 0);
        cr_expect_eq(weft_word(msg), i + 1);
        weft_msg_free(msg);
    }
    cr_expect_eq(weft_port_wait(port, WEFT_MS(1), &msg), WEFT_ETIMEDOUT);
    weft_port_close(port);
    story_finish(rt);
}

/* --- timers --- */

static weft_next gave_up(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_exit(self, weft_failure(msg) == WEFT_ETIMEDOUT ? 3 : 4);
    return weft_stay(self);
}

/* Asks one that does not answer. */
static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    return weft_await(self, weft_word(msg), weft_signal(1), WEFT_MS(5), gave_up);
}

Test(threadless, deadlines_come)
{
    static const weft_behavior asker = WEFT_STATELESS("asker", asking);
    weft_port *port = NULL;
    uint64_t wait_ns;

    set_up();
    cr_assert_eq(weft_port_open(rt, 0, &port), 0);
    cast(spawn(&asker), weft_port_pid(port));
    run_all();
    wait_ns = weft_wait_ns(rt);
    cr_expect(wait_ns <= WEFT_MS(10) || weft_exited(rt, NULL), "it may have come by now");
    cr_expect_eq(weft_run(rt), 3);
    run_all(); /* the exit was an event as well */
    cr_expect_eq(weft_wait_ns(rt), WEFT_FOREVER);
    story_finish(rt);
}

/* --- other threads --- */

enum { SENDERS = 3, EACH = 2000 };

static weft_pid target;
static atomic_uint senders_left;

static void send_many(unsigned number)
{
    (void)number;
    for (uint64_t i = 0; i < EACH; i++)
        cr_expect_eq(weft_rt_cast_word(rt, target, 1, i % 3), 0);
    atomic_fetch_sub(&senders_left, 1);
}

/* Sleeps whenever there is nothing to do: a wake-up that is lost is a test that hangs. */
static void run_until(unsigned long wanted)
{
    while (atomic_load(&steps) < wanted) {
        struct pollfd wake = {.fd = weft_wake_fd(rt), .events = POLLIN};
        int ran = weft_run_once(rt, 100);

        if (ran == WEFT_EPLACE) /* another runner, who may be the last */
            poll(NULL, 0, 0);
        else if (ran == 0)
            cr_expect_eq(poll(&wake, 1, 50000), 1, "%lu of %lu", atomic_load(&steps),
                         wanted);
    }
}

enum { STEPS_OF_ALL = SENDERS * EACH * 2 - SENDERS }; /* the words are 0, 1, 2, 0, 1 .. */

static void send_or_run(unsigned number)
{
    if (number < SENDERS)
        send_many(number);
    else
        run_until(STEPS_OF_ALL);
}

Test(threadless, others_send_while_it_runs)
{
    set_up();
    target = spawn(&countdown);
    atomic_store(&senders_left, SENDERS);
    in_threads(SENDERS + 1, send_or_run);
    run_all();
    cr_expect_eq(atomic_load(&steps), STEPS_OF_ALL);
    cr_expect_eq(atomic_load(&senders_left), 0);
    story_finish(rt);
}

static void run_in_turns(unsigned number)
{
    (void)number;
    while (atomic_load(&steps) < 20000) {
        int ran = weft_run_once(rt, 50);

        cr_expect(ran >= 0 || ran == WEFT_EPLACE, "%d", ran);
    }
}

Test(threadless, it_goes_from_thread_to_thread)
{
    set_up();
    cast(spawn(&countdown), 19999);
    in_threads(3, run_in_turns);
    cr_expect_eq(atomic_load(&steps), 20000);
    story_finish(rt);
}
