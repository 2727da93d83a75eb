/* A race that hides, found by running the program with a thousand seeds.
 *
 *   customer --pay--> bank --paid----------------> store
 *       `------order--> clerk --order--> packer --ship--^
 *
 * The parcel may leave when it is paid. The money takes two messages to the store and the parcel
 * three, so it always works: as long as all of them share a worker, and nobody is slow. Weft
 * promises the order of mail between two actors, and nothing of mail by different ways.
 *
 *   sim_race                                    searches, and says what it found
 *   WEFT_SEED=... WEFT_TAPE=... sim_race        runs that again; WEFT_SIM_LOG=- tells it */
#include <stdio.h>
#include <stdlib.h>
#include <weft.h>
#include <weft/sim.h>

enum { TAG_BEGIN = 1, TAG_PAY, TAG_PAID, TAG_ORDER, TAG_SHIP, CUSTOMERS = 3 };

/* The actors of the shop. They find each other here: one thread, and a world at a time. */
static struct {
    weft_pid bank, clerk, packer, store;
} shop;
static bool paid[CUSTOMERS], unpaid_parcel;

static weft_next buying(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_cast_word(self, shop.bank, TAG_PAY, weft_word(msg));
    weft_cast_word(self, shop.clerk, TAG_ORDER, weft_word(msg));
    return weft_stay(self);
}

static weft_next banking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_cast_word(self, shop.store, TAG_PAID, weft_word(msg));
    return weft_stay(self);
}

static weft_next writing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_cast_word(self, shop.packer, TAG_ORDER, weft_word(msg));
    return weft_stay(self);
}

static weft_next packing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_cast_word(self, shop.store, TAG_SHIP, weft_word(msg));
    return weft_stay(self);
}

static weft_next storing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == TAG_PAID)
        paid[weft_word(msg)] = true;
    else if (!paid[weft_word(msg)])
        unpaid_parcel = true; /* it has left */
    return weft_stay(self);
}

static const weft_behavior customer = WEFT_STATELESS("customer", buying);
static const weft_behavior bank = WEFT_STATELESS("bank", banking);
static const weft_behavior clerk = WEFT_STATELESS("clerk", writing);
static const weft_behavior packer = WEFT_STATELESS("packer", packing);
static const weft_behavior store = WEFT_STATELESS("store", storing);

/* The world, made anew for each run. */
static int build(weft_runtime *rt, void *context)
{
    weft_pid pid;
    int error = weft_rt_spawn(rt, &bank, NULL, &shop.bank);

    (void)context;
    if (error == 0)
        error = weft_rt_spawn(rt, &clerk, NULL, &shop.clerk);
    if (error == 0)
        error = weft_rt_spawn(rt, &packer, NULL, &shop.packer);
    if (error == 0)
        error = weft_rt_spawn(rt, &store, NULL, &shop.store);
    unpaid_parcel = false;
    for (uint64_t i = 0; i < CUSTOMERS && error == 0; i++) {
        paid[i] = false;
        error = weft_rt_spawn(rt, &customer, NULL, &pid);
        if (error == 0)
            error = weft_rt_cast_word(rt, pid, TAG_BEGIN, i);
    }
    return error;
}

static bool all_paid(void *context)
{
    (void)context;
    return !unpaid_parcel;
}

int main(void)
{
    static weft_sim_report report;
    const weft_sim sim = {
        .name = "sim_race",
        .build = build,
        .check = all_paid,
        .check_name = "no parcel leaves unpaid",
        .seeds = 1000,
    };

    if (getenv("WEFT_SEED") != NULL)
        return weft_sim_main(&sim);
    if (weft_sim_run(&sim, &report) != WEFT_EBROKEN) {
        puts("the race was not found");
        return 1;
    }
    puts(report.text);
    printf("  found in run %u; what it takes is on the tape: who is made where, and who "
           "runs\n",
           (unsigned)report.runs);
    return 0;
}
