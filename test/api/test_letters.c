/* test_letters.c: aim: what may be sent arrives as it was sent; what may not is refused by all
 * functions that send; a block's object is destroyed exactly once, wherever its way ends.
 * Method: letters of every size against senders from outside, from a step, and from another
 * worker's step; a table of malformed ones; a table of ways that a block can go. */
#include "test/support/unit_story.h"
#include "test/support/unit_types.h"

#include <stdatomic.h>
#include <string.h>

TestSuite(letters, .timeout = 60);

static weft_runtime *rt;

/* --- small payloads --- */

/* Each says by its tag how long it is; its bytes follow from that. */
static unsigned char byte_of(uint32_t n, uint32_t i)
{
    return (unsigned char)(n * 41 + i * 7 + 1);
}

static weft_letter letter_of(uint32_t n)
{
    unsigned char bytes[WEFT_SMALL_MAX];

    for (uint32_t i = 0; i < n; i++)
        bytes[i] = byte_of(n, i);
    return weft_small(n, bytes, n);
}

static weft_next comparing(weft_self *self, void *state, weft_msg *msg)
{
    uint32_t *due = state, n = weft_tag(msg);
    const unsigned char *bytes;
    size_t size = 999;

    cr_expect_eq(n, *due);
    bytes = weft_payload(msg, &size);
    cr_expect_eq(size, n);
    cr_expect_eq((uintptr_t)bytes % 8, 0);
    for (uint32_t i = 0; i < n; i++)
        cr_expect_eq(bytes[i], byte_of(n, i), "byte %u of %u", i, n);
    cr_expect_null(weft_msg_type(msg));
    if (++*due > WEFT_SMALL_MAX)
        return weft_stop(self);
    return weft_stay(self);
}

static const weft_behavior comparer = WEFT_BEHAVIOR("comparer", uint32_t, comparing);

TestOnWorkers(letters, small_ones_of_all_sizes_arrive_from_outside)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &comparer, NULL);
    for (uint32_t n = 0; n <= WEFT_SMALL_MAX; n++)
        cr_assert_eq(n % 2 == 0 ? weft_rt_cast(rt, pid, letter_of(n))
                                : weft_rt_try_cast(rt, pid, letter_of(n)),
                     0);
    story_wait(0, "exit normal");
    story_finish(rt);
}

static weft_next sending_all(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid to = *(const weft_pid *)state;

    (void)msg;
    for (uint32_t n = 0; n <= WEFT_SMALL_MAX; n++)
        cr_expect_eq(n % 2 == 0 ? weft_cast(self, to, letter_of(n))
                                : weft_try_cast(self, to, letter_of(n)),
                     0);
    return weft_stop(self);
}

static const weft_behavior sender =
    WEFT_BEHAVIOR("sender", weft_pid, sending_all, .args_size = sizeof(weft_pid));

TestOnWorkers(letters, small_ones_of_all_sizes_arrive_from_a_step)
{
    rt = story_start(workers);
    for (unsigned i = 0; i < 8; i++) {
        weft_pid to = story_spawn(rt, i, &comparer, NULL);

        cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, i + 8, &sender, &to), TELL, 0),
                     0);
    }
    for (unsigned i = 0; i < 8; i++)
        story_wait(i, "exit normal");
    story_finish(rt);
}

static weft_next looking_at_words(weft_self *self, void *state, weft_msg *msg)
{
    int *n = state;
    size_t size = 999;

    switch ((*n)++) {
    case 0: /* a signal */
        cr_expect_eq(weft_tag(msg), 0);
        cr_expect_eq(weft_word(msg), 0);
        cr_expect_not_null(weft_payload(msg, &size));
        cr_expect_eq(size, 0);
        break;
    case 1: /* three bytes */
        cr_expect_eq(weft_tag(msg), 77);
        cr_expect_eq(memcmp(weft_payload(msg, NULL), "abc", 3), 0);
        break;
    case 2: /* a word */
        cr_expect_eq(weft_tag(msg), UINT32_MAX);
        cr_expect_eq(weft_word(msg), UINT64_MAX - 1);
        weft_payload(msg, &size);
        cr_expect_eq(size, 8);
        break;
    default: /* a block has no word */
        cr_expect_eq(weft_word(msg), 0);
        return weft_stop(self);
    }
    return weft_stay(self);
}

TestOnWorkers(letters, have_the_tag_and_the_word_they_were_given)
{
    static const weft_behavior looker = WEFT_BEHAVIOR("looker", int, looking_at_words);
    const struct parcel parcel = {{1, 2, 3}, "x"};
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &looker, NULL);
    cr_assert_eq(weft_rt_cast(rt, pid, weft_signal(0)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, weft_small(77, "abc", 3)), 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, UINT32_MAX, UINT64_MAX - 1), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, parcel_msg(&parcel)), 0);
    story_wait(0, "exit normal");
    story_finish(rt);
}

/* --- malformed ones --- */

static void never(void *object)
{
    (void)object;
    cr_expect_fail("what is malformed is not touched");
}

static const weft_type no_size = {"no_size", 1, 0, 8, 0, never};
static const weft_type odd_align = {"odd_align", 1, 8, 12, 0, never};
static const weft_type too_aligned = {"too_aligned", 1, 8, 8192, 0, never};
static const weft_type good = {"good", 1, 8, 8, 0, never};
static uint64_t payload;

static weft_letter form(uint16_t form, uint16_t size, const weft_type *type, void *of)
{
    weft_letter letter;

    memset(&letter, 0, sizeof letter);
    letter.tag = 1;
    letter.size = size;
    letter.form = form;
    letter.word[0] = (uint64_t)(uintptr_t)type;
    letter.word[1] = (uint64_t)(uintptr_t)of;
    return letter;
}

enum { MALFORMED = 10 };

static weft_letter malformed(int i)
{
    switch (i) {
    case 0:
        return weft_small(1, &payload, WEFT_SMALL_MAX + 1);
    case 1:
        return weft_small(1, &payload, SIZE_MAX);
    case 2:
        return form(WEFT_LETTER_SMALL, UINT16_MAX, NULL, NULL);
    case 3:
        return form(2, 0, NULL, NULL);
    case 4:
        return form(UINT16_MAX, 0, &good, &payload);
    case 5:
        return form(WEFT_LETTER_BLOCK, 0, NULL, &payload);
    case 6:
        return form(WEFT_LETTER_BLOCK, 0, &good, NULL);
    case 7:
        return weft_block(&no_size, &payload);
    case 8:
        return weft_block(&odd_align, &payload);
    default:
        return weft_block(&too_aligned, &payload);
    }
}

static weft_next sending_malformed(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid me = weft_self_pid(self);

    (void)state;
    for (int i = 0; i < MALFORMED; i++) {
        cr_expect_eq(weft_cast(self, me, malformed(i)), WEFT_EINVAL, "letter %d", i);
        cr_expect_eq(weft_try_cast(self, me, malformed(i)), WEFT_EINVAL, "letter %d", i);
        cr_expect_eq(weft_reply(self, msg, malformed(i)), WEFT_EINVAL, "letter %d", i);
    }
    return weft_stop(self);
}

TestOnWorkers(letters, malformed_ones_are_refused_and_counted)
{
    static const weft_behavior clumsy = WEFT_STATELESS("clumsy", sending_malformed);
    weft_stats stats;
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &clumsy, NULL);
    for (int i = 0; i < MALFORMED; i++) {
        cr_expect_eq(weft_rt_cast(rt, pid, malformed(i)), WEFT_EINVAL, "letter %d", i);
        cr_expect_eq(weft_rt_try_cast(rt, pid, malformed(i)), WEFT_EINVAL, "letter %d",
                     i);
    }
    stats = story_stats(rt);
    cr_expect_eq(stats.dead[WEFT_DEAD_MALFORMED], MALFORMED);
    cr_expect_eq(stats.returned, MALFORMED);
    cr_expect_eq(stats.outside, 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 0), 0);
    story_wait(0, "exit normal");
    wait_until(story_stats(rt).ended == 1);
    stats = story_stats(rt);
    cr_expect_eq(stats.dead[WEFT_DEAD_MALFORMED], 3 * MALFORMED);
    cr_expect_eq(stats.returned, 2 * MALFORMED);
    cr_expect_eq(stats.handled, 1);
    story_finish(rt);
}

/* --- blocks --- */

static weft_next looking_at_blocks(weft_self *self, void *state, weft_msg *msg)
{
    uint32_t *n = state;
    const weft_type *type = weft_msg_type(msg);
    const unsigned char *bytes;
    size_t size;

    cr_assert_not_null(type);
    bytes = weft_payload(msg, &size);
    cr_expect_eq(size, type->size);
    cr_expect_eq((uintptr_t)bytes % type->align, 0, "size %zu, align %u", size,
                 type->align);
    cr_expect_eq(weft_at(msg, type), (void *)bytes);
    for (size_t i = 0; i < size; i++)
        cr_expect_eq(bytes[i], byte_of(type->tag, (uint32_t)i), "byte %zu of %zu", i,
                     size);
    return ++*n == 13 * 8 ? weft_stop(self) : weft_stay(self);
}

/* Copied when it is sent: the original is overwritten for the next. */
TestOnWorkers(letters, blocks_of_all_kinds_arrive_aligned_and_whole)
{
    static const weft_behavior looker =
        WEFT_BEHAVIOR("looker", uint32_t, looking_at_blocks);
    static const uint32_t sizes[] = {1, 8, 40, 56, 200, 1016, 1024, 9000};
    static weft_type types[13 * 8];
    static unsigned char bytes[9000];
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &looker, NULL);
    for (uint32_t i = 0; i < 13 * 8; i++) {
        types[i] = (weft_type){"some", i, sizes[i % 8], 1u << i / 8, 0, NULL};
        for (uint32_t k = 0; k < sizeof bytes; k++)
            bytes[k] = byte_of(i, k);
        cr_assert_eq(weft_rt_cast(rt, pid, weft_block(&types[i], bytes)), 0);
    }
    story_wait(0, "exit normal");
    story_finish(rt);
}

/* --- what a block owns --- */

enum { PLACES = 12 };
static atomic_int destroyed[PLACES];

#define OWNER_FIELDS(F) F(int, place) F(char *, memory)
static void owner_done(void *owner);
WEFT_BLOCK(owner, 60, OWNER_FIELDS, owner_done)

static void owner_done(void *of)
{
    const struct owner *owner = of;

    atomic_fetch_add(&destroyed[owner->place], 1);
    free(owner->memory); /* twice is an error of its own, never is a leak */
}

static struct owner own(int place)
{
    return (struct owner){place, malloc(10)};
}

static void expect_destroyed(int place, int times)
{
    cr_expect_eq(destroyed[place], times, "block %d was destroyed %d times", place,
                 (int)destroyed[place]);
}

TestOnWorkers(letters, what_a_block_owns_ends_once_when_it_is_handled)
{
    const struct probe args = probe_of(0);
    struct owner owner = own(0);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &probe, &args);
    cr_assert_eq(weft_rt_cast(rt, pid, owner_msg(&owner)), 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, END, 0), 0);
    wait_until(story_stats(rt).ended == 1);
    expect_destroyed(0, 1);
    story_finish(rt);
    expect_destroyed(0, 1);
}

/* Behind a step that waits: at its end, at a kill, and at the runtime's. */
static void end_with_mail(unsigned workers, int place, void (*end)(weft_pid pid))
{
    const struct probe args = probe_of((unsigned)place);
    struct owner owner = own(place);
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, (unsigned)place, &probe, &args);
    cr_assert_eq(weft_rt_cast_word(rt, pid, WAIT, (unsigned)place), 0);
    story_wait((unsigned)place, "init, waits");
    end(pid);
    cr_assert_eq(weft_rt_cast(rt, pid, owner_msg(&owner)), 0);
    expect_destroyed(place, 0);
    gate_open((unsigned)place);
    story_finish(rt);
    expect_destroyed(place, 1);
}

static void end_by_message(weft_pid pid)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, END, 0), 0);
}

static void end_by_stop(weft_pid pid)
{
    cr_assert_eq(weft_rt_stop_actor(rt, pid), 0);
}

static void end_by_kill(weft_pid pid)
{
    cr_assert_eq(weft_rt_kill_actor(rt, pid), 0);
}

static void end_by_shutdown(weft_pid pid)
{
    (void)pid;
    cr_assert_eq(weft_stop_all(rt, 0), WEFT_ETIMEDOUT);
}

TestOnWorkers(letters, what_a_block_owns_ends_once_when_its_actor_ends_first)
{
    end_with_mail(workers, 1, end_by_message);
    end_with_mail(workers, 2, end_by_stop);
    end_with_mail(workers, 3, end_by_kill);
    end_with_mail(workers, 4, end_by_shutdown);
}

Test(letters, what_a_block_owns_ends_once_when_it_cannot_be_sent)
{
    struct owner nobody = own(5), dead = own(6), foreign = own(7);
    weft_runtime *other = story_start(1);
    const struct probe args = probe_of(0);
    weft_pid pid;

    rt = story_start(1);
    pid = story_spawn(rt, 0, &probe, &args);
    cr_assert_eq(weft_rt_cast_word(rt, pid, END, 0), 0);
    story_wait(0, "init, stop normal, exit normal, destroy");
    cr_expect_eq(weft_rt_cast(rt, WEFT_NOBODY, owner_msg(&nobody)), WEFT_ENOACTOR);
    cr_expect_eq(weft_rt_cast(rt, pid, owner_msg(&dead)), WEFT_ENOACTOR);
    cr_expect_eq(weft_rt_cast(other, pid, owner_msg(&foreign)), WEFT_EFOREIGN);
    for (int place = 5; place <= 7; place++)
        expect_destroyed(place, 1);
    story_finish(rt);
    story_finish(other);
}

Test(letters, what_is_given_back_is_still_the_callers)
{
    struct owner owner = own(8);

    rt = story_start(1);
    cr_expect_eq(weft_rt_try_cast(rt, WEFT_NOBODY, owner_msg(&owner)), WEFT_ENOACTOR);
    story_finish(rt);
    expect_destroyed(8, 0);
    cr_expect_eq(owner.place, 8);
    free(owner.memory);
}

static weft_next changing(weft_self *self, void *state, weft_msg *msg)
{
    struct owner *owner = owner_at(msg);

    (void)state;
    cr_assert_not_null(owner);
    free(owner->memory);
    owner->memory = NULL;
    owner->place = 10;
    return weft_stop(self);
}

Test(letters, a_step_may_change_a_block_and_take_from_it)
{
    static const weft_behavior taker = WEFT_STATELESS("taker", changing);
    struct owner owner = own(9);

    rt = story_start(1);
    cr_assert_eq(weft_rt_cast(rt, story_spawn(rt, 0, &taker, NULL), owner_msg(&owner)),
                 0);
    story_wait(0, "exit normal");
    story_finish(rt);
    expect_destroyed(9, 0);
    expect_destroyed(10, 1);
}

/* The first message of an actor that was made a moment ago goes its own way. */
static weft_next taking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    cr_expect_not_null(owner_at(msg));
    return weft_stop(self);
}

static weft_next making_takers(weft_self *self, void *state, weft_msg *msg)
{
    static const weft_behavior taker = WEFT_STATELESS("taker", taking);

    (void)state, (void)msg;
    for (unsigned i = 1; i < 10; i++) {
        struct owner owner = own(0);

        cr_expect_eq(
            weft_cast(self, story_spawn_inside(self, i, &taker, NULL), owner_msg(&owner)),
            0);
    }
    return weft_stop(self);
}

TestOnWorkers(letters, what_a_block_owns_ends_once_with_a_newborn)
{
    static const weft_behavior maker = WEFT_STATELESS("maker", making_takers);

    rt = story_start(workers);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &maker, NULL), TELL, 0), 0);
    wait_until(story_stats(rt).ended == 10);
    expect_destroyed(0, 9);
    story_finish(rt);
    expect_destroyed(0, 9);
}

/* Nobody ever handles it: the runtime goes first. */
static weft_next sending_on_and_on(weft_self *self, void *state, weft_msg *msg)
{
    struct owner owner = own(11);

    (void)state, (void)msg;
    weft_cast(self, weft_self_pid(self), owner_msg(&owner));
    return weft_stay(self);
}

TestOnWorkers(letters, what_is_under_way_when_the_runtime_ends_is_destroyed)
{
    static const weft_behavior endless = WEFT_STATELESS("endless", sending_on_and_on);

    rt = story_start(workers);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &endless, NULL), TELL, 0), 0);
    wait_until(destroyed[11] > 1000);
    story_finish(rt);
}
