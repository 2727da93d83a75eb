/* chameneos: creatures come to a mall, which introduces each to the one that waits there; both
 * change their colours, until there were enough meetings.
 *
 * Who waits is sent the message of who comes, as it came: so it answers the other one. */
#include "bench/savina/savina.h"

enum { GO, MEET, CHANGE, EXIT, MEETINGS };
enum { CHAMENEOS, MEETINGS_MAX };

enum colour { RED, YELLOW, BLUE };

struct creature {
    weft_pid mall;
    uint64_t colour;
    uint64_t meetings;
};

struct mall {
    struct savina_run *run;
    weft_pid waiting;
    uint64_t left; /* meetings */
    uint64_t faded;
    uint64_t meetings; /* that the creatures have counted: two for each */
};

/* The third colour, or the same. */
static uint64_t complement(uint64_t a, uint64_t b)
{
    return a == b ? a : RED + YELLOW + BLUE - a - b;
}

static weft_next changed(weft_self *self, struct creature *creature, uint64_t colour)
{
    creature->colour = colour;
    creature->meetings++;
    weft_cast_word(self, creature->mall, MEET, colour);
    return weft_stay(self);
}

static weft_next live(weft_self *self, void *state, weft_msg *msg)
{
    struct creature *creature = state;
    uint64_t colour;

    switch (weft_tag(msg)) {
    case MEET:
        colour = complement(creature->colour, weft_word(msg));
        weft_reply_word(self, msg, CHANGE, colour);
        return changed(self, creature, colour);
    case CHANGE:
        return changed(self, creature, weft_word(msg));
    case EXIT:
        weft_reply_word(self, msg, MEETINGS, creature->meetings);
        return weft_stop(self);
    default: /* GO */
        weft_cast_word(self, creature->mall, MEET, creature->colour);
        return weft_stay(self);
    }
}

static const weft_behavior creature_behavior = WEFT_BEHAVIOR(
    "creature", struct creature, live, .args_size = sizeof(struct creature));

static void introduce(weft_self *self, struct mall *mall, weft_msg *msg)
{
    if (mall->left == 0) {
        weft_reply_word(self, msg, EXIT, 0);
    } else if (mall->waiting == WEFT_NOBODY) {
        mall->waiting = weft_sender(msg);
    } else {
        weft_forward(self, mall->waiting, msg);
        mall->waiting = WEFT_NOBODY;
        mall->left--;
    }
}

static weft_next mall_step(weft_self *self, void *state, weft_msg *msg)
{
    struct mall *mall = state;
    const uint64_t *param = mall->run->param;

    if (weft_tag(msg) == MEET) {
        introduce(self, mall, msg);
        return weft_stay(self);
    }
    mall->meetings += weft_word(msg);
    if (++mall->faded < param[CHAMENEOS])
        return weft_stay(self);
    savina_end(mall->run);
    return savina_result(self, mall->run, mall->meetings == 2 * param[MEETINGS_MAX]);
}

static weft_next open(weft_self *self, void *state, weft_msg *msg)
{
    struct mall *mall = state;
    struct creature creature = {.mall = weft_self_pid(self)};

    (void)msg;
    mall->left = mall->run->param[MEETINGS_MAX];
    savina_begin(mall->run);
    for (uint64_t i = 0; i < mall->run->param[CHAMENEOS]; i++) {
        creature.colour = i % 3;
        weft_cast_word(self, savina_spawn(self, &creature_behavior, &creature), GO, 0);
    }
    return weft_become(self, mall_step);
}

static const weft_behavior root = SAVINA_ROOT("mall", struct mall, open);

const struct savina savina_chameneos = {
    .name = "chameneos",
    .what = "many meet in pairs through one",
    .param = {[CHAMENEOS] = {"chameneos", 100, 10, .power = 0},
              [MEETINGS_MAX] = {"meetings", 200000, 500, .power = 1}},
    .root = &root,
};
