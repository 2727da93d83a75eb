/* decimal.h: numbers from 0 to below 10^9, with as many digits behind the point as wanted. */
#ifndef WEFT_BENCH_SAVINA_DECIMAL_H
#define WEFT_BENCH_SAVINA_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_BASE   1000000000u
#define DECIMAL_DIGITS 9u /* of a limb */

/* limbs of them: limb[0] is the whole part, then nine digits each. */

/* The number n / d. */
static inline void decimal_divide(uint32_t *limb, size_t limbs, uint32_t n, uint32_t d)
{
    uint64_t rest = n;

    for (size_t i = 0; i < limbs; i++) {
        limb[i] = (uint32_t)(rest / d);
        rest = rest % d * DECIMAL_BASE;
    }
}

/* x /= d */
static inline void decimal_shrink(uint32_t *x, size_t limbs, uint32_t d)
{
    uint64_t rest = 0;

    for (size_t i = 0; i < limbs; i++) {
        rest = rest * DECIMAL_BASE + x[i];
        x[i] = (uint32_t)(rest / d);
        rest %= d;
    }
}

/* x *= m */
static inline void decimal_stretch(uint32_t *x, size_t limbs, uint32_t m)
{
    uint64_t carry = 0;

    for (size_t i = limbs; i-- > 0;) {
        carry += (uint64_t)x[i] * m;
        x[i] = (uint32_t)(carry % DECIMAL_BASE);
        carry /= DECIMAL_BASE;
    }
}

/* x += y */
static inline void decimal_add(uint32_t *x, const uint32_t *y, size_t limbs)
{
    uint32_t carry = 0;

    for (size_t i = limbs; i-- > 0;) {
        uint32_t sum = x[i] + y[i] + carry;

        carry = sum >= DECIMAL_BASE;
        x[i] = carry ? sum - DECIMAL_BASE : sum;
    }
}

/* x -= y, which is not larger */
static inline void decimal_subtract(uint32_t *x, const uint32_t *y, size_t limbs)
{
    uint32_t borrow = 0;

    for (size_t i = limbs; i-- > 0;) {
        uint32_t less = y[i] + borrow;

        borrow = x[i] < less;
        x[i] = borrow ? x[i] + DECIMAL_BASE - less : x[i] - less;
    }
}

static inline bool decimal_is_zero(const uint32_t *x, size_t limbs)
{
    for (size_t i = 0; i < limbs; i++) {
        if (x[i] != 0)
            return false;
    }
    return true;
}

#endif
