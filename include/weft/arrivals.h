/* weft/arrivals.h: when the operations of a load are due; in libweft-bench.a.
 *
 *   rate  constant      burst         ramp            wave          step
 *     ^               |     |             _/         _     _              __
 *     |  _________    |     |          _/          /  \   /  \         __|
 *     |               |     |       _/            /    \_/    \_    __|
 *     +---------->   -+-----+-->   +---------->   +---------->    +---------->
 *
 * Arrivals are times, not pauses: the next one is due when it is due, however long the one before
 * it took. Due times are exact to the nanosecond and do not drift.
 *
 * Threads: any, one at a time for a weft_schedule. Nothing here blocks or allocates. */
#ifndef WEFT_ARRIVALS_H
#define WEFT_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/version.h>

enum weft_pattern {
    WEFT_CONSTANT, /* rate */
    WEFT_BURST,    /* rate * period_ns at once, at the beginning of each period */
    WEFT_RAMP,     /* from rate to rate_to, in a straight line over the duration */
    WEFT_WAVE,  /* a sine around rate whose crest is rate_to; begins at rate, upwards */
    WEFT_STEP,  /* from rate to rate_to in `steps` steps of the same length and height */
    WEFT_REPLAY /* at given times */
};

typedef struct weft_arrivals {
    enum weft_pattern pattern;
    double rate;          /* in a second; above 0, of a ramp at least 0 */
    double rate_to;       /* of ramp, wave (rate to 2 * rate) and step: the other rate */
    uint64_t period_ns;   /* of burst and wave; 0: a second */
    unsigned steps;       /* 0: 5; else at least 2 */
    uint64_t duration_ns; /* nothing is due from here on; of replay 0: all of them are */

    /* Gaps are drawn at random, exponentially (a Poisson process), instead of as even as can
     * be; the rate is the mean. Not with WEFT_BURST and WEFT_REPLAY. */
    bool random;
    uint64_t seed; /* of random: the same seed, the same times */

    const uint64_t *times_ns; /* of replay: borrowed, in order */
    size_t times;             /* of replay: how many */
} weft_arrivals;

/* A way through all arrivals, in order. Its members are the library's own. */
typedef struct weft_schedule {
    weft_arrivals arrivals; /* with the defaults filled in */
    double place;           /* how many were expected until here */
    uint64_t count;
    uint64_t random;
} weft_schedule;

WEFT_BEGIN_DECLS

/* Checks a plan, and begins with its first arrival.
 * @schedule  fills: on success; borrows times_ns as long as it is used
 * Errors: WEFT_EINVAL: the plan contradicts itself (see each member). */
WEFT_API WEFT_MUST_CHECK int weft_schedule_init(weft_schedule *schedule,
                                                const weft_arrivals *arrivals);

/* When the next arrival is due, in nanoseconds from the beginning; each call is one arrival.
 * @ret_due_ns  fills: if there is one
 * Returns false when there are no more. */
WEFT_API bool weft_schedule_next(weft_schedule *schedule, uint64_t *ret_due_ns);

/* The rate that is planned for a moment, in a second: of a burst and of a replay the mean. */
WEFT_API double weft_arrivals_rate(const weft_arrivals *arrivals, uint64_t at_ns);

/* How many arrivals are to be expected before a moment, as a number with a fraction. */
WEFT_API double weft_arrivals_until(const weft_arrivals *arrivals, uint64_t at_ns);

WEFT_END_DECLS

#endif
