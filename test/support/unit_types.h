/* test/support/unit_types.h: message types that two translation units declare: the test that
 * includes this, and unit_types.c. Each has type objects of its own. */
#ifndef WEFT_TEST_UNIT_TYPES_H
#define WEFT_TEST_UNIT_TYPES_H

#include <weft/message.h>

#define POINT_FIELDS(F) F(int32_t, x) F(int32_t, y)
WEFT_MESSAGE(point, 100, POINT_FIELDS)

#define PARCEL_FIELDS(F) F(uint64_t, items[12]) F(char, label[8])
WEFT_BLOCK(parcel, 101, PARCEL_FIELDS, NULL)

#ifdef __cplusplus
extern "C" {
#endif

/* The types of the other unit, and letters that it makes. */
extern const weft_type *const other_point_type;
extern const weft_type *const other_parcel_type;
weft_letter other_point_msg(int32_t x, int32_t y);
weft_letter other_parcel_msg(const struct parcel *object);

#ifdef __cplusplus
}
#endif

#endif
