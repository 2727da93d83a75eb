/* test_gather.c: aim: one question to many has all their outcomes, in the order of those asked,
 * as soon as there are enough, or cannot be.
 * Method: callees that answer, refuse, never answer, or have ended, in all mixes of four. */
#include "test/support/unit_story.h"

#include <stdatomic.h>
#include <weft/gather.h>

TestSuite(gather, .timeout = 60);

enum { COUNT = 4, ASK = 100 };
enum manner { ANSWERS, REFUSES, KEEPS, IS_GONE, MANNERS };

static weft_runtime *rt;

static weft_next serving(weft_self *self, void *state, weft_msg *msg)
{
    switch (*(uint64_t *)state) {
    case ANSWERS:
        weft_reply_word(self, msg, TELL, weft_word(msg) + 1);
        break;
    case REFUSES:
        weft_reply_error(self, msg, -5);
        break;
    case KEEPS:
        weft_reply_later(self, msg);
        break;
    default:
        return weft_stop(self);
    }
    return weft_stay(self);
}

static const weft_behavior server =
    WEFT_BEHAVIOR("server", uint64_t, serving, .args_size = sizeof(uint64_t));

struct task {
    weft_pid to[COUNT];
    uint64_t need, timeout;
};

struct asker {
    struct task plan;
    weft_outcome outcomes[COUNT];
};

static weft_outcome got[COUNT];
static int failure;
static uint64_t answers;

static weft_next gathered(weft_self *self, void *state, weft_msg *msg)
{
    struct asker *a = state;

    memcpy(got, a->outcomes, sizeof got);
    failure = weft_failure(msg);
    answers = failure == 0 ? weft_word(msg) : 0;
    weft_exit(self, 0);
    return weft_stay(self);
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    struct asker *a = state;

    (void)msg;
    return weft_await_many(self, a->plan.to, COUNT, weft_word_letter(ASK, 41),
                           a->plan.need, a->plan.timeout, a->outcomes, gathered);
}

static const weft_behavior asker =
    WEFT_BEHAVIOR("asker", struct asker, asking, .args_size = sizeof(struct task));

static void ask(unsigned workers, const enum manner manners[COUNT], uint64_t need,
                uint64_t timeout)
{
    struct task plan = {.need = need, .timeout = timeout};
    weft_pid pid;

    rt = story_start(workers);
    for (int i = 0; i < COUNT; i++) {
        uint64_t manner = manners[i];

        cr_assert_eq(weft_rt_spawn(rt, &server, &manner, &plan.to[i]), 0);
        if (manners[i] == IS_GONE)
            cr_assert_eq(weft_rt_stop_and_wait(rt, plan.to[i], WEFT_SEC(100)), 0);
    }
    cr_assert_eq(weft_rt_spawn(rt, &asker, &plan, &pid), 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 0), 0);
    weft_run(rt);
    story_finish(rt);
}

static const int failures[] = {0, -5, WEFT_ETIMEDOUT, WEFT_ENOACTOR};

/* It has a time only if somebody is waited for who never answers: then nobody has to in time.
 * Else it gives up with the first who cannot answer, or has all answers. */
Test(gather, waits_for_all_outcomes)
{
    for (unsigned mix = 0; mix < 256; mix += 7) {
        enum manner manners[COUNT] = {mix % 4, mix / 4 % 4, mix / 16 % 4, mix / 64};
        unsigned count[MANNERS] = {0};
        bool times_out, all;

        for (int i = 0; i < COUNT; i++)
            count[manners[i]]++;
        all = count[ANSWERS] == COUNT;
        times_out = !all && count[ANSWERS] + count[KEEPS] == COUNT;
        ask(1 + mix % 2, manners, COUNT, times_out ? WEFT_MS(20) : WEFT_FOREVER);
        for (int i = 0; i < COUNT; i++) {
            bool is_out = got[i].failure == WEFT_ETIMEDOUT;

            cr_expect((!all && is_out) || got[i].failure == failures[manners[i]],
                      "mix %u", mix);
            if (got[i].failure == 0)
                cr_expect_eq(got[i].word[0], 42);
        }
        cr_expect_eq(failure,
                     all         ? 0
                     : times_out ? WEFT_ETIMEDOUT
                                 : WEFT_ENOANSWER,
                     "mix %u: %d", mix, failure);
    }
}

Test(gather, is_over_with_the_first_or_a_quorum)
{
    for (uint64_t need = 1; need <= 2; need++) {
        ask(2, (enum manner[]){KEEPS, ANSWERS, IS_GONE, ANSWERS}, need, WEFT_FOREVER);
        cr_expect_eq(failure, 0);
        cr_expect_geq(answers, need);
        cr_expect_eq(got[0].failure, WEFT_ETIMEDOUT);
    }
}

Test(gather, of_nobody_who_could_answer_fails_at_once)
{
    ask(1, (enum manner[]){IS_GONE, IS_GONE, IS_GONE, IS_GONE}, 1, WEFT_FOREVER);
    cr_expect_eq(failure, WEFT_ENOANSWER);
    for (int i = 0; i < COUNT; i++)
        cr_expect_eq(got[i].failure, WEFT_ENOACTOR);
}

/* An actor that is killed meanwhile leaves nothing: the leak checkers see to it. */
Test(gather, can_be_killed)
{
    const uint64_t keeps = KEEPS;
    struct task plan = {.need = 1, .timeout = WEFT_FOREVER};
    weft_pid pid, first;

    rt = story_start(2);
    for (int i = 0; i < COUNT; i++)
        cr_assert_eq(weft_rt_spawn(rt, &server, &keeps, &plan.to[i]), 0);
    cr_assert_eq(weft_rt_spawn(rt, &asker, &plan, &pid), 0);
    first = pid;
    cr_assert_eq(weft_rt_cast_word(rt, first, TELL, 0), 0);
    cr_expect_eq(weft_rt_kill_actor(rt, first), 0);
    cr_expect_eq(weft_rt_await_end(rt, first, WEFT_SEC(100)), 0);
    story_finish(rt);
}
