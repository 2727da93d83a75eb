/* test/support/stress_run.c: amounts, seeds, waiting, runtimes and their balance. */
#include "test/support/stress_run.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

enum { NIGHTLY = 30 };

uint64_t stress_amount(uint64_t quick)
{
    const char *tier = getenv("WEFT_TEST_TIER");

    return tier != NULL && strcmp(tier, "nightly") == 0 ? quick * NIGHTLY : quick;
}

uint64_t stress_seed(void)
{
    const char *text = getenv("WEFT_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : stress_now();

    fprintf(stderr, "replay with WEFT_SEED=%" PRIu64 "\n", seed);
    return seed;
}

/* splitmix64; the remainder is even enough for a choice. */
uint64_t stress_random(uint64_t *generator, uint64_t below)
{
    uint64_t z = (*generator += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

/* --- time --- */

uint64_t stress_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void stress_spin(uint64_t ns)
{
    uint64_t began = stress_now();

    while (stress_now() - began < ns)
        continue;
}

/* Slow tools have their limits stretched by whoever starts them. */
static uint64_t patience(void)
{
    const char *text = getenv("SHIM_TIMEOUT_FACTOR");
    double factor = text != NULL ? strtod(text, NULL) : 1;

    return (uint64_t)((factor > 1 ? factor : 1) * 60e9);
}

bool stress_too_long(uint64_t began)
{
    return stress_now() - began > patience();
}

bool stress_until(bool (*holds)(void *argument), void *argument)
{
    uint64_t began = stress_now();

    while (!holds(argument)) {
        if (stress_too_long(began))
            return false;
        poll(NULL, 0, 1); /* between two looks: nobody rings for every change */
    }
    return true;
}

bool stress_moves(struct stress_mover *mover, atomic_ulong *counter)
{
    unsigned long now = atomic_load(counter);

    if (mover->since == 0 || now != mover->seen)
        *mover = (struct stress_mover){.since = stress_now(), .seen = now};
    return !stress_too_long(mover->since);
}

bool stress_until_at_least(atomic_ulong *counter, unsigned long n)
{
    struct stress_mover mover = {0};

    while (atomic_load(counter) < n) {
        if (!stress_moves(&mover, counter))
            return false;
        poll(NULL, 0, 1); /* as above */
    }
    return true;
}

bool stress_wait(sem_t *semaphore)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(patience() / 1000000000u);
    while (sem_timedwait(semaphore, &until) != 0)
        if (errno != EINTR)
            return false;
    return true;
}

/* --- runtimes --- */

weft_runtime *stress_start(unsigned workers, unsigned relief, uint64_t seed,
                           struct ledger *ledger)
{
    weft_runtime *rt = NULL;
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.relief = relief;
    options.seed = seed;
    options.actors_max = 1 << 20;
    if (ledger != NULL) {
        options.on_exit = ledger_on_exit;
        options.context = ledger;
    }
    cr_assert_eq(weft_start(&rt, &options), 0);
    return rt;
}

uint64_t stress_dead(const weft_stats *stats)
{
    uint64_t dead = 0;

    for (int i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        dead += stats->dead[i];
    return dead;
}

uint64_t stress_accounted(const weft_runtime *rt)
{
    weft_stats stats;

    weft_stats_read(rt, &stats);
    return stats.handled + stress_dead(&stats) + stats.returned;
}

struct balance {
    const weft_runtime *rt;
    uint64_t sent;
};

static bool is_balanced(void *argument)
{
    const struct balance *b = argument;

    return stress_accounted(b->rt) >= b->sent;
}

void stress_check_conserved(const weft_runtime *rt, uint64_t sent)
{
    struct balance balance = {rt, sent};
    weft_stats s;
    bool enough = stress_until(is_balanced, &balance);

    weft_stats_read(rt, &s);
    fprintf(stderr,
            "remote %" PRIu64 ", stolen %" PRIu64 ", moved %" PRIu64 ", rescues %" PRIu64
            ", parks %" PRIu64 "\n",
            s.remote, s.stolen, s.moved, s.rescues, s.parks);
    cr_expect(enough, "a message was lost");
    cr_expect_eq(s.handled + stress_dead(&s) + s.returned, sent,
                 "sent %" PRIu64 ", handled %" PRIu64 ", dead %" PRIu64
                 ", returned %" PRIu64,
                 sent, s.handled, stress_dead(&s), s.returned);
    cr_expect_eq(s.spawned, s.ended, "%" PRIu64 " began, %" PRIu64 " ended", s.spawned,
                 s.ended);
}

void stress_finish(weft_runtime *rt, uint64_t sent)
{
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    stress_check_conserved(rt, sent);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
}
