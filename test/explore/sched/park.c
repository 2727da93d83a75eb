/* test/explore/sched/park.c: sched/park.h. Nobody sleeps while there is work that was made
 * visible, and nobody is woken twice. */
#include "sched/park.h"

#include "test/explore/explore.h"

enum { WORKERS = 2 };

static struct dormitory dormitory;
static struct bed beds[WORKERS];
static _Atomic(int) work; /* relaxed, as the look for work may be */
static _Atomic(bool) stop;
static int woken[WORKERS]; /* times that each has woken somebody, or was woken */
static int on_watch;       /* plain: by who watches */

static void setup(void)
{
    dormitory = (struct dormitory){0};
    on_watch = 0;
    at_set(&work, 0);
    at_set(&stop, false);
    for (int i = 0; i < WORKERS; i++) {
        beds[i] = (struct bed){0};
        woken[i] = 0;
    }
    EXPLORE_NAME(dormitory.sleeping);
    EXPLORE_NAME(dormitory.searching);
    EXPLORE_NAME(beds[0]);
    EXPLORE_NAME(beds[1]);
    EXPLORE_NAME(work);
}

/* --- sleepers --- */

static bool nap(int worker, uint64_t ns)
{
    uint32_t bell = bed_bell(&beds[worker]);
    bool counted;

    bed_lie_down(&dormitory, &beds[worker]);
    if (at_peek(&work) == 0)
        bell_wait(&beds[worker].bell, bell, ns);
    counted = bed_get_up(&dormitory, &beds[worker]);
    if (counted)
        at_count(&dormitory.searching, -1);
    return counted;
}

/* Sleeps until there is work. */
static void sleeper(int worker)
{
    while (at_peek(&work) == 0)
        nap(worker, 0);
}

static void sleeper_0(void)
{
    sleeper(0);
}

/* Gets up by itself as well. */
static void light_sleeper_0(void)
{
    nap(0, 1);
}

/* --- wakers --- */

static bool wake_one(void)
{
    if (!dormitory_any(&dormitory))
        return false;
    for (int i = 0; i < WORKERS; i++) {
        if (bed_wake(&dormitory, &beds[i]))
            return true;
    }
    return false;
}

static void waker(void)
{
    at_set(&work, 1);
    wake_one();
}

/* A sleeper that has found work sees to it that the other one comes, too. */
static void sleeper_who_wakes_0(void)
{
    sleeper(0);
    wake_one();
}

static void sleeper_who_wakes_1(void)
{
    sleeper(1);
    wake_one();
}

/* All are up, and no waker's count is left over. */
static void check(void)
{
    explore_assert(at_peek(&dormitory.sleeping) == 0);
    explore_assert(at_peek(&dormitory.searching) == 0);
    explore_assert(at_peek(&beds[0].asleep) == 0 && at_peek(&beds[1].asleep) == 0);
}

EXPLORE_SCENARIO(park, "work comes while somebody lies down"){
    .setup = setup, .threads = {sleeper_0, waker}, .check = check};

EXPLORE_SCENARIO(park, "two make work while somebody lies down"){
    .setup = setup, .threads = {sleeper_0, waker, waker}, .check = check};

EXPLORE_SCENARIO(park, "a sleeper gets up by itself while it is woken"){
    .setup = setup, .threads = {light_sleeper_0, waker}, .check = check};

EXPLORE_SCENARIO(park, "two sleepers wake each other"){
    .setup = setup,
    .threads = {sleeper_who_wakes_0, sleeper_who_wakes_1, waker},
    .check = check};

/* --- one watches over the others' steps --- */

static void watch(uint32_t worker)
{
    if (!watch_begin(&dormitory, worker))
        return;
    explore_assert(watcher_of(&dormitory) == worker);
    on_watch++;
    watch_end(&dormitory);
}

static void watcher_0(void)
{
    watch(0);
    watch(0);
}

static void watcher_1(void)
{
    watch(1);
}

static void watcher_2(void)
{
    watch(2);
}

static void check_watch(void)
{
    explore_assert(on_watch > 0 && watcher_of(&dormitory) == NO_WATCHER);
}

EXPLORE_SCENARIO(park, "one watches at a time"){
    .setup = setup, .threads = {watcher_0, watcher_1, watcher_2}, .check = check_watch};
