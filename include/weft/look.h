/* weft/look.h: looking at actors, workers and behaviours while they run.
 *
 *   weft_cursor cursor = {0};
 *   weft_actor_info info = {.size = sizeof info};
 *   weft_pid pid;
 *
 *   while ((pid = weft_actor_next(rt, &cursor)) != WEFT_NOBODY)
 *       if (weft_actor_read(rt, pid, &info) == 0)
 *           printf("%s: %u wait\n", info.behavior, info.waiting);
 *
 * Looking stops nobody, takes no lock and allocates nothing; all functions here may be called
 * from any thread, also in a step or hook, at any time before weft_finish. What they say is
 * a little old, and its parts may be of slightly different moments; it is exact once the
 * runtime rests. Actors may end meanwhile: what is said about a pid is about that actor, or
 * WEFT_ENOACTOR.
 *
 * Structures that are filled begin with their size, which the caller sets: that lets them
 * grow. docs/seeing.md says what is counted where, and what is not. */
#ifndef WEFT_LOOK_H
#define WEFT_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/message.h>
#include <weft/pid.h>
#include <weft/runtime.h>
#include <weft/version.h>

/* Where a walk is; {0} at its beginning. Copy it, leave it, go on with it later. */
typedef struct weft_cursor {
    uint64_t at;
} weft_cursor;

#define WEFT_NO_WORKER UINT32_MAX

/* Where an actor is in its life. More states may follow. X(NAME, text) */
#define WEFT_LIVES(X)                                                   \
    X(NEWBORN, "newborn")   /* its init has not begun */                \
    X(RUNNING, "running")   /* it handles mail, or has none */          \
    X(ENDING, "ending")     /* its stop hook runs */                    \
    X(AWAITING, "awaiting") /* an answer, or the message it wants */    \
    X(DRAINING, "draining") /* it handles what mail it has, and ends */ \
    X(HELD, "held")         /* until those to whom it sends have room (docs/limits.md) */

enum weft_life {
#define WEFT_LIFE_ENUM(NAME, text) WEFT_LIFE_##NAME,
    WEFT_LIVES(WEFT_LIFE_ENUM)
#undef WEFT_LIFE_ENUM
        WEFT_LIFE_STATES
};

typedef struct weft_actor_info {
    size_t size;          /* sizeof(weft_actor_info), set by the caller */
    const char *behavior; /* its name; borrowed: for ever */
    enum weft_life life;
    uint32_t worker; /* that it is at, or goes to: as in weft_worker_read; WEFT_NO_WORKER:
                        it is offered to all */
    bool stuck; /* its step has run so long that its worker's other actors have left */
    bool more;  /* more mail than `waiting` waits: it has come from other threads just
                        now, or lies in a queue of the actor's own (docs/scheduling.md) */
    uint32_t
        waiting; /* messages in its worker's ring for it, or in its own mailbox if that
                    has a limit; if `more`, one too many perhaps */
    /* Messages that it has taken, about, modulo 2^32: two looks tell how busy it was between
     * them. Its very first is not counted, and what moved to another worker with it is
     * counted once more. */
    uint32_t taken;
    size_t memory; /* bytes for itself and its state; its mail is not counted */
    /* What its steps and hooks took: an estimate from looks at what runs, as in
     * weft_behavior_info; 0 if the options ask for none. */
    uint64_t busy_ns;
    weft_pid
        supervisor; /* whose child it is (weft/child.h); WEFT_NOBODY: the runtime's */
} weft_actor_info;

/* What a worker does, and what a thread does. */
enum weft_activity {
    WEFT_IDLE = 0,   /* worker: nothing to do; thread: it sleeps */
    WEFT_ACTIVE = 1, /* it runs actors, or looks for some */
    WEFT_STUCK = 2   /* worker: a step holds it up for a millisecond and more, and another
                        thread may take it over; thread: in such a step */
};

/* A worker: a place where actors are and are run, by one thread after the other. */
typedef struct weft_worker_info {
    size_t size; /* sizeof(weft_worker_info), set by the caller */
    enum weft_activity activity;
    uint32_t thread;  /* that runs it: as in weft_thread_read; WEFT_NO_WORKER: none */
    weft_pid running; /* whose step runs, or ran last; WEFT_NOBODY if it is idle */
    uint64_t
        quiet_ns; /* since it looked at the clock between two steps; some microseconds,
                          or the running step is a long one */
    uint32_t waiting; /* messages in its ring, at that time */
    uint64_t handled, remote, published, stolen, moved, rescues, parks, wakes; /* as in
                          weft_stats, of this worker; threads outside have counters too */
    uint64_t spawned, ended;
} weft_worker_info;

/* A thread of the runtime: as many as workers and relief. */
typedef struct weft_thread_info {
    size_t size; /* sizeof(weft_thread_info), set by the caller */
    enum weft_activity activity;
    uint32_t worker;  /* that it runs; WEFT_NO_WORKER: none */
    weft_pid running; /* whose step runs, or ran last; WEFT_NOBODY: nobody's */
    /* The kernel's number of it, as of gettid(2). 0: a threadless runtime is run by the program's
     * own threads. */
    int kernel_id;
} weft_thread_info;

/* The steps, inits and stop hooks of all actors of one behaviour. */
typedef struct weft_behavior_info {
    size_t size;      /* sizeof(weft_behavior_info), set by the caller */
    const char *name; /* borrowed: for ever */
    const weft_behavior *behavior;
    uint64_t busy_ns; /* what they took: an estimate, from */
    uint64_t looks;   /* so many looks that found one running */
} weft_behavior_info;

/* A message that nobody will handle; for weft_options.on_dead_letter. */
typedef struct weft_dead_info {
    weft_pid to;
    weft_pid from; /* WEFT_NOBODY: a thread outside */
    enum weft_dead_letter why;
    uint32_t tag;
    const void *payload;   /* borrowed: for the call; NULL if the letter was malformed */
    size_t size;           /* bytes of payload */
    const weft_type *type; /* of a block, which is destroyed behind the call; else NULL */
} weft_dead_info;

/* A step, init or stop hook that does not end; for weft_options.on_stuck. */
typedef struct weft_stuck_info {
    weft_pid pid;
    const char *behavior; /* its name; borrowed: for ever */
    uint64_t elapsed_ns; /* at least; a quarter of weft_options.stuck_ns may be missing */
    uint32_t times;      /* that this step was reported: 1, 2, .. */
    int kernel_id; /* of its thread, as in weft_thread_info: for /proc, or a debugger */
} weft_stuck_info;

WEFT_BEGIN_DECLS

/* The next actor. An actor that lives through the whole walk is met once, one that begins or
 * ends meanwhile at most once.
 * @cursor  fills
 * Returns WEFT_NOBODY behind the last.  Threads: any.  Blocks: no. */
WEFT_API weft_pid weft_actor_next(const weft_runtime *rt, weft_cursor *cursor);

/* @info  fills: up to info->size bytes
 * Errors: WEFT_ENOACTOR, WEFT_EFOREIGN, WEFT_EINVAL (info->size makes no sense).
 * Threads: any.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK int weft_actor_read(const weft_runtime *rt, weft_pid pid,
                                             weft_actor_info *info);

/* "newborn" and so on; NULL for what is no state. Returns borrowed (static). */
WEFT_API const char *weft_life_text(enum weft_life life);

/* @number  below weft_workers(rt)
 * @info    fills: up to info->size bytes
 * Errors: WEFT_EINVAL.  Threads: any.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK int weft_worker_read(const weft_runtime *rt, uint32_t number,
                                              weft_worker_info *info);

/* @number  below weft_workers(rt) and the relief of its options together
 * Otherwise as weft_worker_read. */
WEFT_API WEFT_MUST_CHECK int weft_thread_read(const weft_runtime *rt, uint32_t number,
                                              weft_thread_info *info);

/* The next behaviour that was seen running, if weft_options.sample_ns or stuck_ns asks for
 * looks at what runs. 256 behaviours are told apart.
 * @cursor  fills
 * @info    fills: up to info->size bytes
 * Returns false behind the last, or if info->size makes no sense.  Threads: any.
 * Blocks: no. */
WEFT_API bool weft_behavior_next(const weft_runtime *rt, weft_cursor *cursor,
                                 weft_behavior_info *info);

WEFT_END_DECLS

#endif
