/* sched/share.h: offering surplus work, taking other people's. Guard up, domain held,
 * between two steps. */
#ifndef WEFT_SCHED_SHARE_H
#define WEFT_SCHED_SHARE_H

#include "sched/domain.h"

/* Takes from another's offers, or from all others'; true if something was taken. */
bool steal_from(struct domain *d, struct domain *from);
bool steal(struct domain *d);
/* Takes back one of our own offers. */
bool take_offer(struct domain *d);
/* Our ring is empty: if what keeps us busy was a stolen newborn, tell whoever offers such
 * newborns whether it was worth it. */
void report_gain(struct domain *d);

/* At a tick: offers work if somebody is idle and it seems worth it. */
void share(struct worker *w, struct domain *d, uint64_t now);
/* At a tick, now and then: evens out two busy domains of which one has far more to do. */
void balance(struct worker *w, struct domain *d, uint64_t now);

/* For a simulation: offers every other task of the ring's oldest; the oldest newborn. */
void share_ring(struct worker *w, struct domain *d);
void share_newborn(struct worker *w, struct domain *d);

/* What a turn would cost without its mail to and from other domains, in cycles. */
uint64_t own_cost(const struct domain *d);
static inline bool is_cheap(const struct domain *d)
{
    uint64_t costly = cycles(d->sched, COSTLY_NS);

    return d->per < costly || d->per_before < costly;
}

#endif
