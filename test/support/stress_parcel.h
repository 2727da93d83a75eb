/* test/support/stress_parcel.h: messages of every form there is, all with the same content:
 * who sent it, which number it has among those to the same receiver, and how many more are
 * to follow it. What a block owns is a thing, so every block is accounted for.
 *
 *   struct parcel parcel;
 *   weft_cast(self, to, parcel_letter(&parcel, form, hop));
 *   if (weft_try_cast(self, to, parcel_letter(&parcel, form, hop)) < 0)
 *       parcel_end(&parcel, form); */
#ifndef WEFT_TEST_STRESS_PARCEL_H
#define WEFT_TEST_STRESS_PARCEL_H

#include "test/support/stress_thing.h"

#include <weft.h>

enum parcel_form {
    PARCEL_WORD,
    PARCEL_8, /* a word too, but as bytes; then small ones of one and two slots */
    PARCEL_16,
    PARCEL_32,
    PARCEL_40,
    PARCEL_BLOCK, /* and blocks */
    PARCEL_ALIGNED,
    PARCEL_LARGE,
    PARCEL_FORMS
};

#define PARCEL_TAG 100u /* the first of PARCEL_FORMS tags */

struct hop {
    uint32_t from;   /* below 1 << 12 */
    uint32_t left;   /* below 1 << 20 */
    uint32_t number; /* any */
};

enum { PARCEL_FILL = 501 };

struct parcel {
    struct thing thing;
    struct hop hop;
    uint32_t
        fill[PARCEL_FILL]; /* to the last byte: a block of any size is filled whole */
};

/* The letter borrows the parcel until it was sent. A block's thing is made here. */
weft_letter parcel_letter(struct parcel *parcel, enum parcel_form form, struct hop hop);
/* It came back: the thing is the caller's. */
void parcel_end(const struct parcel *parcel, enum parcel_form form);

/* What the message says. False if it is damaged, or no parcel. */
bool parcel_read(const weft_msg *msg, struct hop *hop);

#endif
