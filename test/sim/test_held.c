/* test/sim/test_held.c: aim: nobody is held for ever, whoever is stolen, late, killed or stuck.
 * Method: actors in a random graph full of circles flood each other, from every seed, most of
 * them behind mailboxes that hold their senders; they ask and await each other (but in no
 * circle), yield and end. Whenever nothing can run all that was sent is accounted for: else
 * somebody is held who ought not to be. */
#include "test/support/sim_seeds.h"
#include "test/support/stress_run.h"

TestSuite(sim_held, .timeout = 900);

enum { MEMBERS = 8, DEEDS = 30, TAG_WORK = 1, TAG_ASK, TAG_ANSWER };

struct member {
    uint32_t me;
};

static weft_pid members[MEMBERS];
static uint32_t left[MEMBERS];
static uint64_t sent;
static bool awaits; /* an answer may be lost for want of memory: not then */
static weft_runtime *world_rt;

static void send(weft_self *self, weft_pid to)
{
    sent++;
    switch (weft_random(self, 6)) {
    case 0:
        (void)!weft_try_cast(self, to, weft_signal(TAG_WORK));
        break;
    case 1:
        weft_ask(self, to, weft_signal(TAG_ASK), WEFT_FOREVER, NULL);
        break;
    default:
        weft_cast_word(self, to, TAG_WORK, 0);
    }
}

/* Those with lower numbers only. */
static weft_next await(weft_self *self, uint32_t me);

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    uint32_t me = ((const struct member *)state)->me;

    if (weft_is_question(msg)) {
        sent++;
        weft_reply_word(self, msg, TAG_ANSWER, 0);
    }
    if (left[me] == 0) /* some have enough, with mail in their queues */
        return weft_random(self, 4) == 0 ? weft_stop(self) : weft_stay(self);
    left[me]--;
    for (uint64_t n = weft_random(self, 4); n > 0; n--)
        send(self, members[weft_random(self, MEMBERS)]);
    switch (weft_random(self, 10)) {
    case 0:
        return weft_yield(self);
    case 1:
    case 2:
        return await(self, me);
    default:
        return weft_stay(self);
    }
}

static weft_next await(weft_self *self, uint32_t me)
{
    if (me == 0 || !awaits)
        return weft_stay(self);
    sent++;
    return weft_await(self, members[weft_random(self, me)], weft_signal(TAG_ASK),
                      WEFT_FOREVER, working);
}

#define MEMBER(max)                                                                     \
    WEFT_BEHAVIOR("member", struct member, working, .args_size = sizeof(struct member), \
                  .mailbox_max = max, .overflow = WEFT_OVERFLOW_HOLD)
static const weft_behavior kinds[] = {MEMBER(1), MEMBER(2), MEMBER(3), MEMBER(0)};

static void throw_in(weft_runtime *rt, void *context)
{
    (void)context;
    sent++;
    weft_rt_cast_word(rt, members[sent % MEMBERS], TAG_WORK, 0);
}

static int build(weft_runtime *rt, void *context)
{
    sent = 0;
    world_rt = rt;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        struct member args = {i};
        int error = weft_rt_spawn(rt, &kinds[i % 4], &args, &members[i]);

        left[i] = DEEDS;
        if (error < 0)
            return error;
    }
    for (int i = 0; i < 2 * MEMBERS; i++)
        throw_in(rt, context);
    return 0;
}

static bool all_accounted(void *context)
{
    (void)context;
    return stress_accounted(world_rt) == sent;
}

static const weft_sim world = {.name = "test_held",
                               .build = build,
                               .check_at_rest = all_accounted,
                               .check_at_rest_name = "nobody is held",
                               .outside = throw_in,
                               .turns_max = 20000};

Test(sim_held, is_nobody_for_ever)
{
    awaits = true;
    sim_seeds(&world, 63 & ~(unsigned)WEFT_SIM_NO_MEMORY);
}

Test(sim_held, is_nobody_for_ever_without_memory)
{
    awaits = false;
    sim_seeds(&world, 63);
}
