/* lib/actor/port.h: mailboxes of threads outside, and the table of them.
 *
 * A port is a slot of a table that is reserved once, so a late sender may look at one whose
 * port is closed. A slot is CLOSED (its inbox) or open; its pid is counted up at each close,
 * and a slot whose generations are spent is left closed. */
#ifndef WEFT_ACTOR_PORT_H
#define WEFT_ACTOR_PORT_H

#include "lib/actor/mailbox.h"
#include "lib/actor/runtime.h"

#include <weft/port.h>

struct weft_port {
    struct mailbox box;

    /* --- who opens and closes it --- */
    _Atomic(uint64_t) pid;    /* when it is closed: its next one, 0 if there is none */
    _Atomic(uint32_t) max;    /* messages that it admits */
    _Atomic(uint32_t) inside; /* that are in the box, or on their way into it */
    weft_runtime *rt;
    struct weft_port *next; /* free */
    bool borrowed;
    uint64_t asked; /* the reader's: questions, by weft_port_ask */
};

struct ports;

/* NULL if there is no memory. */
struct ports *ports_create(weft_runtime *rt);
/* Closes all that are open. Nobody sends any more. */
void ports_close(struct ports *ports);
/* All are closed. NULL is allowed. */
void ports_destroy(struct ports *ports);

/* sched_ops.elsewhere */
enum sched_sent port_send(struct sched *s, struct stock *stock, const struct record *r);
/* True if the pid names an open port. Any thread. */
bool port_is_open(const weft_runtime *rt, weft_pid pid);

/* A port for a moment, which does not count among weft_options.ports_max: the functions of
 * <weft/port.h> are for it too. NULL: all places of the table are taken. */
weft_port *port_borrow(weft_runtime *rt);
/* What came after it was received, or will come, is dead: the pid is nobody's from here on. */
void port_return(weft_port *port);

/* Sends a question, whose record has its payload and room for a slot more; the answer comes with
 * this reference. Returns an enum sched_sent. */
unsigned port_ask(weft_port *port, struct record *q, uint64_t ref, weft_pid to,
                  uint64_t timeout_ns);
/* Asks an actor what is no message (lib/actor/outside.c): the answer comes to the port. */
int question_post(weft_port *port, weft_pid to, enum record_kind kind, uint32_t tag);

#endif
