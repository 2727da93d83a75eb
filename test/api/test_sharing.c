/* test_sharing.c: aim: a shared object is one, for all who are sent it, and nobody's to change;
 * it is destroyed once, by the last message or letter that carries it.
 * Method: objects that count who destroyed them, sent to several actors on every way there is. */
#include "test/support/unit_story.h"
#include "test/support/unit_types.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

TestSuite(sharing, .timeout = 60);

static weft_runtime *rt;

/* --- news: what they own ends once --- */

enum { NEWS = 8, TAG_NEWS = 70, READERS = 6 };
static atomic_int destroyed[NEWS];

#define NEWS_FIELDS(F) F(int, number) F(char *, memory)
static void news_done(void *news);
WEFT_BLOCK(news, TAG_NEWS, NEWS_FIELDS, news_done)

static void news_done(void *of)
{
    const struct news *news = of;

    atomic_fetch_add(&destroyed[news->number], 1);
    free(news->memory); /* twice is an error of its own, never is a leak */
}

static struct news news_new(int number)
{
    return (struct news){number, malloc(10)};
}

static weft_letter share_news(int number)
{
    struct news news = news_new(number);
    weft_letter letter;

    cr_assert_eq(weft_rt_share(rt, news_msg(&news), &letter), 0);
    return letter;
}

static void expect_destroyed(int number, int times)
{
    cr_expect_eq(destroyed[number], times, "news %d were destroyed %d times", number,
                 (int)destroyed[number]);
}

/* --- one object for all --- */

static const struct news *_Atomic seen;

/* The first word of its state: how many it is to read. */
static weft_next reading(weft_self *self, void *state, weft_msg *msg)
{
    int *left = state;
    const struct news *news = news_see(msg);
    struct news copy;
    size_t size;

    cr_assert_not_null(news);
    cr_expect_eq(news, atomic_load(&seen), "it was copied");
    cr_expect_null(news_at(msg), "nobody may change it");
    cr_expect_eq(weft_payload(msg, &size), (const void *)news);
    cr_expect_eq(size, sizeof *news);
    cr_expect_eq(weft_msg_type(msg), &news_type);
    cr_expect(weft_get(msg, &news_type, &copy));
    cr_expect_eq(copy.memory, news->memory);
    cr_expect_null(weft_see(msg, &parcel_type));
    expect_destroyed(0, 0);
    return --*left == 0 ? weft_stop(self) : weft_stay(self);
}

static const weft_behavior reader =
    WEFT_BEHAVIOR("reader", int, reading, .args_size = sizeof(int));

TestOnWorkers(sharing, all_read_the_same_object)
{
    const int once = 1;
    weft_pid readers[READERS];
    weft_letter letter;

    rt = story_start(workers);
    letter = share_news(0);
    atomic_store(&seen, weft_letter_see(&letter, &news_type));
    cr_expect_null(weft_letter_at(&letter, &news_type));
    for (unsigned i = 0; i < READERS; i++) {
        readers[i] = story_spawn(rt, i, &reader, &once);
        cr_assert_eq(weft_rt_cast(rt, readers[i], weft_letter_copy(&letter)), 0);
    }
    for (unsigned i = 0; i < READERS; i++)
        story_wait(i, "exit normal");
    wait_until(story_stats(rt).ended == READERS);
    expect_destroyed(0, 0);
    weft_letter_drop(letter);
    expect_destroyed(0, 1);
    story_finish(rt);
    expect_destroyed(0, 1);
}

/* The sender's letter goes first: then the last reader destroys it. */
TestOnWorkers(sharing, the_last_reader_destroys_it)
{
    const int once = 1;
    weft_letter letter;

    rt = story_start(workers);
    letter = share_news(0);
    atomic_store(&seen, weft_letter_see(&letter, &news_type));
    for (unsigned i = 0; i < READERS; i++)
        cr_assert_eq(weft_rt_cast(rt, story_spawn(rt, i, &reader, &once),
                                  i < READERS - 1 ? weft_letter_copy(&letter) : letter),
                     0);
    wait_until(story_stats(rt).ended == READERS);
    expect_destroyed(0, 1);
    story_finish(rt);
    expect_destroyed(0, 1);
}

/* --- from a step, taken, and passed around a ring --- */

struct link {
    weft_pid next;
    int rounds;
};

/* What it is sent it takes, and sends on twice, as long as the rounds last. */
static weft_next passing(weft_self *self, void *state, weft_msg *msg)
{
    struct link *link = state;
    weft_letter letter;

    if (weft_tag(msg) == TELL) {
        struct news news = news_new(0);

        cr_assert_eq(weft_share(self, news_msg(&news), &letter), 0);
        atomic_store(&seen, weft_letter_see(&letter, &news_type));
    } else {
        cr_expect_eq(news_see(msg), atomic_load(&seen));
        letter = weft_take(self, msg);
        cr_expect_null(news_see(msg));
    }
    cr_expect_null(weft_letter_at(&letter, &news_type));
    if (--link->rounds >= 0)
        weft_cast(self, link->next, weft_letter_copy(&letter));
    if (link->rounds > 0)
        weft_cast(self, link->next, letter);
    else
        weft_letter_drop(letter);
    return weft_stay(self);
}

static const weft_behavior link_of_ring =
    WEFT_BEHAVIOR("link", struct link, passing, .args_size = sizeof(struct link));

static bool is_at_rest(unsigned long sent)
{
    const weft_stats stats = story_stats(rt);

    return stats.handled + stats.dead[WEFT_DEAD_NO_ACTOR] == sent;
}

TestOnWorkers(sharing, what_was_taken_can_be_copied_and_sent_on)
{
    struct link link = {WEFT_NOBODY, 50};

    rt = story_start(workers);
    for (unsigned i = 0; i < 3; i++)
        link.next = story_spawn(rt, i, &link_of_ring, &link);
    cr_assert_eq(weft_rt_cast_word(rt, link.next, TELL, 0), 0);
    wait_until(destroyed[0] == 1);
    wait_until(story_stats(rt).handled > 3);
    story_finish(rt);
    expect_destroyed(0, 1);
}

/* --- what can be shared --- */

static weft_next sharing_what_it_owns(weft_self *self, void *state, weft_msg *msg)
{
    const struct news *before = news_see(msg);
    char *memory = before->memory;
    weft_letter taken = weft_take(self, msg), shared, again, copy;

    (void)state;
    copy = weft_letter_copy(&taken);
    cr_expect_eq(copy.form, WEFT_LETTER_NONE, "it is not shared");
    cr_expect_eq(weft_try_cast(self, weft_self_pid(self), copy), WEFT_EINVAL);
    cr_assert_eq(weft_share(self, taken, &shared), 0);
    expect_destroyed(0, 0);
    cr_expect_eq(((const struct news *)weft_letter_see(&shared, &news_type))->memory,
                 memory);
    cr_assert_eq(weft_share(self, shared, &again), 0); /* the same letter */
    cr_expect_eq(weft_letter_see(&again, &news_type),
                 weft_letter_see(&shared, &news_type));
    weft_letter_drop(again);
    expect_destroyed(0, 1);
    return weft_stop(self);
}

TestOnWorkers(sharing, what_is_owned_moves_and_what_is_shared_stays)
{
    static const weft_behavior sharer = WEFT_STATELESS("sharer", sharing_what_it_owns);
    struct news news = news_new(0);

    rt = story_start(workers);
    cr_assert_eq(weft_rt_cast(rt, story_spawn(rt, 0, &sharer, NULL), news_msg(&news)), 0);
    story_wait(0, "exit normal");
    story_finish(rt);
    expect_destroyed(0, 1);
}

Test(sharing, small_letters_are_shared_as_they_are)
{
    weft_letter letter, copy;

    rt = story_start(1);
    cr_assert_eq(weft_rt_share(rt, point_msg(3, 4), &letter), 0);
    cr_expect_eq(letter.form, WEFT_LETTER_SMALL);
    copy = weft_letter_copy(&letter);
    cr_expect_eq(copy.tag, 100);
    cr_expect_eq(((const struct point *)weft_letter_see(&copy, &point_type))->y, 4);
    story_finish(rt);
}

Test(sharing, what_cannot_be_shared_is_still_the_callers)
{
    struct news news = news_new(0);
    weft_runtime *other;
    weft_letter letter, foreign, borrowed = news_msg(&news);

    rt = story_start(1);
    other = story_start(1);
    cr_expect_eq(weft_rt_share(rt, weft_small(1, &news, WEFT_SMALL_MAX + 1), &letter),
                 WEFT_EINVAL);
    cr_expect_eq(letter.form, WEFT_LETTER_NONE);
    cr_expect_eq(weft_rt_share(rt, weft_no_letter(), &letter), WEFT_EINVAL);
    letter = weft_letter_copy(&borrowed);
    cr_expect_eq(letter.form, WEFT_LETTER_NONE);
    cr_assert_eq(weft_rt_share(rt, borrowed, &letter), 0);
    cr_expect_eq(weft_rt_share(other, letter, &foreign), WEFT_EFOREIGN);
    cr_expect_eq(foreign.form, WEFT_LETTER_NONE);
    expect_destroyed(0, 0);
    weft_letter_drop(letter);
    expect_destroyed(0, 1);
    story_finish(rt);
    story_finish(other);
}

/* --- where its ways end --- */

/* One letter for each way on which a message does not arrive, and one that does. */
TestOnWorkers(sharing, dead_letters_carry_it_no_longer)
{
    const struct probe args = probe_of(0);
    weft_letter letter;
    weft_pid gone, late, killed;

    rt = story_start(workers);
    letter = share_news(0);
    gone = story_spawn(rt, 0, &probe, &args);
    cr_assert_eq(weft_rt_cast_word(rt, gone, END, 0), 0);
    wait_until(story_stats(rt).ended == 1);
    cr_expect_eq(weft_rt_cast(rt, gone, weft_letter_copy(&letter)), WEFT_ENOACTOR);
    cr_expect_eq(weft_rt_cast(rt, WEFT_NOBODY, weft_letter_copy(&letter)), WEFT_ENOACTOR);
    cr_expect_eq(weft_rt_try_cast(rt, gone, letter), WEFT_ENOACTOR); /* ours still */

    late = story_spawn(rt, 1, &probe, &args);
    killed = story_spawn(rt, 2, &probe, &args);
    cr_assert_eq(weft_rt_cast_word(rt, late, WAIT, 0), 0);
    cr_assert_eq(weft_rt_cast_word(rt, killed, WAIT, 0), 0);
    cr_assert_eq(weft_rt_cast_word(rt, late, END, 0), 0);
    cr_assert_eq(weft_rt_kill_actor(rt, killed), 0);
    cr_expect_geq(weft_rt_cast(rt, late, weft_letter_copy(&letter)), WEFT_ENOACTOR);
    cr_expect_geq(weft_rt_cast(rt, killed, weft_letter_copy(&letter)), WEFT_ENOACTOR);
    gate_open(0);
    wait_until(story_stats(rt).ended == 3);
    wait_until(story_stats(rt).handled + story_dead_letters(rt) ==
               8); /* all is where it ends */
    expect_destroyed(0, 0);
    weft_letter_drop(letter);
    expect_destroyed(0, 1);
    story_finish(rt);
    expect_destroyed(0, 1);
}

/* In its first memory there is a count: objects of every alignment and size are still whole. */
Test(sharing, objects_of_all_kinds_are_aligned_and_whole)
{
    static const uint32_t sizes[] = {1, 8, 40, 48, 56, 200, 1008, 1016, 1024, 9000};
    static unsigned char bytes[9000];
    weft_letter letter;

    for (uint32_t k = 0; k < sizeof bytes; k++)
        bytes[k] = (unsigned char)(k * 31 + k / 251);
    rt = story_start(1);
    for (uint32_t align = 1; align <= 4096; align *= 2)
        for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const weft_type type = {"some", 1, sizes[i], align, 0, NULL};
            const unsigned char *object;

            cr_assert_eq(weft_rt_share(rt, weft_block(&type, bytes), &letter), 0);
            object = weft_letter_see(&letter, &type);
            cr_expect_eq((uintptr_t)object % align, 0, "size %u, align %u", type.size,
                         align);
            cr_expect_eq(memcmp(object, bytes, type.size), 0);
            weft_letter_drop(letter);
        }
    story_finish(rt);
}

/* --- threads outside --- */

enum { OUTSIDERS = 4, EACH = 200 };
static weft_letter common;
static weft_pid everyone;

static void copy_and_drop(unsigned number)
{
    for (unsigned i = 0; i < EACH; i++) {
        weft_letter letter = weft_letter_copy(&common);

        cr_expect_eq(weft_letter_see(&letter, &news_type), (const void *)seen);
        if ((i + number) % 2 == 0)
            weft_letter_drop(letter);
        else
            cr_expect_eq(weft_rt_cast(rt, everyone, letter), 0);
    }
}

TestOnWorkers(sharing, threads_outside_share_it_too)
{
    const int all = OUTSIDERS * EACH / 2;

    rt = story_start(workers);
    common = share_news(0);
    atomic_store(&seen, weft_letter_see(&common, &news_type));
    everyone = story_spawn(rt, 0, &reader, &all);
    in_threads(OUTSIDERS, copy_and_drop);
    story_wait(0, "exit normal");
    wait_until(is_at_rest((unsigned long)all));
    expect_destroyed(0, 0);
    weft_letter_drop(common);
    expect_destroyed(0, 1);
    story_finish(rt);
}
