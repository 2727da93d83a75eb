/* shop.c: an actor that asks two others before it answers its own client.
 *
 * While it waits for the price its other mail waits, but no worker does. The right to answer
 * the client is kept meanwhile; if the shop ended the client would be told. */
#include <inttypes.h>
#include <stdio.h>
#include <weft.h>

enum { TAG_ORDER = 1, TAG_PRICE_OF, TAG_STOCK_OF, TAG_OFFER };

#define OFFER_FIELDS(F) F(uint64_t, price) F(uint64_t, stock)
WEFT_MESSAGE(offer, TAG_OFFER, OFFER_FIELDS)

struct shop {
    weft_pid prices, store; /* the args begin the state */
    weft_due client;        /* the right to answer */
    uint64_t item, price;
};

static weft_next got_price(weft_self *self, void *state, weft_msg *answer);
static weft_next got_stock(weft_self *self, void *state, weft_msg *answer);

static weft_next serving(weft_self *self, void *state, weft_msg *msg)
{
    struct shop *shop = state;

    if (weft_tag(msg) != TAG_ORDER)
        return weft_stay(self);
    shop->item = weft_word(msg);
    shop->client = weft_reply_later(self, msg);
    return weft_await_word(self, shop->prices, TAG_PRICE_OF, shop->item, WEFT_SEC(10),
                           got_price);
}

static weft_next got_price(weft_self *self, void *state, weft_msg *answer)
{
    struct shop *shop = state;

    if (weft_failure(answer) != 0) { /* the deadline, no such actor, or what it said */
        weft_answer_error(self, shop->client, weft_failure(answer));
        return weft_stay(self);
    }
    shop->price = weft_word(answer);
    return weft_await_word(self, shop->store, TAG_STOCK_OF, shop->item, WEFT_SEC(10),
                           got_stock);
}

static weft_next got_stock(weft_self *self, void *state, weft_msg *answer)
{
    struct shop *shop = state;

    if (weft_failure(answer) != 0)
        weft_answer_error(self, shop->client, weft_failure(answer));
    else
        weft_answer(self, shop->client, offer_msg(shop->price, weft_word(answer)));
    return weft_stay(self);
}

static const weft_behavior shop =
    WEFT_BEHAVIOR("shop", struct shop, serving, .args_size = 2 * sizeof(weft_pid));

/* Knows the prices of small items only. */
static weft_next pricing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_word(msg) < 100)
        weft_reply_word(self, msg, TAG_PRICE_OF, 10 * weft_word(msg));
    else
        weft_reply_error(self, msg, WEFT_EINVAL);
    return weft_stay(self);
}

static weft_next storing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, TAG_STOCK_OF, 7);
    return weft_stay(self);
}

static const weft_behavior prices = WEFT_STATELESS("prices", pricing);
static const weft_behavior store = WEFT_STATELESS("store", storing);

/* A thread asks as well, and waits. */
static int order(weft_runtime *rt, weft_pid pid, uint64_t item)
{
    weft_msg *answer;
    struct offer offer = {0, 0};
    int error =
        weft_rt_await(rt, pid, weft_word_letter(TAG_ORDER, item), WEFT_SEC(30), &answer);

    if (error == 0 && offer_get(answer, &offer))
        printf("item %" PRIu64 ": %" PRIu64 " pieces at %" PRIu64 "\n", item, offer.stock,
               offer.price);
    else
        printf("item %" PRIu64 ": %s\n", item, weft_strerror(error));
    weft_msg_free(answer);
    return error;
}

int main(void)
{
    weft_runtime *rt;
    weft_pid args[2], pid;
    bool right;

    if (weft_start(&rt, NULL) < 0)
        return 1;
    right = weft_rt_spawn(rt, &prices, NULL, &args[0]) == 0 &&
            weft_rt_spawn(rt, &store, NULL, &args[1]) == 0 &&
            weft_rt_spawn(rt, &shop, args, &pid) == 0 && order(rt, pid, 4) == 0 &&
            order(rt, pid, 400) == WEFT_EINVAL;
    return weft_finish(rt, WEFT_SEC(30)) < 0 || !right;
}
