/* test/explore/engine/coroutine.c: see coroutine.h. A run has a switch for every operation,
 * and ucontext asks the kernel twice at each: on x86-64 it is done by hand. */
#include "test/explore/engine/coroutine.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static char *stack_of(struct coroutine *c)
{
    enum { GUARD = 4096 };
    char *p;

    if (c->stack != NULL)
        return c->stack;
    p = mmap(NULL, COROUTINE_STACK + GUARD, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p, GUARD, PROT_NONE) != 0) {
        perror("explore: a stack");
        exit(2);
    }
    return c->stack = p + GUARD;
}

#ifdef __x86_64__

/* Saves what a function must preserve on the old stack, and takes it from the new one. */
void coroutine_swap(void **save, void *load);
__asm__(".text\n"
        ".type coroutine_swap, @function\n"
        "coroutine_swap:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size coroutine_swap, . - coroutine_swap\n");

void coroutine_prepare(struct coroutine *c, void (*body)(void))
{
    enum { REGISTERS = 6 };
    uintptr_t *top = (uintptr_t *)(void *)(stack_of(c) + COROUTINE_STACK);

    top[-1] = 0; /* body's caller: there is none */
    top[-2] = (uintptr_t)body;
    c->stack_pointer = top - 2 - REGISTERS;
}

void coroutine_switch(struct coroutine *from, struct coroutine *to)
{
    coroutine_swap(&from->stack_pointer, to->stack_pointer);
}

#else

void coroutine_prepare(struct coroutine *c, void (*body)(void))
{
    getcontext(&c->context);
    c->context.uc_stack.ss_sp = stack_of(c);
    c->context.uc_stack.ss_size = COROUTINE_STACK;
    c->context.uc_link = NULL;
    makecontext(&c->context, body, 0);
}

void coroutine_switch(struct coroutine *from, struct coroutine *to)
{
    swapcontext(&from->context, &to->context);
}

#endif
