/* test/explore/engine/tsan.c: what the code under test and the scenarios call.
 *
 * The compiler's ThreadSanitizer instrumentation calls a function of the sanitizer's runtime
 * for each access to memory. These are those functions: plain accesses are checked, atomic
 * ones wait for their turn. */
#include "test/explore/engine/engine.h"
#include "test/explore/engine/report.h"

#include <stdarg.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

/* --- plain accesses --- */

void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void);

void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc)
{
    (void)pc;
}

void __tsan_func_exit(void)
{
}

static void plain(void *address, size_t size, enum access access, void *pc)
{
    races_access(run.current, (uintptr_t)address, size, access, pc);
}

#define PLAIN(name, size, access)               \
    void __tsan_##name(void *address);          \
    void __tsan_##name(void *address)           \
    {                                           \
        plain(address, (size), access, CALLER); \
    }
#define PLAIN_BOTH(suffix, size)                     \
    PLAIN(read##suffix, size, ACCESS_READ)           \
    PLAIN(write##suffix, size, ACCESS_WRITE)         \
    PLAIN(unaligned_read##suffix, size, ACCESS_READ) \
    PLAIN(unaligned_write##suffix, size, ACCESS_WRITE)

PLAIN_BOTH(1, 1)
PLAIN_BOTH(2, 2)
PLAIN_BOTH(4, 4)
PLAIN_BOTH(8, 8)
PLAIN_BOTH(16, 16)

void __tsan_read_range(void *address, size_t size);
void __tsan_write_range(void *address, size_t size);

void __tsan_read_range(void *address, size_t size)
{
    plain(address, size, ACCESS_READ, CALLER);
}

void __tsan_write_range(void *address, size_t size)
{
    plain(address, size, ACCESS_WRITE, CALLER);
}

/* --- atomic accesses --- */

static struct op access_op(enum op_kind kind, const volatile void *address, size_t size,
                           int order, void *pc)
{
    return (struct op){.kind = kind,
                       .address = (void *)(uintptr_t)address,
                       .size = (uint8_t)size,
                       .order = (enum order)order,
                       .pc = pc};
}

static uint64_t modify_op(enum rmw rmw, const volatile void *address, size_t size,
                          uint64_t operand, int order, void *pc)
{
    struct op op = access_op(OP_RMW, address, size, order, pc);

    op.rmw = rmw;
    op.operand = operand;
    return run_op(op, NULL);
}

static uint64_t cas_op(const volatile void *address, size_t size, uint64_t expected,
                       uint64_t desired, int order, int failure, bool *succeeded,
                       void *pc)
{
    struct op op = access_op(OP_CAS, address, size, order, pc);

    op.failure = (enum order)failure;
    op.expected = expected;
    op.operand = desired;
    return run_op(op, succeeded);
}

#define MODIFY(n, type, name, rmw)                                           \
    type __tsan_atomic##n##_##name(volatile type *a, type value, int order); \
    type __tsan_atomic##n##_##name(volatile type *a, type value, int order)  \
    {                                                                        \
        return (type)modify_op(rmw, a, sizeof(type), value, order, CALLER);  \
    }

/* gcc's way to call a compare and exchange. The weak one does not fail for no reason. */
#define CAS(n, type, name)                                                         \
    bool __tsan_atomic##n##_##name(volatile type *a, type *expected, type desired, \
                                   int order, int failure);                        \
    bool __tsan_atomic##n##_##name(volatile type *a, type *expected, type desired, \
                                   int order, int failure)                         \
    {                                                                              \
        bool succeeded;                                                            \
        uint64_t was = cas_op(a, sizeof(type), *expected, desired, order, failure, \
                              &succeeded, CALLER);                                 \
                                                                                   \
        if (!succeeded)                                                            \
            *expected = (type)was;                                                 \
        return succeeded;                                                          \
    }

#define ATOMICS(n, type)                                                                \
    type __tsan_atomic##n##_load(const volatile type *a, int order);                    \
    type __tsan_atomic##n##_load(const volatile type *a, int order)                     \
    {                                                                                   \
        return (type)run_op(access_op(OP_LOAD, a, sizeof(type), order, CALLER), NULL);  \
    }                                                                                   \
    void __tsan_atomic##n##_store(volatile type *a, type value, int order);             \
    void __tsan_atomic##n##_store(volatile type *a, type value, int order)              \
    {                                                                                   \
        struct op op = access_op(OP_STORE, a, sizeof(type), order, CALLER);             \
                                                                                        \
        op.operand = value;                                                             \
        run_op(op, NULL);                                                               \
    }                                                                                   \
    MODIFY(n, type, exchange, RMW_EXCHANGE)                                             \
    MODIFY(n, type, fetch_add, RMW_ADD)                                                 \
    MODIFY(n, type, fetch_sub, RMW_SUB)                                                 \
    MODIFY(n, type, fetch_and, RMW_AND)                                                 \
    MODIFY(n, type, fetch_or, RMW_OR)                                                   \
    MODIFY(n, type, fetch_xor, RMW_XOR)                                                 \
    MODIFY(n, type, fetch_nand, RMW_NAND)                                               \
    CAS(n, type, compare_exchange_strong)                                               \
    CAS(n, type, compare_exchange_weak)                                                 \
    /* clang's way */                                                                   \
    type __tsan_atomic##n##_compare_exchange_val(volatile type *a, type expected,       \
                                                 type desired, int order, int failure); \
    type __tsan_atomic##n##_compare_exchange_val(volatile type *a, type expected,       \
                                                 type desired, int order, int failure)  \
    {                                                                                   \
        return (type)cas_op(a, sizeof(type), expected, desired, order, failure, NULL,   \
                            CALLER);                                                    \
    }

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

void __tsan_atomic_thread_fence(int order)
{
    run_op((struct op){.kind = OP_FENCE, .order = (enum order)order, .pc = CALLER}, NULL);
}

/* It binds the compiler, which has bound itself by calling us. */
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
}

/* --- the scenario's calls --- */

void explore_site(const char *label)
{
    sites_push(label, CALLER);
}

bool explore_recheck(const char *label)
{
    return sites_recheck(label, CALLER);
}

_Noreturn void explore_failed(const char *file, int line, const char *what)
{
    run_fail(EXPLORE_ASSERTION, "%s:%d: not so: %s", file, line, what);
}

void explore_block_until(bool (*pred)(void *), void *arg)
{
    run_spin_begin();
    while (!pred(arg)) {
        if (!run.patient)
            run_spin_failed();
        explore_yield();
    }
}

void explore_yield(void)
{
    run_op((struct op){.kind = OP_YIELD, .pc = CALLER}, NULL);
}

void explore_pause(void)
{
    run_op((struct op){.kind = OP_YIELD, .operand = 1, .pc = CALLER}, NULL);
}

void explore_daemon(void)
{
    run.threads[run.current].daemon = true;
}

unsigned explore_choose(unsigned n)
{
    return (unsigned)run_op((struct op){.kind = OP_CHOOSE, .operand = n, .pc = CALLER},
                            NULL);
}

void explore_membarrier(void)
{
    run_op((struct op){.kind = OP_MEMBARRIER, .pc = CALLER}, NULL);
}

enum explore_waited explore_futex_wait(_Atomic(uint32_t) *word, uint32_t expected,
                                       bool timed)
{
    struct op op = access_op(OP_WAIT, word, sizeof *word, RELAXED, CALLER);

    op.expected = expected;
    return run_wait(op, timed);
}

unsigned explore_futex_wake(_Atomic(uint32_t) *word, unsigned n)
{
    struct op op = access_op(OP_WAKE, word, sizeof *word, RELAXED, CALLER);

    op.operand = n;
    return (unsigned)run_op(op, NULL);
}

uint64_t explore_time_ns(void)
{
    return run.passed + run.n_events * run.operation_ns;
}

void explore_pass(uint64_t ns)
{
    run.passed += ns;
}

void explore_pace(uint64_t operation_ns)
{
    run.operation_ns = operation_ns;
}

void *explore_alloc(size_t size, size_t align)
{
    return heap_alloc(run.current, size, align);
}

void explore_free(void *p)
{
    heap_free(run.current, p, CALLER);
}

void explore_outcome(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(run.outcome, sizeof run.outcome, format, list);
    va_end(list);
}

void explore_name(const volatile void *p, size_t size, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    report_name((uintptr_t)p, size, format, list);
    va_end(list);
}
