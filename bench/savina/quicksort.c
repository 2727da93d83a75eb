/* quicksort: an actor divides what it is given by a pivot, has two others sort the parts, and
 * puts the results together; short parts are sorted on the spot.
 *
 * Messages own the numbers that they carry, and who gets one takes them. */
#include <stdlib.h>

#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, SORT, SORTED };
enum { N, M_BITS, T, S };

enum position { LEFT, RIGHT };

static void numbers_done(void *object);

#define NUMBERS_FIELDS(F) F(int64_t *, number) F(uint64_t, count)
#define SORTED_FIELDS(F)  F(int64_t *, number) F(uint64_t, count) F(uint64_t, position)
WEFT_BLOCK(unsorted, SORT, NUMBERS_FIELDS, numbers_done)
WEFT_BLOCK(sorted, SORTED, SORTED_FIELDS, numbers_done)

/* Both begin with what they own. */
static void numbers_done(void *object)
{
    free(*(int64_t **)object);
}

/* --- on the spot --- */

static void swap(int64_t *a, int64_t *b)
{
    int64_t number = *a;

    *a = *b;
    *b = number;
}

/* Sorts number[0] to number[count - 1]: those below the pivot, those equal to it, the others. */
static void sort(int64_t *number, uint64_t count)
{
    uint64_t below = 0, next = 0, above = count;
    int64_t pivot;

    if (count < 2)
        return;
    pivot = number[count / 2];
    while (next < above) {
        if (number[next] < pivot)
            swap(&number[below++], &number[next++]);
        else if (number[next] > pivot)
            swap(&number[next], &number[--above]);
        else
            next++;
    }
    sort(number, below);
    sort(number + above, count - above);
}

/* --- sorters --- */

struct sorter {
    weft_pid parent;
    uint64_t threshold;
    enum position position;
    int fragments;   /* that have arrived: the equal ones, the left and the right */
    int64_t *number; /* those equal to the pivot, then with what was sorted around them */
    uint64_t count;
};

static void sorter_destroy(void *state)
{
    free(((struct sorter *)state)->number);
}

static const weft_behavior sorter_behavior;

static weft_next report(weft_self *self, struct sorter *sorter)
{
    struct sorted sorted = {sorter->number, sorter->count, sorter->position};

    sorter->number = NULL;
    weft_cast(self, sorter->parent, sorted_msg(&sorted));
    return weft_stop(self);
}

static void delegate(weft_self *self, const struct sorter *sorter, enum position position,
                     struct unsorted *part)
{
    struct sorter child = {.parent = weft_self_pid(self),
                           .threshold = sorter->threshold,
                           .position = position};

    weft_cast(self, savina_spawn(self, &sorter_behavior, &child), unsorted_msg(part));
}

static weft_next divide(weft_self *self, struct sorter *sorter,
                        const struct unsorted *all)
{
    int64_t pivot = all->number[all->count / 2];
    struct unsorted left = {savina_alloc(all->count, sizeof(int64_t)), 0};
    struct unsorted right = {savina_alloc(all->count, sizeof(int64_t)), 0};

    sorter->number = savina_alloc(all->count, sizeof(int64_t));
    for (uint64_t i = 0; i < all->count; i++) {
        int64_t number = all->number[i];

        if (number < pivot)
            left.number[left.count++] = number;
        else if (number > pivot)
            right.number[right.count++] = number;
        else
            sorter->number[sorter->count++] = number;
    }
    sorter->fragments = 1;
    delegate(self, sorter, LEFT, &left);
    delegate(self, sorter, RIGHT, &right);
    return weft_stay(self);
}

/* The result and a part before or behind it. */
static void join(struct sorter *sorter, const struct sorted *part)
{
    uint64_t count = sorter->count + part->count;
    int64_t *number = savina_alloc(count, sizeof *number);
    bool left = part->position == LEFT;

    memcpy(number + (left ? 0 : sorter->count), part->number,
           part->count * sizeof *number);
    memcpy(number + (left ? part->count : 0), sorter->number,
           sorter->count * sizeof *number);
    free(sorter->number);
    sorter->number = number;
    sorter->count = count;
}

static weft_next sort_step(weft_self *self, void *state, weft_msg *msg)
{
    struct sorter *sorter = state;
    struct unsorted *all = unsorted_at(msg);
    const struct sorted *part = sorted_see(msg);

    if (part != NULL) {
        join(sorter, part);
        return ++sorter->fragments == 3 ? report(self, sorter) : weft_stay(self);
    }
    if (all->count >= sorter->threshold)
        return divide(self, sorter, all);
    sort(all->number, all->count);
    sorter->number = all->number;
    sorter->count = all->count;
    all->number = NULL; /* it is the sorter's now */
    return report(self, sorter);
}

static const weft_behavior sorter_behavior =
    WEFT_BEHAVIOR("sorter", struct sorter, sort_step, .destroy = sorter_destroy,
                  .args_size = sizeof(struct sorter));

/* --- the root --- */

struct root {
    struct savina_run *run;
};

static int64_t draw(struct savina_random *random, uint64_t bits)
{
    return (int64_t)(savina_next(random) % (UINT64_C(1) << bits));
}

/* Sorted, and what was drawn: as many, with the same sum and the same sum of squares. */
static bool is_right(const struct savina_run *run, const struct sorted *sorted)
{
    struct savina_random random = {run->param[S]};
    uint64_t sum = 0, squares = 0;

    for (uint64_t i = 0; i < run->param[N]; i++) {
        uint64_t drawn = (uint64_t)draw(&random, run->param[M_BITS]);

        sum += drawn;
        squares += drawn * drawn;
    }
    for (uint64_t i = 0; i < sorted->count; i++) {
        if (i > 0 && sorted->number[i - 1] > sorted->number[i])
            return false;
        sum -= (uint64_t)sorted->number[i];
        squares -= (uint64_t)sorted->number[i] * (uint64_t)sorted->number[i];
    }
    return sorted->count == run->param[N] && sum == 0 && squares == 0;
}

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct savina_run *run = ((struct root *)state)->run;
    const struct sorted *sorted = sorted_see(msg);

    savina_end(run);
    return savina_result(self, run, sorted != NULL && is_right(run, sorted));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct savina_run *run = ((struct root *)state)->run;
    struct savina_random random = {run->param[S]};
    struct sorter first = {.parent = weft_self_pid(self), .threshold = run->param[T]};
    struct unsorted all = {savina_alloc(run->param[N], sizeof(int64_t)), run->param[N]};

    (void)msg;
    savina_begin(run);
    for (uint64_t i = 0; i < all.count; i++)
        all.number[i] = draw(&random, run->param[M_BITS]);
    weft_cast(self, savina_spawn(self, &sorter_behavior, &first), unsorted_msg(&all));
    return weft_become(self, finish);
}

static const weft_behavior root_behavior = SAVINA_ROOT("driver", struct root, start);

const struct savina savina_quicksort = {
    .name = "quicksort",
    .what = "a tree of actors, and messages that own their numbers",
    .param = {[N] = {"N", 1000000, 5000, .power = 1},
              [M_BITS] = {"log2(M)", 60, 60, .power = 0},
              [T] = {"T", 2048, 64, .power = 0},
              [S] = {"S", 1024, 1024, .power = 0}},
    .root = &root_behavior,
};
