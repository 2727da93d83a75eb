/* sched/fault.h: faults of the hardware in steps (SIGSEGV, SIGBUS, SIGFPE, SIGILL), and abort(),
 * become failures of their tasks, where the options ask for it.
 *
 * The handlers are the process's: they are there while any scheduler wants them. One that is
 * called on a worker's thread, inside a step, leaves the step by sched_unwind; anything else goes
 * to the handler that was there before. Inside a step is: the guard is down, a task runs, and no
 * lane is locked; so a fault in the library itself is never taken for one of a step. */
#ifndef WEFT_SCHED_FAULT_H
#define WEFT_SCHED_FAULT_H

#include "sched/domain.h"

/* A scheduler that catches faults begins, ends. 0, or a negated errno. */
int faults_begin(struct sched *s);
void faults_end(struct sched *s);

/* This thread runs the worker from here on, or no more; with a stack of its own for handlers,
 * unless it is the caller's thread. Nothing, if faults are not caught. */
void faults_enter(struct worker *w, bool own_thread);
void faults_leave(struct worker *w);

#endif
