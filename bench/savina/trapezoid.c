/* trapezoid: an integral by N trapezoids, in equal shares of W workers. */
#include <math.h>

#include "bench/savina/savina.h"

enum { GO, WORK, RESULT };
enum { N, W };

#define LEFT  1.0
#define RIGHT 5.0

/* The integral from LEFT to RIGHT. */
#define AREA 0.27108075

#define PIECES_A_TURN 4096u /* others have their turn between them */

#define SHARE_FIELDS(F) F(double, left) F(double, right) F(double, width)
WEFT_MESSAGE(share, WORK, SHARE_FIELDS)

/* As many as fit: by rounding that may be one too few. */
static uint64_t pieces_of(const struct share *share)
{
    return (uint64_t)((share->right - share->left) / share->width);
}

struct worker {
    weft_pid master;
    uint64_t pieces; /* that are done */
    double area;
};

struct master {
    struct savina_run *run;
    uint64_t results;
    double area;
};

static double height(double x)
{
    double a = sin(pow(x, 3) - 1), b = x + 1;

    return a / b * sqrt(1 + exp(sqrt(2 * x)));
}

static weft_next integrate(weft_self *self, void *state, weft_msg *msg)
{
    struct worker *worker = state;
    struct share share = {0};
    uint64_t pieces, end;

    share_get(msg, &share);
    pieces = pieces_of(&share);
    end =
        worker->pieces + PIECES_A_TURN < pieces ? worker->pieces + PIECES_A_TURN : pieces;
    for (; worker->pieces < end; worker->pieces++) {
        double left = (double)worker->pieces * share.width + share.left;

        worker->area += 0.5 * (height(left) + height(left + share.width)) * share.width;
    }
    if (end < pieces)
        return weft_yield(self);
    weft_cast_word(self, worker->master, RESULT, savina_word(worker->area));
    return weft_stop(self);
}

static const weft_behavior worker_behavior =
    WEFT_BEHAVIOR("worker", struct worker, integrate, .args_size = sizeof(struct worker));

static struct share share_of(const uint64_t *param, uint64_t index)
{
    double range = (RIGHT - LEFT) / (double)param[W];
    double left = range * (double)index + LEFT;

    return (struct share){left, left + range, (RIGHT - LEFT) / (double)param[N]};
}

/* As near as so many trapezoids come to it, and what the pieces that did not fit have: no
 * height is above 2. */
static bool is_right(const struct master *master)
{
    const uint64_t *param = master->run->param;
    double width = share_of(param, 0).width, tolerance = 1e-8 + 2000 * width * width;
    uint64_t pieces = 0;

    for (uint64_t i = 0; i < param[W]; i++) {
        struct share share = share_of(param, i);

        pieces += pieces_of(&share);
    }
    tolerance += 2 * width * (double)(param[N] - pieces);
    return pieces <= param[N] && fabs(master->area - AREA) < tolerance;
}

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;

    master->area += savina_number(weft_word(msg));
    if (++master->results < master->run->param[W])
        return weft_stay(self);
    savina_end(master->run);
    return savina_result(self, master->run, is_right(master));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct master *master = state;
    const uint64_t *param = master->run->param;
    struct worker worker = {.master = weft_self_pid(self)};

    (void)msg;
    savina_begin(master->run);
    for (uint64_t i = 0; i < param[W]; i++) {
        struct share share = share_of(param, i);

        weft_cast(self, savina_spawn(self, &worker_behavior, &worker),
                  share_msg(share.left, share.right, share.width));
    }
    return weft_become(self, collect);
}

static const weft_behavior root = SAVINA_ROOT("master", struct master, start);

const struct savina savina_trapezoid = {
    .name = "trapezoid",
    .what = "equal shares of a computation",
    .param = {[N] = {"N", 10000000, 20000, .power = 1}, [W] = {"W", 100, 20, .power = 0}},
    .root = &root,
};
