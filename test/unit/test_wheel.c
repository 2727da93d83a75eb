/* test_wheel.c: aim: what is put in for a tick comes out when that tick is reached, not before
 * and not later; and wheel_next never says later than something is to come out.
 * Method: a naive model, a list of ticks; at random, and at the edges of the levels. */
#include "lib/base/random.h"
#include "sched/wheel.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

TestSuite(wheel, .timeout = 60);

enum { NODES = 400 };

struct node {
    struct wheel_link link;
    uint64_t tick;
    bool in; /* the wheel */
};

static struct node nodes[NODES];
static struct wheel wheel;

static void begin(uint64_t now)
{
    memset(&wheel, 0, sizeof wheel);
    memset(nodes, 0, sizeof nodes);
    wheel.now = now;
}

static void put(struct node *n, uint64_t tick)
{
    n->tick = tick;
    n->in = true;
    wheel_put(&wheel, &n->link, tick);
}

static void take(struct node *n)
{
    wheel_take(&wheel, &n->link);
    cr_assert_null(n->link.at);
    n->in = false;
}

/* The next tick at which something of the model comes out: one that is past when put, at the
 * tick behind. 0: none. */
static uint64_t model_next(void)
{
    uint64_t next = 0;

    for (unsigned i = 0; i < NODES; i++) {
        uint64_t tick = nodes[i].tick;

        if (nodes[i].in && (next == 0 || tick < next))
            next = tick;
    }
    return next;
}

/* All that is due comes out, and nothing else. */
static void advance(uint64_t tick)
{
    uint64_t before = wheel.now;
    struct wheel_link *link;

    while ((link = wheel_pop(&wheel, tick)) != NULL) {
        struct node *n = (struct node *)(void *)link;

        cr_assert(n->in, "it came out twice");
        cr_assert_null(link->at);
        cr_assert_leq(n->tick, tick, "too early");
        n->in = false;
    }
    cr_assert_eq(wheel.now, tick > before ? tick : before);
    for (unsigned i = 0; i < NODES; i++)
        cr_assert(!nodes[i].in || nodes[i].tick > wheel.now || before == wheel.now,
                  "too late");
}

static void expect_next(void)
{
    uint64_t model = model_next(), next = wheel_next(&wheel);

    cr_assert_eq(next == 0, model == 0);
    cr_assert(next == 0 || next > wheel.now);
    cr_assert(next <= model || model <= wheel.now, "it would be slept through");
}

/* As the timers do: from one wheel_next to the next, until it is empty. */
static void run_out(void)
{
    unsigned steps = 0;

    while (wheel_next(&wheel) != 0) {
        expect_next();
        advance(wheel_next(&wheel));
        cr_assert_lt(++steps, NODES * (WHEEL_LEVELS + 1u), "it goes on for ever");
    }
    cr_expect_eq(model_next(), 0);
}

Test(wheel, is_empty_at_first)
{
    begin(5);
    cr_expect_eq(wheel_next(&wheel), 0);
    cr_expect_null(wheel_pop(&wheel, 1000));
    cr_expect_eq(wheel.now, 1000);
}

Test(wheel, what_is_past_comes_out_at_the_next_tick)
{
    for (uint64_t now = 60; now < 70; now++) {
        begin(now);
        put(&nodes[0], now);
        put(&nodes[1], now - 50);
        put(&nodes[2], 0);
        cr_expect_eq(wheel_next(&wheel), now + 1);
        advance(now);
        cr_expect(nodes[0].in && nodes[1].in && nodes[2].in);
        advance(now + 1);
        cr_expect_eq(model_next(), 0);
        cr_expect_eq(wheel_next(&wheel), 0);
    }
}

/* What is due and not popped yet can be taken out as well, and comes first meanwhile. */
Test(wheel, what_is_taken_out_does_not_come)
{
    begin(7);
    for (unsigned i = 0; i < 6; i++)
        put(&nodes[i], i < 3 ? 9 : 5000);
    take(&nodes[1]);
    take(&nodes[4]);
    cr_expect_not_null(wheel_pop(&wheel, 100));
    cr_expect_eq(wheel_next(&wheel), 9);
    wheel_take(&wheel, nodes[0].link.at != NULL ? &nodes[0].link : &nodes[2].link);
    cr_expect_null(wheel_pop(&wheel, 100));
    cr_expect_gt(wheel_next(&wheel), 100);
    take(&nodes[3]);
    take(&nodes[5]);
    cr_expect_eq(wheel_next(&wheel), 0, "nothing is left");
}

/* Around each power of 64, from around each power of 64. */
Test(wheel, edges_of_levels)
{
    for (unsigned from = 0; from < WHEEL_LEVELS; from++)
        for (int off = -2; off <= 2; off++)
            for (unsigned to = 0; to < WHEEL_LEVELS; to++) {
                uint64_t now = ((uint64_t)3 << (WHEEL_BITS * from)) + (uint64_t)(off + 2);
                unsigned n = 0;

                begin(now);
                for (int k = -3; k <= 3; k++) {
                    uint64_t width = (uint64_t)1 << (WHEEL_BITS * to);

                    put(&nodes[n++], now + width + (uint64_t)(k + 3));
                    put(&nodes[n++], (now | (width - 1)) + (uint64_t)(k + 3));
                }
                run_out();
            }
}

/* Those beyond the wheel's span, and those over the edge of its largest round. */
Test(wheel, far_ones)
{
    const uint64_t starts[] = {1, WHEEL_SPAN - 3, WHEEL_SPAN, 5 * WHEEL_SPAN / 4,
                               (uint64_t)1 << 52};

    for (unsigned i = 0; i < 5; i++) {
        begin(starts[i]);
        for (unsigned n = 0; n < 40; n++)
            put(&nodes[n], starts[i] + WHEEL_SPAN / 40 * (n + 1) + n);
        put(&nodes[41], starts[i] + 3 * WHEEL_SPAN);
        put(&nodes[42], starts[i] + (WHEEL_SPAN << 8));
        put(&nodes[43], starts[i] + 1);
        run_out();
    }
}

static uint64_t random_tick(struct random *r, uint64_t now)
{
    unsigned bits = (unsigned)random_below(r, 40);
    uint64_t ahead = random_below(r, ((uint64_t)1 << bits) + 1);

    return random_below(r, 8) == 0 && now > ahead ? now - ahead : now + ahead;
}

Test(wheel, at_random_as_the_model)
{
    struct random r;

    random_init(&r, 4711);
    for (unsigned round = 0; round < 200; round++) {
        begin(random_tick(&r, (uint64_t)1 << random_below(&r, 50)));
        for (unsigned i = 0; i < 1000; i++) {
            struct node *n = &nodes[random_below(&r, NODES)];

            if (!n->in)
                put(n, random_tick(&r, wheel.now));
            else if (random_below(&r, 3) == 0)
                take(n);
            expect_next();
            if (random_below(&r, 4) == 0 && wheel_next(&wheel) != 0)
                advance(wheel_next(&wheel) - random_below(&r, 2));
            else if (random_below(&r, 8) == 0)
                advance(random_tick(&r, wheel.now));
        }
        run_out();
    }
}
