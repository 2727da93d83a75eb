/* test/explore/engine/depend.c: see depend.h.
 *
 * What an operation may read does not depend on when it is done, but only on what its thread
 * has seen: a load that reads an old store could have read it later as well, and a store that
 * takes its place among others could have taken it earlier. Nor has the order of seq_cst
 * operations to do with the order of the run. So most orders are no orders at all. Those that
 * are:
 *
 *   a store, and who reads it     and so whoever reads a location with whoever writes it later
 *   two read-modify-writes        only one can follow what both of them want to read
 *   membarrier                    with everything: it is a fence in all threads
 *   futex wait and wake           with each other at the same address; a wait is a load, too
 *   yield                         with all stores: they let it go on */
#include "test/explore/engine/depend.h"

static bool is_futex(enum op_kind kind)
{
    return kind == OP_WAIT || kind == OP_WAKE;
}

static bool is_rmw(enum op_kind kind)
{
    return kind == OP_RMW || kind == OP_CAS;
}

static bool may_write(enum op_kind kind)
{
    return kind == OP_STORE || is_rmw(kind);
}

/* They concern their own thread, until somebody reads what was ordered by them. */
static bool is_private(enum op_kind kind)
{
    return kind == OP_RESUME || kind == OP_CHOOSE || kind == OP_FENCE;
}

enum answer { NO, YES, ACCESSES /* of one location: it depends on what they read */ };

static enum answer dependent(const struct op *a, bool a_writes, const struct op *b,
                             bool b_writes)
{
    if (a->kind == OP_MEMBARRIER || b->kind == OP_MEMBARRIER)
        return a->kind != OP_RESUME && b->kind != OP_RESUME ? YES : NO;
    if (is_private(a->kind) || is_private(b->kind))
        return NO;
    if (a->kind == OP_YIELD || b->kind == OP_YIELD)
        return a_writes || b_writes ? YES : NO;
    if (a->location != b->location)
        return NO;
    if (is_futex(a->kind) && is_futex(b->kind))
        return YES;
    return a->kind == OP_WAKE || b->kind == OP_WAKE ? NO : ACCESSES;
}

bool depend_reversible(const struct event *earlier, const struct event *later)
{
    const struct op *a = &earlier->op, *b = &later->op;
    enum answer answer = dependent(a, earlier->wrote, b, may_write(b->kind));

    if (answer != ACCESSES)
        return answer;
    return (earlier->read != NONE && later->wrote) ||
           (earlier->wrote && is_rmw(a->kind) && is_rmw(b->kind));
}

bool depend_on(const struct event *earlier, const struct event *later)
{
    enum answer answer =
        dependent(&earlier->op, earlier->wrote, &later->op, later->wrote);

    return answer != ACCESSES ? answer : earlier->wrote && later->read == earlier->stored;
}

bool depend_stays_asleep(const struct op *waiting, const struct event *done)
{
    return dependent(waiting, may_write(waiting->kind), &done->op, done->wrote) != YES;
}
