/* test_mail_table.c: aim: the rules of mail and life (docs/layouts.md) for actors that wait, put
 * aside and drain, as one table: in each state, what becomes of a request to end, of an answer,
 * a failure or a deadline that was waited for, of a message, a question, and somebody's wait
 * for the end.
 * Method: as test_table.c. A subject is brought into the state and held there. The hand does
 * the one thing to it; a keeper has the question that the subject has asked. Then the subject
 * is let go; stories and dead letters are compared. */
#include "test/support/unit_talk.h"

#include <stdio.h>
#include <string.h>

#include <criterion/logging.h>

TestSuite(mail_table, .timeout = 60);

enum { RELIEF = 2 };
enum { SUBJECT, HAND, KEEPER, SLOW, PEER };
enum { GATE = 1 };

enum state {
    NEWBORN,   /* its init runs */
    STEPPING,  /* a step of it runs */
    AWAITING,  /* an answer */
    RECEIVING, /* waits for a message of another kind than those that come */
    STASHING,  /* has put a message aside */
    YIELDING,
    HELD,          /* until a slow one has room */
    HELD_AWAITING, /* ... and awaits an answer */
    DRAINING,      /* a step of it runs, and it was asked to drain */
    STOPPING,      /* its stop hook runs */
    DEAD,
    STATES
};
enum operation {
    KILL,
    STOP,
    DRAIN,
    ANSWER,
    FAILURE,
    DEADLINE,
    MESSAGE,
    QUESTION,
    WATCH,
    DOWN,    /* of a peer that it watches */
    EXIT,    /* of a peer that it is linked with */
    TRAPPED, /* the same, and it traps exits */
    OPERATIONS
};

static const char *const state_names[] = {
    "newborn", "stepping",       "awaiting", "receiving", "stashing", "yielding",
    "held",    "held, awaiting", "draining", "stopping",  "dead"};
static const char *const operation_names[] = {
    "kill",    "stop",     "drain", "answer", "failure", "deadline",
    "message", "question", "watch", "down",   "exit",    "trapped"};

/* --- the table --- */

/* How each story begins. */
static const char *const begins[] = {
    [NEWBORN] = "init",
    [STEPPING] = "init, waits",
    [AWAITING] = "init, awaits",
    [RECEIVING] = "init, receives",
    [STASHING] = "init, aside",
    [YIELDING] = "init, yields",
    [HELD] = "init, sends",
    [HELD_AWAITING] = "init, sends",
    [DRAINING] = "init, waits",
    [STOPPING] = "init, stop 0",
    [DEAD] = "init, exit killed, destroy",
};

#define KILLED  ", exit killed, destroy"
#define STOPPED ", stop 1, exit stopped, destroy"
#define DRAINED ", stop 5, exit drained, destroy"
#define NORMAL  ", exit normal, destroy"
#define LINKED  ", stop 6, exit linked, destroy"
#define ON      ", goes on"

#define EITHER "WEFT_EENDED|WEFT_ENOACTOR"

/* How it goes on; what the hand hears; dead letters; what the operation returns. */
static const struct {
    const char *rest; /* NULL: it cannot be tried, for a deadline may come at any time */
    const char *hand;
    unsigned dead;
    int result;
} table[STATES][OPERATIONS] = {
    [NEWBORN] = {[KILL] = {.rest = KILLED},
                 [STOP] = {.rest = STOPPED},
                 [DRAIN] = {.rest = DRAINED},
                 [ANSWER] = {.rest = ", 42"},
                 [FAILURE] = {.rest = ", WEFT_EENDED"},
                 [DEADLINE] = {.rest = ", WEFT_ETIMEDOUT"},
                 [MESSAGE] = {.rest = ", 7"},
                 [QUESTION] = {.rest = ", asked 7", .hand = "8"},
                 [WATCH] = {.rest = "", .hand = "2|WEFT_ENOACTOR"},
                 [DOWN] = {.rest = ", down"},
                 [EXIT] = {.rest = LINKED},
                 [TRAPPED] = {.rest = ", exit"}},
    [STEPPING] = {[KILL] = {.rest = ON KILLED},
                  [STOP] = {.rest = ON STOPPED},
                  [DRAIN] = {.rest = ON DRAINED},
                  [ANSWER] = {.rest = ON ", 42"},
                  [FAILURE] = {.rest = ON ", WEFT_EENDED"},
                  [DEADLINE] = {.rest = ON ", WEFT_ETIMEDOUT"},
                  [MESSAGE] = {.rest = ON ", 7"},
                  [QUESTION] = {.rest = ON ", asked 7", .hand = "8"},
                  [WATCH] = {.rest = ON, .hand = "2|WEFT_ENOACTOR"},
                  [DOWN] = {.rest = ON ", down"},
                  [EXIT] = {.rest = ON LINKED},
                  [TRAPPED] = {.rest = ON ", exit"}},
    [AWAITING] = {[KILL] = {.rest = KILLED},
                  [STOP] = {.rest = ", 42" STOPPED},
                  [DRAIN] = {.rest = ", 42" DRAINED},
                  [ANSWER] = {.rest = ", 42"},
                  [FAILURE] = {.rest = ", WEFT_EENDED"},
                  [DEADLINE] = {.rest = ", WEFT_ETIMEDOUT"},
                  [MESSAGE] = {.rest = ", 42, 7"},
                  [QUESTION] = {.rest = ", 42, asked 7", .hand = "8"},
                  [WATCH] = {.rest = ", 42", .hand = "2|WEFT_ENOACTOR"},
                  [DOWN] = {.rest = ", 42, down"},
                  [EXIT] = {.rest = ", 42" LINKED},
                  [TRAPPED] = {.rest = ", 42, exit"}},
    [RECEIVING] = {[KILL] = {.rest = KILLED},
                   [STOP] = {.rest = STOPPED},
                   [DRAIN] = {.rest = DRAINED},
                   [ANSWER] = {.rest = ", 100, 42"},
                   [FAILURE] = {.rest = ", 100, WEFT_EENDED"},
                   [DEADLINE] = {.rest = ", 100, WEFT_ETIMEDOUT"},
                   [MESSAGE] = {.rest = ", 100, 7"},
                   [QUESTION] = {.rest = ", 100, asked 7", .hand = "8"},
                   [WATCH] = {.rest = ", 100", .hand = "2|WEFT_ENOACTOR"},
                   [DOWN] = {.rest = ", 100, down"},
                   [EXIT] = {.rest = LINKED},
                   [TRAPPED] = {.rest = ", 100, exit"}},
    [STASHING] = {[KILL] = {.rest = KILLED, .hand = NULL, .dead = 1},
                  [STOP] = {.rest = STOPPED, .hand = NULL, .dead = 1},
                  [DRAIN] = {.rest = DRAINED, .hand = NULL, .dead = 1},
                  [ANSWER] = {.rest = ", 42"},
                  [FAILURE] = {.rest = ", WEFT_EENDED"},
                  [DEADLINE] = {.rest = ", WEFT_ETIMEDOUT"},
                  [MESSAGE] = {.rest = ", 7"},
                  [QUESTION] = {.rest = ", asked 7", .hand = "8"},
                  [WATCH] = {.rest = "", .hand = "2|WEFT_ENOACTOR"},
                  [DOWN] = {.rest = ", down"},
                  [EXIT] = {.rest = LINKED, .hand = NULL, .dead = 1},
                  [TRAPPED] = {.rest = ", exit"}},
    [YIELDING] = {[KILL] = {.rest = KILLED, .hand = NULL, .dead = 1},
                  [STOP] = {.rest = STOPPED, .hand = NULL, .dead = 1},
                  [DRAIN] = {.rest = ON DRAINED},
                  [ANSWER] = {.rest = ON ", 42"},
                  [FAILURE] = {.rest = ON ", WEFT_EENDED"},
                  [DEADLINE] = {.rest = ON ", WEFT_ETIMEDOUT"},
                  [MESSAGE] = {.rest = ON ", 7"},
                  [QUESTION] = {.rest = ON ", asked 7", .hand = "8"},
                  [WATCH] = {.rest = ON, .hand = "2|WEFT_ENOACTOR"},
                  [DOWN] = {.rest = ON ", down"},
                  [EXIT] = {.rest = LINKED, .hand = NULL, .dead = 1},
                  [TRAPPED] = {.rest = ON ", exit"}},
    [HELD] = {[KILL] = {.rest = KILLED},
              [STOP] = {.rest = STOPPED},
              [DRAIN] = {.rest = DRAINED},
              [ANSWER] = {.rest = ", 42"},
              [FAILURE] = {.rest = ", WEFT_EENDED"},
              [DEADLINE] = {.rest = ", WEFT_ETIMEDOUT"},
              [MESSAGE] = {.rest = ", 7"},
              [QUESTION] = {.rest = ", asked 7", .hand = "8"},
              [WATCH] = {.rest = "", .hand = "2|WEFT_ENOACTOR"},
              [DOWN] = {.rest = ", down"},
              [EXIT] = {.rest = LINKED},
              [TRAPPED] = {.rest = ", exit"}},
    [HELD_AWAITING] = {[KILL] = {.rest = KILLED},
                       [STOP] = {.rest = ", 42" STOPPED},
                       [DRAIN] = {.rest = ", 42" DRAINED},
                       [ANSWER] = {.rest = ", 42"},
                       [FAILURE] = {.rest = ", WEFT_EENDED"},
                       [DEADLINE] = {.rest = ", WEFT_ETIMEDOUT"},
                       [MESSAGE] = {.rest = ", 42, 7"},
                       [QUESTION] = {.rest = ", 42, asked 7", .hand = "8"},
                       [WATCH] = {.rest = ", 42", .hand = "2|WEFT_ENOACTOR"},
                       [DOWN] = {.rest = ", 42, down"},
                       [EXIT] = {.rest = ", 42" LINKED},
                       [TRAPPED] = {.rest = ", 42, exit"}},
    [DRAINING] = {[KILL] = {.rest = ON KILLED},
                  [STOP] = {.rest = ON STOPPED},
                  [DRAIN] = {.rest = ON DRAINED},
                  [ANSWER] = {.rest = ON DRAINED, .hand = NULL, .dead = 1},
                  [FAILURE] = {.rest = ON DRAINED},
                  [MESSAGE] = {.rest = ON DRAINED, .hand = NULL, .dead = 1},
                  [QUESTION] = {.rest = ON DRAINED, .hand = EITHER, .dead = 1},
                  [WATCH] = {.rest = ON DRAINED, .hand = "5|WEFT_ENOACTOR"},
                  [DOWN] = {.rest = ON DRAINED},
                  [EXIT] = {.rest = ON LINKED},
                  [TRAPPED] = {.rest = ON ", exit" DRAINED}},
    [STOPPING] = {[KILL] = {.rest = NORMAL},
                  [STOP] = {.rest = NORMAL},
                  [DRAIN] = {.rest = NORMAL},
                  [ANSWER] = {.rest = NORMAL, .hand = NULL, .dead = 1},
                  [FAILURE] = {.rest = NORMAL},
                  [DEADLINE] = {.rest = NORMAL},
                  [MESSAGE] = {.rest = NORMAL, .hand = NULL, .dead = 1},
                  [QUESTION] = {.rest = NORMAL, .hand = EITHER, .dead = 1},
                  [WATCH] = {.rest = NORMAL, .hand = "0|WEFT_ENOACTOR"},
                  [DOWN] = {.rest = NORMAL},
                  [EXIT] = {.rest = NORMAL},
                  [TRAPPED] = {.rest = NORMAL}},
    [DEAD] = {[KILL] = {.rest = "", .hand = NULL, .dead = 0, .result = WEFT_ENOACTOR},
              [STOP] = {.rest = "", .hand = NULL, .dead = 0, .result = WEFT_ENOACTOR},
              [DRAIN] = {.rest = "", .hand = NULL, .dead = 0, .result = WEFT_ENOACTOR},
              [ANSWER] = {.rest = "", .hand = NULL, .dead = 1, .result = WEFT_ENOACTOR},
              [FAILURE] = {.rest = ""},
              [MESSAGE] = {.rest = "", .hand = NULL, .dead = 1, .result = WEFT_ENOACTOR},
              [QUESTION] = {.rest = "", .hand = "WEFT_ENOACTOR", .dead = 1},
              [WATCH] = {.rest = "", .hand = "WEFT_ENOACTOR"},
              [DOWN] = {.rest = ""},
              [EXIT] = {.rest = ""},
              [TRAPPED] = {.rest = ""}},
};

/* --- the keeper and the hand --- */

static weft_runtime *rt;
static weft_pid subject, hand, keeper, slow, peer;

enum { ASK = 100, DO, ENTER };

static weft_next keeping(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    if (weft_tag(msg) == ASK) {
        t->due = weft_reply_later(self, msg);
        story_tell(KEEPER, "keeps");
    } else {
        story_tell(KEEPER, "did %d", weft_answer_word(self, t->due, TELL, 42));
    }
    return weft_stay(self);
}

static weft_next did(weft_self *self, int result)
{
    story_tell(HAND, "did %d", result);
    return weft_stay(self);
}

static weft_next handling(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    switch ((enum operation)weft_word(msg)) {
    case KILL:
        return did(self, weft_kill_actor(self, subject));
    case STOP:
        return did(self, weft_stop_actor(self, subject));
    case DRAIN:
        return did(self, weft_drain_actor(self, subject));
    case MESSAGE:
        return did(self, weft_cast_word(self, subject, TELL, 7));
    case QUESTION:
        return weft_await(self, subject, weft_word_letter(ASK, 7), WEFT_FOREVER,
                          talker_tells);
    default:
        return weft_await_end(self, subject, WEFT_FOREVER, talker_tells);
    }
}

/* It has room for one message, and does nothing until it may. */
static weft_next slowly(weft_self *self, void *slow_one, weft_msg *msg)
{
    (void)slow_one, (void)msg;
    return gate_is_open(GATE) ? weft_stay(self) : weft_yield(self);
}

static const weft_behavior slow_behavior =
    WEFT_STATELESS("slow", slowly, .mailbox_max = 1, .overflow = WEFT_OVERFLOW_HOLD);

Talker(keeper_behavior, keeping);
Talker(hand_behavior, handling);

/* --- the subject --- */

static enum state state;
static enum operation operation;

static bool is_hundred(void *talker, const weft_msg *msg)
{
    (void)talker;
    return weft_tag(msg) == TELL && weft_word(msg) == 100;
}

static uint64_t timeout(void)
{
    return operation == DEADLINE ? WEFT_MS(1) : WEFT_FOREVER;
}

static bool awaits(void)
{
    return state == AWAITING || state == HELD_AWAITING;
}

/* What is answered, fails or is late in this field, or whom it is tied to. */
static void ask(weft_self *self)
{
    if (operation == DOWN)
        cr_expect_eq(weft_monitor(self, peer, NULL), 0);
    if (operation == TRAPPED)
        cr_expect_eq(weft_trap_exits(self, true), 0);
    if (operation == EXIT || operation == TRAPPED)
        cr_expect_eq(weft_link(self, peer), 0);
    if (!awaits() && operation >= ANSWER && operation <= DEADLINE)
        cr_expect_eq(weft_ask(self, keeper, weft_signal(ASK), timeout(), NULL), 0);
}

static weft_next enter(weft_self *self, struct talker *t)
{
    switch (state) {
    case STEPPING:
    case DRAINING:
        story_tell(SUBJECT, "waits");
        gate_pass(GATE);
        story_tell(SUBJECT, "goes on");
        return weft_stay(self);
    case AWAITING:
        story_tell(SUBJECT, "awaits");
        return weft_await(self, keeper, weft_signal(ASK), timeout(), talker_tells);
    case RECEIVING:
        story_tell(SUBJECT, "receives");
        return weft_receive(self, is_hundred, WEFT_FOREVER, talker_tells);
    case STASHING:
        story_tell(SUBJECT, "aside");
        return weft_stash(self);
    case YIELDING:
        if (t->n == 1)
            story_tell(SUBJECT, "yields");
        if (!gate_is_open(GATE))
            return weft_yield(self);
        story_tell(SUBJECT, "goes on");
        return weft_stay(self);
    case HELD:
    case HELD_AWAITING:
        story_tell(SUBJECT, "sends");
        for (unsigned i = 0; i < 3; i++) /* one that runs, one that waits, one too many */
            cr_expect_eq(weft_cast_word(self, slow, TELL, 0), 0);
        return state == HELD
                   ? weft_stay(self)
                   : weft_await(self, keeper, weft_signal(ASK), timeout(), talker_tells);
    default:
        return weft_stop(self);
    }
}

static weft_next living(weft_self *self, void *talker, weft_msg *msg)
{
    struct talker *t = talker;
    weft_link_exit exit;
    weft_down down;

    if (weft_down_get(msg, &down) || weft_link_exit_get(msg, &exit)) {
        story_tell(SUBJECT, weft_down_get(msg, &down) ? "down" : "exit");
        return weft_stay(self);
    }
    if (weft_tag(msg) == ENTER) {
        if (t->n++ == 0)
            ask(self);
        return enter(self, t);
    }
    if (weft_is_question(msg)) {
        story_tell(SUBJECT, "asked %u", (unsigned)weft_word(msg));
        return talker_answers(self, talker, msg);
    }
    return talker_tells(self, talker, msg);
}

static weft_next beginning(weft_self *self, void *talker, const void *args)
{
    (void)talker, (void)args;
    story_tell(SUBJECT, "init");
    if (state == NEWBORN || state == DEAD)
        ask(self);
    if (state == NEWBORN)
        gate_pass(GATE);
    return weft_stay(self);
}

static void stopping(weft_self *self, void *talker, const weft_reason *reason)
{
    talker_stop(self, talker, reason);
    if (state == STOPPING)
        gate_pass(GATE);
}

static const weft_behavior subject_behavior =
    WEFT_BEHAVIOR("subject", struct talker, living, .init = beginning, .stop = stopping,
                  .destroy = talker_destroy);

/* --- one field of the table --- */

static void wait_for_keeper(void)
{
    if (awaits() || (operation >= ANSWER && operation <= DEADLINE))
        story_wait(KEEPER, "keeps");
}

static bool is_held(void)
{
    weft_actor_info info = {.size = sizeof info};

    return weft_actor_read(rt, subject, &info) == 0 && info.life == WEFT_LIFE_HELD;
}

static void bring_into(void)
{
    story_wait(SUBJECT, "init");
    if (state == DEAD) {
        wait_for_keeper();
        cr_assert_eq(weft_rt_kill_actor(rt, subject), 0);
    } else if (state != NEWBORN) {
        cast_to(rt, subject, ENTER, 0);
    }
    if (operation != DEADLINE || (state != AWAITING && state != STASHING))
        story_wait(SUBJECT, begins[state]); /* else it goes on by itself */
    wait_for_keeper();
    if (state == HELD || state == HELD_AWAITING)
        wait_until(is_held());
    if (state == DRAINING)
        cr_assert_eq(weft_rt_drain_actor(rt, subject), 0);
}

static void answer(int result)
{
    char story[40];

    snprintf(story, sizeof story, "keeps, did %d", result);
    cast_to(rt, keeper, DO, 0);
    story_wait(KEEPER, story);
}

/* It is over, and who is tied to it has been told. */
static void end_peer(void)
{
    uint64_t ended = story_stats(rt).ended;

    if (state == DEAD && operation != DOWN) { /* it was taken along */
        wait_until(!weft_rt_alive(rt, peer));
        return;
    }
    cr_assert_eq(weft_rt_kill_actor(rt, peer), 0);
    wait_until(story_stats(rt).ended > ended);
}

static void operate(void)
{
    int result = table[state][operation].result;
    char story[20];

    switch (operation) {
    case ANSWER:
        answer(result);
        break;
    case FAILURE:
        cr_assert_eq(weft_rt_kill_actor(rt, keeper), 0);
        wait_until(!weft_rt_alive(rt, keeper));
        break;
    case DEADLINE:
        break;
    case DOWN:
    case EXIT:
    case TRAPPED:
        end_peer();
        break;
    default:
        cast_to(rt, hand, DO, operation);
        if (operation == QUESTION || operation == WATCH)
            break;
        if (state == DRAINING && operation == MESSAGE) /* or 0: it may be on its way */
            break;
        snprintf(story, sizeof story, "did %d", result);
        story_wait(HAND, story);
    }
}

/* What it waits for comes, if it was not that. */
static void let_go(void)
{
    if (state == YIELDING &&
        (operation == KILL || operation == STOP || operation == EXIT))
        return;
    gate_open(GATE);
    if (awaits() && (operation == STOP || operation == DRAIN || operation > DEADLINE))
        answer(0);
    if (state == RECEIVING && operation > DRAIN && operation != EXIT)
        cast_to(rt, subject, TELL, 100);
}

/* One of those with a bar between. */
static bool hand_heard(const char *expected)
{
    char heard[64];
    const char *bar = strchr(expected, '|');
    size_t length = bar != NULL ? (size_t)(bar - expected) : strlen(expected);

    snprintf(heard, sizeof heard, "%s", story_of(HAND));
    return (strlen(heard) == length && memcmp(heard, expected, length) == 0) ||
           (bar != NULL && strcmp(heard, bar + 1) == 0);
}

static void check(void)
{
    char story[200];
    const char *heard = table[state][operation].hand;
    unsigned dead = table[state][operation].dead;

    snprintf(story, sizeof story, "%s%s", begins[state], table[state][operation].rest);
    story_wait(SUBJECT, story);
    wait_until(story_dead_letters(rt) >= dead);
    cr_expect_eq(story_dead_letters(rt), dead);
    if (operation == WATCH)
        weft_rt_kill_actor(rt, subject);
    if (heard != NULL)
        wait_until(hand_heard(heard));
}

static void try_field(unsigned workers)
{
    weft_options options;

    cr_log_info("%u workers: %s, %s", workers, state_names[state],
                operation_names[operation]);
    story_clear();
    weft_options_init(&options);
    options.workers = workers;
    options.relief = RELIEF;
    rt = story_start_with(&options);
    hand = talker_spawn(rt, HAND, &hand_behavior, WEFT_NOBODY);
    keeper = talker_spawn(rt, KEEPER, &keeper_behavior, WEFT_NOBODY);
    slow = story_spawn(rt, SLOW, &slow_behavior, NULL);
    peer = talker_spawn(rt, PEER, &keeper_behavior, WEFT_NOBODY);
    subject = story_spawn(rt, SUBJECT, &subject_behavior, NULL);
    bring_into();
    operate();
    let_go();
    check();
    story_finish(rt);
}

static void try_row(unsigned workers, enum state row)
{
    state = row;
    for (operation = KILL; operation < OPERATIONS; operation++)
        if (table[state][operation].rest != NULL)
            try_field(workers);
}

#define Row(name, state)            \
    TestOnWorkers(mail_table, name) \
    {                               \
        try_row(workers, state);    \
    }

Row(a_newborn, NEWBORN) Row(one_that_steps, STEPPING) Row(one_that_awaits, AWAITING)
    Row(one_that_receives, RECEIVING) Row(one_that_stashes, STASHING)
        Row(one_that_yields, YIELDING) Row(one_that_is_held, HELD)
            Row(one_that_is_held_and_awaits, HELD_AWAITING) Row(one_that_drains, DRAINING)
                Row(one_that_stops, STOPPING) Row(a_dead_one, DEAD)
