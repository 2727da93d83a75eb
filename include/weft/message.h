/* weft/message.h: what actors say to each other.
 *
 * A *letter* is a message on its way out: a tag, and a payload that is either small (up
 * to WEFT_SMALL_MAX bytes, carried by value, nothing allocated) or a block: an object of
 * a declared type, which the sending function copies into memory of the runtime and which
 * is destroyed exactly once, wherever its way ends.
 * A *msg* is a message that has come in. It is borrowed: valid until the step returns. What
 * it carries may be taken over, sent on or shared by many: see <weft/letter.h>.
 *
 * Four ways to say something:
 *
 *   weft_cast(self, to, weft_signal(TAG_BYE));                       just a tag
 *   weft_cast_word(self, to, TAG_TICK, 7);                           a tag and a word
 *   weft_cast(self, to, weft_small(TAG_AT, &point, sizeof point));   a tag and some bytes
 *   weft_cast(self, to, inc_msg(42, 1));                             a declared type
 *
 * A type is declared once, where all who use it can include it. Small ones, of plain
 * members (no arrays):
 *
 *   #define INC_FIELDS(F) F(int64_t, amount) F(uint32_t, times)
 *   WEFT_MESSAGE(inc, 17, INC_FIELDS)
 *
 *     enum { inc_tag = 17 };
 *     struct inc { int64_t amount; uint32_t times; };
 *     weft_letter inc_msg(int64_t amount, uint32_t times);
 *     bool inc_get(const weft_msg *msg, struct inc *object);   false: it is another type
 *
 * Larger ones, or such as own something or have arrays:
 *
 *   #define ORDER_FIELDS(F) F(char *, customer) F(uint64_t, items[16])
 *   WEFT_BLOCK(order, 18, ORDER_FIELDS, order_done)
 *
 *     enum { order_tag = 18 };
 *     struct order { char *customer; uint64_t items[16]; };
 *     weft_letter order_msg(const struct order *object);
 *     const struct order *order_see(const weft_msg *msg);      NULL: it is another type
 *     struct order *order_at(const weft_msg *msg);             NULL too if it is shared
 *
 * A letter with a block borrows the object: send it in the expression that makes it.
 *
 * All of it is static inline over the functions of this header, which other languages may
 * call directly. Types are told apart by tag, name, size and alignment, not by address, so
 * a declaration may be included in many files. Tags are the program's to give out, from 0
 * to INT_MAX; those from WEFT_TAG_RESERVED up are the runtime's. */
#ifndef WEFT_MESSAGE_H
#define WEFT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <weft/error.h>
#include <weft/pid.h>
#include <weft/version.h>

#define WEFT_SMALL_MAX    40u         /* bytes of payload that travel by value */
#define WEFT_TAG_RESERVED 0xffff0000u /* tags from here on belong to the runtime */
#define WEFT_TAG_FAILURE  0xffff0001u /* of an answer that is none: see weft_failure() */
#define WEFT_TAG_ENDED    0xffff0002u /* of the answer to weft_await_end() */
#define WEFT_TAG_STARTED  0xffff0003u /* of the answer to weft_await_start() */
#define WEFT_TAG_GATHERED 0xffff0004u /* of what weft_await_many() has come to */

typedef struct weft_msg weft_msg; /* a message that has come in; borrowed by the step */

/* The type of a block: what the runtime must know to end a message it could not deliver,
 * and what tells one type from another. Static and constant. */
typedef struct weft_type {
    const char *name;
    uint32_t tag;
    uint32_t size;  /* bytes */
    uint32_t align; /* a power of two, at most 4096 */
    uint32_t reserved;
    /* Releases what the object owns, not the object; or NULL. Called on any thread; it must
     * not call back into Weft, whose locks may be held. */
    void (*destroy)(void *object);
} weft_type;

enum weft_letter_form {
    WEFT_LETTER_SMALL = 0, /* size bytes of payload in word[] */
    WEFT_LETTER_BLOCK = 1, /* word[0] is a weft_type's address, word[1] an object's */
    WEFT_LETTER_OWNED =
        2, /* the same of a block that is the letter's; word[2] its runtime's */
    WEFT_LETTER_NONE = 3 /* no letter: who sends it is told WEFT_EINVAL */
};

/* A message on its way out: a value, good for one sending. Made by the functions below or
 * by a declared type's _msg. One that carries a block borrows the object until the
 * sending function returns; what the object owns goes with the message if that succeeds.
 * One that owns its block (<weft/letter.h>) may be kept; it is sent without a copy. */
typedef struct weft_letter {
    uint32_t tag;
    uint16_t size; /* bytes of small payload */
    uint16_t form; /* enum weft_letter_form */
    uint64_t word[WEFT_SMALL_MAX / 8];
} weft_letter;

WEFT_BEGIN_DECLS

/* --- letters --- */

/* A letter with nothing but its tag. */
static inline weft_letter weft_signal(uint32_t tag)
{
    weft_letter letter;

    letter.tag = tag;
    letter.size = 0;
    letter.form = WEFT_LETTER_SMALL;
    letter.word[0] = 0;
    return letter;
}

/* A letter with one word. */
static inline weft_letter weft_word_letter(uint32_t tag, uint64_t word)
{
    weft_letter letter;

    letter.tag = tag;
    letter.size = 8;
    letter.form = WEFT_LETTER_SMALL;
    letter.word[0] = word;
    return letter;
}

/* A letter with a small payload.
 * @payload  copies: size bytes; may be NULL if size is 0
 * @size     at most WEFT_SMALL_MAX; if it is more, whoever sends the letter returns
 *           WEFT_EINVAL */
static inline weft_letter weft_small(uint32_t tag, const void *payload, size_t size)
{
    weft_letter letter;

    letter.tag = tag;
    letter.size = (uint16_t)(size <= WEFT_SMALL_MAX ? size : WEFT_SMALL_MAX + 1);
    letter.form = WEFT_LETTER_SMALL;
    letter.word[0] = 0;
    if (size > 0 && size <= WEFT_SMALL_MAX)
        memcpy(letter.word, payload, size);
    return letter;
}

/* A letter with a block.
 * @type    borrows for ever: static
 * @object  borrows until the letter was sent; it is copied then. On success what the
 * object owns belongs to the message; if the sending function gives the message back it
 *          is still the caller's. */
static inline weft_letter weft_block(const weft_type *type, const void *object)
{
    weft_letter letter;

    letter.tag = type->tag;
    letter.size = 0;
    letter.form = WEFT_LETTER_BLOCK;
    letter.word[0] = (uint64_t)(uintptr_t)type;
    letter.word[1] = (uint64_t)(uintptr_t)object;
    return letter;
}

/* No letter: what a function returns that has none to return. */
static inline weft_letter weft_no_letter(void)
{
    weft_letter letter = weft_signal(0);

    letter.form = WEFT_LETTER_NONE;
    return letter;
}

/* The payload, if it is of this type: small, borrowed or owned; NULL if it is not.
 * Returns borrowed: from the letter if it is small; else as long as the letter has not
 * been sent or dropped. Threads: whose letter it is.  Blocks: no. */
WEFT_API const void *weft_letter_see(const weft_letter *letter, const weft_type *type);

/* The same to change it. NULL also if it is not the letter's alone: shared or borrowed. */
WEFT_API void *weft_letter_at(weft_letter *letter, const weft_type *type);

/* --- what has come in --- */

WEFT_API uint32_t weft_tag(const weft_msg *msg);

/* Who sent it, WEFT_NOBODY for a thread outside the runtime. */
WEFT_API weft_pid weft_sender(const weft_msg *msg);

/* The payload's first word, or 0 if it has no small payload. */
WEFT_API uint64_t weft_word(const weft_msg *msg);

/* The payload: its address and, in *size (fills, may be NULL), its bytes. A small payload
 * is aligned to 8; a block to its type. Valid until the step returns. */
WEFT_API const void *weft_payload(const weft_msg *msg, size_t *size);

/* The type of the block it carries, NULL if it is small. */
WEFT_API const weft_type *weft_msg_type(const weft_msg *msg);

/* Copies a payload out, if it is of this type: the tag fits, and so does the size.
 * @object  fills: size bytes on success, untouched else
 * Returns true if it did. */
WEFT_API bool weft_get(const weft_msg *msg, const weft_type *type, void *object);

/* The object of a block in place, to read; NULL if it is something else.
 * Returns borrowed: until the step returns, or what the message carries is taken or sent
 * on. */
WEFT_API const void *weft_see(const weft_msg *msg, const weft_type *type);

/* The same to change it: the message's alone. NULL also if it is shared: others read it. */
WEFT_API void *weft_at(const weft_msg *msg, const weft_type *type);

WEFT_END_DECLS

/* --- declared types --- */

/* clang-format off */
#define WEFT_FIELD_MEMBER(type_, name_) type_ name_;
#define WEFT_FIELD_PARAM(type_, name_)  , type_ name_
#define WEFT_FIELD_STORE(type_, name_)  weft_object_.name_ = name_;
#define WEFT_FIELD_INIT(type_, name_)   .name_ = name_,

/* In C an array among the fields is an error here, and not a store behind its end. */
#ifdef __cplusplus
#define WEFT_NO_ARRAYS(type, FIELDS)    (void)0
#else
#define WEFT_NO_ARRAYS(type, FIELDS)    (void)sizeof(type){FIELDS(WEFT_FIELD_INIT)}
#endif

#define WEFT_TYPE_(name, tag_, FIELDS, destroy_)                                         \
    enum { name##_tag = tag_ };                                                          \
    struct name { FIELDS(WEFT_FIELD_MEMBER) };                                           \
    WEFT_STATIC_ASSERT(WEFT_COPYABLE(struct name), "messages are copied by bytes");      \
    static const weft_type name##_type WEFT_UNUSED = {                                   \
        #name, tag_, (uint32_t)sizeof(struct name),                                      \
        (uint32_t)WEFT_ALIGNOF(struct name), 0, destroy_ };

/* Declares the small message type `name`; write it without a semicolon. FIELDS is a macro
 * that applies its argument to each (type, name); tag is the type's number. */
#define WEFT_MESSAGE(name, tag_, FIELDS)                                                 \
    WEFT_TYPE_(name, tag_, FIELDS, NULL)                                                 \
    static inline WEFT_UNUSED weft_letter name##_msg(WEFT_PARAMS(FIELDS))                \
    {                                                                                    \
        struct name weft_object_;                                                        \
        WEFT_STATIC_ASSERT(sizeof weft_object_ <= WEFT_SMALL_MAX,                        \
                           "too large for WEFT_MESSAGE: declare it with WEFT_BLOCK");    \
                                                                                         \
        memset(&weft_object_, 0, sizeof weft_object_);                                   \
        WEFT_NO_ARRAYS(struct name, FIELDS);                                             \
        FIELDS(WEFT_FIELD_STORE)                                                         \
        return weft_small(tag_, &weft_object_, sizeof weft_object_);                     \
    }                                                                                    \
    static inline WEFT_UNUSED bool name##_get(const weft_msg *msg, struct name *object)  \
    {                                                                                    \
        return weft_get(msg, &name##_type, object);                                      \
    }

/* Declares the block message type `name`; write it without a semicolon. destroy_ is a
 * void (*)(void *object) that releases what an object owns, or NULL. */
#define WEFT_BLOCK(name, tag_, FIELDS, destroy_)                                         \
    WEFT_TYPE_(name, tag_, FIELDS, destroy_)                                             \
    static inline WEFT_UNUSED weft_letter name##_msg(const struct name *object)          \
    {                                                                                    \
        return weft_block(&name##_type, object);                                         \
    }                                                                                    \
    static inline WEFT_UNUSED const struct name *name##_see(const weft_msg *msg)         \
    {                                                                                    \
        return (const struct name *)weft_see(msg, &name##_type);                         \
    }                                                                                    \
    static inline WEFT_UNUSED struct name *name##_at(const weft_msg *msg)                \
    {                                                                                    \
        return (struct name *)weft_at(msg, &name##_type);                                \
    }

/* "type a, type b" out of ", type a , type b" */
#define WEFT_PARAMS(FIELDS)        WEFT_TAIL(WEFT_NOTHING FIELDS(WEFT_FIELD_PARAM))
#define WEFT_TAIL(...)             WEFT_TAIL_(__VA_ARGS__)
#define WEFT_TAIL_(first, ...)     __VA_ARGS__
#define WEFT_NOTHING
/* clang-format on */

#endif
