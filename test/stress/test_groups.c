/* test_groups.c: actors that join, leave, publish, watch and end on three workers, stuck now and
 * then. Each publication has a number; who is told that it was sent to n members accounts
 * for n letters, which are handled or dead. Each watch hears joins and leavings that alternate,
 * and in the end knows who is there. Objects are destroyed once. */
#include "test/support/stress_run.h"
#include "test/support/stress_thing.h"
#include "test/support/unit_threads.h"

#include <string.h>

#include <criterion/criterion.h>

enum { WORKERS = 3, CROWD = 16, TAG_GO = 1, TAG_WATCH, TAG_SAID, TAG_REPORT };

static weft_runtime *rt;
static weft_pid crowd[CROWD], watchers[3];
static atomic_ulong wrong, published, heard, over, watching;

#define REPORT_FIELDS(F) F(struct thing, thing) F(uint64_t, fill[12])
static void report_done(void *report);
WEFT_BLOCK(report, TAG_REPORT, REPORT_FIELDS, report_done)

static void report_done(void *object)
{
    thing_end(&((struct report *)object)->thing);
}

static void expect(bool right)
{
    if (!right)
        atomic_fetch_add(&wrong, 1);
}

/* --- the crowd --- */

static const char *const scopes[] = {NULL, "a scope"};
static const char *const names[] = {"a", "b", "a group with a name of some length"};
enum { GROUPS = 6 };

static const char *scope_of(uint64_t g)
{
    return scopes[g % 2];
}

static const char *name_of(uint64_t g)
{
    return names[g / 2];
}

struct hand {
    uint64_t left;
    bool in[GROUPS];
};

static void publish(weft_self *self, uint64_t g)
{
    struct report report = {.fill = {g}};
    int n;

    if (weft_random(self, 2) == 0) {
        report.thing = thing_new();
        n = weft_publish(self, scope_of(g), name_of(g), report_msg(&report));
    } else {
        n = weft_publish(self, scope_of(g), name_of(g), weft_word_letter(TAG_SAID, g));
    }
    expect(n >= 0);
    atomic_fetch_add(&published, (unsigned long)n);
}

static void come_or_go(weft_self *self, struct hand *h, uint64_t g)
{
    if (h->in[g])
        expect(weft_leave(self, scope_of(g), name_of(g)) == 0);
    else
        expect(weft_join(self, scope_of(g), name_of(g)) == 0);
    h->in[g] = !h->in[g];
    expect(weft_leave(self, "no such scope", name_of(g)) == WEFT_ENONAME);
}

static weft_next go(weft_self *self, struct hand *h)
{
    come_or_go(self, h, weft_random(self, GROUPS));
    publish(self, weft_random(self, GROUPS));
    if (weft_random(self, 64) == 0)
        stress_spin(WEFT_MS(2));
    if (weft_random(self, 8) == 0)
        come_or_go(self, h, weft_random(self, GROUPS)); /* perhaps without a domain */
    if (h->left-- == 0) {
        atomic_fetch_add(&over, 1);
        return weft_stop(self); /* still in some */
    }
    weft_cast_word(self, weft_self_pid(self), TAG_GO, 0);
    return weft_stay(self);
}

static weft_next playing(weft_self *self, void *state, weft_msg *msg)
{
    const struct report *report = report_see(msg);

    if (weft_tag(msg) == TAG_GO)
        return go(self, state);
    expect(weft_tag(msg) == TAG_SAID || (report != NULL && thing_lives(&report->thing)));
    atomic_fetch_add(&heard, 1);
    return weft_stay(self);
}

static const weft_behavior hand =
    WEFT_BEHAVIOR("hand", struct hand, playing, .args_size = sizeof(uint64_t));

/* --- who watches: one group, a scope, all --- */

struct watching {
    uint64_t what;
    uint32_t in[GROUPS]; /* bits of the crowd */
};

static unsigned number_of(weft_pid pid)
{
    for (unsigned i = 0; i < CROWD; i++)
        if (crowd[i] == pid)
            return i;
    expect(false);
    return 0;
}

static unsigned group_of(const weft_group_event *event)
{
    for (unsigned g = 0; g < GROUPS; g++)
        if (strcmp(event->group, name_of(g)) == 0 &&
            strcmp(event->scope, scope_of(g) != NULL ? scope_of(g) : "") == 0)
            return g;
    expect(false);
    return 0;
}

static void hear(struct watching *w, const weft_group_event *event)
{
    unsigned g = group_of(event);
    uint32_t bit = 1u << number_of(event->pid);

    expect(((w->in[g] & bit) != 0) != event->joined);
    w->in[g] ^= bit;
    expect(w->what != 0 || g == 1);
    expect(w->what != 1 || g % 2 == 1);
}

static weft_next watch(weft_self *self, void *state, weft_msg *msg)
{
    struct watching *w = state;
    weft_group_event event;
    int n;

    if (weft_group_event_get(msg, &event)) {
        hear(w, &event);
    } else if (weft_tag(msg) == TAG_WATCH) {
        n = w->what == 0 ? weft_watch_group(self, scope_of(1), name_of(1), NULL, 0, NULL)
            : w->what == 1 ? weft_watch_scope(self, scope_of(1), NULL)
                           : weft_watch_groups(self, NULL);
        expect(n == 0);
        atomic_fetch_add(&watching, 1);
    } else {
        for (unsigned g = 0; g < GROUPS; g++)
            expect(w->in[g] == 0);
        atomic_fetch_add(&watching, 1);
    }
    return weft_stay(self);
}

static const weft_behavior watch_behavior =
    WEFT_BEHAVIOR("watch", struct watching, watch, .args_size = sizeof(uint64_t));

/* One who watches again and again, all that there is at the moment. */
struct fickle {
    weft_watch watch;
};

static weft_next flicker(weft_self *self, void *state, weft_msg *msg)
{
    struct fickle *f = state;
    weft_group_event event;

    if (weft_group_event_get(msg, &event)) {
        expect(event.watch == f->watch);
        return weft_stay(self);
    }
    if (f->watch != 0)
        expect(weft_unwatch(self, f->watch) == 0);
    expect(weft_watch_groups(self, &f->watch) >= 0);
    if (atomic_load(&over) < CROWD)
        weft_cast_after(self, weft_self_pid(self), weft_signal(TAG_GO), WEFT_US(200),
                        NULL);
    return weft_stay(self);
}

static const weft_behavior fickle = WEFT_BEHAVIOR("fickle", struct fickle, flicker);

TestSuite(groups, .timeout = 600);

Test(groups, are_what_their_watchers_hear)
{
    uint64_t steps = stress_amount(600);
    weft_stats stats;
    weft_pid pid;

    rt = stress_start(WORKERS, 1, stress_seed(), NULL);
    for (uint64_t i = 0; i < 3; i++) {
        cr_assert_eq(weft_rt_spawn(rt, &watch_behavior, &i, &watchers[i]), 0);
        cr_assert_eq(weft_rt_cast_word(rt, watchers[i], TAG_WATCH, 0), 0);
    }
    cr_assert(stress_until_at_least(&watching, 3));
    for (unsigned i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_spawn(rt, &hand, &steps, &crowd[i]), 0);
    cr_assert_eq(weft_rt_spawn(rt, &fickle, NULL, &pid), 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_GO, 0), 0);
    for (unsigned i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_cast_word(rt, crowd[i], TAG_GO, 0), 0);
    for (unsigned i = 0; i < CROWD; i++)
        cr_assert_eq(weft_rt_await_end(rt, crowd[i], WEFT_SEC(600)), 0);
    for (unsigned g = 0; g < GROUPS; g++)
        cr_expect_eq(weft_rt_members(rt, scope_of(g), name_of(g), NULL, 0), 0);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(weft_rt_cast_word(rt, watchers[i], TAG_GO, 0), 0);
    cr_assert(stress_until_at_least(&watching, 6));
    cr_expect_eq(atomic_load(&wrong), 0);
    cr_expect_gt(atomic_load(&heard), 0);
    weft_stats_read(rt, &stats);
    cr_expect_eq(atomic_load(&published), atomic_load(&heard) + stress_dead(&stats));
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    thing_check();
}
