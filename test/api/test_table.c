/* test_table.c: aim: the rules of mail and life as one table: in each state
 * of an actor's life, what a kill, a stop, a message or a reply makes of it.
 * Method: a subject is brought into the state and held there, by a gate or by workers that are
 * all busy. Another actor, the hand, does the one thing to it. Then the subject is let go; its
 * whole story and the dead letters are compared. A reply is a reply indeed: the hand answers
 * a message that the subject sent it in its init. */
#include "test/support/unit_story.h"

#include <stdio.h>
#include <string.h>

#include <criterion/logging.h>

TestSuite(table, .timeout = 60);

enum { RELIEF = 2 };

/* Whose stories: the subject's, the hand's, and of those who keep all threads busy. */
enum { SUBJECT, HAND, BUSY };
/* Gates: of init; of steps; of the stop hook; of the busy; of the hand. */
enum { INIT_GATE = 1, STEP_GATE, STOP_GATE, BUSY_GATE, HAND_GATE };

enum state { FRESH, STARTING, IDLE, MAIL_QUEUED, YIELDING, ENDING, DEAD, STATES };
enum operation { KILL, STOP, MESSAGE, REPLY, OPERATIONS };

static const char *const state_names[] = {"fresh",    "starting", "idle", "mail queued",
                                          "yielding", "ending",   "dead"};
static const char *const operation_names[] = {"kill", "stop", "message", "reply"};

/* --- the table --- */

static const struct {
    int result;               /* of the operation */
    const char *story;        /* NULL: it cannot be tried */
    unsigned ended, no_actor; /* dead letters by reason; of `ended`, in ENDING, either */
} table[STATES][OPERATIONS] = {
    [FRESH] = {[KILL] = {0, "exit killed", 0, 0},
               [STOP] = {0, "exit stopped", 0, 0},
               [MESSAGE] = {0, "init, step 7", 0, 0}},
    [STARTING] = {[KILL] = {0, "init, exit killed, destroy", 0, 0},
                  [STOP] = {0, "init, stop stopped, exit stopped, destroy", 0, 0},
                  [MESSAGE] = {0, "init, step 7", 0, 0},
                  [REPLY] = {0, "init, step 7", 0, 0}},
    [IDLE] = {[KILL] = {0, "init, exit killed, destroy", 0, 0},
              [STOP] = {0, "init, stop stopped, exit stopped, destroy", 0, 0},
              [MESSAGE] = {0, "init, step 7", 0, 0},
              [REPLY] = {0, "init, step 7", 0, 0}},
    [MAIL_QUEUED] =
        {[KILL] = {0, "init, waits, goes on, exit killed, destroy", 3, 0},
         [STOP] = {0, "init, waits, goes on, stop stopped, exit stopped, destroy", 3, 0},
         [MESSAGE] = {0, "init, waits, goes on, step 1, step 2, step 3, step 7", 0, 0},
         [REPLY] = {0, "init, waits, goes on, step 1, step 2, step 3, step 7", 0, 0}},
    [YIELDING] = {[KILL] = {0, "init, yields, exit killed, destroy", 2, 0},
                  [STOP] = {0, "init, yields, stop stopped, exit stopped, destroy", 2, 0},
                  [MESSAGE] = {0, "init, yields, goes on, step 1, step 7", 0, 0},
                  [REPLY] = {0, "init, yields, goes on, step 1, step 7", 0, 0}},
    [ENDING] = {[KILL] = {0, "init, stop normal, exit normal, destroy", 0, 0},
                [STOP] = {0, "init, stop normal, exit normal, destroy", 0, 0},
                [MESSAGE] = {0, "init, stop normal, exit normal, destroy", 1, 0},
                [REPLY] = {0, "init, stop normal, exit normal, destroy", 1, 0}},
    [DEAD] = {[KILL] = {WEFT_ENOACTOR, "init, exit killed, destroy", 0, 0},
              [STOP] = {WEFT_ENOACTOR, "init, exit killed, destroy", 0, 0},
              [MESSAGE] = {WEFT_ENOACTOR, "init, exit killed, destroy", 0, 1},
              [REPLY] = {WEFT_ENOACTOR, "init, exit killed, destroy", 0, 1}},
};

/* --- the hand --- */

static weft_runtime *rt;
static weft_pid subject, hand;

enum { ASK = 100, DO };

static int operate_inside(weft_self *self, enum operation operation, const weft_msg *msg)
{
    switch (operation) {
    case KILL:
        return weft_kill_actor(self, subject);
    case STOP:
        return weft_stop_actor(self, subject);
    case MESSAGE:
        return weft_cast_word(self, subject, TELL, 7);
    default:
        story_tell(HAND, "asked");
        gate_pass(HAND_GATE);
        return weft_reply_word(self, msg, TELL, 7);
    }
}

static int operate_outside(enum operation operation)
{
    switch (operation) {
    case KILL:
        return weft_rt_kill_actor(rt, subject);
    case STOP:
        return weft_rt_stop_actor(rt, subject);
    default:
        return weft_rt_cast_word(rt, subject, TELL, 7);
    }
}

static weft_next handling(weft_self *self, void *state, weft_msg *msg)
{
    const enum operation operation = *(const enum operation *)state;

    story_tell(HAND, "did %d", operate_inside(self, operation, msg));
    return weft_stay(self);
}

static const weft_behavior handy =
    WEFT_BEHAVIOR("hand", enum operation, handling, .args_size = sizeof(enum operation));

/* --- the subject: a probe that asks the hand first, if it is to have a reply --- */

struct subject {
    struct probe probe;
    bool asks;
};

static weft_behavior subject_behavior;

static weft_next subject_init(weft_self *self, void *state, const void *args)
{
    if (((const struct subject *)args)->asks)
        weft_cast_word(self, hand, ASK, 0);
    return probe.init(self, state, args);
}

/* The rest of it is the probe's. */
static void make_subject(enum state state, enum operation operation)
{
    struct subject args = {.probe = probe_of(SUBJECT), .asks = operation == REPLY};

    if (state == STARTING) {
        args.probe.init = PLAN_WAIT;
        args.probe.gate = INIT_GATE;
    } else if (state == ENDING) {
        args.probe.stop = PLAN_WAIT;
        args.probe.gate = STOP_GATE;
    }
    subject_behavior = probe;
    subject_behavior.state_size = sizeof(struct subject);
    subject_behavior.args_size = sizeof(struct subject);
    subject_behavior.init = subject_init;
    subject = story_spawn(rt, SUBJECT, &subject_behavior, &args);
}

/* --- into the state --- */

static weft_next being_busy(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    story_tell(BUSY + (unsigned)weft_word(msg), "busy");
    gate_pass(BUSY_GATE);
    return weft_stay(self);
}

/* So that nobody is there to start the subject. */
static void keep_threads_busy(unsigned threads)
{
    static const weft_behavior busy = WEFT_STATELESS("busy", being_busy);

    for (unsigned i = 0; i < threads; i++) {
        weft_pid pid;

        cr_assert_eq(weft_rt_spawn(rt, &busy, NULL, &pid), 0);
        cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, i), 0);
    }
    for (unsigned i = 0; i < threads; i++)
        story_wait(BUSY + i, "busy");
}

static void cast(uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, subject, tag, word), 0);
}

static void bring_into(enum state state)
{
    if (state == FRESH)
        return;
    story_wait(SUBJECT, "init");
    switch (state) {
    case MAIL_QUEUED:
        cast(WAIT, STEP_GATE);
        story_wait(SUBJECT, "init, waits");
        for (uint64_t i = 1; i <= 3; i++)
            cast(TELL, i);
        break;
    case YIELDING:
        cast(YIELD, STEP_GATE);
        story_wait(SUBJECT, "init, yields");
        cast(TELL, 1);
        break;
    case ENDING:
        cast(END, 0);
        story_wait(SUBJECT, "init, stop normal");
        break;
    case DEAD:
        cr_assert_eq(weft_rt_kill_actor(rt, subject), 0);
        story_wait(SUBJECT, "init, exit killed, destroy");
        break;
    default:
        break;
    }
}

/* --- one field of the table --- */

static void do_it(enum operation operation, bool outside, int expected)
{
    char did[20];

    snprintf(did, sizeof did, "%sdid %d", operation == REPLY ? "asked, " : "", expected);
    if (outside) {
        cr_expect_eq(operate_outside(operation), expected);
        return;
    }
    if (operation == REPLY)
        gate_open(HAND_GATE);
    else
        cr_assert_eq(weft_rt_cast_word(rt, hand, DO, 0), 0);
    story_wait(HAND, did);
}

static void expect_dead_letters(enum state state, unsigned ended, unsigned no_actor)
{
    weft_stats stats;

    wait_until(story_dead_letters(rt) >= ended + no_actor);
    stats = story_stats(rt);
    cr_expect_eq(story_dead_letters(rt), ended + no_actor);
    if (state != ENDING) /* the moment at which its pid is nobody's is not fixed */
        cr_expect_eq(stats.dead[WEFT_DEAD_ENDED], ended);
}

static void try_field(unsigned workers, enum state state, enum operation operation,
                      bool outside)
{
    const char *whole = table[state][operation].story;
    weft_options options;

    cr_log_info("%u workers: %s, %s%s", workers, state_names[state],
                operation_names[operation], outside ? " from outside" : "");
    story_clear();
    weft_options_init(&options);
    options.workers = workers;
    options.relief = RELIEF;
    rt = story_start_with(&options);
    if (state == FRESH)
        keep_threads_busy(workers + RELIEF);
    hand = story_spawn(rt, HAND, &handy, &operation);
    make_subject(state, operation);
    bring_into(state);
    if (operation == REPLY)
        story_wait(HAND, "asked");
    do_it(operation, outside, table[state][operation].result);
    if (state == YIELDING && (operation == KILL || operation == STOP))
        story_wait(SUBJECT, whole); /* no need to let it go */
    for (unsigned gate = 0; gate < GATES; gate++)
        gate_open(gate);
    story_wait(SUBJECT, whole);
    expect_dead_letters(state, table[state][operation].ended,
                        table[state][operation].no_actor);
    cr_expect_eq(weft_rt_kill_actor(rt, subject),
                 strstr(table[state][operation].story, "exit") != NULL ? WEFT_ENOACTOR
                                                                       : 0);
    story_finish(rt);
}

static void try_row(unsigned workers, enum state state)
{
    for (enum operation operation = KILL; operation < OPERATIONS; operation++) {
        if (table[state][operation].story == NULL)
            continue;
        if (state != FRESH) /* there no thread is free for the hand */
            try_field(workers, state, operation, false);
        if (operation !=
            REPLY) /* an actor alone can reply, and a fresh one has not asked */
            try_field(workers, state, operation, true);
    }
}

#define Row(name, state)         \
    TestOnWorkers(table, name)   \
    {                            \
        try_row(workers, state); \
    }

Row(a_fresh_actor, FRESH) Row(a_starting_actor, STARTING) Row(an_idle_actor, IDLE)
    Row(an_actor_with_mail, MAIL_QUEUED) Row(a_yielding_actor, YIELDING)
        Row(an_ending_actor, ENDING) Row(a_dead_actor, DEAD)
