/* filterbank: numbers go through CHANNELS pipelines at the same time, each of a delay, a filter
 * of COLUMNS coefficients, a sampler, and a delay and a filter again; an integrator puts what
 * belongs together in one row, and a combiner adds a row up.
 *
 * The end of a stage is told to the next one. */
#include <stdlib.h>

#include "bench/savina/queue.h"
#include "bench/savina/savina.h"

enum { GO, NEXT, BOOT, VALUE, SOURCED, ROW, EXIT };
enum { COLUMNS, SIMULATIONS, CHANNELS };

#define SOURCE_VALUES 1000u /* the source counts up to this, and begins again */
#define CHANNELS_MAX  33u

#define SOURCED_FIELDS(F) F(uint64_t, channel) F(double, value)
#define ROW_FIELDS(F)     F(double, value[CHANNELS_MAX])
WEFT_MESSAGE(sourced, SOURCED, SOURCED_FIELDS)
WEFT_BLOCK(row, ROW, ROW_FIELDS, NULL)

/* The coefficients of a channel's first and second filter. */
static double coefficient_h(uint64_t columns, uint64_t channels, uint64_t channel,
                            uint64_t i)
{
    return (double)(i * columns + channel * channels + channel + i + channel + 1);
}

static double coefficient_f(uint64_t channel, uint64_t i)
{
    return (double)(i * channel + channel * channel + channel + i);
}

static weft_next end_stage(weft_self *self, weft_pid next)
{
    weft_cast(self, next, weft_signal(EXIT));
    return weft_stop(self);
}

static void give(weft_self *self, weft_pid next, double value)
{
    weft_cast_word(self, next, VALUE, savina_word(value));
}

/* --- a delay: gives what it got `length` values ago --- */

struct delay {
    weft_pid next;
    uint64_t length;
    uint64_t at;
    double *value;
};

static weft_next delay_init(weft_self *self, void *state, const void *args)
{
    struct delay *delay = state;

    *delay = *(const struct delay *)args;
    delay->value = savina_alloc(delay->length, sizeof *delay->value);
    return weft_stay(self);
}

static void delay_destroy(void *state)
{
    free(((struct delay *)state)->value);
}

static weft_next delay_step(weft_self *self, void *state, weft_msg *msg)
{
    struct delay *delay = state;

    if (weft_tag(msg) == EXIT)
        return end_stage(self, delay->next);
    give(self, delay->next, delay->value[delay->at]);
    delay->value[delay->at] = savina_number(weft_word(msg));
    delay->at = (delay->at + 1) % delay->length;
    return weft_stay(self);
}

static const weft_behavior delay_behavior =
    WEFT_BEHAVIOR("delay", struct delay, delay_step, .init = delay_init,
                  .destroy = delay_destroy, .args_size = sizeof(struct delay));

/* --- a filter: gives a weighted sum of the last `length` values --- */

struct filter {
    weft_pid next;
    uint64_t length;
    uint64_t channel;
    uint64_t channels;
    bool first; /* of its channel's two */
    bool full;
    uint64_t at;
    double *value; /* the next one takes the oldest one's place; weights stay in theirs */
    double *weight;
};

static weft_next filter_init(weft_self *self, void *state, const void *args)
{
    struct filter *filter = state;

    *filter = *(const struct filter *)args;
    filter->value = savina_alloc(filter->length, sizeof *filter->value);
    filter->weight = savina_alloc(filter->length, sizeof *filter->weight);
    for (uint64_t i = 0; i < filter->length; i++)
        filter->weight[filter->length - 1 - i] =
            filter->first
                ? coefficient_h(filter->length, filter->channels, filter->channel, i)
                : coefficient_f(filter->channel, i);
    return weft_stay(self);
}

static void filter_destroy(void *state)
{
    struct filter *filter = state;

    free(filter->value);
    free(filter->weight);
}

static double weigh(const struct filter *filter)
{
    double sum = 0;

    for (uint64_t i = 0; i < filter->length; i++)
        sum += filter->value[i] * filter->weight[i];
    return sum;
}

static weft_next filter_step(weft_self *self, void *state, weft_msg *msg)
{
    struct filter *filter = state;

    if (weft_tag(msg) == EXIT)
        return end_stage(self, filter->next);
    filter->value[filter->at] = savina_number(weft_word(msg));
    filter->at = (filter->at + 1) % filter->length;
    filter->full = filter->full || filter->at == 0;
    if (filter->full)
        give(self, filter->next, weigh(filter));
    return weft_stay(self);
}

static const weft_behavior filter_behavior =
    WEFT_BEHAVIOR("filter", struct filter, filter_step, .init = filter_init,
                  .destroy = filter_destroy, .args_size = sizeof(struct filter));

/* --- a sampler: lets one value in `rate` through, and zeros for the others --- */

struct sampler {
    weft_pid next;
    uint64_t rate;
    uint64_t received;
};

static weft_next sample(weft_self *self, void *state, weft_msg *msg)
{
    struct sampler *sampler = state;

    if (weft_tag(msg) == EXIT)
        return end_stage(self, sampler->next);
    give(self, sampler->next,
         sampler->received == 0 ? savina_number(weft_word(msg)) : 0.0);
    sampler->received = (sampler->received + 1) % sampler->rate;
    return weft_stay(self);
}

static const weft_behavior sampler_behavior =
    WEFT_BEHAVIOR("sampler", struct sampler, sample, .args_size = sizeof(struct sampler));

/* --- the end of a channel: writes its number on what comes --- */

struct tagger {
    weft_pid next;
    uint64_t channel;
};

static weft_next tag_value(weft_self *self, void *state, weft_msg *msg)
{
    struct tagger *tagger = state;

    if (weft_tag(msg) == EXIT)
        return end_stage(self, tagger->next);
    weft_cast(self, tagger->next,
              sourced_msg(tagger->channel, savina_number(weft_word(msg))));
    return weft_stay(self);
}

static const weft_behavior tagger_behavior =
    WEFT_BEHAVIOR("tagger", struct tagger, tag_value, .args_size = sizeof(struct tagger));

/* --- a bank: the beginning of a channel, which makes the rest of it, from its end --- */

struct bank {
    weft_pid next;
    uint64_t channel;
    uint64_t channels;
    uint64_t columns;
};

static weft_pid half_channel(weft_self *self, const struct bank *bank, weft_pid next,
                             bool first)
{
    struct filter filter = {.next = next,
                            .length = bank->columns,
                            .channel = bank->channel,
                            .channels = bank->channels,
                            .first = first};
    struct delay delay = {.next = savina_spawn(self, &filter_behavior, &filter),
                          .length = bank->columns - 1};

    return savina_spawn(self, &delay_behavior, &delay);
}

static weft_next bank_init(weft_self *self, void *state, const void *args)
{
    struct bank *bank = state;
    struct tagger tagger = {0};
    struct sampler sampler = {0};

    *bank = *(const struct bank *)args;
    tagger = (struct tagger){bank->next, bank->channel};
    sampler.rate = bank->columns;
    sampler.next =
        half_channel(self, bank, savina_spawn(self, &tagger_behavior, &tagger), false);
    bank->next =
        half_channel(self, bank, savina_spawn(self, &sampler_behavior, &sampler), true);
    return weft_stay(self);
}

static weft_next bank_step(weft_self *self, void *state, weft_msg *msg)
{
    struct bank *bank = state;

    if (weft_tag(msg) == EXIT)
        return end_stage(self, bank->next);
    weft_cast(self, bank->next, weft_take(self, msg));
    return weft_stay(self);
}

static const weft_behavior bank_behavior = WEFT_BEHAVIOR(
    "bank", struct bank, bank_step, .init = bank_init, .args_size = sizeof(struct bank));

/* --- branches: give each value to all banks --- */

struct branches {
    weft_pid integrator;
    uint64_t channels;
    uint64_t columns;
    weft_pid bank[CHANNELS_MAX];
};

static weft_next branches_init(weft_self *self, void *state, const void *args)
{
    struct branches *branches = state;
    struct bank bank = {0};

    *branches = *(const struct branches *)args;
    bank = (struct bank){.next = branches->integrator,
                         .channels = branches->channels,
                         .columns = branches->columns};
    for (; bank.channel < branches->channels; bank.channel++)
        branches->bank[bank.channel] = savina_spawn(self, &bank_behavior, &bank);
    return weft_stay(self);
}

static weft_next branch(weft_self *self, void *state, weft_msg *msg)
{
    struct branches *branches = state;
    bool over = weft_tag(msg) == EXIT;

    for (uint64_t i = 0; i < branches->channels; i++)
        weft_cast_word(self, branches->bank[i], weft_tag(msg), weft_word(msg));
    return over ? weft_stop(self) : weft_stay(self);
}

static const weft_behavior branches_behavior =
    WEFT_BEHAVIOR("branches", struct branches, branch, .init = branches_init,
                  .args_size = sizeof(struct branches));

/* --- the integrator: a row is complete when every channel has a value for it --- */

struct integrator {
    weft_pid next;
    uint64_t channels;
    uint64_t exits;
    struct queue value[CHANNELS_MAX];
};

static void integrator_destroy(void *state)
{
    struct integrator *integrator = state;

    for (unsigned i = 0; i < CHANNELS_MAX; i++)
        queue_done(&integrator->value[i]);
}

static bool has_row(const struct integrator *integrator)
{
    for (uint64_t i = 0; i < integrator->channels; i++) {
        if (integrator->value[i].count == 0)
            return false;
    }
    return true;
}

static weft_next integrate(weft_self *self, void *state, weft_msg *msg)
{
    struct integrator *integrator = state;
    struct sourced sourced;
    struct row row = {{0}};

    if (!sourced_get(msg, &sourced))
        return ++integrator->exits < integrator->channels
                   ? weft_stay(self)
                   : end_stage(self, integrator->next);
    queue_push(&integrator->value[sourced.channel], savina_word(sourced.value));
    if (!has_row(integrator))
        return weft_stay(self);
    for (uint64_t i = 0; i < integrator->channels; i++)
        row.value[i] = savina_number(queue_pop(&integrator->value[i]));
    weft_cast(self, integrator->next, row_msg(&row));
    return weft_stay(self);
}

static const weft_behavior integrator_behavior = WEFT_BEHAVIOR(
    "integrator", struct integrator, integrate, .destroy = integrator_destroy,
    .args_size = offsetof(struct integrator, exits));

/* --- the combiner --- */

struct combiner {
    weft_pid next;
};

static double sum_of(const struct row *row)
{
    double sum = 0;

    for (unsigned i = 0; i < CHANNELS_MAX; i++)
        sum += row->value[i];
    return sum;
}

static weft_next combine(weft_self *self, void *state, weft_msg *msg)
{
    struct combiner *combiner = state;
    const struct row *row = row_see(msg);

    if (row == NULL)
        return end_stage(self, combiner->next);
    give(self, combiner->next, sum_of(row));
    return weft_stay(self);
}

static const weft_behavior combiner_behavior = WEFT_BEHAVIOR(
    "combiner", struct combiner, combine, .args_size = sizeof(struct combiner));

/* --- the source, and the producer that asks it for each value --- */

struct source {
    weft_pid next;
    uint64_t value;
};

static weft_next source_step(weft_self *self, void *state, weft_msg *msg)
{
    struct source *source = state;

    if (weft_tag(msg) == EXIT)
        return end_stage(self, source->next);
    give(self, source->next, (double)source->value);
    source->value = (source->value + 1) % SOURCE_VALUES;
    weft_reply(self, msg, weft_signal(NEXT));
    return weft_stay(self);
}

static const weft_behavior source_behavior = WEFT_BEHAVIOR(
    "source", struct source, source_step, .args_size = sizeof(struct source));

struct producer {
    weft_pid source;
    uint64_t left;
};

/* Called with GO, then with every NEXT. */
static weft_next produce(weft_self *self, void *state, weft_msg *msg)
{
    struct producer *producer = state;

    (void)msg;
    if (producer->left == 0)
        return end_stage(self, producer->source);
    producer->left--;
    weft_cast(self, producer->source, weft_signal(BOOT));
    return weft_stay(self);
}

static const weft_behavior producer_behavior = WEFT_BEHAVIOR(
    "producer", struct producer, produce, .args_size = sizeof(struct producer));

/* --- the root, which is the sink --- */

struct root {
    struct savina_run *run;
    uint64_t count;
    double sum;
};

/* What a channel's first filter says when it has got `columns + m` values: it has had columns -
 * 1 zeros, then what the source says. A value's place goes by when it came. */
static double first_filter(const uint64_t *param, uint64_t channel, uint64_t m)
{
    uint64_t columns = param[COLUMNS], last = columns - 1 + m;
    double sum = 0;

    for (uint64_t i = 0; i < columns; i++) {
        uint64_t came = last - (last - i) % columns;
        uint64_t value = came < columns - 1 ? 0 : (came - (columns - 1)) % SOURCE_VALUES;

        sum += (double)value *
               coefficient_h(columns, param[CHANNELS], channel, columns - 1 - i);
    }
    return sum;
}

/* Of the values that the second filter gets all but one in `columns` are 0, and that one always
 * lies in its last place. So its j-th `columns` sums are the j-th sample times one weight. */
static double sink_value(const uint64_t *param, uint64_t j)
{
    struct row row = {{0}};

    for (uint64_t i = 0; i < param[CHANNELS]; i++)
        row.value[i] = first_filter(param, i, j * param[COLUMNS]) * coefficient_f(i, 0);
    return sum_of(&row);
}

static bool is_right(const struct root *root)
{
    const uint64_t *param = root->run->param;
    uint64_t columns = param[COLUMNS], filled = 2 * (columns - 1);
    uint64_t count = param[SIMULATIONS] > filled ? param[SIMULATIONS] - filled : 0;
    double sum = 0, value = 0;

    for (uint64_t i = 0; i < count; i++) {
        if (i % columns == 0)
            value = sink_value(param, i / columns);
        sum += value;
    }
    return count > 0 && root->count == count && root->sum == sum;
}

static weft_next sink(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;

    if (weft_tag(msg) == EXIT) {
        savina_end(root->run);
        return savina_result(self, root->run, is_right(root));
    }
    root->count++;
    root->sum += savina_number(weft_word(msg));
    return weft_stay(self);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    const uint64_t *param = root->run->param;
    struct combiner combiner = {weft_self_pid(self)};
    struct integrator integrator = {.channels = param[CHANNELS]};
    struct branches branches = {.channels = param[CHANNELS], .columns = param[COLUMNS]};
    struct source source = {0};
    struct producer producer = {.left = param[SIMULATIONS]};

    (void)msg;
    savina_begin(root->run);
    integrator.next = savina_spawn(self, &combiner_behavior, &combiner);
    branches.integrator = savina_spawn(self, &integrator_behavior, &integrator);
    source.next = savina_spawn(self, &branches_behavior, &branches);
    producer.source = savina_spawn(self, &source_behavior, &source);
    weft_cast(self, savina_spawn(self, &producer_behavior, &producer), weft_signal(GO));
    return weft_become(self, sink);
}

static const weft_behavior root_behavior = SAVINA_ROOT("sink", struct root, start);

const struct savina savina_filterbank = {
    .name = "filterbank",
    .what = "pipelines that split and join",
    .param = {[COLUMNS] = {"columns", 16384, 32, .power = 2},
              [SIMULATIONS] = {"simulations", 34816, 150, .power = 2},
              [CHANNELS] = {"channels", 8, 3, .power = 0}},
    .root = &root_behavior,
};
