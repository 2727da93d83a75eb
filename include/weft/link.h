/* weft/link.h: actors that end together.
 *
 * A link ties two actors to each other. When one of them ends, for any reason but a normal one
 * (weft_stop), the other ends, too: as if it had failed, with its stop hook, with
 * WEFT_EXIT_LINKED and the code and text of the first failure, so that the root of it is in
 * every report; and then those that are linked with that. A normal end undoes the link.
 *
 * An actor that traps exits does not end: it is told, of every end, also of a normal one, by a
 * message that comes before its other mail:
 *
 *   weft_link_exit ended;
 *
 *   if (weft_link_exit_get(msg, &ended)) ...
 *
 * An exit waits while its actor awaits an answer, has not begun, or (if it traps) has a step
 * that is not over (weft_yield); to one that traps and waits for a message (weft_receive) it is a
 * message like the others. Exits are not lost for want of memory. */
#ifndef WEFT_LINK_H
#define WEFT_LINK_H

#include <stdbool.h>

#include <weft/actor.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/version.h>

#define WEFT_TAG_LINK_EXIT (WEFT_TAG_RESERVED + 25u)

/* One that was linked has ended. */
typedef struct weft_link_exit {
    weft_pid pid;
    weft_reason reason; /* WEFT_EXIT_NO_ACTOR: it had ended before it could be linked */
} weft_link_exit;

WEFT_BEGIN_DECLS

/* Links the running actor with another one. With one that it is linked with already, or with
 * itself, nothing is done. If that has ended, or never was, its exit comes at once: there is no
 * error for it.
 * Errors: WEFT_ENOMEM, WEFT_EFOREIGN, WEFT_EINVAL (the pid is a port's).
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK int weft_link(weft_self *self, weft_pid pid);

/* Undoes a link: the other's end does not concern this actor any more, also if it has ended
 * already, unless its exit was handled; and this one's not the other, as soon as it hears of it.
 * Returns 0, also if there is no link. Threads: owner actor, in a step or hook. Blocks: no. */
WEFT_API int weft_unlink(weft_self *self, weft_pid pid);

/* weft_spawn, and a link that is there before the actor begins. Errors: as weft_spawn. */
WEFT_API int weft_spawn_link(weft_self *self, const weft_behavior *behavior,
                             const void *args, weft_pid *ret_pid);

/* From here on exits are messages to this actor, or not any more (then one that has come and
 * was not handled ends it). A new actor traps none.
 * Errors: WEFT_ENOMEM. Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_trap_exits(weft_self *self, bool on);

/* Is this message an exit?
 * @exit  fills, if it is; as weft_down_get(). Threads: any.  Blocks: no. */
WEFT_API bool weft_link_exit_get(const weft_msg *msg, weft_link_exit *exit);

WEFT_END_DECLS

#endif
