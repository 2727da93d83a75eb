/* weft/blocking.h: functions that block, on threads where they hold nobody up.
 *
 * A step must return soon. What takes its time (a password's hash, getaddrinfo, a file, a
 * driver that knows no other way) is offloaded: the runtime calls a function on a thread of
 * its pool of blocking threads, and what the function answers comes to the actor as mail.
 *
 *   static void resolve(weft_work *work, const void *args)      on a thread of the pool
 *   {
 *       const struct host *host = args;
 *
 *       weft_work_answer(work, address_msg(address_of(host->name)));
 *   }
 *
 *   static weft_next asking(weft_self *self, void *state, weft_msg *msg)
 *   {
 *       weft_work_failed failed;
 *       struct address address;
 *
 *       if (address_get(msg, &address))
 *           ...                                   the answer
 *       else if (weft_work_failed_get(msg, &failed))
 *           ...                                   or why there is none
 *       else if (weft_offload(self, resolve, &host, sizeof host, 0) < 0)
 *           ...                                   not even begun
 *       return weft_stay(self);
 *   }
 *
 * For each call of weft_offload that returned 0 exactly one message is sent: the function's
 * answer or, if it returns without one, a failure. It has no sender, and no limit of the
 * actor's mailbox stops it. If the actor has ended it is a dead letter.
 *
 * A function that has begun is not interrupted: nobody can do that to a thread safely. One
 * that never returns keeps its thread, and weft_finish cannot finish. */
#ifndef WEFT_BLOCKING_H
#define WEFT_BLOCKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/actor.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/version.h>

#define WEFT_TAG_WORK_FAILED (WEFT_TAG_RESERVED + 16u)

typedef struct weft_work weft_work; /* one call of a function, while it runs */

/* A function for the pool. It may block. It shares nothing with the actor, which goes on
 * meanwhile, and has no self; functions that any thread may call (weft_rt_...) are open to
 * it, but not weft_run, weft_stop_all and weft_finish. In C++ it must not let an exception
 * out.
 * @work  borrows: until it returns, on this thread
 * @args  borrows: until it returns; the copy that weft_offload made, NULL if there are none */
typedef void (*weft_work_fn)(weft_work *work, const void *args);

/* Why there is no answer. */
typedef struct weft_work_failed {
    uint64_t ref; /* as given to weft_offload */
    int error; /* WEFT_ENOANSWER: the function returned without one; WEFT_ESTOPPING: the
                     runtime stops, the function was not called; WEFT_ENOMEM, WEFT_EINVAL: its
                     answer could not be sent; else what it gave to weft_work_fail */
} weft_work_failed;

WEFT_BEGIN_DECLS

/* --- the actor's side --- */

/* Has fn(work, args) called on a thread of the pool, soon: up to weft_options.blocking_max
 * run at a time, up to blocking_queue_max wait for a thread, in order.
 * @args  copies: size bytes (aligned as by malloc); may be NULL if size is 0. The copy is by
 *        bytes and is freed when the function has returned, or was not called because the
 *        runtime stops: then nobody releases what args own.
 * @ref   the program's own: which call this was. It is in a failure, and weft_work_ref tells
 *        the function.
 * Errors: WEFT_EINVAL, WEFT_ENOMEM, WEFT_EFULL (so many run and wait already),
 * WEFT_ESTOPPING, WEFT_EPLACE (the runtime is threadless), a negated errno (there is no
 * thread and none could be started). On an error nothing was begun and no message comes.
 * Threads: owner actor, in a step or hook.  Blocks: no, but it may start a thread. */
WEFT_API WEFT_MUST_CHECK int weft_offload(weft_self *self, weft_work_fn fn,
                                          const void *args, size_t size, uint64_t ref);

/* True if msg says that an offloaded function gave no answer. @failed fills, if so. */
WEFT_API bool weft_work_failed_get(const weft_msg *msg, weft_work_failed *failed);

/* --- the function's side: on the thread that runs it --- */

/* Answers. The letter goes out at once; what the function does behind it is its own affair.
 * @letter  takes: on every path. What cannot be delivered is destroyed and counted as a dead
 *          letter.
 * Returns 0, or why the letter is dead: WEFT_ENOACTOR (the actor has ended), WEFT_ENOMEM or
 * WEFT_EINVAL (it could not be sent: a failure that says so goes out instead), WEFT_EANSWERED
 * (there was an answer or failure before).  Blocks: no. */
WEFT_API int weft_work_answer(weft_work *work, weft_letter letter);

/* Fails: a weft_work_failed goes out, with an error that is the program's own or one of
 * Weft's (not 0). Returns 0, WEFT_ENOACTOR, WEFT_EANSWERED or WEFT_EINVAL.  Blocks: no. */
WEFT_API int weft_work_fail(weft_work *work, int error);

WEFT_API uint64_t weft_work_ref(const weft_work *work);

/* The actor that is to have the answer, and its runtime: for messages on the way to it.
 * Returns borrowed: the runtime lives until the function has returned. */
WEFT_API weft_pid weft_work_pid(const weft_work *work);
WEFT_API struct weft_runtime *weft_work_runtime(const weft_work *work);

/* True if nobody wants the answer any more: the actor has ended, or the runtime is being
 * taken down. A function that takes long may look now and then, and return. */
WEFT_API bool weft_work_should_stop(const weft_work *work);

/* --- a crew: like actors that may block, behind one pid --- */

/* Makes `count` actors of one behaviour, each with a thread of its own, and one more, the crew,
 * whose pid takes messages for all of them: each goes to a member that is idle, in the order in
 * which they came, with its sender, so that a member can reply. They wait with the crew while
 * all members are busy. Among the counters such a message is handled twice: by the crew and
 * by the member.
 *
 * A member that ends is not replaced; the crew ends with its last member. When the crew ends
 * (stopped, killed) its members are asked to stop, and what waits is dead.
 * @behavior  borrows for ever; own_thread is set
 * @args      copies: for each member, as weft_spawn does
 * @ret_pid   fills: the crew; WEFT_NOBODY on an error; may be NULL
 * Errors: as weft_spawn; WEFT_EINVAL also if own_thread is not set, or count is 0 or above
 * WEFT_OWN_THREADS_MAX. On an error members that were made already are stopped.
 * Threads: owner actor, in a step or hook; any.  Blocks: no, but it starts threads. */
WEFT_API int weft_spawn_crew(weft_self *self, const weft_behavior *behavior,
                             unsigned count, const void *args, weft_pid *ret_pid);
WEFT_API int weft_rt_spawn_crew(struct weft_runtime *rt, const weft_behavior *behavior,
                                unsigned count, const void *args, weft_pid *ret_pid);

WEFT_END_DECLS

#endif
