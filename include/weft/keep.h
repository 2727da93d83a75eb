/* weft/keep.h: what an actor holds, and lets go when it ends.
 *
 * Memory, files and connections that an actor uses belong to its state, and its behaviour's
 * destroy releases them. What is acquired on the way, deep in a step that may fail, is easier
 * given to the actor to hold: it is released when the actor ends, for whatever reason, once.
 *
 *   weft_kept kept;
 *   struct parser *parser = parser_new(size);
 *
 *   if (weft_keep(self, parser_free, parser, &kept) < 0)
 *       ...                              it is still ours
 *   parse(parser, msg);                  may fail, at any depth
 *   weft_let_go(self, kept);             ours again
 *   parser_free(parser); */
#ifndef WEFT_KEEP_H
#define WEFT_KEEP_H

#include <stdint.h>

#include <weft/actor.h>
#include <weft/version.h>

#define WEFT_KEPT_MAX 65535u /* that one actor may hold, with the answers that it owes */

typedef uint64_t weft_kept; /* one thing that is held; 0: none */

WEFT_BEGIN_DECLS

/* The actor holds an object: release(object) is called when it ends, once, behind its destroy
 * and before anybody is told of its end; of several in no promised order. On the thread that
 * ends the actor: it may take a lock, but must not block for long, and not call into Weft.
 * @object    takes, on success
 * @ret_kept  fills: 0 on an error; may be NULL
 * Errors: WEFT_EINVAL (no function), WEFT_ENOMEM, WEFT_ELIMIT (WEFT_KEPT_MAX).
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK int weft_keep(weft_self *self, void (*release)(void *object),
                                       void *object, weft_kept *ret_kept);

/* The same for a descriptor, which is closed.
 * @fd  takes, on success. Errors: as weft_keep; WEFT_EINVAL also for a negative one. */
WEFT_API WEFT_MUST_CHECK int weft_keep_fd(weft_self *self, int fd, weft_kept *ret_kept);

/* The actor does not hold it any more; it is not released, but the caller's. Returns 0, or
 * WEFT_EINVAL: it does not hold such a thing.
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_let_go(weft_self *self, weft_kept kept);

WEFT_END_DECLS

#endif
