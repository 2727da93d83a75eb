/* test_jemalloc.c: aim: the allocator over jemalloc is one: aligned, sized, from any thread;
 * and a runtime lives on it.
 * Method: blocks of many sizes, freed in another order; a crowd of actors with large states. */
#include "test/support/unit_story.h"

#include <string.h>

TestSuite(jemalloc, .timeout = 60);

enum { BLOCKS = 200 };

static size_t size_of(int i)
{
    return 1 + (size_t)i * (size_t)i * 13;
}

static size_t align_of(int i)
{
    return (size_t)1 << i % 13;
}

static void fill_and_free(unsigned number)
{
    const weft_allocator *a = weft_jemalloc();
    unsigned char *blocks[BLOCKS];

    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = a->alloc(a->context, size_of(i), align_of(i));
        cr_expect_not_null(blocks[i]);
        cr_expect_eq((uintptr_t)blocks[i] % align_of(i), 0);
        memset(blocks[i], (int)number + i % 200, size_of(i));
    }
    for (int k = 0; k < BLOCKS; k++) {
        const int i = (k * 7) % BLOCKS;

        cr_expect_eq(blocks[i][0], number + (unsigned)i % 200);
        cr_expect_eq(blocks[i][size_of(i) - 1], number + (unsigned)i % 200);
        a->free(a->context, blocks[i], size_of(i), align_of(i));
    }
}

Test(jemalloc, gives_aligned_blocks_to_all_threads)
{
    in_threads(4, fill_and_free);
}

struct large {
    unsigned char bytes[5000];
};

static weft_next writing(weft_self *self, void *state, weft_msg *msg)
{
    memset(state, (int)weft_word(msg), sizeof(struct large));
    return weft_stop(self);
}

TestOnWorkers(jemalloc, carries_a_runtime)
{
    static const weft_behavior writer = WEFT_BEHAVIOR("writer", struct large, writing);
    weft_options options;
    weft_runtime *rt;
    weft_pid pid;

    weft_options_init(&options);
    options.workers = workers;
    options.allocator = weft_jemalloc();
    rt = story_start_with(&options);
    for (uint64_t i = 0; i < 1000; i++) {
        cr_assert_eq(weft_rt_spawn(rt, &writer, NULL, &pid), 0);
        cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, i), 0);
    }
    wait_until(story_stats(rt).ended == 1000);
    story_finish(rt);
}
