/* test/support/stress_thing.c: the books of things. */
#include "test/support/stress_thing.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

enum { THINGS_MAX = 1 << 23, CHECK = 0x7eed };
enum { NONE, LIVES, ENDED };

/* A test has a process of its own, and with it its own books. */
static _Atomic(uint8_t) books[THINGS_MAX];
static atomic_uint made, ended, mistakes;

struct thing thing_new(void)
{
    struct thing thing;

    thing.number = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
    thing.check = thing.number ^ CHECK;
    thing.memory = malloc(sizeof *thing.memory);
    if (thing.number >= THINGS_MAX || thing.memory == NULL)
        abort();
    *thing.memory = thing.number;
    atomic_store_explicit(&books[thing.number], LIVES, memory_order_relaxed);
    return thing;
}

static bool is_thing(const struct thing *thing)
{
    return (thing->number ^ CHECK) == thing->check && thing->number < THINGS_MAX;
}

void thing_end(const struct thing *thing)
{
    if (!is_thing(thing) ||
        atomic_exchange_explicit(&books[thing->number], ENDED, memory_order_relaxed) !=
            LIVES ||
        *thing->memory != thing->number) {
        atomic_fetch_add(&mistakes, 1);
        return;
    }
    free(thing->memory);
    atomic_fetch_add_explicit(&ended, 1, memory_order_relaxed);
}

bool thing_lives(const struct thing *thing)
{
    return is_thing(thing) &&
           atomic_load_explicit(&books[thing->number], memory_order_relaxed) == LIVES &&
           *thing->memory == thing->number;
}

uint64_t thing_count(void)
{
    unsigned gone = atomic_load(&ended);

    return atomic_load(&made) - gone;
}

void thing_check(void)
{
    cr_expect_eq(atomic_load(&mistakes), 0, "%u things were ended that did not live",
                 atomic_load(&mistakes));
    cr_expect_eq(thing_count(), 0, "%u things were made, %u ended", atomic_load(&made),
                 atomic_load(&ended));
    memset(books, NONE, atomic_exchange(&made, 0));
    atomic_store(&ended, 0);
}
