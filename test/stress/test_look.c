/* test/stress/test_look.c: looks at actors while they begin, end and move, from threads outside
 * and from steps: what is said about a pid is about that actor and no other, and nobody is
 * disturbed. Under ThreadSanitizer: without a race. */
#include "test/support/stress_run.h"

#include <pthread.h>
#include <string.h>

#include <criterion/criterion.h>

enum { WORKERS = 2, LOOKERS = 2, MAKERS = 4, TAG_MAKE = 1, TAG_DIE };

static weft_runtime *rt;
static atomic_ulong rounds, sent, met, wrong;
static atomic_ulong resting; /* makers that make no more */
static unsigned long rounds_max;

/* --- those who come and go: two kinds, in the same slots --- */

static weft_next live(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == TAG_DIE ? weft_stop(self) : weft_stay(self);
}

struct large {
    char bytes[200];
};

static const weft_behavior kinds[] = {WEFT_STATELESS("black", live),
                                      WEFT_BEHAVIOR("white", struct large, live)};

/* Is this what it was made as? */
static void check(weft_pid pid, unsigned kind)
{
    weft_actor_info info = {.size = sizeof info};
    int error = weft_actor_read(rt, pid, &info);

    if (error == WEFT_ENOACTOR)
        return;
    if (error != 0 || strcmp(info.behavior, kinds[kind].name) != 0 ||
        info.memory != (kind == 0 ? 128u : 328u))
        atomic_fetch_add(&wrong, 1);
}

static void cast(weft_self *self, weft_pid to, uint32_t tag)
{
    atomic_fetch_add_explicit(&sent, 1, memory_order_relaxed);
    weft_cast_word(self, to, tag, 0);
}

static weft_pid last[MAKERS]; /* the maker's own; others read it by mail only */

/* One more, the last one ends: its slot is the next one's. */
static weft_next making(weft_self *self, void *state, weft_msg *msg)
{
    unsigned me = *(unsigned *)state, kind = (unsigned)weft_random(self, 2);
    weft_pid pid;

    (void)msg;
    cr_expect_eq(weft_spawn(self, &kinds[kind], NULL, &pid), 0);
    check(pid, kind);
    cast(self, last[me], TAG_DIE);
    check(pid, kind);
    last[me] = pid;
    if (atomic_fetch_add(&rounds, 1) < rounds_max)
        cast(self, weft_self_pid(self), TAG_MAKE);
    else
        atomic_fetch_add(&resting, 1);
    return weft_stay(self);
}

static const weft_behavior maker =
    WEFT_BEHAVIOR("maker", unsigned, making, .args_size = sizeof(unsigned));

/* --- those who look --- */

static bool is_known(const char *name)
{
    return strcmp(name, "black") == 0 || strcmp(name, "white") == 0 ||
           strcmp(name, "maker") == 0;
}

/* A pid's name stays, as long as it has one. */
static void look_twice(weft_pid pid)
{
    weft_actor_info first = {.size = sizeof first}, second = first;

    if (weft_actor_read(rt, pid, &first) != 0)
        return;
    atomic_fetch_add(&met, 1);
    if (!is_known(first.behavior))
        atomic_fetch_add(&wrong, 1);
    if (weft_actor_read(rt, pid, &second) == 0 && second.behavior != first.behavior)
        atomic_fetch_add(&wrong, 1);
}

static void look_at_workers(void)
{
    weft_worker_info worker = {.size = sizeof worker};
    weft_thread_info thread = {.size = sizeof thread};
    weft_behavior_info behavior = {.size = sizeof behavior};
    weft_cursor cursor = {0};

    for (uint32_t i = 0; i < WORKERS; i++)
        cr_expect_eq(weft_worker_read(rt, i, &worker), 0);
    for (uint32_t i = 0; i < WORKERS + 1; i++)
        cr_expect_eq(weft_thread_read(rt, i, &thread), 0);
    while (weft_behavior_next(rt, &cursor, &behavior))
        cr_expect(is_known(behavior.name));
}

static void *look(void *unused)
{
    (void)unused;
    do {
        weft_cursor cursor = {0};
        weft_pid pid;

        while ((pid = weft_actor_next(rt, &cursor)) != WEFT_NOBODY)
            look_twice(pid);
        look_at_workers();
    } while (atomic_load(&resting) < MAKERS);
    return NULL;
}

TestSuite(look, .timeout = 600);

Test(look, at_actors_that_come_and_go)
{
    pthread_t lookers[LOOKERS];
    weft_options options;

    weft_options_init(&options);
    options.workers = WORKERS;
    options.seed = stress_seed();
    options.sample_ns = 1;
    cr_assert_eq(weft_start(&rt, &options), 0);
    rounds_max = stress_amount(50000);
    for (unsigned i = 0; i < MAKERS; i++) {
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, &maker, &i, &pid), 0);
        atomic_fetch_add(&sent, 1);
        cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_MAKE, 0), 0);
    }
    for (int i = 0; i < LOOKERS; i++)
        cr_assert_eq(pthread_create(&lookers[i], NULL, look, NULL), 0);
    for (int i = 0; i < LOOKERS; i++)
        pthread_join(lookers[i], NULL);
    cr_expect_eq(atomic_load(&wrong), 0);
    cr_expect_gt(atomic_load(&met), 0);
    stress_finish(rt, atomic_load(&sent));
}
