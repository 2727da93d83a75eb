/* weft/monitor.h: hearing of the end of other actors.
 *
 *   weft_watch watch;
 *
 *   if (weft_monitor(self, client, &watch) < 0) ...
 *
 *   weft_down down;                             later, in the step
 *
 *   if (weft_down_get(msg, &down)) ...          down.pid has ended, down.reason says why
 *
 * A monitor ends with its down, which comes once; or with weft_demonitor(), or with either
 * actor. An actor may have any number of monitors, also of one actor: each is one of its own.
 * A down is ordinary mail: it comes behind all that the other one had sent, and waits its turn.
 * It is not lost for want of memory, and no limit of a mailbox stops it. */
#ifndef WEFT_MONITOR_H
#define WEFT_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/actor.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/version.h>

#define WEFT_TAG_DOWN (WEFT_TAG_RESERVED + 24u)

typedef uint64_t weft_watch; /* a monitor; 0: none */

/* An actor has ended. */
typedef struct weft_down {
    weft_pid pid;
    weft_watch watch;   /* the monitor that has come to its end */
    weft_reason reason; /* WEFT_EXIT_NO_ACTOR: it had ended before it could be watched */
} weft_down;

WEFT_BEGIN_DECLS

/* From here on the running actor is told when another one ends. If that has ended before, or
 * never was, it is told so at once, in the same way: there is no error for it.
 * @ret_watch  fills: 0 on an error; may be NULL
 * Errors: WEFT_ENOMEM, WEFT_EFOREIGN, WEFT_EINVAL (the pid is a port's).
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK int weft_monitor(weft_self *self, weft_pid pid,
                                          weft_watch *ret_watch);

/* Ends a monitor: no down of it is handled any more, also if it waits in the mailbox already
 * (but one that this actor has put aside by weft_stash comes back). Returns 0, or WEFT_EINVAL:
 * there is no such monitor; it may have come to its end.
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_demonitor(weft_self *self, weft_watch watch);

/* Is this message a down?
 * @down  fills, if it is. What the reason points to lives as long as the program of the actor
 *        that ended (see weft_fail).
 * Threads: any.  Blocks: no. */
WEFT_API bool weft_down_get(const weft_msg *msg, weft_down *down);

WEFT_END_DECLS

#endif
