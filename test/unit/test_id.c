/* test_id.c: aim: the layouts of ids, words and records are as they are written down, and
 * packing and unpacking lose nothing at the borders.
 * Method: every field at 0, 1 and its largest value, the others all zeros or all ones. */
#include "sched/id.h"
#include "sched/inbox.h"
#include "sched/record.h"
#include "sched/task.h"

#include <weft/message.h>
#include <weft/pid.h>

#include <criterion/criterion.h>

TestSuite(id, .timeout = 20);
TestSuite(record, .timeout = 20);

/* --- ids and words --- */

Test(id, fields_share_no_bit_and_leave_none)
{
    cr_expect_eq(ID_INDEX & ID_GENERATION, 0);
    cr_expect_eq(ID_GENERATION & ID_FOREIGN, 0);
    cr_expect_eq(ID_INDEX & ID_FOREIGN, 0);
    cr_expect_eq(ID_INDEX | ID_GENERATION | ID_FOREIGN, UINT64_MAX);
    cr_expect_eq(ID_HIGH, ID_GENERATION | ID_FOREIGN);
}

Test(id, layout_is_the_documented_one)
{
    cr_expect_eq(ID_INDEX, 0x000000000fffffffu);
    cr_expect_eq(ID_GENERATION, 0x00fffffff0000000u);
    cr_expect_eq(ID_FOREIGN, 0xff00000000000000u);
    cr_expect_eq(ID_FIRST_GENERATION, 0x0000000010000000u);
    cr_expect_eq(ID_RUNTIME_SHIFT, 56);
    cr_expect_eq(ID_KIND_SHIFT, 62);
    cr_expect_eq(OWNER_MASK, 0x000000000fff0000u);
    cr_expect_eq(TASK_FLAGS, 0x000000000000ffffu);
    cr_expect_eq(sizeof(weft_pid), 8);
}

Test(id, high_bits_are_those_that_id_and_word_share)
{
    cr_expect_eq(id_high(UINT64_MAX), ID_HIGH);
    cr_expect_eq(id_high(ID_INDEX), 0);
    cr_expect_eq(OWNER_MASK | TASK_FLAGS, ID_INDEX);
    cr_expect_eq(OWNER_MASK & TASK_FLAGS, 0);
}

Test(id, an_owner_comes_out_of_a_word_as_it_went_in)
{
    static const uint32_t owners[] = {
        0,           1, 255, OWNER_PUBLIC, OWNER_TRANSIT, OWNER_TRANSIT | OWNER_PUBLIC,
        OWNER_NOBODY};
    static const uint64_t words[] = {0, UINT64_MAX, 0x1234567890abcdefu};

    for (size_t o = 0; o < sizeof owners / sizeof *owners; o++)
        for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
            uint64_t word = word_with_owner(words[w], owners[o]);

            cr_expect_eq(word_owner(word), owners[o]);
            cr_expect_eq(word & ~OWNER_MASK, words[w] & ~OWNER_MASK);
        }
}

Test(id, a_domain_is_told_by_its_owner_on_the_way_and_there)
{
    for (uint32_t domain = 0; domain < 256; domain++) {
        uint32_t owner = owner_of_domain(domain);

        cr_expect_eq(word_domain(word_with_owner(UINT64_MAX, owner)), domain);
        cr_expect_eq(word_domain(word_with_owner(0, owner | OWNER_TRANSIT)), domain);
        cr_expect_lt(owner, OWNER_PUBLIC);
    }
}

/* The word of a slot never used is 0. */
Test(id, nobody_public_and_unused_are_no_domains)
{
    cr_expect_geq(word_domain(0), 256);
    cr_expect_geq(word_domain(word_with_owner(0, OWNER_PUBLIC)), 256);
    cr_expect_geq(word_domain(word_with_owner(0, OWNER_NOBODY)), 256);
}

Test(id, flags_are_single_bits_of_their_own)
{
    static const uint64_t flags[] = {
        TASK_FRESH,    TASK_LIFO,   TASK_STARTING, TASK_QUEUED, TASK_DETACHED,
        TASK_STOPPING, TASK_KILLED, TASK_DYING,    TASK_FREE,   TASK_ENDING};
    uint64_t seen = 0;

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        cr_expect_eq(flags[i] & (flags[i] - 1), 0);
        cr_expect_eq(seen & flags[i], 0);
        cr_expect_eq(flags[i] & ~(uint64_t)TASK_FLAGS, 0);
        seen |= flags[i];
    }
}

/* --- what fits into what --- */

Test(record, sizes_are_whole_lines_and_halves_of_them)
{
    cr_expect_eq(sizeof(struct record), 32);
    cr_expect_eq(sizeof(struct node), 64);
    cr_expect_eq(sizeof(struct task), 128);
    cr_expect_eq(offsetof(struct task, cold), 64);
    cr_expect_eq(sizeof(struct task_cold), 64);
    cr_expect_eq(offsetof(struct task_cold, state) % TASK_INLINE_ALIGN, 0);
    cr_expect_geq(sizeof(((struct task_cold *)NULL)->state), (size_t)TASK_INLINE_STATE);
}

Test(record, the_longest_payload_ends_with_the_second_slot)
{
    cr_expect_eq(offsetof(struct record, word) + RECORD_PAYLOAD_MAX,
                 2 * sizeof(struct record));
    cr_expect_eq((unsigned)RECORD_PAYLOAD_MAX, WEFT_SMALL_MAX);
    cr_expect_eq(sizeof(((weft_letter *)NULL)->word), WEFT_SMALL_MAX);
}

/* --- heads --- */

static void expect_head(uint32_t tag, enum record_kind kind, unsigned extra,
                        uint32_t size)
{
    const struct record r = {.head = record_head(tag, kind, extra, size)};

    cr_expect_eq(record_tag(&r), tag);
    cr_expect_eq(record_kind(&r), kind);
    cr_expect_eq(record_extra(&r), extra);
    cr_expect_eq(record_size(&r), size);
    cr_expect_eq(record_slots(&r), 1 + (extra & 3));
}

Test(record, a_head_gives_back_what_it_was_made_of)
{
    static const uint32_t tags[] = {0, 1, WEFT_TAG_RESERVED, UINT32_MAX};
    static const uint32_t sizes[] = {0, 1, 40, UINT16_MAX};
    static const unsigned extras[] = {0, 1, RECORD_MORE, RECORD_BLOCK, RECORD_EXTRA};

    for (int t = 0; t < 4; t++)
        for (int s = 0; s < 4; s++)
            for (int e = 0; e < 5; e++)
                for (enum record_kind k = RECORD_MAIL; k <= RECORD_RETURN; k++)
                    expect_head(tags[t], k, extras[e], sizes[s]);
}

Test(record, a_plain_message_has_the_plainest_head)
{
    cr_expect_eq(record_head(7, RECORD_MAIL, 0, 8), (uint64_t)8 << 48 | 7);
}

Test(record, payloads_of_more_than_a_word_take_a_second_slot)
{
    cr_expect_eq(record_more_for(0), 0);
    cr_expect_eq(record_more_for(8), 0);
    cr_expect_eq(record_more_for(9), 1);
    cr_expect_eq(record_more_for(RECORD_PAYLOAD_MAX), 1);
}
