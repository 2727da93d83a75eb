/* lib/bench/watch.c: intervals, as the differences of what the ledger says.
 *
 * An interval ends when somebody looked, which may be late: its rates are to be had with the times
 * that it has, and one that was slept through is not made up. */
#include "lib/bench/watch.h"

#include <stdlib.h>

#include "lib/bench/inside.h"

int watch_init(struct watch *watch, weft_bench *bench)
{
    const weft_bench_options *options = &bench->options;

    *watch = (struct watch){
        .bench = bench,
        .room = (size_t)(options->duration_ns / options->interval_ns) + 1,
        .since_ns = options->warmup_ns,
        .next_ns = options->warmup_ns + options->interval_ns,
        .seen = weft_histogram_create(),
        .past = weft_histogram_create(),
    };
    watch->intervals = calloc(watch->room, sizeof *watch->intervals);
    if (watch->intervals == NULL || watch->seen == NULL || watch->past == NULL)
        return WEFT_ENOMEM;
    return WEFT_OK;
}

void watch_done(struct watch *watch)
{
    free(watch->intervals);
    weft_histogram_destroy(watch->seen);
    weft_histogram_destroy(watch->past);
}

/* Leaves in past what came in since: what was seen less what had been. */
static void take_difference(weft_histogram *past, const weft_histogram *seen)
{
    past->count = seen->count - past->count;
    past->sum = seen->sum - past->sum;
    past->most = 0;
    past->least = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        past->bucket[i] = seen->bucket[i] - past->bucket[i];
        if (past->bucket[i] > 0)
            past->most = bucket_middle(i);
    }
    if (past->most > seen->most)
        past->most = seen->most;
}

static void write_down(struct watch *watch, uint64_t now_ns)
{
    weft_bench_interval *interval = &watch->intervals[watch->count++];
    const weft_bench_options *options = &watch->bench->options;
    weft_histogram *times = watch->past;
    struct ledger_sums sums;

    ledger_read(watch->bench->ledger, &sums, watch->seen);
    take_difference(times, watch->seen);
    *interval = (weft_bench_interval){
        .from_ns = watch->since_ns - options->warmup_ns,
        .to_ns = now_ns - options->warmup_ns,
        .begun = sums.begun - watch->last.begun,
        .done = times->count,
        .failed = sums.failed - watch->last.failed,
        .backlog = sums.under_way,
        .p50_ns = weft_histogram_percentile(times, 50),
        .p90_ns = weft_histogram_percentile(times, 90),
        .p99_ns = weft_histogram_percentile(times, 99),
        .p999_ns = weft_histogram_percentile(times, 99.9),
        .worst_ns = times->most,
    };
    watch->past = watch->seen;
    watch->seen = times;
    watch->last = sums;
    watch->since_ns = now_ns;
    if (options->on_interval != NULL)
        options->on_interval(options->context, interval);
}

void watch_look(struct watch *watch, uint64_t now_ns)
{
    const weft_bench_options *options = &watch->bench->options;
    uint64_t end_ns = options->warmup_ns + options->duration_ns;

    if (now_ns < watch->next_ns)
        return;
    if (watch->count < watch->room)
        write_down(watch, now_ns);
    while (watch->next_ns <= now_ns)
        watch->next_ns += options->interval_ns;
    if (watch->next_ns > end_ns)
        watch->next_ns = WEFT_FOREVER;
}

static void *look_on(void *context)
{
    struct watch *watch = context;

    while (watch->next_ns != WEFT_FOREVER) {
        bench_sleep_until(watch->bench, watch->next_ns);
        watch_look(watch, bench_time(watch->bench));
    }
    return NULL;
}

int watch_start(struct watch *watch)
{
    return -pthread_create(&watch->thread, NULL, look_on, watch);
}

void watch_join(struct watch *watch)
{
    pthread_join(watch->thread, NULL);
}
