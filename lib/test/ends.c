/* lib/test/ends.c: how actors ended: on_exit writes it down, expectations look it up. */
#include "lib/test/kit.h"

#include <stdlib.h>
#include <string.h>

static struct kit_end **bucket(weft_test *t, weft_pid pid)
{
    return &t->ends[pid % KIT_BUCKETS];
}

static char *copy_of(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

static struct kit_end *end_new(weft_pid pid, const weft_reason *reason)
{
    struct kit_end *end = malloc(sizeof *end);

    if (end == NULL)
        return NULL;
    *end = (struct kit_end){.pid = pid, .reason = *reason, .text = copy_of(reason->text)};
    end->reason.text = end->text;
    return end;
}

void kit_on_exit(void *context, weft_pid pid, const weft_reason *reason)
{
    weft_test *t = context;
    struct kit_end *end = end_new(pid, reason);

    if (t->runtime.on_exit != NULL)
        t->runtime.on_exit(t->runtime.context, pid, reason);
    pthread_mutex_lock(&t->lock);
    t->ended++;
    t->lost |= end == NULL;
    if (end != NULL) {
        end->next = *bucket(t, pid);
        *bucket(t, pid) = end;
    }
    kit_tell(t);
    pthread_mutex_unlock(&t->lock);
}

void kit_ends_free(weft_test *t)
{
    for (int i = 0; i < KIT_BUCKETS; i++)
        while (t->ends[i] != NULL) {
            struct kit_end *end = t->ends[i];

            t->ends[i] = end->next;
            free(end->text);
            free(end);
        }
}

/* NULL: it has not ended, as far as is known. */
static const weft_reason *look_up(weft_test *t, weft_pid pid)
{
    struct kit_end *end;

    pthread_mutex_lock(&t->lock);
    for (end = *bucket(t, pid); end != NULL && end->pid != pid;)
        end = end->next;
    pthread_mutex_unlock(&t->lock);
    return end != NULL ? &end->reason : NULL;
}

static const weft_reason *await(struct kit_wait *w, weft_pid pid)
{
    const weft_reason *reason;
    uint64_t seen;
    bool more = true;

    for (;;) {
        seen = kit_news(w->test);
        reason = look_up(w->test, pid);
        if (reason != NULL || !more)
            return reason;
        more = kit_wait_news(w, seen);
    }
}

static void say_expected(struct kit_text *text, weft_pid pid)
{
    kit_say(text, "expected ");
    kit_say_pid(text, pid);
    kit_say(text, " to end");
}

static void say_missing(struct kit_text *text, const struct kit_wait *w, weft_pid pid)
{
    const weft_test *t = w->test;

    kit_say_time(text, w->timeout_ns);
    kit_say(text, !weft_rt_alive(t->rt, pid) ? "; there is no such actor"
                  : w->idle                  ? "; it lives, and no actor can run"
                                             : "; it lives");
}

static void say_came(struct kit_text *text, const weft_reason *reason)
{
    kit_say(text, "; its end: ");
    kit_say_end(text, reason->exit, reason->code);
    if (reason->hook == WEFT_HOOK_INIT && reason->exit == WEFT_EXIT_FAILED)
        kit_say(text, " in its init");
    if (reason->text != NULL)
        kit_say(text, ", \"%s\"", reason->text);
    kit_say(text, " (a \"%s\")", reason->behavior);
}

const weft_reason *weft_test_await_end(weft_test *test, weft_pid pid, uint64_t timeout_ns)
{
    struct kit_wait w = kit_wait_begin(test, timeout_ns);
    const weft_reason *reason = await(&w, pid);
    struct kit_text text = {0};

    if (reason == NULL) {
        say_expected(&text, pid);
        say_missing(&text, &w, pid);
        kit_fail(test, &text);
    }
    return reason;
}

bool weft_test_expect_end(weft_test *test, weft_pid pid, enum weft_exit_kind exit,
                          int code, uint64_t timeout_ns)
{
    struct kit_wait w = kit_wait_begin(test, timeout_ns);
    const weft_reason *reason = await(&w, pid);
    struct kit_text text = {0};

    if (reason != NULL && reason->exit == exit &&
        (exit != WEFT_EXIT_FAILED || reason->code == code))
        return true;
    say_expected(&text, pid);
    kit_say(&text, " ");
    kit_say_end(&text, exit, code);
    if (reason == NULL)
        say_missing(&text, &w, pid);
    else
        say_came(&text, reason);
    return kit_fail(test, &text);
}
