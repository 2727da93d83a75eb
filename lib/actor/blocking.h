/* lib/actor/blocking.h: the pool of threads for functions that block. */
#ifndef WEFT_ACTOR_BLOCKING_H
#define WEFT_ACTOR_BLOCKING_H

#include <pthread.h>
#include <weft/blocking.h>
#include <weft/runtime.h>

/* Everything is behind the lock: what comes here is going to block anyway. */
struct blocking {
    pthread_mutex_t lock;
    pthread_cond_t wanted; /* work for an idle thread, or the end */
    pthread_cond_t left;   /* a thread has ended */
    struct weft_work *first, *last;
    uint32_t queued, running, idle, threads;
    uint64_t done;
    bool closed;    /* no work is taken any more */
    bool any_ended; /* the thread that ended last is not joined yet: */
    pthread_t ended;
};

void blocking_init(struct blocking *b);

struct sched;
/* sched_ops.offloaded */
bool blocking_play(struct sched *s);

/* No work is taken from here on; what is queued fails, threads end when they are idle. */
void blocking_close(weft_runtime *rt);
/* Waits until no thread is left; false: the time (clock_ns) has come. */
bool blocking_wait(weft_runtime *rt, uint64_t until_ns);
/* Behind blocking_wait. */
void blocking_done(struct blocking *b);

/* What the pool is doing; into the members of that name. */
void blocking_stats(const weft_runtime *rt, weft_stats *stats);

#endif
