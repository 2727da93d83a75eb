/* test/explore/engine/run.c: one run of a scenario.
 *
 * Each thread runs up to its next operation on an atomic and waits there; the search says who
 * goes on. What a thread does between two operations concerns it alone (or is a race), so
 * nothing is lost by doing it in one go. */
#include "test/explore/engine/engine.h"
#include "test/explore/engine/report.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

struct run run;

static struct coroutine scheduler;
static bool unfair;
static void *volatile touching; /* who is about to use an address, which may be wild */

/* Threads that wait at a futex, the longest waiting first. */
static struct {
    uint8_t thread[THREADS_MAX];
    uint16_t location[THREADS_MAX];
    unsigned n;
} sleepers;

/* --- inside the threads --- */

static void to_scheduler(void)
{
    run.inside = false;
    coroutine_switch(&run.threads[run.current].coroutine, &scheduler);
}

_Noreturn void run_fail(enum explore_fault fault, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(run.message, sizeof run.message, format, list);
    va_end(list);
    run.fault = fault;
    to_scheduler();
    abort(); /* a run that has failed is never taken up again */
}

static void thread_body(void)
{
    struct thread *t = &run.threads[run.current];

    t->body();
    if (t->n_sites > 0)
        run_fail(EXPLORE_ASSERTION, "label %s has no ordered operation",
                 t->sites[t->n_sites - 1]->label);
    t->state = THREAD_DONE;
    to_scheduler();
    abort(); /* nobody switches to a thread that is done */
}

static void remember_read(struct thread *t, uint16_t store)
{
    uint16_t location = memory_store(store)->location;

    for (unsigned i = 0; i < t->spin.n; i++) {
        if (memory_store(t->spin.reads[i])->location == location) {
            t->spin.reads[i] = store;
            return;
        }
    }
    t->spin.reads[t->spin.n++] = store;
}

static bool sees_the_newest(const struct thread *t)
{
    for (unsigned i = 0; i < t->spin.n; i++) {
        uint16_t read = t->spin.reads[i];

        if (memory_newest(memory_store(read)->location) != read)
            return false;
    }
    return true;
}

static uint64_t wake(const struct op *op)
{
    unsigned woken = 0, kept = 0;

    for (unsigned i = 0; i < sleepers.n; i++) {
        struct thread *t = &run.threads[sleepers.thread[i]];

        if (sleepers.location[i] == op->location && woken < op->operand) {
            woken++;
            t->state = THREAD_READY;
            t->woken_by = (uint16_t)run.n_events;
        } else {
            sleepers.thread[kept] = sleepers.thread[i];
            sleepers.location[kept++] = sleepers.location[i];
        }
    }
    sleepers.n = kept;
    return woken;
}

/* Does the current thread's operation, with run.choice. Setup and check leave no event. */
static struct event *perform(struct thread *t, const struct op *op)
{
    static struct event unnumbered;
    struct event *e = &unnumbered;

    if (run.current != 0) {
        if (run.n_events + 1 == EVENTS_MAX)
            run_fail(EXPLORE_ENDLESS, "a run does not end: %d operations", EVENTS_MAX);
        e = &run.events[++run.n_events];
    }
    memset(e, 0, sizeof *e);
    e->op = *op;
    e->thread = (uint8_t)run.current;
    e->index = ++t->n_events;
    e->woken_by = t->woken_by;
    t->woken_by = NONE;
    memory_perform(run.current, e, run.choice);
    if (e->read != NONE)
        remember_read(t, e->read);
    if (op->address != NULL && op->kind != OP_WAKE)
        races_access(run.current, (uintptr_t)op->address, op->size,
                     e->wrote ? ACCESS_ATOMIC_WRITE : ACCESS_ATOMIC_READ, op->pc);
    if (op->kind == OP_WAKE)
        e->result = wake(op);
    if (op->kind == OP_YIELD) {
        t->spin.n = 0;
        t->spin.since = (uint16_t)run.n_events;
    }
    return e;
}

/* Waits until the search lets the thread go on with op. */
static void await_turn(struct thread *t, const struct op *op)
{
    uint16_t choices[CHOICES_MAX];

    if (run.current != 0) {
        t->op = *op;
        to_scheduler();
    } else if (memory_choices(0, op, choices) > 0) {
        run.choice = choices[0];
    }
}

uint64_t run_op(struct op op, bool *succeeded)
{
    struct thread *t = &run.threads[run.current];
    struct event *e;

    op.site = sites_pop(&op);
    if (op.site != NULL) {
        if (sites_skips(op.site) && (op.kind == OP_MEMBARRIER || op.kind == OP_WAKE))
            return 0;
        op.order = sites_order(op.site, op.order);
    }
    if (op.address != NULL) {
        touching = op.pc;
        (void)*(volatile char *)op.address;
        touching = NULL;
        op.location = memory_location(op.address, op.size);
    }
    await_turn(t, &op);
    e = perform(t, &op);
    if (succeeded != NULL)
        *succeeded = e->wrote;
    return e->result;
}

/* False: somebody has woken the thread. */
static bool forget_sleeper(unsigned thread)
{
    bool found = false;

    for (unsigned i = 0; i < sleepers.n; i++) {
        found = found || sleepers.thread[i] == thread;
        if (found && i + 1 < sleepers.n) {
            sleepers.thread[i] = sleepers.thread[i + 1];
            sleepers.location[i] = sleepers.location[i + 1];
        }
    }
    sleepers.n -= found;
    return found;
}

enum explore_waited run_wait(struct op op, bool timed)
{
    struct thread *t = &run.threads[run.current];

    op.location = memory_location(op.address, op.size);
    if (run_op(op, NULL) != op.expected)
        return EXPLORE_CHANGED;
    if (run.current == 0)
        run_fail(EXPLORE_DEADLOCK, "setup or check waits for somebody");
    sleepers.thread[sleepers.n] = (uint8_t)run.current;
    sleepers.location[sleepers.n++] = op.location;
    t->state = THREAD_ASLEEP;
    t->timed = timed;
    t->op = (struct op){.kind = OP_RESUME, .pc = op.pc};
    to_scheduler();
    perform(t, &t->op);
    t->state = THREAD_READY;
    return forget_sleeper(run.current) ? EXPLORE_TIMED_OUT : EXPLORE_WOKEN;
}

void run_spin_begin(void)
{
    run.threads[run.current].spin.n = 0;
}

/* What the thread waits for is not so. If it has read old stores, then there is another run
 * in which it reads the newest; and when something is stored, there is another run in which
 * it reads that. So in this run it may stay where it is. */
_Noreturn void run_spin_failed(void)
{
    struct thread *t = &run.threads[run.current];

    if (run.current == 0)
        run_fail(EXPLORE_DEADLOCK, "setup or check waits for somebody");
    t->state = THREAD_SPINNING;
    unfair = unfair || !sees_the_newest(t);
    to_scheduler();
    abort(); /* nobody switches to a thread that spins */
}

/* --- outside --- */

static void enter(unsigned thread)
{
    run.current = thread;
    run.inside = true;
    coroutine_switch(&scheduler, &run.threads[thread].coroutine);
}

static void start(unsigned thread, void (*body)(void))
{
    struct thread *t = &run.threads[thread];

    memset(&t->spin, 0, sizeof t->spin);
    t->body = body;
    t->state = THREAD_READY;
    t->daemon = t->timed = false;
    t->n_events = t->woken_by = 0;
    t->n_sites = 0;
    coroutine_prepare(&t->coroutine, thread_body);
    enter(thread);
}

static bool may_go_on(const struct thread *t, unsigned thread)
{
    if (t->state != THREAD_READY)
        return false;
    if (t->op.kind != OP_YIELD || !sees_the_newest(t))
        return true;
    for (unsigned i = run.n_events; i > t->spin.since; i--) {
        if (run.events[i].wrote && run.events[i].thread != thread)
            return true;
    }
    return false;
}

/* Nobody else does anything: time goes by, and a short pause is over. */
static bool may_go_on_alone(const struct thread *t)
{
    return (t->state == THREAD_ASLEEP && t->timed) ||
           (t->state == THREAD_READY && t->op.kind == OP_YIELD && t->op.operand != 0);
}

unsigned run_enabled(void)
{
    unsigned enabled = 0, alone = 0;

    for (unsigned i = 1; i < run.n_threads; i++) {
        if (may_go_on(&run.threads[i], i))
            enabled |= 1u << i;
        if (may_go_on_alone(&run.threads[i]))
            alone |= 1u << i;
    }
    return enabled != 0 ? enabled : alone;
}

/* Where the thread was, or NULL where we do not know how to tell. */
static void *interrupted_at(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (void *)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (void *)context->uc_mcontext.pc;
#else
    (void)context;
    return NULL;
#endif
}

static void fatal_signal(int number, siginfo_t *info, void *context)
{
    char line[160];

    (void)info;
    if (!run.inside) {
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    report_line(line, sizeof line,
                touching != NULL ? touching : (char *)interrupted_at(context) + 1);
    touching = NULL;
    run_fail(EXPLORE_ASSERTION, "%s in %s at %s", strsignal(number),
             report_thread(run.current), line);
}

/* Mutants crash. The handler leaves by a switch, so it has a stack of its own, which the next
 * signal may use again. */
static void catch_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char stack[64 << 10];
    static bool done;
    struct sigaction action = {.sa_sigaction = fatal_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    if (done)
        return;
    done = true;
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
}

/* Nobody can go on. Is that the end, or do they wait for each other? */
static enum verdict stuck_or_done(void)
{
    char who[512] = "";
    size_t n = 0;

    for (unsigned i = 1; i < run.n_threads; i++) {
        const struct thread *t = &run.threads[i];

        if (t->state == THREAD_SPINNING && !sees_the_newest(t))
            return RUN_UNFAIR;
        if (t->state != THREAD_DONE && !t->daemon && n < sizeof who)
            n += (size_t)snprintf(who + n, sizeof who - n, "%s%s", n > 0 ? ", " : "",
                                  report_thread(i));
    }
    if (n == 0)
        return RUN_COMPLETE;
    snprintf(run.message, sizeof run.message, "nobody goes on: %s would wait for ever",
             who);
    run.fault = EXPLORE_DEADLOCK;
    return RUN_FAILED;
}

static void begin(const struct explore_scenario *scenario, bool patient)
{
    catch_signals();
    memory_reset();
    races_reset();
    heap_reset();
    report_forget_names();
    sleepers.n = 0;
    unfair = false;
    run.scenario = scenario;
    run.n_events = 0;
    run.n_threads = 1;
    run.passed = 0;
    run.operation_ns = 100;
    run.patient = patient;
    run.fault = EXPLORE_NO_FAULT;
    run.message[0] = run.outcome[0] = '\0';
    while (run.n_threads < THREADS_MAX && scenario->threads[run.n_threads - 1] != NULL)
        run.n_threads++;
    for (unsigned i = 0; i < run.n_threads; i++)
        run.threads[i].state = THREAD_UNUSED;
    start(0, scenario->setup);
    for (unsigned i = 1; i < run.n_threads && run.fault == EXPLORE_NO_FAULT; i++) {
        memory_start(i);
        start(i, scenario->threads[i - 1]);
    }
}

static bool step(run_pick pick)
{
    uint16_t choices[CHOICES_MAX];
    unsigned thread, choice;

    if (!pick(&thread, &choice))
        return false;
    memory_choices(thread, &run.threads[thread].op, choices);
    run.choice = choices[choice];
    enter(thread);
    run.events[run.n_events].choice = (uint8_t)choice;
    return true;
}

enum verdict run_once(const struct explore_scenario *scenario, run_pick pick,
                      bool patient)
{
    enum verdict verdict;

    begin(scenario, patient);
    while (run.fault == EXPLORE_NO_FAULT && !unfair && run_enabled() != 0) {
        if (!step(pick))
            return RUN_CUT;
    }
    if (run.fault != EXPLORE_NO_FAULT)
        return RUN_FAILED;
    if (unfair)
        return RUN_UNFAIR;
    verdict = stuck_or_done();
    if (verdict != RUN_COMPLETE || scenario->check == NULL)
        return verdict;
    for (unsigned i = 1; i < run.n_threads; i++)
        memory_finish(i);
    start(0, scenario->check);
    return run.fault != EXPLORE_NO_FAULT ? RUN_FAILED : RUN_COMPLETE;
}
