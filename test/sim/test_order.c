/* test/sim/test_order.c: aim: whatever is stolen, handed over, rescued, late or killed, mail
 * between two actors comes in the order it was sent, each message once, and none is lost.
 * Method: players pass numbered parcels of all forms to each other, from every seed; a check
 * behind every step, and the law of conservation at the end. */
#include "test/support/sim_seeds.h"
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

TestSuite(sim_order, .timeout = 900);

enum { PLAYERS = 10, PARCELS = 25, SENDERS = PLAYERS + 1, OUTSIDE = PLAYERS };

struct player {
    uint32_t me;
};

static weft_pid players[PLAYERS];
static uint32_t numbers_out[SENDERS][PLAYERS], numbers_in[PLAYERS][SENDERS],
    left[PLAYERS];
static uint32_t next;
static uint64_t sent, wrong, things;
static weft_runtime *world_rt;

static struct hop numbered(uint32_t from, uint32_t to)
{
    sent++;
    return (struct hop){.from = from, .number = ++numbers_out[from][to]};
}

static void pass(weft_self *self, uint32_t from, uint32_t to)
{
    enum parcel_form form = (enum parcel_form)weft_random(self, PARCEL_FORMS);
    struct parcel parcel;
    weft_letter letter = parcel_letter(&parcel, form, numbered(from, to));

    if (form == PARCEL_WORD)
        weft_cast_word(self, players[to], letter.tag, letter.word[0]);
    else if (weft_random(self, 4) > 0)
        weft_cast(self, players[to], letter);
    else if (weft_try_cast(self, players[to], letter) < 0)
        parcel_end(&parcel, form);
}

static void received(uint32_t me, const weft_msg *msg)
{
    struct hop hop;

    if (!parcel_read(msg, &hop) || hop.from >= SENDERS ||
        hop.number <= numbers_in[me][hop.from])
        wrong++;
    else
        numbers_in[me][hop.from] = hop.number;
}

static weft_next other_step(weft_self *self, void *state, weft_msg *msg);

static weft_next playing(weft_self *self, void *state, weft_msg *msg)
{
    struct player *p = state;
    uint64_t n = 1 + weft_random(self, 2);

    received(p->me, msg);
    for (; n > 0 && left[p->me] > 0; n--) {
        left[p->me]--;
        pass(self, p->me, (uint32_t)weft_random(self, PLAYERS));
    }
    return weft_random(self, 8) == 0 ? weft_become(self, other_step) : weft_stay(self);
}

static weft_next other_step(weft_self *self, void *state, weft_msg *msg)
{
    weft_become(self, playing);
    return playing(self, state, msg);
}

static const weft_behavior player =
    WEFT_BEHAVIOR("player", struct player, playing, .args_size = sizeof(struct player));
static const weft_behavior bounded = WEFT_BEHAVIOR(
    "bounded player", struct player, playing, .args_size = sizeof(struct player),
    .mailbox_max = 6, .overflow = WEFT_OVERFLOW_DROP_NEWEST);

static void throw_in(weft_runtime *rt, void *context)
{
    struct parcel parcel;
    uint32_t to = next++ % PLAYERS;

    (void)context;
    weft_rt_cast(rt, players[to],
                 parcel_letter(&parcel, PARCEL_16, numbered(OUTSIDE, to)));
}

static int build(weft_runtime *rt, void *context)
{
    memset(numbers_in, 0, sizeof numbers_in);
    memset(numbers_out, 0, sizeof numbers_out);
    sent = wrong = next = 0;
    things = thing_count();
    world_rt = rt;
    for (uint32_t i = 0; i < PLAYERS; i++) {
        struct player args = {i};
        int error =
            weft_rt_spawn(rt, i % 5 == 4 ? &bounded : &player, &args, &players[i]);

        left[i] = PARCELS;
        if (error < 0)
            return error;
    }
    for (int i = 0; i < 2 * PLAYERS; i++)
        throw_in(rt, context);
    return 0;
}

static bool in_order(void *context)
{
    (void)context;
    return wrong == 0;
}

static bool all_arrived(void *context)
{
    (void)context;
    return stress_accounted(world_rt) == sent;
}

static int conserved(weft_runtime *rt, void *context)
{
    weft_stats stats;

    (void)context;
    weft_stats_read(rt, &stats);
    return stress_accounted(rt) == sent && stats.spawned == stats.ended &&
                   thing_count() == things
               ? 0
               : WEFT_EBROKEN;
}

static const weft_sim world = {.name = "test_order",
                               .build = build,
                               .check = in_order,
                               .check_name = "order of each pair",
                               .check_at_rest = all_arrived,
                               .check_at_rest_name = "nothing waits",
                               .outside = throw_in,
                               .end = conserved,
                               .turns_max = 5000};

Test(sim_order, of_each_pair)
{
    sim_seeds(&world, 63);
}
