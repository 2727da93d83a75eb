/* lib/sup/work.c: what a supervisor does, one thing after the other. */
#include "lib/sup/sup.h"

#include <weft/wait.h>

/* --- telling --- */

static void answer(weft_self *self, weft_due asker, int error, uint64_t word)
{
    if (asker == 0)
        return;
    if (error < 0)
        weft_answer_error(self, asker, error);
    else
        weft_answer_word(self, asker, TAG_ANSWER, word);
}

void sup_answer(weft_self *self, struct sup_child *c, int error)
{
    uint64_t word = c->wanted == WANTED_PID ? c->pid : 0;
    weft_due asker = c->asker;

    c->asker = 0;
    c->wanted = WANTED_NOTHING;
    answer(self, asker, error, word);
}

/* Who is told finds that it is not there any more. */
void sup_forget(weft_self *self, struct sup *sup, struct sup_child *c, int error)
{
    weft_due asker = c->asker;

    sup_child_free(sup, c);
    answer(self, asker, error, 0);
}

/* What a reason is to one who waits for the child. */
static int error_of(const weft_reason *reason)
{
    return reason->code < 0 ? reason->code : WEFT_EENDED;
}

static void show_pid(struct sup *sup, const struct sup_child *c)
{
    if (c->place < sup->spec->child_count)
        at_set(&sup->pids[c->place], c->pid); /* relaxed: it is a number */
}

/* --- ends of children: weft_stay(), or what ends the supervisor --- */

/* In the words of the child. */
static weft_next give_up(weft_self *self, const weft_reason *of)
{
    weft_reason reason = {
        .exit = WEFT_EXIT_CHILD_FAILED, .code = of->code, .text = of->text};

    if (!weft_exit_is_failure(of->exit)) {
        reason.code = WEFT_ELIMIT;
        reason.text = "a child ends too often";
    }
    return actor_fail(self, &reason);
}

static bool comes_again(const struct sup_child *c, const weft_reason *reason)
{
    return c->spec.restart == WEFT_PERMANENT ||
           (c->spec.restart == WEFT_TRANSIENT && weft_exit_is_failure(reason->exit));
}

static void start_again(weft_self *self, struct sup *sup, struct sup_child *c)
{
    uint64_t due = sup_backoff(self, sup, c);

    c->restarts++;
    if (sup->spec->strategy == WEFT_ONE_FOR_ONE) {
        sup_wait(sup, c, due);
        return;
    }
    sup_apply(sup, c);
    sup->group_due = due;
}

/* It has ended, and is not to start again. */
static weft_next stays_absent(weft_self *self, struct sup *sup, struct sup_child *c,
                              const weft_reason *reason)
{
    bool significant = c->spec.significant;

    if (c->pooled)
        sup_forget(self, sup, c, error_of(reason));
    else
        sup_answer(self, c, error_of(reason));
    if (!significant)
        return weft_stay(self);
    return weft_exit_is_failure(reason->exit) ? give_up(self, reason) : weft_stop(self);
}

/* It was told to. */
static weft_next has_stopped(weft_self *self, struct sup *sup, struct sup_child *c)
{
    if (c->wanted == WANTED_REMOVED || (c->pooled && !c->again))
        sup_forget(self, sup, c, 0);
    else if (c->wanted == WANTED_STOPPED)
        sup_answer(self, c, 0);
    return weft_stay(self);
}

/* By itself. */
static weft_next has_ended(weft_self *self, struct sup *sup, struct sup_child *c,
                           const weft_reason *reason, bool had_begun)
{
    if (!had_begun && c->adding) {
        sup_forget(self, sup, c, error_of(reason));
        return weft_stay(self);
    }
    if (!had_begun && !sup->ready)
        return give_up(self, reason);
    if (!comes_again(c, reason))
        return stays_absent(self, sup, c, reason);
    if (!sup_may_restart(self, sup))
        return give_up(self, reason);
    start_again(self, sup, c);
    return weft_stay(self);
}

/* It has fallen, and is to be no more. Behind this it is over. */
static bool ends_for_good(weft_self *self, struct sup_child *c, const weft_reason *reason)
{
    bool told = c->status == WEFT_SUP_STOPPING || c->to_stop;

    if (told ? c->again : comes_again(c, reason) && !c->adding)
        return false;
    c->ends = true;
    c->due = 0;
    weft_kill_child(self, c->pid); /* its node is here: that needs no memory */
    return true;
}

static weft_next hear_of_end(weft_self *self, struct sup *sup, struct sup_child *c,
                             const weft_child_event *event)
{
    bool told = c->status == WEFT_SUP_STOPPING || c->to_stop;
    bool had_begun = c->status == WEFT_SUP_RUNNING;

    if (event->dormant && ends_for_good(self, c, &event->reason))
        return weft_stay(self);
    if (c->status == WEFT_SUP_WAITING || c->status == WEFT_SUP_ABSENT) {
        sup_set_pid(sup, c, WEFT_NOBODY); /* others have ended it: it gets another pid */
        show_pid(sup, c);
        return weft_stay(self);
    }
    if (sup->starting == c)
        sup->starting = NULL;
    if (sup->stopping == c)
        sup->stopping = NULL;
    sup->running -= had_begun;
    sup->to_stop -= c->to_stop;
    c->to_stop = c->ends = false;
    c->status = WEFT_SUP_ABSENT;
    c->due = 0;
    if (!event->dormant)
        sup_set_pid(sup, c, WEFT_NOBODY);
    show_pid(sup, c);
    return told ? has_stopped(self, sup, c)
                : has_ended(self, sup, c, &event->reason, had_begun);
}

/* --- beginnings --- */

void sup_child_begun(weft_self *self, struct sup *sup, struct sup_child *c)
{
    if (c->status != WEFT_SUP_STARTING) /* it is to stop by now */
        return;
    if (sup->starting == c)
        sup->starting = NULL;
    c->status = WEFT_SUP_RUNNING;
    c->adding = false;
    sup->running++;
    sup_begun(self, sup, c);
    if (c->wanted == WANTED_PID)
        sup_answer(self, c, 0);
}

weft_next sup_hear(weft_self *self, void *state, weft_child_event *event)
{
    struct sup *sup = *(struct sup **)state;
    struct sup_child *c = sup_by_pid(sup, event->pid);
    weft_next next = weft_stay(self);

    if (c == NULL)
        return next;
    if (event->change != WEFT_CHILD_STARTED)
        next = hear_of_end(self, sup, c, event);
    else if (c->spec.supervisor == NULL || !sup_ask_ready(self, c))
        sup_child_begun(self, sup, c);
    return next != 0 ? next : sup_work(self, sup);
}

/* --- stopping --- */

/* It has had its time. */
static void kill_late(weft_self *self, struct sup *sup)
{
    struct sup_child *c = sup->stopping;

    if (c->due == 0 || sched_until(sup->rt->sched, c->due) > 0)
        return;
    c->due = weft_kill_child(self, c->pid) == WEFT_ENOMEM
                 ? sched_deadline(sup->rt->sched, RETRY_NS)
                 : 0;
}

static uint64_t shutdown_of(const struct sup_child *c)
{
    const weft_behavior *b = c->spec.behavior;

    return c->spec.shutdown_ns != 0 ? c->spec.shutdown_ns
           : b == NULL              ? WEFT_FOREVER
           : b->shutdown_ns != 0    ? b->shutdown_ns
                                    : WEFT_SHUTDOWN_NS;
}

/* The youngest of those that are to. */
static void stop_next(weft_self *self, struct sup *sup)
{
    struct sup_child *c = sup->youngest;
    uint64_t ns;

    while (!c->to_stop)
        c = c->older;
    ns = shutdown_of(c);
    sup->running -= c->status == WEFT_SUP_RUNNING;
    c->status = WEFT_SUP_STOPPING;
    sup->stopping = c;
    c->due = ns == WEFT_FOREVER ? 0 : sched_deadline(sup->rt->sched, ns);
    if (ns == WEFT_KILL_AT_ONCE || weft_stop_child(self, c->pid) == WEFT_ENOMEM)
        c->due = sched_deadline(sup->rt->sched, 0);
    kill_late(self, sup);
}

/* --- starting --- */

static const void *args_of_child(const struct sup_child *c)
{
    return c->spec.supervisor != NULL ? (const void *)&c->spec.supervisor
           : c->pooled                ? c->args
                                      : c->spec.args;
}

/* In the order of start, also when it starts again. */
static struct task *elder_of(const struct sup *sup, const struct sup_child *c)
{
    const struct sup_child *elder = c->older;

    while (elder != NULL && elder->pid == WEFT_NOBODY)
        elder = elder->older;
    return elder != NULL ? task_at(&sup->rt->sched->table, elder->pid) : NULL;
}

static const weft_behavior *behavior_of(const struct sup_child *c)
{
    return c->spec.supervisor != NULL ? &sup_behavior : c->spec.behavior;
}

int sup_spawn(weft_self *self, struct sup *sup, struct sup_child *c)
{
    const weft_behavior *b = behavior_of(c);
    struct child_order order = {.behavior = b,
                                .args = b->args_size > 0 ? args_of_child(c) : NULL,
                                .elder = elder_of(sup, c),
                                .shutdown_ns = shutdown_of(c),
                                .lasts = c->lasts};
    weft_pid pid;
    int error = child_spawn(worker_of(self), &order, &pid);

    if (error < 0)
        return error;
    sup_set_pid(sup, c, pid); /* there was room */
    show_pid(sup, c);
    return WEFT_OK;
}

int sup_start(weft_self *self, struct sup *sup, struct sup_child *c)
{
    int error = c->pid == WEFT_NOBODY ? sup_spawn(self, sup, c) : WEFT_OK;

    if (error < 0)
        return error;
    c->status = WEFT_SUP_STARTING;
    if (c->lasts) /* if it is over meanwhile we shall hear of it */
        child_wake(self, c->pid, behavior_of(c)->args_size > 0 ? args_of_child(c) : NULL);
    return WEFT_OK;
}

static bool in_order(const struct sup *sup)
{
    return !sup->ready || sup->spec->strategy != WEFT_ONE_FOR_ONE;
}

/* What could not be started, for want of memory perhaps, waits a little at least. */
static void not_so_soon(struct sup *sup)
{
    uint64_t due = sched_deadline(sup->rt->sched, RETRY_NS);

    if (sup->last_waiting != NULL && sup->last_waiting->due == 0)
        sup->last_waiting->due = due;
    if (sup->regroup && sup->group_due == 0)
        sup->group_due = due;
}

/* Its turn has come. What cannot be started has ended. */
static weft_next start(weft_self *self, struct sup *sup, struct sup_child *c)
{
    weft_reason reason = {.exit = WEFT_EXIT_FAILED, .text = "it cannot be started"};

    sup_wait_no_more(sup, c);
    reason.code = sup_start(self, sup, c);
    if (reason.code < 0) {
        weft_next next = has_ended(self, sup, c, &reason, false);

        not_so_soon(sup);
        return next;
    }
    if (in_order(sup))
        sup->starting = c;
    return weft_stay(self);
}

/* The next whose turn it is: the first, or if order is no matter any whose time has come. */
static struct sup_child *next_to_start(struct sup *sup)
{
    struct sup_child *c = sup->starting == NULL ? sup->waiting : NULL;

    while (c != NULL && c->due != 0 && sched_until(sup->rt->sched, c->due) > 0)
        c = in_order(sup) ? NULL : c->next_waiting;
    return c;
}

/* All that had to be stopped have been: from the oldest on. */
static void regroup(struct sup *sup)
{
    sup->regroup = false;
    for (struct sup_child *c = sup->oldest; c != NULL; c = c->younger)
        if (c->again && c->status == WEFT_SUP_ABSENT) {
            c->again = false;
            sup_wait(sup, c, sup->group_due);
        }
    sup->group_due = 0;
}

/* --- going on --- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a == 0 ? b : b == 0 || (int64_t)(b - a) > 0 ? a : b;
}

/* The step that waits for the next thing that has a time. */
static weft_next wait(weft_self *self, struct sup *sup)
{
    uint64_t due = sup->stopping != NULL ? sup->stopping->due : 0, ns;

    if (sup->stopping == NULL && sup->starting == NULL)
        for (const struct sup_child *c = sup->waiting; c != NULL; c = c->next_waiting)
            due = earlier(due, c->due);
    if (due == 0)
        return weft_stay(self);
    ns = sched_until(sup->rt->sched, due);
    return weft_receive(self, NULL, ns, sup_asked);
}

/* What cannot be started may have others stopped. */
static weft_next start_all(weft_self *self, struct sup *sup)
{
    struct sup_child *c;
    weft_next next = weft_stay(self);

    if (sup->regroup)
        regroup(sup);
    while (next == 0 && sup->to_stop == 0 && (c = next_to_start(sup)) != NULL)
        next = start(self, sup, c);
    return next;
}

weft_next sup_work(weft_self *self, struct sup *sup)
{
    weft_next next = weft_stay(self);

    if (sup->stopping == NULL && sup->to_stop == 0)
        next = start_all(self, sup);
    if (next != 0)
        return next;
    if (sup->stopping != NULL)
        kill_late(self, sup);
    else if (sup->to_stop > 0)
        stop_next(self, sup);
    else if (!sup->ready && sup->starting == NULL && sup->waiting == NULL)
        sup_is_ready(self, sup);
    return wait(self, sup);
}
