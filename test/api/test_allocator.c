/* test_allocator.c: aim: all memory comes from the allocator that was given and goes back to
 * it, with the size and alignment it had; no memory is an error like any other.
 * Method: an allocator that counts, checks and refuses; actors with states, args and blocks of
 * all sizes in between. */
#include "test/support/unit_heap.h"
#include "test/support/unit_story.h"

#include <stdatomic.h>
#include <string.h>

TestSuite(allocator, .timeout = 60);

static struct heap heap;
static const weft_allocator counting = {heap_alloc, heap_free, &heap};
static weft_runtime *rt;

static void start(unsigned workers)
{
    weft_options options;
    weft_allocator copied = counting;

    weft_options_init(&options);
    options.workers = workers;
    options.allocator = &copied;
    rt = story_start_with(&options);
    memset(&copied, 0, sizeof copied);
}

TestOnWorkers(allocator, a_runtime_gives_back_what_it_took)
{
    start(workers);
    cr_expect_gt(heap.blocks, 0);
    story_finish(rt);
    cr_expect(heap_is_balanced(&heap), "%zu blocks, %zu bytes, %zu wrong",
              (size_t)heap.blocks, (size_t)heap.bytes, (size_t)heap.wrong);
}

/* --- a life in which everything is allocated --- */

struct large {
    _Alignas(256) unsigned char bytes[3000];
};

#define HUGE_FIELDS(F) F(uint64_t, numbers[2000])
WEFT_BLOCK(huge, 70, HUGE_FIELDS, NULL)
#define MIDDLING_FIELDS(F) F(uint64_t, numbers[20])
WEFT_BLOCK(middling, 71, MIDDLING_FIELDS, NULL)

static weft_next large_init(weft_self *self, void *state, const void *args)
{
    memcpy(state, args, 2000);
    return weft_stay(self);
}

static weft_next dealing(weft_self *self, void *state, weft_msg *msg);

static const weft_behavior dealer =
    WEFT_BEHAVIOR("dealer", struct large, dealing, .init = large_init, .args_size = 2000);

/* Deals blocks to children until the word is 0. */
static weft_next dealing(weft_self *self, void *state, weft_msg *msg)
{
    static const struct huge huge;
    static const struct middling middling;
    weft_pid child;

    if (middling_at(msg) != NULL)
        return weft_stay(self);
    if (huge_at(msg) != NULL || weft_word(msg) == 0)
        return weft_stop(self);
    if (weft_spawn(self, &dealer, state, &child) < 0) /* the runtime is stopping */
        return weft_stay(self);
    weft_cast(self, child, middling_msg(&middling));
    if (weft_word(msg) % 3 == 0)
        weft_cast(self, child, huge_msg(&huge));
    else
        weft_cast_word(self, child, TELL, weft_word(msg) - 1);
    return weft_stay(self);
}

TestOnWorkers(allocator, so_do_actors_and_their_mail)
{
    static const unsigned char args[2000];
    weft_pid pid;

    start(workers);
    for (uint64_t i = 0; i < 100; i++) {
        cr_assert_eq(weft_rt_spawn(rt, &dealer, args, &pid), 0);
        cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, i), 0);
    }
    wait_until(story_stats(rt).handled > 150);
    story_finish(rt);
    cr_expect(heap_is_balanced(&heap), "%zu blocks, %zu bytes, %zu wrong",
              (size_t)heap.blocks, (size_t)heap.bytes, (size_t)heap.wrong);
}

/* --- no memory --- */

Test(allocator, that_gives_nothing_lets_no_runtime_start)
{
    weft_options options;

    weft_options_init(&options);
    options.allocator = &counting;
    heap.refuses = true;
    for (int i = 0; i < 100; i++) { /* more often than there can be runtimes */
        rt = NULL;
        cr_expect_eq(weft_start(&rt, &options), WEFT_ENOMEM);
        cr_expect_null(rt);
    }
    cr_expect(heap_is_balanced(&heap));
    heap.refuses = false;
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_expect_eq(weft_finish(rt, WEFT_FOREVER), 0);
}

Test(allocator, that_gives_no_more_lets_no_large_actor_be_made)
{
    static const unsigned char args[2000];
    weft_pid pid = 1;

    start(1);
    heap.refuses = true;
    cr_expect_eq(weft_rt_spawn(rt, &dealer, args, &pid), WEFT_ENOMEM);
    cr_expect_eq(pid, WEFT_NOBODY);
    cr_expect_eq(story_stats(rt).spawned, 0);
    heap.refuses = false;
    cr_expect_eq(weft_rt_spawn(rt, &dealer, args, &pid), 0);
    story_finish(rt);
    cr_expect(heap_is_balanced(&heap));
}

static atomic_int destroyed;

#define COSTLY_FIELDS(F) F(uint64_t, numbers[1000])
static void costly_done(void *object);
WEFT_BLOCK(costly, 72, COSTLY_FIELDS, costly_done)

static void costly_done(void *object)
{
    cr_expect_eq(((struct costly *)object)->numbers[0], 42);
    atomic_fetch_add(&destroyed, 1);
}

Test(allocator, that_gives_no_more_lets_no_large_block_be_sent)
{
    const struct costly costly = {{42}};
    const struct probe args = probe_of(0);
    weft_pid pid;

    start(1);
    pid = story_spawn(rt, 0, &probe, &args);
    story_wait(0, "init");
    heap.refuses = true;
    cr_expect_eq(weft_rt_try_cast(rt, pid, costly_msg(&costly)), WEFT_ENOMEM);
    cr_expect_eq(destroyed, 0, "it was given back");
    cr_expect_eq(story_stats(rt).returned, 1);
    cr_expect_eq(weft_rt_cast(rt, pid, costly_msg(&costly)), WEFT_ENOMEM);
    cr_expect_eq(destroyed, 1, "it was taken");
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_NO_MEMORY], 1);
    heap.refuses = false;
    cr_expect_eq(weft_rt_cast(rt, pid, costly_msg(&costly)), 0);
    story_finish(rt);
    cr_expect_eq(destroyed, 2);
    cr_expect(heap_is_balanced(&heap));
}

/* Small mail has what it needs for a while; then it is refused, and goes on when it can. */
Test(allocator, that_gives_no_more_lets_mail_be_refused_and_go_on)
{
    const struct probe args = probe_of(0);
    uint64_t sent = 0;
    weft_pid pid;
    int error;

    start(1);
    pid = story_spawn(rt, 0, &probe, &args);
    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, 0), 0);
    story_wait(0, "init, waits");
    heap.refuses = true;
    while ((error = weft_rt_try_cast(rt, pid, weft_word_letter(TELL + 100, sent))) == 0)
        sent++;
    cr_expect_eq(error, WEFT_ENOMEM);
    heap.refuses = false;
    cr_expect_eq(weft_rt_cast_word(rt, pid, END, 0), 0);
    gate_open(0);
    wait_until(story_stats(rt).ended == 1);
    story_finish(rt);
    cr_expect(heap_is_balanced(&heap));
}
