/* lib/base/sm.h: state machines as tables, checked in debug builds.
 *
 * A machine is an enum of states and a table with a row for each: its name, and the states
 * that may follow. A move that the table does not allow is an impossible state. */
#ifndef WEFT_BASE_SM_H
#define WEFT_BASE_SM_H

#include "lib/base/base.h"

struct sm_state {
    const char *name;
    uint32_t next; /* bits of the states that may follow */
};

#define SM_BIT(state) ((uint32_t)1 << (state))

static inline bool sm_allows(const struct sm_state *table, unsigned from, unsigned to)
{
    return (table[from].next & SM_BIT(to)) != 0;
}

/* Before each move; `from` is not evaluated in release builds. */
#define sm_check(table, from, to) INVARIANT(sm_allows(table, from, to))

#endif
