/* test/support/stress_parcel.c: packing and unpacking parcels. */
#include "test/support/stress_parcel.h"

#include <string.h>

static void parcel_destroy(void *object)
{
    thing_end(&((struct parcel *)object)->thing);
}

static const weft_type blocks[] = {
    {"parcel", PARCEL_TAG + PARCEL_BLOCK, 64, 8, 0, parcel_destroy},
    {"aligned parcel", PARCEL_TAG + PARCEL_ALIGNED, 200, 256, 0, parcel_destroy},
    {"large parcel", PARCEL_TAG + PARCEL_LARGE, sizeof(struct parcel), 8, 0,
     parcel_destroy},
};

static const weft_type *block_of(unsigned form)
{
    return &blocks[form - PARCEL_BLOCK];
}

static uint32_t fill_of(uint32_t number, size_t i)
{
    return number * 2654435761u + (uint32_t)i;
}

_Static_assert(offsetof(struct parcel, fill) + PARCEL_FILL * sizeof(uint32_t) ==
                   sizeof(struct parcel),
               "nothing is left behind the fill");

static size_t fills_of(unsigned form)
{
    return (block_of(form)->size - offsetof(struct parcel, fill)) / sizeof(uint32_t);
}

/* A small parcel is a word, and words that follow from its number. */
static size_t small_words(unsigned form)
{
    static const size_t words[] = {[PARCEL_WORD] = 1,
                                   [PARCEL_8] = 1,
                                   [PARCEL_16] = 2,
                                   [PARCEL_32] = 4,
                                   [PARCEL_40] = 5};

    return words[form];
}

static uint64_t pack(struct hop hop)
{
    return (uint64_t)hop.from << 52 | (uint64_t)hop.left << 32 | hop.number;
}

static struct hop unpack(uint64_t word)
{
    return (struct hop){(uint32_t)(word >> 52), (uint32_t)(word >> 32) & 0xfffff,
                        (uint32_t)word};
}

static weft_letter small_letter(unsigned form, struct hop hop)
{
    uint64_t words[WEFT_SMALL_MAX / 8] = {pack(hop)};

    for (size_t i = 1; i < small_words(form); i++)
        words[i] = fill_of(hop.number, i);
    return weft_small(PARCEL_TAG + form, words, 8 * small_words(form));
}

weft_letter parcel_letter(struct parcel *parcel, enum parcel_form form, struct hop hop)
{
    if (form == PARCEL_WORD)
        return weft_word_letter(PARCEL_TAG + form, pack(hop));
    if (form < PARCEL_BLOCK)
        return small_letter(form, hop);
    parcel->thing = thing_new();
    parcel->hop = hop;
    for (size_t i = 0; i < fills_of(form); i++)
        parcel->fill[i] = fill_of(hop.number, i);
    return weft_block(block_of(form), parcel);
}

void parcel_end(const struct parcel *parcel, enum parcel_form form)
{
    if (form >= PARCEL_BLOCK)
        thing_end(&parcel->thing);
}

/* --- reading --- */

static bool read_small(const weft_msg *msg, unsigned form, struct hop *hop)
{
    uint64_t words[WEFT_SMALL_MAX / 8] = {0};
    size_t size;
    const void *payload = weft_payload(msg, &size);

    if (size != 8 * small_words(form) || weft_msg_type(msg) != NULL)
        return false;
    memcpy(words, payload, size);
    *hop = unpack(words[0]);
    for (size_t i = 1; i < small_words(form); i++)
        if (words[i] != fill_of(hop->number, i))
            return false;
    return words[0] == weft_word(msg);
}

static bool read_block(const weft_msg *msg, unsigned form, struct hop *hop)
{
    const struct parcel *parcel = weft_at(msg, block_of(form));

    if (parcel == NULL || (uintptr_t)parcel % block_of(form)->align != 0 ||
        !thing_lives(&parcel->thing))
        return false;
    *hop = parcel->hop;
    for (size_t i = 0; i < fills_of(form); i++)
        if (parcel->fill[i] != fill_of(hop->number, i))
            return false;
    return true;
}

bool parcel_read(const weft_msg *msg, struct hop *hop)
{
    unsigned form = weft_tag(msg) - PARCEL_TAG;

    if (form >= PARCEL_FORMS)
        return false;
    return form < PARCEL_BLOCK ? read_small(msg, form, hop) : read_block(msg, form, hop);
}
