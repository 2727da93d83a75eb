/* sched/worker.c: the loop that runs turns. */
#include "sched/worker.h"

#include "sched/adopt.h"
#include "sched/await.h"
#include "sched/fault.h"
#include "sched/idle.h"
#include "sched/odd.h"
#include "sched/rescue.h"
#include "sched/send.h"
#include "sched/timer.h"
#include "sched/turn.h"

#include <unistd.h>

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
    w->handled = m;
    next = step(w, t, m);
    w->handled = NULL;
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
    w->handled = m;
    next = step_by(w, t, m, k->step);
    w->handled = NULL;
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

/* Plain messages have one slot, and lie side by side. */
static inline void count_turns(struct worker *w, struct domain *d)
{
    d->turns += (uint64_t)(d->ring.head - w->uncounted);
    w->uncounted = NULL;
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
 * The turns of the plain case are counted by how far the head has come, when anybody may want
 * to know; if the domain is lost step_over does that. */
static bool run_ring(struct worker *w, struct domain *d, uint32_t budget)
{
    uint32_t mine = guard_mine(&w->guard);
    bool far = d->far;

    w->uncounted = d->ring.head;

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
            count_turns(w, d);
            if (!run_talk(w, d, m))
                return false;
            w->uncounted = d->ring.head;
            continue;
        }
        d->ring.head = m + 1;
        at_bump(&t->left, 1);
        next = step(w, t, m);
        if (UNLIKELY(guard_mine(&w->guard) == MINE_NOBODY) &&
            !step_over(w, d, t, m, next))
            return false;
        if (UNLIKELY((next | (int)w->boxed) != 0)) {
            count_turns(w, d);
            if (!after_turn(w, d, t, m, next))
                return false;
            w->uncounted = d->ring.head;
        }
    }
    count_turns(w, d);
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

/* As worker_round. */
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
    budget = (uint32_t)least(budget, d->span);
    if (!run_ring(w, d, newborns ? (uint32_t)least(NEWBORN_TURNS, budget) : budget) ||
        !run_newborns(w, d, (uint32_t)least(NEWBORN_TURNS, budget)))
        return ROUND_LOST;
    show_turns(d);
    return ROUND_RAN;
}

/* --- steps that are left at any depth --- */

_Noreturn void sched_unwind(struct worker *w, int next)
{
    PANIC_IF(w->unwind == NULL || at_peek(&w->guard.up) != 0); /* relaxed: its own */
    w->unwound = next;
    _longjmp(*w->unwind, 1);
}

jmp_buf *sched_unwind_to(struct worker *w, jmp_buf *here)
{
    jmp_buf *before = w->unwind;

    w->unwind = here;
    return before;
}

/* The functions between the worker's loop and the step that was left are no more: does what they
 * would have done. False: the domain was lost. */
COLD static bool run_unwound(struct worker *w)
{
    struct domain *d = w->domain;
    struct task *t = sched_running_task(w);
    struct record plain = {.head = 0}, *m = w->handled != NULL ? w->handled : &plain;
    uint64_t id = sched_running(w);
    bool goes_on;

    w->handled = NULL;
    guard_raise(&w->guard);
    goes_on = step_over(w, d, t, m, w->unwound);
    if (goes_on && w->uncounted != NULL)
        count_turns(w, d);
    goes_on = goes_on && after_turn(w, d, t, m, w->unwound);
    w->reply_step = NULL;
    w->deadline = 0;
    if (goes_on && task_is(t, id))
        await_done(d, t);
    return goes_on;
}

enum round worker_round(struct worker *w, struct domain *d, uint32_t budget)
{
    jmp_buf here, *before = sched_unwind_to(w, &here);
    enum round round;

    if (_setjmp(here) != 0)
        round = run_unwound(w) ? ROUND_RAN : ROUND_LOST;
    else
        round = run_round(w, d, budget);
    sched_unwind_to(w, before);
    return round;
}

/* Until the domain is left or lost, or the workers are to end. */
static void run_rounds(struct worker *w, struct domain *d)
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

/* A step that is left comes back to here, once for each. */
void worker_run(struct worker *w, struct domain *d)
{
    jmp_buf here, *before = sched_unwind_to(w, &here);

    if (_setjmp(here) == 0 || run_unwound(w))
        run_rounds(w, d);
    sched_unwind_to(w, before);
}

void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct sched *s = w->sched;

    at_set(&w->kernel_number, gettid()); /* relaxed: it stays */
    faults_enter(w, true);
    while (!at_load(&s->stop, acquire, WK1)) {
        struct domain *d = borrow(w);

        if (d != NULL)
            worker_run(w, d);
        else
            nap(w, NULL);
    }
    faults_leave(w);
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

static void drive(struct worker *w, struct domain *d, uint64_t began, uint32_t budget)
{
    jmp_buf here, *before = sched_unwind_to(w, &here);

    faults_enter(w, false);
    if (_setjmp(here) != 0)
        run_unwound(w);
    while (d->turns - began < budget &&
           run_round(w, d, budget - (uint32_t)(d->turns - began)) == ROUND_RAN)
        continue;
    faults_leave(w);
    sched_unwind_to(w, before);
}

/* There is one domain, and nobody who would take it away. What is left over, and a token
 * whose poster saw us hold the domain, is somebody's to run. */
uint64_t sched_drive(struct sched *s, uint32_t budget)
{
    struct worker *w = &s->workers[0];
    struct domain *d = borrow(w);
    uint64_t began = d->turns, ran;
    bool more;

    if (timers_due(d, sched_now(s)))
        timers_run(d, sched_now(s));
    drive(w, d, began, budget);
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
