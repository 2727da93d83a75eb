/* sched/solo.h: a task with a thread of its own.
 *
 * A solo is a domain that one thread holds from beginning to end, with one task in it. It is
 * a domain like others to who sends: mail goes to the task's inbox, a token to the domain. But
 * nobody borrows, serves, revokes, absorbs or steals from it: its number lies behind those of
 * the domains that workers look at, and its thread looks at no other. So its task may block in
 * a step, and always runs on the same thread. Tasks that it makes live elsewhere.
 *
 * The thread is started for the task and ends with it; the domain, with its memory and
 * counters, is kept for the next one.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   SO1 solo:  store release, load acquire -> SO1: who knows a solo's number finds it whole
 *   SO3 settle: store release, load acquire -> SO3: who is told of the task finds its inbox open
 *   SO2 again: recheck: the look for tokens and the end, behind PK2
 * Relaxed: that look (who posts or ends rings after it, and PK4 and PK2 order the two); vacant
 * as its thread sees it (its own) and who opens the solo again (who joins the thread then). */
#ifndef WEFT_SCHED_SOLO_H
#define WEFT_SCHED_SOLO_H

#include "sched/domain.h"

struct solo {
    struct domain domain;
    struct worker worker;
    bool taken; /* by who is opening it; behind the lock, like the other two */
    bool started;
    pthread_t thread;
    uint64_t watcher;         /* is told when the task has nothing to do; or 0 */
    uint64_t turns, reported; /* handled before this task, and at the last report */
    _Atomic(uint64_t) tenant; /* the task's id; 0: not there yet */
};

bool solos_init(struct sched *s);
/* Waits for their threads: their tasks are over. */
void solos_join(struct sched *s);
void solos_free(struct sched *s);

/* By number, from 0 to n_solos - 1; NULL if it was never wanted. */
struct solo *solo_at(const struct sched *s, uint32_t number);

/* Nothing to do: sleeps until there is. False: the task is over and the domain left. */
bool solo_idle(struct worker *w, struct domain *d);
/* The task lives there: its inbox is open. */
void solo_settle(struct sched *s, const struct task *t);
/* Its thread is to look at its tokens. */
void solo_wake(struct sched *s, struct domain *d);

/* A domain by its number, a solo's too. */
static inline struct domain *domain_at(struct sched *s, uint32_t id)
{
    return id < s->n_domains ? &s->domains[id] : &solo_at(s, id - s->n_domains)->domain;
}

#endif
