/* test/stress/test_crew.c: threads send to crews whose members end, and which are stopped and
 * killed and replaced meanwhile. Each message is worked at once or is a dead letter, on the
 * thread of one member. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <pthread.h>

#include <criterion/criterion.h>

enum { CREWS = 3, MEMBERS = 4, THREADS = 3, BACKLOG = 100, LEDGER = 1 << 16 };

static weft_runtime *rt;
static struct ledger ledger;
static atomic_ulong sent, worked;
static atomic_bool enough;
static _Atomic(weft_pid) crews[CREWS];

struct member {
    pthread_t home;
    uint64_t random;
    struct thing thing;
};

static weft_next move_in(weft_self *self, void *state, const void *args)
{
    struct member *m = state;

    (void)args;
    m->home = pthread_self();
    m->random = weft_random(self, UINT64_MAX);
    m->thing = thing_new();
    return weft_stay(self);
}

static void move_out(void *state)
{
    thing_end(&((struct member *)state)->thing);
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct member *m = state;
    struct hop hop;

    cr_expect(pthread_equal(m->home, pthread_self()), "on another thread");
    cr_expect(thing_lives(&m->thing), "a step ran without its init");
    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    atomic_fetch_add(&worked, 1);
    return stress_random(&m->random, 200) == 0 ? weft_stop(self) : weft_stay(self);
}

static const weft_behavior worker =
    WEFT_BEHAVIOR("worker", struct member, work, .init = move_in, .destroy = move_out,
                  .own_thread = true);

/* Reports to a crew that has ended are dead letters too, so it may be more than was sent. */
static uint64_t accounted(void)
{
    weft_stats stats;

    weft_stats_read(rt, &stats);
    return atomic_load(&worked) + stress_dead(&stats);
}

static bool has_room(void *nothing)
{
    (void)nothing;
    return accounted() + BACKLOG >= atomic_load(&sent) || atomic_load(&enough);
}

static void *send_parcels(void *seed)
{
    uint64_t random = *(uint64_t *)seed;

    while (!atomic_load(&enough)) {
        enum parcel_form form = (enum parcel_form)stress_random(&random, PARCEL_FORMS);
        struct hop hop = {0, 0, (uint32_t)random};
        struct parcel parcel;

        if (!has_room(NULL) && !stress_until(has_room, NULL))
            break;
        atomic_fetch_add(&sent, 1);
        weft_rt_cast(rt, atomic_load(&crews[stress_random(&random, CREWS)]),
                     parcel_letter(&parcel, form, hop));
    }
    return NULL;
}

/* Crews that are gone are replaced; now and then one of them is made to go. */
static void keep_crews(uint64_t *random)
{
    weft_pid pid = atomic_load(&crews[stress_random(random, CREWS)]);

    for (unsigned i = 0; i < CREWS; i++) {
        weft_pid crew;

        if (weft_rt_alive(rt, atomic_load(&crews[i])))
            continue;
        if (weft_rt_spawn_crew(rt, &worker, MEMBERS, NULL, &crew) == 0)
            atomic_store(&crews[i], crew);
    }
    if (stress_random(random, 200) == 0)
        weft_rt_kill_actor(rt, pid);
    else if (stress_random(random, 200) == 0)
        weft_rt_stop_actor(rt, pid);
}

static bool is_accounted(void *nothing)
{
    (void)nothing;
    return accounted() >= atomic_load(&sent);
}

static void check(void)
{
    cr_expect(stress_until(is_accounted, NULL), "a message was lost");
    cr_expect_leq(atomic_load(&worked), atomic_load(&sent));
}

static void run(unsigned workers, uint64_t n)
{
    pthread_t threads[THREADS];
    uint64_t seeds[THREADS], seed = stress_seed();
    struct stress_mover mover = {0};

    atomic_store(&enough, false);
    atomic_store(&sent, 0);
    atomic_store(&worked, 0);
    ledger_init(&ledger, LEDGER);
    rt = stress_start(workers, 1, seed, &ledger);
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = seed + i;
        cr_assert_eq(pthread_create(&threads[i], NULL, send_parcels, &seeds[i]), 0);
    }
    while (atomic_load(&worked) < n && stress_moves(&mover, &worked))
        keep_crews(&seed);
    atomic_store(&enough, true);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_expect_geq(atomic_load(&worked), n);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    check();
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    thing_check();
    ledger_done(&ledger);
    for (unsigned i = 0; i < CREWS; i++)
        atomic_store(&crews[i], WEFT_NOBODY);
}

TestSuite(crew, .timeout = 600);

Test(crew, members_and_crews_come_and_go_beside_one_worker)
{
    run(1, stress_amount(5000));
}

Test(crew, members_and_crews_come_and_go_beside_four_workers)
{
    run(4, stress_amount(5000));
}
