/* fib: each actor makes two others for the two numbers before, and adds up what they say. */
#include "bench/savina/savina.h"

enum { GO, REQUEST, RESPONSE };
enum { N };

struct fib {
    weft_pid parent;
    uint64_t sum;
    unsigned responses;
};

struct root {
    struct savina_run *run;
};

static const weft_behavior fib_behavior;

static void request(weft_self *self, uint64_t n)
{
    struct fib fib = {.parent = weft_self_pid(self)};

    weft_cast_word(self, savina_spawn(self, &fib_behavior, &fib), REQUEST, n);
}

static weft_next compute(weft_self *self, void *state, weft_msg *msg)
{
    struct fib *fib = state;
    uint64_t n = weft_word(msg);

    if (weft_tag(msg) == REQUEST && n > 2) {
        request(self, n - 1);
        request(self, n - 2);
        return weft_stay(self);
    }
    fib->sum += weft_tag(msg) == REQUEST ? 1 : n;
    if (weft_tag(msg) == RESPONSE && ++fib->responses < 2)
        return weft_stay(self);
    weft_cast_word(self, fib->parent, RESPONSE, fib->sum);
    return weft_stop(self);
}

static const weft_behavior fib_behavior =
    WEFT_BEHAVIOR("fib", struct fib, compute, .args_size = sizeof(struct fib));

static uint64_t fibonacci(uint64_t n)
{
    uint64_t a = 0, b = 1;

    while (n-- > 0) {
        uint64_t sum = a + b;

        a = b;
        b = sum;
    }
    return a;
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct savina_run *run = ((struct root *)state)->run;

    savina_end(run);
    return savina_result(self, run, weft_word(msg) == fibonacci(run->param[N]));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct savina_run *run = ((struct root *)state)->run;

    (void)msg;
    savina_begin(run);
    request(self, run->param[N]);
    return weft_become(self, finish);
}

static const weft_behavior root_behavior = SAVINA_ROOT("driver", struct root, start);

const struct savina savina_fib = {
    .name = "fib",
    .what = "a tree of actors, two children each",
    .param = {[N] = {"N", 25, 12, .base = 1.618}},
    .root = &root_behavior,
};
