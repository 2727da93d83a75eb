/* sched/timer.c: setting timers, and looking at those that come up. */
#include "sched/timer.h"

#include "sched/await.h"
#include "sched/remote.h"

#include <weft/error.h>

/* The node of a timer: whose it is, and when it is to be looked at. */
static struct record timer_record(uint64_t id, uint64_t when)
{
    return (struct record){id, when, record_head(0, RECORD_TIMER, 0, 0), 0};
}

/* The first tick that begins behind it. */
static uint64_t tick_of(const struct node *n, void *context)
{
    const struct sched *s = context;

    return (n->record.from >> s->tick_shift) + 1;
}

static void show_due(struct domain *d)
{
    at_set(&d->due, wheel_next(&d->wheel)
                        << d->sched->tick_shift); /* relaxed: advisory */
}

static void put(struct domain *d, struct node *n)
{
    wheel_put(&d->wheel, n, tick_of(n, d->sched));
}

bool timer_arm(struct domain *d, struct task *t, uint64_t when)
{
    struct talk *k = &task_queue(d->sched, t)->talk;
    struct record r = timer_record(task_id(&d->sched->table, t), when);
    struct node *n;

    if (timer_suffices(k, when))
        return true;
    n = node_new(&d->stock.pool, &r);
    if (n == NULL)
        return false;
    k->armed = when;
    put(d, n);
    show_due(d);
    return true;
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

    if ((task_word(t) & (TASK_AWAITING | TASK_DUE)) == TASK_AWAITING &&
        q->talk.deadline != 0) {
        if (!is_past(q->talk.deadline, now))
            return earlier(next, q->talk.deadline);
        await_fail(d, t, WEFT_ETIMEDOUT);
    }
    return next;
}

/* Takes the node. It may be a stale one: the task has had an earlier one set since. A detached
 * task is looked at when it is back. */
static void look(struct domain *d, struct task *t, struct node *n, uint64_t now)
{
    struct mailq *q = task_queue(d->sched, t);

    if (q != NULL && q->talk.armed == n->record.from) {
        q->talk.armed = 0;
        if ((task_word(t) & (TASK_DETACHED | TASK_DYING)) == 0) {
            q->talk.armed = next_look(d, t, now);
            if (q->talk.armed != 0) {
                n->record.from = q->talk.armed;
                put(d, n);
                return;
            }
        }
    }
    node_free(&d->stock.pool, n);
}

/* Between two steps. */
static void look_and_rest(struct domain *d, struct task *t, struct node *n, uint64_t now)
{
    look(d, t, n, now);
    talk_rest(d, t);
}

void timer_rearm(struct domain *d, struct task *t)
{
    uint64_t when = next_look(d, t, sched_now(d->sched));

    if (when != 0 && !timer_arm(d, t, when))
        task_queue(d->sched, t)->talk.armed =
            0; /* no memory: the answers are waited for */
}

void timer_arrived(struct domain *d, struct task *t, struct node *n)
{
    look(d, t, n, sched_now(d->sched));
    show_due(d);
}

void timers_run(struct domain *d, uint64_t now)
{
    struct sched *s = d->sched;
    struct node *n = wheel_advance(&d->wheel, now >> s->tick_shift, tick_of, s), *next;

    for (; n != NULL; n = next) {
        struct task *t = task_at(&s->table, n->record.to);

        next = n->next;
        if (!task_is(t, n->record.to))
            node_free(&d->stock.pool, n);
        else if ((task_word(t) & OWNER_MASK) != d->mine) /* nor on its way here */
            push_mail(s, NULL, &d->stock, t, n, n);
        else
            look_and_rest(d, t, n, now);
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
