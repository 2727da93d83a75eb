/* lib/actor/life.c: how actors live and end: the scheduler's hooks.
 *
 *             spawn           START           stop, fail, stopped
 *    (over) ---------> newborn ----> running ---------------------> ending ----> over
 *                         |             |                              ^          ^
 *                         |             +---- killed, no stop hook ----|----------+
 *                         +------- init failed or stopped, killed, stopped -------+
 *
 * Ending: the stop hook runs (for an actor that was running and is not killed). Over: mail
 * is dead, the end is reported, the state is destroyed (if init was begun), the slot is
 * freed. A hook that gets stuck loses the domain as any step does; the end goes on, with
 * NEXT_ENDED, where its pid lives then. */
#include "lib/actor/call.h"
#include "lib/actor/family.h"
#include "lib/actor/keep.h"
#include "lib/actor/port.h"
#include "lib/actor/runtime.h"
#include "lib/actor/threadless.h"
#include "lib/actor/tie.h"
#include "lib/base/sm.h"
#include "sched/slab.h"

#include <signal.h>
#include <string.h>
#include <weft/link.h>
#include <weft/wait.h>

/* --- reasons, packed into a verdict --- */

static void pack_reason(uint64_t verdict[3], const weft_reason *reason)
{
    verdict[0] = (uint32_t)reason->code;
    verdict[1] = (uint64_t)(uintptr_t)reason->text;
    verdict[2] = (uint64_t)reason->exit << 8 | (uint64_t)reason->hook;
}

static weft_reason unpack_reason(const uint64_t verdict[3])
{
    return (weft_reason){.exit = (enum weft_exit_kind)(verdict[2] >> 8 & 0xff),
                         .hook = (enum weft_hook)(verdict[2] & 0xff),
                         .code = (int)(uint32_t)verdict[0],
                         .text = (const char *)(uintptr_t)verdict[1]};
}

/* --- the states of life --- */

enum life { LIFE_NEWBORN, LIFE_RUNNING, LIFE_ENDING, LIFE_OVER };

static const struct sm_state lives[] = {
    [LIFE_NEWBORN] = {"newborn", SM_BIT(LIFE_RUNNING) | SM_BIT(LIFE_OVER)},
    [LIFE_RUNNING] = {"running", SM_BIT(LIFE_ENDING) | SM_BIT(LIFE_OVER)},
    [LIFE_ENDING] = {"ending", SM_BIT(LIFE_OVER)},
    [LIFE_OVER] = {"over", SM_BIT(LIFE_NEWBORN)},
};

/* An actor without init is running from the first; a dormant one is newborn again. */
static enum life life_of(const struct task *t)
{
    return sched_has(t, TASK_DYING | TASK_FREE) ? LIFE_OVER
           : sched_has(t, TASK_STARTING)        ? LIFE_NEWBORN
           : sched_has(t, TASK_ENDING)          ? LIFE_ENDING
                                                : LIFE_RUNNING;
}

/* --- ending --- */

void ending_begin(struct task *t)
{
    if (life_of(t) == LIFE_ENDING) /* its children have ended */
        return;
    sm_check(lives, life_of(t), LIFE_ENDING);
    sched_set(t, TASK_ENDING);
}

void actor_finish(struct worker *w, struct task *t, weft_reason *reason)
{
    weft_runtime *rt = runtime_of(sched_of(w));
    struct stock *stock = sched_stock(w);
    const weft_behavior *b = task_behavior(t);
    weft_pid pid = sched_id(sched_of(w), t);
    bool begun = !sched_has(t, TASK_STARTING);
    struct estate estate;
    bool kept;

    if (family_falls(w, t, reason))
        return;
    estate = estate_take(sched_of(w), stock, t);

    sm_check(lives, life_of(t), LIFE_OVER);
    kept = begun && family_keeps(sched_of(w), t);
    sched_close(w, t);
    counter_add(&stock_tally(stock)->over, 1); /* there is room for another one */
    reason->behavior = b->name;
    if (rt->options.on_exit != NULL)
        rt->options.on_exit(rt->options.context, pid, reason);
    if (begun && !kept && b->destroy != NULL)
        b->destroy(t->state);
    if (!kept)
        state_free(stock, &rt->memory, b, t->state);
    estate_release(sched_of(w), stock, &estate, pid, reason);
    family_leave(sched_of(w), t, reason);
    sched_free(w, t); /* who finds nobody there finds that all is released */
    if (UNLIKELY(!estate_is_empty(&estate)))
        estate_settle(sched_of(w), stock, &estate, pid, reason);
    counter_add_last(&stock_tally(stock)->ended, 1);
}

/* --- hooks, which may fail at any depth, as steps may --- */

static void call_stop(struct worker *w, struct task *t, const weft_reason *reason)
{
    const weft_behavior *b = task_behavior(t);
    jmp_buf here, *before = sched_unwind_to(w, &here);

    if (_setjmp(here) == 0)
        b->stop(self_of(w), t->state, reason);
    sched_unwind_to(w, before);
}

static int call_stays(struct worker *w, struct task *t)
{
    const weft_behavior *b = task_behavior(t);
    jmp_buf here, *before = sched_unwind_to(w, &here);
    volatile int next = NEXT_FAIL;

    if (_setjmp(here) == 0)
        next = b->stays(self_of(w), t->state) ? NEXT_STAYS : NEXT_STOPPED;
    else
        sched_verdict(w)[2] |= WEFT_HOOK_STAYS;
    sched_unwind_to(w, before);
    return next;
}

static weft_next call_init(struct worker *w, struct task *t, const void *args)
{
    const weft_behavior *b = task_behavior(t);
    jmp_buf here, *before = sched_unwind_to(w, &here);
    volatile weft_next next = NEXT_FAIL;

    if (_setjmp(here) == 0)
        next = b->init(self_of(w), t->state, args);
    sched_unwind_to(w, before);
    return next;
}

static weft_next call_failed(struct worker *w, struct task *t, const weft_reason *reason)
{
    const weft_behavior *b = task_behavior(t);
    jmp_buf here, *before = sched_unwind_to(w, &here);
    volatile weft_next next = NEXT_FAIL;

    if (_setjmp(here) == 0)
        next = b->failed(self_of(w), t->state, reason);
    sched_unwind_to(w, before);
    return next;
}

void actor_end(struct worker *w, struct task *t, weft_reason *reason, bool hook)
{
    const weft_behavior *b = task_behavior(t);

    reason->behavior = b->name;
    if (UNLIKELY(has_children(t))) { /* first they, then it again */
        family_end(w, t, reason, hook);
        return;
    }
    if (hook && b->stop != NULL) {
        ending_begin(t);
        sched_code_begin(w, t);
        call_stop(w, t, reason);
        pack_reason(sched_verdict(w),
                    reason); /* behind the hook, which may call weft_fail */
        if (!sched_code_end(w, t, NEXT_ENDED))
            return;
    }
    actor_finish(w, t, reason);
}

/* --- the scheduler's hooks --- */

/* Nobody is to be told, and nothing to be released: it has no queue, asks and owes nothing. */
static inline bool ends_plainly(const weft_runtime *rt, const struct task *t)
{
    const weft_behavior *b = task_behavior(t);

    return b->stop == NULL && b->destroy == NULL && fits_slot(b) &&
           t->cold.queue == NULL && is_kinless(t) && rt->options.on_exit == NULL;
}

static const weft_reason no_next = {
    .exit = WEFT_EXIT_FAILED,
    .code = WEFT_EINVAL,
    .text = "a step or init returned what is no weft_next",
};

/* Does it fail now, in a step, and has something to say to that? */
static bool may_go_on(const struct task *t, int next, const weft_reason *reason)
{
    const weft_behavior *b = task_behavior(t);

    return b->failed != NULL && reason->exit == WEFT_EXIT_FAILED &&
           reason->hook != WEFT_HOOK_INIT && next != NEXT_FAILED;
}

static void on_next(struct worker *w, struct task *t, int next,
                    const uint64_t verdict[3]);

/* It is to stay, to stop, or to fail for good. */
static int failed_next(struct worker *w, weft_next next, const weft_reason *reason)
{
    if (next == NEXT_STAY)
        return reason->hook == WEFT_HOOK_STAYS ? NEXT_STAYS : NEXT_STAY;
    if (next == NEXT_STOP)
        return NEXT_STOP;
    if (next != NEXT_FAIL)
        pack_reason(sched_verdict(w), &no_next);
    return NEXT_FAILED;
}

static void ask_to_go_on(struct worker *w, struct task *t, weft_reason *reason)
{
    int next;

    reason->behavior = ((const weft_behavior *)task_behavior(t))->name;
    sched_code_begin(w, t);
    next = failed_next(w, call_failed(w, t, reason), reason);
    if (sched_code_end(w, t, next) && next != NEXT_STAY)
        on_next(w, t, next, sched_verdict(w));
}

/* What is not the plain end of a plain actor. */
COLD static void on_next_odd(struct worker *w, struct task *t, int next,
                             const uint64_t verdict[3])
{
    weft_reason reason = {.exit = WEFT_EXIT_NORMAL, .hook = WEFT_HOOK_STEP};

    switch (next) {
    case NEXT_STAYS:
        sched_stays(w, t);
        return;
    case NEXT_STOPPED:
        reason.exit = WEFT_EXIT_STOPPED;
        break;
    case NEXT_STOP:
    case NEXT_INIT_STOP:
        break;
    case NEXT_FAIL:
    case NEXT_FAILED:
    case NEXT_INIT_FAIL:
    case NEXT_ENDED:
        reason = unpack_reason(verdict);
        break;
    default:
        reason = no_next;
    }
    if (next == NEXT_INIT_STOP || next == NEXT_INIT_FAIL || next == NEXT_INIT_GARBAGE)
        reason.hook = WEFT_HOOK_INIT;
    if (next == NEXT_ENDED)
        actor_finish(w, t, &reason);
    else if (may_go_on(t, next, &reason))
        ask_to_go_on(w, t, &reason);
    else
        actor_end(w, t, &reason, reason.hook != WEFT_HOOK_INIT);
}

static void on_next(struct worker *w, struct task *t, int next, const uint64_t verdict[3])
{
    if (LIKELY(next == NEXT_STOP && ends_plainly(runtime_of(sched_of(w)), t))) {
        sm_check(lives, life_of(t), LIFE_OVER);
        sched_end(w, t);
    } else {
        on_next_odd(w, t, next, verdict);
    }
}

/* The behaviour may say no to a stop. */
static void ask_to_stop(struct worker *w, struct task *t)
{
    int next;

    sched_code_begin(w, t);
    next = call_stays(w, t);
    if (sched_code_end(w, t, next))
        on_next(w, t, next, sched_verdict(w));
}

static void on_control(struct worker *w, struct task *t, enum record_kind kind)
{
    weft_runtime *rt = runtime_of(sched_of(w));
    bool begun = life_of(t) == LIFE_RUNNING;
    /* relaxed: only a word in the report hangs on it */
    weft_reason reason = {.exit = kind == RECORD_KILL      ? WEFT_EXIT_KILLED
                                  : kind == RECORD_LAST    ? WEFT_EXIT_DRAINED
                                  : at_peek(&rt->stopping) ? WEFT_EXIT_SHUTDOWN
                                                           : WEFT_EXIT_STOPPED};

    if (life_of(t) == LIFE_ENDING) {
        family_control(w, t, kind);
        return;
    }
    if (is_dormant(t))
        family_fallen_of(sched_of(w), t, &reason);
    if (kind == RECORD_STOP && sched_overflown(sched_of(w), t)) {
        reason.exit = WEFT_EXIT_FAILED;
        reason.code = WEFT_EFULL;
        reason.text = "its mailbox overflowed";
    }
    if (reason.exit == WEFT_EXIT_STOPPED && begun && !family_told(sched_of(w), t) &&
        ((const weft_behavior *)task_behavior(t))->stays != NULL) {
        ask_to_stop(w, t);
        return;
    }
    actor_end(w, t, &reason, kind != RECORD_KILL && begun);
}

/* --- exits of those it is linked with --- */

static bool on_handles_signals(struct sched *s, struct task *t)
{
    struct talk_part part;

    const struct ties *ties = sched_talk_of(s, t, &part) ? *part.ties : NULL;

    return ties == NULL || ties->exits == NULL || ties->traps;
}

/* What an exit means to one that does not trap it: the root of it is in every report. */
static weft_reason linked_reason(const weft_reason *first)
{
    weft_reason reason = {.exit = WEFT_EXIT_LINKED, .hook = first->hook};

    reason.code = first->exit == WEFT_EXIT_NO_ACTOR ? WEFT_ENOACTOR : first->code;
    reason.text = first->text;
    return reason;
}

/* A message for the step. */
static void exit_message(struct record *m, struct node *exit)
{
    for (unsigned i = 0; i < RECORD_SLOTS_MAX; i++)
        record_copy(&m[i], &exit->record + i);
    m->head = record_head(WEFT_TAG_LINK_EXIT, RECORD_REPLY,
                          record_extra(m) | RECORD_HEARD, record_size(m));
}

/* A normal end ends nobody else. */
static bool on_signal(struct worker *w, struct task *t, struct record *m)
{
    struct sched *s = sched_of(w);
    struct talk_part part;
    struct ties *ties = sched_talk_of(s, t, &part) ? *part.ties : NULL;
    struct node *exit;

    while (ties != NULL && (exit = tie_next_exit(t, ties)) != NULL) {
        weft_reason reason = reason_read(&exit->record);

        if (ties->traps) {
            exit_message(m, exit);
            return true;
        }
        tie_free(sched_stock(w), exit);
        if (reason.exit != WEFT_EXIT_NORMAL) {
            reason = linked_reason(&reason);
            actor_end(w, t, &reason, true);
            return false;
        }
    }
    return false;
}

/* What init returned, told apart from what a step returns: there is no stop hook then. Init
 * is one piece: it cannot yield. */
static int init_next(weft_next next)
{
    return next == NEXT_STOP                         ? NEXT_INIT_STOP
           : next == NEXT_STAY || next == NEXT_YIELD ? NEXT_STAY
           : next == NEXT_FAIL                       ? NEXT_INIT_FAIL
                                                     : NEXT_INIT_GARBAGE;
}

weft_next actor_fail(weft_self *self, const weft_reason *reason)
{
    pack_reason(sched_verdict(worker_of(self)), reason);
    return NEXT_FAIL;
}

static weft_next run_started(weft_self *self, void *state, weft_msg *msg)
{
    const weft_behavior *b = sched_behavior(worker_of(self));

    (void)msg;
    return b->started(self, state);
}

/* Who waits for the actor's start hears how init went. */
static void tell_start(struct worker *w, const struct record *r, int next)
{
    int code = next == NEXT_INIT_FAIL ? unpack_reason(sched_verdict(w)).code : 0;
    bool failed =
        next == NEXT_INIT_STOP || next == NEXT_INIT_FAIL || next == NEXT_INIT_GARBAGE;
    struct record answer[2] = {
        start_answer(r, failed ? (code < 0 ? code : WEFT_EENDED) : 0)};

    record_add_call(answer, 0, record_call(r)->ref, 0);
    sched_send(w, answer); /* it may have stopped waiting */
}

static void on_start(struct worker *w, struct task *t, const struct record *r)
{
    const weft_behavior *b = task_behavior(t);
    bool again = (record_extra(r) & RECORD_MARK) != 0, lane;
    void *args = args_of(r);
    struct stock *stock;
    int next = NEXT_STAY;

    if (again)
        state_renew(t, b, args);
    sched_code_begin(w, t);
    if (b->init != NULL)
        next = init_next(call_init(w, t, args));
    if (next == NEXT_STAY && b->started != NULL)
        next = weft_go_on(self_of(w), run_started, WEFT_TAG_STARTED, 0);
    stock = stock_enter(w, &lane);
    if (!again)
        args_free(stock, &runtime_of(sched_of(w))->memory, b, args);
    if (next == NEXT_STAY || next == NEXT_LATER)
        family_begun(sched_of(w), stock, t);
    stock_leave(w, stock, lane);
    if ((record_extra(r) & RECORD_OPEN) != 0)
        tell_start(w, r, next);
    if (sched_code_end(w, t, next) && next != NEXT_STAY)
        sched_settle(w, t, next, sched_verdict(w));
}

static void release(struct sched *s, struct stock *stock, const struct record *r)
{
    block_release(stock, &runtime_of(s)->memory, args_of(r));
}

/* Is the actor over with this result of its step? */
static bool is_end(int next)
{
    return next != NEXT_STAY && next != NEXT_AWAIT && next != NEXT_RECEIVE &&
           next != NEXT_LATER;
}

static void on_handled(struct sched *s, struct stock *stock, const struct record *r,
                       int next)
{
    if ((record_extra(r) & RECORD_BLOCK) != 0)
        release(s, stock, r);
    if (record_has_envelope(r))
        tie_handled(stock, r);
    else if ((record_extra(r) & RECORD_OPEN) != 0)
        question_fail(s, stock, r, is_end(next) ? WEFT_EENDED : WEFT_ENOANSWER);
}

/* Why a message is dead, and what its asker is told if it is a question. */
static const struct {
    enum weft_dead_letter why;
    int error;
} deaths[] = {
    [SCHED_NO_TASK] = {WEFT_DEAD_NO_ACTOR, WEFT_ENOACTOR},
    [SCHED_ENDED] = {WEFT_DEAD_ENDED, WEFT_EENDED},
    [SCHED_NO_MEMORY] = {WEFT_DEAD_NO_MEMORY, WEFT_ENOMEM},
    [SCHED_LATE] = {WEFT_DEAD_LATE, WEFT_ENOACTOR},
    [SCHED_STASH_FULL] = {WEFT_DEAD_STASH_FULL, WEFT_ELIMIT},
    [SCHED_FULL] = {WEFT_DEAD_FULL, WEFT_EFULL},
};

static void on_dead(struct sched *s, struct stock *stock, const struct record *r,
                    enum sched_dead why)
{
    unsigned extra = record_extra(r);
    bool dead;

    if (record_kind(r) == RECORD_START) {
        if ((extra & RECORD_OPEN) != 0)
            start_fail(s, stock, r);
        args_free(stock, &runtime_of(s)->memory, start_behavior(r), args_of(r));
        return;
    }
    if (record_has_envelope(r)) {
        if ((extra & RECORD_BLOCK) != 0 &&
            why != SCHED_NO_MEMORY) /* else it is sent again */
            release(s, stock, r);
        tie_dead(s, stock, r, why);
        return;
    }
    if (record_kind(r) == RECORD_WATCH && keep_is_asked(r)) {
        keep_refused(s, stock, r, why == SCHED_NO_MEMORY ? WEFT_ENOMEM : 0);
        return;
    }
    dead = (extra & (RECORD_FAILED | RECORD_MARK)) == 0; /* those are the runtime's own */
    if (dead)
        dead_record(runtime_of(s), r, deaths[why].why);
    if ((extra & RECORD_BLOCK) != 0)
        release(s, stock, r);
    if ((extra & RECORD_OPEN) != 0)
        question_fail(s, stock, r,
                      why == SCHED_ENDED && record_tag(r) == WEFT_TAG_ENDED
                          ? WEFT_ENOACTOR
                          : deaths[why].error);
    if (dead)
        counter_add(&stock_tally(stock)->dead[deaths[why].why], 1);
}

/* --- faults of the hardware --- */

static const char *fault_name(int number)
{
    return number == SIGSEGV  ? "SIGSEGV"
           : number == SIGBUS ? "SIGBUS"
           : number == SIGFPE ? "SIGFPE"
           : number == SIGILL ? "SIGILL"
                              : "SIGABRT";
}

static int on_faulted(struct worker *w, int number)
{
    return weft_fail(self_of(w), WEFT_EFAULT, fault_name(number));
}

static uint64_t on_size(const struct record *r)
{
    return block_type(args_of(r))->size;
}

const struct sched_ops actor_ops = {
    .dead = on_dead,
    .unsent = on_unsent,
    .elsewhere = port_send,
    .handled = on_handled,
    .answered = on_answered,
    .expire = on_expire,
    .watch = on_watch,
    .signal = on_signal,
    .handles_signals = on_handles_signals,
    .news = family_news,
    .probed = on_probed,
    .size = on_size,
    .start = on_start,
    .next = on_next,
    .control = on_control,
    .wanted = threadless_wanted,
    .faulted = on_faulted,
    .stuck = on_stuck,
    .idle = crew_report,
    .offloaded = blocking_play,
};

/* --- what comes next, and oneself --- */

weft_next weft_become(weft_self *self, weft_step_fn step)
{
    if (UNLIKELY(step == NULL))
        return weft_fail(self, WEFT_EINVAL, "no step to become");
    sched_become(worker_of(self), step);
    return NEXT_STAY;
}

weft_next weft_yield(weft_self *self)
{
    (void)self;
    return NEXT_YIELD;
}

weft_next weft_stop(weft_self *self)
{
    (void)self;
    return NEXT_STOP;
}

_Noreturn void weft_fail_now(weft_self *self, int code, const char *text)
{
    sched_unwind(worker_of(self), weft_fail(self, code, text));
}

weft_next weft_fail(weft_self *self, int code, const char *text)
{
    const weft_reason reason = {
        .exit = WEFT_EXIT_FAILED, .hook = WEFT_HOOK_STEP, .code = code, .text = text};

    return actor_fail(self, &reason);
}

bool weft_should_stop(weft_self *self)
{
    struct worker *w = worker_of(self);

    return at_load(&runtime_of(sched_of(w))->stopping, acquire, RT1) ||
           sched_asked_to_end(w);
}

weft_pid weft_self_pid(const weft_self *self)
{
    return sched_running(worker_of(self));
}

weft_runtime *weft_self_runtime(const weft_self *self)
{
    return runtime_of(sched_of(worker_of(self)));
}

uint64_t weft_random(weft_self *self, uint64_t below)
{
    return sched_random(worker_of(self), below);
}

bool weft_alive(weft_self *self, weft_pid pid)
{
    return weft_rt_alive(weft_self_runtime(self), pid);
}

bool weft_rt_alive(const weft_runtime *rt, weft_pid pid)
{
    return sched_alive(rt->sched, pid) || port_is_open(rt, pid);
}
