/* sched/wheel.h: what is to happen when, in a domain: a hierarchical timing wheel (Varghese and
 * Lauck 1987). Putting in and taking out cost the same however many there are; what lies in it
 * is moved to a finer wheel at most once for each level. Used by the domain's holder only.
 *
 * A time is a tick: a count of about half a millisecond each. What is put in for a tick comes
 * out when that tick is reached, never before. */
#ifndef WEFT_SCHED_WHEEL_H
#define WEFT_SCHED_WHEEL_H

#include "lib/base/base.h"

enum { WHEEL_BITS = 6, WHEEL_SLOTS = 1 << WHEEL_BITS, WHEEL_LEVELS = 6 };
/* Later ones are put in for here, a year away, and then again. */
#define WHEEL_SPAN (((uint64_t)1 << (WHEEL_BITS * WHEEL_LEVELS)) - 1)

/* Part of what is to come out. */
struct wheel_link {
    struct wheel_link *next;
    struct wheel_link **at; /* what points here; NULL: it is in no wheel */
    uint64_t tick;
};

struct wheel {
    uint64_t now;                    /* all up to this tick have left their slots */
    uint64_t occupied[WHEEL_LEVELS]; /* a bit for each slot with links */
    struct wheel_link *due;          /* they have left, and are to be popped */
    struct wheel_link *slot[WHEEL_LEVELS][WHEEL_SLOTS];
};

/* Links it in for a tick; for the next one if that is past. */
void wheel_put(struct wheel *w, struct wheel_link *link, uint64_t tick);
/* Takes it out of the wheel that it is in. */
void wheel_take(struct wheel *w, struct wheel_link *link);
/* The next tick at which there may be something to do; 0 if the wheel is empty. */
uint64_t wheel_next(const struct wheel *w);
/* The next one that comes out up to this tick; NULL: there is no more, and now is the tick. */
struct wheel_link *wheel_pop(struct wheel *w, uint64_t tick);

#endif
