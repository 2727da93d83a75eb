/* tools/load/actors.c: sources, and what is behind them.
 *
 *   1:1  s-k    1:N  s-k    N:1  s-k    N:N  s-k    pipeline  s-n-n-k    tree  s-n-k
 *                     \k         s/          sXk                                 \k
 *
 * An arrival goes to a source (s), which makes a message of the size that was asked for and sends
 * it to the next of its targets; nodes (n) send it on, uncopied, to one or to two others; a sink
 * (k) looks whether it is what was sent. In an open loop it is done then; in a closed loop a sink
 * tells the source, which is the client, and begins the next.
 *
 * A message begins and ends with its stamp: the operation, and above it the client's number. */
#include "tools/load/actors.h"

#include <stdlib.h>
#include <string.h>

enum { TAG_GO = 1, TAG_PARCEL, TAG_DONE, TAG_HOW_MANY };

#define ASK_WITHIN WEFT_SEC(10)

struct actors {
    const struct load_options *options;
    weft_bench *bench;
    weft_type parcel; /* a block of the size that was asked for */
    weft_pid *sources;
    unsigned source_count;
    weft_pid *nodes; /* and sinks */
    unsigned node_count;
    unsigned target_count; /* the first so many nodes are what sources send to */
    unsigned leaves;       /* sinks that each operation gets to */
    unsigned *left;        /* for each client: sinks that have not told yet */
    uint64_t arrivals;
};

/* Who an actor is. */
struct place {
    struct actors *all;
    unsigned index;
};

static weft_op op_of(uint64_t stamp)
{
    return stamp & ((UINT64_C(1) << WEFT_OP_BITS) - 1);
}

static unsigned client_of(uint64_t stamp)
{
    return (unsigned)(stamp >> WEFT_OP_BITS);
}

static uint64_t stamp_of(unsigned client, weft_op op)
{
    return (uint64_t)client << WEFT_OP_BITS | op;
}

static bool is_closed(const struct actors *all)
{
    return all->options->bench.clients > 0;
}

static size_t last_word(const struct actors *all)
{
    return all->options->bench.message_size / 8 - 1;
}

/* --- sources --- */

struct source {
    struct place place;
    uint64_t *words; /* the message to be */
    unsigned next;   /* target */
    uint64_t sent;
};

static weft_next source_init(weft_self *self, void *state, const void *args)
{
    struct source *source = state;

    source->place = *(const struct place *)args;
    source->next = source->place.index;
    source->words = calloc(1, source->place.all->options->bench.message_size);
    return source->words != NULL ? weft_stay(self)
                                 : weft_fail(self, WEFT_ENOMEM, "no memory");
}

static void source_destroy(void *state)
{
    free(((struct source *)state)->words);
}

static weft_letter letter_of(struct source *source, uint64_t stamp)
{
    const struct actors *all = source->place.all;
    size_t size = all->options->bench.message_size;

    source->words[0] = stamp;
    source->words[last_word(all)] = stamp;
    return size <= WEFT_SMALL_MAX ? weft_small(TAG_PARCEL, source->words, size)
                                  : weft_block(&all->parcel, source->words);
}

static void begin(weft_self *self, struct source *source, uint64_t stamp)
{
    struct actors *all = source->place.all;
    weft_pid to = all->nodes[source->next++ % all->target_count];

    if (is_closed(all))
        all->left[client_of(stamp)] = all->leaves;
    if (weft_cast(self, to, letter_of(source, stamp)) == 0)
        source->sent++;
    else
        weft_bench_failed(all->bench, op_of(stamp));
}

/* Of a closed loop: when all sinks have told, the client goes on. */
static void end(weft_self *self, struct source *source, uint64_t stamp)
{
    struct actors *all = source->place.all;
    unsigned client = client_of(stamp);
    weft_op op;

    if (--all->left[client] > 0)
        return;
    weft_bench_done(all->bench, op_of(stamp));
    if (weft_bench_next(all->bench, &op))
        begin(self, source, stamp_of(client, op));
}

static weft_next sending(weft_self *self, void *state, weft_msg *msg)
{
    struct source *source = state;

    if (weft_tag(msg) == TAG_GO)
        begin(self, source, weft_word(msg));
    else if (weft_tag(msg) == TAG_DONE)
        end(self, source, weft_word(msg));
    else
        weft_reply_word(self, msg, TAG_HOW_MANY, source->sent);
    return weft_stay(self);
}

static const weft_behavior source_behavior =
    WEFT_BEHAVIOR("source", struct source, sending, .init = source_init,
                  .destroy = source_destroy, .args_size = sizeof(struct place));

/* --- sinks --- */

struct sink {
    struct place place;
    uint64_t got;
};

/* Is it what was sent, from end to end? */
static bool is_whole(const struct actors *all, const weft_msg *msg, uint64_t *stamp)
{
    size_t size;
    const uint64_t *words = weft_payload(msg, &size);

    if (weft_tag(msg) != TAG_PARCEL || size != all->options->bench.message_size)
        return false;
    *stamp = words[0];
    return words[last_word(all)] == *stamp;
}

static weft_next receiving(weft_self *self, void *state, weft_msg *msg)
{
    struct sink *sink = state;
    struct actors *all = sink->place.all;
    uint64_t stamp;

    if (weft_tag(msg) == TAG_HOW_MANY) {
        weft_reply_word(self, msg, TAG_HOW_MANY, sink->got);
        return weft_stay(self);
    }
    if (!is_whole(all, msg, &stamp))
        return weft_fail(self, WEFT_ETYPE, "a message is not what was sent");
    sink->got++;
    if (is_closed(all))
        weft_cast_word(self, all->sources[client_of(stamp) % all->source_count], TAG_DONE,
                       stamp);
    else
        weft_bench_done(all->bench, op_of(stamp));
    return weft_stay(self);
}

static const weft_behavior sink_behavior =
    WEFT_BEHAVIOR("sink", struct sink, receiving, .args_size = sizeof(struct place));

/* --- nodes in between --- */

/* In a pipeline: sends on to the next. */
static weft_next passing(weft_self *self, void *state, weft_msg *msg)
{
    const struct place *place = state;

    if (weft_tag(msg) == TAG_HOW_MANY)
        weft_reply_word(self, msg, TAG_HOW_MANY, 0);
    else
        weft_forward(self, place->all->nodes[place->index + 1], msg);
    return weft_stay(self);
}

static const weft_behavior stage_behavior =
    WEFT_BEHAVIOR("stage", struct place, passing, .args_size = sizeof(struct place));

/* In a tree: both children get the same object. */
static weft_next spreading(weft_self *self, void *state, weft_msg *msg)
{
    const struct place *place = state;
    const weft_pid *children = &place->all->nodes[2 * place->index + 1];
    weft_letter letter;

    if (weft_tag(msg) == TAG_HOW_MANY) {
        weft_reply_word(self, msg, TAG_HOW_MANY, 0);
        return weft_stay(self);
    }
    if (weft_share(self, weft_take(self, msg), &letter) < 0)
        return weft_fail(self, WEFT_ENOMEM, "no memory");
    weft_cast(self, children[0], weft_letter_copy(&letter));
    weft_cast(self, children[1], weft_letter_copy(&letter));
    weft_letter_drop(letter);
    return weft_stay(self);
}

static const weft_behavior branch_behavior =
    WEFT_BEHAVIOR("branch", struct place, spreading, .args_size = sizeof(struct place));

/* --- topologies --- */

static const weft_behavior *behavior_of(const struct actors *all, unsigned node)
{
    switch (all->options->topology) {
    case PIPELINE:
        return node + 1 < all->node_count ? &stage_behavior : &sink_behavior;
    case TREE: /* a heap: the children of i are 2i + 1 and 2i + 2 */
        return 2 * node + 1 < all->node_count ? &branch_behavior : &sink_behavior;
    default:
        return &sink_behavior;
    }
}

static void count_actors(struct actors *all)
{
    unsigned n = all->options->actors;

    all->source_count = all->node_count = all->target_count = all->leaves = 1;
    switch (all->options->topology) {
    case ONE_TO_ONE:
        break;
    case ONE_TO_MANY:
        all->node_count = all->target_count = n;
        break;
    case MANY_TO_ONE:
        all->source_count = n;
        break;
    case MANY_TO_MANY:
        all->source_count = all->node_count = all->target_count = n;
        break;
    case PIPELINE:
        all->node_count = n;
        break;
    case TREE:
        all->leaves = n;
        all->node_count = 2 * n - 1;
        break;
    }
}

unsigned actors_parts(const struct load_options *options)
{
    return options->topology == TREE && options->bench.clients == 0 ? options->actors : 1;
}

struct actors *actors_create(const struct load_options *options)
{
    struct actors *all = calloc(1, sizeof *all);

    if (all == NULL)
        return NULL;
    all->options = options;
    all->parcel = (weft_type){.name = "parcel",
                              .tag = TAG_PARCEL,
                              .size = (uint32_t)options->bench.message_size,
                              .align = 8};
    count_actors(all);
    all->sources = calloc(all->source_count, sizeof *all->sources);
    all->nodes = calloc(all->node_count, sizeof *all->nodes);
    all->left = calloc(options->bench.clients + 1, sizeof *all->left);
    if (all->sources != NULL && all->nodes != NULL && all->left != NULL)
        return all;
    actors_destroy(all);
    return NULL;
}

void actors_destroy(struct actors *actors)
{
    if (actors == NULL)
        return;
    free(actors->sources);
    free(actors->nodes);
    free(actors->left);
    free(actors);
}

/* --- the scenario --- */

static int set_up(weft_bench *bench, void *context)
{
    struct actors *all = *(struct actors **)context;
    weft_runtime *rt = weft_bench_runtime(bench);
    int error = 0;

    all->bench = bench;
    all->arrivals = 0;
    for (unsigned i = 0; i < all->node_count && error == 0; i++) {
        struct place place = {all, i};

        error = weft_rt_spawn(rt, behavior_of(all, i), &place, &all->nodes[i]);
    }
    for (unsigned i = 0; i < all->source_count && error == 0; i++) {
        struct place place = {all, i};

        error = weft_rt_spawn_and_wait(rt, &source_behavior, &place, ASK_WITHIN,
                                       &all->sources[i]);
    }
    return error;
}

static int arrive(weft_bench *bench, void *context, weft_op op)
{
    struct actors *all = *(struct actors **)context;
    uint64_t number = all->arrivals++; /* in a closed loop: the client's */
    uint64_t stamp = is_closed(all) ? stamp_of((unsigned)number, op) : op;

    return weft_rt_cast_word(weft_bench_runtime(bench),
                             all->sources[number % all->source_count], TAG_GO, stamp);
}

/* What all of them have counted.
 * Returns false if one does not answer: it has failed. */
static bool add_up(weft_runtime *rt, const weft_pid *pids, unsigned count, uint64_t *sum)
{
    *sum = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t one;

        if (weft_rt_await_word(rt, pids[i], weft_signal(TAG_HOW_MANY), ASK_WITHIN, &one) <
            0)
            return false;
        *sum += one;
    }
    return true;
}

static bool check(weft_bench *bench, void *context)
{
    struct actors *all = *(struct actors **)context;
    weft_runtime *rt = weft_bench_runtime(bench);
    uint64_t sent, got;

    return add_up(rt, all->sources, all->source_count, &sent) &&
           add_up(rt, all->nodes, all->node_count, &got) && got == sent * all->leaves;
}

const weft_scenario actors_scenario = {
    .name = "load", .setup = set_up, .run = arrive, .check = check};
