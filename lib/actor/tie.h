/* lib/actor/tie.h: what ties actors together: monitors and links.
 *
 * A tie has two halves, one with each actor, which are envelopes (sched/record.h): memory that
 * is there from when the tie is made. A half lies in its actor's table until the tie is undone,
 * or the actor ends; then it goes to the other actor, and says so. So an end needs no memory,
 * and whichever half's actor is over, nothing is left.
 *
 *   monitor   the watcher's half   TIE_WATCHES   goes as TIE_UNWATCH
 *             the other's          TIE_WATCHED   goes as a message, WEFT_TAG_DOWN
 *   link      each half            TIE_LINKED    goes as TIE_UNLINK or TIE_EXIT
 *
 * The second half of a tie comes to its actor as TIE_WATCHED or TIE_LINKED itself. If that is
 * over it turns around, as a down or an exit with WEFT_EXIT_NO_ACTOR. Both halves have the key
 * of the tie, which is never used again, so what crosses on its way finds nothing and ends. Two
 * actors that link each other at the same time have two ties; they are undone together, and the
 * first exit of the two is the one that counts. */
#ifndef WEFT_ACTOR_TIE_H
#define WEFT_ACTOR_TIE_H

#include "lib/actor/call.h"

/* Tags of RECORD_TIE records, and of halves that rest. */
enum tie_tag {
    TIE_WATCHES = 1,
    TIE_WATCHED,
    TIE_LINKED,
    TIE_LINKED_LATE, /* as TIE_LINKED; the other's exit may have overtaken it */
    TIE_UNWATCH,
    TIE_UNLINK,
    TIE_EXIT
};

enum { TIE_BUCKETS = 8 }; /* at first */

/* What an actor has of ties: its mailq's `ties`. */
struct ties {
    struct node **buckets; /* halves, by tie_id() */
    uint32_t size, count;
    struct node *first[TIE_BUCKETS];
    struct node *exits, *last; /* that have come and are to be told, oldest first */
    bool traps;
};

/* What a half is found by: a link's by whom it leads to, a monitor's by the tie's key. */
static inline uint64_t tie_id(const struct record *half)
{
    return record_tag(half) == TIE_LINKED ? half->to : record_call(half)->ref;
}

/* Why the running actor cannot be tied to this pid, or 0. */
int tie_refuses(const weft_self *self, weft_pid pid);

/* The ties of an actor whose part this is, which are made if there are none. NULL: no memory. */
struct ties *ties_make(struct stock *stock, struct talk_part *part);
/* An empty table without exits to tell, of an actor that does not trap any, is freed. */
void ties_rest(struct sched *s, struct stock *stock, struct talk_part *part);

/* Two halves of a new tie of the running actor with another one: its own and the other's. Returns
 * its table; NULL: no memory. */
struct ties *tie_begin(struct worker *w, struct stock *stock, enum tie_tag own,
                       enum tie_tag other, weft_pid pid, struct node *half[2]);
void tie_free(struct stock *stock, struct node *half);

void ties_add(struct sched *s, struct stock *stock, struct ties *ties, struct node *half);
/* Takes out the first half with this tag and id, and this key (0: any). NULL: there is none. */
struct node *ties_take(struct ties *ties, enum tie_tag tag, uint64_t id, uint64_t key);
bool ties_any(const struct ties *ties, enum tie_tag tag, uint64_t id);
/* Exits of this actor that were not told yet are not told at all. */
void ties_forget(struct stock *stock, struct ties *ties, weft_pid pid);

/* Sends a half to where it leads, with this tag. */
void tie_send(struct sched *s, struct stock *stock, struct node *half, enum tie_tag tag);

/* As weft_spawn; the new actor has this half of a tie from the first, whose key and sender are
 * filled in. On an error it is still the caller's. lib/actor/spawn.c */
int actor_spawn_tied(weft_self *self, const weft_behavior *behavior, const void *args,
                     struct node *half, weft_pid *ret_pid);

/* The actor is over: tells whom it is tied to, frees all. NULL is allowed. */
void ties_end(struct sched *s, struct stock *stock, struct ties *ties,
              const weft_reason *reason);

/* The actor begins once more: its own watches end, and it traps nothing. */
void ties_renew(struct sched *s, struct stock *stock, struct talk_part *part);

/* A reason in a record of three slots, from its word on. */
void reason_write(struct record *r, const weft_reason *reason);
weft_reason reason_read(const struct record *r);

/* --- records with envelopes: for the scheduler's hooks --- */

/* RECORD_TIE comes up, or has come. */
void tie_arrived(struct sched *s, struct stock *stock, struct task *t,
                 const struct record *r);
/* The record is dead. */
void tie_dead(struct sched *s, struct stock *stock, const struct record *r,
              enum sched_dead why);
/* A message with an envelope was handled. */
void tie_handled(struct stock *stock, const struct record *r);
/* A down is for the actor, which has asked for it. */
bool tie_answered(struct sched *s, struct stock *stock, struct task *t,
                  const struct record *r);
/* The oldest exit to be told, if there are more the task is signalled again. NULL: none. */
struct node *tie_next_exit(struct task *t, struct ties *ties);

#endif
