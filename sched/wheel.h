/* sched/wheel.h: what is to happen when, in a domain: a hierarchical timing wheel (Varghese and
 * Lauck 1987). Putting in and taking out cost the same however many there are; a node is
 * moved to a finer wheel at most once for each level. Used by the domain's holder only.
 *
 * A time is a tick: a count of about half a millisecond each. What is put in for a tick comes
 * out when that tick is reached, never before. */
#ifndef WEFT_SCHED_WHEEL_H
#define WEFT_SCHED_WHEEL_H

#include "sched/inbox.h"

enum { WHEEL_BITS = 6, WHEEL_SLOTS = 1 << WHEEL_BITS, WHEEL_LEVELS = 6 };
/* Later ones are put in for here, a year away: who comes out looks whether it is time. */
#define WHEEL_SPAN (((uint64_t)1 << (WHEEL_BITS * WHEEL_LEVELS)) - 1)

struct wheel {
    uint64_t now;                    /* all up to this tick have come out */
    uint64_t occupied[WHEEL_LEVELS]; /* a bit for each slot with nodes */
    struct node *slot[WHEEL_LEVELS][WHEEL_SLOTS];
};

/* Links the node in for a tick; for the next one if that is past. */
void wheel_put(struct wheel *w, struct node *n, uint64_t tick);
/* The next tick at which there may be something to do; 0 if the wheel is empty. */
uint64_t wheel_next(const struct wheel *w);
/* Goes on to `tick`: the nodes that come out, linked by next. How their ticks are found is the
 * caller's: tick_of. */
struct node *wheel_advance(struct wheel *w, uint64_t tick,
                           uint64_t (*tick_of)(const struct node *n, void *context),
                           void *context);

#endif
