/* weft/port.h: mailboxes of threads outside.
 *
 * A port is a mailbox that a thread of the program's own reads. It has a pid, so actors
 * cast and reply to it as to each other, and a file descriptor, so an event loop can watch
 * it beside its sockets (docs/embedding.md).
 *
 *   weft_port *port;
 *   weft_msg *msg;
 *
 *   if (weft_port_open(rt, 0, &port) < 0)
 *       return -1;
 *   weft_port_cast(port, store, weft_word_letter(TAG_GET, key));
 *   if (weft_port_wait(port, WEFT_SEC(1), &msg) == 0) {
 *       printf("the store says %" PRIu64 "\n", weft_word(msg));
 *       weft_msg_free(msg);
 *   }
 *   weft_port_close(port);
 *
 * A port is read, and closed, by one thread at a time ("the reader" below), never by a
 * worker. A port is no actor: weft_alive says whether it is open, and who stops or kills one
 * is told WEFT_ENOACTOR. */
#ifndef WEFT_PORT_H
#define WEFT_PORT_H

#include <stdint.h>

#include <weft/call.h>
#include <weft/error.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/runtime.h>
#include <weft/version.h>

typedef struct weft_port weft_port;

#define WEFT_PORT_MAIL \
    65536u /* messages that wait in a port, if it is not told how many */

WEFT_BEGIN_DECLS

/* Opens a port.
 * @mailbox_max  messages that may wait in it; 0: WEFT_PORT_MAIL. When so many wait, a cast to
 *               it is a dead letter and returns WEFT_EFULL, weft_try_cast gives the letter
 *               back; weft_reply and weft_reply_word are not stopped.
 * @ret_port     fills: new, weft_port_close; NULL on an error
 * Errors: WEFT_EINVAL, WEFT_ELIMIT (weft_options.ports_max are open). Threads: any.
 * Blocks: no (a short lock is held). */
WEFT_API WEFT_MUST_CHECK int weft_port_open(weft_runtime *rt, uint32_t mailbox_max,
                                            weft_port **ret_port);

/* Closes a port: what waits in it is dead, and later mail for its pid finds no actor.
 * Messages that were received stay the reader's. Its descriptor is closed. weft_finish
 * closes the ports that are still open.
 * @port  takes; NULL is allowed
 * Threads: the reader.  Blocks: no longer than a sender needs to ring. */
WEFT_API void weft_port_close(weft_port *port);

/* The port's pid, which never comes to mean another one. Threads: any. */
WEFT_API weft_pid weft_port_pid(const weft_port *port);

/* A descriptor that is readable while there are messages to be received. For poll, epoll and
 * their like only: weft_port_receive does the reading. It may be readable once without
 * a message. Made at the first call: who waits with weft_port_wait needs none.
 * Returns borrowed (until weft_port_close), close-on-exec; or a negated errno (-EMFILE).
 * Threads: the reader.  Blocks: no. */
WEFT_API int weft_port_fd(weft_port *port);

/* The oldest message.
 * @ret_msg  fills: new, weft_msg_free; NULL on an error
 * Errors: WEFT_EEMPTY (the descriptor is not readable then until a message comes).
 * Threads: the reader.  Blocks: no. */
WEFT_API WEFT_MUST_CHECK int weft_port_receive(weft_port *port, weft_msg **ret_msg);

/* The same, and waits for a message if there is none.
 * @timeout_ns  WEFT_FOREVER: no limit
 * Errors: WEFT_ETIMEDOUT.  Threads: the reader, no worker.  Blocks: yes. */
WEFT_API WEFT_MUST_CHECK int weft_port_wait(weft_port *port, uint64_t timeout_ns,
                                            weft_msg **ret_msg);

/* As weft_rt_cast, with the port as sender, so that an actor can reply. Threads: any. */
WEFT_API int weft_port_cast(weft_port *port, weft_pid to, weft_letter letter);

/* Sends a message, or gives it back: as weft_rt_try_cast, with the port as sender.
 * @letter  takes on success
 * Threads: any. */
WEFT_API WEFT_MUST_CHECK int weft_port_try_cast(weft_port *port, weft_pid to,
                                                weft_letter letter);

/* Asks, and goes on: the answer, or the failure, comes as mail, for which there is always room.
 * @letter        takes: on every path
 * @timeout_ns    travels with the question, which whoever works on it keeps to; the port itself
 *                has no clock: how long to wait is up to its reader. WEFT_FOREVER: no limit
 * @ret_question  fills: what weft_msg_question() will say of the answer; may be NULL
 * Errors: as weft_rt_cast: no answer comes then.  Threads: the reader.  Blocks: no. */
WEFT_API int weft_port_ask(weft_port *port, weft_pid to, weft_letter letter,
                           uint64_t timeout_ns, weft_question *ret_question);

/* Answers a message that was received: as weft_reply, with the port as sender. A question that
 * is neither answered nor sent on fails at weft_msg_free (WEFT_ENOANSWER).
 * @letter  takes: on every path
 * Errors: WEFT_EANSWERED, and as weft_reply.  Threads: whose message it is.  Blocks: no. */
WEFT_API int weft_port_reply(weft_port *port, const weft_msg *msg, weft_letter letter);

/* Answers with an error code (negative): as weft_reply_error. */
WEFT_API int weft_port_reply_error(weft_port *port, const weft_msg *msg, int error);

/* Sends a message that was received on as it came, with its first sender: as weft_forward.
 * @msg  what it carries goes with it; the rest is still to be freed. On an error it is as it was.
 * Threads: whose message it is.  Blocks: no. */
WEFT_API int weft_port_forward(weft_port *port, weft_pid to, weft_msg *msg);

/* Ends a message that was received; it counts as handled from here on. Before weft_finish.
 * @msg  takes; NULL is allowed. (Not for a step's message, which is borrowed.)
 * Threads: any.  Blocks: no (a short lock is held). */
WEFT_API void weft_msg_free(weft_msg *msg);

WEFT_END_DECLS

#endif
