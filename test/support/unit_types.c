/* test/support/unit_types.c: the second translation unit that declares these types. */
#include "test/support/unit_types.h"

const weft_type *const other_point_type = &point_type;
const weft_type *const other_parcel_type = &parcel_type;

weft_letter other_point_msg(int32_t x, int32_t y)
{
    return point_msg(x, y);
}

weft_letter other_parcel_msg(const struct parcel *object)
{
    return parcel_msg(object);
}
