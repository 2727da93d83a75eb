/* sched/rescue.h: what happens around a step that does not end.
 *
 * A sleeping worker on watch sees that a domain has had no tick for a millisecond and
 * revokes it (sched/hold.h). Whoever takes it over publishes its outbox, notes that the
 * running task is detached (its mail waits in its queue), and goes on with the rest: nothing
 * is moved. The stuck step's sends go as from an outside thread meanwhile. When it is over
 * its thread gives the task back, as mail to it, and looks for another domain.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   RS1 noted: store release, load acquire -> RS1: the outbox is published, the task is
 *              detached, the message's segment is the step's alone */
#ifndef WEFT_SCHED_RESCUE_H
#define WEFT_SCHED_RESCUE_H

#include "sched/domain.h"

static inline bool domain_stuck(struct domain *d, uint64_t now)
{
    /* relaxed: advisory; a wrong look costs a rescue that was not needed */
    return (int64_t)(now - at_peek(&d->beat)) > (int64_t)cycles(d->sched, STUCK_NS);
}

/* A look at all domains by who sleeps on watch. True if there is something to take over. */
bool watch(struct sched *s);

/* Revokes the domain of a worker that has made no tick for too long. */
void revoke_if_stuck(struct sched *s, struct domain *d, uint64_t now);
/* True if some domain has nobody: its worker sleeps. */
bool any_free(struct sched *s);
/* Enters a revoked domain whose worker's guard is down; ends with hold_served. */
bool serve_revoked(struct sched *s, struct domain *d);
/* Takes over a revoked domain whose worker's guard is down. */
bool take_over(struct worker *w, struct domain *d);
/* True if take_over might succeed now. */
bool may_take_over(struct sched *s, struct domain *d);

/* Our domain is being revoked: gets it back, unless somebody else has it by now. */
bool regain(struct worker *w, struct domain *d);
/* Sends from a step that may have lost its domain; guard up on entry, down on return. */
enum sched_sent guest_send(struct worker *w, const struct record *r);
/* The step, if it lost its domain, knows it from here on. Guard up on entry and return;
 * true if it holds its domain. */
bool still_holds(struct worker *w);

/* Behind a step, guard up: true if the domain is still ours, or ours again. Else the task
 * was given back with what the step said, m being its message (or NULL), and the guard is
 * down. */
bool step_over(struct worker *w, struct domain *d, struct task *t, const struct record *m,
               int next);

#endif
