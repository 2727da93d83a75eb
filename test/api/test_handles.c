/* test_handles.c: aim: a handle sends what its interface admits, converted if it says so, and
 * nothing else; what is refused ends once, counted.
 * Method: an actor that tells which messages it got; handles that admit a part of them. */
#include "test/support/unit_story.h"
#include "test/support/unit_types.h"

#include <stdatomic.h>

TestSuite(handles, .timeout = 60);

static weft_runtime *rt;

enum { TAG_READ = 1, TAG_RESET, TAG_WISH, TAG_ODD, TAG_BOX, TAG_HANDLE, TAG_TRY };

static atomic_int boxes_done;
static void box_done(void *box);

#define BOX_FIELDS(F) F(int, number)
WEFT_BLOCK(box, TAG_BOX, BOX_FIELDS, box_done)

static void box_done(void *box)
{
    (void)box;
    atomic_fetch_add(&boxes_done, 1);
}

/* A wish is what others call a reading of twice its number; odd wishes make no sense. */
static weft_letter wish_to_read(weft_letter letter)
{
    if (letter.tag == TAG_ODD)
        return weft_no_letter();
    return weft_word_letter(TAG_READ, 2 * letter.word[0]);
}

WEFT_INTERFACE(reading, NULL, TAG_READ, box_tag)
WEFT_INTERFACE(wishing, wish_to_read, TAG_WISH, TAG_ODD, box_tag)

static weft_next telling(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    story_tell(0, "%u %u", weft_tag(msg), (unsigned)weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior teller = WEFT_STATELESS("teller", telling);

Test(handles, admit_what_their_interface_names)
{
    weft_handle handle = weft_handle_make(7, &wishing);

    cr_expect_eq(handle.pid, 7);
    cr_expect_str_eq(handle.interface->name, "wishing");
    cr_expect(weft_handle_admits(handle, TAG_WISH));
    cr_expect(weft_handle_admits(handle, TAG_ODD));
    cr_expect(weft_handle_admits(handle, TAG_BOX));
    cr_expect_not(weft_handle_admits(handle, TAG_READ));
    cr_expect_not(weft_handle_admits(handle, 0));
}

TestOnWorkers(handles, refuse_the_rest_from_outside)
{
    struct box box = {1};
    weft_handle reader, wisher;
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 1, &teller, NULL);
    reader = weft_handle_make(pid, &reading);
    wisher = weft_handle_make(pid, &wishing);
    cr_expect_eq(weft_rt_handle_cast(rt, reader, weft_word_letter(TAG_READ, 1)), 0);
    cr_expect_eq(weft_rt_handle_cast(rt, reader, weft_signal(TAG_RESET)), WEFT_ETYPE);
    cr_expect_eq(weft_rt_handle_cast(rt, wisher, weft_word_letter(TAG_WISH, 4)), 0);
    cr_expect_eq(weft_rt_handle_cast(rt, wisher, weft_word_letter(TAG_READ, 4)),
                 WEFT_ETYPE);
    cr_expect_eq(weft_rt_handle_cast(rt, wisher, weft_signal(TAG_ODD)), WEFT_EINVAL);
    cr_expect_eq(weft_rt_handle_cast(rt, wisher, box_msg(&box)), 0);
    story_wait(0, "1 1, 1 8, 5 0");
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_MALFORMED], 3);
    wait_until(boxes_done == 1);
    cr_expect_eq(weft_rt_handle_cast(rt, weft_handle_make(WEFT_NOBODY, &reading),
                                     weft_word_letter(TAG_READ, 1)),
                 WEFT_ENOACTOR);
    story_finish(rt);
}

/* An actor that is sent a handle, as a field of a message, and uses it. */
#define GRANT_FIELDS(F) F(weft_handle, handle)
WEFT_MESSAGE(grant, TAG_HANDLE, GRANT_FIELDS)

WEFT_INTERFACE(no_boxes, NULL, TAG_READ)

static weft_next using(weft_self *self, void *state, weft_msg *msg)
{
    struct box box = {2};
    struct grant grant;
    weft_letter taken;

    (void)state;
    if (!grant_get(msg, &grant)) { /* a box: it cannot be sent with this handle */
        grant.handle = weft_handle_make(weft_self_pid(self), &no_boxes);
        taken = weft_take(self, msg);
        cr_expect_eq(weft_handle_try_cast(self, grant.handle, taken), WEFT_ETYPE);
        cr_expect_not_null(weft_letter_at(&taken, &box_type), "it is still ours");
        cr_expect_eq(boxes_done, 0);
        cr_expect_eq(weft_handle_cast(self, grant.handle, taken), WEFT_ETYPE);
        cr_expect_eq(boxes_done, 1);
        cr_expect_eq(weft_handle_cast(self, grant.handle, box_msg(&box)), WEFT_ETYPE);
        cr_expect_eq(boxes_done, 2);
        return weft_stop(self);
    }
    cr_expect_eq(weft_handle_cast(self, grant.handle, weft_word_letter(TAG_WISH, 21)), 0);
    cr_expect_eq(weft_handle_try_cast(self, grant.handle, weft_word_letter(TAG_WISH, 1)),
                 0);
    cr_expect_eq(weft_handle_cast(self, grant.handle, weft_signal(TAG_RESET)),
                 WEFT_ETYPE);
    cr_expect_eq(weft_cast(self, grant.handle.pid,
                           weft_handle_letter(grant.handle, weft_signal(TAG_RESET))),
                 WEFT_EINVAL);
    return weft_stay(self);
}

TestOnWorkers(handles, travel_in_messages_and_are_used_in_steps)
{
    static const weft_behavior user = WEFT_STATELESS("user", using);
    struct box box = {1};
    weft_stats stats;
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 2, &user, NULL);
    cr_assert_eq(weft_rt_cast(rt, pid,
                              grant_msg(weft_handle_make(
                                  story_spawn(rt, 1, &teller, NULL), &wishing))),
                 0);
    cr_assert_eq(weft_rt_cast(rt, pid, box_msg(&box)), 0);
    story_wait(0, "1 42, 1 2");
    story_wait(2, "exit normal");
    wait_until(story_stats(rt).ended == 1);
    stats = story_stats(rt);
    cr_expect_eq(stats.dead[WEFT_DEAD_MALFORMED], 4);
    cr_expect_eq(stats.returned, 1);
    story_finish(rt);
    cr_expect_eq(boxes_done, 2);
}
