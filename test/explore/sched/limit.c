/* test/explore/sched/limit.c: sched/limit.h. What arrives is never counted twice or not at all: a
 * sender finds room if there is some, and none that there is not. */
#include "sched/limit.h"

#include "test/explore/explore.h"

enum { MAX = 2 };
static const uint64_t key = (uint64_t)5 << 36;

static _Atomic(uint64_t) reserved, settled;
static _Atomic(int) taken;

static void begin(uint64_t on_their_way)
{
    at_set(&reserved, key | on_their_way);
    at_set(&settled, 0);
    at_set(&taken, 0);
    EXPLORE_NAME(reserved);
    EXPLORE_NAME(settled);
}

static void setup_full(void)
{
    begin(MAX);
}

static void setup_empty(void)
{
    begin(0);
}

/* The domain's holder: so many wait, so many have arrived. */
static void settle(uint64_t waiting, uint64_t arrived)
{
    places_settle(&settled, waiting - arrived);
}

/* One after the other they arrive, and the first is taken out. */
static void arrive(void)
{
    settle(1, 1);
    settle(MAX, MAX);
    settle(MAX - 1, MAX);
}

static void send(void)
{
    if (places_take(&reserved, key, 1, &settled, MAX))
        at_count(&taken, 1);
}

static void send_and_take_back(void)
{
    if (places_take(&reserved, key, 1, &settled, MAX))
        places_return(&reserved, key, 1);
}

/* For who lived there before, or will. */
static void send_late(void)
{
    explore_assert(!places_take(&reserved, key + LIMIT_COUNT + 1, 1, &settled, MAX));
    places_return(&reserved, key + LIMIT_COUNT + 1, 1);
}

static void check_full(void)
{
    uint64_t sent = (uint64_t)at_peek(&taken);

    explore_assert(sent <= 1);
    explore_assert(at_peek(&reserved) == key + MAX + sent);
}

/* Sends, and receives what it sent, again and again: one place is in use, at most. */
static void one_by_one(void)
{
    for (uint64_t n = 1; n <= MAX; n++) {
        explore_assert(places_take(&reserved, key, 1, &settled, MAX));
        settle(1, n);
        settle(0, n);
    }
}

static void find_room(void)
{
    explore_assert(places_take(&reserved, key, 1, &settled, MAX));
}

/* A count that comes to its end begins again, and leaves the generation alone. */
static void setup_wrap(void)
{
    begin(LIMIT_COUNT);
    at_set(&settled, -LIMIT_COUNT);
}

static void check_wrap(void)
{
    explore_assert(at_peek(&reserved) == (key | 1));
}

EXPLORE_SCENARIO(limit, "arriving makes no room"){
    .setup = setup_full, .threads = {arrive, send, send}, .check = check_full};

EXPLORE_SCENARIO(limit, "room is found while others come and go"){
    .setup = setup_empty, .threads = {one_by_one, find_room}};

EXPLORE_SCENARIO(limit, "what was not sent gives its place back"){
    .setup = setup_full, .threads = {arrive, send_and_take_back, send}};

EXPLORE_SCENARIO(limit, "another generation's places are left alone"){
    .setup = setup_full, .threads = {arrive, send, send_late}, .check = check_full};

EXPLORE_SCENARIO(limit, "the count begins again"){
    .setup = setup_wrap, .threads = {find_room, find_room}, .check = check_wrap};
