/* count: one actor sends another N messages in one step, then asks how many there were. */
#include "bench/savina/savina.h"

enum { GO, INCREMENT, RETRIEVE, RESULT };
enum { N };

struct producer {
    struct savina_run *run;
};

struct counter {
    uint64_t count;
};

static weft_next counting(weft_self *self, void *state, weft_msg *msg)
{
    struct counter *counter = state;

    if (weft_tag(msg) == RETRIEVE) {
        weft_reply_word(self, msg, RESULT, counter->count);
        return weft_stop(self);
    }
    counter->count++;
    return weft_stay(self);
}

static const weft_behavior counter_behavior =
    WEFT_BEHAVIOR("counter", struct counter, counting);

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct producer *producer = state;

    savina_end(producer->run);
    return savina_result(self, producer->run, weft_word(msg) == producer->run->param[N]);
}

static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct producer *producer = state;
    weft_pid counter;

    (void)msg;
    savina_begin(producer->run);
    counter = savina_spawn(self, &counter_behavior, NULL);
    for (uint64_t i = 0; i < producer->run->param[N]; i++)
        weft_cast(self, counter, weft_signal(INCREMENT));
    weft_cast(self, counter, weft_signal(RETRIEVE));
    return weft_become(self, finish);
}

static const weft_behavior root = SAVINA_ROOT("producer", struct producer, produce);

const struct savina savina_count = {
    .name = "count",
    .what = "one actor sends to another as fast as it can",
    .param = {[N] = {"N", 1000000, 100, .power = 1}},
    .root = &root,
};
