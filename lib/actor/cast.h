/* lib/actor/cast.h: letters on their way into records. */
#ifndef WEFT_ACTOR_CAST_H
#define WEFT_ACTOR_CAST_H

#include "lib/actor/runtime.h"

#include <string.h>

/* Where the sender works: a worker's place, or a lane. */
struct place {
    struct worker *worker; /* NULL: outside */
    struct sched *sched;
    weft_pid from; /* outside: the port that sends, if it is one */
    bool tries;    /* inside: what a full mailbox has no room for comes back */
};

static inline struct place place_inside(weft_self *self)
{
    return (struct place){.worker = worker_of(self), .sched = sched_of(worker_of(self))};
}

static inline struct place place_outside(weft_runtime *rt)
{
    return (struct place){.worker = NULL, .sched = rt->sched};
}

struct stock *place_enter(struct place p, bool *lane);
void place_leave(struct place p, struct stock *stock, bool lane);

/* How a send went: an enum sched_sent, or one of these. */
enum { SENT_MALFORMED = SENT_NO_ROOM + 1, SENT_ANSWERED, SENT_FULL };

/* Makes a record of a letter, without the addresses; a block is copied. SENT, SENT_NO_MEMORY or
 * SENT_MALFORMED. */
unsigned letter_record(struct place p, struct record *r, const weft_letter *letter,
                       enum record_kind kind);
/* The same of a small letter that is well-formed; false: it is no such letter. */
static inline bool letter_small_record(struct record *r, const weft_letter *letter,
                                       enum record_kind kind)
{
    if (letter->form != WEFT_LETTER_SMALL || letter->size > WEFT_SMALL_MAX)
        return false;
    r->head = record_head(letter->tag, kind, record_more_for(letter->size), letter->size);
    memcpy(&r->word, letter->word, WEFT_SMALL_MAX);
    return true;
}
/* Sends it. If that fails the copy of a block is freed, what it owns is the caller's. */
unsigned letter_send(struct place p, struct record *r, const weft_letter *letter);
/* It is not to be sent: the copy of a block is freed, what it owns is the caller's. */
void letter_unsent(struct place p, struct record *r, const weft_letter *letter);
/* A letter that could not be sent ends here, and is counted. to: whom it was for, if that is
 * known. Returns the error code. */
int letter_end(struct place p, weft_pid to, const weft_letter *letter, unsigned outcome);

void count_dead(struct place p, enum weft_dead_letter why);
/* The error code of an outcome, 0 for SENT. */
int send_error(unsigned outcome);
/* A message from a thread outside is on its way. */
void count_outside(weft_runtime *rt);

/* The record becomes a question or an answer: a struct call follows. Room for a slot more. */
void record_add_call(struct record *r, unsigned extra, uint64_t ref, uint64_t deadline);

#endif
