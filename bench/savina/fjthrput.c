/* fjthrput: N messages to each of A actors, round-robin; each computes a little. */
#include "bench/savina/savina.h"
#include "bench/savina/work.h"

enum { GO, WORK, DONE };
enum { N, A };

struct worker {
    weft_pid root;
    uint64_t left;
    double sum;
};

struct root {
    struct savina_run *run;
    uint64_t working;
    double sum;
};

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct worker *worker = state;

    (void)msg;
    worker->sum += savina_work();
    if (--worker->left > 0)
        return weft_stay(self);
    weft_cast_word(self, worker->root, DONE, savina_word(worker->sum));
    return weft_stop(self);
}

static const weft_behavior worker_behavior =
    WEFT_BEHAVIOR("worker", struct worker, work, .args_size = sizeof(struct worker));

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    const uint64_t *param = root->run->param;

    root->sum += savina_number(weft_word(msg));
    if (--root->working > 0)
        return weft_stay(self);
    savina_end(root->run);
    return savina_result(
        self, root->run,
        savina_close(root->sum, (double)(param[N] * param[A]) * savina_work(), 1e-9));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    const uint64_t *param = root->run->param;
    struct worker worker = {.root = weft_self_pid(self), .left = param[N]};
    weft_pid *pids = savina_share(root->run, param[A], sizeof *pids);

    (void)msg;
    root->working = param[A];
    savina_begin(root->run);
    for (uint64_t a = 0; a < param[A]; a++)
        pids[a] = savina_spawn(self, &worker_behavior, &worker);
    for (uint64_t n = 0; n < param[N]; n++) {
        for (uint64_t a = 0; a < param[A]; a++)
            weft_cast(self, pids[a], weft_signal(WORK));
    }
    return weft_become(self, collect);
}

static const weft_behavior root_behavior = SAVINA_ROOT("driver", struct root, start);

const struct savina savina_fjthrput = {
    .name = "fjthrput",
    .what = "messages round-robin to a fixed set of actors",
    .param = {[N] = {"N", 10000, 100, .power = 1}, [A] = {"A", 60, 60, .power = 0}},
    .root = &root_behavior,
};
