/* sched/turn.h: running one step. Guard up and domain held before and behind it; those that
 * return a bool return false if the domain was lost meanwhile. */
#ifndef WEFT_SCHED_TURN_H
#define WEFT_SCHED_TURN_H

#include "sched/domain.h"
#include "sched/rescue.h"

/* What a step has come to. */
struct outcome {
    int next;
    const uint64_t *verdict;
    const struct record *message; /* that it handled */
    struct record *question;      /* NEXT_AWAIT: taken */
    task_step by;                 /* the step, if it is not the task's own */
    uint64_t deadline;            /* that the step's questions kept to */
};

/* Its message is not over. */
static inline bool keeps_message(int next)
{
    return next == NEXT_YIELD || next == NEXT_STASH || next == NEXT_STASH_FULL;
}

/* The runtime's own are counted nowhere. */
static inline bool is_counted(const struct record *m)
{
    return (record_extra(m) & (RECORD_FAILED | RECORD_MARK)) == 0;
}

/* Does what the step said. It may run code of the task, and lose the domain (w->lost). */
void settle(struct worker *w, struct domain *d, struct task *t, const struct outcome *o);
/* A task that waits is TASK_DUE: tells it that the answer will not come; as settle. */
void run_due(struct worker *w, struct domain *d, struct task *t);

/* Behind a step that did more than stay: its mail for elsewhere, its message, its result. */
bool after_turn(struct worker *w, struct domain *d, struct task *t,
                const struct record *m, int next);

/* A whole turn of a message, by a step that may not be the task's own (NULL: it is). */
bool turn_by(struct worker *w, struct domain *d, struct task *t, struct record *m,
             task_step by, uint64_t deadline);
/* The same by the task's own; an answer only if it is still waited for. */
bool turn(struct worker *w, struct domain *d, struct task *t, struct record *m);
/* What the task waits for has come, or will not. */
bool run_awaited(struct worker *w, struct domain *d, struct task *t, struct record *m);
/* There is a signal for the task. */
void run_signal(struct worker *w, struct domain *d, struct task *t);
/* What lies among the messages and is none. */
bool run_mark(struct worker *w, struct domain *d, struct task *t, struct record *m);
/* The task is to end, before this record is served. */
bool run_end(struct worker *w, struct domain *d, struct task *t, struct record *m,
             enum record_kind how);

/* The step itself; the guard is down meanwhile. */
static inline int step_by(struct worker *w, struct task *t, struct record *m,
                          task_step by)
{
    int next;

    at_set(&w->running, m->to); /* relaxed: the guard shows it */
    guard_lower(&w->guard);
    next = by((struct weft_self *)(void *)w, t->state, (struct weft_msg *)(void *)m);
    guard_raise(&w->guard);
    return next;
}

static inline int step(struct worker *w, struct task *t, struct record *m)
{
    return step_by(w, t, m, t->step);
}

/* One message, from a queue or a newborn's first. False: the domain was lost. */
static inline bool counted_turn(struct worker *w, struct domain *d, struct task *t,
                                struct record *m)
{
    int next;

    d->turns++;
    if (UNLIKELY(record_extra(m) != 0))
        return turn(w, d, t, m);
    next = step(w, t, m);
    if (UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY) && !step_over(w, d, t, m, next))
        return false;
    return LIKELY((next | (int)w->boxed) == 0) || after_turn(w, d, t, m, next);
}

#endif
