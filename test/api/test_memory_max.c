/* test_memory_max.c: aim: a runtime takes no more from its allocator than it may, says so by
 * WEFT_ENOMEM, and goes on when there is some again; what it has taken is shown.
 * Method: an allocator that adds up what it gave; blocks for an actor that waits at a gate. */
#include "test/support/unit_heap.h"
#include "test/support/unit_story.h"

TestSuite(memory_max, .timeout = 60);

enum { WHO = 0, GATE = 1, TAG_BULK = 100, PIECE = 100000 };
static const uint64_t limit = 16 << 20;

static struct heap heap;
static const weft_allocator counting = {heap_alloc, heap_free, &heap};
static weft_runtime *rt;

#define BULK_FIELDS(F) F(char, bytes[PIECE])
WEFT_BLOCK(bulk, TAG_BULK, BULK_FIELDS, NULL)
static struct bulk bulk;

static int start(uint64_t memory_max)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = 1;
    options.actors_max = 1000;
    options.memory_max = memory_max;
    options.allocator = &counting;
    return weft_start(&rt, &options);
}

static weft_next waiting(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == WAIT) {
        story_tell(WHO, "waits");
        gate_pass(GATE);
    }
    return weft_stay(self);
}

static const weft_behavior waiter = WEFT_STATELESS("waiter", waiting);

/* How many can be sent until there is no memory. */
static unsigned fill(weft_pid pid)
{
    unsigned n = 0;
    int error;

    while ((error = weft_rt_cast(rt, pid, bulk_msg(&bulk))) == 0 && n < 1000)
        n++;
    cr_expect_eq(error, WEFT_ENOMEM, "%s", weft_strerror(error));
    return n;
}

Test(memory_max, is_kept_to)
{
    unsigned first, again;
    weft_pid pid;

    cr_assert_eq(start(limit), 0);
    pid = story_spawn(rt, WHO, &waiter, NULL);
    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, 0), 0);
    story_wait(WHO, "waits");
    first = fill(pid);
    cr_expect_gt(first, limit / PIECE / 2);
    cr_expect_lt(first, limit / PIECE);
    cr_expect_leq(story_stats(rt).memory, limit);
    cr_expect_gt(story_stats(rt).memory, limit - 2 * PIECE);
    cr_expect_eq(story_stats(rt).memory, atomic_load(&heap.bytes));
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_NO_MEMORY], 1);
    gate_open(GATE);
    wait_until(story_stats(rt).handled == first + 1);
    story_clear();
    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, 0), 0);
    story_wait(WHO, "waits");
    again = fill(pid);
    cr_expect_eq(again, first, "%u, then %u", first, again);
    gate_open(GATE);
    story_finish(rt);
    cr_expect(heap_is_balanced(&heap));
}

Test(memory_max, that_is_too_small_to_start_with_is_no_memory)
{
    uint64_t needed;

    cr_assert_eq(start(0), 0);
    needed = story_stats(rt).memory;
    cr_expect_gt(needed, 0);
    story_finish(rt);
    for (uint64_t max = 1; max < needed; max = max * 3 / 2 + 1) {
        rt = NULL;
        cr_expect_eq(start(max), WEFT_ENOMEM, "%lu bytes", (unsigned long)max);
        cr_expect_null(rt);
    }
    cr_assert_eq(start(needed), 0);
    story_finish(rt);
    cr_expect(heap_is_balanced(&heap));
}
