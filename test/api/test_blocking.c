/* test_blocking.c: aim: functions on the blocking pool: one message for each that was taken,
 * whatever the function does; limits; threads that come and go; the end of the runtime.
 * Method: an actor that offloads what it is told to, and writes down what comes of it. */
#include "test/support/unit_story.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

TestSuite(blocking, .timeout = 60);

static weft_runtime *rt;

/* --- the actor that asks --- */

struct order {
    weft_work_fn fn;
    const void *args;
    size_t size;
    uint64_t ref;
};

enum { TAG_ORDER = 1, TAG_ANSWER, TAG_THING, TAG_STOP, TAG_WAIT };

struct asker {
    unsigned who;
};

static atomic_uint things_ended;

static void thing_end(void *object)
{
    *(char *)object = 0;
    things_ended++;
}

#define THING_FIELDS(F) F(char, name[50]) F(uint64_t, ref)
WEFT_BLOCK(thing, TAG_THING, THING_FIELDS, thing_end)

static void offload(weft_self *self, unsigned who, const weft_msg *msg)
{
    struct order order;
    int error;

    memcpy(&order, weft_payload(msg, NULL), sizeof order);
    error = weft_offload(self, order.fn, order.args, order.size, order.ref);
    if (error < 0)
        story_tell(who, "%d is %s", (int)order.ref, weft_err_name(error));
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    const unsigned who = ((struct asker *)state)->who;
    const struct thing *thing = thing_at(msg);
    weft_work_failed failed;
    size_t size;

    if (weft_tag(msg) == TAG_ORDER) {
        offload(self, who, msg);
    } else if (weft_tag(msg) == TAG_WAIT) {
        gate_pass((unsigned)weft_word(msg));
    } else if (weft_tag(msg) == TAG_STOP) {
        return weft_stop(self);
    } else if (weft_work_failed_get(msg, &failed)) {
        cr_expect_eq(weft_sender(msg), WEFT_NOBODY);
        story_tell(who, "%d failed %s", (int)failed.ref,
                   weft_err_name(failed.error) != NULL ? weft_err_name(failed.error)
                                                       : "by itself");
    } else if (thing != NULL) {
        story_tell(who, "%d has %s", (int)thing->ref, thing->name);
    } else {
        cr_expect_eq(weft_sender(msg), WEFT_NOBODY);
        weft_payload(msg, &size);
        story_tell(who, "%d bytes, %d", (int)size, (int)weft_word(msg));
    }
    return weft_stay(self);
}

static const weft_behavior asker =
    WEFT_BEHAVIOR("asker", struct asker, asking, .args_size = sizeof(struct asker));

static weft_pid ask_for(unsigned who)
{
    const struct asker args = {who};

    return story_spawn(rt, who, &asker, &args);
}

static void order(weft_pid pid, weft_work_fn fn, uint64_t ref)
{
    struct order o = {fn, NULL, 0, ref};

    cr_assert_eq(weft_rt_cast(rt, pid, weft_small(TAG_ORDER, &o, sizeof o)), 0);
}

static void order_with(weft_pid pid, weft_work_fn fn, const void *args, size_t size)
{
    struct order o = {fn, args, size, 7};

    cr_assert_eq(weft_rt_cast(rt, pid, weft_small(TAG_ORDER, &o, sizeof o)), 0);
}

static void start_pool(unsigned workers, unsigned max, unsigned queue_max)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.blocking_max = max;
    options.blocking_queue_max = queue_max;
    options.blocking_idle_ns = WEFT_MS(1);
    rt = story_start_with(&options);
}

/* --- answers --- */

static weft_letter thing_letter(struct thing *thing, const char *name, uint64_t ref)
{
    strcpy(thing->name, name);
    thing->ref = ref;
    return thing_msg(thing);
}

/* A small answer of so many bytes as the reference says, of ones. */
static void answering(weft_work *work, const void *args)
{
    char bytes[WEFT_SMALL_MAX];
    size_t size = weft_work_ref(work);

    cr_expect_null(args);
    memset(bytes, 1, sizeof bytes);
    cr_expect_eq(weft_work_answer(work, weft_small(TAG_ANSWER, bytes, size)), 0);
}

static void answering_with_a_thing(weft_work *work, const void *args)
{
    struct thing thing;

    (void)args;
    cr_expect_eq(
        weft_work_answer(work, thing_letter(&thing, "a name", weft_work_ref(work))), 0);
}

TestOnWorkers(blocking, an_answer_of_any_form_comes_as_mail)
{
    static const char *const told[] = {"0 bytes, 0", "1 bytes, 1", "8 bytes, 16843009",
                                       "9 bytes, 16843009", "40 bytes, 16843009"};
    static const uint64_t sizes[] = {0, 1, 8, 9, 40};
    weft_pid pid;

    rt = story_start(workers);
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        order(ask_for(i), answering, sizes[i]);
        story_wait(i, told[i]);
    }
    pid = ask_for(9);
    order(pid, answering_with_a_thing, 5);
    story_wait(9, "5 has a name");
    wait_until(things_ended == 1);
    wait_until(story_stats(rt).work_done == 6);
    story_finish(rt);
}

static void summing(weft_work *work, const void *args)
{
    const unsigned char *bytes = args;
    uint64_t sum = 0;

    gate_pass(0);
    for (size_t i = 0; i < 100000; i++)
        sum += bytes[i];
    cr_expect_eq((uintptr_t)args % _Alignof(max_align_t), 0);
    cr_expect_eq(weft_work_answer(work, weft_word_letter(TAG_ANSWER, sum)), 0);
}

TestOnWorkers(blocking, args_are_copied)
{
    static unsigned char bytes[100000];
    weft_pid pid;

    memset(bytes, 3, sizeof bytes);
    rt = story_start(workers);
    pid = ask_for(0);
    order_with(pid, summing, bytes, sizeof bytes);
    wait_until(story_stats(rt).work_running == 1);
    memset(bytes, 0, sizeof bytes);
    gate_open(0);
    story_wait(0, "8 bytes, 300000");
    story_finish(rt);
}

Test(blocking, a_step_that_has_lost_its_domain_may_offload)
{
    weft_pid pid;

    rt = story_start(2);
    pid = ask_for(0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_WAIT, 0), 0);
    order(pid, answering, 8);
    gate_open(0);
    story_wait(0, "8 bytes, 16843009");
    story_finish(rt);
}

/* --- no answer --- */

static void forgetting(weft_work *work, const void *args)
{
    (void)work, (void)args;
}

static void failing(weft_work *work, const void *args)
{
    (void)args;
    cr_expect_eq(weft_work_fail(work, 0), WEFT_EINVAL, "0 is no failure");
    cr_expect_eq(weft_work_fail(work, 12345), 0);
    cr_expect_eq(weft_work_fail(work, 12345), WEFT_EANSWERED);
    cr_expect_eq(weft_work_answer(work, weft_signal(TAG_ANSWER)), WEFT_EANSWERED);
}

static void answering_nonsense(weft_work *work, const void *args)
{
    weft_letter letter = weft_small(TAG_ANSWER, "", WEFT_SMALL_MAX + 1);

    (void)args;
    cr_expect_eq(weft_work_answer(work, letter), WEFT_EINVAL);
    cr_expect_eq(weft_work_answer(work, letter), WEFT_EANSWERED);
}

static void answering_twice(weft_work *work, const void *args)
{
    struct thing first, second;

    (void)args;
    cr_expect_eq(weft_work_answer(work, thing_letter(&first, "the first", 4)), 0);
    cr_expect_eq(weft_work_answer(work, thing_letter(&second, "the second", 4)),
                 WEFT_EANSWERED);
    cr_expect_eq(weft_work_fail(work, 1), WEFT_EANSWERED);
}

TestOnWorkers(blocking, who_gives_no_answer_has_failed)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = ask_for(0);
    order(pid, forgetting, 1);
    story_wait(0, "1 failed WEFT_ENOANSWER");
    order(pid, failing, 2);
    story_wait(0, "1 failed WEFT_ENOANSWER, 2 failed by itself");
    order(pid, answering_nonsense, 3);
    story_wait(0, "1 failed WEFT_ENOANSWER, 2 failed by itself, 3 failed WEFT_EINVAL");
    wait_until(story_stats(rt).work_done == 3);
    cr_expect_eq(story_dead_letters(rt), 3, "answers that nobody wanted");
    story_finish(rt);
    story_is(0, "1 failed WEFT_ENOANSWER, 2 failed by itself, 3 failed WEFT_EINVAL, "
                "exit shutdown");
}

TestOnWorkers(blocking, the_first_answer_counts)
{
    rt = story_start(workers);
    order(ask_for(0), answering_twice, 4);
    story_wait(0, "4 has the first");
    wait_until(things_ended == 2 && story_stats(rt).work_done == 1);
    cr_expect_eq(story_dead_letters(rt), 1);
    story_finish(rt);
    story_is(0, "4 has the first, exit shutdown");
    cr_expect_eq(things_ended, 2);
}

static weft_next asking_nonsense(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    cr_expect_eq(weft_offload(self, NULL, NULL, 0, 0), WEFT_EINVAL);
    cr_expect_eq(weft_offload(self, forgetting, NULL, 1, 0), WEFT_EINVAL);
    cr_expect_eq(weft_offload(self, forgetting, "", SIZE_MAX, 0), WEFT_ENOMEM);
    return weft_stop(self);
}

static const weft_behavior fool = WEFT_STATELESS("fool", asking_nonsense);

Test(blocking, nonsense_is_refused)
{
    weft_options options;

    rt = story_start(1);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &fool, NULL), 1, 0), 0);
    story_wait(0, "exit normal");
    cr_expect_eq(story_stats(rt).work_threads, 0, "nobody was needed");
    story_finish(rt);
    weft_options_init(&options);
    options.blocking_max = WEFT_BLOCKING_MAX + 1;
    cr_expect_eq(weft_start(&rt, &options), WEFT_EINVAL);
}

static weft_next asking_without_threads(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    cr_expect_eq(weft_offload(self, forgetting, NULL, 0, 0), WEFT_EPLACE);
    return weft_stop(self);
}

Test(blocking, a_threadless_runtime_has_no_pool)
{
    static const weft_behavior loner = WEFT_STATELESS("loner", asking_without_threads);
    weft_options options;

    weft_options_init(&options);
    options.threadless = true;
    rt = story_start_with(&options);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &loner, NULL), 1, 0), 0);
    while (weft_run_once(rt, 0) > 0)
        continue;
    story_is(0, "exit normal");
    story_finish(rt);
}

/* --- limits --- */

/* Waits at the gate of its reference, or goes on if there is none. */
static void waiting(weft_work *work, const void *args)
{
    (void)args;
    if (weft_work_ref(work) < GATES)
        gate_pass((unsigned)weft_work_ref(work));
    (void)weft_work_answer(work, weft_word_letter(TAG_ANSWER, weft_work_ref(work)));
}

TestOnWorkers(blocking, so_many_run_and_so_many_wait_in_order)
{
    weft_pid pid;

    start_pool(workers, 1, 2);
    pid = ask_for(0);
    order(pid, waiting, 0);
    wait_until(story_stats(rt).work_running == 1);
    order(pid, waiting, 100);
    order(pid, waiting, 101);
    order(pid, waiting, 102);
    story_wait(0, "102 is WEFT_EFULL");
    cr_expect_eq(story_stats(rt).work_queued, 2);
    cr_expect_eq(story_stats(rt).work_threads, 1);
    gate_open(0);
    story_wait(0, "102 is WEFT_EFULL, 8 bytes, 0, 8 bytes, 100, 8 bytes, 101");
    order(pid, waiting, 103);
    story_wait(0,
               "102 is WEFT_EFULL, 8 bytes, 0, 8 bytes, 100, 8 bytes, 101, 8 bytes, 103");
    story_finish(rt);
}

TestOnWorkers(blocking, as_many_run_as_there_may_be_threads)
{
    start_pool(workers, 3, 100);
    for (unsigned i = 0; i < 4; i++)
        order(ask_for(i), waiting, i);
    wait_until(story_stats(rt).work_running == 3 && story_stats(rt).work_queued == 1);
    cr_expect_eq(story_stats(rt).work_threads, 3);
    for (unsigned i = 0; i < 4; i++)
        gate_open(i);
    for (unsigned i = 0; i < 4; i++)
        wait_until(strncmp(story_of(i), "8 bytes", 7) == 0);
    story_finish(rt);
}

TestOnWorkers(blocking, idle_threads_end_and_others_come)
{
    weft_pid pid;

    start_pool(workers, 2, 100);
    pid = ask_for(0);
    cr_expect_eq(story_stats(rt).work_threads, 0, "nobody has asked for one yet");
    for (int i = 0; i < 5; i++) {
        order(pid, forgetting, 1);
        order(pid, forgetting, 1);
        wait_until(story_stats(rt).work_done == 2 * ((uint64_t)i + 1));
        wait_until(story_stats(rt).work_threads == 0);
    }
    story_finish(rt);
}

static void looking_at_the_thread(weft_work *work, const void *args)
{
    char name[16];
    sigset_t blocked;

    (void)args;
    cr_expect_eq(pthread_getname_np(pthread_self(), name, sizeof name), 0);
    cr_expect_str_eq(name, "weft-blocking");
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    cr_expect(sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGUSR1));
    cr_expect_eq(weft_work_runtime(work), rt);
    cr_expect_not(weft_work_should_stop(work));
    cr_expect_eq(
        weft_rt_cast_word(weft_work_runtime(work), weft_work_pid(work), TAG_ANSWER, 1),
        0);
}

Test(blocking, threads_have_a_name_and_handle_no_signals)
{
    rt = story_start(1);
    order(ask_for(0), looking_at_the_thread, 1);
    story_wait(0, "8 bytes, 1, 1 failed WEFT_ENOANSWER");
    story_finish(rt);
}

/* --- the actor ends first --- */

static atomic_bool saw_the_end;

static void answering_too_late(weft_work *work, const void *args)
{
    struct thing thing;

    (void)args;
    gate_pass(0);
    saw_the_end = weft_work_should_stop(work);
    cr_expect_eq(weft_work_answer(work, thing_letter(&thing, "late", 1)), WEFT_ENOACTOR);
}

TestOnWorkers(blocking, the_answer_to_one_that_has_ended_is_a_dead_letter)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = ask_for(0);
    order(pid, answering_too_late, 1);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_STOP, 0), 0);
    story_wait(0, "exit normal");
    gate_open(0);
    wait_until(story_stats(rt).work_done == 1);
    cr_expect(saw_the_end);
    cr_expect_eq(things_ended, 1);
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_NO_ACTOR], 1);
    story_finish(rt);
}

/* --- the runtime ends --- */

static void must_not_run(weft_work *work, const void *args)
{
    (void)work, (void)args;
    cr_expect(false, "what was queued ran after all");
}

static void until_it_should_stop(weft_work *work, const void *args)
{
    (void)args;
    story_tell(1, "runs");
    while (!weft_work_should_stop(work))
        continue;
    story_tell(1, "ends");
}

TestOnWorkers(blocking, what_runs_is_waited_for_and_what_waits_is_dropped)
{
    weft_pid pid;

    start_pool(workers, 1, 100);
    pid = ask_for(0);
    order(pid, until_it_should_stop, 1);
    story_wait(1, "runs");
    for (uint64_t i = 0; i < 10; i++)
        order(pid, must_not_run, i);
    wait_until(story_stats(rt).work_queued == 10);
    cr_expect_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    story_is(1, "runs, ends");
    cr_expect_eq(story_stats(rt).work_threads, 0);
    cr_expect_eq(story_stats(rt).work_done, 1);
    /* each order has its message; the last may die a little later than their actor */
    wait_until(story_stats(rt).handled + story_dead_letters(rt) == 11 + 11);
    story_finish(rt);
}

static void asking_too_late(weft_self *self, void *state, const weft_reason *reason)
{
    (void)state, (void)reason;
    story_tell(0, "%s", weft_err_name(weft_offload(self, must_not_run, NULL, 0, 0)));
}

TestOnWorkers(blocking, nothing_is_offloaded_any_more)
{
    static const weft_behavior late =
        WEFT_STATELESS("late", asking_nonsense, .stop = asking_too_late);

    rt = story_start(workers);
    story_spawn(rt, 0, &late, NULL);
    story_finish(rt);
    story_is(0, "WEFT_ESTOPPING, exit shutdown");
}

TestOnWorkers(blocking, a_function_that_does_not_return_is_a_timeout)
{
    weft_pid pid;

    start_pool(workers, 1, 100);
    pid = ask_for(0);
    order(pid, waiting, 0);
    wait_until(story_stats(rt).work_running == 1);
    order(pid, must_not_run, 1);
    wait_until(story_stats(rt).work_queued == 1);
    cr_expect_eq(weft_stop_all(rt, WEFT_MS(1)), WEFT_ETIMEDOUT);
    cr_expect_eq(weft_finish(rt, WEFT_MS(1)), WEFT_ETIMEDOUT);
    wait_until(story_stats(rt).ended == 1);
    cr_expect_eq(story_stats(rt).work_running, 1);
    gate_open(0);
    cr_expect_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    cr_expect_eq(story_stats(rt).work_done, 1);
    story_finish(rt);
}
