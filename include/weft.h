/* weft.h: an actor runtime for C.
 *
 * A server starts a runtime; the runtime runs actors, millions of them on a few threads.
 * An actor has a state of its own, a mailbox, and a step: a function that handles one
 * message and returns what comes next. Actors share nothing; they send each other
 * messages.
 *
 * Threads. Each function's comment says who may call it: "any" thread; a "worker", which
 * is to say code of an actor; or the "owner actor", inside its own step or hook. Nothing
 * blocks unless it says so.
 *
 * Ownership, in these words only. The callee
 *   takes    what it owns from then on; on an error the caller still does, unless the
 *            function's comment says "on every path"
 *   borrows  what it uses until it returns, or until what is said
 *   copies   what it does not need any more when it returns
 *   fills    what it writes through a pointer
 * and what a function returns is either new (released with what is named) or borrowed.
 *
 * Errors are returned, never printed: negative codes with weft_strerror. Out of memory is
 * an error like any other. The library writes no output, does not exit, sets no signal
 * handler and reads no environment variable. (It aborts, with a line on stderr, if it finds
 * its own memory destroyed.)
 *
 * Undefined, and unchecked but in debug builds: using a runtime after weft_finish freed
 * it, a weft_self outside its step or on another thread, a msg after its step returned.
 *
 * In reading order: */
#ifndef WEFT_H
#define WEFT_H

/* clang-format off */
#include <weft/version.h>
#include <weft/error.h>
#include <weft/pid.h>
#include <weft/message.h>
#include <weft/actor.h>
#include <weft/call.h>
#include <weft/wait.h>
#include <weft/child.h>
#include <weft/gather.h>
#include <weft/keep.h>
#include <weft/monitor.h>
#include <weft/link.h>
#include <weft/runtime.h>
#include <weft/timer.h>
#include <weft/letter.h>
#include <weft/handle.h>
#include <weft/port.h>
#include <weft/outside.h>
#include <weft/deadlock.h>
#include <weft/threadless.h>
#include <weft/simulated.h>
#include <weft/look.h>
#include <weft/name.h>
#include <weft/group.h>
#include <weft/blocking.h>
#include <weft/supervisor.h>
/* clang-format on */

#endif
