/* test_simulated.c: aim: a runtime that is played runs as its driver says: the same answers give
 * the same run, and none makes it lose or reorder mail.
 * Method: a driver whose choices are random, from a seed; a digest of all turns; actors that send
 * each other numbered messages, and ask. */
#include "test/support/fault_allocator.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <weft.h>

/* --- a driver: every choice from a seed, a digest of all turns --- */

struct driver {
    weft_sim_driver driver;
    uint64_t random, digest, turns;
    uint64_t chosen[WEFT_SIM_SITE_COUNT]; /* how often not 0 */
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdu;
    return x ^ (x >> 29);
}

static void digest(struct driver *d, uint64_t x)
{
    d->digest = mix(d->digest * 31 + x);
}

static uint64_t choose(void *context, enum weft_sim_site site, uint64_t bound,
                       const uint32_t *of)
{
    struct driver *d = context;
    uint64_t choice;

    cr_assert(bound > 1 && site < WEFT_SIM_SITE_COUNT);
    cr_assert((of != NULL) == (site == WEFT_SIM_WHO));
    d->random += 0x9e3779b97f4a7c15u;
    choice = mix(d->random) >> 32;
    if (site >= WEFT_SIM_SHIFT && choice % 16 != 0)
        return 0;
    choice = choice / 16 % bound;
    d->chosen[site] += choice != 0;
    return choice;
}

static uint64_t plainly(void *context, enum weft_sim_site site, uint64_t bound,
                        const uint32_t *of)
{
    (void)context, (void)site, (void)bound, (void)of;
    return 0;
}

static void turn(void *context, const weft_sim_turn *turn)
{
    struct driver *d = context;

    d->turns++;
    digest(d, turn->now_ns);
    digest(d, turn->to);
    digest(d, turn->from);
    digest(d, turn->tag + ((uint64_t)turn->worker << 32));
}

static bool between(void *context, bool at_rest)
{
    (void)context, (void)at_rest;
    return true;
}

static weft_runtime *start(struct driver *d, uint64_t seed, unsigned faults)
{
    weft_runtime *rt = NULL;
    weft_options o;

    *d = (struct driver){.driver = {.choose = seed != 0 ? choose : plainly,
                                    .turn = turn,
                                    .between = between,
                                    .context = d,
                                    .faults = faults},
                         .random = seed};
    weft_options_init(&o);
    o.sim = &d->driver;
    o.seed = seed + 1;
    cr_assert_eq(weft_start(&rt, &o), 0);
    return rt;
}

/* --- a program: players send numbered balls to each other, ask, make and end others --- */

enum { PLAYERS = 12, TAG_BALL = 1, TAG_SERVE, TAG_QUESTION, TAG_PLAYER, BALLS = 40 };

struct player {
    weft_pid others[4];
    uint32_t known, left, number;
};
static uint32_t out_of_order, answers, failures;

struct ball {
    uint64_t from;
    uint32_t number;
};

static struct {
    uint64_t from;
    weft_pid to;
    uint32_t number;
} pairs[PLAYERS * PLAYERS];

static void received(weft_pid to, const struct ball *ball)
{
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i].from == 0) {
            pairs[i].from = ball->from;
            pairs[i].to = to;
        }
        if (pairs[i].from == ball->from && pairs[i].to == to) {
            out_of_order += ball->number <= pairs[i].number;
            pairs[i].number = ball->number;
            return;
        }
    }
}

static weft_next playing(weft_self *self, void *state, weft_msg *msg);

static const weft_behavior player = WEFT_BEHAVIOR("player", struct player, playing);

static weft_next answered(weft_self *self, void *state, weft_msg *answer)
{
    (void)state;
    if (weft_failure(answer) != 0)
        failures++;
    else
        answers++;
    return weft_stay(self);
}

static weft_next serve(weft_self *self, struct player *p)
{
    weft_pid to = p->others[weft_random(self, p->known)];
    struct ball ball = {weft_self_pid(self), ++p->number};

    p->left--;
    weft_cast(self, to, weft_small(TAG_BALL, &ball, sizeof ball));
    if (p->left > 0)
        weft_cast_word(self, weft_self_pid(self), TAG_SERVE, 0);
    if (p->left % 8 == 3 && to != weft_self_pid(self))
        return weft_await_word(self, to, TAG_QUESTION, 1, WEFT_MS(50), answered);
    return weft_stay(self);
}

static weft_next playing(weft_self *self, void *state, weft_msg *msg)
{
    struct player *p = state;
    struct ball ball;
    size_t size;

    switch (weft_tag(msg)) {
    case TAG_PLAYER:
        p->others[p->known++] = weft_word(msg);
        p->left = BALLS;
        return weft_stay(self);
    case TAG_SERVE:
        return serve(self, p);
    case TAG_QUESTION:
        weft_reply_word(self, msg, TAG_QUESTION, 2);
        return weft_stay(self);
    default:
        memcpy(&ball, weft_payload(msg, &size), sizeof ball);
        received(weft_self_pid(self), &ball);
        return weft_stay(self);
    }
}

static void play(weft_runtime *rt)
{
    weft_pid pids[PLAYERS];
    weft_stats stats;

    memset(pairs, 0, sizeof pairs);
    out_of_order = answers = failures = 0;
    for (int i = 0; i < PLAYERS; i++)
        cr_assert_eq(weft_rt_spawn(rt, &player, NULL, &pids[i]), 0);
    for (int i = 0; i < PLAYERS; i++) {
        for (int k = 1; k <= 4; k++)
            weft_rt_cast_word(rt, pids[i], TAG_PLAYER, pids[(i * 3 + k) % PLAYERS]);
        weft_rt_cast_word(rt, pids[i], TAG_SERVE, 0);
    }
    while (weft_run_once(rt, 0) > 0)
        continue;
    cr_assert_eq(out_of_order, 0);
    cr_assert_eq(weft_stop_all(rt, WEFT_SEC(100)), 0);
    weft_stats_read(rt, &stats);
    cr_assert_eq(stats.spawned, stats.ended);
}

static uint64_t digest_of(uint64_t seed, unsigned faults, struct driver *d)
{
    weft_runtime *rt = start(d, seed, faults);

    play(rt);
    cr_assert_eq(weft_finish(rt, WEFT_SEC(100)), 0);
    return d->digest;
}

TestSuite(simulated, .timeout = 60);

Test(simulated, same_seed_same_run)
{
    enum { ALL = WEFT_SIM_SLOW_STEPS | WEFT_SIM_DELAYS | WEFT_SIM_CLOCK_JUMPS };
    struct driver d;

    for (uint64_t seed = 0; seed < 200; seed++) {
        unsigned faults = seed % 2 ? ALL : 0;
        uint64_t first = digest_of(seed, faults, &d);

        cr_assert_eq(first, digest_of(seed, faults, &d), "seed %d", (int)seed);
        cr_assert(d.turns > PLAYERS * BALLS);
    }
}

/* --- what is different --- */

static pthread_t ran_on;

static weft_next note_thread(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    ran_on = pthread_self();
    return weft_stay(self);
}

static const weft_behavior own_thread =
    WEFT_STATELESS("own thread", note_thread, .own_thread = true);

Test(simulated, there_is_one_thread)
{
    struct driver d;
    weft_runtime *rt = start(&d, 1, 0);
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(rt, &own_thread, NULL, &pid), 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_BALL, 0), 0);
    while (weft_run_once(rt, 0) > 0)
        continue;
    cr_assert(pthread_equal(ran_on, pthread_self()));
    cr_assert_eq(weft_rt_spawn_crew(rt, &own_thread, 2, NULL, &pid), WEFT_EPLACE);
    cr_assert_eq(weft_finish(rt, WEFT_SEC(10)), 0);
}

Test(simulated, the_clock_is_a_number)
{
    struct driver d;
    weft_runtime *rt = start(&d, 0, 0);
    uint64_t began = weft_sim_now(rt);

    cr_assert_eq(weft_sim_play(rt, 1000, began + WEFT_SEC(7)), 0);
    cr_assert_eq(weft_sim_now(rt), began + WEFT_SEC(7));
    cr_assert_eq(weft_sim_play(rt, 1000, WEFT_FOREVER), 0);
    cr_assert_eq(weft_sim_now(rt), began + WEFT_SEC(7));
    cr_assert_eq(weft_wait_ns(rt), WEFT_FOREVER);
    cr_assert_eq(weft_run(rt), WEFT_ETIMEDOUT); /* for nobody will end it */
    cr_assert_eq(weft_finish(rt, WEFT_SEC(10)), 0);
}

Test(simulated, no_other_runtime_is_played)
{
    weft_runtime *rt = NULL;
    weft_options o;

    weft_options_init(&o);
    o.threadless = true;
    cr_assert_eq(weft_start(&rt, &o), 0);
    cr_assert_eq(weft_sim_play(rt, 1, 1), WEFT_EPLACE);
    cr_assert_eq(weft_sim_now(rt), 0);
    cr_assert_eq(weft_sim_choose(rt, 10), 0);
    cr_assert_eq(weft_finish(rt, WEFT_SEC(10)), 0);
}

Test(simulated, a_driver_is_whole)
{
    struct driver d;
    weft_runtime *rt = start(&d, 1, 0);
    weft_options o;

    cr_assert_eq(weft_finish(rt, WEFT_SEC(10)), 0);
    weft_options_init(&o);
    o.sim = &d.driver;
    d.driver.workers = WEFT_SIM_WORKERS_MAX + 1;
    cr_assert_eq(weft_start(&rt, &o), WEFT_EINVAL);
    d.driver.workers = 0;
    d.driver.choose = NULL;
    cr_assert_eq(weft_start(&rt, &o), WEFT_EINVAL);
}

Test(simulated, each_allocation_of_the_start_may_fail)
{
    struct faulty faulty;
    struct driver d;
    weft_options o;
    int error = WEFT_ENOMEM;

    cr_assert_eq(weft_finish(start(&d, 1, 0), WEFT_SEC(10)), 0);
    weft_options_init(&o);
    o.sim = &d.driver;
    o.allocator = &faulty.allocator;
    for (unsigned long n = 0; error == WEFT_ENOMEM; n++) {
        weft_runtime *rt = NULL;

        faulty_init(&faulty);
        faulty_refuse(&faulty, n, 1);
        error = weft_start(&rt, &o);
        cr_assert((error == 0) == (rt != NULL) && n < 1000);
        faulty_relent(&faulty);
        cr_assert_eq(weft_finish(rt, WEFT_SEC(10)), 0);
        faulty_check(&faulty);
    }
    cr_assert_eq(error, 0);
}
