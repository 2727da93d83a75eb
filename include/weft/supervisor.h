/* weft/supervisor.h: supervisors by a table: which children there are, and what is to be done when
 * one of them ends.
 *
 *   static const weft_child stages[] = {
 *       {.id = "sink", .behavior = &sink, .shutdown_ns = WEFT_SEC(5)},
 *       {.id = "shout", .behavior = &stage, .args = &to_sink},
 *   };
 *   static const weft_supervisor pipeline = {
 *       .strategy = WEFT_REST_FOR_ONE,
 *       .intensity = 5, .period_ns = WEFT_SEC(10),
 *       .backoff = {.least_ns = WEFT_MS(10), .most_ns = WEFT_SEC(5), .jitter = 0.2},
 *       .children = stages, .child_count = 2,
 *   };
 *
 *   error = weft_rt_supervise(rt, &pipeline, &pid);
 *
 * Children are started in the order of the table, each when the one before it has begun; if one
 * fails to begin, so has the supervisor. They are stopped in the reverse order. A supervisor is
 * an actor like others (weft/child.h): it may be another one's child, and when it fails it fails
 * in the words of the child that it could not keep alive.
 *
 * What a supervisor can be told while it runs is questions, made by the functions below, for
 * weft_await(), weft_ask() and weft_rt_await(). docs/supervision.md */
#ifndef WEFT_SUPERVISOR_H
#define WEFT_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weft/actor.h>
#include <weft/child.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/runtime.h>
#include <weft/version.h>

/* Which ends of a child make it start again? Those that the supervisor has brought about are
 * none of these. */
enum weft_restart {
    WEFT_PERMANENT = 0, /* all */
    WEFT_TRANSIENT = 1, /* failures: weft_exit_is_failure() */
    WEFT_TEMPORARY = 2  /* none */
};

/* What else is stopped and started again, when one is that has ended? Only what was running. */
enum weft_strategy {
    WEFT_ONE_FOR_ONE = 0,  /* nothing */
    WEFT_ONE_FOR_ALL = 1,  /* all others, but for temporary ones: these are stopped */
    WEFT_REST_FOR_ONE = 2, /* likewise those that are behind it in the order of start */
};

/* How long to wait before a child is started again: least_ns after its first failure, and `factor`
 * times as long after each further one, up to most_ns; forgotten when it has run for reset_ns. */
typedef struct weft_backoff {
    uint64_t least_ns; /* 0: no wait at all */
    uint64_t most_ns;  /* 0: 100 times least_ns */
    double factor;     /* 0: 2 */
    double jitter;     /* the wait varies by so much of it, up and down: 0 to 1 */
    uint64_t reset_ns; /* 0: most_ns */
} weft_backoff;

struct weft_supervisor;

/* A child. Members that are not set are 0. */
typedef struct weft_child {
    const char
        *id; /* unique within its supervisor; borrowed: as long as the child is known */
    const weft_behavior *behavior;
    const struct weft_supervisor *supervisor; /* or this, in its place */
    /* behavior->args_size bytes, which are copied at each start; or NULL. */
    const void
        *args; /* borrowed: as long as the child is known, if args_destroy is NULL */
    void (*args_destroy)(
        void *args); /* of args that are the supervisor's; once, on any thread */
    enum weft_restart restart;
    /* Nanoseconds that it has to stop, then it is killed. 0: the behaviour's; of a supervisor: as
     * long as it wants; WEFT_KILL_AT_ONCE. */
    uint64_t shutdown_ns;
    /* A child that is started again keeps its pid, and with it its name, its links and those who
     * monitor it, and the mail that waits for it; what it was asked fails with WEFT_EENDED. Unless
     * it is temporary, or this is set: then each start is another actor. */
    bool fresh;
    bool significant; /* its supervisor ends when it has, and is not to start again */
} weft_child;

typedef struct weft_supervisor {
    const char *name; /* for reports */
    enum weft_strategy strategy;
    /* More than so many restarts in a period are a failure of the supervisor. */
    unsigned intensity; /* 0: 5; WEFT_ANY_INTENSITY: no limit */
    uint64_t period_ns; /* 0: 5 s */
    weft_backoff backoff;
    const weft_child *children;
    size_t child_count;
    /* What weft_sup_spawn() and weft_sup_key() make: any number of children like this one, with
     * args of their own. NULL: none can be made. */
    const weft_child *pool;
} weft_supervisor;

#define WEFT_ANY_INTENSITY 0xffffffffu

/* How many children there are. */
typedef struct weft_sup_count {
    uint64_t known, running; /* running: have begun and not ended */
    uint64_t restarts;       /* so far */
} weft_sup_count;

enum weft_sup_status {
    WEFT_SUP_ABSENT = 0,   /* it has ended, or was stopped */
    WEFT_SUP_WAITING = 1,  /* for its turn to be started, or until its backoff is over */
    WEFT_SUP_STARTING = 2, /* it is to begin */
    WEFT_SUP_RUNNING = 3,
    WEFT_SUP_STOPPING = 4
};

/* One of them. */
typedef struct weft_sup_entry {
    const char *id; /* borrowed: as weft_child.id; NULL for one of the pool */
    weft_pid pid;   /* WEFT_NOBODY: it has none now */
    const weft_behavior *behavior;
    uint32_t status;   /* enum weft_sup_status */
    uint32_t restarts; /* so far */
} weft_sup_entry;

WEFT_BEGIN_DECLS

/* Makes a supervisor, as a child of this actor, or of nobody.
 * @supervisor  borrows for ever
 * @ret_pid     fills: as weft_spawn
 * Errors: WEFT_EINVAL (the table contradicts itself), and as weft_spawn_child, weft_rt_spawn.
 * Threads, blocks: as these. */
WEFT_API int weft_supervise(weft_self *self, const weft_supervisor *supervisor,
                            weft_pid *ret_pid);
WEFT_API int weft_rt_supervise(weft_runtime *rt, const weft_supervisor *supervisor,
                               weft_pid *ret_pid);

/* The pid of another child of this actor's supervisor, one of its table, also if it is still to
 * begin: all that keep their pids have them before the first init runs. WEFT_NOBODY if there is no
 * such child, or it has none now, or if this actor's supervisor has no table.
 * Threads: owner actor.  Blocks: no. */
WEFT_API weft_pid weft_sibling(weft_self *self, const char *id);

/* --- questions for a supervisor --- *
 *
 * Letters to send once, to a supervisor; what they point to is borrowed until the answer is there.
 * A supervisor that has one of these to do for a child does no other for it: WEFT_EFULL. */

/* Answered when all children of the table have begun, with their number. */
WEFT_API weft_letter weft_sup_ready(void);
/* One child more, behind all others. Answer: its pid, when it has begun; if it fails to, what it
 * failed with (if that is negative, or WEFT_EENDED), and it is not known.
 * @child  copies; its args are the supervisor's from when it is asked, on every path, if they
 *         have args_destroy
 * Failures: WEFT_EINVAL (the id is taken, or missing), WEFT_ENOMEM, and as weft_spawn. */
WEFT_API weft_letter weft_sup_add(const weft_child *child);
/* Starts a child that is absent. Answer: its pid, when it has begun, or as for one that is added;
 * of one that runs: its pid. Failures: WEFT_ENOACTOR (no such child). */
WEFT_API weft_letter weft_sup_start(const char *id);
/* Stops a child, and it stays absent; or starts it again, alone; or forgets it. Answer: 0, or its
 * pid, when that is done. Failures: WEFT_ENOACTOR (no such child). */
WEFT_API weft_letter weft_sup_stop(const char *id);
WEFT_API weft_letter weft_sup_restart(const char *id);
WEFT_API weft_letter weft_sup_remove(const char *id);
/* Answer: the pid of a child, WEFT_NOBODY if it has none now. Failures: WEFT_ENOACTOR. */
WEFT_API weft_letter weft_sup_pid(const char *id);
/* Answer: a weft_sup_count; weft_get() with weft_sup_count_type. */
WEFT_API weft_letter weft_sup_counts(void);
/* Answer: a weft_sup_entry, of the child of this number in the order of start.
 * Failures: WEFT_ENOACTOR (there are not so many). */
WEFT_API weft_letter weft_sup_entry_at(uint64_t number);

WEFT_API extern const weft_type weft_sup_count_type, weft_sup_entry_type;

/* --- like children --- */

/* One more child of the pool. Answer: its pid, at once.
 * @args  copies: size bytes, the behaviour's args_size, at most WEFT_SMALL_MAX
 * Failures: WEFT_EINVAL, and as weft_spawn. */
WEFT_API weft_letter weft_sup_spawn(const void *args, size_t size);
/* The child of the pool for this key, which is its args (8 bytes), and is made if there is none.
 * Answer, failures: as weft_sup_spawn. */
WEFT_API weft_letter weft_sup_key(uint64_t key);

WEFT_END_DECLS

#endif
