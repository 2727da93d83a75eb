/* weft/outside.h: functions that wait, for threads outside.
 *
 *   uint64_t price;
 *
 *   if (weft_rt_await_word(rt, prices, weft_word_letter(TAG_PRICE_OF, item), WEFT_SEC(1),
 *                          &price) == 0)
 *       printf("%" PRIu64 "\n", price);
 *
 * They block their thread until the answer is there, or the time is over, and must not be
 * called by workers (inside a step weft_await does it without blocking). A runtime without
 * threads is run by them meanwhile. */
#ifndef WEFT_OUTSIDE_H
#define WEFT_OUTSIDE_H

#include <stdint.h>
#include <weft/actor.h>
#include <weft/error.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/runtime.h>
#include <weft/version.h>

WEFT_BEGIN_DECLS

/* Asks an actor, and waits for its answer.
 * @letter      takes: on every path
 * @timeout_ns  WEFT_FOREVER: no limit
 * @ret_answer  fills: new, weft_msg_free; NULL on an error
 * Errors: those of weft_await's failures; WEFT_ELIMIT (too many threads wait).
 * Threads: any but workers.  Blocks: yes. */
WEFT_API WEFT_MUST_CHECK int weft_rt_await(weft_runtime *rt, weft_pid to,
                                           weft_letter letter, uint64_t timeout_ns,
                                           weft_msg **ret_answer);
/* The same for an answer of one word, which @ret_word is filled with; 0 on an error. */
WEFT_API WEFT_MUST_CHECK int weft_rt_await_word(weft_runtime *rt, weft_pid to,
                                                weft_letter letter, uint64_t timeout_ns,
                                                uint64_t *ret_word);

/* Waits until an actor has ended, and its state is destroyed. 0 also if it had ended before.
 * Errors: WEFT_ETIMEDOUT, WEFT_ENOMEM, WEFT_ELIMIT, WEFT_EFOREIGN. Threads: any but workers.
 * Blocks: yes. */
WEFT_API int weft_rt_await_end(weft_runtime *rt, weft_pid pid, uint64_t timeout_ns);
/* Waits until an actor has begun: its init is over. WEFT_EENDED: it failed, or stopped;
 * WEFT_ENOACTOR: it had ended before. Otherwise as above. */
WEFT_API int weft_rt_await_start(weft_runtime *rt, weft_pid pid, uint64_t timeout_ns);

/* Asks an actor to stop, and waits for its end. Errors as weft_rt_await_end. */
WEFT_API int weft_rt_stop_and_wait(weft_runtime *rt, weft_pid pid, uint64_t timeout_ns);

/* Makes an actor, and waits until its init is over.
 * @ret_pid  fills: WEFT_NOBODY if there is no such actor any more; on WEFT_ETIMEDOUT there is
 * Errors: as weft_spawn; WEFT_ETIMEDOUT; what its init gave to weft_fail() if that is
 * negative; WEFT_EENDED if init stopped, or was not run.
 * Threads: any but workers.  Blocks: yes. */
WEFT_API WEFT_MUST_CHECK int weft_rt_spawn_and_wait(weft_runtime *rt,
                                                    const weft_behavior *behavior,
                                                    const void *args, uint64_t timeout_ns,
                                                    weft_pid *ret_pid);

WEFT_END_DECLS

#endif
