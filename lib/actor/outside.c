/* lib/actor/outside.c: questions of threads outside, which wait for the answer.
 *
 * Each borrows a port for its answer. When it is returned its pid is nobody's any more, so a
 * late answer is a dead letter like any other. */
#include "lib/actor/call.h"
#include "lib/actor/port.h"
#include "lib/actor/threadless.h"
#include "lib/base/clock.h"
#include "sched/look.h"
#include "sched/park.h"

#include <weft/outside.h>
#include <weft/wait.h>

/* An answer, or a negative error that is in its place. */
static int wait_for_answer(weft_port *port, uint64_t timeout_ns, weft_msg **ret_answer)
{
    int error = weft_port_wait(port, timeout_ns, ret_answer);

    if (error == 0)
        error = weft_failure(*ret_answer);
    if (error == 0)
        return WEFT_OK;
    weft_msg_free(*ret_answer);
    *ret_answer = NULL;
    return error;
}

int weft_rt_await(weft_runtime *rt, weft_pid to, weft_letter letter, uint64_t timeout_ns,
                  weft_msg **ret_answer)
{
    struct record q[RECORD_SLOTS_MAX];
    struct place p = place_outside(rt);
    unsigned outcome = letter_record(p, q, &letter, RECORD_MAIL);
    weft_port *port = NULL;
    int error;

    *ret_answer = NULL;
    if (outcome == SENT) {
        port = port_borrow(rt);
        outcome = port != NULL ? port_ask(port, q, 1, to, timeout_ns) : SENT_FULL;
        if (outcome != SENT)
            letter_unsent(p, q, &letter);
    }
    error = letter_end(p, to, &letter, outcome);
    if (error == 0) {
        count_outside(rt);
        error = wait_for_answer(port, timeout_ns, ret_answer);
    }
    if (port != NULL)
        port_return(port);
    return error;
}

int weft_rt_await_word(weft_runtime *rt, weft_pid to, weft_letter letter,
                       uint64_t timeout_ns, uint64_t *ret_word)
{
    weft_msg *answer;
    int error = weft_rt_await(rt, to, letter, timeout_ns, &answer);

    *ret_word = error == 0 ? weft_word(answer) : 0;
    weft_msg_free(answer);
    return error;
}

int question_post(weft_port *port, weft_pid to, enum record_kind kind, uint32_t tag)
{
    struct record q[2] = {{.head = record_head(tag, kind, RECORD_MARK, 8)}};

    return send_error(port_ask(port, q, 1, to, WEFT_FOREVER));
}

/* Waits for what actors tell who watches them. */
static int await_event(weft_runtime *rt, weft_pid pid, uint32_t tag, uint64_t timeout_ns,
                       uint64_t *word)
{
    weft_port *port = port_borrow(rt);
    weft_msg *answer;
    int error;

    if (port == NULL)
        return WEFT_ELIMIT;
    error = question_post(port, pid, RECORD_WATCH, tag);
    if (error == 0)
        error = wait_for_answer(port, timeout_ns, &answer);
    if (error == 0) {
        *word = weft_word(answer);
        weft_msg_free(answer);
    }
    port_return(port);
    return error;
}

/* Its pid is nobody's any more, and there is nobody to ask; but it may not be over yet. */
static int await_rest(weft_runtime *rt, weft_pid pid, uint64_t began, uint64_t timeout_ns)
{
    enum { LOOK_NS = 100000 };
    _Atomic(uint32_t) pause = 0;

    while (!look_is_over(rt->sched, pid)) {
        if (clock_ns() - began >= timeout_ns)
            return WEFT_ETIMEDOUT;
        if (rt->options.threadless)
            threadless_rest(rt, -1, LOOK_NS);
        else
            bell_wait(&pause, 0, LOOK_NS);
    }
    return WEFT_OK;
}

int weft_rt_await_end(weft_runtime *rt, weft_pid pid, uint64_t timeout_ns)
{
    uint64_t how, began = clock_ns();
    int error = await_event(rt, pid, WEFT_TAG_ENDED, timeout_ns, &how);

    return error == WEFT_ENOACTOR ? await_rest(rt, pid, began, timeout_ns) : error;
}

int weft_rt_await_start(weft_runtime *rt, weft_pid pid, uint64_t timeout_ns)
{
    uint64_t nothing;

    return await_event(rt, pid, WEFT_TAG_STARTED, timeout_ns, &nothing);
}

int weft_rt_stop_and_wait(weft_runtime *rt, weft_pid pid, uint64_t timeout_ns)
{
    int error = weft_rt_stop_actor(rt, pid);

    return error == 0 || error == WEFT_ENOACTOR ? weft_rt_await_end(rt, pid, timeout_ns)
                                                : error;
}

int weft_rt_spawn_and_wait(weft_runtime *rt, const weft_behavior *behavior,
                           const void *args, uint64_t timeout_ns, weft_pid *ret_pid)
{
    weft_port *port = port_borrow(rt);
    struct waiter waiter;
    weft_msg *answer;
    int error;

    *ret_pid = WEFT_NOBODY;
    if (port == NULL)
        return WEFT_ELIMIT;
    waiter = (struct waiter){weft_port_pid(port), 1};
    error = actor_spawn(rt, behavior, args, &waiter, WEFT_NOBODY, ret_pid);
    if (error == 0)
        error = wait_for_answer(port, timeout_ns, &answer);
    if (error == 0)
        weft_msg_free(answer);
    else if (error != WEFT_ETIMEDOUT)
        *ret_pid = WEFT_NOBODY;
    port_return(port);
    return error;
}
