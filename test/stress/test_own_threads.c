/* test/stress/test_own_threads.c: actors with threads of their own among others: all send to
 * all, some block, many are stopped and killed and replaced, so that threads come and go while
 * mail is on its way to them. Nothing is lost, everything is ended once, and the code of an
 * actor that has a thread runs there only. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <poll.h>
#include <pthread.h>

#include <criterion/criterion.h>

enum {
    PLACES = 12,
    OWN = 6,
    LEDGER = 1 << 17,
    PARCELS = 40,
    HOPS = 200,
    BACKLOG = 20000
};

static weft_runtime *rt;
static struct ledger ledger;
static atomic_ulong sent, handled;
static _Atomic(weft_pid) places[PLACES]; /* the first OWN have threads */

struct walker {
    pthread_t home;
    bool own;
    uint64_t random;
    struct thing thing;
};

static const weft_behavior owner, guest;

static void check_home(const struct walker *w)
{
    if (w->own)
        cr_expect(pthread_equal(w->home, pthread_self()), "on another thread");
}

static weft_next move_in(weft_self *self, void *state, const void *args)
{
    struct walker *w = state;

    w->own = *(const bool *)args;
    w->home = pthread_self();
    w->random = weft_random(self, UINT64_MAX);
    w->thing = thing_new();
    return weft_stay(self);
}

static void move_out(void *state)
{
    struct walker *w = state;

    check_home(w);
    thing_end(&w->thing);
}

static void pass_on(weft_self *self, struct walker *w, struct hop hop)
{
    enum parcel_form form = (enum parcel_form)stress_random(&w->random, PARCEL_FORMS);
    uint64_t place = stress_random(&w->random, PLACES);
    struct parcel parcel;

    hop.left--;
    atomic_fetch_add(&sent, 1);
    weft_cast(self, atomic_load(&places[place]), parcel_letter(&parcel, form, hop));
}

/* A child that is gone at once. */
static void beget(weft_self *self, struct walker *w)
{
    const bool own = stress_random(&w->random, 8) == 0;
    weft_pid child;
    int error = weft_spawn(self, own ? &owner : &guest, &own, &child);

    cr_expect(error == 0 || error == WEFT_ELIMIT || error == WEFT_ESTOPPING, "%s",
              weft_strerror(error));
    if (error != 0)
        return;
    ledger_add(&ledger, child, 0);
    weft_stop_actor(self, child);
}

static weft_next walk(weft_self *self, void *state, weft_msg *msg)
{
    struct walker *w = state;
    struct hop hop;

    check_home(w);
    cr_expect(thing_lives(&w->thing), "a step ran without its init");
    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    atomic_fetch_add(&handled, 1);
    if (w->own && stress_random(&w->random, 64) == 0)
        stress_spin(WEFT_US(200));
    if (stress_random(&w->random, 64) == 0)
        beget(self, w);
    if (hop.left > 0)
        pass_on(self, w, hop);
    return stress_random(&w->random, 512) == 0 ? weft_stop(self) : weft_stay(self);
}

static const weft_behavior owner =
    WEFT_BEHAVIOR("owner", struct walker, walk, .init = move_in, .destroy = move_out,
                  .args_size = sizeof(bool), .own_thread = true);
static const weft_behavior guest =
    WEFT_BEHAVIOR("guest", struct walker, walk, .init = move_in, .destroy = move_out,
                  .args_size = sizeof(bool));

/* Somebody for each place that has nobody. */
static void fill_places(void)
{
    for (unsigned i = 0; i < PLACES; i++) {
        const bool own = i < OWN;
        weft_pid pid;

        if (weft_rt_alive(rt, atomic_load(&places[i])))
            continue;
        if (weft_rt_spawn(rt, own ? &owner : &guest, &own, &pid) == 0) {
            ledger_add(&ledger, pid, 0);
            atomic_store(&places[i], pid);
        }
    }
}

static void send_some(uint64_t *random)
{
    for (unsigned i = 0; i < PARCELS; i++) {
        struct hop hop = {0, HOPS, i};
        struct parcel parcel;

        atomic_fetch_add(&sent, 1);
        weft_rt_cast(rt, atomic_load(&places[stress_random(random, PLACES)]),
                     parcel_letter(&parcel, PARCEL_BLOCK, hop));
    }
}

static bool is_far_behind(void)
{
    return atomic_load(&sent) > stress_accounted(rt) + BACKLOG;
}

/* Mail piles up, and so do ends, if whoever is to handle it does not run. */
static void let_them_follow(void)
{
    struct stress_mover mover = {0};

    while (is_far_behind() && stress_moves(&mover, &handled))
        poll(NULL, 0, 1);
}

static void run(unsigned workers, uint64_t n)
{
    uint64_t seed = stress_seed();
    struct stress_mover mover = {0};

    ledger_init(&ledger, LEDGER);
    atomic_store(&sent, 0);
    atomic_store(&handled, 0);
    rt = stress_start(workers, 1, seed, &ledger);
    do {
        weft_pid pid = atomic_load(&places[stress_random(&seed, PLACES)]);

        fill_places();
        send_some(&seed);
        let_them_follow();
        if (stress_random(&seed, 2) == 0)
            weft_rt_kill_actor(rt, pid);
        else
            weft_rt_stop_actor(rt, pid);
    } while (atomic_load(&handled) < n && stress_moves(&mover, &handled));
    cr_expect_geq(atomic_load(&handled), n);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0); /* nobody sends from here on */
    stress_finish(rt, atomic_load(&sent));
    thing_check();
    ledger_check(&ledger);
    ledger_done(&ledger);
    for (unsigned i = 0; i < PLACES; i++)
        atomic_store(&places[i], WEFT_NOBODY);
}

TestSuite(own_threads, .timeout = 600);

Test(own_threads, come_and_go_beside_one_worker)
{
    run(1, stress_amount(20000));
}

Test(own_threads, come_and_go_beside_four_workers)
{
    run(4, stress_amount(20000));
}

Test(own_threads, runtimes_are_stopped_around_them)
{
    for (unsigned i = 0; i < stress_amount(20); i++)
        run(2, i * 10);
}
