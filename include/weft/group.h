/* weft/group.h: process groups.
 *
 * Who joins a group gets what is published in it, and leaves it by itself at the latest when it
 * ends. Who watches a group, all groups of a scope, or all there are, is told who joins and who
 * leaves.
 *
 *   weft_join(self, NULL, "room:weavers");
 *   n = weft_publish(self, NULL, "room:weavers", weft_word_letter(TAG_HEARD, 7));
 *
 * A group is named by two texts, its scope's and its own, of 1 to WEFT_NAME_MAX bytes each; a
 * scope of NULL is the default one, which has no text (""). Both are made by their first
 * member and gone with the last. An actor is a member of a group or not: joining twice is the
 * same as once. An actor that has ended is a member of none, before anybody is told of its end;
 * over a restart that keeps the pid it stays. Groups are a runtime's own. All functions hold
 * a short lock but while they send. docs/groups.md */
#ifndef WEFT_GROUP_H
#define WEFT_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/actor.h>
#include <weft/look.h>
#include <weft/message.h>
#include <weft/name.h>
#include <weft/pid.h>
#include <weft/runtime.h>

#define WEFT_TAG_GROUP_EVENT (WEFT_TAG_RESERVED + 33u)

typedef struct weft_scope_info {
    char scope[WEFT_NAME_MAX + 1];
    uint32_t groups; /* that have members */
} weft_scope_info;

typedef struct weft_group_info {
    char scope[WEFT_NAME_MAX + 1];
    char group[WEFT_NAME_MAX + 1];
    uint32_t members;
} weft_group_info;

/* What those hear who watch. */
typedef struct weft_group_event {
    const char *scope, *group; /* borrowed: as long as the message */
    weft_pid pid;              /* who has joined, or was a member */
    bool joined;               /* false: it has left, or ended */
    weft_watch watch;          /* by which this was heard */
} weft_group_event;

WEFT_BEGIN_DECLS

/* --- members --- */

/* The running actor joins a group. 0 also if it is a member already.
 * @scope, @group  copies; a scope of NULL is the default one
 * Errors: WEFT_EINVAL (a text is empty or too long), WEFT_ENOMEM, WEFT_ELIMIT
 * (weft_options.groups_max, or WEFT_KEPT_MAX).
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK int weft_join(weft_self *self, const char *scope,
                                       const char *group);
/* Errors: WEFT_ENONAME: it is no member. */
WEFT_API int weft_leave(weft_self *self, const char *scope, const char *group);

/* The same for any actor. Errors: also WEFT_ENOACTOR, WEFT_EFOREIGN, WEFT_EINVAL (the pid is a
 * port's). Threads: any. */
WEFT_API WEFT_MUST_CHECK int weft_rt_join(weft_runtime *rt, const char *scope,
                                          const char *group, weft_pid pid);
WEFT_API int weft_rt_leave(weft_runtime *rt, const char *scope, const char *group,
                           weft_pid pid);

/* Who they are, in no promised order.
 * @pids  fills: the first `count` of them; may be NULL if count is 0
 * Returns how many there are, which may be more than count.  Threads: any. */
WEFT_API size_t weft_rt_members(const weft_runtime *rt, const char *scope,
                                const char *group, weft_pid *pids, size_t count);
/* Those who live in this runtime, and not in another node of a cluster. */
WEFT_API size_t weft_rt_local_members(const weft_runtime *rt, const char *scope,
                                      const char *group, weft_pid *pids, size_t count);

/* The next group that has members, and the next scope that has such groups. One that is there all
 * through the walk is met once; one that is gone meanwhile, and comes again, may be met again.
 * @cursor  fills; {0} at first
 * @info    fills
 * Returns false behind the last.  Threads: any. */
WEFT_API bool weft_group_next(const weft_runtime *rt, weft_cursor *cursor,
                              weft_group_info *info);
WEFT_API bool weft_scope_next(const weft_runtime *rt, weft_cursor *cursor,
                              weft_scope_info *info);

/* --- publishing --- */

/* Sends a letter to each member, to the running actor too if it is one: to those who are members
 * at one moment during the call. An object that it carries is one for all, counted and read only
 * (weft_share).
 * @letter  takes: on every path
 * Returns to how many it was sent; for one who refuses it (WEFT_EFULL) or for whom there is no
 * memory it is a dead letter. With no member the letter is destroyed, and that is 0.
 * Errors: WEFT_EINVAL (the letter is malformed, or a text is no name), WEFT_ENOMEM,
 * WEFT_EFOREIGN: it was sent to nobody.
 * Threads: owner actor, in a step or hook; any.  Blocks: no. */
WEFT_API int weft_publish(weft_self *self, const char *scope, const char *group,
                          weft_letter letter);
WEFT_API int weft_rt_publish(weft_runtime *rt, const char *scope, const char *group,
                             weft_letter letter);

/* --- hearing of it --- */

/* From here on the running actor is told of each actor that joins a group or leaves it, itself
 * not excepted, as mail, in the order in which that happens; none is missed, and none is told
 * twice. Events are not lost for want of memory (there is none for the joining then:
 * WEFT_ENOMEM), and no limit of a mailbox stops them. Each watch is one of its own, and ends with
 * weft_unwatch(), or when its actor ends or falls.
 * @pids       fills: who are members at that moment, the first `count` of them; may be NULL if
 *             count is 0
 * @ret_watch  fills: 0 on an error; may be NULL
 * Returns how many members there are at that moment, of whom only their leaving is told.
 * Errors: WEFT_EINVAL, WEFT_ENOMEM, WEFT_ELIMIT.
 * Costs: 128 bytes for each membership, and 128 more while an event waits.
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK int weft_watch_group(weft_self *self, const char *scope,
                                              const char *group, weft_pid *pids,
                                              size_t count, weft_watch *ret_watch);
/* The same of all groups of a scope, and of all groups; they return how many memberships there
 * are. */
WEFT_API WEFT_MUST_CHECK int weft_watch_scope(weft_self *self, const char *scope,
                                              weft_watch *ret_watch);
WEFT_API WEFT_MUST_CHECK int weft_watch_groups(weft_self *self, weft_watch *ret_watch);

/* Is this message such an event?
 * @event  fills, if it is.  Threads: any.  Blocks: no. */
WEFT_API bool weft_group_event_get(const weft_msg *msg, weft_group_event *event);

WEFT_END_DECLS

#endif
