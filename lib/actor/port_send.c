/* lib/actor/port_send.c: what a port says: casts, questions, answers, and messages sent on. */
#include "lib/actor/call.h"
#include "lib/actor/port.h"

#include <string.h>

static struct place place_port(const weft_port *port)
{
    struct place p = place_outside(port->rt);

    p.from = weft_port_pid(port);
    return p;
}

int weft_port_cast(weft_port *port, weft_pid to, weft_letter letter)
{
    return cast_outside(port->rt, weft_port_pid(port), to, &letter);
}

int weft_port_try_cast(weft_port *port, weft_pid to, weft_letter letter)
{
    return try_cast_outside(port->rt, weft_port_pid(port), to, &letter);
}

/* --- asking --- */

/* 0: none. */
static uint64_t deadline_of(weft_runtime *rt, uint64_t timeout_ns)
{
    return timeout_ns == WEFT_FOREVER ? 0 : sched_deadline(rt->sched, timeout_ns);
}

unsigned port_ask(weft_port *port, struct record *q, uint64_t ref, weft_pid to,
                  uint64_t timeout_ns)
{
    q->to = to;
    q->from = weft_port_pid(port);
    record_add_call(q, RECORD_OPEN, ref, deadline_of(port->rt, timeout_ns));
    return sched_post(port->rt->sched, q);
}

int weft_port_ask(weft_port *port, weft_pid to, weft_letter letter, uint64_t timeout_ns,
                  weft_question *ret_question)
{
    struct record q[RECORD_SLOTS_MAX];
    struct place p = place_port(port);
    unsigned outcome = letter_record(p, q, &letter, RECORD_MAIL);

    if (outcome == SENT) {
        outcome = port_ask(port, q, port->asked + 1, to, timeout_ns);
        if (outcome == SENT) {
            port->asked++;
            count_outside(port->rt);
        } else {
            letter_unsent(p, q, &letter);
        }
    }
    if (ret_question != NULL)
        *ret_question = outcome == SENT ? port->asked : 0;
    return letter_end(p, to, &letter, outcome);
}

/* --- answering --- */

static int reply(weft_port *port, const weft_msg *msg, struct record *r,
                 const weft_letter *letter)
{
    struct place p = place_port(port);
    unsigned outcome = reply_send(p, r, letter, msg);

    if (outcome == SENT)
        count_outside(port->rt);
    return letter_end(p, weft_sender(msg), letter, outcome);
}

int weft_port_reply(weft_port *port, const weft_msg *msg, weft_letter letter)
{
    struct record r[RECORD_SLOTS_MAX];
    struct place p = place_port(port);
    unsigned outcome = letter_record(p, r, &letter, RECORD_REPLY);

    return outcome == SENT ? reply(port, msg, r, &letter)
                           : letter_end(p, weft_sender(msg), &letter, outcome);
}

int weft_port_reply_error(weft_port *port, const weft_msg *msg, int error)
{
    struct record r[2] = {failure_of(0, 0, error)};
    weft_letter none = weft_signal(0);

    if (error >= 0)
        return WEFT_EINVAL;
    return was_question(record_of(msg)) ? reply(port, msg, r, &none) : WEFT_OK;
}

/* --- sending on --- */

int weft_port_forward(weft_port *port, weft_pid to, weft_msg *msg)
{
    struct record *r = question_of(msg), copy[RECORD_SLOTS_MAX];
    weft_letter none = weft_signal(weft_tag(msg)); /* what it carries stays on an error */
    unsigned outcome;

    memcpy(copy, r, record_slots(r) * sizeof *r);
    copy->to = to;
    if (record_is_answer(copy)) { /* to a question of this port's, which is over */
        record_no_call(copy);
        record_unmark(copy, RECORD_OPEN | RECORD_MARK);
    }
    outcome = sched_post(port->rt->sched, copy);
    if (outcome == SENT) {
        record_empty(r, record_is_answer(r) ? RECORD_BLOCK : RECORD_OWNED);
        count_outside(port->rt);
    }
    return letter_end(place_port(port), to, &none, outcome);
}
