/* lib/test/act.c: what mocks do with the messages they get.
 *
 * A mock answers behind its back: what it got is on its way to its probe before the answer goes
 * out, so who has seen the answer finds the question there. */
#include "lib/test/mock.h"

#include <stdlib.h>

/* Of the mock's question to itself, which nobody answers: neither the program's nor Weft's. */
#define TAG_NAP 0xfffe0001u

/* An answer for later. */
struct later {
    struct later *next;
    weft_question nap; /* whose failure says that it is time */
    weft_due kept;     /* the right to answer that; 0: it was not asked yet */
    weft_due due;      /* 0: it was no question */
    weft_pid to;
    weft_act act;
};

struct mock_state {
    struct weft_mock *mock; /* the args */
    struct later *later;
};

/* --- what is to be done --- */

weft_act weft_act_nothing(void)
{
    return (weft_act){.kind = WEFT_ACT_NOTHING, .letter = weft_signal(0)};
}

static weft_act act_of(enum weft_act_kind kind)
{
    weft_act act = weft_act_nothing();

    act.kind = kind;
    return act;
}

weft_act weft_act_reply(weft_letter letter)
{
    weft_act act = act_of(WEFT_ACT_REPLY);

    act.letter = letter;
    return act;
}

weft_act weft_act_word(uint32_t tag, uint64_t word)
{
    return weft_act_reply(weft_word_letter(tag, word));
}

weft_act weft_act_error(int error)
{
    weft_act act = act_of(WEFT_ACT_ERROR);

    act.error = error;
    return act;
}

weft_act weft_act_forward(weft_pid to)
{
    weft_act act = act_of(WEFT_ACT_FORWARD);

    act.to = to;
    return act;
}

weft_act weft_act_call(weft_act_fn call, void *context)
{
    weft_act act = act_of(WEFT_ACT_CALL);

    act.call = call;
    act.context = context;
    return act;
}

weft_act weft_act_stop(void)
{
    return act_of(WEFT_ACT_STOP);
}

weft_act weft_act_fail(int code)
{
    weft_act act = act_of(WEFT_ACT_FAIL);

    act.error = code;
    return act;
}

weft_act weft_act_after(uint64_t after_ns, weft_act act)
{
    act.after_ns = after_ns;
    return act;
}

weft_act weft_act_times(uint64_t times, weft_act act)
{
    act.times = times;
    return act;
}

/* --- keeping --- */

/* The message itself goes to the probe. */
static void keep(weft_self *self, weft_mock *m, weft_msg *msg)
{
    (void)weft_forward(self, m->port, msg); /* the probe is open as long as the mock */
    kit_mock_count(m);
}

/* A copy, if that can be had; the message is still here. */
static void keep_copy(weft_self *self, weft_mock *m, const weft_msg *msg)
{
    size_t size;
    const void *payload = weft_payload(msg, &size);

    weft_cast(self, m->port,
              weft_msg_type(msg) == NULL ? weft_small(weft_tag(msg), payload, size)
                                         : weft_signal(weft_tag(msg)));
    kit_mock_count(m);
}

/* --- answering --- */

/* A question, or (due is 0) a message of somebody who may be nobody. */
static void answer(weft_self *self, weft_due due, weft_pid to, const weft_act *act)
{
    if (due != 0 && act->kind == WEFT_ACT_ERROR)
        weft_answer_error(self, due, act->error);
    else if (due != 0)
        weft_answer(self, due, act->letter);
    else if (to != WEFT_NOBODY && act->kind == WEFT_ACT_REPLY)
        weft_cast(self, to, act->letter);
    else
        weft_letter_drop(act->letter);
}

/* A question to itself that stays open is a clock: it fails when it is time. */
static bool start_nap(weft_self *self, struct later *l)
{
    weft_deadline_set(self, WEFT_FOREVER);
    return weft_ask(self, weft_self_pid(self),
                    weft_word_letter(TAG_NAP, (uint64_t)(uintptr_t)l), l->act.after_ns,
                    &l->nap) == 0;
}

static void answer_later(weft_self *self, struct mock_state *s, weft_due due, weft_pid to,
                         const weft_act *act)
{
    struct later *l = malloc(sizeof *l);

    if (l != NULL)
        *l = (struct later){.next = s->later, .due = due, .to = to, .act = *act};
    if (l != NULL && start_nap(self, l)) {
        s->later = l;
        return;
    }
    free(l);
    weft_letter_drop(act->letter);
    if (due != 0)
        weft_answer_error(self, due, WEFT_ENOMEM);
}

static bool wake(weft_self *self, struct mock_state *s, const weft_msg *failure)
{
    for (struct later **link = &s->later; *link != NULL; link = &(*link)->next) {
        struct later *l = *link;

        if (l->nap != weft_msg_question(failure))
            continue;
        *link = l->next;
        weft_answer_error(self, l->kept, WEFT_ETIMEDOUT); /* nobody waits for it */
        answer(self, l->due, l->to, &l->act);
        free(l);
        return true;
    }
    return false;
}

/* --- the step --- */

static void answer_now_or_later(weft_self *self, struct mock_state *s, weft_msg *msg,
                                const weft_act *act)
{
    weft_pid to = weft_sender(msg);
    weft_due due = weft_reply_later(self, msg);

    keep(self, s->mock, msg);
    if (act->after_ns > 0)
        answer_later(self, s, due, to, act);
    else
        answer(self, due, to, act);
}

static void forward(weft_self *self, weft_mock *m, weft_msg *msg, weft_pid to)
{
    int error;

    keep_copy(self, m, msg);
    error = weft_forward(self, to, msg);
    if (error < 0)
        weft_reply_error(self, msg, error);
}

static weft_next perform(weft_self *self, struct mock_state *s, weft_msg *msg,
                         const weft_act *act)
{
    switch (act->kind) {
    case WEFT_ACT_REPLY:
    case WEFT_ACT_ERROR:
        answer_now_or_later(self, s, msg, act);
        break;
    case WEFT_ACT_FORWARD:
        forward(self, s->mock, msg, act->to);
        break;
    case WEFT_ACT_CALL:
        act->call(self, act->context, msg);
        keep(self, s->mock, msg);
        break;
    case WEFT_ACT_STOP:
        keep_copy(self, s->mock, msg);
        return weft_stop(self);
    case WEFT_ACT_FAIL:
        keep_copy(self, s->mock, msg);
        return weft_fail(self, act->error, "its rule says so");
    case WEFT_ACT_NOTHING:
        keep(self, s->mock, msg);
    }
    return weft_stay(self);
}

static weft_next mocking(weft_self *self, void *state, weft_msg *msg)
{
    struct mock_state *s = state;
    weft_act act;

    if (weft_sender(msg) == weft_self_pid(self) && weft_tag(msg) == TAG_NAP) {
        struct later *l = (struct later *)(uintptr_t)weft_word(msg);

        l->kept = weft_reply_later(self, msg);
        return weft_stay(self);
    }
    if (weft_failure(msg) != 0 && wake(self, s, msg))
        return weft_stay(self);
    act = kit_mock_rule(s->mock, msg);
    return perform(self, s, msg, &act);
}

static void mock_destroy(void *state)
{
    struct mock_state *s = state;

    while (s->later != NULL) {
        struct later *l = s->later;

        s->later = l->next;
        weft_letter_drop(l->act.letter);
        free(l);
    }
}

const weft_behavior kit_mock =
    WEFT_BEHAVIOR("mock", struct mock_state, mocking, .destroy = mock_destroy,
                  .args_size = sizeof(struct weft_mock *));
