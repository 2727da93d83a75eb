/* test/support/stress_run.h: what all stress tests need: how much, at random from which seed,
 * waiting for something, starting and ending a runtime, and the law of conservation.
 *
 *   WEFT_TEST_TIER=nightly   thirty times as much
 *   WEFT_SEED=N              the same random choices again */
#ifndef WEFT_TEST_STRESS_RUN_H
#define WEFT_TEST_STRESS_RUN_H

#include "test/support/stress_ledger.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <weft.h>

/* The amount by day, or the amount for a night. */
uint64_t stress_amount(uint64_t quick);

/* The seed of this test. It is printed, and a test's output is shown when it fails. */
uint64_t stress_seed(void);

/* 0 .. below - 1, from a generator that starts with any value. */
uint64_t stress_random(uint64_t *generator, uint64_t below);

/* --- time --- */

uint64_t stress_now(void); /* in nanoseconds */

/* Keeps the processor busy: a step that is stuck. */
void stress_spin(uint64_t ns);

/* When whoever waits since `began` has waited so long that it will never come. Generous:
 * it is no measure of anything. */
bool stress_too_long(uint64_t began);
#define STRESS_DEADLINE WEFT_SEC(600) /* of weft_stop_all and weft_finish */

/* Waits until the condition holds. False if it has been too long. */
bool stress_until(bool (*holds)(void *argument), void *argument);
/* The same for a number that grows: how long it takes says nothing as long as it does. */
struct stress_mover {
    uint64_t since;
    unsigned long seen;
}; /* {0} at first */
bool stress_moves(struct stress_mover *mover, atomic_ulong *counter);
bool stress_until_at_least(atomic_ulong *counter, unsigned long n);
/* True if it was posted. */
bool stress_wait(sem_t *semaphore);

/* --- runtimes --- */

/* relief: as in weft_options. ledger: NULL, or one that keeps the ends. */
weft_runtime *stress_start(unsigned workers, unsigned relief, uint64_t seed,
                           struct ledger *ledger);

/* Handled, dead and returned. */
uint64_t stress_accounted(const weft_runtime *rt);
uint64_t stress_dead(const weft_stats *stats);

/* Every actor has ended: sooner or later each of the messages sent is accounted for, and
 * none twice. */
void stress_check_conserved(const weft_runtime *rt, uint64_t sent);

/* Stops all, checks that what was sent is conserved, that all who began have ended, and
 * takes the runtime down. sent: is final already; where actors may send until they are
 * stopped the caller stops them before it reads how much they have sent. */
void stress_finish(weft_runtime *rt, uint64_t sent);

#endif
