/* fjcreate: N actors are made, each is sent one message, computes a little, and stops. */
#include "bench/savina/savina.h"
#include "bench/savina/work.h"

enum { GO, WORK, DONE };
enum { N };

struct root {
    struct savina_run *run;
    uint64_t working;
    double sum;
};

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, DONE, savina_word(savina_work()));
    return weft_stop(self);
}

static const weft_behavior worker_behavior = WEFT_STATELESS("worker", work);

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    uint64_t n = root->run->param[N];

    root->sum += savina_number(weft_word(msg));
    if (--root->working > 0)
        return weft_stay(self);
    savina_end(root->run);
    return savina_result(self, root->run,
                         savina_close(root->sum, (double)n * savina_work(), 1e-9));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;

    (void)msg;
    root->working = root->run->param[N];
    savina_begin(root->run);
    for (uint64_t i = 0; i < root->run->param[N]; i++)
        weft_cast(self, savina_spawn(self, &worker_behavior, NULL), weft_signal(WORK));
    return weft_become(self, collect);
}

static const weft_behavior root_behavior = SAVINA_ROOT("driver", struct root, start);

const struct savina savina_fjcreate = {
    .name = "fjcreate",
    .what = "actors are made, handle one message, and stop",
    .param = {[N] = {"N", 40000, 100, .power = 1}},
    .root = &root_behavior,
};
