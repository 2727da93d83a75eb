/* test/explore/self/programs.c: runs the program of self/programs.h. */
#include "test/explore/self/programs.h"

#include "lib/base/atomic.h"

struct program program;

static _Atomic(uint32_t) cells[PROGRAM_LOCATIONS];

static void setup(void)
{
    for (unsigned i = 0; i < PROGRAM_LOCATIONS; i++)
        at_set(&cells[i], 0);
}

/* An order that is not a constant is taken by the compiler for the strongest. */
#define WITH_ORDER(order, operation)                                                    \
    switch (order) {                                                                    \
    case memory_order_relaxed:                                                          \
        operation(memory_order_relaxed) case memory_order_acquire                       \
            : operation(memory_order_acquire) case memory_order_release                 \
            : operation(memory_order_release) case memory_order_acq_rel                 \
            : operation(memory_order_acq_rel) default : operation(memory_order_seq_cst) \
    }

static uint32_t load(_Atomic(uint32_t) *at, int order)
{
    switch (order) {
    case memory_order_relaxed:
        return atomic_load_explicit(at, memory_order_relaxed);
    case memory_order_acquire:
        return atomic_load_explicit(at, memory_order_acquire);
    default:
        return atomic_load_explicit(at, memory_order_seq_cst);
    }
}

static void store(_Atomic(uint32_t) *at, uint32_t value, int order)
{
    switch (order) {
    case memory_order_relaxed:
        atomic_store_explicit(at, value, memory_order_relaxed);
        break;
    case memory_order_release:
        atomic_store_explicit(at, value, memory_order_release);
        break;
    default:
        atomic_store_explicit(at, value, memory_order_seq_cst);
        break;
    }
}

static uint32_t exchange(_Atomic(uint32_t) *at, uint32_t value, int order)
{
#define EXCHANGE(order) return atomic_exchange_explicit(at, value, order);
    WITH_ORDER(order, EXCHANGE)
}

static uint32_t add(_Atomic(uint32_t) *at, uint32_t value, int order)
{
#define ADD(order) return atomic_fetch_add_explicit(at, value, order);
    WITH_ORDER(order, ADD)
}

static uint32_t cas(_Atomic(uint32_t) *at, uint32_t expected, uint32_t value, int order)
{
#define CAS(order)                                                       \
    atomic_compare_exchange_strong_explicit(at, &expected, value, order, \
                                            memory_order_relaxed);       \
    return expected;
    WITH_ORDER(order, CAS)
}

static void fence(int order)
{
#define FENCE(order)            \
    atomic_thread_fence(order); \
    break;
    WITH_ORDER(order, FENCE)
}

static bool not_zero(void *at)
{
    return load(at, memory_order_acquire) != 0;
}

/* What it read, or what was read before. */
static uint32_t do_step(const struct step *s, uint32_t read)
{
    _Atomic(uint32_t) *at = &cells[s->location];
    uint32_t value = s->value + (s->adds ? read : 0);

    switch (s->kind) {
    case STEP_LOAD:
        return load(at, s->order);
    case STEP_STORE:
        store(at, value, s->order);
        break;
    case STEP_EXCHANGE:
        return exchange(at, value, s->order);
    case STEP_ADD:
        return add(at, value, s->order);
    case STEP_CAS:
        return cas(at, read, value, s->order);
    case STEP_FENCE:
        fence(s->order);
        break;
    case STEP_MEMBARRIER:
        explore_membarrier();
        break;
    case STEP_WAIT:
        explore_futex_wait(at, value, false);
        break;
    case STEP_WAKE:
        explore_futex_wake(at, 1);
        break;
    case STEP_AWAIT:
        explore_block_until(not_zero, at);
        break;
    case STEP_YIELD:
        explore_yield();
        break;
    default:
        break;
    }
    return read;
}

static void run_thread(unsigned thread)
{
    uint32_t read = 0;

    explore_daemon();
    for (unsigned i = 0; i < program.n[thread]; i++) {
        const struct step *s = &program.steps[thread][i];

        if (s->kind == STEP_SKIP)
            i += read == 0;
        else
            read = do_step(s, read);
    }
}

static void thread_a(void)
{
    run_thread(0);
}

static void thread_b(void)
{
    run_thread(1);
}

static void thread_c(void)
{
    run_thread(2);
}

const struct explore_scenario program_scenario = {
    .setup = setup, .threads = {thread_a, thread_b, thread_c}};
