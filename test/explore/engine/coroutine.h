/* test/explore/engine/coroutine.h: the threads of a scenario are stacks that are switched
 * between on one thread of the operating system. */
#ifndef WEFT_EXPLORE_COROUTINE_H
#define WEFT_EXPLORE_COROUTINE_H

#include <stddef.h>

#ifdef __x86_64__
struct coroutine {
    void *stack_pointer; /* while it does not run */
    char *stack;
};
#else
#    include <ucontext.h>
struct coroutine {
    ucontext_t context;
    char *stack;
};
#endif

enum { COROUTINE_STACK = 64 << 10 };

/* The next switch to c enters body, which must not return. A coroutine may be prepared
 * again whatever it was doing. */
void coroutine_prepare(struct coroutine *c, void (*body)(void));
void coroutine_switch(struct coroutine *from, struct coroutine *to);

#endif
