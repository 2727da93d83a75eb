/* philosopher: N philosophers at a table. Who is hungry asks an arbiter for both forks, and
 * asks again if one is taken; each eats M times. */
#include "bench/savina/savina.h"

enum { GO, HUNGRY, DENIED, EAT, FULL, EXIT };
enum { N, M };

struct philosopher {
    weft_pid arbiter;
    uint64_t seat;
    uint64_t left; /* meals */
};

struct arbiter {
    struct savina_run *run;
    bool *taken; /* forks: philosopher i uses i and i + 1 */
    uint64_t dining;
    uint64_t meals;
};

static weft_next dine(weft_self *self, void *state, weft_msg *msg)
{
    struct philosopher *philosopher = state;

    if (weft_tag(msg) != EAT) { /* GO, or DENIED */
        weft_cast_word(self, philosopher->arbiter, HUNGRY, philosopher->seat);
        return weft_stay(self);
    }
    weft_cast_word(self, philosopher->arbiter, FULL, philosopher->seat);
    if (--philosopher->left > 0) {
        weft_cast(self, weft_self_pid(self), weft_signal(GO));
        return weft_stay(self);
    }
    weft_cast(self, philosopher->arbiter, weft_signal(EXIT));
    return weft_stop(self);
}

static const weft_behavior philosopher_behavior = WEFT_BEHAVIOR(
    "philosopher", struct philosopher, dine, .args_size = sizeof(struct philosopher));

static void give(weft_self *self, struct arbiter *arbiter, const weft_msg *msg)
{
    uint64_t left = weft_word(msg), right = (left + 1) % arbiter->run->param[N];

    if (arbiter->taken[left] || arbiter->taken[right]) {
        weft_reply(self, msg, weft_signal(DENIED));
        return;
    }
    arbiter->taken[left] = arbiter->taken[right] = true;
    weft_reply(self, msg, weft_signal(EAT));
}

static void take_back(struct arbiter *arbiter, uint64_t seat)
{
    arbiter->taken[seat] = arbiter->taken[(seat + 1) % arbiter->run->param[N]] = false;
    arbiter->meals++;
}

static weft_next arbitrate(weft_self *self, void *state, weft_msg *msg)
{
    struct arbiter *arbiter = state;
    const uint64_t *param = arbiter->run->param;

    if (weft_tag(msg) == HUNGRY)
        give(self, arbiter, msg);
    else if (weft_tag(msg) == FULL)
        take_back(arbiter, weft_word(msg));
    else if (--arbiter->dining == 0) {
        savina_end(arbiter->run);
        return savina_result(self, arbiter->run, arbiter->meals == param[N] * param[M]);
    }
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct arbiter *arbiter = state;
    const uint64_t *param = arbiter->run->param;
    struct philosopher philosopher = {.arbiter = weft_self_pid(self), .left = param[M]};

    (void)msg;
    arbiter->dining = param[N];
    arbiter->taken = savina_share(arbiter->run, param[N], sizeof *arbiter->taken);
    savina_begin(arbiter->run);
    for (uint64_t i = 0; i < param[N]; i++) {
        philosopher.seat = i;
        weft_cast(self, savina_spawn(self, &philosopher_behavior, &philosopher),
                  weft_signal(GO));
    }
    return weft_become(self, arbitrate);
}

static const weft_behavior root = SAVINA_ROOT("arbiter", struct arbiter, start);

const struct savina savina_philosopher = {
    .name = "philosopher",
    .what = "dining philosophers with an arbiter, and retries",
    .param = {[N] = {"N", 20, 5, .power = 0}, [M] = {"M", 10000, 20, .power = 1}},
    .root = &root,
};
