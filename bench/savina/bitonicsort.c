/* bitonicsort: a sorting network of actors, each of which compares two numbers, and of those
 * that split and join their streams.
 *
 *   source -> stages of merging 2, 4, .. N/2, and a last one -> sink
 *   stage -> steps, one for each halving of the sequences
 *   step: a splitter -> partitions, or comparers if sequences are of two -> a joiner
 *   partition: a splitter -> comparers -> a joiner
 *
 * Each makes what it consists of, from the end, in its init. */
#include <stdlib.h>

#include "bench/savina/queue.h"
#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, VALUE, DATA, RECEIVERS, EXIT };
enum { N, M_BITS, S };

/* A value from the branch `order`. */
#define DATA_FIELDS(F) F(uint64_t, order) F(uint64_t, value)
WEFT_MESSAGE(data, DATA, DATA_FIELDS)

static void receivers_done(void *object);

#define RECEIVERS_FIELDS(F) F(weft_pid *, receiver) F(uint64_t, count)
WEFT_BLOCK(receivers, RECEIVERS, RECEIVERS_FIELDS, receivers_done)

static void receivers_done(void *object)
{
    free(((struct receivers *)object)->receiver);
}

/* --- passing on --- */

/* All that hand something to the next one begin like this. */
struct link {
    weft_pid next;
    uint64_t order;
};

static weft_next pass(weft_self *self, const struct link *link, weft_msg *msg)
{
    bool over = weft_tag(msg) == EXIT;

    weft_cast(self, link->next, weft_take(self, msg));
    return over ? weft_stop(self) : weft_stay(self);
}

static weft_next pass_step(weft_self *self, void *state, weft_msg *msg)
{
    return pass(self, state, msg);
}

/* Writes its number on values. */
static weft_next value_to_data(weft_self *self, void *state, weft_msg *msg)
{
    struct link *link = state;

    if (weft_tag(msg) != VALUE)
        return pass(self, link, msg);
    weft_cast(self, link->next, data_msg(link->order, weft_word(msg)));
    return weft_stay(self);
}

/* Takes the number off. */
static weft_next data_to_value(weft_self *self, void *state, weft_msg *msg)
{
    struct link *link = state;
    struct data data;

    if (!data_get(msg, &data))
        return pass(self, link, msg);
    weft_cast_word(self, link->next, VALUE, data.value);
    return weft_stay(self);
}

#define LINK(name, step) \
    WEFT_BEHAVIOR(name, struct link, step, .args_size = sizeof(struct link))

static const weft_behavior to_data = LINK("value to data", value_to_data);
static const weft_behavior to_value = LINK("data to value", data_to_value);

static weft_pid spawn_link(weft_self *self, const weft_behavior *behavior, weft_pid next,
                           uint64_t order)
{
    struct link link = {next, order};

    return savina_spawn(self, behavior, &link);
}

/* --- a splitter: gives `length` values to each of its receivers in turn --- */

struct splitter {
    uint64_t length;
    uint64_t run;
    uint64_t at;
    struct receivers to;
};

static void splitter_destroy(void *state)
{
    receivers_done(&((struct splitter *)state)->to);
}

static weft_next split(weft_self *self, void *state, weft_msg *msg)
{
    struct splitter *splitter = state;
    struct receivers *receivers = receivers_at(msg);

    if (receivers != NULL) {
        splitter->to = *receivers;
        receivers->receiver = NULL; /* they are the splitter's now */
        return weft_stay(self);
    }
    if (weft_tag(msg) == EXIT) {
        for (uint64_t i = 0; i < splitter->to.count; i++)
            weft_cast(self, splitter->to.receiver[i], weft_signal(EXIT));
        return weft_stop(self);
    }
    weft_cast_word(self, splitter->to.receiver[splitter->at], VALUE, weft_word(msg));
    if (++splitter->run == splitter->length) {
        splitter->at = (splitter->at + 1) % splitter->to.count;
        splitter->run = 0;
    }
    return weft_stay(self);
}

static const weft_behavior splitter_behavior =
    WEFT_BEHAVIOR("splitter", struct splitter, split, .destroy = splitter_destroy,
                  .args_size = sizeof(uint64_t));

/* --- a joiner: takes `length` values of each of its branches in turn --- */

struct joiner {
    weft_pid next;
    uint64_t length;
    uint64_t branches;
    uint64_t run;
    uint64_t at;
    uint64_t exits;
    struct queue *received;
};

static weft_next joiner_init(weft_self *self, void *state, const void *args)
{
    struct joiner *joiner = state;

    *joiner = *(const struct joiner *)args;
    joiner->received = savina_alloc(joiner->branches, sizeof *joiner->received);
    return weft_stay(self);
}

static void joiner_destroy(void *state)
{
    struct joiner *joiner = state;

    for (uint64_t i = 0; i < joiner->branches; i++)
        queue_done(&joiner->received[i]);
    free(joiner->received);
}

static weft_next join(weft_self *self, void *state, weft_msg *msg)
{
    struct joiner *joiner = state;
    struct data data;

    if (!data_get(msg, &data)) {
        if (++joiner->exits < joiner->branches)
            return weft_stay(self);
        weft_cast(self, joiner->next, weft_signal(EXIT));
        return weft_stop(self);
    }
    queue_push(&joiner->received[data.order], data.value);
    while (joiner->received[joiner->at].count > 0) {
        weft_cast_word(self, joiner->next, VALUE,
                       queue_pop(&joiner->received[joiner->at]));
        if (++joiner->run == joiner->length) {
            joiner->at = (joiner->at + 1) % joiner->branches;
            joiner->run = 0;
        }
    }
    return weft_stay(self);
}

static const weft_behavior joiner_behavior =
    WEFT_BEHAVIOR("joiner", struct joiner, join, .init = joiner_init,
                  .destroy = joiner_destroy, .args_size = sizeof(struct joiner));

/* --- a comparer: gives each two values in order --- */

struct comparer {
    struct link link;
    bool up;
    bool has_first;
    uint64_t first;
};

static weft_next compare(weft_self *self, void *state, weft_msg *msg)
{
    struct comparer *comparer = state;
    uint64_t a = comparer->first, b = weft_word(msg), order = comparer->link.order;
    bool swapped = comparer->up ? a > b : a < b;

    if (weft_tag(msg) == EXIT)
        return pass(self, &comparer->link, msg);
    comparer->has_first = !comparer->has_first;
    comparer->first = b;
    if (comparer->has_first)
        return weft_stay(self);
    weft_cast(self, comparer->link.next, data_msg(order, swapped ? b : a));
    weft_cast(self, comparer->link.next, data_msg(order, swapped ? a : b));
    return weft_stay(self);
}

static const weft_behavior comparer_behavior =
    WEFT_BEHAVIOR("comparer", struct comparer, compare,
                  .args_size = offsetof(struct comparer, has_first));

/* --- split and join --- */

/* What stands between a splitter and a joiner: `count` sequences, to be compared in pairs or
 * partitioned. */
struct fork {
    weft_pid next;   /* behind the joiner */
    uint64_t length; /* of the sequences */
    uint64_t count;
    uint64_t
        same_way; /* sequences that are sorted the same way, then the other way; 0: all
                          as up says */
    bool up;
};

static weft_pid spawn_branch(weft_self *self, const struct fork *fork, weft_pid joiner,
                             uint64_t index);

/* Returns the splitter. */
static weft_pid spawn_fork(weft_self *self, const struct fork *fork)
{
    struct joiner joiner = {
        .next = fork->next, .length = fork->length, .branches = fork->count};
    weft_pid joining = savina_spawn(self, &joiner_behavior, &joiner);
    weft_pid splitter = savina_spawn(self, &splitter_behavior, &fork->length);
    struct receivers to = {savina_alloc(fork->count, sizeof(weft_pid)), fork->count};

    for (uint64_t i = 0; i < fork->count; i++)
        to.receiver[i] = spawn_branch(self, fork, joining, i);
    weft_cast(self, splitter, receivers_msg(&to));
    return splitter;
}

/* --- a partition: compares the two halves of a sequence, one by one --- */

struct partition {
    struct link link; /* next: the joiner at first, then the own splitter */
    uint64_t length;
    bool up;
};

static weft_next partition_init(weft_self *self, void *state, const void *args)
{
    struct partition *partition = state;
    struct fork fork;

    *partition = *(const struct partition *)args;
    fork = (struct fork){
        .next = spawn_link(self, &to_data, partition->link.next, partition->link.order),
        .length = 1,
        .count = partition->length / 2,
        .up = partition->up};
    partition->link.next = spawn_fork(self, &fork);
    return weft_stay(self);
}

static const weft_behavior partition_behavior =
    WEFT_BEHAVIOR("partition", struct partition, pass_step, .init = partition_init,
                  .args_size = sizeof(struct partition));

/* Sequences of two, and single values, are compared; longer ones are partitioned. */
static weft_pid spawn_branch(weft_self *self, const struct fork *fork, weft_pid joiner,
                             uint64_t index)
{
    bool up = fork->same_way > 0 ? index / fork->same_way % 2 == 0 : fork->up;
    struct comparer comparer = {.link = {joiner, index}, .up = up};
    struct partition partition = {
        .link = {joiner, index}, .length = fork->length, .up = up};

    return fork->length > 2 ? savina_spawn(self, &partition_behavior, &partition)
                            : savina_spawn(self, &comparer_behavior, &comparer);
}

/* --- a step: a fork, and something that passes values on to it --- */

struct step {
    struct link link; /* next: the next step at first, then the own splitter */
    struct fork fork;
};

static weft_next step_init(weft_self *self, void *state, const void *args)
{
    struct step *step = state;

    *step = *(const struct step *)args;
    step->fork.next = spawn_link(self, &to_value, step->link.next, 0);
    step->link.next = spawn_fork(self, &step->fork);
    return weft_stay(self);
}

static const weft_behavior step_behavior = WEFT_BEHAVIOR(
    "step", struct step, pass_step, .init = step_init, .args_size = sizeof(struct step));

/* --- a stage: merges sequences to such of `length`, every other one downwards --- */

struct stage {
    struct link link; /* next: the next stage at first, then the own first step */
    uint64_t n;
    uint64_t length; /* n: the last one, all upwards */
};

static weft_next stage_init(weft_self *self, void *state, const void *args)
{
    struct stage *stage = state;

    *stage = *(const struct stage *)args;
    for (uint64_t i = stage->length / 2; i >= 1; i /= 2) {
        struct step step = {.link = stage->link,
                            .fork = {.length = stage->length / i,
                                     .count = stage->n / stage->length * i,
                                     .same_way = stage->length < stage->n ? i : 0,
                                     .up = true}};

        stage->link.next = savina_spawn(self, &step_behavior, &step);
    }
    return weft_stay(self);
}

static const weft_behavior stage_behavior =
    WEFT_BEHAVIOR("stage", struct stage, pass_step, .init = stage_init,
                  .args_size = sizeof(struct stage));

/* --- the kernel: all stages --- */

static weft_next kernel_init(weft_self *self, void *state, const void *args)
{
    struct stage *kernel = state;

    *kernel = *(const struct stage *)args;
    for (uint64_t length = kernel->n; length >= 2; length /= 2) {
        struct stage stage = {.link = kernel->link, .n = kernel->n, .length = length};

        kernel->link.next = savina_spawn(self, &stage_behavior, &stage);
    }
    return weft_stay(self);
}

static const weft_behavior kernel_behavior =
    WEFT_BEHAVIOR("kernel", struct stage, pass_step, .init = kernel_init,
                  .args_size = sizeof(struct stage));

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
    weft_cast(self, source->first, weft_signal(EXIT));
    return weft_stop(self);
}

static const weft_behavior source_behavior =
    WEFT_BEHAVIOR("source", struct source, produce, .args_size = sizeof(struct source));

/* --- the root, which is the sink --- */

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
    return !root->disordered && root->count == source.n && root->sum == sum;
}

static weft_next validate(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    uint64_t value = weft_word(msg);

    if (weft_tag(msg) == EXIT) {
        savina_end(root->run);
        return savina_result(self, root->run, is_right(root));
    }
    root->disordered = root->disordered || value < root->last;
    root->last = value;
    root->sum += value;
    root->count++;
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    struct source source = source_of(root->run->param);
    struct stage kernel = {.n = source.n};

    (void)msg;
    savina_begin(root->run);
    kernel.link.next = spawn_link(self, &to_value, weft_self_pid(self), 0);
    source.first = savina_spawn(self, &kernel_behavior, &kernel);
    weft_cast(self, savina_spawn(self, &source_behavior, &source), weft_signal(GO));
    return weft_become(self, validate);
}

static const weft_behavior root_behavior = SAVINA_ROOT("validation", struct root, start);

const struct savina savina_bitonicsort = {
    .name = "bitonicsort",
    .what = "a sorting network of many actors",
    .param = {[N] = {"N", 4096, 32, .power = 1, .power_of_two = true},
              [M_BITS] = {"log2(M)", 60, 60, .power = 0},
              [S] = {"S", 2048, 2048, .power = 0}},
    .root = &root_behavior,
};
