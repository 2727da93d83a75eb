/* weft/wait.h: handling mail in another order than it comes, and waiting for other things.
 *
 * All of these are what a step returns, but for weft_unstash(). Where they take a step and it is
 * NULL the actor fails, with WEFT_EINVAL. */
#ifndef WEFT_WAIT_H
#define WEFT_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <weft/actor.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/version.h>

#define WEFT_STASH_MAX 1024u /* of behaviours that do not say */

WEFT_BEGIN_DECLS

/* This message is put aside, unhandled, until the actor calls weft_unstash(). A stash holds
 * weft_behavior.stash_max messages; one more is a dead letter (and if it is a question its
 * asker is told WEFT_ELIMIT), and the actor goes on. Threads: owner actor, in a step; not for
 * an answer that was awaited. */
WEFT_API weft_next weft_stash(weft_self *self);
/* When this step is over all that was put aside comes back, in the order it had, before the
 * mail that waits. */
WEFT_API void weft_unstash(weft_self *self);

/* Does the actor want this message? It may look at both, and change nothing: it is asked again
 * and again, and must be quick. */
typedef bool (*weft_wanted_fn)(void *state, const weft_msg *msg);

/* The next message that is wanted, of those that wait or are to come, goes to `step`; others
 * wait, in order. If there is none in time `step` gets a failure, WEFT_ETIMEDOUT (see
 * weft_failure). So with NULL for wanted this is a time limit on silence.
 * @wanted      NULL: any
 * @timeout_ns  WEFT_FOREVER: no limit
 * Threads: owner actor, in a step. */
WEFT_API weft_next weft_receive(weft_self *self, weft_wanted_fn wanted,
                                uint64_t timeout_ns, weft_step_fn step);

/* The actor goes on without mail: `step` has the next turn, before its other mail, but after
 * the other actors had theirs. It gets a message with this tag and word, from itself. */
WEFT_API weft_next weft_go_on(weft_self *self, weft_step_fn step, uint32_t tag,
                              uint64_t word);

/* Waits until another actor has ended: the answer's word is its enum weft_exit_kind; if it had
 * ended before (or never was) that is a failure, WEFT_ENOACTOR. As weft_await otherwise. */
WEFT_API weft_next weft_await_end(weft_self *self, weft_pid pid, uint64_t timeout_ns,
                                  weft_step_fn step);
/* Waits until an actor has begun: its init is over. The failure is WEFT_EENDED if that
 * failed, or stopped. */
WEFT_API weft_next weft_await_start(weft_self *self, weft_pid pid, uint64_t timeout_ns,
                                    weft_step_fn step);

WEFT_END_DECLS

#endif
