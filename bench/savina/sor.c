/* sor: successive over-relaxation of a matrix, one actor for each cell. Black and red cells
 * take turns: a cell that has its neighbours' values computes its own and gives it to them. The
 * left half has the root as its source, the right one a peer. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, START, VALUE, RESULT, READY };
enum { SIZE };

#define ITERATIONS 100u
#define OMEGA      1.25
#define SEED       10101010

/* Of the suite, for its default size: it was reckoned with Java's generator. */
#define REFERENCE_SIZE 20u
#define REFERENCE      0.000003189420084871275
#define TOLERANCE      1e-12

#define NEIGHBOURS_MAX 4u

/* What all share: written before the first START. */
struct matrix {
    uint64_t size;
    double *value; /* at first */
    weft_pid *cell;
};

/* --- cells --- */

struct cell {
    struct matrix *matrix;
    weft_pid source;
    uint64_t row, column;
    double value;
    double sum;        /* of the neighbours' values that have come */
    unsigned received; /* of them */
    unsigned iteration;
    bool started;
};

static bool begins(const struct cell *cell)
{
    return (cell->row + cell->column) % 2 == 0;
}

/* Fills in the neighbours' places. Returns how many. */
static unsigned neighbours_of(const struct cell *cell, uint64_t neighbour[NEIGHBOURS_MAX])
{
    uint64_t size = cell->matrix->size, at = cell->row * size + cell->column;
    unsigned count = 0;

    if (cell->column + 1 < size)
        neighbour[count++] = at + 1;
    if (cell->row + 1 < size)
        neighbour[count++] = at + size;
    if (cell->column > 0)
        neighbour[count++] = at - 1;
    if (cell->row > 0)
        neighbour[count++] = at - size;
    return count;
}

static void give(weft_self *self, const struct cell *cell)
{
    uint64_t neighbour[NEIGHBOURS_MAX];
    unsigned count = neighbours_of(cell, neighbour);

    for (unsigned i = 0; i < count; i++)
        weft_cast_word(self, cell->matrix->cell[neighbour[i]], VALUE,
                       savina_word(cell->value));
}

static double relaxed(double value, double sum)
{
    return 0.25 * OMEGA * sum + (1.0 - OMEGA) * value;
}

static weft_next iterate(weft_self *self, struct cell *cell)
{
    bool last = ++cell->iteration == ITERATIONS;

    cell->value = relaxed(cell->value, cell->sum);
    cell->sum = 0;
    cell->received = 0;
    if (begins(cell) || !last)
        give(self, cell); /* but what nobody waits for */
    if (!last)
        return weft_stay(self);
    weft_cast_word(self, cell->source, RESULT, savina_word(cell->value));
    return weft_stop(self);
}

static weft_next begin(weft_self *self, struct cell *cell)
{
    cell->started = true;
    if (begins(cell)) {
        give(self, cell);
        cell->iteration++;
    }
    weft_unstash(self);
    return weft_stay(self);
}

static weft_next cell_step(weft_self *self, void *state, weft_msg *msg)
{
    struct cell *cell = state;
    uint64_t neighbour[NEIGHBOURS_MAX];

    if (weft_tag(msg) == START)
        return begin(self, cell);
    if (!cell->started)
        return weft_stash(self);
    cell->sum += savina_number(weft_word(msg));
    if (++cell->received < neighbours_of(cell, neighbour))
        return weft_stay(self);
    return iterate(self, cell);
}

static const weft_behavior cell_behavior =
    WEFT_BEHAVIOR("cell", struct cell, cell_step, .args_size = sizeof(struct cell));

/* --- sources: of the columns from `first` to below `end` --- */

struct source {
    struct savina_run *run; /* the root's */
    struct matrix *matrix;
    weft_pid other;
    uint64_t first, end;
    uint64_t expected;
    uint64_t results;
    double sum;
};

static void make_cells(weft_self *self, const struct source *source)
{
    struct matrix *matrix = source->matrix;
    struct cell cell = {.matrix = matrix, .source = weft_self_pid(self)};

    for (cell.row = 0; cell.row < matrix->size; cell.row++) {
        for (cell.column = source->first; cell.column < source->end; cell.column++) {
            uint64_t at = cell.row * matrix->size + cell.column;

            cell.value = matrix->value[at];
            matrix->cell[at] = savina_spawn(self, &cell_behavior, &cell);
        }
    }
}

static void start_cells(weft_self *self, const struct source *source)
{
    const struct matrix *matrix = source->matrix;

    for (uint64_t row = 0; row < matrix->size; row++) {
        for (uint64_t column = source->first; column < source->end; column++)
            weft_cast(self, matrix->cell[row * matrix->size + column],
                      weft_signal(START));
    }
}

/* Adds a result up. Returns true with the last one. */
static bool add(struct source *source, const weft_msg *msg)
{
    source->sum += savina_number(weft_word(msg));
    return ++source->results == source->expected;
}

/* --- the peer --- */

static weft_next peer_step(weft_self *self, void *state, weft_msg *msg)
{
    struct source *peer = state;

    if (weft_tag(msg) == GO) {
        make_cells(self, peer);
        weft_cast(self, peer->other, weft_signal(READY));
        start_cells(self, peer);
        return weft_stay(self);
    }
    if (!add(peer, msg))
        return weft_stay(self);
    weft_cast_word(self, peer->other, RESULT, savina_word(peer->sum));
    return weft_stop(self);
}

static const weft_behavior peer_behavior =
    WEFT_BEHAVIOR("peer", struct source, peer_step, .args_size = sizeof(struct source));

/* --- the root --- */

/* All cells of one colour compute, as often as the actors do. */
static void relax(double *value, uint64_t size, unsigned colour)
{
    struct matrix matrix = {.size = size};
    uint64_t neighbour[NEIGHBOURS_MAX];

    assert(size > 0);
    for (uint64_t at = 0; at < size * size; at++) {
        struct cell cell = {.matrix = &matrix, .row = at / size, .column = at % size};
        unsigned count = neighbours_of(&cell, neighbour);
        double sum = 0;

        if (begins(&cell) == (colour == 0))
            continue;
        for (unsigned i = 0; i < count; i++)
            sum += value[neighbour[i]];
        value[at] = relaxed(value[at], sum);
    }
}

static bool is_right(const struct source *root)
{
    uint64_t size = root->matrix->size;
    double *value = root->matrix->value, sum = 0;

    /* The first turn of those that begin is to give what they have. */
    for (unsigned i = 0; i < 2 * ITERATIONS - 1; i++)
        relax(value, size, i % 2);
    for (uint64_t at = 0; at < size * size; at++)
        sum += value[at];
    if (size == REFERENCE_SIZE && fabs(root->sum - REFERENCE) > TOLERANCE)
        return false;
    return fabs(root->sum - sum) <= TOLERANCE;
}

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct source *root = state;

    if (weft_tag(msg) == READY) {
        start_cells(self, root);
        return weft_stay(self);
    }
    if (!add(root, msg))
        return weft_stay(self);
    savina_end(root->run);
    return savina_result(self, root->run, is_right(root));
}

static struct matrix *make_matrix(struct savina_run *run)
{
    struct matrix *matrix = savina_share(run, 1, sizeof *matrix);
    uint64_t size = run->param[SIZE], cells = size * size;
    struct java_random random = java_seeded(SEED);

    matrix->size = size;
    matrix->cell = savina_share(run, cells, sizeof *matrix->cell);
    matrix->value = savina_share(run, cells, sizeof *matrix->value);
    for (uint64_t at = 0; at < cells; at++)
        matrix->value[at] = java_double(&random) * 1e-6;
    return matrix;
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct source *root = state;
    struct source peer;

    (void)msg;
    root->matrix = make_matrix(root->run);
    root->end = root->matrix->size / 2;
    root->expected = root->matrix->size * root->end + 1; /* and what the peer's come to */
    peer = (struct source){.matrix = root->matrix,
                           .other = weft_self_pid(self),
                           .first = root->end,
                           .end = root->matrix->size};
    peer.expected = peer.matrix->size * (peer.end - peer.first);
    savina_begin(root->run);
    make_cells(self, root);
    weft_cast(self, savina_spawn(self, &peer_behavior, &peer), weft_signal(GO));
    return weft_become(self, collect);
}

static const weft_behavior root_behavior = SAVINA_ROOT("runner", struct source, start);

const struct savina savina_sor = {
    .name = "sor",
    .what = "a stencil, one actor for each cell",
    .param = {[SIZE] = {"size", 20, 6, .power = 2, .multiple = 2}},
    .root = &root_behavior,
};
