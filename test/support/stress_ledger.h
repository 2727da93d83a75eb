/* test/support/stress_ledger.h: who was born, and who has ended for which reason. A runtime
 * keeps its ends there (weft_options.on_exit); whoever makes actors keeps their births. */
#ifndef WEFT_TEST_STRESS_LEDGER_H
#define WEFT_TEST_STRESS_LEDGER_H

#include <stdatomic.h>
#include <weft.h>

struct ledger_birth {
    weft_pid pid;
    uint32_t ticket; /* the test's own */
};

struct ledger_end {
    weft_pid pid;
    weft_reason reason;
};

struct ledger {
    struct ledger_birth *births;
    struct ledger_end *ends;
    size_t size;
    atomic_ulong born, ended;
};

void ledger_init(struct ledger *ledger, size_t size);
void ledger_done(struct ledger *ledger);

/* Any thread. */
void ledger_add(struct ledger *ledger, weft_pid pid, uint32_t ticket);
void ledger_on_exit(void *ledger, weft_pid pid, const weft_reason *reason);

/* When nobody writes any more: checks that each pid was born once, and has ended once.
 * births[i] and ends[i] belong together after it. */
void ledger_check(struct ledger *ledger);

#endif
