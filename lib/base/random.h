/* lib/base/random.h: seeded pseudo-random numbers: xoshiro256** (Blackman and Vigna,
 * 2018), seeded by splitmix64 as its authors advise. Not for secrets. */
#ifndef WEFT_BASE_RANDOM_H
#define WEFT_BASE_RANDOM_H

#include "lib/base/base.h"

__extension__ typedef unsigned __int128 random_wide;

struct random {
    uint64_t s[4];
};

static inline uint64_t random_mix(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline void random_init(struct random *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = random_mix(&seed);
}

static inline uint64_t random_rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

static inline uint64_t random_next(struct random *r)
{
    uint64_t *s = r->s, result = random_rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = random_rotate(s[3], 45);
    return result;
}

/* 0 .. below - 1, evenly (Lemire 2019: multiply, reject the few that would be too many);
 * 0 if below is 0. */
static inline uint64_t random_below(struct random *r, uint64_t below)
{
    random_wide m = (random_wide)random_next(r) * below;

    if ((uint64_t)m < below) {
        uint64_t least = (0 - below) % below;

        while ((uint64_t)m < least)
            m = (random_wide)random_next(r) * below;
    }
    return (uint64_t)(m >> 64);
}

#endif
