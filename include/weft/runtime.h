/* weft/runtime.h: starting, ending and looking at a runtime; the way in from outside.
 *
 *   weft_runtime *rt = NULL;
 *   weft_pid pid;
 *
 *   if (weft_start(&rt, NULL) < 0)
 *       return 1;
 *   if (weft_rt_spawn(rt, &server, NULL, &pid) == 0)
 *       code = weft_run(rt);             until some actor calls weft_exit(self, code)
 *   weft_finish(rt, WEFT_SEC(5));        stops all actors, waits, frees
 *
 * Functions whose name begins with weft_rt_ may be called from any thread, also from
 * inside a step, where their counterparts that take a weft_self are cheaper. A runtime
 * has no global state: a process may have up to WEFT_RUNTIMES_MAX at a time. After fork()
 * a child must not use its parent's runtimes. */
#ifndef WEFT_RUNTIME_H
#define WEFT_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/actor.h>
#include <weft/error.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/version.h>

typedef struct weft_runtime weft_runtime;

#define WEFT_RUNTIMES_MAX 63  /* runtimes alive at one time in a process */
#define WEFT_WORKERS_MAX  256 /* workers of a runtime */

#define WEFT_BLOCKING_MAX    4096 /* threads of a runtime's blocking pool */
#define WEFT_OWN_THREADS_MAX 1024 /* actors with a thread of their own */

#define WEFT_NO_RELIEF UINT32_MAX

/* Spans of time, in nanoseconds. */
#define WEFT_NS(n)   ((uint64_t)(n))
#define WEFT_US(n)   ((uint64_t)(n)*1000u)
#define WEFT_MS(n)   ((uint64_t)(n)*1000000u)
#define WEFT_SEC(n)  ((uint64_t)(n)*1000000000u)
#define WEFT_FOREVER UINT64_MAX

/* Where memory comes from. Both functions are called from any thread at any time, also
 * with the runtime's own locks held: they must not call back into Weft. */
typedef struct weft_allocator {
    /* size bytes aligned to align (a power of two), or NULL. size is never 0. */
    void *(*alloc)(void *context, size_t size, size_t align);
    /* frees what alloc gave, with the same size and align. */
    void (*free)(void *context, void *memory, size_t size, size_t align);
    void *context;
} weft_allocator;

/* Why a message was never handled. X(NAME, name, text) */
#define WEFT_DEAD_LETTERS(X)                                               \
    X(NO_ACTOR, no_actor, "the actor had ended, or never was")             \
    X(ENDED, ended, "the actor ended while the message was queued")        \
    X(FOREIGN, foreign, "the pid belongs to another runtime")              \
    X(NO_MEMORY, no_memory, "there was no memory to hold it")              \
    X(MALFORMED, malformed, "the letter contradicted itself")              \
    X(LATE, late, "nobody waited for the answer any more")                 \
    X(STASH_FULL, stash_full, "the actor had put aside as many as it may") \
    X(FULL, full, "the mailbox had reached its limit")

enum weft_dead_letter {
#define WEFT_DEAD_LETTER_ENUM(NAME, name, text) WEFT_DEAD_##NAME,
    WEFT_DEAD_LETTERS(WEFT_DEAD_LETTER_ENUM)
#undef WEFT_DEAD_LETTER_ENUM
        WEFT_DEAD_LETTER_REASONS
};

/* Counters since the start, summed over the workers. They are plain words of the threads
 * that write them: a reading beside a running runtime is a little old, and exact once it
 * rests. */
typedef struct weft_stats {
    uint64_t spawned;  /* actors that were made */
    uint64_t ended;    /* actors that ended */
    uint64_t handled;  /* messages that a step was called with (a yielding one once) */
    uint64_t returned; /* messages that weft_try_cast gave back */
    uint64_t dead[WEFT_DEAD_LETTER_REASONS];
    uint64_t remote;    /* messages that went to another worker's actor */
    uint64_t outside;   /* messages from threads outside */
    uint64_t published; /* actors offered to other workers */
    uint64_t stolen;    /* actors taken from other workers' offers */
    uint64_t moved;     /* actors moved together with those they talk to */
    uint64_t rescues;   /* times a stuck step's neighbours were moved to another thread */
    uint64_t parks;     /* times a worker went to sleep */
    uint64_t wakes;     /* times a worker was woken */
    uint64_t stuck;     /* steps longer than weft_options.stuck_ns, if anybody looks */
    uint64_t work_queued;  /* offloaded functions that wait for a thread, now */
    uint64_t work_running; /* ... that run, now */
    uint64_t work_done;    /* ... that have returned */
    uint64_t work_threads; /* threads of the blocking pool, now */
    uint64_t own_threads;  /* actors that have a thread of their own, now */
    uint64_t memory; /* bytes taken from the allocator now (weft_options.memory_max) */
    uint64_t held;   /* times that an actor was held (WEFT_OVERFLOW_HOLD) */
} weft_stats;

struct weft_dead_info;
struct weft_stuck_info;
struct weft_sim_driver;

/* How a runtime is to be. weft_options_init() gives the defaults; set size (it does),
 * then change what you like. */
typedef struct weft_options {
    size_t size; /* sizeof(weft_options): tells the library which members there are */

    /* Threads that run actors. 0: one for each processor allowed to us. At most
     * WEFT_WORKERS_MAX. */
    unsigned workers;

    /* Threads more, asleep but for when steps are stuck. 0: one, but none if workers is 1,
     * so that then no two steps ever run at the same time. WEFT_NO_RELIEF: none. */
    unsigned relief;

    bool pin; /* each worker stays on a processor; default false */

    /* Actors alive at one time. 0: 16,000,000. At most 64,000,000. Address space for so many
     * is reserved, 256 bytes each; memory is used as they come. */
    uint32_t actors_max;

    /* Of weft_random. 0: drawn from the clock. */
    uint64_t seed;

    const weft_allocator *allocator; /* copied; NULL: the C library's malloc */

    /* Called when an actor has ended, once for each, on the thread that ended it: its pid is
     * nobody's by then, its state is still there. It may take a lock or post a semaphore; it
     * must not call back into the runtime. @reason borrows. May be NULL. */
    void (*on_exit)(void *context, weft_pid pid, const weft_reason *reason);
    void *context; /* given to on_exit, on_dead_letter and on_stuck */

    /* Called for each message that becomes a dead letter, before what it owns is destroyed
     * (weft/look.h), also while weft_finish takes the runtime down. On any thread, with the
     * runtime's locks held: it must be short, and not call into Weft. @dead borrows. May be
     * NULL. */
    void (*on_dead_letter)(void *context, const struct weft_dead_info *dead);

    /* Called when a step, init or stop hook runs for longer than stuck_ns, and again each time
     * it has taken twice as long (weft/look.h). On a thread of its own, which is started if
     * on_stuck, stuck_ns or sample_ns are set (also by a threadless runtime), and looks
     * four times in stuck_ns: it sees them also if every worker is stuck. It may call
     * every weft_rt_ function that does not block; nothing else is looked at meanwhile.
     * @stuck borrows. May be NULL: then they are counted (weft_stats.stuck). */
    void (*on_stuck)(void *context, const struct weft_stuck_info *stuck);
    uint64_t stuck_ns; /* 0: 100 ms if on_stuck is set; WEFT_FOREVER: nobody looks */

    /* Samples what runs, for weft_behavior_next, every so many ns (1 ms at the least).
     * 0: only as often as stuck_ns wants, if at all. */
    uint64_t sample_ns;

    /* Ports open at one time (weft/port.h). 0: 4096. At most 1,000,000. */
    uint32_t ports_max;

    /* No thread is made: the program runs the actors (weft/threadless.h). Not together with
     * workers, relief or pin. */
    bool threadless;

    /* The pool of threads for functions that block (weft_offload). Threads are started when
     * they are wanted, up to blocking_max (0: 64, at most WEFT_BLOCKING_MAX), and end when
     * they were idle for blocking_idle_ns (0: 10 s). While all of them are busy so many
     * functions may wait: blocking_queue_max (0: 65,536). */
    unsigned blocking_max;
    unsigned blocking_queue_max;
    uint64_t blocking_idle_ns;

    /* Actors alive at one time that have a thread of their own (weft_behavior.own_thread).
     * 0: 64. At most WEFT_OWN_THREADS_MAX. */
    unsigned own_threads_max;

    /* Bytes that the runtime may take from its allocator: what would be more fails as if the
     * allocator had none left (WEFT_ENOMEM). 0: no limit. Taken in pieces of up to 2 MiB for each
     * worker, and kept until weft_finish; not counted are the address space of actors_max and
     * the stacks of threads. docs/limits.md */
    uint64_t memory_max;

    /* A fault of the hardware in a step or hook that has a `self` (SIGSEGV, SIGBUS, SIGFPE,
     * SIGILL), and abort(), fails its actor: WEFT_EXIT_FAILED, WEFT_EFAULT, and the signal's name
     * as text. For that the process's handlers are set while such a runtime lives; they give
     * what is not a step's to the handlers that were there before (what was SIG_DFL still ends
     * the process). The best that can be done, and no more: the step is left as by
     * weft_fail_now(), what it was about to write may be half written, a lock that it held (also
     * one of malloc) stays held, and what it has destroyed of others' memory is not found out.
     * docs/failure.md */
    bool catch_faults;

    /* No thread is made, and every choice is asked of this driver (weft/simulated.h); it implies
     * threadless, and actors_max is 65,536 if it is 0. Copied; NULL: it runs in earnest. */
    const struct weft_sim_driver *sim;
    /* Names taken (weft/name.h), groups with members or watchers (weft/group.h), at one time.
     * 0: 1,000,000. */
    uint32_t names_max;
    uint32_t groups_max;

    uint64_t depth_max; /* of the tree of supervisors (weft/child.h); 0: 1,000,000 */

    uint64_t reserved[4]; /* 0 */
} weft_options;

WEFT_BEGIN_DECLS

/* Fills in the defaults. @options fills. */
WEFT_API void weft_options_init(weft_options *options);

/* An allocator over jemalloc (sized frees, its own arenas). Only a program that names it
 * needs to link -ljemalloc. Returns borrowed (static). */
WEFT_API const weft_allocator *weft_jemalloc(void);

/* --- life --- */

/* Makes a runtime and starts its workers. They block all signals.
 * @ret_rt   fills: on success only
 * @options  copies; NULL: the defaults
 * Errors: WEFT_EINVAL, WEFT_ENOMEM, WEFT_ELIMIT (WEFT_RUNTIMES_MAX), a negated errno.
 * Threads: any.  Blocks: until the workers run. */
WEFT_API WEFT_MUST_CHECK int weft_start(weft_runtime **ret_rt,
                                        const weft_options *options);

/* Waits until an actor calls weft_exit, or another thread weft_rt_exit.
 * Returns the code given there (0 or positive).  Threads: any but workers.  Blocks: yes.
 */
WEFT_API int weft_run(weft_runtime *rt);

/* Lets weft_run return with code (0 to INT_MAX; others count as INT_MAX). The first call
 * wins. Actors go on until weft_stop_all or weft_finish. */
WEFT_API void weft_exit(weft_self *self, int code);
WEFT_API void weft_rt_exit(weft_runtime *rt, int code);

/* Asks all actors to end, waits for them, and kills those that have not ended when the
 * time is over. No actor can be made from here on, and nothing be offloaded; functions that
 * wait for a thread of the blocking pool fail, those that run are waited for. Returns 0 when
 * no actor is left and no such function runs, or WEFT_ETIMEDOUT: some step or function still
 * runs; a step's actor ends when it returns. May be called again.
 * Threads: any but workers and the pool's.  Blocks: yes, for little more than timeout. */
WEFT_API int weft_stop_all(weft_runtime *rt, uint64_t timeout_ns);

/* weft_stop_all, then ends the workers and frees everything.
 * @rt  takes on success; NULL is allowed. On WEFT_ETIMEDOUT a step or an offloaded function
 *      still runs and nothing was freed: wait and call again, or leave the process.
 * Threads: any but workers and the pool's; nobody may use the runtime any more.  Blocks: yes. */
WEFT_API int weft_finish(weft_runtime *rt, uint64_t timeout_ns);

/* --- the way in from any thread --- */

/* As weft_spawn, weft_cast, weft_cast_word, weft_try_cast, weft_stop_actor,
 * weft_kill_actor, weft_alive. Mail from one thread to one actor keeps its order. It has
 * no sender. Blocks: no (a short lock is held). */
WEFT_API int weft_rt_spawn(weft_runtime *rt, const weft_behavior *behavior,
                           const void *args, weft_pid *ret_pid);
WEFT_API int weft_rt_cast(weft_runtime *rt, weft_pid to, weft_letter letter);
WEFT_API int weft_rt_cast_word(weft_runtime *rt, weft_pid to, uint32_t tag,
                               uint64_t word);
WEFT_API WEFT_MUST_CHECK int weft_rt_try_cast(weft_runtime *rt, weft_pid to,
                                              weft_letter letter);
WEFT_API int weft_rt_stop_actor(weft_runtime *rt, weft_pid pid);
WEFT_API int weft_rt_drain_actor(weft_runtime *rt, weft_pid pid);
WEFT_API int weft_rt_kill_actor(weft_runtime *rt, weft_pid pid);
WEFT_API bool weft_rt_alive(const weft_runtime *rt, weft_pid pid);

/* --- looking --- */

/* @stats fills. Threads: any.  Blocks: no. */
WEFT_API void weft_stats_read(const weft_runtime *rt, weft_stats *stats);

/* How many workers the runtime has; 1 if it is threadless. */
WEFT_API unsigned weft_workers(const weft_runtime *rt);

WEFT_END_DECLS

#endif
