/* test/sim/test_call.c: aim: every question is answered once, or fails once, whatever happens to
 * whom it was asked.
 * Method: clients ask servers in every way there is; servers answer, refuse, forget, answer late,
 * hand on, ask others first, fail, and are killed. Clients are not: they hear of each of their
 * questions. */
#include "test/support/sim_seeds.h"

TestSuite(sim_call, .timeout = 900);

enum { CLIENTS = 5, SERVERS = 6, QUESTIONS = 20, TAG_GO = 1, TAG_QUESTION, TAG_ANSWER };

struct client {
    uint32_t me, left;
};
struct server {
    weft_due due;
};

static weft_pid servers[SERVERS];
static uint64_t open_asks[CLIENTS][QUESTIONS + 1], asked, heard, wrong;
static const weft_behavior server;

/* --- servers --- */

static weft_next answering(weft_self *self, void *state, weft_msg *msg);

static weft_next passed_on(weft_self *self, void *state, weft_msg *answer)
{
    struct server *s = state;

    if (weft_failure(answer) != 0)
        weft_answer_error(self, s->due, weft_failure(answer));
    else
        weft_answer_word(self, s->due, TAG_ANSWER, weft_word(answer));
    s->due = 0;
    return weft_stay(self);
}

static void answer_old(weft_self *self, struct server *s)
{
    if (s->due != 0)
        weft_answer_word(self, s->due, TAG_ANSWER, 5);
    s->due = 0;
}

static weft_next answering(weft_self *self, void *state, weft_msg *msg)
{
    struct server *s = state;
    weft_pid other = servers[weft_random(self, SERVERS)];

    answer_old(self, s);
    switch (weft_random(self, 9)) {
    case 0:
        return weft_stay(self); /* forgotten */
    case 1:
        weft_reply_error(self, msg, -77);
        return weft_stay(self);
    case 2:
        s->due = weft_reply_later(self, msg);
        return weft_stay(self);
    case 3:
        s->due = weft_reply_later(self, msg);
        weft_hand_on(self, s->due, other, weft_word_letter(TAG_QUESTION, 0));
        s->due = 0;
        return weft_stay(self);
    case 4:
        s->due = weft_reply_later(self, msg);
        return weft_await_word(self, other, TAG_QUESTION, 1, WEFT_MS(30), passed_on);
    case 5:
        return weft_random(self, 4) == 0 ? weft_fail(self, -9, "server")
                                         : weft_yield(self);
    default:
        weft_reply_word(self, msg, TAG_ANSWER, 1);
        return weft_stay(self);
    }
}

static const weft_behavior server = WEFT_BEHAVIOR("server", struct server, answering);

/* --- clients --- */

static weft_next awaited(weft_self *self, void *state, weft_msg *answer)
{
    (void)state;
    heard++;
    wrong += weft_failure(answer) == 0 && weft_tag(answer) != TAG_ANSWER;
    weft_cast_word(self, weft_self_pid(self), TAG_GO, 0);
    return weft_stay(self);
}

static weft_next ask_one(weft_self *self, struct client *c)
{
    weft_pid to = servers[weft_random(self, SERVERS)];
    uint64_t timeout_ns = WEFT_MS(1 + weft_random(self, 40));
    weft_question q;

    c->left--;
    asked++;
    if (weft_random(self, 2) == 0)
        return weft_await_word(self, to, TAG_QUESTION, 0, timeout_ns, awaited);
    if (weft_ask(self, to, weft_word_letter(TAG_QUESTION, 0), timeout_ns, &q) < 0)
        heard++;
    else
        open_asks[c->me][c->left] = q;
    weft_cast_word(self, weft_self_pid(self), TAG_GO, 0);
    return weft_stay(self);
}

static void strike_off(struct client *c, weft_question q)
{
    for (int i = 0; i < QUESTIONS; i++)
        if (open_asks[c->me][i] == q) {
            open_asks[c->me][i] = 0;
            heard++;
            return;
        }
    wrong++;
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    struct client *c = state;

    if (weft_msg_question(msg) != 0)
        strike_off(c, weft_msg_question(msg));
    else if (c->left > 0)
        return ask_one(self, c);
    return weft_stay(self);
}

static const weft_behavior client =
    WEFT_BEHAVIOR("client", struct client, asking, .args_size = sizeof(struct client));

/* --- the world --- */

static int build(weft_runtime *rt, void *context)
{
    int error = 0;

    (void)context;
    memset(open_asks, 0, sizeof open_asks);
    asked = heard = wrong = 0;
    for (int i = 0; i < SERVERS && error == 0; i++)
        error = weft_rt_spawn(rt, &server, NULL, &servers[i]);
    for (uint32_t i = 0; i < CLIENTS && error == 0; i++) {
        struct client args = {i, QUESTIONS};
        weft_pid pid;

        error = weft_rt_spawn(rt, &client, &args, &pid);
        if (error == 0)
            error = weft_rt_cast_word(rt, pid, TAG_GO, 0);
    }
    return error;
}

static bool none_twice(void *context)
{
    (void)context;
    return wrong == 0 && heard <= asked;
}

static bool all_heard(void *context)
{
    (void)context;
    return heard == asked;
}

static bool is_server(void *context, weft_pid pid, const char *behavior)
{
    (void)context, (void)pid;
    return strcmp(behavior, "server") == 0;
}

static const weft_sim world = {.name = "test_call",
                               .build = build,
                               .check = none_twice,
                               .check_name = "no answer twice",
                               .may_kill = is_server,
                               .turns_max = 20000,
                               .deadlocks_allowed = true};

static bool at_last(void *context)
{
    return all_heard(context) && asked > 0;
}

static int heard_of_all(weft_runtime *rt, void *context)
{
    (void)rt;
    return at_last(context) ? 0 : WEFT_EBROKEN;
}

Test(sim_call, each_question_once)
{
    weft_sim sim = world;

    sim.end = heard_of_all;
    sim_seeds(&sim, WEFT_SIM_SLOW_STEPS | WEFT_SIM_DELAYS | WEFT_SIM_CLOCK_JUMPS |
                        WEFT_SIM_KILLS);
}
