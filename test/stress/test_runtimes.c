/* test/stress/test_runtimes.c: runtimes come and go: in a loop, several at a time, with mail
 * queued, with steps running, with a step that does not end, and as many as there may be. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <pthread.h>

#include <criterion/criterion.h>

enum { TAG_GO = 1 };

static atomic_ulong handled, sent;

/* --- actors --- */

/* Passes on what it gets, to itself and so for ever. */
static weft_next go_round(weft_self *self, void *state, weft_msg *msg)
{
    struct hop hop;
    struct parcel parcel;
    enum parcel_form form = (enum parcel_form)weft_random(self, PARCEL_FORMS);

    (void)state;
    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    atomic_fetch_add_explicit(&handled, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    weft_cast(self, weft_self_pid(self), parcel_letter(&parcel, form, hop));
    return weft_stay(self);
}

static const weft_behavior runner = WEFT_STATELESS("runner", go_round);

static weft_next count(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    atomic_fetch_add_explicit(&handled, 1, memory_order_relaxed);
    return weft_stay(self);
}

static const weft_behavior counter = WEFT_STATELESS("counter", count);

static void send(weft_runtime *rt, weft_pid to, unsigned form)
{
    struct parcel parcel;
    struct hop hop = {0, 0, form};

    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    weft_rt_cast(rt, to, parcel_letter(&parcel, (enum parcel_form)form, hop));
}

static void spawn_some(weft_runtime *rt, const weft_behavior *behavior)
{
    for (unsigned i = 0; i < 2 * PARCEL_FORMS; i++) {
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, behavior, NULL, &pid), 0);
        send(rt, pid, i % PARCEL_FORMS);
    }
}

/* --- in a loop --- */

TestSuite(runtimes, .timeout = 600);

Test(runtimes, start_and_finish_in_a_loop)
{
    uint64_t seed = stress_seed();

    for (uint64_t n = 0; n < stress_amount(40); n++) {
        weft_runtime *rt = stress_start((unsigned)(n % 4) + 1, 1, seed + n, NULL);

        if (n % 3 > 0)
            spawn_some(rt, &counter);
        if (n % 3 > 1)
            cr_expect_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
        cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    }
    thing_check();
}

Test(runtimes, finish_while_steps_run)
{
    uint64_t seed = stress_seed();

    for (uint64_t n = 0; n < stress_amount(20); n++) {
        weft_runtime *rt = stress_start((unsigned)(n % 4) + 1, 1, seed + n, NULL);

        atomic_store(&handled, 0);
        spawn_some(rt, &runner);
        cr_assert(stress_until_at_least(&handled, 100));
        cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    }
    thing_check();
}

Test(runtimes, finish_with_nobody_in_them)
{
    cr_expect_eq(weft_finish(NULL, 0), 0);
    for (int n = 0; n < 10; n++) {
        weft_runtime *rt = stress_start(2, 1, 1, NULL);

        cr_assert_eq(weft_finish(rt, 0), 0);
    }
}

/* --- several at a time --- */

static void *start_and_finish(void *argument)
{
    uint64_t seed = *(uint64_t *)argument;

    for (uint64_t n = 0; n < stress_amount(10); n++) {
        weft_runtime *rt = stress_start((unsigned)(n % 3) + 1, 1, seed + n, NULL);

        spawn_some(rt, n % 2 ? &runner : &counter);
        cr_expect_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    }
    return NULL;
}

Test(runtimes, of_several_threads_do_not_disturb_each_other)
{
    enum { THREADS = 4 };
    uint64_t seed = stress_seed(), seeds[THREADS];
    pthread_t threads[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = seed + i;
        cr_assert_eq(pthread_create(&threads[i], NULL, start_and_finish, &seeds[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    thing_check();
}

/* --- pids of other runtimes --- */

static weft_pid stranger;

static weft_next write_to_stranger(weft_self *self, void *state, weft_msg *msg)
{
    struct parcel parcel;
    struct hop hop = {0, 0, 0};
    weft_letter letter = parcel_letter(&parcel, PARCEL_BLOCK, hop);

    (void)state, (void)msg;
    cr_expect_eq(weft_cast_word(self, stranger, TAG_GO, 0), WEFT_EFOREIGN);
    cr_expect_eq(weft_try_cast(self, stranger, letter), WEFT_EFOREIGN);
    cr_expect_eq(weft_cast(self, stranger, letter), WEFT_EFOREIGN);
    cr_expect_eq(weft_stop_actor(self, stranger), WEFT_EFOREIGN);
    cr_expect_eq(weft_kill_actor(self, stranger), WEFT_EFOREIGN);
    cr_expect_not(weft_alive(self, stranger));
    weft_exit(self, 0);
    return weft_stay(self);
}

static const weft_behavior xenophile = WEFT_STATELESS("xenophile", write_to_stranger);

Test(runtimes, refuse_each_others_pids)
{
    weft_runtime *ours = stress_start(2, 1, 1, NULL);
    weft_runtime *theirs = stress_start(2, 1, 1, NULL);
    weft_letter word = weft_word_letter(TAG_GO, 0);
    weft_stats stats;
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(theirs, &counter, NULL, &stranger), 0);
    cr_assert_eq(weft_rt_spawn(ours, &xenophile, NULL, &pid), 0);
    cr_expect_eq(weft_rt_cast_word(ours, stranger, TAG_GO, 0), WEFT_EFOREIGN);
    cr_expect_eq(weft_rt_try_cast(ours, stranger, word), WEFT_EFOREIGN);
    cr_expect_eq(weft_rt_stop_actor(ours, stranger), WEFT_EFOREIGN);
    cr_expect_eq(weft_rt_kill_actor(ours, stranger), WEFT_EFOREIGN);
    cr_expect_not(weft_rt_alive(ours, stranger));
    cr_expect(weft_rt_alive(theirs, stranger));
    cr_expect_eq(weft_rt_cast_word(ours, pid, TAG_GO, 0), 0);
    cr_assert_eq(weft_run(ours), 0);
    cr_expect_eq(weft_stop_all(ours, STRESS_DEADLINE), 0);
    weft_stats_read(ours, &stats);
    cr_expect_eq(stats.dead[WEFT_DEAD_FOREIGN], 3);
    cr_expect_eq(stats.returned, 2);
    stress_finish(ours, 6);
    stress_finish(theirs, 0);
    thing_check();
}

/* --- a step that does not end --- */

static sem_t let_go;
static atomic_ulong waiting;

static weft_next wait_in_step(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    atomic_fetch_add(&waiting, 1);
    cr_expect(stress_wait(&let_go));
    return weft_stay(self);
}

static const weft_behavior waiter = WEFT_STATELESS("waiter", wait_in_step);

/* All calls run into the time given, until the step ends; then the next succeeds. */
static void test_stuck(unsigned workers, unsigned relief)
{
    weft_runtime *rt = stress_start(workers, relief, stress_seed(), NULL);
    weft_pid pid;

    sem_init(&let_go, 0, 0);
    atomic_store(&waiting, 0);
    cr_assert_eq(weft_rt_spawn(rt, &waiter, NULL, &pid), 0);
    send(rt, pid, PARCEL_BLOCK);
    send(rt, pid, PARCEL_BLOCK);
    cr_assert(stress_until_at_least(&waiting, 1));
    cr_expect_eq(weft_stop_all(rt, 0), WEFT_ETIMEDOUT);
    cr_expect_eq(weft_stop_all(rt, WEFT_MS(10)), WEFT_ETIMEDOUT);
    cr_expect_eq(weft_finish(rt, WEFT_MS(10)), WEFT_ETIMEDOUT);
    cr_expect_eq(weft_rt_spawn(rt, &waiter, NULL, &pid), WEFT_ESTOPPING);
    sem_post(&let_go);
    cr_expect_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    cr_expect_eq(weft_stop_all(rt, 0), 0);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    cr_expect_eq(atomic_load(&waiting), 1, "mail behind a stop was handled");
    thing_check();
    sem_destroy(&let_go);
}

Test(runtimes, stop_a_stuck_step_when_it_ends)
{
    test_stuck(2, 1);
}

Test(runtimes, stop_a_stuck_step_of_the_only_thread_when_it_ends)
{
    test_stuck(1, WEFT_NO_RELIEF);
}

/* --- as many as there may be --- */

static int start_small(weft_runtime **rt)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = 1;
    options.relief = WEFT_NO_RELIEF;
    options.actors_max = 1000;
    return weft_start(rt, &options);
}

Test(runtimes, are_limited_to_sixty_three_at_a_time)
{
    weft_runtime *rt[WEFT_RUNTIMES_MAX], *more = NULL;
    weft_pid pid[WEFT_RUNTIMES_MAX];

    for (int i = 0; i < WEFT_RUNTIMES_MAX; i++) {
        cr_assert_eq(start_small(&rt[i]), 0, "runtime %d", i);
        cr_assert_eq(weft_rt_spawn(rt[i], &counter, NULL, &pid[i]), 0);
        for (int k = 0; k < i; k++)
            cr_expect(pid[k] != pid[i] && !weft_rt_alive(rt[k], pid[i]));
    }
    cr_expect_eq(start_small(&more), WEFT_ELIMIT);
    cr_expect_null(more);
    cr_expect_eq(weft_finish(rt[31], STRESS_DEADLINE), 0);
    cr_expect_eq(start_small(&rt[31]), 0, "there is room again");
    cr_expect_not(weft_rt_alive(rt[31], pid[0]));
    for (int i = 0; i < WEFT_RUNTIMES_MAX; i++)
        cr_assert_eq(weft_finish(rt[i], STRESS_DEADLINE), 0);
}
