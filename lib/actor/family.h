/* lib/actor/family.h: an actor and its children: for the other files of this floor. */
#ifndef WEFT_ACTOR_FAMILY_H
#define WEFT_ACTOR_FAMILY_H

#include "lib/actor/runtime.h"
#include "sched/tree.h"

#include <weft/child.h>

/* --- lib/actor/life.c; in an op --- */

/* The actor ends: its children, the stop hook if `hook`, then itself. It may lose the domain. */
void actor_end(struct worker *w, struct task *t, weft_reason *reason, bool hook);
/* The last part of that. */
void actor_finish(struct worker *w, struct task *t, weft_reason *reason);
void ending_begin(struct task *t);
/* The actor fails, with this reason. */
weft_next actor_fail(weft_self *self, const weft_reason *reason);

/* --- lib/actor/spawn.c --- */

struct child_order {
    const weft_behavior *behavior;
    const void *args;
    struct task
        *elder; /* the child will be the next younger of this one; NULL: the oldest */
    uint64_t shutdown_ns; /* 0: as its behaviour says */
    bool
        lasts; /* it is dormant, and gets its args from child_wake; and again when it has ended,
                   which its parent hears as an event that says so */
};
/* weft_spawn_child. */
int child_spawn(struct worker *w, const struct child_order *child, weft_pid *ret_pid);

/* In a new life of a task: its state is as at the first beginning. */
void state_renew(struct task *t, const weft_behavior *b, const void *args);

/* --- lib/actor/family.c; in an op, unless it says otherwise --- */

/* In a step: a dormant child begins. args: borrowed until it is over, or dormant once more. False:
 * it is over, or about to be. */
bool child_wake(weft_self *self, weft_pid pid, const void *args);
/* The actor has come to an end: does it only fall? Then that is all. */
bool family_falls(struct worker *w, struct task *t, const weft_reason *reason);
/* A dormant actor is over: why it has fallen. False: it has not begun yet. */
bool family_fallen_of(const struct sched *s, const struct task *t, weft_reason *reason);

/* An actor with children ends: they first. Then actor_end is called again. */
void family_end(struct worker *w, struct task *t, const weft_reason *reason, bool hook);
/* Something came for an actor that does so. */
void family_control(struct worker *w, struct task *t, enum record_kind kind);
/* Its parent has told it to stop. */
bool family_told(const struct sched *s, const struct task *t);
/* The actor is over: does its state stay for its parent? That will know why it ended. */
bool family_keeps(struct sched *s, struct task *t);
void family_leave(struct sched *s, struct task *t, const weft_reason *reason);
/* The actor has begun. From its beginning. */
void family_begun(struct sched *s, struct stock *stock, struct task *t);
/* Does somebody want to hear that it has begun? */
bool family_hears(const struct task *parent);
/* Hook of the scheduler. */
task_step family_news(struct worker *w, struct task *t, struct task *child,
                      enum record_kind what, struct record *r);

#endif
