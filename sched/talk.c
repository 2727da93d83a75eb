/* sched/talk.c: what steps do with what their task has asked, owes, and has stashed.
 *
 * All of it hangs on the task's mailq. A step that has lost its domain finds one: whoever took
 * note of the step has made it (sched/rescue.c), and leaves these parts alone. */
#include "sched/await.h"
#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/send.h"
#include "sched/timer.h"
#include "sched/turn.h"

struct task *sched_running_task(struct worker *w)
{
    return worker_task(w, sched_running(w));
}

static struct talk_part part_of(struct mailq *q)
{
    return (struct talk_part){&q->talk.asks, &q->talk.debts, &q->talk.ties,
                              q->stash.count};
}

bool sched_talk(struct worker *w, struct stock *stock, struct talk_part *part)
{
    return sched_talk_make(w->sched, stock, sched_running_task(w), part);
}

bool sched_handles_answer(struct worker *w)
{
    return w->reply_step != NULL;
}

bool sched_talk_make(struct sched *s, struct stock *stock, struct task *t,
                     struct talk_part *part)
{
    (void)s;
    if (t->cold.queue == NULL)
        t->cold.queue = mailq_new(&stock->pool);
    if (t->cold.queue == NULL)
        return false;
    *part = part_of(t->cold.queue);
    return true;
}

bool sched_talk_of(struct sched *s, struct task *t, struct talk_part *part)
{
    struct mailq *q = task_queue(s, t);

    if (q != NULL)
        *part = part_of(q);
    return q != NULL;
}

bool sched_make_room(struct worker *w)
{
    bool lane;
    struct stock *stock = stock_enter(w, &lane);
    struct talk_part part;
    bool ok = sched_talk(w, stock, &part);

    if (ok) {
        struct mailq *q = task_queue(w->sched, sched_running_task(w));

        if (q->aside == NULL)
            q->aside = aside_new(&stock->pool);
        ok = q->aside != NULL;
    }
    stock_leave(w, stock, lane);
    return ok;
}

void sched_settle(struct worker *w, struct task *t, int next, const uint64_t verdict[3])
{
    struct outcome o = {.next = next, .verdict = verdict};

    settle(w, w->domain, t, &o);
}

void sched_stays(struct worker *w, struct task *t)
{
    task_unflag(t, TASK_STOPPING);
    await_resume(w->domain, t);
}

void sched_unstash(struct worker *w)
{
    bool lane;
    struct stock *stock = stock_enter(w, &lane);
    struct mailq *q = task_queue(w->sched, sched_running_task(w));

    if (q != NULL && q->stash.count > 0)
        q->unstash = true;
    stock_leave(w, stock, lane);
    sched_look_behind(w);
}

/* Who has lost the domain is looked after anyway. */
void sched_look_behind(struct worker *w)
{
    guard_raise(&w->guard);
    if (still_holds(w))
        w->boxed = true;
    guard_lower(&w->guard);
}

void sched_unask(struct sched *s, struct stock *stock, struct record *question)
{
    if (question->to == 0)
        return;
    record_unmark(question, RECORD_OPEN);
    s->ops->dead(s, stock, question, SCHED_NO_TASK);
    question->to = 0;
}

enum sched_sent sched_post_behind(struct worker *w, const struct record *r)
{
    guard_raise(&w->guard);
    if (still_holds(w) && w->boxed) {
        flush(w, w->domain, false);
        w->boxed = true; /* there may be something else to look at */
    }
    guard_lower(&w->guard);
    return sched_post(w->sched, r);
}

struct record *sched_question(struct worker *w)
{
    return w->question;
}

uint64_t sched_serial(struct stock *stock)
{
    return ++stock->serial;
}

/* Later than this is not told from earlier (is_past). */
#define FAR_CYCLES ((uint64_t)1 << 62)

uint64_t sched_span(const struct sched *s, uint64_t ns)
{
    double span = (double)ns * s->rate;

    return span < FAR_CYCLES ? (uint64_t)span : FAR_CYCLES;
}

uint64_t sched_time(const struct sched *s)
{
    return (uint64_t)((double)(sched_now(s) - s->began) / s->rate);
}

uint64_t sched_deadline(struct sched *s, uint64_t timeout_ns)
{
    uint64_t deadline = sched_now(s) + sched_span(s, timeout_ns);

    return deadline != 0 ? deadline : 1;
}

uint64_t sched_until(const struct sched *s, uint64_t deadline)
{
    uint64_t now = sched_now(s);

    return is_past(deadline, now) ? 0 : (uint64_t)((double)(deadline - now) / s->rate);
}

const void *sched_behavior(struct worker *w)
{
    return task_behavior(sched_running_task(w));
}

uint64_t *sched_inherited(struct worker *w)
{
    return &w->deadline;
}

/* A step that has lost its domain cannot set timers: that is done when its task is back. */
bool sched_remind(struct worker *w, uint64_t deadline)
{
    bool ok;

    guard_raise(&w->guard);
    ok = !still_holds(w) || timer_arm(w->domain, sched_running_task(w), deadline);
    guard_lower(&w->guard);
    return ok;
}

bool sched_tell(struct domain *d, struct task *t, const struct record *r)
{
    return deliver(d, t, r);
}

struct sched *sched_of_domain(struct domain *d)
{
    return d->sched;
}

enum sched_sent sched_push(struct sched *s, struct stock *stock, const struct record *r)
{
    return push_record(s, stock, r);
}
