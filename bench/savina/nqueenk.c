/* nqueenk: all ways to put SIZE queens on a board. Boards with fewer than THRESHOLD queens are
 * work for everybody, dealt out by a master, the fuller ones first; the others are searched on
 * the spot. */
#include <assert.h>

#include "bench/savina/savina.h"

enum { GO, WORK, RESULT, DONE, STOP };
enum { WORKERS, SIZE, THRESHOLD, LIMIT };

#define BOARD_MAX 20u

static const uint64_t solutions[BOARD_MAX + 1] = {
    [1] = 1,         [2] = 0,          [3] = 0,           [4] = 2,
    [5] = 10,        [6] = 4,          [7] = 40,          [8] = 92,
    [9] = 352,       [10] = 724,       [11] = 2680,       [12] = 14200,
    [13] = 73712,    [14] = 365596,    [15] = 2279184,    [16] = 14772512,
    [17] = 95815104, [18] = 666090624, [19] = 4968057848, [20] = 39029188884,
};

struct board {
    uint32_t queens;
    uint8_t row[BOARD_MAX];
};

/* --- workers --- */

struct worker {
    weft_pid master;
    uint32_t size;
    uint32_t threshold;
};

/* As in the suite all pairs are looked at each time. */
static bool is_valid(const struct board *board)
{
    for (unsigned i = 0; i < board->queens; i++) {
        for (unsigned j = i + 1; j < board->queens; j++) {
            int apart = (int)board->row[j] - (int)board->row[i];

            if (apart == 0 || apart == (int)(j - i) || apart == -(int)(j - i))
                return false;
        }
    }
    return true;
}

static void search(weft_self *self, const struct worker *worker, struct board board,
                   bool on_the_spot)
{
    uint32_t queens = board.queens;

    if (queens == worker->size) {
        weft_cast(self, worker->master, weft_signal(RESULT));
        return;
    }
    board.queens++;
    for (uint8_t row = 0; row < worker->size; row++) {
        board.row[queens] = row;
        if (!is_valid(&board))
            continue;
        if (on_the_spot)
            search(self, worker, board, true);
        else
            weft_cast(self, worker->master, weft_small(WORK, &board, sizeof board));
    }
}

static weft_next work(weft_self *self, void *state, weft_msg *msg)
{
    struct worker *worker = state;
    struct board board;

    if (weft_tag(msg) == STOP) {
        weft_reply(self, msg, weft_signal(STOP));
        return weft_stop(self);
    }
    memcpy(&board, weft_payload(msg, NULL), sizeof board);
    search(self, worker, board, board.queens >= worker->threshold);
    weft_reply(self, msg, weft_signal(DONE));
    return weft_stay(self);
}

/* The more queens, the more urgent. */
static unsigned priority_of(const weft_msg *msg)
{
    const struct board *board = weft_payload(msg, NULL);

    return weft_tag(msg) == WORK && board->queens > 1 ? board->queens - 1 : 0;
}

static const weft_behavior worker_behavior =
    WEFT_BEHAVIOR("worker", struct worker, work, .args_size = sizeof(struct worker),
                  .priority = priority_of);

/* --- the master, which is the root --- */

struct master {
    struct savina_run *run;
    weft_pid *worker;
    uint64_t sent;
    uint64_t handled;
    uint64_t stopped;
    uint64_t results;
};

/* All solutions; if they are more than the limit, as many as that, and what was found until
 * everybody had stopped. */
static bool is_right(const struct master *master)
{
    uint64_t all = solutions[master->run->param[SIZE]];
    uint64_t limit = master->run->param[LIMIT];

    return limit < all ? master->results >= limit && master->results <= all
                       : master->results == all;
}

static void deal(weft_self *self, struct master *master, struct board board)
{
    uint64_t workers = master->run->param[WORKERS];

    assert(workers > 0);
    weft_cast(self, master->worker[master->sent++ % workers],
              weft_small(WORK, &board, sizeof board));
}

static void take(weft_self *self, struct master *master, const weft_msg *msg)
{
    struct board board;

    switch (weft_tag(msg)) {
    case WORK:
        memcpy(&board, weft_payload(msg, NULL), sizeof board);
        deal(self, master, board);
        break;
    case RESULT:
        master->results++;
        break;
    default: /* DONE */
        master->handled++;
    }
}

/* The workers have been told to stop; work that still comes is not needed. */
static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;

    master->results += weft_tag(msg) == RESULT;
    if (weft_tag(msg) != STOP || ++master->stopped < master->run->param[WORKERS])
        return weft_stay(self);
    savina_end(master->run);
    return savina_result(self, master->run, is_right(master));
}

static weft_next direct(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;

    take(self, master, msg);
    if (master->results < master->run->param[LIMIT] && master->handled < master->sent)
        return weft_stay(self);
    for (uint64_t i = 0; i < master->run->param[WORKERS]; i++)
        weft_cast(self, master->worker[i], weft_signal(STOP));
    return weft_become(self, finish);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;
    const uint64_t *param = master->run->param;
    struct worker worker = {.master = weft_self_pid(self),
                            .size = (uint32_t)param[SIZE],
                            .threshold = (uint32_t)param[THRESHOLD]};

    (void)msg;
    master->worker = savina_share(master->run, param[WORKERS], sizeof *master->worker);
    savina_begin(master->run);
    for (uint64_t i = 0; i < param[WORKERS]; i++)
        master->worker[i] = savina_spawn(self, &worker_behavior, &worker);
    deal(self, master, (struct board){0});
    return weft_become(self, direct);
}

static const weft_behavior root = SAVINA_ROOT("master", struct master, start);

const struct savina savina_nqueenk = {
    .name = "nqueenk",
    .what = "divide and conquer with priorities",
    .param = {[WORKERS] = {"workers", 20, 20, .power = 0},
              [SIZE] = {"size", 12, 7, .base = 5.5},
              [THRESHOLD] = {"threshold", 4, 3, .power = 0},
              [LIMIT] = {"limit", 1500000, 1500000, .power = 0}},
    .root = &root,
    .leaves_mail = true, /* behind the limit */
};
