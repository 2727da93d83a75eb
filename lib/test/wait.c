/* lib/test/wait.c: time limits, and letting actors run meanwhile.
 *
 * All that the kit knows of time is here: clock_ns, and the three ways to sleep behind it. */
#include "lib/test/kit.h"

#include <poll.h>
#include <time.h>

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * WEFT_SEC(1) + (uint64_t)now.tv_nsec;
}

static struct timespec span(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / WEFT_SEC(1)), (long)(ns % WEFT_SEC(1))};
}

struct kit_wait kit_wait_for(weft_test *t, uint64_t ns)
{
    return (struct kit_wait){.test = t, .began = clock_ns(), .timeout_ns = ns};
}

struct kit_wait kit_wait_begin(weft_test *t, uint64_t timeout_ns)
{
    return kit_wait_for(t, timeout_ns != 0 ? timeout_ns : t->options.timeout_ns);
}

/* 0: the time is over. */
static uint64_t time_left(const struct kit_wait *w)
{
    uint64_t spent = clock_ns() - w->began;

    return w->timeout_ns == WEFT_FOREVER ? WEFT_FOREVER
           : spent < w->timeout_ns       ? w->timeout_ns - spent
                                         : 0;
}

/* --- without threads --- */

/* Until another thread sent something, or a timer is due. */
static void sleep_ns(weft_test *t, uint64_t ns)
{
    enum { LOOK_AGAIN_NS = 1000000 }; /* mail for a probe does not ring */
    struct pollfd wake = {.fd = weft_wake_fd(t->rt), .events = POLLIN};
    struct timespec most =
        span(t->options.patient && ns > LOOK_AGAIN_NS ? LOOK_AGAIN_NS : ns);

    (void)ppoll(&wake, 1, &most, NULL);
}

static bool drive(struct kit_wait *w)
{
    weft_test *t = w->test;
    int ran = weft_run_once(t->rt, 0);
    uint64_t left = time_left(w), rest = weft_wait_ns(t->rt);

    if (left == 0 || ran > 0)
        return left > 0;
    w->idle = ran == 0 && rest >= left && !t->options.patient;
    if (!w->idle)
        sleep_ns(t, rest < left ? rest : left);
    return !w->idle;
}

bool weft_test_settle(weft_test *test, uint64_t timeout_ns)
{
    struct kit_wait w = kit_wait_begin(test, timeout_ns);
    struct kit_text text = {0};
    int ran = 0;

    if (!test->runtime.threadless)
        return true;
    do
        ran = weft_run_once(test->rt, 0);
    while (ran > 0 && time_left(&w) > 0);
    if (ran == 0)
        return true;
    kit_say(&text, "expected all actors to come to rest");
    kit_say_time(&text, w.timeout_ns);
    kit_say(&text, "; some can still run");
    return kit_fail(test, &text);
}

/* --- waiting --- */

bool kit_wait_port(struct kit_wait *w, weft_port *port, weft_msg **ret_msg)
{
    *ret_msg = NULL;
    if (w->test->runtime.threadless)
        return drive(w);
    return weft_port_wait(port, time_left(w), ret_msg) == 0;
}

static bool wait_for_change(struct kit_wait *w, uint64_t seen)
{
    weft_test *t = w->test;
    uint64_t left = time_left(w);
    struct timespec until =
        span(clock_ns() + (left < WEFT_SEC(3600) ? left : WEFT_SEC(3600)));
    int error = 0;
    bool more;

    pthread_mutex_lock(&t->lock);
    while (t->news == seen && error == 0)
        error = pthread_cond_timedwait(&t->changed, &t->lock, &until);
    more = t->news != seen;
    pthread_mutex_unlock(&t->lock);
    return more && left > 0;
}

bool kit_wait_news(struct kit_wait *w, uint64_t seen)
{
    return w->test->runtime.threadless ? drive(w) : wait_for_change(w, seen);
}

void kit_tell(weft_test *t)
{
    t->news++;
    pthread_cond_broadcast(&t->changed);
}

uint64_t kit_news(weft_test *t)
{
    uint64_t news;

    pthread_mutex_lock(&t->lock);
    news = t->news;
    pthread_mutex_unlock(&t->lock);
    return news;
}
