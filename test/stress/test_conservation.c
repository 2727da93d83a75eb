/* test/stress/test_conservation.c: whatever actors do to each other, nothing gets lost:
 * what was sent is handled, dead or returned; who was born ends once, for a reason that fits
 * what happened to it; its hooks run as often as the header says; what messages and states
 * own is released once.
 *
 * Citizens send to, stop and kill whoever stands in a directory, dead or alive, put new
 * citizens into it, stop, fail, yield, change their step and get stuck. Threads outside do
 * the same. All is drawn from a number of deeds; when they are used up the runtime comes to
 * rest, all are stopped, and the books are balanced. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <pthread.h>

#include <criterion/criterion.h>

enum {
    PLACES = 64, /* of the directory */
    THREADS = 2,
    DEEDS = 40000,
    CITIZENS_MAX = 1 << 18,
    FAILURE = 4711
};

/* What a citizen said last: its reason has to fit. */
enum said { SAID_NOTHING, SAID_STOP, SAID_FAIL, SAID_INIT_STOP, SAID_INIT_FAIL };

/* One for each citizen that ever was; ends are compared with it. */
struct record {
    _Atomic(uint8_t) said;
    atomic_bool stopped, killed; /* somebody asked for it */
    _Atomic(uint8_t) inits, stops, destroys;
};

struct citizen {
    uint32_t ticket;
    bool has_yielded;
    struct thing thing;
    char padding[200]; /* no slot holds it: it has memory of its own */
};

/* What init gets, large enough for memory of its own too. */
struct birth {
    uint32_t ticket;
    char padding[1500];
};

static struct record records[CITIZENS_MAX];
static struct ledger ledger;
static atomic_uint tickets;
static atomic_long deeds;
static atomic_ulong sent, handled;
static atomic_bool stopping;

static struct {
    _Atomic(weft_pid) pid;
    atomic_uint ticket;
} directory[PLACES];

static const weft_behavior citizen, simple_citizen;

/* --- deeds, by actors and by threads outside --- */

struct actor_or_thread {
    weft_self *self; /* NULL: a thread */
    weft_runtime *rt;
    uint64_t *random;
};

static uint64_t draw(const struct actor_or_thread *who, uint64_t below)
{
    return who->self != NULL ? weft_random(who->self, below)
                             : stress_random(who->random, below);
}

static void send(const struct actor_or_thread *who, weft_pid to)
{
    enum parcel_form form = (enum parcel_form)draw(who, PARCEL_FORMS);
    struct hop hop = {0, 0, (uint32_t)draw(who, 1u << 30)};
    struct parcel parcel;
    weft_letter letter = parcel_letter(&parcel, form, hop);
    bool must = draw(who, 2) == 0;

    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    if (must && who->self != NULL)
        weft_cast(who->self, to, letter);
    else if (must)
        weft_rt_cast(who->rt, to, letter);
    else if ((who->self != NULL ? weft_try_cast(who->self, to, letter)
                                : weft_rt_try_cast(who->rt, to, letter)) < 0)
        parcel_end(&parcel, form);
}

static void spawn(const struct actor_or_thread *who, uint64_t place)
{
    bool simple = draw(who, 4) == 0;
    const weft_behavior *behavior = simple ? &simple_citizen : &citizen;
    uint32_t ticket = atomic_fetch_add_explicit(&tickets, 1, memory_order_relaxed);
    struct birth birth = {.ticket = ticket};
    weft_pid pid;
    int error;

    cr_assert_lt(ticket, CITIZENS_MAX);
    error = who->self != NULL ? weft_spawn(who->self, behavior, &birth, &pid)
                              : weft_rt_spawn(who->rt, behavior, &birth, &pid);
    if (error != 0) {
        cr_expect_eq(error, WEFT_ESTOPPING, "%s", weft_strerror(error));
        return;
    }
    ledger_add(&ledger, pid, ticket);
    atomic_store_explicit(&directory[place].ticket, ticket, memory_order_relaxed);
    atomic_store_explicit(&directory[place].pid, pid, memory_order_relaxed);
}

/* The directory is read in two steps, so the mark may go to a neighbour in time: each pid
 * that was ever there may have been meant, which is why a mark is never taken back. */
static void end(const struct actor_or_thread *who, uint64_t place, bool kill)
{
    weft_pid pid = atomic_load_explicit(&directory[place].pid, memory_order_relaxed);

    if (who->self == NULL)
        kill ? weft_rt_kill_actor(who->rt, pid) : weft_rt_stop_actor(who->rt, pid);
    else
        kill ? weft_kill_actor(who->self, pid) : weft_stop_actor(who->self, pid);
}

static bool is_alive(const struct actor_or_thread *who, weft_pid pid)
{
    return who->self != NULL ? weft_alive(who->self, pid) : weft_rt_alive(who->rt, pid);
}

static void act(const struct actor_or_thread *who)
{
    uint64_t place = draw(who, PLACES);
    weft_pid pid = atomic_load_explicit(&directory[place].pid, memory_order_relaxed);

    switch (draw(who, 64)) {
    case 0:
        end(who, place, true);
        break;
    case 1:
        end(who, place, false);
        break;
    default:
        send(who, pid);
        if (!is_alive(who, pid) && draw(who, 4) == 0)
            spawn(who, place);
    }
}

static bool may_act(void)
{
    return atomic_fetch_sub_explicit(&deeds, 1, memory_order_relaxed) > 0;
}

/* --- citizens --- */

static void say(uint32_t ticket, enum said said)
{
    atomic_store_explicit(&records[ticket].said, (uint8_t)said, memory_order_relaxed);
}

static void count(_Atomic(uint8_t) *hook)
{
    atomic_fetch_add_explicit(hook, 1, memory_order_relaxed);
}

static weft_next live(weft_self *self, void *state, weft_msg *msg);

static weft_next live_differently(weft_self *self, void *state, weft_msg *msg)
{
    return live(self, state, msg);
}

static weft_next come_to_an_end(weft_self *self, uint32_t ticket)
{
    if (weft_random(self, 2) == 0) {
        say(ticket, SAID_STOP);
        return weft_stop(self);
    }
    say(ticket, SAID_FAIL);
    return weft_fail(self, FAILURE, "it had to be");
}

static weft_next live(weft_self *self, void *state, weft_msg *msg)
{
    struct actor_or_thread me = {.self = self};
    struct citizen *c = state;
    struct hop hop;

    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    cr_expect(thing_lives(&c->thing), "a step ran without its state");
    if (!c->has_yielded && weft_random(self, 16) == 0) {
        c->has_yielded = true;
        return weft_yield(self);
    }
    c->has_yielded = false;
    atomic_fetch_add_explicit(&handled, 1, memory_order_relaxed);
    stress_spin(weft_random(self, 1000) == 0 ? WEFT_MS(3) : weft_random(self, 4000));
    for (int i = 0; i < 2 && may_act(); i++)
        act(&me);
    switch (weft_random(self, 64)) {
    case 0:
        return come_to_an_end(self, c->ticket);
    case 1:
        return weft_become(self, live_differently);
    default:
        return weft_stay(self);
    }
}

static weft_next be_born(weft_self *self, void *state, const void *args)
{
    struct actor_or_thread me = {.self = self};
    struct citizen *c = state;

    c->ticket = ((const struct birth *)args)->ticket;
    c->thing = thing_new();
    count(&records[c->ticket].inits);
    if (may_act())
        act(&me);
    switch (weft_random(self, 16)) {
    case 0:
        say(c->ticket, SAID_INIT_STOP);
        return weft_stop(self);
    case 1:
        say(c->ticket, SAID_INIT_FAIL);
        return weft_fail(self, FAILURE, "it was never meant to be");
    default:
        return weft_stay(self);
    }
}

static void take_leave(weft_self *self, void *state, const weft_reason *reason)
{
    struct actor_or_thread me = {.self = self};
    struct citizen *c = state;

    (void)reason;
    count(&records[c->ticket].stops);
    if (may_act())
        act(&me);
}

static void be_no_more(void *state)
{
    struct citizen *c = state;

    count(&records[c->ticket].destroys);
    thing_end(&c->thing);
}

static const weft_behavior citizen =
    WEFT_BEHAVIOR("citizen", struct citizen, live, .init = be_born, .stop = take_leave,
                  .destroy = be_no_more, .args_size = sizeof(struct birth));

/* One without hooks, and with a state that lies in its slot. */
static weft_next live_simply(weft_self *self, void *state, weft_msg *msg)
{
    struct actor_or_thread me = {.self = self};
    uint32_t ticket = *(uint32_t *)state;
    struct hop hop;

    cr_expect(parcel_read(msg, &hop), "a parcel was damaged");
    atomic_fetch_add_explicit(&handled, 1, memory_order_relaxed);
    if (may_act())
        act(&me);
    return weft_random(self, 16) == 0 ? come_to_an_end(self, ticket) : weft_stay(self);
}

static const weft_behavior simple_citizen =
    WEFT_BEHAVIOR("simple citizen", uint32_t, live_simply, .args_size = sizeof(uint32_t));

/* --- outside --- */

struct outsider {
    weft_runtime *rt;
    uint64_t random;
};

static void *act_from_outside(void *argument)
{
    struct outsider *o = argument;
    struct actor_or_thread me = {NULL, o->rt, &o->random};

    while (atomic_load_explicit(&deeds, memory_order_relaxed) > 0) {
        act(&me);
        stress_spin(WEFT_US(20)); /* most deeds are to be actors' */
    }
    return NULL;
}

static void people_at_work(weft_runtime *rt, uint64_t seed)
{
    struct outsider outsiders[THREADS];
    struct actor_or_thread main_thread = {NULL, rt, &seed};
    pthread_t threads[THREADS];

    for (uint64_t place = 0; place < PLACES; place++)
        spawn(&main_thread, place);
    for (uint64_t i = 0; i < THREADS; i++) {
        outsiders[i] = (struct outsider){rt, seed + i};
        cr_assert_eq(pthread_create(&threads[i], NULL, act_from_outside, &outsiders[i]),
                     0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* --- the books --- */

static bool reason_fits(enum said said, const weft_reason *reason)
{
    bool bad_init = said == SAID_INIT_FAIL;

    switch (reason->exit) {
    case WEFT_EXIT_NORMAL:
        return said == SAID_STOP || said == SAID_INIT_STOP;
    case WEFT_EXIT_FAILED:
        return (said == SAID_FAIL || bad_init) && reason->code == FAILURE &&
               reason->hook == (bad_init ? WEFT_HOOK_INIT : WEFT_HOOK_STEP);
    case WEFT_EXIT_KILLED: /* whatever it has said */
        return true;
    case WEFT_EXIT_SHUTDOWN:
        return said == SAID_NOTHING && atomic_load(&stopping);
    default:
        return reason->exit == WEFT_EXIT_STOPPED && said == SAID_NOTHING;
    }
}

/* A stop hook is for those whose init succeeded, and who were not killed before it. */
static bool stops_fit(unsigned inits, unsigned stops, enum said said,
                      const weft_reason *reason)
{
    bool began = inits == 1 && said != SAID_INIT_FAIL && said != SAID_INIT_STOP;

    if (reason->exit == WEFT_EXIT_KILLED)
        return stops <= (began ? 1 : 0);
    return stops == (began ? 1 : 0);
}

static void check_books(void)
{
    ledger_check(&ledger);
    for (size_t i = 0; i < atomic_load(&ledger.born); i++) {
        struct record *r = &records[ledger.births[i].ticket];
        const weft_reason *reason = &ledger.ends[i].reason;
        enum said said = (enum said)atomic_load(&r->said);
        unsigned inits = atomic_load(&r->inits), stops = atomic_load(&r->stops);

        cr_assert(reason_fits(said, reason), "exit %d, hook %d, code %d, said %d",
                  (int)reason->exit, (int)reason->hook, reason->code, (int)said);
        cr_assert_leq(inits, 1);
        cr_assert_eq(atomic_load(&r->destroys), inits);
        cr_assert(stops_fit(inits, stops, said, reason), "%u stop hooks, exit %d", stops,
                  (int)reason->exit);
    }
}

static void test_conservation(unsigned workers)
{
    uint64_t seed = stress_seed();
    weft_runtime *rt;
    weft_stats stats;

    ledger_init(&ledger, CITIZENS_MAX);
    rt = stress_start(workers, 1, seed, &ledger);
    atomic_store(&deeds, (long)stress_amount(DEEDS));
    people_at_work(rt, seed);
    atomic_store(&stopping, true);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    stress_check_conserved(rt, atomic_load(&sent));
    weft_stats_read(rt, &stats);
    cr_expect_eq(stats.handled, atomic_load(&handled));
    check_books();
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    thing_check();
    ledger_done(&ledger);
}

TestSuite(conservation, .timeout = 600);

Test(conservation, holds_on_one_worker)
{
    test_conservation(1);
}

Test(conservation, holds_on_two_workers)
{
    test_conservation(2);
}

Test(conservation, holds_on_three_workers)
{
    test_conservation(3);
}

Test(conservation, holds_on_eight_workers)
{
    test_conservation(8);
}

/* --- mail to those who never were --- */

/* Made up from a real pid. */
typedef weft_pid (*invent_fn)(weft_pid real, unsigned i);

static weft_pid small_number(weft_pid real, unsigned i)
{
    (void)real;
    return i;
}

static weft_pid other_runtime_or_generation(weft_pid real, unsigned i)
{
    return real ^ (weft_pid)(i + 1) << 28;
}

static weft_pid other_slot(weft_pid real, unsigned i)
{
    return real ^ (weft_pid)1 << i % 28;
}

static invent_fn invent;
static atomic_ulong reached; /* that somebody is said to live there */
enum { INVENTED = 70000 };

static weft_next write_to_nobody(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid me = weft_self_pid(self);

    (void)state, (void)msg;
    for (unsigned i = 0; i < INVENTED; i++) {
        if (weft_alive(self, invent(me, i)))
            atomic_fetch_add(&reached, 1);
        weft_cast_word(self, invent(me, i), 1, 1);
        weft_kill_actor(self, invent(me, i));
    }
    return weft_stop(self);
}

static const weft_behavior misled = WEFT_STATELESS("misled", write_to_nobody);

static void test_nobody(invent_fn how)
{
    struct ledger one;
    weft_runtime *rt;
    weft_stats stats;
    weft_pid pid;

    invent = how;
    ledger_init(&one, 1);
    rt = stress_start(1, WEFT_NO_RELIEF, 1, &one);
    cr_assert_eq(weft_rt_spawn(rt, &misled, NULL, &pid), 0);
    ledger_add(&one, pid, 0);
    for (unsigned i = 0; i < INVENTED; i++) {
        if (weft_rt_alive(rt, invent(pid, i)))
            atomic_fetch_add(&reached, 1);
        weft_rt_cast_word(rt, invent(pid, i), 1, 1);
    }
    weft_rt_cast_word(rt, pid, 1, 1);
    cr_expect(stress_until_at_least(&one.ended, 1));
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE),
                 0); /* the counters follow a little later */
    stress_check_conserved(rt, 2 * INVENTED + 1);
    weft_stats_read(rt, &stats);
    cr_expect_eq(stats.handled, 1, "%lu were handled", (unsigned long)stats.handled);
    cr_expect_eq(atomic_load(&reached), 0, "%lu live", atomic_load(&reached));
    cr_expect_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    ledger_check(&one);
    cr_expect_eq(one.ends[0].reason.exit, WEFT_EXIT_NORMAL);
    ledger_done(&one);
}

Test(conservation, mail_to_a_small_number_is_dead)
{
    test_nobody(small_number);
}

Test(conservation, mail_to_another_generation_or_runtime_is_dead)
{
    test_nobody(other_runtime_or_generation);
}

Test(conservation, mail_to_a_slot_that_does_not_exist_is_dead)
{
    test_nobody(other_slot);
}
