/* test_message.c: aim: what the accessors say of a message that has come in, and to which
 * types it is given.
 * Method: records made by hand, small ones of every size and blocks; types that agree in all
 * but one of tag, name, size and alignment. */
#include "lib/actor/runtime.h"
#include "test/support/unit_types.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

TestSuite(message, .timeout = 20);

static struct record record[RECORD_SLOTS_MAX];
static const weft_msg *const msg = (const weft_msg *)(const void *)record;

static void small(uint32_t tag, const void *payload, uint32_t size)
{
    memset(record, 0, sizeof record);
    record->from = 77;
    record->head = record_head(tag, RECORD_MAIL, record_more_for(size), size);
    memcpy(&record->word, payload, size);
}

/* A block as block.c lays it out: the type's address right before the object. */
static struct {
    _Alignas(64) char pad[64 - sizeof(const weft_type *)];
    const weft_type *type;
    char object[256];
} place;

static void block(const weft_type *type, const void *object)
{
    place.type = type;
    memcpy(place.object, object, type->size);
    memset(record, 0, sizeof record);
    record->head = record_head(type->tag, RECORD_MAIL, RECORD_BLOCK, 0);
    record->word = (uint64_t)(uintptr_t)place.object;
}

/* --- plain questions --- */

Test(message, a_small_one_has_tag_sender_payload_and_no_type)
{
    char bytes[WEFT_SMALL_MAX];
    size_t size;

    for (uint32_t n = 0; n <= WEFT_SMALL_MAX; n++) {
        memset(bytes, (int)n + 1, sizeof bytes);
        small(1000 + n, bytes, n);
        cr_expect_eq(weft_tag(msg), 1000 + n);
        cr_expect_eq(weft_sender(msg), 77);
        cr_expect_null(weft_msg_type(msg));
        cr_assert_eq(memcmp(weft_payload(msg, &size), bytes, n), 0);
        cr_expect_eq(size, n);
        cr_expect_eq((uintptr_t)weft_payload(msg, NULL) % 8, 0);
    }
}

Test(message, the_word_is_the_first_eight_bytes_or_0)
{
    const uint64_t words[] = {0x1122334455667788u, 2};
    const struct parcel parcel = {{1}, "x"};

    small(1, words, 8);
    cr_expect_eq(weft_word(msg), words[0]);
    small(1, words, 16);
    cr_expect_eq(weft_word(msg), words[0]);
    small(1, words, 0);
    cr_expect_eq(weft_word(msg), 0);
    block(&parcel_type, &parcel);
    cr_expect_eq(weft_word(msg), 0);
}

Test(message, a_block_has_its_type_and_its_object)
{
    const struct parcel parcel = {{1, 2, 3}, "label"};
    size_t size = 0;

    block(&parcel_type, &parcel);
    cr_expect_eq(weft_tag(msg), 101);
    cr_expect_eq(weft_msg_type(msg), &parcel_type);
    cr_expect_eq(weft_payload(msg, &size), place.object);
    cr_expect_eq(size, sizeof parcel);
    cr_expect_eq(parcel_at(msg), (void *)place.object);
}

/* --- small messages and types --- */

static void expect_not_got(const weft_type *type)
{
    char object[256], before[256];

    memset(object, 0x5c, sizeof object);
    memcpy(before, object, sizeof object);
    cr_expect_not(weft_get(msg, type, object), "type %s, tag %u, size %u", type->name,
                  type->tag, type->size);
    cr_expect_eq(memcmp(object, before, sizeof object), 0, "it was written to");
}

Test(message, a_small_one_is_got_by_tag_and_size)
{
    const struct point sent = {-3, 4};
    struct point got = {0, 0};

    small(100, &sent, sizeof sent);
    cr_expect(point_get(msg, &got));
    cr_expect_eq(got.x, -3);
    cr_expect_eq(got.y, 4);
}

Test(message, a_small_one_of_another_tag_or_size_is_not_got)
{
    const uint64_t words[5] = {1, 2, 3, 4, 5};

    small(99, words, sizeof(struct point));
    expect_not_got(&point_type);
    for (uint32_t n = 0; n <= WEFT_SMALL_MAX; n++) {
        if (n == sizeof(struct point))
            continue;
        small(100, words, n);
        expect_not_got(&point_type);
    }
}

Test(message, a_small_one_is_never_at)
{
    const weft_type type = {"point", 100, sizeof(struct point), 4, 0, NULL};
    const struct point sent = {1, 2};

    small(100, &sent, sizeof sent);
    cr_expect_null(weft_at(msg, &type));
    cr_expect_null(weft_at(msg, &parcel_type));
}

/* --- blocks and types --- */

static const struct {
    const char *what;
    weft_type type;
} strangers[] = {
    {"tag", {"parcel", 102, sizeof(struct parcel), _Alignof(struct parcel), 0, NULL}},
    {"name", {"packet", 101, sizeof(struct parcel), _Alignof(struct parcel), 0, NULL}},
    {"size",
     {"parcel", 101, sizeof(struct parcel) - 8, _Alignof(struct parcel), 0, NULL}},
    {"alignment", {"parcel", 101, sizeof(struct parcel), 2, 0, NULL}},
};

Test(message, a_block_is_got_and_at_for_its_own_type_only)
{
    const struct parcel parcel = {{1, 2, 3}, "label"};
    struct parcel got;

    block(&parcel_type, &parcel);
    cr_expect(weft_get(msg, &parcel_type, &got));
    cr_expect_eq(memcmp(&got, &parcel, sizeof parcel), 0);
    cr_expect_not_null(weft_at(msg, &parcel_type));
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        cr_expect_null(weft_at(msg, &strangers[i].type), "another %s", strangers[i].what);
        expect_not_got(&strangers[i].type);
    }
}

Test(message, a_block_is_no_small_one_of_its_tag)
{
    const weft_type twin = {"parcel_twin", 101, sizeof(void *), 8, 0, NULL};
    const struct parcel parcel = {{1}, "x"};

    block(&parcel_type, &parcel);
    expect_not_got(&twin);
}

/* --- two declarations of a type --- */

Test(message, types_of_two_files_are_two_objects_and_one_type)
{
    const struct parcel parcel = {{9, 8, 7}, "label"};

    cr_assert_neq(other_parcel_type, &parcel_type);
    block(other_parcel_type, &parcel);
    cr_expect_not_null(parcel_at(msg));
    cr_expect_eq(parcel_at(msg)->items[2], 7);
    block(&parcel_type, &parcel);
    cr_expect_not_null(weft_at(msg, other_parcel_type));
}

Test(message, names_are_compared_by_their_letters)
{
    char name[] = "parcel";
    const weft_type twin = {name, 101, sizeof(struct parcel), _Alignof(struct parcel),
                            0,    NULL};
    const struct parcel parcel = {{9, 8, 7}, "label"};

    block(&parcel_type, &parcel);
    cr_expect_not_null(weft_at(msg, &twin));
}
