/* recmatmul: the product of two matrices, by eight products of quarters, and so on down to
 * blocks of THRESHOLD cells. The matrices are shared; the block of the result decides which
 * worker adds to it, so no two ever do at the same time. */
#include <assert.h>

#include "bench/savina/savina.h"

enum { GO, WORK, DONE, STOP };
enum { WORKERS, LENGTH, THRESHOLD };

/* A part of the product: from these rows and columns of each matrix on. */
#define PART_FIELDS(F)    \
    F(uint32_t, depth)    \
    F(uint32_t, row_a)    \
    F(uint32_t, column_a) \
    F(uint32_t, row_b)    \
    F(uint32_t, column_b) F(uint32_t, row_c) F(uint32_t, column_c) F(uint32_t, length)
WEFT_MESSAGE(part, WORK, PART_FIELDS)

struct product {
    uint64_t length; /* of a row, and of a column */
    uint64_t threshold;
    weft_pid master;
    double *a, *b, *c;
};

/* --- workers --- */

struct worker {
    struct product *product;
};

static weft_letter quarter(const struct part *part, unsigned i, unsigned j, unsigned k)
{
    uint32_t half = part->length / 2;

    return part_msg(part->depth + 1, part->row_a + i * half, part->column_a + k * half,
                    part->row_b + k * half, part->column_b + j * half,
                    part->row_c + i * half, part->column_c + j * half, half);
}

static void multiply(struct product *product, const struct part *part)
{
    uint64_t n = product->length;

    for (uint64_t i = part->row_c; i < part->row_c + part->length; i++) {
        const double *a = &product->a[i * n + part->column_a];

        for (uint64_t j = part->column_c; j < part->column_c + part->length; j++) {
            const double *b = &product->b[part->row_b * n + j];
            double sum = product->c[i * n + j];

            for (uint64_t k = 0; k < part->length; k++)
                sum += a[k] * b[k * n];
            product->c[i * n + j] = sum;
        }
    }
}

static void divide(weft_self *self, weft_pid master, const struct part *part)
{
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned j = 0; j < 2; j++) {
            for (unsigned k = 0; k < 2; k++)
                weft_cast(self, master, quarter(part, i, j, k));
        }
    }
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct product *product = ((struct worker *)state)->product;
    struct part part;

    if (!part_get(msg, &part)) {
        weft_reply(self, msg, weft_signal(STOP));
        return weft_stop(self);
    }
    if ((uint64_t)part.length * part.length > product->threshold)
        divide(self, product->master, &part);
    else
        multiply(product, &part);
    weft_reply(self, msg, weft_signal(DONE));
    return weft_stay(self);
}

/* The larger the part, the more urgent: the suite's priorities count how often it was divided,
 * and the lowest number goes first. */
static unsigned priority_of(const weft_msg *msg)
{
    struct part part;

    return part_get(msg, &part) && part.depth < WEFT_PRIORITY_MAX
               ? WEFT_PRIORITY_MAX - part.depth
               : 0;
}

static const weft_behavior worker_behavior =
    WEFT_BEHAVIOR("worker", struct worker, work, .args_size = sizeof(struct worker),
                  .priority = priority_of);

/* --- the master, which is the root --- */

struct master {
    struct savina_run *run;
    struct product *product;
    weft_pid *worker;
    uint64_t sent;
    uint64_t handled;
    uint64_t stopped;
};

static void init_product(struct savina_run *run, struct product *product)
{
    uint64_t n = run->param[LENGTH];

    product->length = n;
    product->threshold = run->param[THRESHOLD];
    product->a = savina_share(run, n * n, sizeof *product->a);
    product->b = savina_share(run, n * n, sizeof *product->b);
    product->c = savina_share(run, n * n, sizeof *product->c);
    for (uint64_t i = 0; i < n * n; i++) {
        uint64_t row = i / n;

        product->a[i] = (double)row;
        product->b[i] = (double)(i % n);
    }
}

static bool is_right(const struct product *product)
{
    uint64_t n = product->length;

    for (uint64_t i = 0; i < n * n; i++) {
        uint64_t row = i / n;

        if (product->c[i] != (double)(n * row * (i % n)))
            return false;
    }
    return true;
}

static void deal(weft_self *self, struct master *master, weft_letter part, uint64_t cell)
{
    uint64_t workers = master->run->param[WORKERS];

    assert(workers > 0);
    master->sent++;
    weft_cast(self, master->worker[cell % workers], part);
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;

    (void)msg;
    if (++master->stopped < master->run->param[WORKERS])
        return weft_stay(self);
    savina_end(master->run);
    return savina_result(self, master->run, is_right(master->product));
}

static weft_next direct(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;
    struct part part;

    if (part_get(msg, &part)) {
        deal(self, master, weft_take(self, msg), part.row_c + part.column_c);
        return weft_stay(self);
    }
    if (++master->handled < master->sent)
        return weft_stay(self);
    for (uint64_t i = 0; i < master->run->param[WORKERS]; i++)
        weft_cast(self, master->worker[i], weft_signal(STOP));
    return weft_become(self, finish);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;
    const uint64_t *param = master->run->param;
    struct product *product = savina_share(master->run, 1, sizeof *product);
    struct worker worker = {.product = product};

    (void)msg;
    init_product(master->run, product);
    product->master = weft_self_pid(self);
    master->product = product;
    master->worker = savina_share(master->run, param[WORKERS], sizeof *master->worker);
    savina_begin(master->run);
    for (uint64_t i = 0; i < param[WORKERS]; i++)
        master->worker[i] = savina_spawn(self, &worker_behavior, &worker);
    deal(self, master, part_msg(0, 0, 0, 0, 0, 0, 0, (uint32_t)param[LENGTH]), 0);
    return weft_become(self, direct);
}

static const weft_behavior root = SAVINA_ROOT("master", struct master, start);

const struct savina savina_recmatmul = {
    .name = "recmatmul",
    .what = "a recursive product of matrices",
    .param = {[WORKERS] = {"workers", 20, 20, .power = 0},
              [LENGTH] = {"length", 1024, 64, .power = 3, .power_of_two = true},
              [THRESHOLD] = {"threshold", 16384, 256, .power = 0}},
    .root = &root,
};
