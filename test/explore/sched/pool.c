/* test/explore/sched/pool.c: sched/pool.c. A block that one thread frees is another one's, whole,
 * and one's only; chunks are not lost. */
#include "sched/pool.h"

#include "test/explore/explore.h"

enum { POOLS = 3, EACH = 2 /* blocks in a magazine here */ };

static struct depot depot;
static struct pool pools[POOLS];
static int released; /* chunks */

static void *allocate(void *context, size_t size, size_t align)
{
    (void)context;
    return explore_alloc(size, align);
}

static void release(void *context, void *memory, size_t size, size_t align)
{
    (void)context, (void)size, (void)align;
    released++;
    explore_free(memory);
}

static const struct memory memory = {allocate, release, NULL};

static void setup(void)
{
    depot_init(&depot, &memory, NULL);
    for (int i = 0; i < POOLS; i++)
        pool_init(&pools[i], &depot);
    released = 0;
    EXPLORE_NAME(depot.full);
    EXPLORE_NAME(depot.chunks);
}

/* --- magazines that travel --- */

/* A magazine of blocks that were in use. */
static struct pool_block *magazine(uint64_t what)
{
    struct pool_block *first = NULL;

    for (int i = 0; i < EACH; i++) {
        struct pool_block *b = explore_alloc(sizeof *b, sizeof *b);

        b->kept[0] = what;
        b->next = first;
        first = b;
    }
    return first;
}

/* Two full magazines: the older one leaves for the depot. */
static void spill(int i)
{
    struct magazine *m = &pools[i].magazine[POOL_64];

    m->spare = magazine(1);
    m->blocks = magazine(2);
    pool_spill(&pools[i], POOL_64);
}

static void spill_0(void)
{
    spill(0);
}

static void spill_1(void)
{
    spill(1);
}

/* Takes what there is, and uses it. */
static void refill(int i)
{
    struct magazine *m = &pools[i].magazine[POOL_64];

    if (at_peek(&depot.full[POOL_64]) == NULL)
        return;
    pool_refill(&pools[i], POOL_64);
    if (pools[i].chunk != NULL) /* another one was quicker, and this is new memory */
        return;
    for (int k = 0; k < EACH; k++) {
        struct pool_block *b = pool_alloc(&pools[i], POOL_64);

        explore_assert(b->kept[0] == 1);
        b->kept[0] = 3;
    }
    explore_assert(m->blocks == NULL);
}

static void refill_0(void)
{
    refill(0);
}

static void refill_1(void)
{
    refill(1);
}

static void refill_2(void)
{
    refill(2);
}

EXPLORE_SCENARIO(pool, "a magazine goes to another thread"){
    .setup = setup, .threads = {spill_0, refill_1}};

EXPLORE_SCENARIO(pool, "two magazines go to another thread"){
    .setup = setup, .threads = {spill_0, spill_1, refill_2}};

EXPLORE_SCENARIO(pool, "two threads want a magazine"){
    .setup = setup, .threads = {refill_0, spill_1, refill_2}};

/* --- chunks --- */

static void grow(int i)
{
    explore_assert(pool_refill(&pools[i], POOL_64));
}

static void grow_0(void)
{
    grow(0);
}

static void grow_1(void)
{
    grow(1);
}

static void check_chunks(void)
{
    depot_done(&depot);
    explore_assert(released == 2);
}

EXPLORE_SCENARIO(pool, "two pools grow"){
    .setup = setup, .threads = {grow_0, grow_1}, .check = check_chunks};
