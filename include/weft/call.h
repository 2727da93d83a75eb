/* weft/call.h: questions and answers.
 *
 * A question is a message whose sender expects an answer: one, always. It is the answer of
 * whoever handles it, or a failure: of the one who was asked (it had ended, it ended first, it
 * forgot to answer), or of time. Nobody waits for ever, and nothing is answered twice.
 *
 *   return weft_await(self, prices, weft_word_letter(TAG_PRICE_OF, item), WEFT_MS(50), got_price);
 *
 *   static weft_next got_price(weft_self *self, void *state, weft_msg *answer)
 *   {
 *       struct shop *shop = state;
 *
 *       if (weft_failure(answer) != 0)
 *           return weft_fail(self, weft_failure(answer), "no price");
 *       shop->price = weft_word(answer);
 *       return weft_stay(self);
 *   }
 *
 * *Await*: the answer is what the actor handles next; other mail waits, in order. *Ask*: the
 * answer is mail like any other, and the actor goes on meanwhile. Neither holds up a worker.
 *
 * Who is asked uses weft_reply() in the step of the question; or keeps the right to answer with
 * weft_reply_later(); or hands the question on with weft_forward(). A step that does none of
 * these has forgotten it: the asker is told at once, by WEFT_ENOANSWER.
 *
 * Deadlines travel: a question that is asked while another one is handled keeps to the earlier
 * deadline of the two, through any number of actors. weft_deadline_set() overrides it. */
#ifndef WEFT_CALL_H
#define WEFT_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weft/actor.h>
#include <weft/error.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/version.h>

#define WEFT_QUESTIONS_MAX \
    65535u /* that one actor has open, and that it owes an answer to */

typedef uint64_t weft_question; /* one that was asked; 0: none */
typedef uint64_t weft_due;      /* the right to answer a question, once; 0: none */

WEFT_BEGIN_DECLS

/* --- asking --- */

/* Asks, and waits for the answer: `step` handles it, or the failure (see weft_failure). Other
 * mail waits meanwhile, in order; so does a stop; a kill does not. Afterwards the actor's step is
 * the one it had, unless `step` changes it with weft_become(). The question goes out when the
 * running step returns. To be returned: a step that returns something else has not asked.
 * @letter      takes
 * @timeout_ns  until the failure is WEFT_ETIMEDOUT; WEFT_FOREVER: never. Kept to about a
 *              millisecond, and never early.
 * Failures: WEFT_ETIMEDOUT, WEFT_ENOACTOR, WEFT_EFOREIGN, WEFT_ENOANSWER, WEFT_EENDED,
 * WEFT_EDEADLOCK (it asked itself), WEFT_ENOMEM, and what weft_reply_error() said. If there
 * is no memory even to wait in, or the letter is malformed, or step is NULL, the actor itself
 * fails, with WEFT_ENOMEM or WEFT_EINVAL.
 * Threads: owner actor, in a step (not in a hook).  Blocks: no. */
WEFT_API weft_next weft_await(weft_self *self, weft_pid to, weft_letter letter,
                              uint64_t timeout_ns, weft_step_fn step);

/* The same with a tag and a word: the cheapest question there is. */
WEFT_API weft_next weft_await_word(weft_self *self, weft_pid to, uint32_t tag,
                                   uint64_t word, uint64_t timeout_ns, weft_step_fn step);

/* Asks, and goes on: the answer, or the failure, comes as mail, in order of arrival.
 * @letter        takes: on every path
 * @ret_question  fills: what weft_msg_question() will say of the answer; may be NULL
 * Errors: as weft_cast, and WEFT_ELIMIT (WEFT_QUESTIONS_MAX are open): no answer comes then.
 * Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_ask(weft_self *self, weft_pid to, weft_letter letter,
                      uint64_t timeout_ns, weft_question *ret_question);

/* Which question a message answers, or fails; 0 if it answers none that was asked by
 * weft_ask(). */
WEFT_API weft_question weft_msg_question(const weft_msg *msg);

/* 0 for an answer and for any other message; for a failure its error code. */
WEFT_API int weft_failure(const weft_msg *msg);

/* True if the sender waits for an answer to this message. */
WEFT_API bool weft_is_question(const weft_msg *msg);

/* --- answering --- */

/* Answers with an error code (negative), which weft_failure() gives to the asker. Also for a
 * message that is no question: then nothing is sent.
 * Errors: WEFT_EINVAL (the code is not negative), and as weft_reply. */
WEFT_API int weft_reply_error(weft_self *self, const weft_msg *msg, int error);

/* Keeps the right to answer. It belongs to this actor until it is used: if the actor ends first
 * the asker is told (WEFT_EENDED). Returns 0 if the message is no open question, or if there
 * is no memory, or WEFT_QUESTIONS_MAX are kept: then the question is as open as before.
 * Threads: owner actor, in a step.  Blocks: no. */
WEFT_API weft_due weft_reply_later(weft_self *self, const weft_msg *msg);

/* Uses it.
 * @letter  takes: on every path
 * Errors: WEFT_EANSWERED (it was used before, or is none), and as weft_cast: the asker may have
 * ended.  Threads: owner actor, in a step or hook.  Blocks: no. */
WEFT_API int weft_answer(weft_self *self, weft_due due, weft_letter letter);
WEFT_API int weft_answer_word(weft_self *self, weft_due due, uint32_t tag, uint64_t word);
WEFT_API int weft_answer_error(weft_self *self, weft_due due, int error);

/* Asks another actor in the asker's place: its answer goes straight to the asker. The right to
 * answer is used up, also on an error: then the asker is told the error.
 * @letter  takes: on every path
 * Errors: as weft_answer. */
WEFT_API int weft_hand_on(weft_self *self, weft_due due, weft_pid to, weft_letter letter);

/* --- deadlines --- */

/* Nanoseconds until the deadline that questions of this step keep to, 0 if it is over;
 * WEFT_FOREVER: there is none. Threads: owner actor. */
WEFT_API uint64_t weft_deadline_left(weft_self *self);
/* Another one for the rest of this step; WEFT_FOREVER: none. */
WEFT_API void weft_deadline_set(weft_self *self, uint64_t timeout_ns);

WEFT_END_DECLS

#endif
