/* lib/actor/call.h: questions and answers, for the other files of this floor. */
#ifndef WEFT_ACTOR_CALL_H
#define WEFT_ACTOR_CALL_H

#include "lib/actor/cast.h"

#include <weft/call.h>

/* Entries of an actor's debts: {asker, ref, what}. */
enum debt { DEBT_ANSWER, DEBT_END };

/* A message's record, which its step may mark as answered. */
static inline struct record *question_of(const weft_msg *msg)
{
    return (struct record *)(uintptr_t)msg;
}

/* Sends the reply to a message: the answer, if that is a question. As letter_send. */
unsigned reply_send(struct place p, struct record *r, const weft_letter *letter,
                    const weft_msg *msg);
/* Tells the asker of a question, an open one, that there is no answer. */
void question_fail(struct sched *s, struct stock *stock, const struct record *r,
                   int error);

/* The answer to a START record that is a question: an error, or 0. */
struct record start_answer(const struct record *r, int error);
/* The actor never began. */
void start_fail(struct sched *s, struct stock *stock, const struct record *r);

/* Takes what an actor owes out of it, when it ends; and pays, when it has. */
struct slab debts_take(struct sched *s, struct task *t);
void debts_pay(struct sched *s, struct stock *stock, struct slab *debts, weft_pid pid,
               const weft_reason *reason);

/* Hooks of the scheduler. */
bool on_answered(struct sched *s, struct task *t, const struct record *r);
uint64_t on_expire(struct domain *d, struct task *t, uint64_t now);
void on_watch(struct sched *s, struct stock *stock, struct task *t,
              const struct record *r);

#endif
