/* test/explore/runtime/threads.c: see test/explore/stand_in/threads.h. */
#include "test/explore/runtime/threads.h"

#include "lib/base/atomic.h"
#include "test/explore/explore.h"
#include "test/explore/stand_in/threads.h"

#include <string.h>

struct thread {
    void *(*body)(void *);
    void *argument;
    _Atomic(bool) over;
};
static struct thread threads[EXPLORE_THREADS];
static unsigned n_threads;

void threads_reset(void)
{
    memset(threads, 0, sizeof threads);
    n_threads = 0;
}

void threads_run(unsigned number)
{
    struct thread *t = &threads[number];

    t->body(t->argument);
    atomic_store_explicit(&t->over, true, memory_order_release);
}

/* From setup. */
int explore_thread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *argument)
{
    (void)attributes;
    explore_assert(n_threads < EXPLORE_THREADS);
    threads[n_threads].body = body;
    threads[n_threads].argument = argument;
    *thread = n_threads++;
    return 0;
}

static bool is_over(void *thread)
{
    return atomic_load_explicit(&((struct thread *)thread)->over, memory_order_acquire);
}

int explore_thread_join(pthread_t thread, void **result)
{
    (void)result;
    explore_block_until(is_over, &threads[thread]);
    return 0;
}

/* It chooses a lane: one is more of a trial than many. */
pthread_t explore_thread_self(void)
{
    return 0;
}

/* --- locks --- */

static _Atomic(int) *state_of(pthread_mutex_t *m)
{
    _Static_assert(sizeof(pthread_mutex_t) >= sizeof(_Atomic(int)), "room for the state");
    return (_Atomic(int) *)(void *)m;
}

int explore_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attributes)
{
    (void)attributes;
    at_set(state_of(m), 0);
    return 0;
}

int explore_mutex_destroy(pthread_mutex_t *m)
{
    explore_assert(at_peek(state_of(m)) == 0);
    return 0;
}

static bool is_unlocked(void *m)
{
    return at_peek(state_of(m)) == 0;
}

int explore_mutex_lock(pthread_mutex_t *m)
{
    int unlocked = 0;

    while (!atomic_compare_exchange_strong_explicit(
        state_of(m), &unlocked, 1, memory_order_acquire, memory_order_relaxed)) {
        explore_block_until(is_unlocked, m);
        unlocked = 0;
    }
    return 0;
}

int explore_mutex_unlock(pthread_mutex_t *m)
{
    atomic_store_explicit(state_of(m), 0, memory_order_release);
    return 0;
}

int explore_sched_yield(void)
{
    explore_pause();
    return 0;
}
