/* sched/adopt.h: how tasks come to a domain and leave it. Guard up, domain held, between two
 * steps. */
#ifndef WEFT_SCHED_ADOPT_H
#define WEFT_SCHED_ADOPT_H

#include "sched/domain.h"

/* A task whose token is in hand, or that came out of a deque, becomes the domain's. */
void adopt(struct domain *d, struct task *t);
/* All tasks of a deque's entry: one, or a bundle linked by its tokens. */
void adopt_entry(struct domain *d, struct task *t);

/* Something is to be done about the task that may run its code: it waits, its token in our
 * hand, on the domain's control list. If its token is out it will come, and adopt() puts it
 * there. */
void control_later(struct domain *d, struct task *t);
/* Acts on what control mail asked for, and on detached steps that are over. It may run code
 * of tasks, and so lose the domain (w->lost). */
void serve_control(struct worker *w, struct domain *d);

/* Takes the tokens of `from`, which is d itself or served by us, and acts on them. */
void take_tokens(struct worker *w, struct domain *d, struct domain *from);
/* Takes the tokens of a free domain without records; false if it needs a thread of its own
 * (it has records, or somebody has it already). */
bool serve(struct worker *w, struct domain *d, struct domain *from);

/* Nobody can find the slot any more. */
void slot_free(struct stock *stock, struct task *t);

/* The task's token and its mail, newest first, or none, leave together: its owner is
 * OWNER_PUBLIC or in transit from here on. False: its token is out, it stays. */
bool give_up(struct domain *d, struct task *t, struct node *newest, uint32_t owner);
/* Records of t that were taken out of the ring go back to its tail. */
void put_back(struct worker *w, struct domain *d, struct task *t, struct node *newest);

#endif
