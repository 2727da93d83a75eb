/* test/support/unit_threads.c: threads that begin together; waiting with a deadline. */
#include "test/support/unit_threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

struct thread {
    pthread_t id;
    unsigned number;
    void (*run)(unsigned number);
    pthread_barrier_t *together;
};

static void *thread_main(void *arg)
{
    const struct thread *thread = arg;

    pthread_barrier_wait(thread->together);
    thread->run(thread->number);
    return NULL;
}

void in_threads(unsigned n, void (*run)(unsigned number))
{
    struct thread threads[THREADS_MAX];
    pthread_barrier_t together;

    cr_assert_leq(n, (unsigned)THREADS_MAX);
    pthread_barrier_init(&together, NULL, n);
    for (unsigned i = 0; i < n; i++) {
        threads[i] = (struct thread){.number = i, .run = run, .together = &together};
        cr_assert_eq(pthread_create(&threads[i].id, NULL, thread_main, &threads[i]), 0);
    }
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i].id, NULL);
    pthread_barrier_destroy(&together);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t wait_begin(void)
{
    static const uint64_t patience_ns = 50000000000u;
    const char *factor = getenv("SHIM_TIMEOUT_FACTOR");
    unsigned long times = factor != NULL ? strtoul(factor, NULL, 10) : 1;

    return now_ns() + patience_ns * (times > 0 ? times : 1);
}

bool wait_goes_on(uint64_t until)
{
    sched_yield();
    return now_ns() < until;
}
