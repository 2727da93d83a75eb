/* sched/timer.c: setting timers, and looking at those that come up. */
#include "sched/timer.h"

#include "sched/adopt.h"
#include "sched/alarm.h"
#include "sched/await.h"
#include "sched/solo.h"

#include <weft/error.h>

static void show_due(struct domain *d)
{
    at_set(&d->due, wheel_next(&d->wheel)
                        << d->sched->tick_shift); /* relaxed: advisory */
}

/* In the first tick that begins behind it. */
static void put(struct domain *d, struct talk *k)
{
    wheel_put(&d->wheel, &k->timing->link, (k->armed >> d->sched->tick_shift) + 1);
}

static void set(struct domain *d, struct talk *k, uint64_t when)
{
    if (k->armed != 0)
        wheel_take(&d->wheel, &k->timing->link);
    k->armed = when;
    put(d, k);
}

bool timer_arm(struct domain *d, struct task *t, uint64_t when)
{
    struct mailq *q = task_queue(d->sched, t);

    if (timer_suffices(&q->talk, when))
        return true;
    if (timing_make(&d->stock.pool, q, t) == NULL)
        return false;
    set(d, &q->talk, when);
    show_due(d);
    return true;
}

void timer_disarm(struct domain *d, struct task *t)
{
    timer_leaves(d, t);
    task_queue(d->sched, t)->talk.armed = 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a == 0 ? b : b == 0 || is_past(a, b) ? a : b;
}

/* What the task still waits for; what it has waited for long enough, it is told. */
static uint64_t next_look(struct domain *d, struct task *t, uint64_t now)
{
    struct mailq *q = task_queue(d->sched, t);
    uint64_t next = q->talk.asks.used > 0 ? d->sched->ops->expire(d, t, now) : 0;

    next = earlier(next, alarms_ring(d, t, now));
    if ((task_word(t) & (TASK_AWAITING | TASK_DUE)) == TASK_AWAITING &&
        q->talk.deadline != 0) {
        if (!is_past(q->talk.deadline, now))
            return earlier(next, q->talk.deadline);
        await_fail(d, t, WEFT_ETIMEDOUT);
    } else if ((task_word(t) & TASK_ENDING) != 0 && q->talk.deadline != 0) {
        if (!is_past(q->talk.deadline, now))
            return earlier(next, q->talk.deadline);
        q->talk.deadline = 0;
        control_later(d, t); /* a child has had its time */
    }
    return next;
}

/* It has come out of the wheel. A detached task is looked at when it is back. */
static void look(struct domain *d, struct task *t, uint64_t now)
{
    struct talk *k = &task_queue(d->sched, t)->talk;
    uint64_t next;

    k->armed = 0;
    if ((task_word(t) & TASK_DETACHED) != 0)
        return;
    next = next_look(d, t, now);
    if (next != 0)
        set(d, k, next);
    else
        talk_rest(d, t);
}

void timer_rearm(struct domain *d, struct task *t)
{
    uint64_t when = next_look(d, t, sched_now(d->sched));

    if (when != 0)
        timer_arm(d, t, when); /* no memory: the answers are waited for */
}

void timer_leaves(struct domain *d, struct task *t)
{
    const struct mailq *q = task_queue(d->sched, t);

    if (q != NULL && q->talk.armed != 0)
        wheel_take(&d->wheel, &q->talk.timing->link);
}

COLD void timer_follows(struct domain *d, struct task *t, uint64_t word)
{
    struct mailq *q = task_queue(d->sched, t);

    if (q == NULL || q->talk.armed == 0)
        return;
    if (q->talk.timing->link.at != NULL)
        wheel_take(&domain_at(d->sched, word_domain(word))->wheel, &q->talk.timing->link);
    put(d, &q->talk);
    show_due(d);
}

/* A task whose alarms send much takes as long as that. */
void timers_run(struct domain *d, uint64_t now)
{
    struct sched *s = d->sched;
    struct wheel_link *link;

    for (unsigned n = 0; n < TIMERS_AT_ONCE; n++) {
        link = wheel_pop(&d->wheel, now >> s->tick_shift);
        if (link == NULL)
            break;
        look(d, timing_of_link(link)->task, now);
    }
    show_due(d);
}

uint64_t timers_until(const struct sched *s)
{
    uint64_t first = 0, now;

    for (uint32_t i = 0; i < s->n_domains; i++)
        first = earlier(
            first,
            at_peek(&((struct domain *)&s->domains[i])->due)); /* relaxed: advisory */
    if (first == 0)
        return 0;
    now = sched_now(s);
    return is_past(first, now) ? 1 : sched_until(s, first) + 1;
}
