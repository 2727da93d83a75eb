/* sched/fault.c: the handlers, and stacks to run them on. */
#include "sched/fault.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { CAUGHT = sizeof caught / sizeof *caught, STACK = 64 << 10 };

/* The process's, like its handlers. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;
static struct sigaction before[CAUGHT];

static _Thread_local struct worker *here; /* that this thread runs */

/* --- in a handler --- */

/* From the processor, or from abort() or raise() of this very process. */
static bool is_its_own(int number, const siginfo_t *info)
{
    return info->si_code > 0 ||
           (number == SIGABRT && info->si_code == SI_TKILL && info->si_pid == getpid());
}

static bool in_step(struct worker *w)
{
    /* relaxed, both: its own */
    return w != NULL && w->unwind != NULL && at_peek(&w->guard.up) == 0 &&
           at_peek(&w->running) != 0 && !w->laned;
}

/* Nobody had asked for it: it ends the process, when it comes again at the same place. */
static void end_process(int number)
{
    signal(number, SIG_DFL);
    if (number == SIGABRT)
        raise(number);
}

static void pass_on(int number, siginfo_t *info, void *context)
{
    int i = 0;

    while (caught[i] != number)
        i++;
    if ((before[i].sa_flags & SA_SIGINFO) != 0)
        before[i].sa_sigaction(number, info, context);
    else if (before[i].sa_handler == SIG_DFL ||
             (before[i].sa_handler == SIG_IGN && info->si_code > 0))
        end_process(number);
    else if (before[i].sa_handler != SIG_IGN)
        before[i].sa_handler(number);
}

/* Installed with SA_NODEFER: the thread's mask is the same before, in and behind it. */
static void handle(int number, siginfo_t *info, void *context)
{
    struct worker *w = here;

    if (in_step(w) && is_its_own(number, info))
        sched_unwind(w, w->sched->ops->faulted(w, number));
    pass_on(number, info, context);
}

/* --- installing --- */

static int install(void)
{
    struct sigaction action;
    int n = 0;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    while (n < CAUGHT && sigaction(caught[n], &action, &before[n]) == 0)
        n++;
    return n == CAUGHT ? 0 : -errno;
}

/* One that somebody else has installed meanwhile stays. */
static void restore(void)
{
    for (int i = 0; i < CAUGHT; i++) {
        struct sigaction now;

        if (sigaction(caught[i], NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 &&
            now.sa_sigaction == handle)
            sigaction(caught[i], &before[i], NULL);
    }
}

int faults_begin(struct sched *s)
{
    int error = 0;

    if (!s->options.catch_faults)
        return 0;
    pthread_mutex_lock(&lock);
    if (users == 0)
        error = install();
    users += error == 0;
    pthread_mutex_unlock(&lock);
    return error;
}

void faults_end(struct sched *s)
{
    if (!s->options.catch_faults)
        return;
    pthread_mutex_lock(&lock);
    if (--users == 0)
        restore();
    pthread_mutex_unlock(&lock);
}

/* --- threads --- */

/* Without memory for it handlers run on the thread's stack, which does for all but its
 * overflow. */
static void stack_begin(void)
{
    stack_t stack = {.ss_size = STACK};

    stack.ss_sp = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack.ss_sp != MAP_FAILED && sigaltstack(&stack, NULL) < 0)
        munmap(stack.ss_sp, STACK);
}

static void stack_end(void)
{
    stack_t none = {.ss_flags = SS_DISABLE}, stack;

    if (sigaltstack(&none, &stack) == 0 && (stack.ss_flags & SS_DISABLE) == 0)
        munmap(stack.ss_sp, stack.ss_size);
}

/* A worker's thread blocks all signals; a fault would end the process then. */
static void unblock(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (int i = 0; i < CAUGHT; i++)
        sigaddset(&set, caught[i]);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void faults_enter(struct worker *w, bool own_thread)
{
    if (!w->sched->options.catch_faults)
        return;
    if (own_thread) {
        stack_begin();
        unblock();
    }
    here = w;
}

void faults_leave(struct worker *w)
{
    if (here != w)
        return;
    here = NULL;
    if (!w->sched->options.threadless)
        stack_end();
}
