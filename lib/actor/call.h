/* lib/actor/call.h: questions and answers, for the other files of this floor. */
#ifndef WEFT_ACTOR_CALL_H
#define WEFT_ACTOR_CALL_H

#include "lib/actor/cast.h"
#include "sched/slab.h"

#include <weft/call.h>

struct ties;

/* Entries of an actor's debts: {asker, ref, what}; of those that it holds {object, function,
 * what}: lib/actor/keep.h. */
enum debt {
    DEBT_ANSWER,
    DEBT_END,
    DEBT_KEPT,
    DEBT_LIFE, /* as DEBT_KEPT, but not over a restart */
    DEBT_OBJECT,
    DEBT_DESCRIPTOR
};

/* A message's record, which its step may mark as answered. */
static inline struct record *question_of(const weft_msg *msg)
{
    return (struct record *)(uintptr_t)msg;
}

/* In cycles, 0: none: also the one that the running step's questions keep to. */
uint64_t deadline_for(struct worker *w, uint64_t timeout_ns);

/* A new entry of the running actor's asks or debts; its key, or 0: SENT_NO_MEMORY or SENT_FULL
 * in *why. */
enum notes { NOTES_ASKS, NOTES_DEBTS, NOTES_GATHERED }; /* asks, with a mark */
uint64_t note(struct place p, enum notes notes, const uint64_t word[3], unsigned *why);
/* The words of an entry are in `word`; false if there is none. And it is gone. */
bool note_read(struct place p, enum notes notes, uint64_t key, uint64_t word[3]);
void note_strike(struct place p, enum notes notes, uint64_t key);

/* Asks, by an entry with this mark. An error code; the letter is a dead one then. */
int ask_gathered(struct place p, weft_pid to, const weft_letter *letter,
                 uint64_t deadline, uint64_t mark);
/* The entry of a question is gone, its words are in `word`; false if there is none. */
bool ask_take(struct place p, weft_question question, uint64_t word[3]);

/* Frees what an actor that ends was gathering (lib/actor/gather.c). */
void gathering_drop(struct sched *s, struct stock *stock, const struct slab *asks);

/* A message that was a question when it came. */
static inline bool was_question(const struct record *r)
{
    return record_kind(r) == RECORD_MAIL && (record_extra(r) & RECORD_CALL) != 0;
}

/* Sends the reply to a message: the answer, if that is a question. As letter_send. */
unsigned reply_send(struct place p, struct record *r, const weft_letter *letter,
                    const weft_msg *msg);
/* A failed answer, without its struct call: room for a slot more is the caller's. */
struct record failure_of(weft_pid to, weft_pid from, int error);
/* Tells the asker of a question, an open one, that there is no answer. */
void question_fail(struct sched *s, struct stock *stock, const struct record *r,
                   int error);

/* The answer to a START record that is a question: an error, or 0. */
struct record start_answer(const struct record *r, int error);
/* The actor never began. */
void start_fail(struct sched *s, struct stock *stock, const struct record *r);

/* What an actor leaves behind: what it owes and holds, and whom it is tied to. */
struct estate {
    struct slab debts;
    struct ties *ties;
};
/* Taken out of it when it ends; what it holds is released before its slot is free, who is to be
 * told is told behind that. */
struct estate estate_take(struct sched *s, struct stock *stock, struct task *t);
void estate_release(struct sched *s, struct stock *stock, const struct estate *estate,
                    weft_pid pid, const weft_reason *reason);
void estate_settle(struct sched *s, struct stock *stock, struct estate *estate,
                   weft_pid pid, const weft_reason *reason);

/* An actor that lasts begins once more: what belongs to its life so far is paid and released, and
 * its own watches end. Who watches it, is linked with it or keeps something for it does not hear. */
void estate_renew(struct sched *s, struct stock *stock, struct task *t,
                  const weft_reason *reason);

static inline bool estate_is_empty(const struct estate *estate)
{
    return estate->debts.capacity == 0 && estate->ties == NULL;
}

/* Hooks of the scheduler. */
bool on_answered(struct sched *s, struct stock *stock, struct task *t,
                 const struct record *r);
uint64_t on_expire(struct domain *d, struct task *t, uint64_t now);
void on_probed(struct sched *s, struct stock *stock, const struct record *r,
               uint64_t callee, uint64_t ref);
void on_watch(struct sched *s, struct stock *stock, struct task *t,
              const struct record *r);

#endif
