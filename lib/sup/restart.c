/* lib/sup/restart.c: how often, how soon, and who else. */
#include "lib/sup/sup.h"

#define DEFAULT_PERIOD_NS WEFT_SEC(5)
enum { DEFAULT_FACTOR = 2, DEFAULT_MOST = 100 };

/* --- how often --- */

/* A circle of the last restarts' times: the oldest is overwritten, if it is old enough. */
bool sup_may_restart(weft_self *self, struct sup *sup)
{
    struct sched *s = sched_of(worker_of(self));
    uint64_t period = sup->spec->period_ns, *oldest;

    sup->restarts++;
    if (sup->intensity == 0)
        return true;
    oldest = &sup->times[sup->next_time];
    if (*oldest != 0 && sched_until(s, *oldest) > 0)
        return false;
    *oldest = sched_deadline(s, period != 0 ? period : DEFAULT_PERIOD_NS);
    sup->next_time = (sup->next_time + 1) % sup->intensity;
    return true;
}

/* --- how soon --- */

static double longest(const weft_backoff *b)
{
    return b->most_ns != 0 ? (double)b->most_ns : DEFAULT_MOST * (double)b->least_ns;
}

static double shaken(weft_self *self, const weft_backoff *b, double wait)
{
    enum { STEPS = 1 << 20 };
    double by = 2.0 * (double)weft_random(self, STEPS) / STEPS - 1;

    return wait * (1 + b->jitter * by);
}

uint64_t sup_backoff(weft_self *self, struct sup *sup, struct sup_child *c)
{
    const weft_backoff *b = &sup->spec->backoff;
    struct sched *s = sched_of(worker_of(self));
    double wait = (double)b->least_ns,
           factor = b->factor > 0 ? b->factor : DEFAULT_FACTOR;

    if (c->settled != 0 && sched_until(s, c->settled) == 0)
        c->failures = 0;
    c->settled = 0;
    for (uint32_t i = 0; i < c->failures && wait < longest(b); i++)
        wait *= factor;
    c->failures++;
    if (wait > longest(b))
        wait = longest(b);
    return wait > 0 ? sched_deadline(s, (uint64_t)shaken(self, b, wait)) : 0;
}

void sup_begun(weft_self *self, struct sup *sup, struct sup_child *c)
{
    const weft_backoff *b = &sup->spec->backoff;
    uint64_t reset = b->reset_ns != 0 ? b->reset_ns : (uint64_t)longest(b);

    c->settled = sched_deadline(sched_of(worker_of(self)), reset);
}

/* --- who else --- */

void sup_to_stop(struct sup *sup, struct sup_child *c, bool again)
{
    if (c->status == WEFT_SUP_ABSENT || c->to_stop)
        return;
    if (c->status == WEFT_SUP_WAITING)
        sup_wait_no_more(sup, c);
    else
        sup->to_stop++;
    c->to_stop = c->status != WEFT_SUP_ABSENT;
    c->again = again;
}

/* A temporary child is not started again for another one's sake. */
void sup_apply(struct sup *sup, struct sup_child *c)
{
    struct sup_child *k = sup->spec->strategy == WEFT_ONE_FOR_ALL    ? sup->oldest
                          : sup->spec->strategy == WEFT_REST_FOR_ONE ? c->younger
                                                                     : NULL;

    for (; k != NULL; k = k->younger)
        if (k != c)
            sup_to_stop(sup, k, k->spec.restart != WEFT_TEMPORARY);
    c->again = true;
    sup->regroup = true;
}
