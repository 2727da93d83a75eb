/* piprecision: pi by the formula of Bailey, Borwein and Plouffe. A master gives every worker
 * the next term as soon as it has finished one, until a term is too small to count. */
#include <assert.h>
#include <stdlib.h>

#include "bench/savina/decimal.h"
#include "bench/savina/savina.h"

enum { GO, WORK, TERM, STOP };
enum { WORKERS, PRECISION };

#define AHEAD 10u /* terms that each worker is given at first */

/* So many limbs more than the precision asks for, as each term is rounded several times. */
#define GUARD_LIMBS 2u

static void term_done(void *object);

#define TERM_FIELDS(F) F(uint32_t *, limb)
WEFT_BLOCK(term, TERM, TERM_FIELDS, term_done)

static void term_done(void *object)
{
    free(((struct term *)object)->limb);
}

static size_t limbs_of(uint64_t precision)
{
    return 1 + (precision + DECIMAL_DIGITS - 1) / DECIMAL_DIGITS + GUARD_LIMBS;
}

/* --- workers --- */

struct worker {
    size_t limbs;
    uint32_t *scratch;
};

static weft_next worker_init(weft_self *self, void *state, const void *args)
{
    struct worker *worker = state;

    worker->limbs = *(const size_t *)args;
    worker->scratch = savina_alloc(worker->limbs, sizeof *worker->scratch);
    return weft_stay(self);
}

static void worker_destroy(void *state)
{
    free(((struct worker *)state)->scratch);
}

/* x / 16^k, nine digits at a time: 2^28 is the largest power of 16 in a limb. */
static void divide_by_power(uint32_t *x, size_t limbs, uint32_t k)
{
    for (; k > 7; k -= 7)
        decimal_shrink(x, limbs, UINT32_C(1) << 28);
    decimal_shrink(x, limbs, UINT32_C(1) << 4 * k);
}

/* (4 / (8k + 1) - 2 / (8k + 4) - 1 / (8k + 5) - 1 / (8k + 6)) / 16^k */
static void compute_term(const struct worker *worker, uint32_t k, uint32_t *term)
{
    static const struct {
        uint32_t numerator, offset;
    } part[] = {{2, 4}, {1, 5}, {1, 6}};

    decimal_divide(term, worker->limbs, 4, 8 * k + 1);
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        decimal_divide(worker->scratch, worker->limbs, part[i].numerator,
                       8 * k + part[i].offset);
        decimal_subtract(term, worker->scratch, worker->limbs);
    }
    divide_by_power(term, worker->limbs, k);
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct worker *worker = state;
    struct term term;

    if (weft_tag(msg) == STOP) {
        weft_reply(self, msg, weft_signal(STOP));
        return weft_stop(self);
    }
    term.limb = savina_alloc(worker->limbs, sizeof *term.limb);
    compute_term(worker, (uint32_t)weft_word(msg), term.limb);
    weft_reply(self, msg, term_msg(&term));
    return weft_stay(self);
}

static const weft_behavior worker_behavior =
    WEFT_BEHAVIOR("worker", struct worker, work, .init = worker_init,
                  .destroy = worker_destroy, .args_size = sizeof(size_t));

/* --- the master, which is the root --- */

struct master {
    struct savina_run *run;
    size_t limbs;
    weft_pid *worker;
    uint32_t *pi;
    uint64_t requested;
    uint64_t received;
    uint64_t stopped;
    bool enough;
};

/* x = factor * arctan(1 / d), by its series; both scratches have as many limbs. */
static void arctan(uint32_t *x, uint32_t factor, uint32_t d, uint32_t *power,
                   uint32_t *term, size_t limbs)
{
    decimal_divide(power, limbs, factor, d);
    memcpy(x, power, limbs * sizeof *x);
    for (uint32_t k = 1; !decimal_is_zero(power, limbs); k++) {
        decimal_shrink(power, limbs, d * d);
        memcpy(term, power, limbs * sizeof *term);
        decimal_shrink(term, limbs, 2 * k + 1);
        if (k % 2 == 1)
            decimal_subtract(x, term, limbs);
        else
            decimal_add(x, term, limbs);
    }
}

/* Compares with Machin's 16 arctan(1/5) - 4 arctan(1/239), in all limbs that the precision asks
 * for but the last, which the terms that were left out may change. */
static bool is_right(const struct master *master)
{
    size_t limbs = master->limbs, size = limbs * sizeof(uint32_t);
    uint32_t *memory = savina_alloc(4 * limbs, sizeof *memory);
    uint32_t *power = memory + 2 * limbs, *term = memory + 3 * limbs;
    bool right;

    arctan(memory, 16, 5, power, term, limbs);
    arctan(memory + limbs, 4, 239, power, term, limbs);
    decimal_subtract(memory, memory + limbs, limbs);
    right = memcmp(memory, master->pi, size - (GUARD_LIMBS + 1) * sizeof *memory) == 0;
    free(memory);
    return right;
}

/* True if a term is 0 in the digits that the precision asks for. */
static bool is_small(const struct master *master, const uint32_t *limb)
{
    return decimal_is_zero(limb, master->limbs - GUARD_LIMBS);
}

static void request(weft_self *self, struct master *master, weft_pid worker)
{
    weft_cast_word(self, worker, WORK, master->requested++);
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;

    (void)msg;
    if (++master->stopped < master->run->param[WORKERS])
        return weft_stay(self);
    savina_end(master->run);
    return savina_result(self, master->run, is_right(master));
}

static weft_next direct(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;
    const struct term *term = term_see(msg);

    decimal_add(master->pi, term->limb, master->limbs);
    master->received++;
    master->enough = master->enough || is_small(master, term->limb);
    if (!master->enough)
        request(self, master, weft_sender(msg));
    if (master->received < master->requested)
        return weft_stay(self);
    for (uint64_t i = 0; i < master->run->param[WORKERS]; i++)
        weft_cast(self, master->worker[i], weft_signal(STOP));
    return weft_become(self, finish);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;
    uint64_t workers = master->run->param[WORKERS];
    uint64_t precision = master->run->param[PRECISION];

    (void)msg;
    assert(workers > 0);
    master->limbs = limbs_of(precision);
    master->pi = savina_share(master->run, master->limbs, sizeof *master->pi);
    master->worker = savina_share(master->run, workers, sizeof *master->worker);
    savina_begin(master->run);
    for (uint64_t i = 0; i < workers; i++)
        master->worker[i] = savina_spawn(self, &worker_behavior, &master->limbs);
    for (uint64_t i = 0; i < AHEAD * workers && i < precision; i++)
        request(self, master, master->worker[i % workers]);
    return weft_become(self, direct);
}

static const weft_behavior root = SAVINA_ROOT("master", struct master, start);

const struct savina savina_piprecision = {
    .name = "piprecision",
    .what = "long computations, dealt out as they are finished",
    .param = {[WORKERS] = {"workers", 20, 5, .power = 0},
              [PRECISION] = {"precision", 5000, 100, .power = 3}},
    .root = &root,
};
