/* apsp: all shortest paths of a graph (Floyd and Warshall), one actor for each block of the
 * matrix. In each of N phases every block gives its cells to those in its row and column, and
 * goes on when it has theirs.
 *
 * The cells are copied once, into a message that is shared by all who read it. A neighbour may
 * be one phase ahead, so what it sends is kept by phase. */
#include <stdlib.h>

#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, CELLS };
enum { N, W };

#define B 50u /* rows and columns of a block */

#define CELLS_FIELDS(F) F(uint64_t, phase) F(uint64_t, block) F(int64_t, at[B][B])
WEFT_BLOCK(cells, CELLS, CELLS_FIELDS, NULL)

/* What the blocks are told at first: the table of all of them. */
struct graph {
    weft_pid root;
    uint64_t n;
    uint64_t blocks; /* in a row, and in a column */
    int64_t *distance;
    weft_pid block[];
};

/* --- blocks --- */

struct place {
    const struct graph *graph;
    uint64_t index;
};

struct block {
    struct place place;
    uint64_t phase;      /* that is to be computed next */
    uint64_t arrived[2]; /* neighbours' cells for this phase and the next, by parity */
    weft_letter
        *theirs[2]; /* by the neighbour's place: its column or, behind these, its row */
    weft_letter mine;
    struct cells next;
};

static uint64_t row_of(const struct graph *graph, uint64_t block)
{
    return block / graph->blocks;
}

static uint64_t column_of(const struct graph *graph, uint64_t block)
{
    return block % graph->blocks;
}

/* Where the letter of a block in the same row or column is kept. */
static uint64_t place_of(const struct block *block, uint64_t other)
{
    const struct graph *graph = block->place.graph;
    bool same_row = row_of(graph, other) == row_of(graph, block->place.index);

    return same_row ? column_of(graph, other) : graph->blocks + row_of(graph, other);
}

static const struct cells *see(const weft_letter *letter)
{
    return weft_letter_see(letter, &cells_type);
}

static weft_next block_init(weft_self *self, void *state, const void *args)
{
    struct block *block = state;
    const struct place *place = args;
    const struct graph *graph = place->graph;
    uint64_t first = row_of(graph, place->index) * B;

    block->place = *place;
    for (int i = 0; i < 2; i++)
        block->theirs[i] = savina_alloc(2 * graph->blocks, sizeof(weft_letter));
    for (uint64_t i = 0; i < B; i++)
        memcpy(
            block->next.at[i],
            &graph->distance[(first + i) * graph->n + column_of(graph, place->index) * B],
            sizeof block->next.at[i]);
    return weft_stay(self);
}

static void drop_theirs(struct block *block, unsigned parity)
{
    for (uint64_t i = 0; i < 2 * block->place.graph->blocks; i++) {
        weft_letter_drop(block->theirs[parity][i]);
        block->theirs[parity][i] = weft_signal(0);
    }
}

static void block_destroy(void *state)
{
    struct block *block = state;

    for (unsigned i = 0; i < 2; i++) {
        drop_theirs(block, i);
        free(block->theirs[i]);
    }
    weft_letter_drop(block->mine);
}

/* Makes the letter of what has been computed. Returns false if there is no memory. */
static bool publish(weft_self *self, struct block *block)
{
    weft_letter_drop(block->mine);
    block->mine = weft_signal(0);
    block->next.phase = block->phase;
    block->next.block = block->place.index;
    return weft_share(self, cells_msg(&block->next), &block->mine) == 0;
}

static void tell_neighbours(weft_self *self, const struct block *block)
{
    const struct graph *graph = block->place.graph;
    uint64_t row = row_of(graph, block->place.index),
             column = column_of(graph, block->place.index);

    for (uint64_t i = 0; i < graph->blocks; i++) {
        if (i != row)
            weft_cast(self, graph->block[i * graph->blocks + column],
                      weft_letter_copy(&block->mine));
        if (i != column)
            weft_cast(self, graph->block[row * graph->blocks + i],
                      weft_letter_copy(&block->mine));
    }
}

/* The cells, as of the last phase, of the block in this row and column of blocks. */
static const struct cells *cells_of(const struct block *block, uint64_t row,
                                    uint64_t column)
{
    uint64_t other = row * block->place.graph->blocks + column;

    if (other == block->place.index)
        return see(&block->mine);
    return see(&block->theirs[block->phase % 2][place_of(block, other)]);
}

static void compute(struct block *block)
{
    uint64_t k = block->phase;
    const struct graph *graph = block->place.graph;
    const struct cells *mine = see(&block->mine);
    const struct cells *left = cells_of(block, row_of(graph, block->place.index), k / B);
    const struct cells *above =
        cells_of(block, k / B, column_of(graph, block->place.index));

    for (unsigned i = 0; i < B; i++) {
        for (unsigned j = 0; j < B; j++) {
            int64_t by_k = left->at[i][k % B] + above->at[k % B][j];

            block->next.at[i][j] = mine->at[i][j] < by_k ? mine->at[i][j] : by_k;
        }
    }
}

static bool has_all(const struct block *block)
{
    return block->arrived[block->phase % 2] == 2 * (block->place.graph->blocks - 1);
}

static weft_next advance(weft_self *self, struct block *block)
{
    unsigned parity = block->phase % 2;

    compute(block);
    drop_theirs(block, parity);
    block->arrived[parity] = 0;
    block->phase++;
    if (!publish(self, block))
        return weft_fail(self, WEFT_ENOMEM, "no memory for a phase");
    if (block->phase < block->place.graph->n) {
        tell_neighbours(self, block);
        return weft_stay(self);
    }
    weft_cast(self, block->place.graph->root, weft_letter_copy(&block->mine));
    return weft_stop(self);
}

static weft_next block_step(weft_self *self, void *state, weft_msg *msg)
{
    struct block *block = state;
    const struct cells *cells = cells_see(msg);
    weft_next next = weft_stay(self);

    if (cells != NULL) {
        unsigned parity = cells->phase % 2;

        block->arrived[parity]++;
        block->theirs[parity][place_of(block, cells->block)] = weft_take(self, msg);
    } else {
        if (!publish(self, block))
            return weft_fail(self, WEFT_ENOMEM, "no memory for a phase");
        tell_neighbours(self, block);
    }
    while (next == weft_stay(self) && block->mine.form != WEFT_LETTER_SMALL &&
           has_all(block))
        next = advance(self, block);
    return next;
}

static const weft_behavior block_behavior =
    WEFT_BEHAVIOR("block", struct block, block_step, .init = block_init,
                  .destroy = block_destroy, .args_size = sizeof(struct place));

/* --- the root --- */

struct root {
    struct savina_run *run;
    struct graph *graph;
    int64_t *result;
    uint64_t blocks;
};

static void draw_graph(int64_t *distance, uint64_t n, uint64_t w)
{
    struct savina_random random = {n};

    for (uint64_t i = 0; i < n; i++) {
        for (uint64_t j = i + 1; j < n; j++)
            distance[i * n + j] = distance[j * n + i] =
                savina_below(&random, (uint32_t)w) + 1;
    }
}

/* The same in one loop, in place. */
static void shorten(int64_t *distance, uint64_t n)
{
    for (uint64_t k = 0; k < n; k++) {
        for (uint64_t i = 0; i < n; i++) {
            for (uint64_t j = 0; j < n; j++) {
                int64_t by_k = distance[i * n + k] + distance[k * n + j];

                if (by_k < distance[i * n + j])
                    distance[i * n + j] = by_k;
            }
        }
    }
}

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    struct graph *graph = root->graph;
    const struct cells *cells = cells_see(msg);
    uint64_t n = graph->n;

    for (uint64_t i = 0; cells != NULL && i < B; i++)
        memcpy(&root->result[(row_of(graph, cells->block) * B + i) * n +
                             column_of(graph, cells->block) * B],
               cells->at[i], sizeof cells->at[i]);
    if (++root->blocks < graph->blocks * graph->blocks)
        return weft_stay(self);
    savina_end(root->run);
    shorten(graph->distance, n);
    return savina_result(
        self, root->run,
        memcmp(root->result, graph->distance, n * n * sizeof *root->result) == 0);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    uint64_t n = root->run->param[N], blocks = n / B, all = blocks * blocks;
    struct graph *graph =
        savina_share(root->run, 1, sizeof *graph + all * sizeof *graph->block);
    struct place place = {.graph = graph};

    (void)msg;
    root->graph = graph;
    root->result = savina_share(root->run, n * n, sizeof *root->result);
    graph->distance = savina_share(root->run, n * n, sizeof *graph->distance);
    draw_graph(graph->distance, n, root->run->param[W]);
    graph->root = weft_self_pid(self);
    graph->n = n;
    graph->blocks = blocks;
    savina_begin(root->run);
    for (place.index = 0; place.index < all; place.index++)
        graph->block[place.index] = savina_spawn(self, &block_behavior, &place);
    for (uint64_t i = 0; i < all; i++)
        weft_cast(self, graph->block[i], weft_signal(GO));
    return weft_become(self, collect);
}

static const weft_behavior root_behavior = SAVINA_ROOT("driver", struct root, start);

const struct savina savina_apsp = {
    .name = "apsp",
    .what = "phases: neighbours exchange blocks of a matrix",
    .param = {[N] = {"N", 300, 100, .power = 3, .multiple = B},
              [W] = {"W", 100, 100, .power = 0}},
    .root = &root_behavior,
};
