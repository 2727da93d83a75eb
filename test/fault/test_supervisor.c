/* test_supervisor.c: allocations fail, one at a time and many in a row (by day some of them, by
 * night all), while a supervisor by a table begins, starts its children again, and is told to add
 * and remove some.
 *
 * Whatever is refused: the supervisor begins or fails; when there is memory again, one that lives
 * has put its children right, or fails in their words; every life that began ends; and all memory
 * is given back. */
#include "test/support/fault_play.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>

TestSuite(supervisor, .timeout = 600);

enum { TAG_FAIL = 1, TAG_PING };

static atomic_long lives, args_left;

struct child {
    uint64_t more[256]; /* more than the runtime has in stock */
};

static weft_next begin_life(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    atomic_fetch_add(&lives, 1);
    return weft_stay(self);
}

static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == TAG_FAIL)
        return weft_fail(self, 1, "as told");
    weft_reply_word(self, msg, TAG_PING, 0);
    return weft_stay(self);
}

static void end_life(void *state)
{
    (void)state;
    atomic_fetch_sub(&lives, 1);
}

static const weft_behavior child =
    WEFT_BEHAVIOR("child", struct child, living, .init = begin_life, .destroy = end_life,
                  .args_size = 8);

static const uint64_t number;
static const weft_child children[] = {{.id = "a", .behavior = &child},
                                      {.id = "b", .behavior = &child, .fresh = true},
                                      {.id = "c", .behavior = &child, .args = &number}};
static const weft_child like = {.behavior = &child};
static const weft_supervisor tables[] = {{.intensity = WEFT_ANY_INTENSITY,
                                          .children = children,
                                          .child_count = 3,
                                          .pool = &like},
                                         {.strategy = WEFT_ONE_FOR_ALL,
                                          .intensity = WEFT_ANY_INTENSITY,
                                          .backoff = {.least_ns = 1000},
                                          .children = children,
                                          .child_count = 3}};
static weft_pid sups[2];

static void args_gone(void *args)
{
    (void)args;
    atomic_fetch_sub(&args_left, 1);
}

static void begin(unsigned long after)
{
    (void)after;
    atomic_store(&lives, 0);
    atomic_store(&args_left, 0);
}

static uint64_t ask(weft_runtime *rt, weft_pid sup, weft_letter letter)
{
    uint64_t word;

    return weft_rt_await_word(rt, sup, letter, WEFT_SEC(60), &word) == 0 ? word : 0;
}

static void add(weft_runtime *rt, weft_pid sup)
{
    weft_child more = {
        .id = "d", .behavior = &child, .args = &number, .args_destroy = args_gone};

    atomic_fetch_add(&args_left, 1);
    ask(rt, sup, weft_sup_add(&more));
}

static void run(weft_runtime *rt)
{
    for (int i = 0; i < 2; i++) {
        if (weft_rt_supervise(rt, &tables[i], &sups[i]) != 0)
            continue;
        ask(rt, sups[i], weft_sup_ready());
        add(rt, sups[i]);
        for (const char *id = "abcd"; *id != '\0'; id++) {
            const char name[2] = {*id, '\0'};

            weft_rt_cast_word(rt, ask(rt, sups[i], weft_sup_pid(name)), TAG_FAIL, 0);
        }
        ask(rt, sups[i], weft_sup_restart("b"));
        ask(rt, sups[i], weft_sup_key(5));
        ask(rt, sups[i], weft_sup_spawn(&number, 8));
        ask(rt, sups[i], weft_sup_remove("d"));
    }
}

static bool answers(void *pid_of)
{
    weft_runtime *rt = pid_of;
    bool all = true;

    for (int i = 0; i < 2 && all; i++)
        for (int k = 0; k < 3 && all; k++) {
            weft_pid pid = ask(rt, sups[i], weft_sup_pid(children[k].id));
            uint64_t word;

            all = !weft_rt_alive(rt, sups[i]) ||
                  weft_rt_await_word(rt, pid, weft_signal(TAG_PING), WEFT_SEC(60),
                                     &word) == 0;
        }
    return all;
}

static void end(weft_runtime *rt)
{
    cr_expect(stress_until(answers, rt));
}

static void check(bool whole)
{
    (void)whole;
    cr_expect_eq(atomic_load(&lives), 0);
    cr_expect_eq(atomic_load(&args_left), 0);
}

static void test_all(unsigned workers, unsigned long n)
{
    const struct fault_play plays = {
        .workers = workers,
        .least = 20,
        .most = stress_amount(60),
        .begin = begin,
        .run = run,
        .end = end,
        .check = check,
    };

    fault_each(&plays, n);
}

Test(supervisor, each_fails_once_on_one_worker)
{
    test_all(1, 1);
}

Test(supervisor, each_fails_once_on_three_workers)
{
    test_all(3, 1);
}

Test(supervisor, each_and_some_more_fail)
{
    test_all(2, 20);
}

Test(supervisor, each_and_many_more_fail)
{
    test_all(2, 1000);
}
