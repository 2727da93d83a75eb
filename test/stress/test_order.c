/* test/stress/test_order.c: mail between two actors arrives in the order it was sent, each
 * message once, whatever happens around it.
 *
 * Players pass parcels on. Each pair of them numbers its parcels; the receiver expects the
 * next number. What might mix them up: the traffic regroups all the time (pairs, fours,
 * eights, all), so that conversations move between workers; some steps are stuck for
 * milliseconds, so that their worker is rescued while others send to it; some yield, or
 * become another step; bursts fill outboxes; threads outside send as well. The numbers are
 * plain memory of the actors, so ThreadSanitizer sees a step that runs beside another of the
 * same actor, or without having seen what the last one did. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <pthread.h>

#include <criterion/criterion.h>

enum {
    PLAYERS = 48,
    THREADS = 2, /* outside */
    SENDERS = PLAYERS + THREADS,
    BURST_MAX = 150, /* more than two chains of an outbox */
    STUCK_STEPS = 24,
    SAME_COMPANY = 64 /* hops until the traffic regroups */
};

struct player {
    uint32_t me;
    weft_step_fn next;  /* the step that it asked for */
    struct hop yielded; /* what it was shown already */
    bool has_yielded;
};

static weft_pid players[PLAYERS];
static uint32_t numbers_out[SENDERS][PLAYERS], numbers_in[PLAYERS][SENDERS];
static atomic_ulong sent, wrong;
static atomic_long under_way, stuck_left;
static sem_t all_arrived;

static weft_next odd_step(weft_self *self, void *state, weft_msg *msg);
static weft_next even_step(weft_self *self, void *state, weft_msg *msg);

/* --- sending --- */

static struct hop numbered(uint32_t from, uint32_t to, uint32_t left)
{
    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&under_way, 1, memory_order_relaxed);
    return (struct hop){from, left, numbers_out[from][to]++};
}

/* A word goes the shortest way there is, which the other forms do not take. */
static void pass(weft_self *self, uint32_t from, uint32_t to, uint32_t left)
{
    bool word = weft_random(self, 2) == 0;
    enum parcel_form form =
        word ? PARCEL_WORD : (enum parcel_form)weft_random(self, PARCEL_FORMS);
    struct parcel parcel;
    weft_letter letter = parcel_letter(&parcel, form, numbered(from, to, left));

    if (word)
        weft_cast_word(self, players[to], letter.tag, letter.word[0]);
    else
        weft_cast(self, players[to], letter);
}

/* Whom the traffic of this moment goes to. */
static uint32_t partner(weft_self *self, uint32_t me, uint32_t left)
{
    switch (left / SAME_COMPANY % 4) {
    case 0:
        return me ^ 1;
    case 1:
        return (me & ~3u) + (uint32_t)weft_random(self, 4);
    case 2:
        return (me & ~7u) + (uint32_t)weft_random(self, 8);
    default:
        return (uint32_t)weft_random(self, PLAYERS);
    }
}

static void burst(weft_self *self, uint32_t me, uint32_t left)
{
    uint32_t to = partner(self, me, left);

    for (uint64_t n = weft_random(self, BURST_MAX); n > 0; n--)
        pass(self, me, to, 0);
}

/* --- receiving --- */

static void check_number(uint32_t me, struct hop hop)
{
    if (hop.from >= SENDERS || hop.number != numbers_in[me][hop.from]) {
        if (atomic_fetch_add(&wrong, 1) == 0)
            cr_expect(false, "player %u got number %u of %u", me, hop.number, hop.from);
        return;
    }
    numbers_in[me][hop.from]++;
}

/* The same parcel comes again to a step that has yielded, and no other before it. */
static bool yields(weft_self *self, struct player *p, struct hop hop)
{
    if (p->has_yielded) {
        cr_expect(p->yielded.from == hop.from && p->yielded.number == hop.number,
                  "another message came to a step that had yielded");
        p->has_yielded = weft_random(self, 2) == 0;
    } else {
        p->has_yielded = weft_random(self, 40) == 0;
        p->yielded = hop;
    }
    return p->has_yielded;
}

static void go_on(weft_self *self, struct player *p, uint32_t left)
{
    if (left == 0)
        return;
    if (weft_random(self, 32) == 0)
        burst(self, p->me, left);
    if (weft_random(self, 100) == 0 &&
        atomic_fetch_sub_explicit(&stuck_left, 1, memory_order_relaxed) > 0) {
        stress_spin(WEFT_MS(3));
        burst(self, p->me, left);
    }
    pass(self, p->me, partner(self, p->me, left), left - 1);
}

static weft_next play(weft_self *self, struct player *p, weft_msg *msg)
{
    struct hop hop;
    bool good = parcel_read(msg, &hop);

    cr_expect(good, "a parcel was damaged");
    if (!good)
        return weft_stay(self);
    if (yields(self, p, hop))
        return weft_yield(self);
    check_number(p->me, hop);
    go_on(self, p, hop.left);
    if (atomic_fetch_sub_explicit(&under_way, 1, memory_order_relaxed) == 1)
        sem_post(&all_arrived);
    if (weft_random(self, 8) != 0)
        return weft_stay(self);
    p->next = p->next == odd_step ? even_step : odd_step;
    return weft_become(self, p->next);
}

static weft_next odd_step(weft_self *self, void *state, weft_msg *msg)
{
    cr_expect(((struct player *)state)->next == odd_step, "the wrong step was called");
    return play(self, state, msg);
}

static weft_next even_step(weft_self *self, void *state, weft_msg *msg)
{
    cr_expect(((struct player *)state)->next == even_step, "the wrong step was called");
    return play(self, state, msg);
}

static const weft_behavior player =
    WEFT_BEHAVIOR("player", struct player, odd_step, .args_size = sizeof(struct player));

/* --- from outside --- */

struct outsider {
    weft_runtime *rt;
    uint64_t random;
    uint32_t me;
};

static void *send_from_outside(void *argument)
{
    struct outsider *o = argument;

    for (uint64_t n = stress_amount(2000); n > 0; n--) {
        uint32_t to = (uint32_t)stress_random(&o->random, PLAYERS);
        enum parcel_form form = (enum parcel_form)stress_random(&o->random, PARCEL_FORMS);
        uint32_t left = stress_random(&o->random, 50) == 0 ? 2 * SAME_COMPANY : 0;
        struct parcel parcel;

        weft_rt_cast(o->rt, players[to],
                     parcel_letter(&parcel, form, numbered(o->me, to, left)));
    }
    return NULL;
}

static void spawn_players(weft_runtime *rt)
{
    for (uint32_t i = 0; i < PLAYERS; i++) {
        struct player args = {.me = i, .next = odd_step};

        cr_assert_eq(weft_rt_spawn(rt, &player, &args, &players[i]), 0);
    }
}

static void check_all_arrived(void)
{
    for (uint32_t from = 0; from < SENDERS; from++)
        for (uint32_t to = 0; to < PLAYERS; to++)
            cr_assert_eq(numbers_out[from][to], numbers_in[to][from],
                         "%u of %u parcels arrived from %u at %u", numbers_in[to][from],
                         numbers_out[from][to], from, to);
}

/* One parcel under way is held back until all are sent that come from outside. */
static void test_order(unsigned workers)
{
    uint64_t seed = stress_seed();
    weft_runtime *rt = stress_start(workers, 1, seed, NULL);
    struct outsider outsiders[THREADS];
    pthread_t threads[THREADS];

    sem_init(&all_arrived, 0, 0);
    atomic_store(&stuck_left, (long)stress_amount(STUCK_STEPS));
    atomic_store(&under_way, 1);
    spawn_players(rt);
    for (uint32_t i = 0; i < THREADS; i++) {
        outsiders[i] = (struct outsider){rt, seed + i, PLAYERS + i};
        cr_assert_eq(pthread_create(&threads[i], NULL, send_from_outside, &outsiders[i]),
                     0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    if (atomic_fetch_sub(&under_way, 1) != 1)
        cr_expect(stress_wait(&all_arrived), "%ld parcels never arrived",
                  atomic_load(&under_way));
    stress_finish(rt, atomic_load(&sent));
    cr_expect_eq(atomic_load(&wrong), 0, "%lu parcels were out of order",
                 atomic_load(&wrong));
    check_all_arrived();
    thing_check();
    sem_destroy(&all_arrived);
}

TestSuite(order, .timeout = 600);

Test(order, holds_on_one_worker)
{
    test_order(1);
}

Test(order, holds_between_two_workers)
{
    test_order(2);
}

Test(order, holds_between_three_workers)
{
    test_order(3);
}

Test(order, holds_between_eight_workers)
{
    test_order(8);
}
