/* test_names.c: names that many want, on three workers and from outside: each has one holder at a
 * time, is found while it has one, and goes free with it; who watches hears of each change once,
 * in order. One name is never given back, and has to be found all the while. */
#include "test/support/stress_run.h"
#include "test/support/unit_threads.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

enum { WORKERS = 3, CROWD = 16, NAMES = 6, READERS = 2, TAG_GO = 1, TAG_WATCH, TAG_QUIT };

static weft_runtime *rt;
static _Atomic(weft_pid) owners[NAMES];
static weft_pid fixed, watcher, crowd[CROWD];
static atomic_ulong wrong, taken, conflicts, over, watching;
static atomic_bool done;

static const char *name_of(uint64_t number)
{
    static _Thread_local char text[64];

    /* one of one word, others of more */
    snprintf(text, sizeof text, "%s%u", number % 2 == 0 ? "n" : "a name of some words ",
             (unsigned)number);
    return text;
}

#define expect(right) expect_at(right, __LINE__)

static void expect_at(bool right, int line)
{
    if (!right && atomic_fetch_add(&wrong, 1) == 0)
        fprintf(stderr, "line %d\n", line);
}

/* --- those who want names --- */

struct hand {
    uint64_t left;
    bool has[NAMES];
};

static void own(weft_self *self, struct hand *h, unsigned i)
{
    weft_pid nobody = WEFT_NOBODY;

    expect(atomic_compare_exchange_strong(&owners[i], &nobody, weft_self_pid(self)));
    expect(weft_whereis(self, name_of(i)) == weft_self_pid(self));
    h->has[i] = true;
    atomic_fetch_add(&taken, 1);
}

static void take(weft_self *self, struct hand *h, unsigned i)
{
    int error = weft_register(self, name_of(i));

    if (error == 0) {
        own(self, h, i);
    } else {
        expect(error == WEFT_ETAKEN);
        atomic_fetch_add(&conflicts, 1);
    }
}

static void disown(struct hand *h, unsigned i)
{
    atomic_store(&owners[i], WEFT_NOBODY);
    h->has[i] = false;
}

static weft_next go(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *h = state;
    unsigned i = (unsigned)weft_random(self, NAMES);

    (void)msg;
    if (!h->has[i]) {
        take(self, h, i);
    } else {
        expect(weft_register(self, name_of(i)) == 0); /* it has it */
        disown(h, i);
        expect(weft_unregister(self, name_of(i)) == 0);
    }
    expect(weft_whereis(self, "fixed") == fixed);
    if (weft_random(self, 64) == 0)
        stress_spin(WEFT_MS(2));
    if (h->left-- == 0) {
        for (i = 0; i < NAMES; i++)
            if (h->has[i])
                disown(h, i); /* and ends with them */
        atomic_fetch_add(&over, 1);
        return weft_stop(self);
    }
    weft_cast_word(self, weft_self_pid(self), TAG_GO, 0);
    return weft_stay(self);
}

static const weft_behavior hand =
    WEFT_BEHAVIOR("hand", struct hand, go, .args_size = sizeof(uint64_t));

/* --- who watches --- */

struct watching {
    weft_pid holder[NAMES];
    uint64_t events, frees;
};

static void hear(struct watching *w, const weft_name_event *event)
{
    for (unsigned i = 0; i < NAMES; i++) {
        if (strcmp(event->name, name_of(i)) != 0)
            continue;
        expect(w->holder[i] == (event->taken ? WEFT_NOBODY : event->pid));
        w->holder[i] = event->taken ? event->pid : WEFT_NOBODY;
        w->events++;
        w->frees += !event->taken;
    }
}

static weft_next watch(weft_self *self, void *state, weft_msg *msg)
{
    struct watching *w = state;
    weft_name_event event;

    if (weft_name_event_get(msg, &event)) {
        hear(w, &event);
    } else if (weft_tag(msg) == TAG_WATCH) {
        expect(weft_watch_names(self, NULL) == 1); /* the fixed one */
        atomic_store(&watching, 1);
    } else if (weft_tag(msg) == TAG_QUIT) {
        expect(w->events == 2 * atomic_load(&taken) && 2 * w->frees == w->events);
        atomic_store(&watching, 2);
    }
    return weft_stay(self);
}

static const weft_behavior watch_behavior =
    WEFT_BEHAVIOR("watch", struct watching, watch);

static const weft_behavior idle = WEFT_STATELESS("idle", watch);

/* --- who looks --- */

static void look(unsigned number)
{
    if (number == 0) {
        cr_expect(stress_until_at_least(&over, CROWD));
        atomic_store(&done, true);
        return;
    }
    while (!atomic_load(&done)) {
        weft_cursor cursor = {0};
        weft_name_info info;
        unsigned n = 0;

        expect(weft_rt_whereis(rt, "fixed") == fixed);
        (void)weft_rt_whereis(rt, name_of(number));
        while (weft_name_next(rt, &cursor, &info))
            n++;
        expect(n >= 1);
    }
}

TestSuite(names, .timeout = 600);

Test(names, have_one_holder_at_a_time)
{
    uint64_t steps = stress_amount(1500);

    rt = stress_start(WORKERS, 1, stress_seed(), NULL);
    cr_assert_eq(weft_rt_spawn_named(rt, &idle, NULL, "fixed", &fixed), 0);
    cr_assert_eq(weft_rt_spawn(rt, &watch_behavior, NULL, &watcher), 0);
    cr_assert_eq(weft_rt_cast_word(rt, watcher, TAG_WATCH, 0), 0);
    cr_assert(stress_until_at_least(&watching, 1));
    for (unsigned i = 0; i < CROWD; i++) {
        cr_assert_eq(weft_rt_spawn(rt, &hand, &steps, &crowd[i]), 0);
        cr_assert_eq(weft_rt_cast_word(rt, crowd[i], TAG_GO, 0), 0);
    }
    in_threads(1 + READERS, look);
    for (unsigned i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_await_end(rt, crowd[i], WEFT_SEC(600)), 0);
    for (unsigned i = 0; i < NAMES; i++)
        cr_expect_eq(weft_rt_whereis(rt, name_of(i)), WEFT_NOBODY);
    cr_assert_eq(weft_rt_cast_word(rt, watcher, TAG_QUIT, 0), 0);
    cr_assert(stress_until_at_least(&watching, 2));
    cr_expect_eq(weft_rt_unregister(rt, "fixed"), 0);
    cr_expect_eq(atomic_load(&wrong), 0);
    cr_expect_gt(atomic_load(&conflicts), 0);
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
}
