/* test/stress/test_outside.c: threads outside send, spawn, stop and kill while the runtime is
 * busy, while its workers fall asleep and are woken, and while it is being stopped.
 *
 * That mail from one thread keeps its order is tested in test_order.c. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <pthread.h>

#include <criterion/criterion.h>

enum { THREADS = 4, PLACES = 16, LEDGER = 1 << 18 };

static weft_runtime *rt;
static struct ledger ledger;
static atomic_ulong sent;
static atomic_bool enough;
static _Atomic(weft_pid) places[PLACES];

/* --- actors: own a thing, have large args, and answer by posting a semaphore --- */

struct answerer {
    struct thing thing;
    sem_t *bell;
    char padding[2000];
};

static weft_next answer(weft_self *self, void *state, weft_msg *msg)
{
    struct answerer *a = state;
    struct hop hop;

    cr_expect(thing_lives(&a->thing), "a step ran without its state");
    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    if (a->bell != NULL)
        sem_post(a->bell);
    return hop.left > 0 ? weft_stop(self) : weft_stay(self);
}

static weft_next set_up(weft_self *self, void *state, const void *args)
{
    struct answerer *a = state;

    *a = *(const struct answerer *)args;
    a->thing = thing_new();
    if (a->bell != NULL)
        sem_post(a->bell);
    return weft_stay(self);
}

static void tear_down(void *state)
{
    struct answerer *a = state;

    thing_end(&a->thing);
    if (a->bell != NULL)
        sem_post(a->bell);
}

static const weft_behavior answerer =
    WEFT_BEHAVIOR("answerer", struct answerer, answer, .init = set_up,
                  .destroy = tear_down, .args_size = sizeof(struct answerer));

static int spawn(sem_t *bell, weft_pid *pid)
{
    struct answerer args = {.bell = bell};
    int error = weft_rt_spawn(rt, &answerer, &args, pid);

    if (error == 0)
        ledger_add(&ledger, *pid, 0);
    return error;
}

static int send(weft_pid to, uint64_t *random, uint32_t left)
{
    enum parcel_form form = (enum parcel_form)stress_random(random, PARCEL_FORMS);
    struct hop hop = {0, left, (uint32_t)*random};
    struct parcel parcel;

    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    return weft_rt_cast(rt, to, parcel_letter(&parcel, form, hop));
}

static void begin(unsigned workers, uint64_t seed)
{
    ledger_init(&ledger, LEDGER);
    rt = stress_start(workers, 1, seed, &ledger);
    atomic_store(&enough, false);
    atomic_store(&sent, 0);
}

static void finish(void)
{
    stress_finish(rt, atomic_load(&sent));
    thing_check();
    ledger_check(&ledger);
    ledger_done(&ledger);
}

/* --- threads --- */

static void run_threads(void *(*body)(void *), uint64_t seed, void (*meanwhile)(void))
{
    pthread_t threads[THREADS];
    uint64_t seeds[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = seed + i;
        cr_assert_eq(pthread_create(&threads[i], NULL, body, &seeds[i]), 0);
    }
    if (meanwhile != NULL)
        meanwhile();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void hammer_once(uint64_t *random)
{
    _Atomic(weft_pid) *place = &places[stress_random(random, PLACES)];
    weft_pid pid = atomic_load_explicit(place, memory_order_relaxed);
    int error = 0;

    switch (stress_random(random, 8)) {
    case 0:
        error = weft_rt_kill_actor(rt, pid);
        break;
    case 1:
        error = weft_rt_stop_actor(rt, pid);
        break;
    case 2:
    case 3:
        error = spawn(NULL, &pid);
        if (error == 0)
            atomic_store_explicit(place, pid, memory_order_relaxed);
        break;
    default:
        error = send(pid, random, stress_random(random, 32) == 0);
    }
    cr_expect(error == 0 || error == WEFT_ENOACTOR || error == WEFT_ESTOPPING, "%s",
              weft_strerror(error));
}

/* Threads can write more than a worker can read: not without end, or memory is all that is
 * tested. */
static bool is_read(void *nothing)
{
    unsigned long written = atomic_load(&sent);

    (void)nothing;
    return stress_accounted(rt) + 20000 >= written;
}

static void hammer_on(uint64_t *random)
{
    for (int i = 0; i < 100; i++)
        hammer_once(random);
    cr_assert(stress_until(is_read, NULL), "nobody reads any more");
}

static void *hammer(void *random)
{
    for (uint64_t n = stress_amount(40); n > 0; n--)
        hammer_on(random);
    return NULL;
}

static void *hammer_until_enough(void *random)
{
    while (!atomic_load_explicit(&enough, memory_order_relaxed))
        hammer_on(random);
    return NULL;
}

/* --- busy --- */

static void test_busy(unsigned workers)
{
    uint64_t seed = stress_seed();

    begin(workers, seed);
    run_threads(hammer, seed, NULL);
    finish();
}

TestSuite(outside, .timeout = 600);

Test(outside, threads_hammer_a_busy_runtime_of_one_worker)
{
    test_busy(1);
}

Test(outside, threads_hammer_a_busy_runtime_of_two_workers)
{
    test_busy(2);
}

Test(outside, threads_hammer_a_busy_runtime_of_eight_workers)
{
    test_busy(8);
}

/* --- parked: each thread waits for each answer, so workers sleep and wake all the time --- */

static bool bell_rings(sem_t *bell, const char *what)
{
    bool rings = stress_wait(bell);

    cr_expect(rings, "the runtime sleeps and does not hear of %s", what);
    return rings;
}

static void *wait_for_answers(void *random)
{
    sem_t bell;
    weft_pid pid;
    bool good;

    sem_init(&bell, 0, 0);
    for (uint64_t n = stress_amount(60); n > 0; n--) {
        cr_assert_eq(spawn(&bell, &pid), 0);
        good = bell_rings(&bell, "a spawn");
        for (int i = 0; i < 4 && good; i++) {
            cr_expect_eq(send(pid, random, 0), 0);
            good = bell_rings(&bell, "a message");
        }
        cr_expect_eq(n % 2 ? weft_rt_kill_actor(rt, pid) : weft_rt_stop_actor(rt, pid),
                     0);
        if (!good || !bell_rings(&bell, "an end"))
            break;
    }
    return NULL; /* the bell is not destroyed: after a failure it may still ring */
}

static void test_parked(unsigned workers)
{
    uint64_t seed = stress_seed();
    static uint64_t random;

    begin(workers, seed);
    random = seed;
    wait_for_answers(&random); /* alone: all workers sleep between two calls */
    run_threads(wait_for_answers, seed, NULL);
    finish();
}

Test(outside, threads_wake_a_parked_runtime_of_one_worker)
{
    test_parked(1);
}

Test(outside, threads_wake_a_parked_runtime_of_two_workers)
{
    test_parked(2);
}

Test(outside, threads_wake_a_parked_runtime_of_eight_workers)
{
    test_parked(8);
}

/* --- stopping --- */

/* An actor that a thread was making when the stop began may come into being behind it: it is
 * told by the next stop. */
static void stop_meanwhile(void)
{
    cr_expect(stress_until_at_least(&ledger.ended, 20));
    cr_expect_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    atomic_store(&enough, true);
}

static void test_stopping(unsigned workers)
{
    uint64_t seed = stress_seed();

    for (uint64_t n = stress_amount(10); n > 0; n--) {
        begin(workers, seed);
        run_threads(hammer_until_enough, seed + n * THREADS, stop_meanwhile);
        finish();
    }
}

Test(outside, threads_hammer_a_stopping_runtime_of_one_worker)
{
    test_stopping(1);
}

Test(outside, threads_hammer_a_stopping_runtime_of_two_workers)
{
    test_stopping(2);
}

Test(outside, threads_hammer_a_stopping_runtime_of_eight_workers)
{
    test_stopping(8);
}
