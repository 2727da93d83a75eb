/* crowd.h: a crowd of actors. Each sends a ping to another, waits for the pong, then
 * pings the next, N times, and answers the pings of others meanwhile. Whom it pings is
 * what makes one workload differ from another.
 *
 * Each member counts the pings it has answered and reports them when it is stopped. */
#ifndef WEFT_BENCH_CROWD_H
#define WEFT_BENCH_CROWD_H

#include "bench/bench.h"

enum crowd_tag { CROWD_GO, CROWD_PING, CROWD_PONG, CROWD_DONE, CROWD_ANSWERED };

/* What the members share: written by the driver before it sends the first GO. */
struct crowd {
    weft_pid driver;
    uint64_t size;
    weft_pid member[];
};

struct crowd_member {
    const struct crowd *crowd;
    uint64_t index;
    uint64_t random;
    uint64_t left;     /* pings to send */
    uint64_t answered; /* pings of others */
};

struct crowd_driver {
    struct bench_run *run;
    struct crowd *crowd;
    uint64_t done;     /* members that have sent all their pings */
    uint64_t counted;  /* members that have reported */
    uint64_t answered; /* pings, of all members */
};

/* A member's choice: whom to ping next, as an index into the crowd. */
typedef uint64_t crowd_choice(struct crowd_member *member);

/* One of the `size` members from `first` on, but not the member itself. */
static inline uint64_t crowd_other(struct crowd_member *member, uint64_t first,
                                   uint64_t size)
{
    uint64_t other = first + bench_random_below(&member->random, size - 1);

    return other < member->index ? other : other + 1;
}

/* The step of a member. */
static inline weft_next crowd_step(weft_self *self, struct crowd_member *member,
                                   const weft_msg *msg, crowd_choice *choose)
{
    const struct crowd *crowd = member->crowd;

    if (weft_tag(msg) == CROWD_PING) {
        member->answered++;
        weft_reply_word(self, msg, CROWD_PONG, 0);
    } else if (member->left > 0) {
        member->left--;
        weft_cast_word(self, crowd->member[choose(member)], CROWD_PING, 0);
    } else {
        weft_cast_word(self, crowd->driver, CROWD_DONE, 0);
    }
    return weft_stay(self);
}

/* The stop hook of a member. */
void crowd_report(weft_self *self, void *state, const weft_reason *reason);

/* What a driver's first step does: makes a crowd of `size` members and lets it go. */
weft_next crowd_start(weft_self *self, struct crowd_driver *driver,
                      const weft_behavior *member, uint64_t size);

#endif
