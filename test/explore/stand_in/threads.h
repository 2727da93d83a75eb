/* test/explore/stand_in/threads.h: included before everything else in the scheduler's files, so
 * that their threads and locks are the explorer's. */
#ifndef WEFT_EXPLORE_THREADS_H
#define WEFT_EXPLORE_THREADS_H

#include <pthread.h>
#include <sched.h>

/* A thread is made by the scenario, which lists its function; here it is only known. */
int explore_thread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *argument);
/* Waits until explore_thread_over was called for it. */
int explore_thread_join(pthread_t thread, void **result);
pthread_t explore_thread_self(void);
int explore_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attributes);
int explore_mutex_destroy(pthread_mutex_t *m);
int explore_mutex_lock(pthread_mutex_t *m);
int explore_mutex_unlock(pthread_mutex_t *m);
int explore_sched_yield(void);

#define pthread_create        explore_thread_create
#define pthread_join          explore_thread_join
#define pthread_self          explore_thread_self
#define pthread_mutex_init    explore_mutex_init
#define pthread_mutex_destroy explore_mutex_destroy
#define pthread_mutex_lock    explore_mutex_lock
#define pthread_mutex_unlock  explore_mutex_unlock
#define sched_yield           explore_sched_yield
/* The explorer's threads have no names. */
#define pthread_setname_np(thread, name) ((void)(thread), (void)(name))

#endif
