/* weft/actor.h: behaviours, steps, and what an actor may do inside a step.
 *
 * A step handles one message and returns what comes next. It runs on a worker thread, one
 * at a time for an actor, so an actor's state needs no lock. It should return soon: other
 * actors of its worker wait (one that takes more than about a millisecond has its
 * neighbours moved to another thread; see docs/scheduling.md).
 *
 * `self` is the running actor, good only inside the step or hook it was given to.
 *
 *   static weft_next counting(weft_self *self, void *state, weft_msg *msg)
 *   {
 *       struct counter *counter = state;
 *       struct inc inc;
 *
 *       if (inc_get(msg, &inc)) {
 *           counter->count += inc.amount;
 *           weft_reply_word(self, msg, TAG_COUNT, (uint64_t)counter->count);
 *       }
 *       return weft_stay(self);
 *   }
 *
 *   static const weft_behavior counter =
 *       WEFT_BEHAVIOR("counter", struct counter, counting);
 *
 * A step written in C++ must not let an exception out. */
#ifndef WEFT_ACTOR_H
#define WEFT_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/version.h>

typedef struct weft_self weft_self; /* the running actor */

/* What comes after a step: 0 stays, any other value is made by the functions below. An int
 * that is neither (an error code returned by mistake, say) fails the actor. */
typedef int weft_next;

/* One step. @state borrows: the actor's own; @msg borrows: until the step returns. */
typedef weft_next (*weft_step_fn)(weft_self *self, void *state, weft_msg *msg);

/* Why an actor ended. */
enum weft_exit_kind {
    WEFT_EXIT_NORMAL = 0,  /* its step returned weft_stop() */
    WEFT_EXIT_STOPPED = 1, /* somebody asked it to stop */
    WEFT_EXIT_KILLED = 2,  /* somebody killed it */
    WEFT_EXIT_FAILED = 3, /* a step or init returned weft_fail(), or what is no weft_next:
                              then the code is WEFT_EINVAL */
    WEFT_EXIT_SHUTDOWN = 4, /* the runtime was taken down around it */
    WEFT_EXIT_DRAINED = 5,  /* somebody asked it to handle what it had, and stop */
    WEFT_EXIT_LINKED = 6,   /* an actor that it was linked with ended (weft/link.h) */
    WEFT_EXIT_NO_ACTOR = 7, /* in reports only: it had ended before, or never was */
    WEFT_EXIT_CHILD_FAILED =
        8, /* a child of it did, and it had no hook to hear of that: code
                                   and text are those of the first that failed */
    WEFT_EXIT_ABANDONED = 9, /* its step did not end when it was killed */
    WEFT_EXIT_NODE_LOST = 10 /* there is no connection to its node any more */
};

/* Where it failed. */
enum weft_hook {
    WEFT_HOOK_STEP = 0, /* also in `started`, which is one, and as `failed` has it */
    WEFT_HOOK_INIT = 1,
    WEFT_HOOK_STAYS = 2,
    WEFT_HOOK_CHILD = 3
};

/* A reason: one for each pid that ever was, reported once. */
typedef struct weft_reason {
    enum weft_exit_kind exit;
    enum weft_hook hook;  /* of a failure */
    int code;             /* of a failure: what the actor gave to weft_fail() */
    const char *text;     /* of a failure: borrowed from the actor's program, or NULL */
    const char *behavior; /* the name of the actor's behaviour */
} weft_reason;

/* What becomes of a message for which an actor's mailbox has no room (docs/limits.md). A
 * question's asker is told WEFT_EFULL in any case. */
enum weft_overflow {
    WEFT_OVERFLOW_REFUSE =
        0, /* its sender is told WEFT_EFULL: weft_try_cast gives it back */
    WEFT_OVERFLOW_DROP_NEWEST = 1, /* it is a dead letter; its sender is told nothing */
    WEFT_OVERFLOW_DROP_OLDEST =
        2,                  /* it is queued; the oldest that waits is a dead letter */
    WEFT_OVERFLOW_STOP = 3, /* as WEFT_OVERFLOW_REFUSE, and the actor is stopped: it has
                              failed, with the code WEFT_EFULL */
    WEFT_OVERFLOW_HOLD =
        4 /* it is queued; the actor that sent it has no further turn until
                               half of the mailbox is free. Others than actors, and
                               weft_try_cast, are told WEFT_EFULL */
};

#define WEFT_PRIORITY_MAX 3u

#define WEFT_SHUTDOWN_NS  5000000000u /* of behaviours that do not say */
#define WEFT_KILL_AT_ONCE 1u          /* of those that are not told to stop, but killed */

struct weft_child_event;

/* What an actor is made of. Static and constant; the runtime borrows it for ever. Members
 * that are not set are 0: WEFT_BEHAVIOR sets the ones that every behaviour has, and lets
 * the others follow by name (in C++, by position). */
typedef struct weft_behavior {
    const char *name;
    size_t state_size;  /* bytes; 0: no state, steps get NULL */
    size_t state_align; /* a power of two, at most 4096 */
    weft_step_fn step;  /* the first step */

    /* Runs before the first message, on a worker, never on the spawner's stack. The state
     * is zeroed. @args borrows: a copy of the args_size bytes given to weft_spawn, NULL
     * if none were. Returns weft_stay() or weft_become(); or weft_stop() or weft_fail():
     * the actor ends then, without its stop hook, and its mail is dead. NULL: no init;
     * the copy of args is the state's beginning, the rest is zero. */
    weft_next (*init)(weft_self *self, void *state, const void *args);

    /* Runs once when an actor that had begun stops by itself, is stopped, or fails in a
     * step; not on a kill, not after a failed init. It may send; mail that comes
     * meanwhile is dead. What it passes to weft_fail() is ignored. May be NULL. */
    void (*stop)(weft_self *self, void *state, const weft_reason *reason);

    /* Releases what the state owns: runs exactly once for each actor whose init (if there
     * is one) was begun, last of all, behind on_exit, whatever the reason. May not send.
     * May be NULL. */
    void (*destroy)(void *state);

    /* Bytes that weft_spawn copies from its args; without init, at most state_size. The
     * copy is by bytes, and an actor may be killed before its init: args must not own
     * anything that only the actor would release. */
    size_t args_size;
    /* Runs when the actor has begun, behind init, in a turn of its own before its first message.
     * It may do what a step may, await for example, and fails as a step does. May be NULL. */
    weft_next (*started)(weft_self *self, void *state);
    /* Asked to stop by weft_stop_actor, may the actor go on? True: the request is forgotten.
     * Not asked on a drain, a kill, its own weft_stop() or a shutdown. May be NULL: it stops. */
    bool (*stays)(weft_self *self, void *state);
    uint32_t stash_max; /* messages that it may put aside; 0: WEFT_STASH_MAX */

    /* Each actor of it has a thread of its own: init, steps, stop and destroy run there and
     * nowhere else, and may block. For state that belongs to a thread (OpenGL, a handle with
     * thread-local parts), and for what always blocks. Everything else is as with any actor.
     * Costs a thread each, and a wake-up (some 20 us) for a message. */
    bool own_thread;

    /* Messages that may wait in its mailbox, and bytes of their payloads (of a block: of its
     * type; one that many carry counts for each). 0: any number. Casts and questions are held
     * to these; replies, answers and what asks it to end have room past them. Exact, but
     * that a message from elsewhere (another worker, a thread) may be one too many if an actor
     * of the same worker sends at the same moment. */
    uint32_t mailbox_max;
    uint64_t mailbox_bytes_max;
    enum weft_overflow overflow; /* what becomes of more */

    /* How urgent is a message? 0 (the ordinary ones) to WEFT_PRIORITY_MAX; larger counts as
     * that. Among those that wait the most urgent is handled first, and of these the oldest;
     * but none is overtaken for ever: the oldest of each priority is next when 64 others have
     * been handled since it became that. So between two actors order holds per priority. It is
     * called once for each message, when it is queued, on whatever thread: it may look
     * at the message and nothing else, and must be quick. May be NULL: first in, first out. */
    unsigned (*priority)(const weft_msg *msg);

    /* Runs when a step of the actor has failed, in any way, before its stop hook: may it go on?
     * Returns weft_stay() or weft_become(): it does, with its next message, and nobody hears of
     * the failure but the asker of a question that was open; or weft_stop(); or weft_fail():
     * with another reason, or the same (reason->code, reason->text). Anything else fails with
     * WEFT_EINVAL. Not for a failing init, or an end that others have caused. May be NULL: it
     * ends. @reason borrows. */
    weft_next (*failed)(weft_self *self, void *state, const weft_reason *reason);
    uint32_t timers_max; /* that it may have at a time; 0: WEFT_TIMERS_MAX */
    /* Hears what becomes of the actor's children (weft/child.h), each in a turn of its own, before
     * its messages; not while an answer is awaited, or a message yielded. It may do what a step
     * may, but for yield and stash; an actor that waits for a message goes on waiting if the
     * hook just stays. @event borrows. NULL: the actor fails as soon as a child does. */
    weft_next (*child)(weft_self *self, void *state, struct weft_child_event *event);
    bool inherits; /* the child hook is shown the state of children that have ended */
    /* Nanoseconds that an actor of this behaviour has to end, its own children included, when its
     * supervisor ends. 0: WEFT_SHUTDOWN_NS; WEFT_KILL_AT_ONCE; UINT64_MAX: as long as it wants. */
    uint64_t shutdown_ns;
} weft_behavior;

/* WEFT_BEHAVIOR("name", struct state, step [, .init = f] [, .stop = f] ...), and the same
 * for an actor without state. In C++ what follows the step goes by position. */
#ifdef __cplusplus
#    define WEFT_BEHAVIOR(name, type, ...) \
        weft_behavior_make(name, sizeof(type), alignof(type), __VA_ARGS__)
#    define WEFT_STATELESS(name, ...) weft_behavior_make(name, 0, 1, __VA_ARGS__)

constexpr weft_behavior
weft_behavior_make(const char *name, size_t state_size, size_t state_align,
                   weft_step_fn step, decltype(weft_behavior::init) init = nullptr,
                   decltype(weft_behavior::stop) stop = nullptr,
                   decltype(weft_behavior::destroy) destroy = nullptr,
                   size_t args_size = 0, bool own_thread = false)
{
    return weft_behavior{name,    state_size, state_align, step,    init,
                         stop,    destroy,    args_size,   nullptr, nullptr,
                         0,       own_thread, 0,           0,       WEFT_OVERFLOW_REFUSE,
                         nullptr, nullptr,    0,           nullptr, false,
                         0};
}
#else
#    define WEFT_BEHAVIOR(name_, type_, ...)                                            \
        {                                                                               \
            .name = name_, .state_size = sizeof(type_), .state_align = _Alignof(type_), \
            .step = __VA_ARGS__                                                         \
        }
#    define WEFT_STATELESS(name_, ...)                           \
        {                                                        \
            .name = name_, .state_align = 1, .step = __VA_ARGS__ \
        }
#endif

WEFT_BEGIN_DECLS

/* --- what comes next --- */

/* The next message goes to the same step. */
static inline weft_next weft_stay(weft_self *self)
{
    (void)self;
    return 0;
}

/* The next message goes to `step` (NULL: the actor fails with WEFT_EINVAL). Threads: owner
 * actor, in a step or init. */
WEFT_API weft_next weft_become(weft_self *self, weft_step_fn step);

/* This step is not over: it is called again with the same message after the other actors
 * had their turn. The actor's other mail waits, in order; a stop or a kill does not, and the
 * message is dead then. For long work in pieces. Threads: owner actor, in a step. */
WEFT_API weft_next weft_yield(weft_self *self);

/* The actor ends, with WEFT_EXIT_NORMAL. Mail that is still queued is dead. */
WEFT_API weft_next weft_stop(weft_self *self);

/* The actor ends, with WEFT_EXIT_FAILED. Write `return weft_fail(...)`.
 * @code  the program's own
 * @text  borrows for ever: whoever is told of the end keeps the address (a literal), or NULL */
WEFT_API weft_next weft_fail(weft_self *self, int code, const char *text);

/* The same from any depth below a step, or below a hook that is given `self`: does not return.
 * The functions between are left as by longjmp(): what they hold is not released, but for what
 * was given to the actor by weft_keep() (weft/keep.h). Not with a lock held that others want; not
 * in destructors, allocators, conversions, and what else is called without a `self`, or in a
 * function that is offloaded. In C++ nothing with a destructor may lie between.
 * In stop() it leaves that; the reason stays.
 * Threads: owner actor, in a step, init, started, stays, stop or failed.  Blocks: no. */
WEFT_API WEFT_NORETURN void weft_fail_now(weft_self *self, int code, const char *text);

/* True if the running actor has been asked to stop, or killed, or its runtime is being taken
 * down: a long step may look now and then, and return. Threads: owner actor. Blocks: no. */
WEFT_API bool weft_should_stop(weft_self *self);

/* --- sending --- */

/* Mail between two actors arrives in the order it was sent. Nothing more is promised.
 * Actors may send with any tag and to any pid, also to themselves.
 *
 * Sends a message.
 * @letter  takes: on every path. What cannot be delivered is destroyed and counted as a
 *          dead letter.
 * Returns 0 when it is on its way (it may still become a dead letter: the actor may end
 * first), or why it is dead already.
 * Errors: WEFT_ENOACTOR, WEFT_EFOREIGN, WEFT_ENOMEM, WEFT_EINVAL (the letter is
 * malformed), WEFT_EFULL (see weft_behavior.mailbox_max).
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_cast(weft_self *self, weft_pid to, weft_letter letter);

/* The same with a tag and a word, the cheapest message there is. */
WEFT_API int weft_cast_word(weft_self *self, weft_pid to, uint32_t tag, uint64_t word);

/* Sends a message, or gives it back.
 * @letter  takes on success. On an error nothing was sent or counted as dead, and what
 * the letter's object owns is still the caller's; the error counts as "returned". Errors,
 * threads: as weft_cast. */
WEFT_API WEFT_MUST_CHECK int weft_try_cast(weft_self *self, weft_pid to,
                                           weft_letter letter);

/* Answers a message: a cast to its sender, which no limit of the receiver stops. A
 * message from outside the runtime has no sender: WEFT_ENOACTOR, and the letter is dead.
 */
WEFT_API int weft_reply(weft_self *self, const weft_msg *msg, weft_letter letter);
WEFT_API int weft_reply_word(weft_self *self, const weft_msg *msg, uint32_t tag,
                             uint64_t word);

/* --- other actors --- */

/* Makes an actor. It exists at once: mail may be sent to it, and waits for its init.
 * @behavior  borrows for ever
 * @args      copies: behavior->args_size bytes; may be NULL, for none
 * @ret_pid   fills: WEFT_NOBODY on an error; may be NULL
 * Errors: WEFT_EINVAL (the behaviour contradicts itself, or has no room for the args it is
 * given), WEFT_ENOMEM, WEFT_ELIMIT (as many actors live as the options allow),
 * WEFT_ESTOPPING. With own_thread also: WEFT_ELIMIT (as many live as
 * weft_options.own_threads_max), WEFT_EPLACE (the runtime is threadless), a negated
 * errno (no thread). A failing init is no error here: it is the actor's exit reason.
 * Threads: owner actor, in a step or hook.  Blocks: no; it starts a thread for own_thread. */
WEFT_API int weft_spawn(weft_self *self, const weft_behavior *behavior, const void *args,
                        weft_pid *ret_pid);

/* Asks an actor to end: between two steps, before the mail that it has queued. Its stop
 * hook runs. Returns 0, WEFT_ENOACTOR, WEFT_EFOREIGN or WEFT_ENOMEM. To end itself an
 * actor returns weft_stop(). Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_stop_actor(weft_self *self, weft_pid pid);

/* Ends an actor between two steps, first of all, without its stop hook. Errors, threads: as
 * weft_stop_actor. */
WEFT_API int weft_kill_actor(weft_self *self, weft_pid pid);

/* Lets an actor handle the mail that it has, then ends it, with its stop hook. From when the
 * request arrives nobody can send to it: mail is dead (WEFT_ENOACTOR); answers that it waits
 * for still come. Errors and threads as above. */
WEFT_API int weft_drain_actor(weft_self *self, weft_pid pid);
/* True if the actor has not ended, as far as this thread can know: the answer may be old
 * when it arrives, unless it is false. Threads: owner actor. Blocks: no. */
WEFT_API bool weft_alive(weft_self *self, weft_pid pid);

/* --- oneself --- */

WEFT_API weft_pid weft_self_pid(const weft_self *self);

struct weft_runtime;
/* The runtime that the actor lives in, for what takes a weft_runtime.
 * Returns borrowed: as long as the runtime lives. */
WEFT_API struct weft_runtime *weft_self_runtime(const weft_self *self);

/* A number from 0 to below, evenly; 0 if below is 0. From the runtime's own generator
 * (see weft_options.seed), not for secrets. */
WEFT_API uint64_t weft_random(weft_self *self, uint64_t below);

WEFT_END_DECLS

#endif
