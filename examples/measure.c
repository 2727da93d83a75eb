/* measure.c: how long do answers take? A scenario of one's own, measured.
 *
 *   weft_bench_run ---ask---> shelf  shelf  shelf ...   each keeps some of the counters
 *                                \-- weft_bench_done
 *
 * An operation adds to a counter. They are due at random times, 20,000 in a second, whether or
 * not those before them are over; how long each took is counted from when it was due. In the end
 * the counters have to add up. */
#include <inttypes.h>
#include <stdio.h>

#include <weft.h>
#include <weft/bench.h>

enum { TAG_ADD = 1, TAG_HOW_MANY, SHELVES = 8 };

/* --- what is measured --- */

struct shelf {
    weft_bench *bench; /* the args */
    uint64_t counter;
};

static weft_next keeping(weft_self *self, void *state, weft_msg *msg)
{
    struct shelf *shelf = state;

    if (weft_tag(msg) == TAG_ADD) {
        shelf->counter++;
        weft_bench_done(shelf->bench, weft_word(msg));
    } else {
        weft_reply_word(self, msg, TAG_HOW_MANY, shelf->counter);
    }
    return weft_stay(self);
}

static const weft_behavior shelf =
    WEFT_BEHAVIOR("shelf", struct shelf, keeping, .args_size = sizeof(weft_bench *));

/* --- the scenario --- */

struct store {
    weft_pid shelves[SHELVES];
    uint64_t asked;
};

static int set_up(weft_bench *bench, void *context)
{
    struct store *store = context;
    int error = 0;

    for (int i = 0; i < SHELVES && error == 0; i++)
        error =
            weft_rt_spawn(weft_bench_runtime(bench), &shelf, &bench, &store->shelves[i]);
    return error;
}

static int add(weft_bench *bench, void *context, weft_op op)
{
    struct store *store = context;

    return weft_rt_cast_word(weft_bench_runtime(bench),
                             store->shelves[store->asked++ % SHELVES], TAG_ADD, op);
}

static bool adds_up(weft_bench *bench, void *context)
{
    struct store *store = context;
    uint64_t sum = 0, counter;

    for (int i = 0; i < SHELVES; i++) {
        if (weft_rt_await_word(weft_bench_runtime(bench), store->shelves[i],
                               weft_signal(TAG_HOW_MANY), WEFT_SEC(5), &counter) < 0)
            return false;
        sum += counter;
    }
    return sum == store->asked;
}

static const weft_scenario scenario = {
    .name = "store", .setup = set_up, .run = add, .check = adds_up};

/* --- the run --- */

static void print(const weft_bench_result *result)
{
    static const double percents[] = {50, 90, 99, 99.9};

    printf("%" PRIu64 " operations, %.0f in a second, %" PRIu64 " failed\n", result->done,
           result->rate, result->failed + result->unfinished);
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++)
        printf("  %4g %% within %7.1f us\n", percents[i],
               (double)weft_histogram_percentile(result->latency, percents[i]) / 1e3);
    printf("  the slowest  %7.1f us\n",
           (double)weft_histogram_most(result->latency) / 1e3);
}

int main(void)
{
    weft_bench_options options;
    weft_bench_result result;
    struct store store = {.asked = 0};
    bool right;
    int error;

    weft_bench_options_init(&options);
    options.duration_ns = WEFT_MS(500);
    options.warmup_ns = WEFT_MS(100);
    options.arrivals.rate = 20000;
    options.arrivals.random = true;
    options.context = &store;
    error = weft_bench_run(&scenario, &options, &result);
    if (error < 0) {
        fprintf(stderr, "weft: %s\n", weft_strerror(error));
        return 1;
    }
    print(&result);
    right = result.right && result.failed + result.unfinished == 0;
    weft_bench_result_done(&result);
    return right ? 0 : 1;
}
