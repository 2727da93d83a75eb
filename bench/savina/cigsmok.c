/* cigsmok: an arbiter lets one of S smokers, drawn by lot, smoke for a while, and the next one
 * as soon as that one has begun; R rounds. */
#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, SMOKE, SMOKING, EXIT, SMOKED };
enum { R, S };

#define SMOKED_FIELDS(F) F(uint64_t, rounds) F(uint64_t, periods)
WEFT_MESSAGE(smoked, SMOKED, SMOKED_FIELDS)

struct smoker {
    struct smoked smoked;
};

struct arbiter {
    struct savina_run *run;
    weft_pid *smoker;
    uint64_t rounds;
    uint64_t reports;
    struct smoked smoked;
    struct savina_random random;
};

static weft_next smoke(weft_self *self, void *state, weft_msg *msg)
{
    struct smoked *smoked = &((struct smoker *)state)->smoked;

    if (weft_tag(msg) == EXIT) {
        weft_reply(self, msg, smoked_msg(smoked->rounds, smoked->periods));
        return weft_stop(self);
    }
    weft_reply(self, msg, weft_signal(SMOKING));
    java_busy_wait(weft_word(msg));
    smoked->rounds++;
    smoked->periods += weft_word(msg);
    return weft_stay(self);
}

static const weft_behavior smoker_behavior =
    WEFT_BEHAVIOR("smoker", struct smoker, smoke);

/* Who is next, and for how long. */
static uint64_t draw(struct arbiter *arbiter, uint64_t *period)
{
    uint64_t smoker = savina_below(&arbiter->random, (uint32_t)arbiter->run->param[S]);

    *period = savina_below(&arbiter->random, 1000) + 10;
    return smoker;
}

static void notify(weft_self *self, struct arbiter *arbiter)
{
    uint64_t period, smoker = draw(arbiter, &period);

    weft_cast_word(self, arbiter->smoker[smoker], SMOKE, period);
}

static void seed(struct arbiter *arbiter)
{
    const uint64_t *param = arbiter->run->param;

    arbiter->random.value = param[R] * param[S];
}

static bool is_right(struct arbiter *arbiter)
{
    uint64_t sum = 0, period;

    seed(arbiter);
    for (uint64_t i = 0; i < arbiter->run->param[R]; i++) {
        draw(arbiter, &period);
        sum += period;
    }
    return arbiter->smoked.rounds == arbiter->run->param[R] &&
           arbiter->smoked.periods == sum;
}

/* All smokers have been told to end, and report. */
static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct arbiter *arbiter = state;
    struct smoked smoked = {0};

    smoked_get(msg, &smoked);
    arbiter->smoked.rounds += smoked.rounds;
    arbiter->smoked.periods += smoked.periods;
    if (++arbiter->reports < arbiter->run->param[S])
        return weft_stay(self);
    savina_end(arbiter->run);
    return savina_result(self, arbiter->run, is_right(arbiter));
}

static weft_next arbitrate(weft_self *self, void *state, weft_msg *msg)
{
    struct arbiter *arbiter = state;

    (void)msg;
    if (++arbiter->rounds < arbiter->run->param[R]) {
        notify(self, arbiter);
        return weft_stay(self);
    }
    for (uint64_t i = 0; i < arbiter->run->param[S]; i++)
        weft_cast(self, arbiter->smoker[i], weft_signal(EXIT));
    return weft_become(self, collect);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct arbiter *arbiter = state;
    uint64_t smokers = arbiter->run->param[S];

    (void)msg;
    arbiter->smoker = savina_share(arbiter->run, smokers, sizeof *arbiter->smoker);
    seed(arbiter);
    savina_begin(arbiter->run);
    for (uint64_t i = 0; i < smokers; i++)
        arbiter->smoker[i] = savina_spawn(self, &smoker_behavior, NULL);
    notify(self, arbiter);
    return weft_become(self, arbitrate);
}

static const weft_behavior root = SAVINA_ROOT("arbiter", struct arbiter, start);

const struct savina savina_cigsmok = {
    .name = "cigsmok",
    .what = "an arbiter wakes one of many by lot, who waits busily",
    .param = {[R] = {"R", 1000, 50, .power = 1}, [S] = {"S", 200, 20, .power = 0}},
    .root = &root,
};
