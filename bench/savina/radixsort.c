/* radixsort: a pipeline of one actor for each bit of the numbers. It lets those without the bit
 * pass, and sends the others behind all of them. */
#include <stdlib.h>

#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, VALUE };
enum { N, M_BITS, S };

/* --- stages --- */

struct stage {
    weft_pid next;
    uint64_t n;
    uint64_t radix;
    uint64_t passed; /* or kept */
    uint64_t kept;
    uint64_t *number; /* n of them at most: those with the bit */
};

static weft_next stage_init(weft_self *self, void *state, const void *args)
{
    struct stage *stage = state;

    *stage = *(const struct stage *)args;
    stage->number = savina_alloc(stage->n, sizeof *stage->number);
    return weft_stay(self);
}

static void stage_destroy(void *state)
{
    free(((struct stage *)state)->number);
}

static weft_next pass(weft_self *self, void *state, weft_msg *msg)
{
    struct stage *stage = state;
    uint64_t number = weft_word(msg);

    if ((number & stage->radix) == 0)
        weft_cast_word(self, stage->next, VALUE, number);
    else
        stage->number[stage->kept++] = number;
    if (++stage->passed < stage->n)
        return weft_stay(self);
    for (uint64_t i = 0; i < stage->kept; i++)
        weft_cast_word(self, stage->next, VALUE, stage->number[i]);
    return weft_stop(self);
}

static const weft_behavior stage_behavior =
    WEFT_BEHAVIOR("stage", struct stage, pass, .init = stage_init,
                  .destroy = stage_destroy, .args_size = sizeof(struct stage));

/* --- the source --- */

struct source {
    weft_pid first;
    uint64_t n;
    uint64_t mask;
    struct savina_random random;
};

static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct source *source = state;

    (void)msg;
    for (uint64_t i = 0; i < source->n; i++)
        weft_cast_word(self, source->first, VALUE,
                       savina_next(&source->random) & source->mask);
    return weft_stop(self);
}

static const weft_behavior source_behavior =
    WEFT_BEHAVIOR("source", struct source, produce, .args_size = sizeof(struct source));

/* --- the root, which is the end of the pipeline --- */

struct root {
    struct savina_run *run;
    uint64_t count;
    uint64_t last;
    uint64_t sum;
    bool disordered;
};

static struct source source_of(const uint64_t *param)
{
    return (struct source){
        .n = param[N], .mask = (UINT64_C(1) << param[M_BITS]) - 1, .random = {param[S]}};
}

static bool is_right(const struct root *root)
{
    struct source source = source_of(root->run->param);
    uint64_t sum = 0;

    for (uint64_t i = 0; i < source.n; i++)
        sum += savina_next(&source.random) & source.mask;
    return !root->disordered && root->sum == sum;
}

static weft_next validate(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    uint64_t number = weft_word(msg);

    root->disordered = root->disordered || number < root->last;
    root->last = number;
    root->sum += number;
    if (++root->count < root->run->param[N])
        return weft_stay(self);
    savina_end(root->run);
    return savina_result(self, root->run, is_right(root));
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    const uint64_t *param = root->run->param;
    struct source source = source_of(param);
    struct stage stage = {.next = weft_self_pid(self), .n = param[N]};

    (void)msg;
    savina_begin(root->run);
    for (stage.radix = (source.mask + 1) / 2; stage.radix > 0; stage.radix /= 2)
        stage.next = savina_spawn(self, &stage_behavior, &stage);
    source.first = stage.next;
    weft_cast(self, savina_spawn(self, &source_behavior, &source), weft_signal(GO));
    return weft_become(self, validate);
}

static const weft_behavior root_behavior = SAVINA_ROOT("validation", struct root, start);

const struct savina savina_radixsort = {
    .name = "radixsort",
    .what = "a long pipeline",
    .param = {[N] = {"N", 100000, 500, .power = 1},
              [M_BITS] = {"log2(M)", 60, 60, .power = 0},
              [S] = {"S", 2048, 2048, .power = 0}},
    .root = &root_behavior,
};
