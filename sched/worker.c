/* sched/worker.c: the loop that runs turns. */
#include "sched/worker.h"

#include "sched/adopt.h"
#include "sched/await.h"
#include "sched/idle.h"
#include "sched/limit.h"
#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/send.h"
#include "sched/share.h"
#include "sched/timer.h"

#include <string.h>
#include <unistd.h>

/* --- a turn --- */

/* A message waits with its task, in front of its other mail; step: of that message, NULL for
 * the task's own; deadline: that its questions keep to. */
static void keep_message(struct domain *d, struct task *t, const struct record *m,
                         task_step step, uint64_t deadline)
{
    struct mailq *q = queue_begin(d, t) ? task_queue(d->sched, t) : NULL;
    struct aside *aside = q != NULL ? aside_of(d, q) : NULL;

    if (aside == NULL) { /* no memory to wait in: then it waits behind the others */
        if (!deliver(d, t, m))
            d->sched->ops->dead(d->sched, &d->stock, m, SCHED_NO_MEMORY);
        return;
    }
    memmove(aside->message, m, record_slots(m) * sizeof *m);
    aside->step = step;
    aside->deadline = deadline;
    q->held = true;
    queue_kick(d, t);
}

/* Not wanted now: the mailq was made, and the stash's limit looked at, in the step. */
static void stash(struct domain *d, struct task *t, const struct record *m)
{
    if (!fifo_put(&task_queue(d->sched, t)->stash, &d->stock.pool, m))
        d->sched->ops->dead(d->sched, &d->stock, m, SCHED_NO_MEMORY);
}

/* The task goes on without mail, at its next turn. */
static void go_on_later(struct domain *d, struct task *t, const uint64_t verdict[3])
{
    struct record r = {task_id(&d->sched->table, t), 0,
                       record_head((uint32_t)verdict[1], RECORD_MAIL, 0, 8), verdict[2]};

    r.from = r.to;
    record_mark(&r, RECORD_MARK);
    keep_message(d, t, &r, (task_step)(uintptr_t)verdict[0], 0);
}

/* The runtime's own are counted nowhere. */
static bool is_counted(const struct record *m)
{
    return (record_extra(m) & (RECORD_FAILED | RECORD_MARK)) == 0;
}

/* Not handled yet: it will come up again, or is dead. */
static void put_off(struct domain *d, const struct record *m)
{
    if (is_counted(m))
        d->others++;
}

void settle(struct worker *w, struct domain *d, struct task *t, const struct outcome *o)
{
    switch (o->next) {
    case NEXT_STAY:
        break;
    case NEXT_YIELD:
        put_off(d, o->message);
        keep_message(d, t, o->message, o->by, o->deadline);
        break;
    case NEXT_STASH:
        put_off(d, o->message);
        stash(d, t, o->message);
        break;
    case NEXT_STASH_FULL:
        put_off(d, o->message);
        d->sched->ops->dead(d->sched, &d->stock, o->message, SCHED_STASH_FULL);
        break;
    case NEXT_LATER:
        go_on_later(d, t, o->verdict);
        break;
    case NEXT_AWAIT:
        await_begin(d, t, o->question, o->verdict);
        break;
    case NEXT_RECEIVE:
        receive_begin(d, t, o->verdict);
        break;
    default:
        d->sched->ops->next(w, t, o->next, o->verdict);
    }
}

COLD static bool after_odd_turn(struct worker *w, struct domain *d, struct task *t,
                                const struct record *m, int next)
{
    struct outcome o = {next, w->verdict, m, w->question, w->reply_step, w->deadline};
    struct mailq *q = task_queue(d->sched, t);

    if (w->boxed)
        flush(w, d, true);
    if (!keeps_message(next) && (record_extra(m) & (RECORD_BLOCK | RECORD_OPEN)) != 0)
        d->sched->ops->handled(d->sched, &d->stock, m, next);
    if (next != NEXT_AWAIT)
        sched_unask(d->sched, &d->stock, w->question);
    if (UNLIKELY(q != NULL && q->unstash)) /* first: the step may want a message of it */
        unstash(d, t, q);
    settle(w, d, t, &o);
    w->deadline = 0;
    return !w->lost;
}

/* Does the floor below the actors know what to do with this result? */
static inline bool is_ours(int next)
{
    return next == NEXT_STAY ||
           (unsigned)next - NEXT_YIELD < (unsigned)(NEXT_OTHERS - NEXT_YIELD);
}

/* Behind a step that did more than stay: its mail for elsewhere, its message, its result.
 * Most only end. False: the domain was lost. */
COLD static bool after_turn(struct worker *w, struct domain *d, struct task *t,
                            const struct record *m, int next)
{
    if (UNLIKELY(w->boxed || is_ours(next) ||
                 (record_extra(m) & (RECORD_BLOCK | RECORD_OPEN)) != 0))
        return after_odd_turn(w, d, t, m, next);
    d->sched->ops->next(w, t, next, w->verdict);
    return !w->lost;
}

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

/* The task is to end, before this record is served. */
static bool run_end(struct worker *w, struct domain *d, struct task *t, struct record *m,
                    enum record_kind how)
{
    const struct sched_ops *ops = d->sched->ops;

    d->others++;
    if (record_is_mail(m)) /* first: the end may lose the domain */
        ops->dead(d->sched, &d->stock, m, SCHED_ENDED);
    ops->control(w, t, how);
    return !w->lost;
}

static bool run_mark(struct worker *w, struct domain *d, struct task *t, struct record *m)
{
    if (record_kind(m) == RECORD_LAST)
        return run_end(w, d, t, m, RECORD_LAST);
    d->others++;
    d->sched->ops->watch(d->sched, &d->stock, t, m);
    return true;
}

/* A whole turn of a message, by a step that may not be the task's own (NULL: it is). False:
 * the domain was lost. */
COLD static bool turn_by(struct worker *w, struct domain *d, struct task *t,
                         struct record *m, task_step by, uint64_t deadline)
{
    bool goes_on;
    int next;

    if (!is_counted(m))
        d->others++;
    w->deadline = deadline;
    w->reply_step = by;
    next = step_by(w, t, m, by != NULL ? by : t->step);
    goes_on = step_over(w, d, t, m, next) && after_turn(w, d, t, m, next);
    w->reply_step = NULL;
    w->deadline = 0;
    return goes_on;
}

/* The same by the task's own; an answer only if it is still waited for. */
COLD static bool turn(struct worker *w, struct domain *d, struct task *t,
                      struct record *m)
{
    if (record_kind(m) > RECORD_REPLY)
        return run_mark(w, d, t, m);
    if (!await_hears(d, t, m)) {
        d->others++;
        return true;
    }
    return turn_by(w, d, t, m, NULL, record_deadline(m));
}

/* What the task waits for has come, or will not. */
COLD static bool run_awaited(struct worker *w, struct domain *d, struct task *t,
                             struct record *m)
{
    struct talk *k = &task_queue(d->sched, t)->talk;
    uint64_t id = m->to;

    if (!await_hears(d, t, m)) {
        d->others++;
        return true;
    }
    task_unflag(t, TASK_AWAITING | TASK_DUE);
    k->ref = 0;
    k->deadline = 0;
    if (!turn_by(w, d, t, m, k->step,
                 record_is_answer(m) ? k->inherited : record_deadline(m)))
        return false;
    if (task_is(t, id))
        await_done(d, t);
    return true;
}

COLD void run_failure(struct worker *w, struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);
    struct record *m = w->message;

    m[0] = (struct record){task_id(&d->sched->table, t), q->talk.callee,
                           record_head(SCHED_TAG_FAILURE, RECORD_REPLY,
                                       RECORD_CALL | RECORD_FAILED | RECORD_HEARD | 1, 8),
                           (uint64_t)(int64_t)q->error};
    *record_call(m) = (struct call){.ref = q->talk.ref};
    d->turns++;
    run_awaited(w, d, t, m);
}

void sched_code_begin(struct worker *w, struct task *t)
{
    at_set(&w->running, task_id(&w->sched->table, t)); /* relaxed: the guard shows it */
    guard_lower(&w->guard);
}

bool sched_code_end(struct worker *w, struct task *t, int next)
{
    guard_raise(&w->guard);
    if (!step_over(w, w->domain, t, NULL, next))
        return false;
    if (w->boxed)
        flush(w, w->domain, true);
    sched_unask(w->sched, &w->domain->stock, w->question);
    w->deadline = 0;
    return true;
}

/* --- tasks in a special state --- */

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct record *queue_next(struct domain *d, struct mailq *q)
{
    struct record *r = fifo_next(&q->old, &d->stock.pool);

    if (r == NULL && q->ranks != NULL)
        r = ranks_next(q->ranks, &d->stock.pool);
    return r != NULL ? r : fifo_next(&q->fresh, &d->stock.pool);
}

/* A message that may be dropped while another one's step runs must not take that one's block
 * along: so it is copied. */
static inline struct record *queue_take(struct worker *w, struct domain *d,
                                        struct task *t, struct mailq *q)
{
    struct record *m = queue_next(d, q);

    if (!is_bounded(t) || m == NULL)
        return m;
    limit_left(d->sched, t, m);
    if (LIKELY(!limit_of(d->sched, t)->drops_oldest))
        return m;
    memcpy(w->message, m, record_slots(m) * sizeof *m);
    return w->message;
}

/* Still this task, alive, with its queue, and nothing more urgent to do for it. */
static bool queue_goes_on(struct task *t, uint64_t high)
{
    uint64_t word = task_word(t);

    return id_high(word) == high && (word & (TASK_QUEUED | TASK_KILLED | TASK_STOPPING |
                                             TASK_AWAITING)) == TASK_QUEUED;
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

/* The mail that a queue has now, for up to QUEUE_NS; what comes meanwhile has to wait. The
 * clock is looked at after 1, 2, 4 .. messages. False: the domain was lost. */
static bool run_mail(struct worker *w, struct domain *d, struct task *t, struct mailq *q)
{
    uint64_t high = id_high(task_word(t)), had = mailq_waiting(q), left = had;
    uint64_t end = sched_now(d->sched) + cycles(d->sched, QUEUE_NS), now;
    uint32_t stride = 1, check = 1;

    while (left > 0 && queue_goes_on(t, high) && !q->held) {
        struct record *m = queue_take(w, d, t, q);

        if (m == NULL) /* the oldest were dropped meanwhile */
            break;
        left--;
        if (!counted_turn(w, d, t, m))
            return false;
        if (--check > 0)
            continue;
        now = sched_now(d->sched);
        at_set(&d->beat, now); /* relaxed: advisory */
        if (is_past(end, now))
            break;
        stride = least(2 * stride, QUEUE_CHECK);
        check = stride;
    }
    if (queue_goes_on(t, high))
        task_took(t, (uint32_t)(had - left) - 1); /* its TURN was counted for one */
    return true;
}

/* A queue with little mail goes back to the ring, in order; false if there is no memory for
 * all of it. */
static bool queue_to_ring(struct domain *d, struct task *t, struct mailq *q)
{
    struct record *m;

    while ((m = queue_next(d, q)) != NULL)
        if (!put_in_ring(d, t, m)) {
            record_lost(d, t, m);
            return false;
        }
    return true;
}

/* Behind its turn: another one, or streaming again. */
static void queue_after(struct domain *d, struct task *t, struct mailq *q)
{
    if (q->held || q->turn_out || is_bounded(t) || task_in_ring(t) > 0 ||
        mailq_waiting(q) > QUEUE_FEW || !queue_to_ring(d, t, q)) {
        queue_kick(d, t);
        return;
    }
    task_unflag(t, TASK_QUEUED);
    talk_rest(d, t);
}

/* The message that was kept. */
static bool run_held(struct worker *w, struct domain *d, struct task *t, struct mailq *q)
{
    memcpy(w->message, q->aside->message, sizeof w->message);
    q->held = false;
    d->turns++;
    return turn_by(w, d, t, w->message, q->aside->step, q->aside->deadline);
}

/* A queued task has its turn; a message that was kept is handled alone. */
static bool run_queue(struct worker *w, struct domain *d, struct task *t)
{
    struct mailq *q = task_queue(d->sched, t);
    uint64_t high = id_high(task_word(t));

    q->turn_out = false;
    if (is_receiving(t, q) && !receive_look(d, t, q))
        return true;
    if ((task_word(t) & TASK_BLOCKED) != 0)
        return true;
    if (q->held && !run_held(w, d, t, q))
        return false;
    if (queue_goes_on(t, high) && !run_mail(w, d, t, q))
        return false;
    if (queue_goes_on(t, high))
        queue_after(d, t, q);
    return true;
}

/* A message for a task that may not run now, or that has older mail in its queue. */
static bool must_wait(struct domain *d, const struct task *t)
{
    uint64_t word = task_word(t);
    struct mailq *q;

    if ((word & (TASK_QUEUED | TASK_AWAITING)) == 0)
        return false;
    q = task_queue(d->sched, t);
    return (word & TASK_BLOCKED) != 0 || q->held || q->old.count > 0;
}

static bool waits_for(struct domain *d, struct task *t, const struct record *m)
{
    return (task_word(t) & (TASK_AWAITING | TASK_DETACHED)) == TASK_AWAITING &&
           await_wants(d, t, m);
}

/* For a message, which will not come if the task drains. */
static bool is_waiting(struct domain *d, const struct task *t)
{
    return (task_word(t) & TASK_AWAITING) != 0 &&
           is_receiving(t, task_queue(d->sched, t));
}

/* Mail that may not run now joins the task's queue. */
static void hold_back(struct domain *d, struct task *t, const struct record *m)
{
    d->others++;
    if (!queue_begin(d, t) || !queue_add(d, t, &task_queue(d->sched, t)->old, m))
        record_lost(d, t, m);
}

/* The task was asked to stop, and this record comes up before that is acted on. */
static void stop_first(struct domain *d, struct task *t, const struct record *m)
{
    if (record_kind(m) == RECORD_TURN) {
        d->turns--;
        task_queue(d->sched, t)->turn_out = false;
    } else {
        hold_back(d, t, m);
    }
    control_later(d, t);
}

/* Any record, any state. False: the domain was lost. */
COLD static bool run_record(struct worker *w, struct domain *d, struct task *t,
                            struct record *m)
{
    uint64_t word = task_word(t);

    d->turns++;
    if ((word & TASK_KILLED) != 0 && (word & TASK_DETACHED) == 0)
        return run_end(w, d, t, m, RECORD_KILL);
    if (is_to_stop(d->sched, t)) {
        stop_first(d, t, m);
        return true;
    }
    if (waits_for(d, t, m))
        return run_awaited(w, d, t, m);
    switch (record_kind(m)) {
    case RECORD_START:
        d->others++;
        task_unflag(t, TASK_STARTING);
        d->sched->ops->start(w, t, m);
        return !w->lost;
    case RECORD_TURN:
        d->turns--;
        return run_queue(w, d, t);
    case RECORD_WATCH:
        if ((word & TASK_DETACHED) == 0) /* whatever the task waits for */
            return run_mark(w, d, t, m);
        hold_back(d, t, m);
        return true;
    case RECORD_LAST:
        if (is_waiting(d, t)) /* in vain */
            return run_mark(w, d, t, m);
        /* fall through */
    default:
        if (!must_wait(d, t))
            return turn(w, d, t, m);
        hold_back(d, t, m);
        return true;
    }
}

/* The record at the head is not the plain case: an END mark, a place to skip, mail for a
 * task that is over or in a special state. False: the domain was lost. */
COLD static bool run_odd(struct worker *w, struct domain *d, struct record *m)
{
    struct task *t = worker_task(w, m->to);

    if (m->to == 0 && record_kind(m) == RECORD_END) {
        ring_advance(&d->ring, &d->stock.pool);
        return true;
    }
    d->ring.head = m + record_slots(m);
    if (m->to == 0)
        return true;
    if (!task_is(t, m->to)) {
        if (record_is_mail(m))
            d->sched->ops->dead(d->sched, &d->stock, m, SCHED_ENDED);
        return true;
    }
    at_bump(&t->left, 1);
    return run_record(w, d, t, m);
}

/* --- questions and answers, in the plain case --- */

/* Behind the step of an answer that asks once more, a word, of a plain task of ours, with a
 * timer that is set: what await_begin() would do. False: it has to. */
static inline bool ask_again(struct worker *w, struct domain *d, struct task *t,
                             struct talk *k)
{
    enum { EXTRA = RECORD_CALL | RECORD_OPEN | 1 };
    struct record *q = w->question, *r;
    uint64_t deadline = w->verdict[1];

    if (record_extra(q) != EXTRA || (deadline != 0 && !timer_suffices(k, deadline)) ||
        q->to == q->from)
        return false;
    r = plain_room(w, worker_task(w, q->to), q->to, 2, 0);
    if (r == NULL)
        return false;
    k->ref = slab_key(++d->stock.serial, SLAB_NO_PLACE);
    k->step = (task_step)(uintptr_t)w->verdict[0];
    k->deadline = deadline;
    k->inherited = w->verdict[2];
    k->callee = q->to;
    record_copy(r, q);
    *record_call(r) = (struct call){.ref = k->ref, .deadline = deadline};
    q->to = 0;
    task_flag(t, TASK_AWAITING);
    return true;
}

/* A question of one word. False: the domain was lost. */
static inline bool run_question(struct worker *w, struct domain *d, struct task *t,
                                struct record *m)
{
    bool goes_on = true;
    int next;

    w->deadline = record_call(m)->deadline;
    next = step(w, t, m);
    if (UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY) && !step_over(w, d, t, m, next))
        goes_on = false;
    else if (UNLIKELY((next | (int)w->boxed) != 0 ||
                      (record_extra(m) & RECORD_OPEN) != 0))
        goes_on = after_turn(w, d, t, m, next);
    w->deadline = 0;
    return goes_on;
}

/* The answer that is awaited. False: the domain was lost. */
static inline bool run_answer(struct worker *w, struct domain *d, struct task *t,
                              struct record *m, struct talk *k)
{
    bool goes_on = true;
    int next;

    task_set_word(t, task_word(t) ^ TASK_AWAITING);
    record_mark(m, RECORD_HEARD);
    k->ref = 0;
    w->deadline = k->inherited;
    w->reply_step = k->step;
    next = step_by(w, t, m, k->step);
    if (UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY) && !step_over(w, d, t, m, next)) {
        goes_on = false;
    } else if (UNLIKELY(next != NEXT_AWAIT || w->boxed || !ask_again(w, d, t, k))) {
        uint64_t id = m->to;

        goes_on = after_turn(w, d, t, m, next);
        if (goes_on && task_is(t, id))
            await_done(d, t);
    }
    w->reply_step = NULL;
    w->deadline = 0;
    return goes_on;
}

/* The record at the head is not that of a plain message. Out of line: the loop below is for
 * those, and has no register to spare. False: the domain was lost. */
static __attribute__((noinline)) bool run_talk(struct worker *w, struct domain *d,
                                               struct record *m)
{
    struct task *t = worker_task(w, m->to);
    uint64_t other = task_word(t) ^ (id_high(m->to) | guard_mine(&w->guard));
    unsigned extra = record_extra(m);

    if (other == 0 && extra == (RECORD_CALL | RECORD_OPEN | 1)) {
        d->ring.head = m + 2;
        at_bump(&t->left, 1);
        d->turns++;
        return run_question(w, d, t, m);
    }
    if (other == TASK_AWAITING && extra == (RECORD_CALL | 1) && record_is_answer(m)) {
        struct talk *k = &task_queue(d->sched, t)->talk;

        if (record_call(m)->ref == k->ref) {
            d->ring.head = m + 2;
            at_bump(&t->left, 1);
            d->turns++;
            return run_answer(w, d, t, m, k);
        }
    }
    return run_odd(w, d, m);
}

/* --- batches of turns --- */

static inline void count_turns(struct domain *d, uint32_t *done)
{
    d->turns += *done;
    *done = 0;
}

/* Past the tail there are old records: harmless. */
static inline void prefetch_ahead(const struct worker *w, const struct record *m)
{
    const struct task *ahead = worker_task(w, m[PREFETCH].to);

    __builtin_prefetch(ahead, 1);
    __builtin_prefetch(&ahead->cold, 1);
}

/* Up to `budget` turns from the ring. False: the domain was lost.
 *
 * The turns of the plain case are counted here and added up when anybody may want to know;
 * if the domain is lost step_over does that. */
static bool run_ring(struct worker *w, struct domain *d, uint32_t budget)
{
    uint32_t mine = guard_mine(&w->guard), done = 0;
    bool far = d->far;

    for (; budget > 0; budget--) {
        struct record *m = d->ring.head;
        struct task *t;
        int next;

        if (m == d->ring.tail)
            break;
        t = worker_task(w, m->to);
        if (far)
            prefetch_ahead(w, m);
        if (UNLIKELY(task_word(t) != (id_high(m->to) | mine) || record_extra(m) != 0)) {
            count_turns(d, &done);
            if (!run_talk(w, d, m))
                return false;
            continue;
        }
        d->ring.head = m + 1;
        at_bump(&t->left, 1);
        done++;
        next = step(w, t, m);
        if (UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY)) {
            w->turns_of_lost = done;
            if (!step_over(w, d, t, m, next))
                return false;
            w->turns_of_lost = 0;
        }
        if (UNLIKELY((next | (int)w->boxed) != 0)) {
            count_turns(d, &done);
            if (!after_turn(w, d, t, m, next))
                return false;
        }
    }
    count_turns(d, &done);
    return true;
}

/* Newborns, the youngest first: a tree of spawns is walked depth first, in little memory. */
static bool run_newborns(struct worker *w, struct domain *d, uint32_t budget)
{
    for (; budget > 0 && d->newborns_top != d->newborns_base; budget--) {
        struct record *m = &w->newborn;
        struct task *t;

        record_copy(m, &d->newborns[--d->newborns_top]);
        if (m->to == 0)
            continue;
        t = worker_task(w, m->to);
        if (UNLIKELY(!task_is(t, m->to))) {
            d->sched->ops->dead(d->sched, &d->stock, m, SCHED_ENDED);
            continue;
        }
        task_unflag(t, TASK_LIFO);
        t->place = 0;
        if (LIKELY((task_word(t) & TASK_FLAGS) == 0)) {
            if (UNLIKELY(!counted_turn(w, d, t, m)))
                return false;
        } else if (!run_record(w, d, t, m)) {
            return false;
        }
    }
    return true;
}

enum round {
    ROUND_RAN,
    ROUND_EMPTY, /* nothing can run */
    ROUND_LOST,  /* the domain was lost */
    ROUND_END    /* the workers are to end */
};

/* A batch of turns, of about `budget` at most. Guard up on entry. */
static inline enum round run_round(struct worker *w, struct domain *d, uint32_t budget)
{
    bool newborns;

    if (at_peek(&d->tokens) != NULL) /* relaxed: TK2 acquires */
        take_tokens(w, d, d);
    if (UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY) &&
        guard_held(&w->guard) == MINE_NOBODY)
        regain(w, d); /* we were late, not stuck; with the guard up nobody else has it */
    if (UNLIKELY(d->control_first != NULL)) {
        serve_control(w, d);
        if (w->lost)
            return ROUND_LOST;
    }
    if (d->turns - d->ticked_turns >= d->span && !tick(w, d))
        return ROUND_END;
    newborns = d->newborns_top != d->newborns_base;
    if (!newborns && ring_empty(&d->ring) && d->control_first == NULL)
        return ROUND_EMPTY;
    budget = least(budget, d->span);
    if (!run_ring(w, d, newborns ? least(NEWBORN_TURNS, budget) : budget) ||
        !run_newborns(w, d, least(NEWBORN_TURNS, budget)))
        return ROUND_LOST;
    show_turns(d);
    return ROUND_RAN;
}

void worker_run(struct worker *w, struct domain *d)
{
    for (;;) {
        enum round round = run_round(w, d, UINT32_MAX);

        if (LIKELY(round == ROUND_RAN) || (round == ROUND_EMPTY && idle(w, d)))
            continue;
        if (round == ROUND_END)
            leave(w, d);
        return;
    }
}

void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct sched *s = w->sched;

    at_set(&w->kernel_number, gettid()); /* relaxed: it stays */
    while (!at_load(&s->stop, acquire, WK1)) {
        struct domain *d = borrow(w);

        if (d != NULL)
            worker_run(w, d);
        else
            nap(w, NULL);
    }
    return NULL;
}

/* --- threadless --- */

bool sched_drive_begin(struct sched *s)
{
    bool driven = false;

    return at_cas(&s->driven, &driven, true, acquire, DV1);
}

void sched_drive_end(struct sched *s)
{
    at_store(&s->driven, false, release, DV1);
}

static bool has_work(const struct domain *d)
{
    return !ring_empty(&d->ring) || d->newborns_top != d->newborns_base ||
           d->control_first != NULL;
}

/* There is one domain, and nobody who would take it away. What is left over, and a token
 * whose poster saw us hold the domain, is somebody's to run. */
uint64_t sched_drive(struct sched *s, uint32_t budget)
{
    struct worker *w = &s->workers[0];
    struct domain *d = borrow(w);
    uint64_t began = d->turns, ran = 0;
    bool more;

    if (timers_due(d, sched_now(s)))
        timers_run(d, sched_now(s));
    while (ran < budget && run_round(w, d, budget - (uint32_t)ran) == ROUND_RAN)
        ran = d->turns - began;
    ran = d->turns - began;
    more = has_work(d);
    leave(w, d);
    if (more || recheck(at_load(&d->tokens, seq_cst, TK3) != NULL, TK3))
        s->ops->wanted(s);
    return ran;
}

uint64_t sched_wait_ns(const struct sched *s)
{
    uint64_t ns = timers_until(s);

    return ns != 0 ? ns : UINT64_MAX;
}
