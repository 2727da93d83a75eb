/* test_types.c: aim: declared message types: what the macros make of a list of fields, that it
 * travels, and that it is the same type in all files that include it.
 * Method: types of all shapes sent through an actor that answers what it got. */
#include "test/support/unit_story.h"
#include "test/support/unit_types.h"

#include <string.h>

TestSuite(types, .timeout = 60);

/* --- declarations --- */

#define SINGLE_FIELDS(F) F(uint8_t, only)
WEFT_MESSAGE(single, 200, SINGLE_FIELDS)

/* Holes between the fields, and exactly as long as can be. */
#define HOLES_FIELDS(F) \
    F(uint8_t, a) F(uint64_t, b) F(uint16_t, c) F(uint64_t, d) F(uint8_t, e)
WEFT_MESSAGE(holes, 201, HOLES_FIELDS)

#define BLOCK_FIELDS(F) F(char, name[100]) F(double, values[7]) F(const char *, borrowed)
static void blocky_done(void *object);
WEFT_BLOCK(blocky, 202, BLOCK_FIELDS, blocky_done)

static int blocks_done;

static void blocky_done(void *object)
{
    (void)object;
    blocks_done++;
}

_Static_assert((int)single_tag == 200 && (int)holes_tag == 201 && (int)blocky_tag == 202,
               "tags are constants");
_Static_assert(sizeof(struct holes) == WEFT_SMALL_MAX, "as long as can be");

Test(types, say_what_they_were_declared_as)
{
    cr_expect_str_eq(holes_type.name, "holes");
    cr_expect_eq(holes_type.tag, 201);
    cr_expect_eq(holes_type.size, sizeof(struct holes));
    cr_expect_eq(holes_type.align, _Alignof(struct holes));
    cr_expect_null((void *)(uintptr_t)holes_type.destroy);
    cr_expect_str_eq(blocky_type.name, "blocky");
    cr_expect_eq(blocky_type.size, sizeof(struct blocky));
    cr_expect(blocky_type.destroy == blocky_done);
}

Test(types, small_letters_carry_their_fields_and_zeros_between)
{
    const weft_letter letter = holes_msg(1, 2, 3, 4, 5);
    struct holes expected;

    memset(&expected, 0, sizeof expected);
    expected.a = 1;
    expected.b = 2;
    expected.c = 3;
    expected.d = 4;
    expected.e = 5;
    cr_expect_eq(letter.tag, 201);
    cr_expect_eq(letter.form, WEFT_LETTER_SMALL);
    cr_expect_eq(letter.size, sizeof expected);
    cr_expect_eq(memcmp(letter.word, &expected, sizeof expected), 0);
}

Test(types, block_letters_borrow_their_object)
{
    struct blocky object = {.borrowed = NULL};
    const weft_letter letter = blocky_msg(&object);

    cr_expect_eq(letter.tag, 202);
    cr_expect_eq(letter.form, WEFT_LETTER_BLOCK);
    cr_expect_eq(letter.word[0], (uintptr_t)&blocky_type);
    cr_expect_eq(letter.word[1], (uintptr_t)&object);
}

/* --- on the way --- */

static weft_runtime *rt;

static weft_next reading(weft_self *self, void *state, weft_msg *msg)
{
    struct single single = {0};
    struct holes holes = {0};
    struct point point = {0};

    (void)state;
    if (single_get(msg, &single))
        story_tell(0, "single %d", single.only);
    else if (holes_get(msg, &holes))
        story_tell(0, "holes %d %d %d %d %d", holes.a, (int)holes.b, holes.c,
                   (int)holes.d, holes.e);
    else if (blocky_at(msg) != NULL)
        story_tell(0, "block %s %d %s", blocky_at(msg)->name,
                   (int)blocky_at(msg)->values[6], blocky_at(msg)->borrowed);
    else if (point_get(msg, &point))
        story_tell(0, "point %d %d", point.x, point.y);
    else if (parcel_at(msg) != NULL)
        story_tell(0, "parcel %d %s", (int)parcel_at(msg)->items[11],
                   parcel_at(msg)->label);
    else
        story_tell(0, "unknown %u", weft_tag(msg));
    return weft_stay(self);
}

static const weft_behavior reader = WEFT_STATELESS("reader", reading);

TestOnWorkers(types, arrive_with_their_fields)
{
    const struct blocky block = {"a name", {[6] = 7.5}, "borrowed"};
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &reader, NULL);
    cr_assert_eq(weft_rt_cast(rt, pid, single_msg(255)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, holes_msg(1, 2, 3, 4, 5)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, blocky_msg(&block)), 0);
    story_wait(0, "single 255, holes 1 2 3 4 5, block a name 7 borrowed");
    story_finish(rt);
    cr_expect_eq(blocks_done, 1);
}

TestOnWorkers(types, of_another_file_are_the_same)
{
    const struct parcel parcel = {{[11] = 12}, "label"};
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &reader, NULL);
    cr_assert_eq(weft_rt_cast(rt, pid, other_point_msg(-1, 2)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, other_parcel_msg(&parcel)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, parcel_msg(&parcel)), 0);
    story_wait(0, "point -1 2, parcel 12 label, parcel 12 label");
    story_finish(rt);
}

/* The same tags with something else behind them. */
TestOnWorkers(types, are_not_mistaken_for_each_other)
{
    static const weft_type shorter = {"parcel", 101, 8, 8, 0, NULL};
    static const weft_type renamed = {
        "packet", 101, sizeof(struct parcel), _Alignof(struct parcel), 0, NULL};
    static const weft_type point_block = {"point", 100, sizeof(struct point) + 4,
                                          4,       0,   NULL};
    const struct parcel parcel = {{0}, ""};
    weft_pid pid;

    rt = story_start(workers);
    pid = story_spawn(rt, 0, &reader, NULL);
    cr_assert_eq(weft_rt_cast(rt, pid, weft_small(100, "1234", 4)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, weft_small(101, &parcel, 40)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, weft_block(&shorter, &parcel)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, weft_block(&renamed, &parcel)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, weft_block(&point_block, &parcel)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, weft_signal(101)), 0);
    story_wait(0, "unknown 100, unknown 101, unknown 101, unknown 101, unknown 100, "
                  "unknown 101");
    story_finish(rt);
}
