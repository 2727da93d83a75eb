/* test/support/unit_story.c: stories, gates and the probe. One lock guards them all. */
#include "test/support/unit_story.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXT = 2048 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char stories[STORIES][TEXT];
static weft_pid pids[STORIES];
static bool open_gates[GATES];

/* --- stories --- */

/* With the lock. What does not fit is cut, and so no story that a test expects. */
static void append(unsigned who, const char *format, va_list arguments)
{
    size_t length = strlen(stories[who]);

    if (length > 0 && length < TEXT - 3) {
        memcpy(stories[who] + length, ", ", 3);
        length += 2;
    }
    vsnprintf(stories[who] + length, TEXT - length, format, arguments);
    pthread_cond_broadcast(&changed);
}

static void append_text(unsigned who, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(who, format, arguments);
    va_end(arguments);
}

void story_tell(unsigned who, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    pthread_mutex_lock(&lock);
    append(who, format, arguments);
    pthread_mutex_unlock(&lock);
    va_end(arguments);
}

const char *story_of(unsigned who)
{
    static _Thread_local char copy[TEXT];

    pthread_mutex_lock(&lock);
    memcpy(copy, stories[who], TEXT);
    pthread_mutex_unlock(&lock);
    return copy;
}

/* Wakes up now and then to look at the time. With the lock. */
static bool wait_for_change(uint64_t until)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec++;
    pthread_cond_timedwait(&changed, &lock, &t);
    return wait_goes_on(until);
}

bool story_becomes(unsigned who, const char *expected)
{
    const uint64_t until = wait_begin();
    bool same;

    pthread_mutex_lock(&lock);
    do
        same = strcmp(stories[who], expected) == 0;
    while (!same && wait_for_change(until));
    pthread_mutex_unlock(&lock);
    return same;
}

void story_clear(void)
{
    pthread_mutex_lock(&lock);
    memset(stories, 0, sizeof stories);
    memset(pids, 0, sizeof pids);
    memset(open_gates, 0, sizeof open_gates);
    pthread_mutex_unlock(&lock);
}

/* --- gates --- */

void gate_pass(unsigned gate)
{
    pthread_mutex_lock(&lock);
    while (!open_gates[gate])
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

void gate_open(unsigned gate)
{
    pthread_mutex_lock(&lock);
    open_gates[gate] = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

bool gate_is_open(unsigned gate)
{
    bool is_open;

    pthread_mutex_lock(&lock);
    is_open = open_gates[gate];
    pthread_mutex_unlock(&lock);
    return is_open;
}

/* --- runtimes and actors --- */

static const char *const exits[] = {"normal",   "stopped", "killed", "failed",
                                    "shutdown", "drained", "linked"};

static void tell_exit(void *context, weft_pid pid, const weft_reason *reason)
{
    (void)context;
    pthread_mutex_lock(&lock);
    for (unsigned who = 0; who < STORIES; who++) {
        if (pids[who] != pid || pid == WEFT_NOBODY)
            continue;
        if (reason->exit == WEFT_EXIT_FAILED)
            append_text(who, "exit failed %d in %s: %s", reason->code,
                        reason->hook == WEFT_HOOK_INIT ? "init" : "step",
                        reason->text != NULL ? reason->text : "-");
        else
            append_text(who, "exit %s", exits[reason->exit]);
    }
    pthread_mutex_unlock(&lock);
}

weft_runtime *story_start_with(weft_options *options)
{
    weft_runtime *rt = NULL;

    if (options->on_exit == NULL)
        options->on_exit = tell_exit;
    if (options->actors_max == 0)
        options->actors_max = 1 << 16;
    cr_assert_eq(weft_start(&rt, options), 0);
    cr_assert_not_null(rt);
    return rt;
}

weft_runtime *story_start(unsigned workers)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    return story_start_with(&options);
}

void story_finish(weft_runtime *rt)
{
    cr_assert_eq(weft_finish(rt, WEFT_SEC(600)), 0);
}

/* The lock is held, so that no end is told before the story has its pid. */
weft_pid story_spawn(weft_runtime *rt, unsigned who, const weft_behavior *behavior,
                     const void *args)
{
    weft_pid pid = WEFT_NOBODY;
    int error;

    pthread_mutex_lock(&lock);
    error = weft_rt_spawn(rt, behavior, args, &pid);
    pids[who] = pid;
    pthread_mutex_unlock(&lock);
    cr_assert_eq(error, 0, "spawn: %s", weft_strerror(error));
    return pid;
}

weft_pid story_spawn_inside(weft_self *self, unsigned who, const weft_behavior *behavior,
                            const void *args)
{
    weft_pid pid = WEFT_NOBODY;
    int error;

    pthread_mutex_lock(&lock);
    error = weft_spawn(self, behavior, args, &pid);
    pids[who] = pid;
    pthread_mutex_unlock(&lock);
    cr_expect_eq(error, 0, "spawn: %s", weft_strerror(error));
    return pid;
}

weft_stats story_stats(const weft_runtime *rt)
{
    weft_stats stats;

    weft_stats_read(rt, &stats);
    return stats;
}

uint64_t story_dead_letters(const weft_runtime *rt)
{
    const weft_stats stats = story_stats(rt);
    uint64_t sum = 0;

    for (int i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        sum += stats.dead[i];
    return sum;
}

/* --- the probe --- */

static weft_next probe_init(weft_self *self, void *state, const void *args)
{
    struct probe *p = state;

    *p = *(const struct probe *)args;
    story_tell(p->who, "init");
    switch (p->init) {
    case PLAN_WAIT:
        gate_pass(p->gate);
        break;
    case PLAN_STOP:
        return weft_stop(self);
    case PLAN_FAIL:
        return weft_fail(self, 5, "as planned");
    default:
        break;
    }
    return weft_stay(self);
}

static weft_next probe_wait(weft_self *self, struct probe *p, unsigned gate)
{
    story_tell(p->who, "waits");
    gate_pass(gate);
    story_tell(p->who, "goes on");
    return weft_stay(self);
}

static weft_next probe_yield(weft_self *self, struct probe *p, unsigned gate)
{
    if (!p->yielding)
        story_tell(p->who, "yields");
    p->yielding = !gate_is_open(gate);
    if (p->yielding)
        return weft_yield(self);
    story_tell(p->who, "goes on");
    return weft_stay(self);
}

static weft_next probe_step(weft_self *self, void *state, weft_msg *msg)
{
    struct probe *p = state;
    unsigned word = (unsigned)weft_word(msg);

    switch (weft_tag(msg)) {
    case WAIT:
        return probe_wait(self, p, word);
    case YIELD:
        return probe_yield(self, p, word);
    case END:
        return weft_stop(self);
    case FAIL:
        return weft_fail(self, (int)word, "as told");
    case RETURN:
        return (int)word;
    default:
        story_tell(p->who, "step %u", word);
        return weft_stay(self);
    }
}

static void probe_stop(weft_self *self, void *state, const weft_reason *reason)
{
    const struct probe *p = state;

    (void)self;
    story_tell(p->who, "stop %s", exits[reason->exit]);
    if (p->stop == PLAN_WAIT)
        gate_pass(p->gate);
}

static void probe_destroy(void *state)
{
    const struct probe *p = state;

    story_tell(p->who, "destroy");
}

const weft_behavior probe = WEFT_BEHAVIOR(
    "probe", struct probe, probe_step, .init = probe_init, .stop = probe_stop,
    .destroy = probe_destroy, .args_size = sizeof(struct probe));
const weft_behavior probe_without_init =
    WEFT_BEHAVIOR("probe_without_init", struct probe, probe_step, .stop = probe_stop,
                  .destroy = probe_destroy, .args_size = sizeof(struct probe));
const weft_behavior probe_bare = WEFT_BEHAVIOR("probe_bare", struct probe, probe_step,
                                               .args_size = sizeof(struct probe));
