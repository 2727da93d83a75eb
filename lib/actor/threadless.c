/* lib/actor/threadless.c: a runtime that is run by its caller, and the descriptor that says
 * when there is something to run.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   TL1 wanted: exchange acq_rel -> TL2: the work is visible before its runner looks for it
 *   TL2 begin:  exchange acq_rel -> TL1: behind the reading of the descriptor: whoever finds
 *               it still wanted has made work that this run finds
 * Relaxed: wanted (a hint how long to sleep; the descriptor decides). */
#include "lib/actor/threadless.h"

#include "lib/actor/simulated.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { STEPS = 1000 };

int threadless_init(weft_runtime *rt)
{
    rt->wake_fd = -1;
    if (!rt->options.threadless)
        return WEFT_OK;
    rt->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return rt->wake_fd >= 0 ? WEFT_OK : -errno;
}

void threadless_done(weft_runtime *rt)
{
    if (rt->wake_fd >= 0)
        close(rt->wake_fd);
}

/* One write for each time that somebody comes to look. */
void threadless_want(weft_runtime *rt)
{
    if (rt->wake_fd >= 0 && !at_exchange(&rt->wanted, true, acq_rel, TL1))
        (void)eventfd_write(rt->wake_fd, 1);
}

void threadless_wanted(struct sched *s)
{
    threadless_want(runtime_of(s));
}

int weft_run_once(weft_runtime *rt, unsigned steps_max)
{
    eventfd_t count;
    int ran;

    if (is_simulated(rt))
        return weft_sim_play(rt, steps_max != 0 ? steps_max : STEPS, UINT64_MAX);
    if (!rt->options.threadless || !sched_drive_begin(rt->sched))
        return WEFT_EPLACE;
    (void)eventfd_read(rt->wake_fd, &count); /* it fails only if it is clear already */
    (void)at_exchange(&rt->wanted, false, acq_rel, TL2);
    if (steps_max == 0)
        steps_max = STEPS;
    ran = (int)sched_drive(rt->sched, steps_max < INT_MAX / 2 ? steps_max : INT_MAX / 2);
    sched_drive_end(rt->sched);
    return ran;
}

int weft_wake_fd(const weft_runtime *rt)
{
    return rt->options.threadless ? rt->wake_fd : WEFT_EPLACE;
}

uint64_t weft_wait_ns(const weft_runtime *rt)
{
    if (is_simulated(rt))
        return simulated_wait_ns(rt);
    /* relaxed: see above */
    return at_peek(&((weft_runtime *)(uintptr_t)rt)->wanted) ? 0
                                                             : sched_wait_ns(rt->sched);
}

static struct timespec span(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / WEFT_SEC(1)), (long)(ns % WEFT_SEC(1))};
}

void threadless_rest(weft_runtime *rt, int fd, uint64_t ns)
{
    enum { AGAIN_NS = 1000000 }; /* when another thread runs the actors */
    struct pollfd fds[] = {{.fd = rt->wake_fd, .events = POLLIN},
                           {.fd = fd, .events = POLLIN}};
    uint64_t most;
    struct timespec t;
    int ran;

    if (is_simulated(rt)) {
        (void)simulated_rest(rt, ns);
        return;
    }
    ran = weft_run_once(rt, STEPS);
    most = ran < 0 ? AGAIN_NS : weft_wait_ns(rt);
    if (ran > 0)
        return;
    if (ran < 0)
        fds[0].fd = -1;
    if (most < ns)
        ns = most;
    t = span(ns);
    (void)ppoll(fds, 2, ns != WEFT_FOREVER ? &t : NULL, NULL);
}
