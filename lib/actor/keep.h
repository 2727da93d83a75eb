/* lib/actor/keep.h: what is to be done when an actor ends, for the floors above: entries of its
 * debts.
 *
 * A function that is kept is called once, on every path: when the actor has ended, or, for one
 * that is kept for another actor's sake, also when it cannot be kept, or is let go. */
#ifndef WEFT_ACTOR_KEEP_H
#define WEFT_ACTOR_KEEP_H

#include "lib/actor/call.h"

/* The actor has ended: its pid is nobody's by now, nobody was told yet. Guard up, domain held:
 * it may take a short lock, and send by sched_push with this stock; it must not run code of
 * actors, or take a lane. reason: NULL: it was let go by keep_end_for. */
typedef void (*kept_fn)(weft_runtime *rt, struct stock *stock, weft_pid pid,
                        const weft_reason *reason, void *object);

/* For the running actor. Its key, or 0: SENT_NO_MEMORY or SENT_FULL in *why. */
uint64_t keep_add(struct place p, kept_fn fn, void *object, unsigned *why);
/* The same, but it is called as well when the actor falls and is to begin again. */
uint64_t keep_for_life(struct place p, kept_fn fn, void *object, unsigned *why);
/* It will not be called any more; false: there is none. */
bool keep_remove(struct place p, uint64_t key);

/* For any actor, from any place: goes there as mail. An error code (WEFT_ENOACTOR,
 * WEFT_EFOREIGN, WEFT_ENOMEM): the function is not called. Else it is called once, with
 * WEFT_EXIT_NO_ACTOR if the actor ended first or (with code WEFT_ENOMEM) has no memory. On any
 * thread. */
int keep_for(struct place p, weft_pid pid, kept_fn fn, void *object);
/* Lets it be called now, with no reason, if that has not been yet. Errors as above: then the
 * actor ends, or there is no memory; it is called in the end. */
int keep_end_for(struct place p, weft_pid pid, kept_fn fn, void *object);

/* An actor that keeps something from the first, before anybody can see it. */
struct kept_birth {
    kept_fn fn;
    /* Its pid and its key; with this stock, guard up or in a lane. False: no memory; then there is
     * no actor, and fn is not called. Nor is it if the spawn fails for other reasons behind it. */
    bool (*born)(weft_runtime *rt, struct stock *stock, weft_pid pid, uint64_t key,
                 void *object);
    void *object;
};
/* As weft_spawn and weft_rt_spawn. lib/actor/spawn.c */
int actor_spawn_kept(struct place p, const weft_behavior *behavior, const void *args,
                     const struct kept_birth *birth, weft_pid *ret_pid);

/* --- for lib/actor --- */

/* False: no memory. */
bool keep_from_birth(struct sched *s, struct stock *stock, struct task *t,
                     const struct kept_birth *birth);

static inline bool is_kept(const uint64_t word[3])
{
    return word[2] >= DEBT_KEPT;
}

void keep_release(struct sched *s, struct stock *stock, const uint64_t word[3],
                  weft_pid pid, const weft_reason *reason);

/* A WATCH record of keep_for or keep_end_for: it has come; or is dead. error: why, or 0. */
bool keep_is_asked(const struct record *r);
void keep_asked(struct sched *s, struct stock *stock, struct task *t,
                const struct record *r);
void keep_refused(struct sched *s, struct stock *stock, const struct record *r,
                  int error);

#endif
