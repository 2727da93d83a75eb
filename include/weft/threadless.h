/* weft/threadless.h: a runtime without a thread of its own.
 *
 * With weft_options.threadless no thread is made: the actors run when the program says so, on
 * the thread that says it, until nothing can run or a budget is spent.
 *
 *   weft_rt_cast_word(rt, actor, TAG_TICK, 1);
 *   while (weft_run_once(rt, 1000) > 0)
 *       continue;
 *
 * Between the calls the program sleeps on its own terms: the runtime's descriptor says when
 * there is something to run, weft_wait_ns how long at most (docs/embedding.md has a loop).
 * weft_run, weft_stop_all, weft_finish and weft_port_wait run the actors themselves
 * meanwhile. Everything else is as ever; but nobody rescues the neighbours of a long step. */
#ifndef WEFT_THREADLESS_H
#define WEFT_THREADLESS_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/runtime.h>
#include <weft/version.h>

WEFT_BEGIN_DECLS

/* Runs actors until nothing can run, or steps_max steps have run (0: 1000; a few more if an
 * actor with a long backlog has its turn).
 * Returns how many ran: 0 if there was nothing to do.
 * Errors: WEFT_EPLACE: the runtime has threads; or another thread, or a step below this very
 * call, is in here. Threads: any, one at a time.  Blocks: no longer than the steps. */
WEFT_API int weft_run_once(weft_runtime *rt, unsigned steps_max);

/* A descriptor that is readable when there may be something to run: an outside call or
 * another thread made it so, or a budget was spent before all was done. weft_run_once does the
 * reading.
 * Returns borrowed (until weft_finish), close-on-exec; or WEFT_EPLACE: the runtime has
 * threads. Threads: any.  Blocks: no. */
WEFT_API int weft_wake_fd(const weft_runtime *rt);

/* How long the program may sleep: 0 if there is something to run, else until the next timer;
 * WEFT_FOREVER if there is none. In nanoseconds. Threads: the one that runs the actors.
 * Blocks: no. */
WEFT_API uint64_t weft_wait_ns(const weft_runtime *rt);

/* True if weft_exit or weft_rt_exit was called (any runtime's).
 * @ret_code  fills: the code given there, if it returns true; may be NULL
 * Threads: any.  Blocks: no. */
WEFT_API bool weft_exited(const weft_runtime *rt, int *ret_code);

WEFT_END_DECLS

#endif
