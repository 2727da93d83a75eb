/* weft/child.h: actors that an actor supervises.
 *
 * An actor's supervisor is the one that made it with weft_spawn_child(): there is one, and it is
 * fixed. What weft_spawn() and threads outside make has no supervisor but the runtime. So the
 * actors are a tree, and it holds that
 *
 *   - children end before their supervisor does, whatever it ends of: the youngest is told to
 *     stop and has its time (weft_behavior.shutdown_ns), then it is killed; then the next one;
 *     then the supervisor's stop hook runs. If it is killed, all below it are killed.
 *   - a supervisor hears of each child's end once. Its child hook decides what follows; an actor
 *     without one fails as its child did (WEFT_EXIT_CHILD_FAILED), and so does its supervisor.
 *
 *   static weft_next shop_child(weft_self *self, void *state, weft_child_event *event)
 *   {
 *       struct shop *shop = state;
 *
 *       if (event->change != WEFT_CHILD_FAILED)
 *           return weft_stay(self);
 *       return weft_spawn_child(self, &clerk, NULL, &shop->clerk) < 0 ? weft_stop(self)
 *                                                                     : weft_stay(self);
 *   }
 *
 *   static const weft_behavior shop =
 *       WEFT_BEHAVIOR("shop", struct shop, selling, .init = shop_init, .child = shop_child);
 *
 * Nothing is allocated to end a tree, or to tell of an end. docs/supervision.md */
#ifndef WEFT_CHILD_H
#define WEFT_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <weft/actor.h>
#include <weft/pid.h>
#include <weft/version.h>

enum weft_child_change {
    WEFT_CHILD_STARTED = 0, /* it has begun: its init, if it has one, went well */
    WEFT_CHILD_ENDED = 1,   /* as it was meant to, or as this actor told it to */
    WEFT_CHILD_FAILED = 2   /* otherwise: weft_exit_is_failure() */
};

/* What a child hook hears. */
typedef struct weft_child_event {
    enum weft_child_change change;
    weft_pid pid; /* a pid that is nobody's, if it has ended */
    const weft_behavior *behavior;
    weft_reason reason; /* of an end */
    /* The state of a child that has ended, for a supervisor that inherits; else NULL. The hook may
     * look at it, copy it by bytes and set this to NULL: what the state owns is the hook's then.
     * Otherwise the child's destroy runs behind the hook. */
    void *state;
    bool dormant; /* it keeps its pid and its mail: children of weft/supervisor.h do */
} weft_child_event;

/* Did an actor with this reason not end as it was meant to? Normal are weft_stop(), being
 * stopped or drained, and the runtime's shutdown. */
static inline bool weft_exit_is_failure(enum weft_exit_kind exit)
{
    return exit != WEFT_EXIT_NORMAL && exit != WEFT_EXIT_STOPPED &&
           exit != WEFT_EXIT_SHUTDOWN && exit != WEFT_EXIT_DRAINED;
}

WEFT_BEGIN_DECLS

/* "normal", "killed" and so on; NULL for what is no kind. Returns borrowed (static). */
WEFT_API const char *weft_exit_text(enum weft_exit_kind exit);

/* Makes an actor, whose supervisor is this one. As weft_spawn() otherwise.
 * Errors: as weft_spawn, and WEFT_ELIMIT (the tree is weft_options.depth_max deep), WEFT_EENDED
 * (this actor is ending: from its stop hook).
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_spawn_child(weft_self *self, const weft_behavior *behavior,
                              const void *args, weft_pid *ret_pid);

/* Tells a child to end, which its supervisor can do without memory: with its stop hook, before the
 * mail that it has; or, killed, without. Whatever it ends of then is no failure to this actor's
 * child hook. Errors: WEFT_ENOACTOR (no child of this actor, or it has ended; the hook will
 * hear of that, or has), WEFT_ENOMEM (only if an order that was given before has not arrived).
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_stop_child(weft_self *self, weft_pid pid);
WEFT_API int weft_kill_child(weft_self *self, weft_pid pid);

/* Gives a child up: it has no supervisor but the runtime from here on, and this actor hears
 * nothing more of it.
 * Errors: WEFT_ENOACTOR (no child of this actor, or it is ending), WEFT_EPLACE (it has begun just
 * now, which the hook is to hear first: try again then).
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_release(weft_self *self, weft_pid pid);

/* The actor's children that have not ended, the youngest first.
 * @pids  fills: up to max of them; may be NULL if max is 0
 * Returns how many there are.  Threads: owner actor.  Blocks: no; takes as long as there are
 * children. */
WEFT_API size_t weft_children(weft_self *self, weft_pid *pids, size_t max);

/* The actor's supervisor; WEFT_NOBODY: only the runtime. Threads: owner actor.  Blocks: no. */
WEFT_API weft_pid weft_supervisor_pid(weft_self *self);

WEFT_END_DECLS

#endif
