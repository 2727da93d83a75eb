/* test/explore/actor/block.c: lib/actor/block.c. A shared block is destroyed once, and behind
 * all that others did with it. */
#include "lib/actor/runtime.h"

#include "test/explore/explore.h"

static void *allocate(void *context, size_t size, size_t align)
{
    (void)context;
    return explore_alloc(size, align);
}

static void release(void *context, void *memory, size_t size, size_t align)
{
    (void)context, (void)size, (void)align;
    explore_free(memory);
}

static const struct memory memory = {allocate, release, NULL};

/* Larger than what pools give out, so that the explorer's heap sees every use. */
struct thing {
    int content;
    char fill[2000];
};

static struct thing *object;
static int destroyed;

static void destroy(void *of)
{
    struct thing *thing = of;

    explore_assert(thing->content == 7);
    thing->content = 0;
    destroyed++;
}

static const weft_type type = {"thing", 1, sizeof(struct thing), 8, 0, destroy};

static void share(int carriers)
{
    static const struct thing source = {.content = 7};

    object = block_new_shared(NULL, &memory, &type, &source);
    object->content = 7; /* what memcpy copied the explorer has not seen */
    for (int i = 1; i < carriers; i++)
        block_ref(object);
    destroyed = 0;
}

static void share_among_2(void)
{
    share(2);
}

static void share_among_3(void)
{
    share(3);
}

static void use(void)
{
    explore_assert(object->content == 7);
    block_release(NULL, &memory, object);
}

static void copy_and_use(void)
{
    block_ref(object);
    use();
    use();
}

static void check(void)
{
    explore_assert(destroyed == 1);
}

EXPLORE_SCENARIO(block, "the last of three destroys it"){
    .setup = share_among_3, .threads = {use, use, use}, .check = check};

EXPLORE_SCENARIO(block, "one more carries it as another one ends"){
    .setup = share_among_2, .threads = {use, copy_and_use}, .check = check};
