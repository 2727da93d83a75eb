/* test/explore/sched/limit.c: sched/limit.h. A message that arrives gives its reserved place back
 * and takes one of those that wait; meanwhile a sender finds no room that there is not. (Of two
 * senders at the same moment one may.) */
#include "sched/limit.h"

#include "test/explore/explore.h"

enum { MAX = 2 };
static const uint64_t key = (uint64_t)5 << 36;

static _Atomic(uint64_t) reserved, waiting;
static _Atomic(int) taken;

/* All there is is reserved. */
static void setup(void)
{
    at_set(&reserved, key | MAX);
    at_set(&waiting, 0);
    at_set(&taken, 0);
    EXPLORE_NAME(reserved);
    EXPLORE_NAME(waiting);
}

/* The domain's holder: what was reserved arrives. */
static void arrive(void)
{
    at_set(&waiting, MAX);
    places_return(&reserved, key, MAX);
}

static void send(void)
{
    if (places_take(&reserved, key, 1, &waiting, MAX))
        at_count(&taken, 1);
}

/* For who lived there before, or will. */
static void send_late(void)
{
    explore_assert(!places_take(&reserved, key + LIMIT_COUNT + 1, 1, &waiting, MAX));
    places_return(&reserved, key + LIMIT_COUNT + 1, 1);
}

static void check(void)
{
    explore_assert(at_peek(&taken) == 0);
    explore_assert(at_peek(&reserved) == key);
}

EXPLORE_SCENARIO(limit, "arriving makes no room"){
    .setup = setup, .threads = {arrive, send}, .check = check};

EXPLORE_SCENARIO(limit, "another generation's places are left alone"){
    .setup = setup, .threads = {arrive, send, send_late}, .check = check};
