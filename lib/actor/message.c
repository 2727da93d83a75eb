/* lib/actor/message.c: looking at what a message or a letter carries. */
#include "lib/actor/runtime.h"

#include <string.h>

static bool has_block(const struct record *r)
{
    return (record_extra(r) & RECORD_BLOCK) != 0;
}

static void *block_of(const struct record *r)
{
    return (void *)(uintptr_t)r->word;
}

uint32_t weft_tag(const weft_msg *msg)
{
    return record_tag(record_of(msg));
}

weft_pid weft_sender(const weft_msg *msg)
{
    return record_of(msg)->from;
}

uint64_t weft_word(const weft_msg *msg)
{
    const struct record *r = record_of(msg);

    return LIKELY(!has_block(r)) ? r->word : 0;
}

const void *weft_payload(const weft_msg *msg, size_t *size)
{
    const struct record *r = record_of(msg);

    if (size != NULL)
        *size = has_block(r) ? block_type(block_of(r))->size : record_size(r);
    return has_block(r) ? block_of(r) : (const void *)&r->word;
}

const weft_type *weft_msg_type(const weft_msg *msg)
{
    const struct record *r = record_of(msg);

    return has_block(r) ? block_type(block_of(r)) : NULL;
}

/* Types are told apart by what they say, not by address: a declaration that is included in
 * two files makes two objects. */
bool same_type(const weft_type *a, const weft_type *b)
{
    return a == b || (a->tag == b->tag && a->size == b->size && a->align == b->align &&
                      strcmp(a->name, b->name) == 0);
}

bool weft_get(const weft_msg *msg, const weft_type *type, void *object)
{
    const struct record *r = record_of(msg);

    if (record_tag(r) != type->tag)
        return false;
    if (has_block(r)) {
        if (!same_type(block_type(block_of(r)), type))
            return false;
        memcpy(object, block_of(r), type->size);
        return true;
    }
    if (record_size(r) != type->size)
        return false;
    memcpy(object, &r->word, type->size);
    return true;
}

/* The object, shared or not; NULL if it is something else. */
static void *object_of(const weft_msg *msg, const weft_type *type)
{
    const struct record *r = record_of(msg);

    if (record_tag(r) != type->tag || !has_block(r) ||
        !same_type(block_type(block_of(r)), type))
        return NULL;
    return block_of(r);
}

const void *weft_see(const weft_msg *msg, const weft_type *type)
{
    return object_of(msg, type);
}

void *weft_at(const weft_msg *msg, const weft_type *type)
{
    void *object = object_of(msg, type);

    return object != NULL && !block_is_shared(object) ? object : NULL;
}

const void *weft_letter_see(const weft_letter *letter, const weft_type *type)
{
    if (letter->tag != type->tag || !letter_is_well_formed(letter))
        return NULL;
    if (letter->form == WEFT_LETTER_SMALL)
        return letter->size == type->size ? letter->word : NULL;
    return same_type(letter_type(letter), type) ? letter_object(letter) : NULL;
}

void *weft_letter_at(weft_letter *letter, const weft_type *type)
{
    if (weft_letter_see(letter, type) == NULL)
        return NULL;
    if (letter->form == WEFT_LETTER_SMALL)
        return letter->word;
    return letter->form == WEFT_LETTER_OWNED && !block_is_shared(letter_object(letter))
               ? letter_object(letter)
               : NULL;
}
