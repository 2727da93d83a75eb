/* test/explore/sched/deque.c: sched/deque.h. Every item that is pushed comes out once, and who
 * gets it sees what the owner wrote before. */
#include "sched/deque.h"

#include "test/explore/explore.h"

enum { ITEMS = 4, FIRST = 5 /* an index to begin at */ };

static struct deque deque;
static struct item {
    int written; /* by the owner, before the push */
    int taken;   /* by whoever got it */
} items[ITEMS];

static void begin_at(int64_t top, int64_t bottom)
{
    at_set(&deque.top, top);
    at_set(&deque.bottom, bottom);
    for (int i = 0; i < ITEMS; i++)
        items[i] = (struct item){0, 0};
    EXPLORE_NAME(deque.top);
    EXPLORE_NAME(deque.bottom);
    EXPLORE_NAME(deque.cell);
}

static void setup(void)
{
    begin_at(FIRST, FIRST);
}

static bool push(int i)
{
    items[i].written = 1;
    return deque_push(&deque, &items[i]);
}

static void got(struct item *item)
{
    if (item == NULL)
        return;
    explore_assert(item >= items && item < items + ITEMS);
    explore_assert(item->written == 1);
    explore_assert(item->taken == 0);
    item->taken = 1;
}

static void take(void)
{
    got(deque_take(&deque));
}

static void steal(void)
{
    got(deque_steal(&deque));
}

static void steal_twice(void)
{
    steal();
    steal();
}

/* What is left is still there. */
static void check(void)
{
    struct item *item;

    while ((item = deque_take(&deque)) != NULL)
        got(item);
    for (int i = 0; i < ITEMS; i++)
        explore_assert(items[i].taken == items[i].written);
}

static void push_1(void)
{
    push(0);
}

static void push_2(void)
{
    push(0);
    push(1);
}

static void push_1_take_1(void)
{
    push(0);
    take();
}

static void push_2_take_2(void)
{
    push(0);
    push(1);
    take();
    take();
}

static void push_take_push_take(void)
{
    push(0);
    take();
    push(1);
    take();
}

static void push_2_take_push_take(void)
{
    push(0);
    push(1);
    take();
    push(2);
    take();
}

EXPLORE_SCENARIO(deque, "an item is stolen"){
    .setup = setup, .threads = {push_1, steal}, .check = check};

EXPLORE_SCENARIO(deque, "the owner and a thief want the last item"){
    .setup = setup, .threads = {push_1_take_1, steal_twice}, .check = check};

EXPLORE_SCENARIO(deque, "two thieves want one item"){
    .setup = setup, .threads = {push_1, steal, steal}, .check = check};

EXPLORE_SCENARIO(deque, "the owner takes two while a thief steals two"){
    .setup = setup, .threads = {push_2_take_2, steal_twice}, .check = check};

EXPLORE_SCENARIO(deque,
                 "the owner takes one and pushes another while a thief steals two"){
    .setup = setup, .threads = {push_take_push_take, steal_twice}, .check = check};

EXPLORE_SCENARIO(deque, "two thieves steal two"){
    .setup = setup, .threads = {push_2, steal, steal}, .check = check};

EXPLORE_SCENARIO(deque, "the owner takes while two thieves steal"){
    .setup = setup, .threads = {push_2_take_2, steal, steal}, .check = check};

EXPLORE_SCENARIO(deque, "the owner takes and pushes while two thieves steal"){
    .setup = setup,
    .threads = {push_2_take_push_take, steal_twice, steal_twice},
    .check = check,
    .random = 3000};

/* --- a full deque: the cell that is written was a thief's --- */

static struct item old; /* all cells but the first */

/* Its items are given out as they are. */
static void setup_full(void)
{
    static const int64_t bottom = FIRST + DEQUE_CELLS;

    begin_at(FIRST, bottom);
    for (int i = 0; i < 4; i++)
        at_set(&deque.cell[(FIRST + i) % DEQUE_CELLS], &old);
    at_set(&deque.cell[FIRST], &items[0]);
    items[0].written = 1;
}

static void push_when_full(void)
{
    if (!push(1))
        items[1].written = 0;
}

static void steal_old(void)
{
    void *item = deque_steal(&deque);

    explore_assert(item != &items[1]);
    if (item == &items[0])
        got(item);
}

static void check_full(void)
{
    int64_t bottom = at_peek(&deque.bottom), top = at_peek(&deque.top);

    explore_assert(bottom - top <= DEQUE_CELLS && top > FIRST);
    explore_assert(items[0].taken == 1);
    if (items[1].written == 1)
        explore_assert(deque_take(&deque) == &items[1]);
}

EXPLORE_SCENARIO(deque, "a full deque is pushed to while two thieves steal"){
    .setup = setup_full,
    .threads = {push_when_full, steal_old, steal_old},
    .check = check_full};
