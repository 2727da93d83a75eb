/* test_crew.c: aim: a crew: its mail goes to members that are idle, in order, as it came; what
 * becomes of it when members or the crew end.
 * Method: members that wait at gates and tell what they do. */
#include "test/support/unit_story.h"

#include <stdatomic.h>

TestSuite(crew, .timeout = 60);

static weft_runtime *rt;

enum { TAG_WORK = 1, TAG_ANSWER, TAG_THING, TAG_END, TAG_GO, TAG_YIELD };

static atomic_uint born, gone, handled, things_ended;

static void thing_end(void *object)
{
    (void)object;
    things_ended++;
}

#define THING_FIELDS(F) F(uint64_t, number) F(char, bulk[100])
WEFT_BLOCK(thing, TAG_THING, THING_FIELDS, thing_end)

struct member {
    unsigned yields;
};

static weft_next member_init(weft_self *self, void *state, const void *args)
{
    (void)state;
    if (args != NULL && *(const int *)args < 0)
        return weft_fail(self, 1, "as told");
    born++;
    return weft_stay(self);
}

static void member_destroy(void *state)
{
    (void)state;
    gone++;
}

/* The gate of its word, above that at once. */
static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct member *member = state;

    switch (weft_tag(msg)) {
    case TAG_WORK:
        story_tell(0, "%d", (int)weft_word(msg));
        if (weft_word(msg) < GATES)
            gate_pass((unsigned)weft_word(msg));
        break;
    case TAG_THING:
        story_tell(1, "thing %d", (int)thing_at(msg)->number);
        break;
    case TAG_YIELD:
        if (++member->yields < 100)
            return weft_yield(self);
        break;
    case TAG_END:
        return weft_stop(self);
    }
    handled++;
    if (weft_sender(msg) != WEFT_NOBODY)
        weft_reply_word(self, msg, TAG_ANSWER, weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior worker = WEFT_BEHAVIOR(
    "worker", struct member, working, .init = member_init, .destroy = member_destroy,
    .args_size = sizeof(int), .own_thread = true);

static weft_pid spawn_crew(unsigned n)
{
    weft_pid pid = WEFT_NOBODY;

    cr_assert_eq(weft_rt_spawn_crew(rt, &worker, n, NULL, &pid), 0);
    return pid;
}

static void cast(weft_pid pid, uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid, tag, word), 0);
}

/* --- mail --- */

TestOnWorkers(crew, one_member_takes_mail_in_order)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = spawn_crew(1);
    cast(pid, TAG_WORK, 0);
    story_wait(0, "0");
    for (uint64_t i = 0; i < 5; i++)
        cast(pid, TAG_WORK, 100 + i);
    gate_open(0);
    story_wait(0, "0, 100, 101, 102, 103, 104");
    cr_expect_eq(born, 1);
    story_finish(rt);
    cr_expect_eq(gone, 1);
}

TestOnWorkers(crew, mail_goes_to_who_is_idle)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = spawn_crew(3);
    cast(pid, TAG_WORK, 0);
    story_wait(0, "0");
    cast(pid, TAG_WORK, 1);
    story_wait(0, "0, 1");
    for (uint64_t i = 0; i < 50; i++) /* by the third */
        cast(pid, TAG_WORK, 100);
    wait_until(handled == 50);
    cast(pid, TAG_WORK, 2);
    cast(pid, TAG_WORK, 200); /* waits */
    cr_expect_eq(handled, 50);
    gate_open(1);
    wait_until(handled == 52);
    gate_open(0);
    gate_open(2);
    wait_until(handled == 54);
    cr_expect_eq(story_dead_letters(rt), 0);
    story_finish(rt);
    cr_expect_eq(gone, 3);
}

static atomic_uint answers;

/* Asks as often as it is told, then counts answers. */
static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid *crew = state;
    struct thing thing = {.number = 7};

    if (weft_tag(msg) == TAG_GO) {
        for (uint64_t i = 0; i < weft_word(msg); i++)
            weft_cast_word(self, *crew, i % 2 == 0 ? TAG_GO : TAG_YIELD, i);
        weft_cast(self, *crew, thing_msg(&thing));
    } else {
        answers++;
    }
    return weft_stay(self);
}

static const weft_behavior asker =
    WEFT_BEHAVIOR("asker", weft_pid, asking, .args_size = sizeof(weft_pid));

TestOnWorkers(crew, mail_keeps_its_sender_and_its_block)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = spawn_crew(4);
    cast(story_spawn(rt, 2, &asker, &pid), TAG_GO, 1000);
    wait_until(answers == 1001);
    story_wait(1, "thing 7");
    wait_until(things_ended == 1);
    story_finish(rt);
    cr_expect_eq(things_ended, 1);
}

static weft_next hearing(weft_self *self, void *state, weft_msg *answer)
{
    (void)self, (void)state;
    if (weft_failure(answer) != 0)
        story_tell(2, "%s", weft_err_name(weft_failure(answer)));
    else
        story_tell(2, "answer %d", (int)weft_word(answer));
    return weft_stay(self);
}

static weft_next awaiting(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid *crew = state;

    return weft_await_word(self, *crew, TAG_WORK, weft_word(msg), WEFT_FOREVER, hearing);
}

static const weft_behavior waiter =
    WEFT_BEHAVIOR("waiter", weft_pid, awaiting, .args_size = sizeof(weft_pid));

/* Handed on at once, and from among those that wait. */
TestOnWorkers(crew, a_question_is_answered_by_a_member)
{
    weft_pid pid, asks;

    rt = story_start(workers);
    pid = spawn_crew(1);
    asks = story_spawn(rt, 2, &waiter, &pid);
    cast(asks, TAG_GO, 100);
    story_wait(2, "answer 100");
    cast(pid, TAG_WORK, 0);
    story_wait(0, "100, 0");
    cast(asks, TAG_GO, 101);
    gate_open(0);
    story_wait(2, "answer 100, answer 101");
    cast(pid, TAG_WORK, 1);
    story_wait(0, "100, 0, 101, 1");
    cast(asks, TAG_GO, 102); /* waits, and the crew ends */
    /* by the crew 5, by the asker 3 and 2 answers, by the member 3 and one that it is at */
    wait_until(story_stats(rt).handled == 13);
    cr_expect_eq(weft_rt_stop_actor(rt, pid), 0);
    story_wait(2, "answer 100, answer 101, WEFT_EENDED");
    gate_open(1);
    story_finish(rt);
}

/* --- ends --- */

TestOnWorkers(crew, the_others_go_on_when_a_member_ends)
{
    weft_pid pid;

    rt = story_start(workers);
    pid = spawn_crew(2);
    cast(pid, TAG_END, 0);
    wait_until(gone == 1);
    for (uint64_t i = 0; i < 100; i++)
        cast(pid, TAG_GO, i);
    wait_until(handled == 100);
    cr_expect(weft_rt_alive(rt, pid));
    cast(pid, TAG_END, 0);
    wait_until(!weft_rt_alive(rt, pid)); /* with its last member */
    wait_until(story_stats(rt).own_threads == 0);
    story_finish(rt);
}

static void end_and_expect(unsigned workers, int (*end)(weft_runtime *, weft_pid))
{
    struct thing thing = {.number = 1};
    weft_pid pid;

    rt = story_start(workers);
    pid = spawn_crew(2);
    cast(pid, TAG_WORK, 0);
    story_wait(0, "0");
    cast(pid, TAG_WORK, 1);
    story_wait(0, "0, 1");
    for (unsigned i = 0; i < 10; i++)
        cr_assert_eq(weft_rt_cast(rt, pid, thing_msg(&thing)), 0);
    wait_until(story_stats(rt).handled >= 12);
    cr_assert_eq(end(rt, pid), 0);
    wait_until(story_dead_letters(rt) == 10); /* each is counted behind its destructor */
    cr_expect_eq(things_ended, 10);
    gate_open(0);
    gate_open(1);
    wait_until(gone == 2);
    story_finish(rt);
    cr_expect_eq(things_ended, 10);
}

TestOnWorkers(crew, when_it_is_stopped_its_members_are)
{
    end_and_expect(workers, weft_rt_stop_actor);
}

TestOnWorkers(crew, when_it_is_killed_its_members_are_stopped)
{
    end_and_expect(workers, weft_rt_kill_actor);
}

/* --- making one --- */

TestOnWorkers(crew, all_members_or_none)
{
    static const weft_behavior threadless = WEFT_STATELESS("threadless", working);
    weft_options options;
    weft_pid pid = 1;

    weft_options_init(&options);
    options.workers = workers;
    options.own_threads_max = 3;
    rt = story_start_with(&options);
    cr_expect_eq(weft_rt_spawn_crew(rt, &worker, 4, NULL, &pid), WEFT_ELIMIT);
    cr_expect_eq(pid, WEFT_NOBODY);
    wait_until(story_stats(rt).own_threads == 0 &&
               story_stats(rt).spawned == story_stats(rt).ended);
    cr_expect_eq(weft_rt_spawn_crew(rt, &threadless, 1, NULL, NULL), WEFT_EINVAL);
    cr_expect_eq(weft_rt_spawn_crew(rt, &worker, 0, NULL, NULL), WEFT_EINVAL);
    cr_expect_eq(weft_rt_spawn_crew(rt, NULL, 1, NULL, NULL), WEFT_EINVAL);
    pid = spawn_crew(3);
    cast(pid, TAG_GO, 0);
    wait_until(handled == 1);
    cr_expect_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    cr_expect_eq(weft_rt_spawn_crew(rt, &worker, 1, NULL, NULL), WEFT_ESTOPPING);
    story_finish(rt);
}

TestOnWorkers(crew, none_whose_init_succeeds)
{
    const int args = -1;
    weft_pid pid;

    rt = story_start(workers);
    cr_assert_eq(weft_rt_spawn_crew(rt, &worker, 3, &args, &pid), 0);
    wait_until(!weft_rt_alive(rt, pid));
    cr_expect_eq(gone, 3);
    story_finish(rt);
}
