/* sched/inbox.h: mail for a task from elsewhere, and the one token that says so.
 *
 * A task's inbox is a word: CLOSED (nobody lives in the slot), ARMED (empty, its token at
 * home), TAKEN (empty, its token out), or the newest node of a chain (its token out). Who
 * pushes onto ARMED gets the token, exactly one pusher for each arming, and hands it to
 * the task's owner by putting the task on the owner's token list. Who holds the token and
 * the domain takes the chain, and arms the inbox again. A Treiber stack (IBM 1986) of
 * which only the whole is ever taken: nobody pops a single node, so there is no ABA.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   IN1 push:  CAS acq_rel -> IN2, IN3, IN4, IN5, IN6, IN7: release the chain to who drains it;
 *              acquire (ARMED) the last token holder's use of the token link, and the owner
 *   IN2 drain: exchange acq_rel -> IN1: acquire the nodes; release owner and token link to
 *              the next pusher that finds ARMED
 *   IN3 seize: CAS acq_rel -> IN1: the holder takes the token of an idle inbox itself, with
 *              mail that it puts there; acquire and release as in IN2
 *   IN4 close: CAS acq_rel -> IN1: nobody can push any more; acquire the last use of the link
 *   IN5 shut:  exchange acq_rel -> IN1: the same with the token in hand
 *   IN6 open:  store release -> IN1, IN7: a late sender that sees ARMED sees the new owner
 *   IN7 look:  load acquire -> IN1, IN6: a local sender finds mail, and drains it first; or
 *              none, and sees the task that was made outside
 *              (sched/send.c, sched/send.h, sched/adopt.c, sched/outside.c, sched/look.c)
 *   TK1 post:  CAS seq_cst -> TK2, TK3, HD2: release the link and the mail; Dekker with leaving a
 *              domain: the poster adds, then looks at hold (HD4); the leaver frees, then looks here
 *   TK2 take:  exchange seq_cst -> TK1: acquire the links, and what the posters did before
 *   TK3 again: load seq_cst -> TK1: the leaver's look at its list, behind HD2
 *              (sched/adopt.c, sched/idle.c, sched/worker.c)
 * Relaxed: the first read of a CAS loop (the CAS decides). */
#ifndef WEFT_SCHED_INBOX_H
#define WEFT_SCHED_INBOX_H

#include "lib/base/atomic.h"
#include "lib/base/base.h"
#include "sched/record.h"

/* A message on its way between domains: one cache line. */
struct node {
    struct node *next;
    struct record record;
    uint64_t more[3]; /* a node of two lines has its further slots from here on */
};
_Static_assert(sizeof(struct node) == CACHE_LINE, "one node, one transfer");

typedef _Atomic(uintptr_t) inbox;

enum { INBOX_CLOSED = 0, INBOX_ARMED = 1, INBOX_TAKEN = 2, INBOX_STATES = 3 };
#define INBOX_MAIL \
    (~(uintptr_t)INBOX_STATES) /* bits that are set if there is a chain \
                                               */

enum inbox_pushed { INBOX_REFUSED, INBOX_JOINED, INBOX_TOKEN };

/* Adds a chain, newest first. INBOX_TOKEN: the caller holds the token now. REFUSED: the
 * chain is still the caller's; last->next is spoilt. */
static inline enum inbox_pushed inbox_push(inbox *in, struct node *newest,
                                           struct node *oldest)
{
    uintptr_t h = at_peek(in); /* relaxed: IN1 decides */

    do {
        if (h == INBOX_CLOSED)
            return INBOX_REFUSED;
        oldest->next = (h & INBOX_MAIL) != 0 ? (struct node *)h : NULL;
    } while (!at_cas_weak(in, &h, (uintptr_t)newest, acq_rel, IN1));
    return h == INBOX_ARMED ? INBOX_TOKEN : INBOX_JOINED;
}

static inline struct node *inbox_chain(uintptr_t h)
{
    return (h & INBOX_MAIL) != 0 ? (struct node *)h : NULL;
}

/* Takes the chain, newest first. leave: INBOX_ARMED (we hold the token) or INBOX_TAKEN
 * (it is on its way to us). */
static inline struct node *inbox_drain(inbox *in, uintptr_t leave)
{
    return inbox_chain(at_exchange(in, leave, acq_rel, IN2));
}

/* Takes the token of an armed inbox and leaves a chain there, newest first, or none.
 * False: the token is out. */
static inline bool inbox_seize(inbox *in, struct node *newest)
{
    uintptr_t armed = INBOX_ARMED;

    return at_cas(in, &armed, newest != NULL ? (uintptr_t)newest : INBOX_TAKEN, acq_rel,
                  IN3);
}

/* Closes an armed inbox. False: the token is out; close it with inbox_shut when it comes.
 */
static inline bool inbox_close(inbox *in)
{
    uintptr_t armed = INBOX_ARMED;

    return at_cas(in, &armed, INBOX_CLOSED, acq_rel, IN4);
}

/* Token in hand: closes the inbox and takes what is in it. */
static inline struct node *inbox_shut(inbox *in)
{
    return inbox_chain(at_exchange(in, INBOX_CLOSED, acq_rel, IN5));
}

/* A new task lives here. */
static inline void inbox_open(inbox *in)
{
    at_store(in, INBOX_ARMED, release, IN6);
}

/* A chain, newest first, becomes oldest first. */
static inline struct node *inbox_reverse(struct node *newest)
{
    struct node *oldest = NULL;

    while (newest != NULL) {
        struct node *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* --- tokens: a list of tasks linked by their own link --- */

struct token {
    struct token *next;
};
typedef _Atomic(struct token *) token_list;

static inline void token_post(token_list *list, struct token *token)
{
    struct token *h = at_peek(list); /* relaxed: TK1 decides */

    do
        token->next = h;
    while (!at_cas_weak(list, &h, token, seq_cst, TK1));
}

/* All of them, oldest first. */
static inline struct token *token_take(token_list *list)
{
    struct token *newest = at_exchange(list, NULL, seq_cst, TK2), *oldest = NULL;

    while (newest != NULL) {
        struct token *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

#endif
