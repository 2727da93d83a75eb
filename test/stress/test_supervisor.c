/* test_supervisor.c: aim: supervisors by tables put right whatever is done to their children, on
 * three workers: failures, kills, stops and drains from outside, restarts that are asked for, and all of
 * this while children wait for a backoff, begin, or are stuck in a step.
 *
 * Afterwards the tree is whole: each child that its table wants answers, under the pid that its
 * supervisor gives for it; every life that began has ended; and nothing is left. */
#include "test/support/stress_run.h"

#include <string.h>

#include <criterion/criterion.h>

TestSuite(supervisor, .timeout = 300);

enum { TAG_FAIL = 1, TAG_END, TAG_SPIN, TAG_PING, TAG_FORWARD };
enum { SUPERVISORS = 4, CHILDREN = 4 };

static atomic_long lives;
static atomic_ulong begun;
static atomic_bool all_began; /* from then on some fail to */

struct child {
    uint64_t number;
    char *owned;
};

static weft_next begin(weft_self *self, void *state, const void *args)
{
    struct child *child = state;

    atomic_fetch_add(&lives, 1);
    atomic_fetch_add(&begun, 1);
    child->number = *(const uint64_t *)args;
    child->owned = malloc(1);
    return atomic_load(&all_began) && weft_random(self, 20) == 0
               ? weft_fail(self, -1, "stillborn")
               : weft_stay(self);
}

static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    const struct child *child = state;

    switch (weft_tag(msg)) {
    case TAG_FAIL:
        return weft_fail(self, 1, "as told");
    case TAG_END:
        return weft_stop(self);
    case TAG_SPIN:
        stress_spin(WEFT_MS(3));
        break;
    case TAG_PING:
        weft_reply_word(self, msg, TAG_PING, child->number);
        break;
    case TAG_FORWARD:
        weft_cast_word(self, weft_sibling(self, "d"), TAG_FAIL, 0);
        break;
    }
    return weft_stay(self);
}

static void destroy(void *state)
{
    free(((struct child *)state)->owned);
    atomic_fetch_sub(&lives, 1);
}

static const weft_behavior child = WEFT_BEHAVIOR(
    "child", struct child, living, .init = begin, .destroy = destroy, .args_size = 8);

static const uint64_t numbers[] = {0, 1, 2, 3};
#define CHILD(id_, i, ...)                                              \
    {                                                                   \
        .id = id_, .behavior = &child, .args = &numbers[i], __VA_ARGS__ \
    }
static const weft_child children[] = {CHILD("a", 0, .restart = WEFT_PERMANENT),
                                      CHILD("b", 1, .fresh = true),
                                      CHILD("c", 2, .shutdown_ns = WEFT_KILL_AT_ONCE),
                                      CHILD("d", 3, .shutdown_ns = WEFT_MS(1))};
#define TABLE(strategy_, ...)                                                         \
    {                                                                                 \
        .strategy = strategy_, .intensity = WEFT_ANY_INTENSITY, .children = children, \
        .child_count = CHILDREN, __VA_ARGS__                                          \
    }
static const weft_supervisor tables[SUPERVISORS] = {
    TABLE(WEFT_ONE_FOR_ONE, .name = "0"), TABLE(WEFT_ONE_FOR_ALL, .name = "1"),
    TABLE(WEFT_REST_FOR_ONE, .name = "2"),
    TABLE(WEFT_ONE_FOR_ONE, .backoff = {.least_ns = 100000, .jitter = 1})};
static const weft_child lower[] = {{.id = "0", .supervisor = &tables[0]},
                                   {.id = "1", .supervisor = &tables[1]},
                                   {.id = "2", .supervisor = &tables[2]},
                                   {.id = "3", .supervisor = &tables[3], .fresh = true}};
static const weft_supervisor top = {
    .intensity = WEFT_ANY_INTENSITY, .children = lower, .child_count = SUPERVISORS};

static weft_runtime *rt;
static weft_pid root;

static weft_pid find(weft_pid sup, const char *id)
{
    uint64_t pid;

    return weft_rt_await_word(rt, sup, weft_sup_pid(id), WEFT_SEC(60), &pid) == 0
               ? pid
               : WEFT_NOBODY;
}

static void disturb(uint64_t *random)
{
    weft_pid sup = find(root, lower[stress_random(random, SUPERVISORS)].id), pid;
    const char *id = children[stress_random(random, CHILDREN)].id;
    uint64_t word;

    if (stress_random(random, 100) == 0) {
        weft_rt_kill_actor(rt, sup);
        return;
    }
    if (stress_random(random, 10) == 0) {
        int error =
            weft_rt_await_word(rt, sup, weft_sup_restart(id), WEFT_SEC(60), &word);

        cr_expect(error == 0 || error == WEFT_EENDED || error == WEFT_ENOACTOR ||
                      error == WEFT_EFULL || error == -1,
                  "%s", weft_strerror(error));
        return;
    }
    pid = find(sup, id);
    for (uint64_t i = 1 + stress_random(random, 3); i > 0; i--)
        switch (stress_random(random, 8)) {
        case 0:
            weft_rt_kill_actor(rt, pid);
            break;
        case 1:
            weft_rt_stop_actor(rt, pid);
            break;
        case 2:
            weft_rt_drain_actor(rt, pid);
            break;
        case 3:
            weft_rt_cast_word(rt, pid, TAG_END, 0);
            break;
        case 4:
            if (stress_random(random, 20) == 0)
                weft_rt_cast_word(rt, pid, TAG_SPIN, 0);
            break;
        case 5:
            weft_rt_cast_word(rt, pid, TAG_FORWARD, 0);
            break;
        default:
            weft_rt_cast_word(rt, pid, TAG_FAIL, 0);
        }
}

static bool answers(void *number)
{
    unsigned n = *(unsigned *)number;
    weft_pid sup = find(root, lower[n / CHILDREN].id);
    weft_pid pid = find(sup, children[n % CHILDREN].id);
    uint64_t word = 99;

    return weft_rt_await_word(rt, pid, weft_signal(TAG_PING), WEFT_SEC(60), &word) == 0 &&
           word == n % CHILDREN;
}

static void live(unsigned workers, unsigned relief, uint64_t times)
{
    uint64_t random = stress_seed(), word;

    atomic_store(&lives, 0);
    atomic_store(&begun, 0);
    rt = stress_start(workers, relief, random, NULL);
    atomic_store(&all_began, false);
    cr_assert_eq(weft_rt_supervise(rt, &top, &root), 0);
    cr_assert_eq(weft_rt_await_word(rt, root, weft_sup_ready(), WEFT_SEC(60), &word), 0);
    atomic_store(&all_began, true);
    for (uint64_t i = 0; i < times; i++)
        disturb(&random);
    for (unsigned n = 0; n < SUPERVISORS * CHILDREN; n++)
        cr_expect(stress_until(answers, &n), "%u does not answer", n);
    cr_expect_gt(atomic_load(&begun), times / 4);
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
    cr_expect_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    cr_expect_eq(atomic_load(&lives), 0);
}

Test(supervisor, puts_right_what_is_done_on_one_worker)
{
    live(1, WEFT_NO_RELIEF, stress_amount(8000));
}
