/* sched/remote.h: mail to tasks of other domains. */
#ifndef WEFT_SCHED_REMOTE_H
#define WEFT_SCHED_REMOTE_H

#include "sched/limit.h"

/* Puts a message into the outbox; guard up, domain held. */
enum sched_sent send_remote(struct worker *w, struct domain *d, struct task *t,
                            const struct record *r);
/* Publishes the outbox. `between`: no step is running, so tokens for free domains are served
 * here and now. */
void flush(struct worker *w, struct domain *d, bool between);

/* Pushes a chain and sees to it that somebody comes for it; what is refused is dead. `w`: a
 * worker between two steps with its domain held, or NULL. */
void push_mail(struct sched *s, struct worker *w, struct stock *stock, struct task *t,
               struct node *newest, struct node *oldest);
/* Hands a task whose token one holds to its owner; w as above. */
void post(struct sched *s, struct worker *w, struct task *t);

/* A node with a copy of the record; NULL if there is no memory. */
struct node *node_new(struct pool *pool, const struct record *r);
void node_free(struct pool *pool, struct node *n);
/* It has been read, or found nobody: freed, unless it is part of a kin line (sched/tree.h). */
void node_done(struct sched *s, struct stock *stock, struct node *n);
/* The same for a task that is elsewhere; if it has a limit, with a place reserved. NULL: *sent
 * says why not, which may be no error. */
struct node *mail_node(struct sched *s, struct stock *stock, struct task *t,
                       const struct record *r, enum sched_sent *sent);
/* A message for which there is no room ends, or its sender is told. */
enum sched_sent sent_to_full(struct sched *s, struct stock *stock, const struct record *r,
                             enum limit_verdict verdict);
/* All messages of a chain are dead. */
void nodes_dead(struct sched *s, struct stock *stock, struct node *n,
                enum sched_dead why);

/* A free domain needs somebody. */
void call_help(struct sched *s, struct domain *d);
bool wake_one(struct sched *s);

/* From a thread without a domain: r goes out at once. */
enum sched_sent push_record(struct sched *s, struct stock *stock, const struct record *r);

#endif
