/* weft/deadlock.h: actors that await each other.
 *
 * Each await has its deadline, so a circle of actors that await each other is over some time;
 * but it is a fault of the program, and this finds it while it lasts. */
#ifndef WEFT_DEADLOCK_H
#define WEFT_DEADLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <weft/error.h>
#include <weft/pid.h>
#include <weft/runtime.h>
#include <weft/version.h>

WEFT_BEGIN_DECLS

/* Looks for a circle of awaits: it asks each actor that awaits whose answer that is, and those of
 * a circle twice, so what it finds was one at that time. Questions of weft_ask() are not
 * awaits. Costs some microseconds for each actor that awaits.
 * @pids        fills: up to `max` members, each awaits the next one, the last one the first
 * @timeout_ns  for each actor: one whose domain is stuck in a long step is passed over
 * Returns how many members the circle has (more than max if there was no room), 0 if there is
 * none. Errors: WEFT_ENOMEM, WEFT_ELIMIT (too many threads wait for answers).
 * Threads: any but workers.  Blocks: yes. */
WEFT_API int weft_find_deadlock(weft_runtime *rt, weft_pid *pids, size_t max,
                                uint64_t timeout_ns);

WEFT_END_DECLS

#endif
