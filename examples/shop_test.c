/* shop_test.c: a test of an actor, with the test kit and no test framework.
 *
 * A shop answers an order with a price and a stock, for which it asks two neighbours. Here they
 * are stand-ins: the prices are a mock, which answers by rules; the store is a probe, which the
 * test answers itself. Nothing runs but when the test waits, so it goes the same way each time.
 * It prints what fails, and exits with 1 if something did. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include <weft.h>
#include <weft/test.h>

/* --- what is tested --- */

enum { TAG_ORDER = 1, TAG_PRICE_OF, TAG_STOCK_OF, TAG_ANSWER };

#define OFFER_FIELDS(F) F(uint64_t, price) F(uint64_t, stock)
WEFT_MESSAGE(offer, 5, OFFER_FIELDS)

struct shop {
    weft_pid prices, store; /* the args: these, */
    uint64_t patience;      /* and how long it waits for one of them */
    weft_due client;
    uint64_t item, price;
};

/* False: the client was told why there is no answer. */
static bool answered(weft_self *self, const struct shop *shop, const weft_msg *answer)
{
    int failure = weft_failure(answer);

    if (failure != 0)
        weft_answer_error(self, shop->client, failure);
    return failure == 0;
}

static weft_next got_stock(weft_self *self, void *state, weft_msg *answer)
{
    const struct shop *shop = state;

    if (answered(self, shop, answer))
        weft_answer(self, shop->client, offer_msg(shop->price, weft_word(answer)));
    return weft_stay(self);
}

static weft_next got_price(weft_self *self, void *state, weft_msg *answer)
{
    struct shop *shop = state;

    if (!answered(self, shop, answer))
        return weft_stay(self);
    shop->price = weft_word(answer);
    return weft_await_word(self, shop->store, TAG_STOCK_OF, shop->item, shop->patience,
                           got_stock);
}

static weft_next serving(weft_self *self, void *state, weft_msg *msg)
{
    struct shop *shop = state;

    if (weft_tag(msg) != TAG_ORDER)
        return weft_stay(self);
    shop->item = weft_word(msg);
    shop->client = weft_reply_later(self, msg);
    return weft_await_word(self, shop->prices, TAG_PRICE_OF, shop->item, shop->patience,
                           got_price);
}

static const weft_behavior shop = WEFT_BEHAVIOR(
    "shop", struct shop, serving, .args_size = offsetof(struct shop, client));

/* --- the test --- */

struct scene {
    weft_test *test;
    weft_mock *prices;
    weft_probe *store, *client;
    weft_pid shop;
};

static void complain(void *context, const char *text)
{
    fprintf(stderr, "%s: %s\n", (const char *)context, text);
}

static const char *tag_name(uint32_t tag)
{
    static const char *const names[] = {NULL, "order", "price of", "stock of", "answer"};

    return tag < sizeof names / sizeof *names ? names[tag] : NULL;
}

static int set_up(struct scene *s, const char *name, uint64_t patience)
{
    weft_test_options options;
    struct shop args = {.patience = patience};
    int error;

    weft_test_options_init(&options);
    options.timeout_ns = WEFT_SEC(30);
    options.tag_name = tag_name;
    options.on_failure = complain;
    options.context = (void *)(uintptr_t)name;
    if ((error = weft_test_start(&s->test, &options)) < 0 ||
        (error = weft_mock_open(s->test, "prices", &s->prices)) < 0 ||
        (error = weft_probe_open(s->test, "store", &s->store)) < 0 ||
        (error = weft_probe_open(s->test, "client", &s->client)) < 0)
        return error;
    args.prices = weft_mock_pid(s->prices);
    args.store = weft_probe_pid(s->store);
    return weft_rt_spawn(weft_test_runtime(s->test), &shop, &args, &s->shop);
}

static void order(struct scene *s, uint64_t item)
{
    weft_probe_ask(s->client, s->shop, weft_word_letter(TAG_ORDER, item), NULL);
}

static void an_order_is_answered_with_price_and_stock(struct scene *s)
{
    struct offer offer = {0};
    weft_msg *question;

    weft_test_check(s->test,
                    weft_mock_on(s->prices, weft_match_word(TAG_PRICE_OF, 7),
                                 weft_act_word(TAG_ANSWER, 42)) == 0,
                    "a rule");
    order(s, 7);
    question = weft_probe_expect(s->store, weft_match_word(TAG_STOCK_OF, 7), 0);
    if (question != NULL)
        weft_probe_reply(s->store, question, weft_word_letter(TAG_ANSWER, 3));
    if (WEFT_PROBE_GET(s->client, offer, &offer, 0))
        printf("the shop offers %" PRIu64 " of them at %" PRIu64 "\n", offer.stock,
               offer.price);
    weft_test_check(s->test, offer.price == 42 && offer.stock == 3, "3 of them at 42");
}

static void without_a_price_the_store_is_not_asked(struct scene *s)
{
    weft_test_check(
        s->test,
        weft_mock_on(s->prices, weft_match_any(), weft_act_error(WEFT_ELIMIT)) == 0,
        "a rule");
    order(s, 7);
    weft_probe_expect(s->client, weft_match_failure(WEFT_ELIMIT), 0);
    weft_probe_expect_none(s->store, weft_match_any(), 0);
}

/* The mock has no rule: it does not answer. */
static void a_silent_neighbour_is_not_waited_for(struct scene *s)
{
    order(s, 7);
    weft_probe_expect(s->client, weft_match_failure(WEFT_ETIMEDOUT), 0);
    weft_mock_expect_calls(s->prices, 1, 0);
}

static unsigned run(const char *name, uint64_t patience, void (*test)(struct scene *s))
{
    struct scene s = {0};
    unsigned failures = 1;

    if (set_up(&s, name, patience) == 0) {
        test(&s);
        weft_test_expect_dead_letters(s.test, 0);
        weft_test_stop(s.test);
        failures = weft_test_failures(s.test);
    }
    printf("%-4s %s\n", failures == 0 ? "ok" : "FAIL", name);
    if (weft_test_free(s.test) < 0)
        failures++;
    return failures;
}

int main(void)
{
    unsigned failures = run("an order is answered with price and stock", WEFT_SEC(30),
                            an_order_is_answered_with_price_and_stock);

    failures += run("without a price the store is not asked", WEFT_SEC(30),
                    without_a_price_the_store_is_not_asked);
    failures += run("a silent neighbour is not waited for", WEFT_MS(50),
                    a_silent_neighbour_is_not_waited_for);
    return failures == 0 ? 0 : 1;
}
