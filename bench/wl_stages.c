/* stages: one actor sends N words as fast as it can, a second one passes them on, and a third
 * one computes for 500 ns for each. Both mailboxes have room for 1,000 and hold their senders,
 * so that the slow one has always something to do, and no more than so much waits.
 *
 * The words are 0 to N - 1, and the last stage knows which one comes next. */
#include "bench/burn.h"

#include "bench/bench.h"

#define BATCH   100u
#define ROOM    1000u
#define SLOW_NS 500u

enum { GO, VALUE, DONE };

struct source {
    weft_pid to;
    uint64_t next;
    uint64_t end;
};

struct sink {
    weft_pid driver;
    uint64_t rounds; /* of one step */
    uint64_t end;
    uint64_t next;
    uint64_t wrong; /* that were not the next one */
};

struct driver {
    struct bench_run *run;
};

static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct source *source = state;

    (void)msg;
    for (unsigned i = 0; i < BATCH && source->next < source->end; i++)
        weft_cast_word(self, source->to, VALUE, source->next++);
    if (source->next == source->end)
        return weft_stop(self);
    weft_cast_word(self, weft_self_pid(self), GO, 0);
    return weft_stay(self);
}

static weft_next pass_on(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid *to = state;

    weft_cast_word(self, *to, VALUE, weft_word(msg));
    return weft_stay(self);
}

static weft_next consume(weft_self *self, void *state, weft_msg *msg)
{
    struct sink *sink = state;

    burn(sink->rounds);
    sink->wrong += weft_word(msg) != sink->next++;
    if (sink->next == sink->end)
        weft_cast_word(self, sink->driver, DONE, sink->wrong);
    return weft_stay(self);
}

static const weft_behavior source_behavior =
    WEFT_BEHAVIOR("source", struct source, produce, .args_size = sizeof(struct source));
static const weft_behavior filter_behavior =
    WEFT_BEHAVIOR("filter", weft_pid, pass_on, .args_size = sizeof(weft_pid),
                  .mailbox_max = ROOM, .overflow = WEFT_OVERFLOW_HOLD);
static const weft_behavior sink_behavior =
    WEFT_BEHAVIOR("sink", struct sink, consume, .args_size = sizeof(struct sink),
                  .mailbox_max = ROOM, .overflow = WEFT_OVERFLOW_HOLD);

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;

    bench_end(driver->run);
    bench_result(self, driver->run, driver->run->size.n, weft_word(msg) == 0);
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct driver *driver = state;
    uint64_t n = driver->run->size.n;
    struct source source = {.end = n};
    struct sink sink = {
        .driver = weft_self_pid(self), .rounds = burn_rounds(SLOW_NS), .end = n};
    weft_pid last;

    (void)msg;
    driver->run->messages = 2 * n + (n + BATCH - 1) / BATCH + 2;
    bench_begin(driver->run);
    last = bench_spawn(self, &sink_behavior, &sink);
    source.to = bench_spawn(self, &filter_behavior, &last);
    weft_cast_word(self, bench_spawn(self, &source_behavior, &source), GO, 0);
    return weft_become(self, finish);
}

static const weft_behavior driver_behavior = WEFT_BEHAVIOR(
    "stages driver", struct driver, start, .args_size = sizeof(struct bench_run *));

const struct workload wl_stages = {
    .name = "stages",
    .what = "N messages through three stages, the last of 500 ns, held back by full "
            "mailboxes",
    .unit = "msg",
    .usual = {400000, 0},
    .smoke = {5000, 0},
    .least = {1, 0},
    .most = {BENCH_N_MOST, 0},
    .driver = &driver_behavior,
};
