/* test_hold.c: aim: a domain changes hands exactly as the picture in hold.h says.
 * Method: every state against every operation, with and without membarrier: allowed or
 * refused, the word that follows, and both guards; then threads that take, leave and revoke a
 * domain around a plain counter, which is wrong (and a race) if two are ever inside. */
#include "sched/hold.h"
#include "test/support/unit_threads.h"

#include <string.h>

#include <criterion/criterion.h>

TestSuite(hold, .timeout = 60);

enum { OLD_WORKER = HOLD_WORKERS - 1, NEW_WORKER = 3, STATES = HOLD_REVOKED + 1 };
#define EPOCH     ((uint64_t)0xfffffffffffe << 16) /* the last but one */
#define MINE      ((uint32_t)5 << OWNER_SHIFT)
#define OLD_STATE ((uint64_t)OLD_WORKER << HOLD_WORKER_SHIFT)

static struct guard theirs, ours;

static void guard_reset(struct guard *g, bool asymmetric, uint32_t held)
{
    memset((void *)g, 0, sizeof *g);
    g->asymmetric = asymmetric;
    guard_claim(g, held);
}

/* A word in this state, held by or taken from theirs, epochs before the counter's wrap. */
static uint64_t begin(hold *h, unsigned state, bool asymmetric)
{
    uint64_t word = EPOCH | OLD_STATE | state;

    at_set(h, word); /* relaxed: alone here */
    guard_reset(&theirs, asymmetric, state == HOLD_HELD ? MINE : MINE_NOBODY);
    guard_reset(&ours, asymmetric, MINE_NOBODY);
    return word;
}

static void expect_word(hold *h, unsigned state, uint32_t worker, uint64_t epoch)
{
    uint64_t word = hold_look(h);

    cr_expect_eq(hold_state(word), state);
    cr_expect_eq(hold_worker(word), worker);
    cr_expect_eq(word >> 16 << 16, epoch);
}

static void expect_guard(struct guard *g, bool up, uint32_t held)
{
    cr_expect_eq(at_peek(&g->up), up); /* relaxed, all: alone here */
    cr_expect_eq(at_peek(&g->held), held);
    cr_expect_eq(at_peek(&g->mine), g->asymmetric ? held : MINE_NOBODY);
}

/* --- operations: each tries its transition from the word that is there --- */

static bool take(hold *h)
{
    return hold_take(h, &ours, NEW_WORKER, MINE);
}

static bool leave(hold *h)
{
    guard_raise(&theirs);
    return hold_leave(h, &theirs);
}

static bool serve(hold *h)
{
    return hold_serve(h);
}

static bool serve_revoked(hold *h)
{
    return hold_serve_revoked(h, hold_look(h));
}

static bool revoke(hold *h)
{
    return hold_revoke(h, hold_look(h), &theirs);
}

static bool seize(hold *h)
{
    return hold_seize(h, hold_look(h), &theirs, &ours, NEW_WORKER, MINE);
}

static bool regain(hold *h)
{
    return hold_regain(h, hold_look(h), &theirs, OLD_WORKER, MINE);
}

static const struct operation {
    const char *name;
    bool (*try)(hold *h);
    unsigned from, to;       /* allowed from this state alone */
    bool taken;              /* it makes somebody the holder: a new epoch */
    bool ours_up, theirs_up; /* guards after it was allowed */
    bool ours_hold, theirs_hold;
} operations[] = {
    {"take", take, HOLD_FREE, HOLD_HELD, true, true, false, true, false},
    {"leave", leave, HOLD_HELD, HOLD_FREE, false, false, false, false, false},
    {"serve", serve, HOLD_FREE, HOLD_SERVED, false, false, false, false, false},
    {"serve_revoked", serve_revoked, HOLD_REVOKED, HOLD_SERVED, false, false, false,
     false, false},
    {"revoke", revoke, HOLD_HELD, HOLD_REVOKED, false, false, false, false, false},
    {"seize", seize, HOLD_REVOKED, HOLD_HELD, true, true, false, true, false},
    {"regain", regain, HOLD_REVOKED, HOLD_HELD, true, false, false, false, true},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static void try_operation(const struct operation *o, unsigned state, bool asymmetric)
{
    bool allowed = state == o->from;
    hold h;
    uint64_t before = begin(&h, state, asymmetric);
    bool keeps = state == HOLD_HELD && o->try != leave;

    cr_expect_eq(o->try(&h), allowed, "%s in state %u", o->name, state);
    if (!allowed) {
        cr_expect_eq(hold_look(&h), before, "%s in state %u", o->name, state);
        expect_guard(&ours, false, MINE_NOBODY);
        expect_guard(&theirs, false, keeps ? MINE : MINE_NOBODY);
        return;
    }
    expect_word(&h, o->to, o->ours_hold ? NEW_WORKER : OLD_WORKER,
                o->taken ? EPOCH + HOLD_EPOCH : EPOCH);
    expect_guard(&ours, o->ours_up, o->ours_hold ? MINE : MINE_NOBODY);
    expect_guard(&theirs, o->theirs_up, o->theirs_hold ? MINE : MINE_NOBODY);
}

Test(hold, every_operation_in_every_state_is_allowed_or_refused)
{
    for (int o = 0; o < OPERATIONS; o++)
        for (unsigned state = HOLD_FREE; state < STATES; state++)
            try_operation(&operations[o], state, false);
}

Test(hold, with_membarrier_it_is_the_same)
{
    if (!hold_asymmetric())
        cr_skip_test("no membarrier here");
    for (int o = 0; o < OPERATIONS; o++)
        for (unsigned state = HOLD_FREE; state < STATES; state++)
            try_operation(&operations[o], state, true);
}

Test(hold, what_was_served_is_free_again)
{
    hold h;

    begin(&h, HOLD_SERVED, false);
    hold_served(&h);
    expect_word(&h, HOLD_FREE, OLD_WORKER, EPOCH);
}

/* --- what else an operation depends on --- */

Test(hold, nothing_is_seized_under_a_raised_guard)
{
    hold h;

    begin(&h, HOLD_REVOKED, false);
    guard_raise(&theirs);
    cr_expect_not(seize(&h));
    expect_word(&h, HOLD_REVOKED, OLD_WORKER, EPOCH);
    guard_lower(&theirs);
    cr_expect(seize(&h));
}

/* Somebody else had it in between: the word that was read is not the word that is there. */
Test(hold, an_old_look_is_no_use)
{
    hold h;
    uint64_t held, revoked;

    held = begin(&h, HOLD_HELD, false);
    cr_assert(leave(&h));
    cr_assert(take(&h));
    cr_expect_not(hold_revoke(&h, held, &theirs));
    revoked = hold_as(held, HOLD_REVOKED);
    cr_expect_not(hold_seize(&h, revoked, &theirs, &theirs, OLD_WORKER, MINE));
    cr_expect_not(hold_regain(&h, revoked, &theirs, OLD_WORKER, MINE));
    cr_expect_not(hold_serve_revoked(&h, revoked));
    expect_word(&h, HOLD_HELD, NEW_WORKER, EPOCH + HOLD_EPOCH);
    expect_guard(&theirs, false, MINE_NOBODY);
    expect_guard(&ours, true, MINE);
}

Test(hold, the_epoch_wraps_without_touching_the_rest)
{
    uint64_t last = ~(HOLD_EPOCH - 1) | OLD_STATE | HOLD_REVOKED;

    cr_expect_eq(hold_by(last, 0), HOLD_HELD);
    cr_expect_eq(hold_by(0, OLD_WORKER), HOLD_EPOCH | OLD_STATE | HOLD_HELD);
}

Test(hold, a_word_keeps_states_and_workers_apart)
{
    for (unsigned state = HOLD_FREE; state < STATES; state++) {
        uint64_t word = hold_as(~(uint64_t)0, state);

        cr_expect_eq(hold_state(word), state);
        cr_expect_eq(hold_worker(word), HOLD_WORKERS - 1);
        cr_expect_eq(hold_worker(hold_as(0, state)), 0);
    }
}

/* --- guards --- */

Test(hold, a_guard_goes_up_and_down)
{
    guard_reset(&ours, false, MINE);
    guard_raise(&ours);
    expect_guard(&ours, true, MINE);
    guard_lower(&ours);
    expect_guard(&ours, false, MINE);
}

Test(hold, without_membarrier_fast_paths_see_nobody)
{
    guard_reset(&ours, false, MINE);
    guard_raise(&ours);
    cr_expect_eq(guard_mine(&ours), MINE_NOBODY);
    cr_expect_eq(guard_held(&ours), MINE);
    guard_reset(&ours, true, MINE);
    guard_raise(&ours);
    cr_expect_eq(guard_mine(&ours), MINE);
    cr_expect_eq(guard_held(&ours), MINE);
}

Test(hold, nobody_is_no_domain)
{
    cr_expect_eq(MINE_NOBODY, OWNER_MASK);
    cr_expect_neq(MINE_NOBODY, (uint32_t)255 << OWNER_SHIFT);
}

/* --- threads --- */

enum { ROUNDS = 3000, CONTENDERS = 3 };

static hold shared;
static struct guard guards[CONTENDERS];
static uint64_t inside; /* plain: whoever may touch the domain may count */
static uint64_t counted[CONTENDERS];

/* A holder counts with its guard up as long as it is the holder, then leaves or has lost. */
static void hold_and_count(unsigned number)
{
    struct guard *g = &guards[number];

    for (int i = 0; i < 50 && guard_held(g) != MINE_NOBODY; i++) {
        inside++;
        counted[number]++;
        guard_lower(g);
        guard_raise(g);
    }
    hold_leave(&shared, g);
}

/* The guard that belongs to a word is that of the worker in the same word. */
static struct guard *guard_of(uint64_t is)
{
    return &guards[hold_worker(is)];
}

static void contend(unsigned number)
{
    struct guard *g = &guards[number];

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t is = hold_look(&shared);

        if (hold_state(is) == HOLD_HELD && round % 4 == 0)
            hold_revoke(&shared, is, guard_of(is));
        is = hold_look(&shared);
        if (hold_seize(&shared, is, guard_of(is), g, number, MINE) ||
            hold_take(&shared, g, number, MINE))
            hold_and_count(number);
    }
}

static void one_at_a_time(bool asymmetric)
{
    at_set(&shared, 0); /* relaxed: alone still */
    for (int i = 0; i < CONTENDERS; i++)
        guard_reset(&guards[i], asymmetric, MINE_NOBODY);
    in_threads(CONTENDERS, contend);
    for (int i = 0; i < CONTENDERS; i++)
        inside -= counted[i];
    cr_expect_eq(inside, 0);
    cr_expect_gt(counted[0] + counted[1] + counted[2], 0);
}

Test(hold, one_thread_at_a_time_is_inside)
{
    one_at_a_time(false);
}

Test(hold, one_thread_at_a_time_is_inside_with_membarrier)
{
    if (!hold_asymmetric())
        cr_skip_test("no membarrier here");
    one_at_a_time(true);
}
