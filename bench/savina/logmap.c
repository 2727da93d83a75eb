/* logmap: workers compute the terms of logistic maps, x -> rate x (1 - x), each by asking a
 * computer for the next one and waiting for it; requests for more terms wait meanwhile. */
#include "bench/savina/savina.h"

enum { GO, NEXT_TERM, GET_TERM, COMPUTE, TERM };
enum { TERMS, SERIES };

#define START_RATE 3.46
#define INCREMENT  0.0025

/* Of the suite's defaults, as it is printed. */
#define TERMS_SUM        6.3878
#define TERMS_SUM_DIGITS 1e-4

static double next_term(double term, double rate)
{
    return rate * term * (1 - term);
}

/* --- computers --- */

struct computer {
    double rate;
};

static weft_next compute(weft_self *self, void *state, weft_msg *msg)
{
    struct computer *computer = state;
    double term = savina_number(weft_word(msg));

    weft_reply_word(self, msg, TERM, savina_word(next_term(term, computer->rate)));
    return weft_stay(self);
}

static const weft_behavior computer_behavior = WEFT_BEHAVIOR(
    "computer", struct computer, compute, .args_size = sizeof(struct computer));

/* --- workers --- */

struct worker {
    weft_pid computer;
    double term;
};

static weft_next computed(weft_self *self, void *state, weft_msg *answer)
{
    struct worker *worker = state;

    if (weft_failure(answer) != 0)
        return weft_fail(self, weft_failure(answer), "no term");
    worker->term = savina_number(weft_word(answer));
    return weft_stay(self);
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct worker *worker = state;
    uint64_t term = savina_word(worker->term);

    if (weft_tag(msg) == NEXT_TERM)
        return weft_await_word(self, worker->computer, COMPUTE, term, WEFT_FOREVER,
                               computed);
    weft_reply_word(self, msg, TERM, term);
    return weft_stay(self);
}

static const weft_behavior worker_behavior =
    WEFT_BEHAVIOR("worker", struct worker, work, .args_size = sizeof(struct worker));

/* --- the master, which is the root --- */

struct master {
    struct savina_run *run;
    weft_pid *computer;
    weft_pid *worker;
    uint64_t received;
    double sum;
};

static bool is_right(const struct master *master)
{
    const uint64_t *param = master->run->param;
    const struct savina_param *usual = savina_logmap.param;
    double sum = 0;

    for (uint64_t i = 0; i < param[SERIES]; i++) {
        double term = (double)i * INCREMENT, rate = START_RATE + (double)i * INCREMENT;

        for (uint64_t k = 0; k < param[TERMS]; k++)
            term = next_term(term, rate);
        sum += term;
    }
    if (param[TERMS] == usual[TERMS].usual && param[SERIES] == usual[SERIES].usual &&
        !savina_close(master->sum, TERMS_SUM, TERMS_SUM_DIGITS))
        return false;
    return savina_close(master->sum, sum, 1e-12);
}

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;
    uint64_t series = master->run->param[SERIES];

    master->sum += savina_number(weft_word(msg));
    if (++master->received < series)
        return weft_stay(self);
    for (uint64_t i = 0; i < series; i++) {
        weft_stop_actor(self, master->computer[i]);
        weft_stop_actor(self, master->worker[i]);
    }
    savina_end(master->run);
    return savina_result(self, master->run, is_right(master));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;
    uint64_t series = master->run->param[SERIES];

    (void)msg;
    master->computer = savina_share(master->run, series, sizeof *master->computer);
    master->worker = savina_share(master->run, series, sizeof *master->worker);
    savina_begin(master->run);
    for (uint64_t i = 0; i < series; i++) {
        struct computer computer = {.rate = START_RATE + (double)i * INCREMENT};
        struct worker worker = {.term = (double)i * INCREMENT};

        master->computer[i] = savina_spawn(self, &computer_behavior, &computer);
        worker.computer = master->computer[i];
        master->worker[i] = savina_spawn(self, &worker_behavior, &worker);
    }
    for (uint64_t k = 0; k < master->run->param[TERMS]; k++) {
        for (uint64_t i = 0; i < series; i++)
            weft_cast(self, master->worker[i], weft_signal(NEXT_TERM));
    }
    for (uint64_t i = 0; i < series; i++)
        weft_cast(self, master->worker[i], weft_signal(GET_TERM));
    return weft_become(self, collect);
}

static const weft_behavior root = SAVINA_ROOT("master", struct master, start);

const struct savina savina_logmap = {
    .name = "logmap",
    .what = "questions and answers, while other mail waits",
    .param = {[TERMS] = {"terms", 25000, 100, .power = 1},
              [SERIES] = {"series", 10, 10, .power = 0}},
    .root = &root,
};
