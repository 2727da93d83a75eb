/* test_sm.c: aim: a table of states allows what it says and nothing else, and in debug builds
 * a move that it does not allow ends the process.
 * Method: a machine of three states; all pairs; a death. */
#include "lib/base/sm.h"

#include <signal.h>

#include <criterion/criterion.h>

TestSuite(sm, .timeout = 20);

enum { SOLID, LIQUID, GAS, STATES };

static const struct sm_state water[] = {
    [SOLID] = {"solid", SM_BIT(LIQUID)},
    [LIQUID] = {"liquid", SM_BIT(SOLID) | SM_BIT(GAS)},
    [GAS] = {"gas", SM_BIT(LIQUID)},
};

Test(sm, allows_what_is_in_its_table)
{
    static const bool allowed[STATES][STATES] = {
        {false, true, false}, {true, false, true}, {false, true, false}};

    for (unsigned from = 0; from < STATES; from++)
        for (unsigned to = 0; to < STATES; to++)
            cr_expect_eq(sm_allows(water, from, to), allowed[from][to], "%s to %s",
                         water[from].name, water[to].name);
}

Test(sm, a_check_lets_allowed_moves_pass)
{
    sm_check(water, SOLID, LIQUID);
    sm_check(water, LIQUID, GAS);
}

#ifdef WEFT_DEBUG
Test(sm, a_check_ends_the_process_at_others, .signal = SIGABRT)
{
    sm_check(water, SOLID, GAS);
}
#endif
