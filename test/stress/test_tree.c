/* test_tree.c: aim: the tree of supervisors stays whole, whatever happens in it at the same time:
 * actors that spawn, end, fail, are killed, given up, stuck in a step or waiting, on three workers
 * with relief.
 *
 * Each actor has a number, under which its end is counted, by on_exit, and what its supervisor
 * hears of it. The laws: everybody ends once, and nobody before a child of his; a supervisor hears
 * of a beginning and of an end at most once, in this order, and of each end if it lives through to
 * the last; and a runtime that was asked to stop does, with nobody left. */
#include "test/support/stress_run.h"

#include <string.h>

#include <criterion/criterion.h>

TestSuite(tree, .timeout = 120);

enum { NUMBERS = 1 << 20, BROOD = 6, DEPTH = 40, KINDS = 5 };
enum {
    TAG_GROW = 1,
    TAG_END,
    TAG_FAIL,
    TAG_STOP_CHILD,
    TAG_KILL_CHILD,
    TAG_RELEASE,
    TAG_SPIN,
    TAG_AWAIT,
    TAG_ASKED,
    TAG_KINDS
};

struct number {
    _Atomic(weft_pid) pid;
    atomic_uint supervisor; /* its number; 0: none */
    atomic_uchar ends, begun, heard;
};

static struct number *numbers;
static atomic_uint used; /* numbers given out; 0 is nobody's */
static atomic_ulong wrong, heard, roots;

static void law(bool holds)
{
    if (!holds)
        atomic_fetch_add(&wrong, 1);
}

/* --- ends --- */

/* By pid: the pid's slot is looked up in a table that its own init fills. */
static _Atomic(uint32_t) number_at[1 << 20]; /* by a pid's index, as long as it lives */

static unsigned slot(weft_pid pid)
{
    return (unsigned)(pid & ((1 << 20) - 1));
}

static void on_exit_count(void *context, weft_pid pid, const weft_reason *reason)
{
    unsigned who = atomic_load(&number_at[slot(pid)]);
    struct number *n = &numbers[who];
    unsigned above;

    (void)context, (void)reason;
    if (who == 0 || atomic_load(&n->pid) != pid) /* killed before its init */
        return;
    above = atomic_load(&n->supervisor);
    law(atomic_fetch_add(&n->ends, 1) == 0);
    law(above == 0 || atomic_load(&numbers[above].ends) == 0);
}

/* --- actors --- */

struct member {
    unsigned number, depth, kind;
    uint64_t random;
    weft_pid child[BROOD];
};

static const weft_behavior *const kinds[KINDS];

struct birth {
    unsigned supervisor, depth, kind;
    uint64_t random;
};

static weft_next birth(weft_self *self, void *state, const void *args)
{
    const struct birth *b = args;
    struct member *m = state;
    unsigned who = atomic_fetch_add(&used, 1);
    struct number *n = &numbers[who];

    law(who < NUMBERS);
    *m = (struct member){who, b->depth, b->kind, b->random + who, {0}};
    atomic_store(&n->supervisor, b->supervisor);
    atomic_store(&n->pid, weft_self_pid(self));
    atomic_store(&number_at[slot(weft_self_pid(self))], who);
    return stress_random(&m->random, 50) == 0 ? weft_fail(self, 1, "stillborn")
                                              : weft_stay(self);
}

static void grow(weft_self *self, struct member *m, uint64_t word)
{
    struct birth b = {m->number, m->depth + 1, (unsigned)(word % KINDS), word};
    int i = (int)stress_random(&m->random, BROOD);

    if (m->depth < DEPTH && atomic_load(&used) < NUMBERS - 1024)
        weft_spawn_child(self, kinds[b.kind], &b, &m->child[i]);
}

static weft_next answered(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    struct member *m = state;
    weft_pid some = m->child[stress_random(&m->random, BROOD)];

    switch (weft_tag(msg)) {
    case TAG_GROW:
        for (int i = 0; i < 3; i++)
            grow(self, m, weft_word(msg) + (uint64_t)i);
        break;
    case TAG_END:
        return weft_stop(self);
    case TAG_FAIL:
        return weft_fail(self, 2, "as told");
    case TAG_STOP_CHILD:
        weft_stop_child(self, some);
        break;
    case TAG_KILL_CHILD:
        weft_kill_child(self, some);
        break;
    case TAG_RELEASE:
        /* Its number's supervisor is struck off first, or it might end in between. */
        if (some != WEFT_NOBODY &&
            atomic_load(&numbers[atomic_load(&number_at[slot(some)])].pid) == some) {
            struct number *n = &numbers[atomic_load(&number_at[slot(some)])];
            unsigned above = m->number;

            if (atomic_compare_exchange_strong(&n->supervisor, &above, 0) &&
                weft_release(self, some) != 0)
                atomic_store(&n->supervisor, m->number);
        }
        break;
    case TAG_SPIN:
        stress_spin(WEFT_MS(3));
        break;
    case TAG_AWAIT:
        return weft_await_word(self, some, TAG_ASKED, 0, WEFT_MS(2), answered);
    default:
        break;
    }
    return weft_stay(self);
}

static void closing(weft_self *self, void *state, const weft_reason *reason)
{
    struct member *m = state;

    (void)reason;
    law(weft_children(self, NULL, 0) == 0);
    if (stress_random(&m->random, 200) == 0)
        stress_spin(WEFT_MS(3));
}

static weft_next hearing(weft_self *self, void *state, weft_child_event *event)
{
    struct member *m = state;
    unsigned who = atomic_load(&number_at[slot(event->pid)]);
    struct number *n = &numbers[who];

    if (who == 0 || atomic_load(&n->pid) != event->pid)
        return weft_stay(self);
    law(atomic_load(&n->supervisor) == m->number);
    if (event->change == WEFT_CHILD_STARTED) {
        law(atomic_fetch_add(&n->begun, 1) == 0 && atomic_load(&n->heard) == 0);
        return weft_stay(self);
    }
    atomic_fetch_add(&heard, 1);
    law(atomic_fetch_add(&n->heard, 1) == 0 && atomic_load(&n->ends) == 1);
    if (event->state != NULL)
        law(((const struct member *)event->state)->number == who);
    if (stress_random(&m->random, 20) == 0)
        return weft_fail(self, 3, "cannot bear it");
    if (event->change == WEFT_CHILD_FAILED && stress_random(&m->random, 2) == 0)
        grow(self, m, m->random);
    return weft_stay(self);
}

static _Atomic(long) states; /* begun and not destroyed */

static weft_next birth_counted(weft_self *self, void *state, const void *args)
{
    atomic_fetch_add(&states, 1);
    return birth(self, state, args);
}

static void destroy_counted(void *state)
{
    (void)state;
    atomic_fetch_sub(&states, 1);
}

#define MEMBER(...)                                                              \
    WEFT_BEHAVIOR("member", struct member, living, .init = birth_counted,        \
                  .destroy = destroy_counted, .args_size = sizeof(struct birth), \
                  __VA_ARGS__)

static const weft_behavior deaf = MEMBER(.stop = NULL),
                           stopping = MEMBER(.stop = closing),
                           hearer = MEMBER(.child = hearing),
                           heir = MEMBER(.child = hearing, .inherits = true,
                                         .stop = closing),
                           hasty =
                               MEMBER(.child = hearing, .shutdown_ns = WEFT_KILL_AT_ONCE);
static const weft_behavior *const kinds[KINDS] = {&deaf, &stopping, &hearer, &heir,
                                                  &hasty};

/* --- what happens to them --- */

static void disturb(weft_runtime *rt, uint64_t *random)
{
    static const uint32_t tags[] = {TAG_GROW,       TAG_GROW,    TAG_GROW, TAG_GROW,
                                    TAG_GROW,       TAG_GROW,    TAG_END,  TAG_STOP_CHILD,
                                    TAG_KILL_CHILD, TAG_RELEASE, TAG_AWAIT};
    unsigned n = atomic_load(&used);
    struct number *who = &numbers[n > 1 ? 1 + stress_random(random, n - 1) : 0];
    weft_pid pid = atomic_load(&who->pid);
    struct birth b = {0, 0, (unsigned)stress_random(random, KINDS), *random};
    uint32_t tag = tags[stress_random(random, sizeof tags / sizeof tags[0])];

    if (atomic_load(&used) >= NUMBERS - 1024)
        return;
    switch (stress_random(random, 64)) {
    case 0:
        atomic_fetch_add(&roots, 1);
        cr_assert_eq(weft_rt_spawn(rt, kinds[b.kind], &b, NULL), 0);
        break;
    case 1:
        weft_rt_kill_actor(rt, pid);
        break;
    case 2:
        weft_rt_stop_actor(rt, pid);
        break;
    case 3:
        weft_rt_drain_actor(rt, pid);
        break;
    case 4:
        weft_rt_cast_word(rt, pid, TAG_FAIL, 0);
        break;
    case 5:
        if (stress_random(random, 16) == 0)
            weft_rt_cast_word(rt, pid, TAG_SPIN, 0);
        break;
    default:
        weft_rt_cast_word(rt, pid, tag, *random);
    }
}

/* So that mail does not pile up: what was sent before the beat has had a turn, more or less. */
static atomic_ulong beats;

static weft_next beating(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    atomic_fetch_add(&beats, 1);
    return weft_stay(self);
}

static const weft_behavior metronome = WEFT_STATELESS("metronome", beating);

static void disturb_many(weft_runtime *rt, uint64_t *random, uint64_t times)
{
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(rt, &metronome, NULL, &pid), 0);
    for (uint64_t i = 0; i < times; i++) {
        unsigned long beat = atomic_load(&beats);

        for (int k = 0; k < 100; k++)
            disturb(rt, random);
        weft_rt_cast_word(rt, pid, 1, 0);
        cr_assert(stress_until_at_least(&beats, beat + 1));
    }
}

static void live(unsigned workers, unsigned relief, uint64_t times)
{
    uint64_t random = stress_seed();
    weft_options options;
    weft_runtime *rt;
    weft_stats stats;

    numbers = calloc(NUMBERS, sizeof *numbers);
    memset(number_at, 0, sizeof number_at);
    atomic_store(&used, 1);
    atomic_store(&wrong, 0);
    weft_options_init(&options);
    options.workers = workers;
    options.relief = relief;
    options.actors_max = 500000;
    options.seed = random;
    options.on_exit = on_exit_count;
    cr_assert_eq(weft_start(&rt, &options), 0);
    disturb_many(rt, &random, times);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    weft_stats_read(rt, &stats);
    cr_expect_eq(stats.spawned, stats.ended);
    cr_expect_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    cr_expect_eq(atomic_load(&wrong), 0, "%lu wrong", atomic_load(&wrong));
    cr_expect_gt(atomic_load(&heard), 0);
    cr_expect_eq(atomic_load(&states), 0, "%ld states", atomic_load(&states));
    for (unsigned i = 1; i < atomic_load(&used); i++)
        cr_expect_eq(atomic_load(&numbers[i].ends), 1);
    free(numbers);
}

Test(tree, stays_whole_on_one_worker)
{
    live(1, WEFT_NO_RELIEF, stress_amount(400));
}

Test(tree, stays_whole_on_three_workers)
{
    live(3, 1, stress_amount(400));
}

/* --- large trees --- */

static atomic_ulong made, ended;
static unsigned long wanted;

static void on_exit_end(void *context, weft_pid pid, const weft_reason *reason)
{
    (void)context, (void)pid, (void)reason;
    atomic_fetch_add(&ended, 1);
}

static weft_next resting(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static const weft_behavior rung, rest = WEFT_STATELESS("rest", resting);

static weft_next rung_init(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    if (atomic_fetch_add(&made, 1) + 1 < wanted)
        weft_spawn_child(self, &rung, NULL, NULL);
    return weft_stay(self);
}

static void rung_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)state, (void)reason;
    law(weft_children(self, NULL, 0) == 0);
}

static const weft_behavior rung = WEFT_STATELESS(
    "rung", resting, .init = rung_init, .stop = rung_stop, .shutdown_ns = WEFT_FOREVER);

static weft_next broad_init(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    while (atomic_fetch_add(&made, 1) + 1 < wanted)
        weft_spawn_child(self, &rest, NULL, NULL);
    return weft_stay(self);
}

static const weft_behavior broad = WEFT_STATELESS("broad", resting, .init = broad_init);

static void live_large(unsigned workers, const weft_behavior *root, unsigned long n,
                       bool kill)
{
    weft_options options;
    weft_runtime *rt;
    weft_pid pid;

    wanted = n;
    atomic_store(&made, 0);
    atomic_store(&ended, 0);
    atomic_store(&wrong, 0);
    weft_options_init(&options);
    options.workers = workers;
    options.on_exit = on_exit_end;
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_assert_eq(weft_rt_spawn(rt, root, NULL, &pid), 0);
    cr_assert(stress_until_at_least(&made, n));
    cr_assert_eq(weft_rt_await_start(rt, pid, WEFT_FOREVER), 0);
    cr_assert_eq(kill ? weft_rt_kill_actor(rt, pid) : weft_rt_stop_actor(rt, pid), 0);
    cr_expect_eq(weft_rt_await_end(rt, pid, STRESS_DEADLINE), 0);
    cr_expect_eq(atomic_load(&ended), n, "%lu ended", atomic_load(&ended));
    cr_expect_eq(atomic_load(&wrong), 0);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
}

Test(tree, a_chain_a_hundred_thousand_deep_ends)
{
    live_large(1, &rung, 100000, false);
    live_large(3, &rung, 100000, true);
}

Test(tree, a_supervisor_of_very_many_ends)
{
    live_large(1, &broad, stress_amount(40000), true);
    live_large(3, &broad, stress_amount(40000), false);
}
