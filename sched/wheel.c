/* sched/wheel.c: a node lies at the level of the highest digit in which its tick differs from
 * now, in the slot of that digit; so what lies at a level comes before all that lies above. */
#include "sched/wheel.h"

static unsigned digit(uint64_t tick, unsigned level)
{
    return (unsigned)(tick >> (WHEEL_BITS * level)) & (WHEEL_SLOTS - 1);
}

void wheel_put(struct wheel *w, struct node *n, uint64_t tick)
{
    unsigned level, at;

    if ((int64_t)(tick - w->now) <= 0)
        tick = w->now + 1;
    if (tick - w->now > WHEEL_SPAN / 2)
        tick = w->now + WHEEL_SPAN / 2;
    level = (63u - (unsigned)__builtin_clzll(tick ^ w->now)) / WHEEL_BITS;
    if (level >= WHEEL_LEVELS) /* over the edge of the largest wheel: its next round */
        level = WHEEL_LEVELS - 1;
    at = digit(tick, level);
    n->next = w->slot[level][at];
    w->slot[level][at] = n;
    w->occupied[level] |= (uint64_t)1 << at;
}

/* The next occupied slot of a level behind the one that now is in, as a tick. */
static uint64_t next_at(const struct wheel *w, unsigned level)
{
    unsigned here = digit(w->now, level), shift = WHEEL_BITS * level;
    uint64_t ahead =
        here == WHEEL_SLOTS - 1 ? 0 : w->occupied[level] >> (here + 1) << (here + 1);
    uint64_t round = w->now >> (shift + WHEEL_BITS);

    if (ahead == 0) { /* only the largest wheel has nodes of its next round */
        ahead = w->occupied[level];
        round++;
    }
    return (round << WHEEL_BITS | (uint64_t)__builtin_ctzll(ahead)) << shift;
}

uint64_t wheel_next(const struct wheel *w)
{
    for (unsigned level = 0; level < WHEEL_LEVELS; level++)
        if (w->occupied[level] != 0)
            return next_at(w, level);
    return 0;
}

static struct node *take_slot(struct wheel *w, unsigned level, unsigned at)
{
    struct node *n = w->slot[level][at];

    w->slot[level][at] = NULL;
    w->occupied[level] &= ~((uint64_t)1 << at);
    return n;
}

struct node *wheel_advance(struct wheel *w, uint64_t tick,
                           uint64_t (*tick_of)(const struct node *n, void *context),
                           void *context)
{
    struct node *out = NULL, *n, *next;
    uint64_t at;

    while ((at = wheel_next(w)) != 0 && at <= tick) {
        w->now = at;
        for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
            for (n = take_slot(w, level, digit(at, level)); n != NULL; n = next) {
                uint64_t when = tick_of(n, context);

                next = n->next;
                if (when > at) {
                    wheel_put(w, n, when);
                } else {
                    n->next = out;
                    out = n;
                }
            }
            if (digit(at, level) != 0)
                break;
        }
    }
    if (w->now < tick)
        w->now = tick;
    return out;
}
