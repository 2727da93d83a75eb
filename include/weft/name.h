/* weft/name.h: names for actors.
 *
 * A service registers a name, in its init say; who needs it looks the name up, keeps the pid, and
 * looks again when that one has ended.
 *
 *   if (weft_register(self, "resolver") == WEFT_ETAKEN)
 *       return weft_stop(self);                            there is to be one
 *   ...
 *   resolver = weft_whereis(self, "resolver");             WEFT_NOBODY: there is none
 *
 * A name is a text of 1 to WEFT_NAME_MAX bytes, and means one actor at a time; an actor may have
 * several. Of those who want one at the same time one gets it, and the others WEFT_ETAKEN. It
 * goes free by itself when its holder ends, before anybody is told of that end; over a
 * restart that keeps the pid it stays. Names are a runtime's own. Looking one up takes no lock;
 * what changes names takes a short one. docs/names.md */
#ifndef WEFT_NAME_H
#define WEFT_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/actor.h>
#include <weft/look.h>
#include <weft/message.h>
#include <weft/monitor.h>
#include <weft/pid.h>
#include <weft/runtime.h>

#define WEFT_NAME_MAX       63u /* bytes, without the zero behind them */
#define WEFT_TAG_NAME_EVENT (WEFT_TAG_RESERVED + 32u)

/* One that is taken; for weft_name_next. */
typedef struct weft_name_info {
    char name[WEFT_NAME_MAX + 1];
    weft_pid pid;
} weft_name_info;

/* What those hear who watch names. */
typedef struct weft_name_event {
    const char *name; /* borrowed: as long as the message */
    weft_pid pid;     /* who has taken it, or had it */
    bool taken;       /* false: it is free again */
    weft_watch watch; /* by which this was heard */
} weft_name_event;

WEFT_BEGIN_DECLS

/* --- having a name --- */

/* The running actor takes a name. 0 also if it has it already, as one has that is started again by
 * its supervisor.
 * @name  copies
 * Errors: WEFT_ETAKEN (another actor that lives has it), WEFT_EINVAL (it is empty or
 * too long), WEFT_ENOMEM, WEFT_ELIMIT (weft_options.names_max, or WEFT_KEPT_MAX).
 * Threads: owner actor, in a step or hook.  Blocks: no (a short lock is held). */
WEFT_API WEFT_MUST_CHECK int weft_register(weft_self *self, const char *name);

/* Gives it back, before its end. Errors: WEFT_ENONAME: it is not this actor's.
 * Threads, blocks: as weft_register. */
WEFT_API int weft_unregister(weft_self *self, const char *name);

/* The same for any actor. Errors: also WEFT_ENOACTOR, WEFT_EFOREIGN, WEFT_EINVAL (the pid is a
 * port's). Threads: any. */
WEFT_API WEFT_MUST_CHECK int weft_rt_register(weft_runtime *rt, const char *name,
                                              weft_pid pid);
WEFT_API int weft_rt_unregister(weft_runtime *rt, const char *name);

/* weft_spawn of an actor that has a name from the first: it and all whom it sends to find it. If
 * the name is taken there is no actor, and if there is no actor the name is free.
 * Errors: those of weft_spawn and weft_register. */
WEFT_API int weft_spawn_named(weft_self *self, const weft_behavior *behavior,
                              const void *args, const char *name, weft_pid *ret_pid);
WEFT_API int weft_rt_spawn_named(weft_runtime *rt, const weft_behavior *behavior,
                                 const void *args, const char *name, weft_pid *ret_pid);

/* --- looking one up --- */

/* Who has the name now; WEFT_NOBODY if nobody has. One that has ended has none.
 * Threads: owner actor; any.  Blocks: no. */
WEFT_API weft_pid weft_whereis(weft_self *self, const char *name);
WEFT_API weft_pid weft_rt_whereis(const weft_runtime *rt, const char *name);

/* The same if it is an actor of this behaviour; else WEFT_NOBODY. So that what is sent there is
 * understood. */
WEFT_API weft_pid weft_whereis_of(weft_self *self, const char *name,
                                  const weft_behavior *behavior);
WEFT_API weft_pid weft_rt_whereis_of(const weft_runtime *rt, const char *name,
                                     const weft_behavior *behavior);

/* The next name that is taken. One that is taken all through the walk is met once, others at most
 * once for each time that they are taken.
 * @cursor  fills; {0} at first
 * @info    fills
 * Returns false behind the last.  Threads: any.  Blocks: no (a short lock is held). */
WEFT_API bool weft_name_next(const weft_runtime *rt, weft_cursor *cursor,
                             weft_name_info *info);

/* --- hearing of it --- */

/* From here on the running actor is told of each name that is taken or goes free, as mail, in the
 * order in which that happens; none is missed, and none is told twice. Events are not lost
 * for want of memory (there is none for the name then: WEFT_ENOMEM), and no limit of a mailbox
 * stops them. Each watch is one of its own, and ends with weft_unwatch(), or when its actor ends or
 * falls.
 * @ret_watch  fills: 0 on an error; may be NULL
 * Returns how many names are taken at that moment, of which nothing is told but their end.
 * Errors: WEFT_ENOMEM, WEFT_ELIMIT (WEFT_KEPT_MAX).
 * Costs: 128 bytes for each name, and 128 more while an event waits.
 * Threads: owner actor, in a step or hook.  Blocks: no (a lock is held while all names are
 * gone through). */
WEFT_API WEFT_MUST_CHECK int weft_watch_names(weft_self *self, weft_watch *ret_watch);

/* Ends a watch of names or of groups: no event of it is handled any more, also if it waits
 * already. Errors: WEFT_EINVAL: there is no such watch. Threads: owner actor. */
WEFT_API int weft_unwatch(weft_self *self, weft_watch watch);

/* Is this message such an event?
 * @event  fills, if it is.  Threads: any.  Blocks: no. */
WEFT_API bool weft_name_event_get(const weft_msg *msg, weft_name_event *event);

WEFT_END_DECLS

#endif
