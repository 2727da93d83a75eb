/* test_group.c: aim: who watches groups and names knows at rest who is there; what is published is
 * handled or dead; timers keep order and are never early; whatever is killed and delayed.
 * Method: actors that join, leave, register, publish and sleep at random, and are killed; a watcher
 * that is not. */
#include "test/support/sim_seeds.h"

TestSuite(sim_group, .timeout = 900);

enum { HANDS = 6, STEPS = 25, GROUPS = 3, TAG_GO = 1, TAG_SAID, TAG_BEGIN };

struct hand {
    uint64_t left;
    uint64_t due; /* when it is to go on */
};

/* The watcher's. */
static weft_pid members[GROUPS][HANDS], holder;
static uint64_t ended, wrong, published, heard;

static const char *const scopes[GROUPS] = {NULL, "east", "east"};
static const char *const names[GROUPS] = {"one", "one", "two"};

static void expect(bool right)
{
    wrong += !right;
}

/* --- hands --- */

static int sleep_on(weft_self *self, struct hand *h)
{
    uint64_t ns = weft_random(self, WEFT_MS(20));

    h->due = weft_now(self) + ns;
    return weft_cast_after(self, weft_self_pid(self), weft_word_letter(TAG_GO, h->due),
                           ns, NULL);
}

static void play(weft_self *self, struct hand *h)
{
    uint64_t g = weft_random(self, GROUPS);

    switch (weft_random(self, 6)) {
    case 0:
    case 1:
        expect(weft_join(self, scopes[g], names[g]) == 0);
        break;
    case 2:
        (void)weft_leave(self, scopes[g], names[g]);
        break;
    case 3:
        if (weft_register(self, "the one") == 0)
            expect(weft_whereis(self, "the one") == weft_self_pid(self));
        break;
    case 4:
        (void)weft_unregister(self, "the one");
        break;
    default:
        published += (uint64_t)weft_publish(self, scopes[g], names[g],
                                            weft_word_letter(TAG_SAID, h->left));
    }
}

static weft_next playing(weft_self *self, void *state, weft_msg *msg)
{
    struct hand *h = state;

    if (weft_tag(msg) == TAG_SAID) {
        heard++;
        return weft_stay(self);
    }
    if (weft_tag(msg) == TAG_GO && weft_word(msg) != 0)
        expect(weft_word(msg) == h->due && weft_now(self) >= h->due);
    if (h->left-- == 0)
        return weft_stop(self);
    play(self, h);
    return sleep_on(self, h) < 0 ? weft_fail(self, 1, "no timer") : weft_stay(self);
}

static void hand_over(void *state)
{
    (void)state;
    ended++;
}

static const weft_behavior hand = WEFT_BEHAVIOR(
    "hand", struct hand, playing, .destroy = hand_over, .args_size = sizeof(uint64_t));

/* --- the watcher --- */

static unsigned group_of(const weft_group_event *event)
{
    for (unsigned g = 0; g < GROUPS; g++)
        if (strcmp(event->group, names[g]) == 0 &&
            strcmp(event->scope, scopes[g] != NULL ? scopes[g] : "") == 0)
            return g;
    expect(false);
    return 0;
}

/* It puts them in, or takes them out, wherever there is room. */
static void change(weft_pid *place, bool comes, weft_pid pid)
{
    for (unsigned i = 0; i < HANDS; i++) {
        expect(!comes || place[i] != pid); /* never twice */
        if (place[i] == (comes ? WEFT_NOBODY : pid)) {
            place[i] = comes ? pid : WEFT_NOBODY;
            return;
        }
    }
    expect(false);
}

static weft_next watching(weft_self *self, void *state, weft_msg *msg)
{
    weft_group_event group;
    weft_name_event name;

    (void)state;
    if (weft_group_event_get(msg, &group)) {
        change(members[group_of(&group)], group.joined, group.pid);
    } else if (weft_name_event_get(msg, &name)) {
        expect(holder == (name.taken ? WEFT_NOBODY : name.pid));
        holder = name.taken ? name.pid : WEFT_NOBODY;
    } else if (weft_tag(msg) == TAG_BEGIN) {
        expect(weft_watch_groups(self, NULL) == 0);
        expect(weft_watch_names(self, NULL) == 0);
        weft_reply_word(self, msg, TAG_BEGIN, 0);
    }
    return weft_stay(self);
}

static const weft_behavior watcher = WEFT_STATELESS("watcher", watching);

/* --- the world --- */

static int build(weft_runtime *rt, void *context)
{
    uint64_t left = STEPS, nothing;
    weft_pid pid;
    int error;

    (void)context;
    memset(members, 0, sizeof members);
    holder = WEFT_NOBODY;
    ended = wrong = published = heard = 0;
    error = weft_rt_spawn(rt, &watcher, NULL, &pid);
    if (error == 0)
        error =
            weft_rt_await_word(rt, pid, weft_signal(TAG_BEGIN), WEFT_FOREVER, &nothing);
    for (unsigned i = 0; i < HANDS && error == 0; i++) {
        error = weft_rt_spawn(rt, &hand, &left, &pid);
        if (error == 0)
            error = weft_rt_cast_word(rt, pid, TAG_GO, 0);
    }
    return error;
}

static bool nothing_wrong(void *context)
{
    (void)context;
    return wrong == 0;
}

static bool all_left(void *context)
{
    bool none = holder == WEFT_NOBODY;

    (void)context;
    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned i = 0; i < HANDS; i++)
            none = none && members[g][i] == WEFT_NOBODY;
    return ended < HANDS || none;
}

static bool is_hand(void *context, weft_pid pid, const char *behavior)
{
    (void)context, (void)pid;
    return strcmp(behavior, "hand") == 0;
}

static int nothing_lost(weft_runtime *rt, void *context)
{
    weft_stats stats;
    uint64_t dead = 0;

    (void)context;
    weft_stats_read(rt, &stats);
    for (unsigned i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        dead += stats.dead[i];
    /* Timers' letters that had gone off when their actor was killed are dead, too. */
    return heard <= published && published <= heard + dead ? 0 : WEFT_EBROKEN;
}

Test(sim_group, watchers_know_who_is_there)
{
    const weft_sim world = {.name = "test_group",
                            .build = build,
                            .check = nothing_wrong,
                            .check_name = "events alternate, and timers are not early",
                            .check_at_rest = all_left,
                            .check_at_rest_name = "nobody is left",
                            .end = nothing_lost,
                            .may_kill = is_hand,
                            .turns_max = 20000};

    sim_seeds(&world, WEFT_SIM_SLOW_STEPS | WEFT_SIM_DELAYS | WEFT_SIM_CLOCK_JUMPS |
                          WEFT_SIM_KILLS);
}
