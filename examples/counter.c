/* counter.c: an actor that counts, and one that asks it.
 *
 * The smallest program there is: one declared message, two behaviours, one question and
 * its answer. The client never waits: the answers come to it as mail. */
#include <inttypes.h>
#include <stdio.h>

#include <weft.h>

enum { TAG_INC = 1, TAG_COUNT };

#define INC_FIELDS(F) F(int64_t, amount)
WEFT_MESSAGE(inc, TAG_INC, INC_FIELDS)

/* --- the counter: adds, and tells whoever asked how far it has come --- */

struct counter {
    int64_t count;
};

static weft_next counting(weft_self *self, void *state, weft_msg *msg)
{
    struct counter *counter = state;
    struct inc inc;

    if (inc_get(msg, &inc)) {
        counter->count += inc.amount;
        weft_reply_word(self, msg, TAG_COUNT, (uint64_t)counter->count);
    }
    return weft_stay(self);
}

static const weft_behavior counter = WEFT_BEHAVIOR("counter", struct counter, counting);

/* --- the client: asks with 1, 2, 3 ... and knows what it must hear --- */

enum { QUESTIONS = 10 };

struct client {
    weft_pid counter;
    int64_t answers;
};

/* The args are the counter's pid. All questions go out at once; mail between two actors
 * keeps its order, so the answers come back in the order of the questions. */
static weft_next client_init(weft_self *self, void *state, const void *args)
{
    struct client *client = state;

    client->counter = *(const weft_pid *)args;
    for (int64_t amount = 1; amount <= QUESTIONS; amount++)
        weft_cast(self, client->counter, inc_msg(amount));
    return weft_stay(self);
}

static weft_next hearing(weft_self *self, void *state, weft_msg *msg)
{
    struct client *client = state;
    int64_t count = (int64_t)weft_word(msg);
    int64_t expected;

    if (weft_tag(msg) != TAG_COUNT)
        return weft_stay(self);

    client->answers++;
    expected = client->answers * (client->answers + 1) / 2;
    printf("after %2" PRId64 " questions the count is %2" PRId64 "\n", client->answers,
           count);
    if (count != expected)
        weft_exit(self, 1);
    else if (client->answers == QUESTIONS)
        weft_exit(self, 0);
    return weft_stay(self);
}

static const weft_behavior client = WEFT_BEHAVIOR(
    "client", struct client, hearing, .init = client_init, .args_size = sizeof(weft_pid));

int main(void)
{
    weft_runtime *rt = NULL;
    weft_pid pid = WEFT_NOBODY;
    int code = 1;
    int error = weft_start(&rt, NULL);

    if (error == 0)
        error = weft_rt_spawn(rt, &counter, NULL, &pid);
    if (error == 0)
        error = weft_rt_spawn(rt, &client, &pid, NULL);
    if (error == 0)
        code = weft_run(rt);
    else
        fprintf(stderr, "counter: %s\n", weft_strerror(error));

    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        code = 1;
    return code;
}
