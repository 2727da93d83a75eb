/* lib/test/test.c: a test: its runtime, its beginning, its end. */
#include "lib/test/kit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void weft_test_options_init(weft_test_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->timeout_ns = WEFT_TEST_TIMEOUT;
}

/* --- beginning --- */

/* What the program set, of what its header knew. */
static void set_options(weft_test *t, const weft_test_options *options)
{
    weft_test_options_init(&t->options);
    if (options != NULL)
        memcpy(&t->options, options,
               options->size < sizeof t->options ? options->size : sizeof t->options);
    if (t->options.timeout_ns == 0)
        t->options.timeout_ns = WEFT_TEST_TIMEOUT;
}

static void set_runtime(weft_test *t)
{
    const weft_options *given = t->options.runtime;

    weft_options_init(&t->runtime);
    if (given != NULL) {
        memcpy(&t->runtime, given,
               given->size < sizeof t->runtime ? given->size : sizeof t->runtime);
    } else {
        t->runtime.threadless = true;
        t->runtime.seed = 1;
    }
    t->options.runtime = NULL; /* it is the program's */
}

static void on_stuck(void *context, const weft_stuck_info *stuck)
{
    const weft_test *t = context;

    t->runtime.on_stuck(t->runtime.context, stuck);
}

static void lock_init(weft_test *t)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&t->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&t->changed, &attr);
    pthread_condattr_destroy(&attr);
}

static void test_destroy(weft_test *t)
{
    kit_mocks_free(t);
    kit_ends_free(t);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

int weft_test_start(weft_test **ret_test, const weft_test_options *options)
{
    weft_test *t = calloc(1, sizeof *t);
    weft_options runtime;
    int error;

    *ret_test = NULL;
    if (t == NULL)
        return WEFT_ENOMEM;
    lock_init(t);
    set_options(t, options);
    set_runtime(t);
    runtime = t->runtime;
    runtime.on_exit = kit_on_exit;
    runtime.on_dead_letter = kit_on_dead_letter;
    runtime.on_stuck = t->runtime.on_stuck != NULL ? on_stuck : NULL;
    runtime.context = t;
    error = weft_start(&t->rt, &runtime);
    if (error < 0)
        test_destroy(t);
    else
        *ret_test = t;
    return error;
}

weft_runtime *weft_test_runtime(const weft_test *test)
{
    return test->rt;
}

/* --- the end --- */

/* Nothing was lost: who was made has ended, and was reported. */
static bool conserved(weft_test *t)
{
    struct kit_text text = {0};
    weft_stats stats;
    uint64_t reported;
    bool lost;

    weft_stats_read(t->rt, &stats);
    pthread_mutex_lock(&t->lock);
    reported = t->ended;
    lost = t->lost;
    pthread_mutex_unlock(&t->lock);
    if (stats.spawned == stats.ended && stats.ended == reported && !lost)
        return true;
    kit_say(&text,
            "expected each actor to end once; %" PRIu64 " were made, %" PRIu64
            " ended, %" PRIu64 " ends were reported%s",
            stats.spawned, stats.ended, reported, lost ? ", not all noted" : "");
    return kit_fail(t, &text);
}

static void say_living(const weft_test *t, struct kit_text *text)
{
    enum { SHOWN = 4 };
    weft_cursor cursor = {0};
    weft_actor_info info = {.size = sizeof info};
    weft_pid pid;
    int n = 0;

    while (n < SHOWN && (pid = weft_actor_next(t->rt, &cursor)) != WEFT_NOBODY)
        if (weft_actor_read(t->rt, pid, &info) == 0) {
            kit_say(text, n++ == 0 ? "; there live " : ", ");
            kit_say_pid(text, pid);
            kit_say(text, " (a \"%s\")", info.behavior);
        }
}

bool weft_test_stop(weft_test *test)
{
    struct kit_text text = {0};
    int error = weft_stop_all(test->rt, test->options.timeout_ns);

    if (error == 0)
        return conserved(test);
    kit_say(&text, "expected all actors to end");
    kit_say_time(&text, test->options.timeout_ns);
    say_living(test, &text);
    return kit_fail(test, &text);
}

int weft_test_free(weft_test *test)
{
    int error;

    if (test == NULL)
        return WEFT_OK;
    error = weft_stop_all(test->rt, test->options.timeout_ns);
    if (error < 0)
        return error;
    kit_probes_close(test);
    kit_mocks_reset(test);
    error = weft_finish(test->rt, test->options.timeout_ns);
    if (error == 0)
        test_destroy(test);
    return error;
}
