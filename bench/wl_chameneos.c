/* chameneos (Savina's chameneos): M creatures meet in pairs through one mall, N meetings
 * in all. Two that meet take the colour that makes them alike, or all three different.
 *
 * Each creature counts its meetings; together they must have had 2 N. */
#include "bench/bench.h"

enum { GO, COLOUR, MET };

struct creature {
    weft_pid mall;
    weft_pid driver;
    uint64_t colour; /* 0, 1 or 2 */
    uint64_t meetings;
};

struct mall {
    uint64_t left;    /* meetings */
    weft_pid waiting; /* for another to meet, or WEFT_NOBODY */
    uint64_t colour;  /* of the one that waits */
};

struct driver {
    struct bench_run *run;
    uint64_t counted; /* creatures that have reported */
    uint64_t meetings;
};

static weft_next meet(weft_self *self, void *state, weft_msg *msg)
{
    struct creature *creature = state;

    creature->colour = 2 * (creature->colour + weft_word(msg)) % 3;
    creature->meetings++;
    weft_cast_word(self, creature->mall, COLOUR, creature->colour);
    return weft_stay(self);
}

static weft_next enter(weft_self *self, void *state, weft_msg *msg)
{
    struct creature *creature = state;

    (void)msg;
    weft_cast_word(self, creature->mall, COLOUR, creature->colour);
    return weft_become(self, meet);
}

static void report_meetings(weft_self *self, void *state, const weft_reason *reason)
{
    struct creature *creature = state;

    (void)reason;
    weft_cast_word(self, creature->driver, MET, creature->meetings);
}

static const weft_behavior creature_behavior =
    WEFT_BEHAVIOR("creature", struct creature, enter, .stop = report_meetings,
                  .args_size = sizeof(struct creature));

/* The mall after the last meeting: whoever comes is sent home. */
static weft_next send_home(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_stop_actor(self, weft_sender(msg));
    return weft_stay(self);
}

static weft_next receive(weft_self *self, void *state, weft_msg *msg)
{
    struct mall *mall = state;
    weft_pid visitor = weft_sender(msg);
    uint64_t colour = weft_word(msg);

    if (mall->waiting == WEFT_NOBODY) {
        mall->waiting = visitor;
        mall->colour = colour;
        return weft_stay(self);
    }
    weft_cast_word(self, mall->waiting, COLOUR, colour);
    weft_cast_word(self, visitor, COLOUR, mall->colour);
    mall->waiting = WEFT_NOBODY;
    return --mall->left == 0 ? weft_become(self, send_home) : weft_stay(self);
}

static const weft_behavior mall_behavior =
    WEFT_BEHAVIOR("mall", struct mall, receive, .args_size = sizeof(struct mall));

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;

    driver->meetings += weft_word(msg);
    if (++driver->counted == size.m) {
        bench_end(driver->run);
        driver->run->messages = 4 * size.n + 3 * size.m + 1;
        bench_result(self, driver->run, size.n, driver->meetings == 2 * size.n);
    }
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    struct bench_size size = driver->run->size;
    struct mall mall = {.left = size.n, .waiting = WEFT_NOBODY};
    struct creature creature = {.driver = weft_self_pid(self)};

    (void)msg;
    bench_begin(driver->run);
    creature.mall = bench_spawn(self, &mall_behavior, &mall);
    for (uint64_t i = 0; i < size.m; i++) {
        creature.colour = i % 3;
        weft_cast_word(self, bench_spawn(self, &creature_behavior, &creature), GO, 0);
    }
    return weft_become(self, collect);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "chameneos driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_chameneos = {
    .name = "chameneos",
    .what = "M creatures meet in pairs through one mall, N meetings in all",
    .unit = "meeting",
    .usual = {500000, 100},
    .smoke = {2000, 100},
    .least = {1, 2},
    .most = {BENCH_N_MOST, BENCH_ACTORS_MOST},
    .driver = &driver_behavior,
};
