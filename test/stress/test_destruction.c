/* test/stress/test_destruction.c: what a message or a state owns is released once, on every
 * path there is. Each test takes one path on purpose, many times over; the things that
 * messages and states own keep the books (test/support/stress_thing.h). */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>

enum { WORKERS = 2, TAG_GO = 1, FAILURE = 3 };

static weft_runtime *rt;
static uint64_t sent; /* by the test's own thread */
static atomic_ulong sent_inside, handled, waiting;

static void begin(unsigned workers, unsigned relief)
{
    rt = stress_start(workers, relief, stress_seed(), NULL);
}

static void finish(void)
{
    stress_finish(rt, sent + atomic_load(&sent_inside));
    thing_check();
}

/* One of each kind of block, and small ones between them. */
static void send_all_forms(weft_pid to)
{
    for (unsigned form = 0; form < PARCEL_FORMS; form++) {
        struct parcel parcel;
        struct hop hop = {0, 0, form};

        weft_rt_cast(rt, to, parcel_letter(&parcel, (enum parcel_form)form, hop));
        sent++;
    }
}

static void send_go(weft_pid to)
{
    weft_rt_cast_word(rt, to, TAG_GO, 0);
    sent++;
}

/* --- an owner: its state owns a thing; what its step does with mail is its plan --- */

enum plan {
    STAYS,
    STOPS,
    FAILS,
    YIELDS, /* three times, for every message */
    BECOMES,
    INIT_FAILS,
    INIT_STOPS,
    WAITS, /* at the first message, until it is let go */
    PLANS
};

struct owner {
    struct thing thing;
    unsigned plan, turns;
};

static sem_t let_go;

static weft_next work(weft_self *self, void *state, weft_msg *msg);

static weft_next work_too(weft_self *self, void *state, weft_msg *msg)
{
    return work(self, state, msg);
}

static weft_next follow_plan(weft_self *self, struct owner *o)
{
    switch (o->plan) {
    case STOPS:
        return weft_stop(self);
    case FAILS:
        return weft_fail(self, FAILURE, NULL);
    case YIELDS:
        return ++o->turns % 4 != 0 ? weft_yield(self) : weft_stay(self);
    case BECOMES:
        return weft_become(self, ++o->turns % 2 != 0 ? work_too : work);
    case WAITS:
        o->plan = STAYS;
        atomic_fetch_add(&waiting, 1);
        stress_wait(&let_go);
        return weft_stay(self);
    default:
        return weft_stay(self);
    }
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct owner *o = state;
    struct hop hop;

    cr_expect(thing_lives(&o->thing));
    cr_expect(weft_tag(msg) == TAG_GO || parcel_read(msg, &hop), "a parcel was damaged");
    atomic_fetch_add(&handled, 1);
    return follow_plan(self, o);
}

static weft_next own(weft_self *self, void *state, const void *args)
{
    struct owner *o = state;

    o->thing = thing_new();
    o->plan = *(const unsigned *)args;
    if (o->plan == INIT_FAILS)
        return weft_fail(self, FAILURE, NULL);
    return o->plan == INIT_STOPS ? weft_stop(self) : weft_stay(self);
}

static void disown(void *state)
{
    thing_end(&((struct owner *)state)->thing);
}

static const weft_behavior owner =
    WEFT_BEHAVIOR("owner", struct owner, work, .init = own, .destroy = disown,
                  .args_size = sizeof(unsigned));

static weft_pid spawn(unsigned plan)
{
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(rt, &owner, &plan, &pid), 0);
    return pid;
}

/* Every plan, with mail: some is handled, the rest dead. */
static void test_plan(unsigned plan)
{
    begin(WORKERS, 1);
    for (uint64_t n = stress_amount(100); n > 0; n--) {
        weft_pid pid = spawn(plan);

        send_all_forms(pid);
        send_all_forms(pid);
    }
    finish();
}

/* --- the tests --- */

TestSuite(destruction, .timeout = 600);

Test(destruction, of_what_was_handled)
{
    test_plan(STAYS);
}

Test(destruction, of_what_came_behind_a_stop)
{
    test_plan(STOPS);
}

Test(destruction, of_what_came_behind_a_failure)
{
    test_plan(FAILS);
}

Test(destruction, of_what_a_step_yielded_with)
{
    test_plan(YIELDS);
}

Test(destruction, of_what_changing_steps_handled)
{
    test_plan(BECOMES);
}

Test(destruction, of_what_a_failed_init_never_read)
{
    test_plan(INIT_FAILS);
}

Test(destruction, of_what_a_stopping_init_never_read)
{
    test_plan(INIT_STOPS);
}

Test(destruction, of_what_was_sent_to_the_dead)
{
    weft_pid pid;

    begin(WORKERS, 1);
    pid = spawn(STOPS);
    send_go(pid);
    cr_assert(stress_until_at_least(&handled, 1));
    for (uint64_t n = stress_amount(100); n > 0; n--)
        send_all_forms(pid);
    finish();
}

Test(destruction, of_what_a_killed_actor_had_queued)
{
    begin(WORKERS, 1);
    for (uint64_t n = stress_amount(100); n > 0; n--) {
        weft_pid pid = spawn(n % 2 ? YIELDS : STAYS);

        send_all_forms(pid);
        cr_expect_eq(weft_rt_kill_actor(rt, pid), 0);
        send_all_forms(pid);
    }
    finish();
}

/* The only worker waits in a step while all this comes, so it lies in inboxes. */
Test(destruction, of_what_lay_in_the_inbox_of_one_who_ends)
{
    begin(1, WEFT_NO_RELIEF);
    sem_init(&let_go, 0, 0);
    for (unsigned plan = 0; plan < PLANS - 1; plan++) {
        weft_pid pid;

        send_go(spawn(WAITS));
        cr_assert(stress_until_at_least(&waiting, plan + 1));
        pid = spawn(plan); /* not before: its init would run */
        send_all_forms(pid);
        cr_expect_eq(plan % 2 ? weft_rt_kill_actor(rt, pid) : weft_rt_stop_actor(rt, pid),
                     0);
        send_all_forms(pid);
        sem_post(&let_go);
    }
    finish();
    sem_destroy(&let_go);
}

Test(destruction, of_what_was_given_back_is_the_callers)
{
    weft_pid pid;

    begin(WORKERS, 1);
    pid = spawn(STOPS);
    send_go(pid);
    cr_assert(stress_until_at_least(&handled, 1));
    while (weft_rt_alive(rt, pid))
        continue;
    for (unsigned i = 0; i < 100 * PARCEL_FORMS; i++) {
        enum parcel_form form = (enum parcel_form)(i % PARCEL_FORMS);
        struct hop hop = {0, 0, i};
        struct parcel parcel;

        cr_expect_eq(weft_rt_try_cast(rt, pid, parcel_letter(&parcel, form, hop)),
                     WEFT_ENOACTOR);
        cr_expect(form < PARCEL_BLOCK || thing_lives(&parcel.thing),
                  "what was given back is gone");
        parcel_end(&parcel, form);
        sent++;
    }
    finish();
}

/* The runtime ends with this mail in its rings and inboxes. */
Test(destruction, of_what_was_queued_when_the_runtime_ended)
{
    weft_pid first, pid;

    begin(1, WEFT_NO_RELIEF);
    sem_init(&let_go, 0, 0);
    first = spawn(WAITS);
    pid = spawn(YIELDS);
    send_go(first);
    cr_assert(stress_until_at_least(&waiting, 1));
    for (uint64_t n = stress_amount(400); n > 0; n--)
        send_all_forms(n % 2 ? pid : first);
    cr_expect_eq(weft_stop_all(rt, 0), WEFT_ETIMEDOUT);
    sem_post(&let_go);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    thing_check();
    sem_destroy(&let_go);
}

/* --- between actors, some on other workers --- */

enum { CROWD = 64 };
static weft_pid crowd[CROWD];

/* Sends parcels to all, then ends; about half of the others have ended by then. */
static weft_next give_out(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    stress_spin(weft_random(self, 100000));
    for (unsigned i = 0; i < CROWD; i++) {
        enum parcel_form form = (enum parcel_form)weft_random(self, PARCEL_FORMS);
        struct hop hop = {0, 0, i};
        struct parcel parcel;
        weft_letter letter = parcel_letter(&parcel, form, hop);

        atomic_fetch_add(&sent_inside, 1);
        if (i % 2 == 0)
            weft_cast(self, crowd[i], letter);
        else if (weft_try_cast(self, crowd[i], letter) < 0)
            parcel_end(&parcel, form);
    }
    atomic_fetch_add(&handled, 1);
    return weft_stop(self);
}

static const weft_behavior giver = WEFT_STATELESS("giver", give_out);

Test(destruction, of_what_actors_send_each_other_as_they_end)
{
    begin(3, 1);
    for (uint64_t round = stress_amount(20); round > 0; round--) {
        for (unsigned i = 0; i < CROWD; i++)
            cr_assert_eq(weft_rt_spawn(rt, &giver, NULL, &crowd[i]), 0);
        atomic_store(&handled, 0);
        for (unsigned i = 0; i < CROWD; i++)
            send_go(crowd[i]);
        cr_assert(stress_until_at_least(&handled, CROWD));
    }
    finish();
}
