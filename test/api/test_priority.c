/* test_priority.c: aim: an actor that says how urgent a message is handles the most urgent first,
 * equals in order, and none never.
 * Method: a receiver that waits at a gate while its mailbox is filled from outside; a message's
 * word says its number and how urgent it is. */
#include "test/support/unit_story.h"

#include <stdio.h>
#include <string.h>

TestSuite(priority, .timeout = 60);

enum { WHO = 0, GATE = 1, PUT_ASIDE = 100, TAKE_BACK, CHOOSE, WANTED };

static weft_runtime *rt;
static weft_pid pid;

/* --- the receiver --- */

static unsigned urgency(const weft_msg *msg)
{
    return (unsigned)(weft_word(msg) >> 32);
}

static uint64_t word_of(unsigned urgent, unsigned number)
{
    return (uint64_t)urgent << 32 | number;
}

static bool is_wanted(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == WANTED;
}

static weft_next chosen(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    story_tell(WHO, "chose %u", (unsigned)weft_word(msg));
    return weft_stay(self);
}

static weft_next receiving(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    switch (weft_tag(msg)) {
    case WAIT:
        story_tell(WHO, "waits");
        gate_pass(GATE);
        break;
    case PUT_ASIDE:
        return weft_stash(self);
    case TAKE_BACK:
        weft_unstash(self);
        return weft_become(self, chosen);
    case CHOOSE:
        return weft_receive(self, is_wanted, WEFT_FOREVER, chosen);
    default:
        story_tell(WHO, "%u", (unsigned)weft_word(msg));
    }
    return weft_stay(self);
}

static const weft_behavior receiver =
    WEFT_STATELESS("receiver", receiving, .priority = urgency);
static const weft_behavior bounded_receiver =
    WEFT_STATELESS("bounded receiver", receiving, .priority = urgency, .mailbox_max = 4,
                   .overflow = WEFT_OVERFLOW_DROP_OLDEST);

static void put(uint32_t tag, unsigned urgent, unsigned number)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, tag, word_of(urgent, number)), 0);
}

static void begin(unsigned workers, const weft_behavior *behavior)
{
    story_clear();
    rt = story_start(workers);
    pid = story_spawn(rt, WHO, behavior, NULL);
    put(WAIT, 3, 0);
    story_wait(WHO, "waits");
}

static void end(const char *expected)
{
    gate_open(GATE);
    story_wait(WHO, expected);
    story_finish(rt);
}

/* --- */

TestOnWorkers(priority, serves_the_most_urgent_first_and_equals_in_order)
{
    begin(workers, &receiver);
    for (unsigned i = 1; i <= 3; i++)
        for (unsigned urgent = 0; urgent < 4; urgent++)
            put(TELL, urgent, 10 * urgent + i);
    put(TELL, 77, 39); /* as urgent as can be */
    end("waits, 31, 32, 33, 39, 21, 22, 23, 11, 12, 13, 1, 2, 3");
}

enum { OVERTAKEN = 64, FLOOD = 150 };

static void expect(char *text, unsigned number)
{
    sprintf(text + strlen(text), ", %u", number);
}

TestOnWorkers(priority, lets_nobody_be_overtaken_for_ever)
{
    static char expected[2048];

    strcpy(expected, "waits");
    begin(workers, &receiver);
    put(TELL, 0, 7);
    put(TELL, 0, 8);
    put(TELL, 1, 9);
    for (unsigned i = 0; i < FLOOD; i++)
        put(TELL, 2, 1);
    for (unsigned i = 0; i < FLOOD; i++) {
        if (i == OVERTAKEN) {
            expect(expected, 7); /* since the beginning, like 9 */
            expect(expected, 9);
        }
        if (i == 2 * OVERTAKEN - 1) /* since 7 was handled: 9, and these */
            expect(expected, 8);
        expect(expected, 1);
    }
    end(expected);
}

TestOnWorkers(priority, drops_the_least_urgent_of_too_many)
{
    begin(workers, &bounded_receiver);
    put(TELL, 0, 1);
    put(TELL, 1, 2);
    put(TELL, 0, 3);
    put(TELL, 2, 4);
    put(TELL, 2, 5); /* for 1 */
    put(TELL, 2, 6); /* for 3 */
    put(TELL, 0, 7); /* for 2: nothing less urgent waits */
    put(TELL, 0, 8); /* for 7 */
    end("waits, 4, 5, 6, 8");
}

TestOnWorkers(priority, serves_what_was_put_aside_before_all)
{
    begin(workers, &receiver);
    put(TELL, 1, 1);
    put(PUT_ASIDE, 3, 2);
    put(TAKE_BACK, 3, 3);
    put(TELL, 3, 4);
    end("waits, chose 2, chose 4, chose 1");
}

TestOnWorkers(priority, chooses_the_most_urgent_of_those_it_wants)
{
    begin(workers, &receiver);
    put(CHOOSE, 3, 0);
    put(TELL, 3, 1);
    put(WANTED, 0, 2);
    put(WANTED, 1, 3);
    put(TELL, 2, 4);
    end("waits, chose 3, 1, 4, 2");
}

TestOnWorkers(priority, waits_for_what_it_wants)
{
    begin(workers, &receiver);
    put(CHOOSE, 3, 0);
    put(TELL, 0, 1);
    gate_open(GATE);
    wait_until(story_stats(rt).handled == 2);
    put(TELL, 3, 2);
    put(WANTED, 0, 3);
    end("waits, chose 3, 2, 1");
}

TestOnWorkers(priority, is_kept_until_all_is_drained)
{
    begin(workers, &receiver);
    put(TELL, 0, 1);
    put(TELL, 3, 2);
    put(TELL, 1, 3);
    cr_assert_eq(weft_rt_drain_actor(rt, pid), 0);
    end("waits, 2, 3, 1, exit drained");
}
