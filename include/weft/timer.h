/* weft/timer.h: letters that are sent later, once or again and again.
 *
 *   weft_cast_after(self, weft_self_pid(self), weft_word_letter(TAG_EXPIRED, slot), WEFT_SEC(30),
 *                   &timer);
 *   ...
 *   if (weft_cancel(self, timer))    it is not handled, even if its time had come already
 *
 * A timer is its actor's: nobody else can cancel it, and it ends with the actor. It goes off
 * between two steps of the actor, never early; on a machine that is not busy less than a
 * millisecond late, while a step of the actor runs when that is over. Of one actor's timers the
 * earlier goes off first, and of those for the same moment the one that was set first.
 *
 * What a timer sends is a message like any other, from the actor that set it, in order of
 * arrival; but no limit of a mailbox stops it, and if the receiver has ended by then it is a
 * dead letter. Letters whose timers have not gone off when their actor ends, or falls and is
 * started again, are destroyed.
 *
 * Setting and cancelling take no lock and cost the same however many actors have timers; of an
 * actor with n of its own, cancelling and going off cost the logarithm of n. docs/timers.md */
#ifndef WEFT_TIMER_H
#define WEFT_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/actor.h>

/* Names a timer, for the actor that set it. 0: none. Never used twice. */
typedef uint64_t weft_timer;

#define WEFT_TIMERS_MAX 65535u /* timers of an actor, at most and by default */

/* What becomes of the times of a repeated letter that have passed when it is sent; or, if it is
 * for the actor itself, when it is handled: such a letter waits in the mailbox once at a time. */
enum weft_missed {
    WEFT_MISSED_SKIP = 0, /* they are left out; the next is at the first one to come */
    WEFT_MISSED_CATCH_UP = 1, /* each is made up for, at once */
    WEFT_MISSED_DELAY = 2     /* they are left out; the next is a period later */
};

typedef struct weft_repeat {
    uint64_t period_ns; /* not 0 */
    uint64_t first_ns;  /* until the first; 0: a period */
    enum weft_missed missed;
} weft_repeat;

WEFT_BEGIN_DECLS

/* Sends a letter later ("send_after"): weft_cast with a delay.
 * @letter     takes: on every path
 * @delay_ns   0: as soon as the step is over
 * @ret_timer  fills: 0 on an error; may be NULL
 * Errors: WEFT_ENOMEM, WEFT_EINVAL (the letter is malformed), WEFT_EFOREIGN (it owns a block of
 * another runtime), WEFT_ELIMIT (the actor has weft_behavior.timers_max); the letter is dead
 * then. Whether there is an actor of this pid is found out when it is sent.
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_cast_after(weft_self *self, weft_pid to, weft_letter letter,
                             uint64_t delay_ns, weft_timer *ret_timer);

/* Sends a small letter each period from now on ("send_interval"), first after one; times that
 * are missed are left out. Without drift: the n-th is due n periods from now, however late
 * others were. It ends when it is cancelled, with its actor, and with the first letter that
 * finds no receiver.
 * Errors: as weft_cast_after; WEFT_EINVAL also if the period is 0, or the letter is no small
 * one: what it owns would have to be copied. Threads: as weft_cast_after. */
WEFT_API int weft_cast_every(weft_self *self, weft_pid to, weft_letter letter,
                             uint64_t period_ns, weft_timer *ret_timer);

/* The same with a first time of its own and a say in what is missed.
 * @repeat  borrows */
WEFT_API int weft_cast_repeat(weft_self *self, weft_pid to, weft_letter letter,
                              const weft_repeat *repeat, weft_timer *ret_timer);

/* weft_stop_actor and weft_kill_actor later ("exit_after", "kill_after"); pid may be the actor's
 * own. If there is no such actor by then, nothing happens.
 * Errors: WEFT_ENOMEM, WEFT_ELIMIT. Threads: as weft_cast_after. */
WEFT_API int weft_stop_after(weft_self *self, weft_pid pid, uint64_t delay_ns,
                             weft_timer *ret_timer);
WEFT_API int weft_kill_after(weft_self *self, weft_pid pid, uint64_t delay_ns,
                             weft_timer *ret_timer);

/* Forgets a timer, and destroys its letter. True if it was in time: nobody handles the letter any
 * more, though one to the actor itself may have gone off already. False: it has been handled,
 * or sent to another, or is no timer of this actor.
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API bool weft_cancel(weft_self *self, weft_timer timer);

/* Nanoseconds until it goes off next: 0 if it is to be handled, WEFT_FOREVER if it is no timer
 * of this actor. Threads: owner actor.  Blocks: no. */
WEFT_API uint64_t weft_timer_left(weft_self *self, weft_timer timer);

/* How many timers the actor has. Threads: owner actor.  Blocks: no. */
WEFT_API uint32_t weft_timers(weft_self *self);

/* The time that timers keep to: nanoseconds since the runtime was started; virtual in a
 * simulation. It only goes forward, and counts the processor's clock: it may be off by one in
 * some thousand, so what is to happen at a time of day looks at that clock again
 * (examples/schedule.c). Threads: owner actor; any.  Blocks: no. */
WEFT_API uint64_t weft_now(weft_self *self);
WEFT_API uint64_t weft_rt_now(const struct weft_runtime *rt);

WEFT_END_DECLS

#endif
