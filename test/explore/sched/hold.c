/* test/explore/sched/hold.c: sched/hold.h. At most one thread touches a domain at a time, and
 * sees what those before it did; nobody loses it without coming to know. */
#include "sched/hold.h"

#include "test/explore/explore.h"

#include <string.h>

enum { WORKERS = 3, MINE = 1 << OWNER_SHIFT };

static hold word;
static int domain; /* plain: touched under the hold */
static int times;  /* so often, by all threads */
static struct guard guards[WORKERS];

static void begin(bool asymmetric, uint64_t holder)
{
    domain = times = 0;
    at_set(&word, holder);
    for (int i = 0; i < WORKERS; i++) {
        guards[i].asymmetric = asymmetric;
        at_set(&guards[i].up, 0);
        at_set(&guards[i].mine, MINE_NOBODY);
        at_set(&guards[i].held, MINE_NOBODY);
    }
    EXPLORE_NAME(word);
    EXPLORE_NAME(guards[0]);
    EXPLORE_NAME(guards[1]);
    EXPLORE_NAME(guards[2]);
}

static void setup_free(void)
{
    begin(true, HOLD_FREE);
}

/* Worker 0 holds it, between two steps. */
static void held_by_0(bool asymmetric)
{
    begin(asymmetric, hold_by(HOLD_FREE, 0));
    guard_claim(&guards[0], MINE);
    guard_raise(&guards[0]);
}

static void setup_held(void)
{
    held_by_0(true);
}

static void setup_held_fenced(void)
{
    held_by_0(false);
}

/* Worker 0 has lost it. */
static void setup_revoked(void)
{
    begin(true, hold_as(hold_by(HOLD_FREE, 0), HOLD_REVOKED));
}

static void touch(void)
{
    domain++;
}

/* --- taking and leaving --- */

/* Between taking and leaving the guard is not lowered: nobody else comes in. */
static void take_and_leave(uint32_t worker)
{
    if (!hold_take(&word, &guards[worker], worker, MINE))
        return;
    touch();
    hold_leave(&word, &guards[worker]);
}

static void worker_0(void)
{
    take_and_leave(0);
}

static void worker_1(void)
{
    take_and_leave(1);
}

static void worker_2(void)
{
    take_and_leave(2);
}

static void server(void)
{
    if (!hold_serve(&word))
        return;
    touch();
    hold_served(&word);
}

static void server_twice(void)
{
    server();
    server();
}

static void check_free(void)
{
    explore_assert(hold_state(hold_look(&word)) == HOLD_FREE);
    explore_assert(domain > 0);
}

EXPLORE_SCENARIO(hold, "two workers take a free domain"){
    .setup = setup_free, .threads = {worker_0, worker_1}, .check = check_free};

EXPLORE_SCENARIO(hold, "three workers take a free domain"){
    .setup = setup_free, .threads = {worker_0, worker_1, worker_2}, .check = check_free};

EXPLORE_SCENARIO(hold, "a domain is served or taken"){
    .setup = setup_free,
    .threads = {server_twice, worker_1, server},
    .check = check_free};

/* --- revoking --- */

static bool says_held_by_0(uint64_t is)
{
    return hold_state(is) == HOLD_HELD && hold_worker(is) == 0;
}

/* What a worker does around a step: the guard is down in it, and then it must look. False:
 * the domain is lost, as its word says, too, and the guard is down. */
static bool step(void)
{
    struct guard *g = &guards[0];

    guard_lower(g);
    guard_raise(g);
    if (guard_mine(g) == MINE_NOBODY && guard_held(g) == MINE_NOBODY) {
        guard_lower(g);
        explore_assert(!says_held_by_0(hold_look(&word)));
        return false;
    }
    touch();
    return true;
}

static void one_step(void)
{
    if (step())
        guard_lower(&guards[0]);
}

static void two_steps(void)
{
    if (step() && step())
        guard_lower(&guards[0]);
}

/* It wants the domain back, and may lose it again before its guard is up. */
static void step_and_regain(void)
{
    struct guard *g = &guards[0];

    if (step()) {
        guard_lower(g);
        return;
    }
    if (!hold_regain(&word, hold_look(&word), g, 0, MINE))
        return;
    guard_raise(g);
    if (guard_held(g) == MINE)
        touch();
    guard_lower(g);
}

/* It sets the domain in order for the next one. */
static void step_and_serve(void)
{
    if (step()) {
        guard_lower(&guards[0]);
    } else if (hold_serve_revoked(&word, hold_look(&word))) {
        touch();
        hold_served(&word);
    }
}

static void step_and_leave(void)
{
    if (step())
        hold_leave(&word, &guards[0]);
}

/* It was revoked between two steps: it gets it back, to leave it in order. */
static void regain_and_leave(void)
{
    struct guard *g = &guards[0];

    while (hold_regain(&word, hold_look(&word), g, 0, MINE)) {
        guard_raise(g);
        if (hold_leave(&word, g))
            return;
    }
}

/* A watcher that wants the domain for itself; nobody revokes it from him. */
static void revoke_and_seize(uint32_t worker)
{
    uint64_t is = hold_look(&word);

    if (says_held_by_0(is))
        hold_revoke(&word, is, &guards[0]);
    is = hold_look(&word);
    if (hold_worker(is) == 0 &&
        hold_seize(&word, is, &guards[0], &guards[worker], worker, MINE)) {
        touch();
        explore_assert(hold_leave(&word, &guards[worker]));
    }
}

static void watcher_1(void)
{
    revoke_and_seize(1);
}

static void watcher_2(void)
{
    revoke_and_seize(2);
}

/* One that only revokes, whoever holds it. */
static void revoker(void)
{
    uint64_t is = hold_look(&word);

    hold_revoke(&word, is, &guards[hold_worker(is)]);
}

static void seizer(void)
{
    uint64_t is = hold_look(&word);

    if (hold_worker(is) == 0 && hold_seize(&word, is, &guards[0], &guards[1], 1, MINE)) {
        touch();
        hold_leave(&word, &guards[1]);
    }
}

/* Whoever holds it has not lost it, and there is nobody else. */
static void check(void)
{
    unsigned state = hold_state(hold_look(&word));
    uint32_t holder = hold_worker(hold_look(&word));

    explore_assert(state != HOLD_SERVED && state != HOLD_REVOKING);
    for (uint32_t i = 0; i < WORKERS; i++) {
        bool holds = state == HOLD_HELD && holder == i;

        explore_assert(at_peek(&guards[i].up) == 0);
        explore_assert((at_peek(&guards[i].held) == MINE) == holds);
    }
}

EXPLORE_SCENARIO(hold, "a step is over while its domain is revoked"){
    .setup = setup_held, .threads = {one_step, watcher_1}, .check = check};

EXPLORE_SCENARIO(hold, "two steps and a revocation"){
    .setup = setup_held, .threads = {two_steps, watcher_1}, .check = check};

EXPLORE_SCENARIO(hold, "a step is over while two others want its domain"){
    .setup = setup_held, .threads = {one_step, watcher_1, watcher_2}, .check = check};

EXPLORE_SCENARIO(hold, "one revokes, another one seizes"){
    .setup = setup_held, .threads = {one_step, revoker, seizer}, .check = check};

EXPLORE_SCENARIO(hold, "the worker that lost the domain gets it back"){
    .setup = setup_held, .threads = {step_and_regain, watcher_1}, .check = check};

EXPLORE_SCENARIO(hold, "the worker that got the domain back loses it again"){
    .setup = setup_held, .threads = {step_and_regain, revoker, revoker}, .check = check};

EXPLORE_SCENARIO(hold, "the worker that lost the domain sets it in order"){
    .setup = setup_held, .threads = {step_and_serve, watcher_1}, .check = check};

EXPLORE_SCENARIO(hold, "a domain is left while it is revoked"){
    .setup = setup_held, .threads = {step_and_leave, watcher_1}, .check = check};

EXPLORE_SCENARIO(hold, "a domain is got back and left while it is revoked again"){
    .setup = setup_revoked, .threads = {regain_and_leave, watcher_1}, .check = check};

EXPLORE_SCENARIO(hold, "a domain is left, taken by another one and revoked"){
    .setup = setup_held, .threads = {step_and_leave, worker_1, revoker}, .check = check};

EXPLORE_SCENARIO(hold, "a step is over while its domain is revoked, without membarrier"){
    .setup = setup_held_fenced, .threads = {one_step, watcher_1}, .check = check};

EXPLORE_SCENARIO(hold,
                 "the worker that lost the domain gets it back, without membarrier"){
    .setup = setup_held_fenced, .threads = {step_and_regain, watcher_1}, .check = check};

EXPLORE_SCENARIO(hold, "one revokes, another one seizes, without membarrier"){
    .setup = setup_held_fenced, .threads = {one_step, revoker, seizer}, .check = check};
