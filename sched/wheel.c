/* sched/wheel.c: what is put in lies at the level of the highest digit in which its tick differs
 * from now, in the slot of that digit; so what lies at a level comes before all that lies
 * above. */
#include "sched/wheel.h"

static unsigned digit(uint64_t tick, unsigned level)
{
    return (unsigned)(tick >> (WHEEL_BITS * level)) & (WHEEL_SLOTS - 1);
}

static void push(struct wheel_link **list, struct wheel_link *link)
{
    link->next = *list;
    if (link->next != NULL)
        link->next->at = &link->next;
    link->at = list;
    *list = link;
}

void wheel_put(struct wheel *w, struct wheel_link *link, uint64_t tick)
{
    unsigned level, at;

    link->tick = tick;
    if ((int64_t)(tick - w->now) <= 0)
        tick = w->now + 1;
    if (tick - w->now > WHEEL_SPAN / 2)
        tick = w->now + WHEEL_SPAN / 2;
    level = (63u - (unsigned)__builtin_clzll(tick ^ w->now)) / WHEEL_BITS;
    if (level >= WHEEL_LEVELS) /* over the edge of the largest wheel: its next round */
        level = WHEEL_LEVELS - 1;
    at = digit(tick, level);
    push(&w->slot[level][at], link);
    w->occupied[level] |= (uint64_t)1 << at;
}

/* It may have been the last of its slot. */
void wheel_take(struct wheel *w, struct wheel_link *link)
{
    uintptr_t place = (uintptr_t)link->at - (uintptr_t)w->slot;

    *link->at = link->next;
    if (link->next != NULL)
        link->next->at = link->at;
    else if (place < sizeof w->slot)
        w->occupied[place / sizeof w->slot[0]] &=
            ~((uint64_t)1 << place % sizeof w->slot[0] / sizeof w->slot[0][0]);
    link->at = NULL;
}

/* The next occupied slot of a level behind the one that now is in, as a tick. */
static uint64_t next_at(const struct wheel *w, unsigned level)
{
    unsigned here = digit(w->now, level), shift = WHEEL_BITS * level;
    uint64_t ahead =
        here == WHEEL_SLOTS - 1 ? 0 : w->occupied[level] >> (here + 1) << (here + 1);
    uint64_t round = w->now >> (shift + WHEEL_BITS);

    if (ahead == 0) { /* only the largest wheel has links of its next round */
        ahead = w->occupied[level];
        round++;
    }
    return (round << WHEEL_BITS | (uint64_t)__builtin_ctzll(ahead)) << shift;
}

uint64_t wheel_next(const struct wheel *w)
{
    if (w->due != NULL)
        return w->now;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++)
        if (w->occupied[level] != 0)
            return next_at(w, level);
    return 0;
}

/* What lies in a slot that has been reached is due, or goes to a finer wheel. */
static void empty_slot(struct wheel *w, unsigned level, unsigned at)
{
    struct wheel_link *link = w->slot[level][at], *next;

    w->slot[level][at] = NULL;
    w->occupied[level] &= ~((uint64_t)1 << at);
    for (; link != NULL; link = next) {
        next = link->next;
        if ((int64_t)(link->tick - w->now) > 0)
            wheel_put(w, link, link->tick);
        else
            push(&w->due, link);
    }
}

static void advance(struct wheel *w, uint64_t tick)
{
    w->now = tick;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        empty_slot(w, level, digit(tick, level));
        if (digit(tick, level) != 0)
            break;
    }
}

struct wheel_link *wheel_pop(struct wheel *w, uint64_t tick)
{
    struct wheel_link *link;
    uint64_t next;

    while (w->due == NULL && (next = wheel_next(w)) != 0 && next <= tick)
        advance(w, next);
    link = w->due;
    if (link != NULL)
        wheel_take(w, link);
    else if (w->now < tick)
        w->now = tick;
    return link;
}
