/* test/explore/self/labels.c: every kind of mutant, in code where it has to be caught. One is
 * not: LB9 is stronger than it needs to be, so that each run shows that a survivor is told. */
#include "lib/base/atomic.h"
#include "test/explore/explore.h"

static _Atomic(int) first, second, asleep;
static _Atomic(uint32_t) bell;
static int data;

static void setup(void)
{
    at_set(&first, 0);
    at_set(&second, 0);
    at_set(&asleep, 0);
    at_set(&bell, 0);
    data = 0;
}

/* --- a message is handed on; the store's label waits while its argument takes its own --- */

static void begin(void)
{
    data = 1;
    at_store(&first, 1, release, LB1);
}

static void hand_on(void)
{
    at_store(&second, at_load(&first, acquire, LB2) + at_peek(&asleep), release, LB3);
}

static void end(void)
{
    if (at_load(&second, acquire, LB4) == 1)
        explore_assert(data == 1);
}

EXPLORE_SCENARIO(labels, "a message is handed on"){.setup = setup,
                                                   .threads = {begin, hand_on, end}};

/* --- a sleeper looks once more --- */

static void sleeper(void)
{
    uint32_t rung = at_load(&bell, acquire, LB9);

    at_store(&asleep, 1, seq_cst, LB5);
    if (!recheck(at_load(&first, seq_cst, LB6) == 1, LB6))
        explore_futex_wait(&bell, rung, false);
}

static void waker(void)
{
    at_store(&first, 1, seq_cst, LB5);
    if (at_load(&asleep, seq_cst, LB6) == 0)
        return;
    at_count(&bell, 1);
    explore_site("LB7");
    explore_futex_wake(&bell, 1);
}

EXPLORE_SCENARIO(labels, "a sleeper looks once more"){.setup = setup,
                                                      .threads = {sleeper, waker}};

/* --- one of two enters --- */

static void enter_cheaply(void)
{
    at_set(&first, 1);
    if (at_peek(&second) == 0)
        data++;
}

static void enter_dearly(void)
{
    at_set(&second, 1);
    explore_site("LB8");
    explore_membarrier();
    if (at_peek(&first) == 0)
        data++;
}

EXPLORE_SCENARIO(labels, "one of two enters"){.setup = setup,
                                              .threads = {enter_cheaply, enter_dearly}};
