/* test/support/fault_play.h: a small program that is played again and again: once to see how many
 * times it asks for memory, then with the first, the second, the third ... of these calls refused,
 * and those that follow up to a number. Whatever is refused: the runtime starts or says
 * WEFT_ENOMEM, and at the end everything was released, once. One play at a time. */
#ifndef WEFT_TEST_FAULT_PLAY_H
#define WEFT_TEST_FAULT_PLAY_H

#include "test/support/stress_ledger.h"

struct fault_play {
    unsigned workers;
    unsigned long least; /* it asks so often for memory, or it shows nothing */
    unsigned long most;  /* about so many plays; 0: one for each call */
    bool ledger;         /* who is born is in fault_ledger, who ends gets there */
    void (*options)(weft_options *); /* NULL: those of fault_play.c */
    void (*begin)(
        unsigned long after); /* the test's own numbers; so many calls are not refused
                                           yet; may be NULL */
    void (*run)(weft_runtime *);
    /* What is to be done before the runtime is finished, with memory again; NULL: all are
     * stopped, and what was sent (fault_sent) is accounted for. */
    void (*end)(weft_runtime *);
    void (*check)(
        bool whole); /* behind it all; whole: nothing was refused; may be NULL */
};

extern struct ledger fault_ledger;
extern atomic_ulong fault_sent;

/* In a play: nothing is refused any more. */
void fault_relent(void);

/* All plays, each with n calls in a row refused. */
void fault_each(const struct fault_play *play, unsigned long n);

#endif
