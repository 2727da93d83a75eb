/* big: W actors; each pings one drawn by lot (it may be itself), waits for its pong, then
 * pings the next, N times, and answers the pings of others meanwhile. */
#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, PING, PONG, FINISHED, EXIT, ANSWERED };
enum { N, W };

struct crowd {
    uint64_t size;
    weft_pid root;
    weft_pid member[];
};

struct member {
    const struct crowd *crowd;
    uint32_t index;
    uint32_t expected; /* who is to answer */
    uint64_t left;     /* pings to send */
    uint64_t answered; /* pings of others */
    struct savina_random random;
};

struct root {
    struct savina_run *run;
    struct crowd *crowd;
    uint64_t finished;
    uint64_t ended;
    uint64_t answered;
};

static weft_next ping(weft_self *self, struct member *member)
{
    const struct crowd *crowd = member->crowd;

    if (member->left == 0) {
        weft_cast_word(self, crowd->root, FINISHED, 0);
        return weft_stay(self);
    }
    member->left--;
    member->expected = savina_below(&member->random, (uint32_t)crowd->size);
    weft_cast_word(self, crowd->member[member->expected], PING, member->index);
    return weft_stay(self);
}

static weft_next play(weft_self *self, void *state, weft_msg *msg)
{
    struct member *member = state;

    switch (weft_tag(msg)) {
    case PING:
        member->answered++;
        weft_cast_word(self, member->crowd->member[weft_word(msg)], PONG, member->index);
        return weft_stay(self);
    case PONG:
        if (weft_word(msg) != member->expected)
            return weft_fail(self, 1, "a pong of another one");
        return ping(self, member);
    case EXIT:
        weft_cast_word(self, member->crowd->root, ANSWERED, member->answered);
        return weft_stop(self);
    default: /* GO */
        return ping(self, member);
    }
}

static const weft_behavior member_behavior =
    WEFT_BEHAVIOR("member", struct member, play, .args_size = sizeof(struct member));

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    const struct crowd *crowd = root->crowd;

    if (weft_tag(msg) == FINISHED) {
        if (++root->finished == crowd->size) {
            for (uint64_t i = 0; i < crowd->size; i++)
                weft_cast_word(self, crowd->member[i], EXIT, 0);
        }
        return weft_stay(self);
    }
    root->answered += weft_word(msg);
    if (++root->ended < crowd->size)
        return weft_stay(self);
    savina_end(root->run);
    return savina_result(self, root->run,
                         root->answered == root->run->param[N] * crowd->size);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    uint64_t size = root->run->param[W];
    struct crowd *crowd =
        savina_share(root->run, 1, sizeof *crowd + size * sizeof *crowd->member);

    (void)msg;
    root->crowd = crowd;
    crowd->size = size;
    crowd->root = weft_self_pid(self);
    savina_begin(root->run);
    for (uint32_t i = 0; i < size; i++) {
        struct member member = {
            .crowd = crowd, .index = i, .left = root->run->param[N], .random = {i}};

        crowd->member[i] = savina_spawn(self, &member_behavior, &member);
    }
    for (uint64_t i = 0; i < size; i++)
        weft_cast_word(self, crowd->member[i], GO, 0);
    return weft_become(self, collect);
}

static const weft_behavior root_behavior = SAVINA_ROOT("sink", struct root, start);

const struct savina savina_big = {
    .name = "big",
    .what = "many talk to many, drawn by lot",
    .param = {[N] = {"N", 20000, 20, .power = 1}, [W] = {"W", 120, 120, .power = 0}},
    .root = &root_behavior,
};
