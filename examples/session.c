/* session.c: a protocol that puts aside what comes too early.
 *
 * Requests that come before the login is over are stashed, and served in their order when it
 * is. The login itself is a question to another actor. */
#include <inttypes.h>
#include <stdio.h>
#include <weft.h>

enum { TAG_HELLO = 1, TAG_REQUEST, TAG_LOGIN, TAG_USER, TAG_RESULT };

struct session {
    weft_pid accounts; /* the args begin the state */
    uint64_t user;
};

static weft_next ready(weft_self *self, void *state, weft_msg *msg)
{
    const struct session *session = state;

    if (weft_tag(msg) == TAG_REQUEST)
        weft_reply_word(self, msg, TAG_RESULT, session->user + weft_word(msg));
    return weft_stay(self);
}

static weft_next logged_in(weft_self *self, void *state, weft_msg *answer)
{
    struct session *session = state;

    if (weft_failure(answer) != 0)
        return weft_fail(self, weft_failure(answer), "no login");
    session->user = weft_word(answer);
    weft_unstash(self); /* takes effect when this step is over */
    return weft_become(self, ready);
}

static weft_next greeting(weft_self *self, void *state, weft_msg *msg)
{
    struct session *session = state;

    if (weft_tag(msg) != TAG_HELLO)
        return weft_stash(self);
    return weft_await_word(self, session->accounts, TAG_LOGIN, weft_word(msg),
                           WEFT_SEC(30), logged_in);
}

static const weft_behavior session = WEFT_BEHAVIOR(
    "session", struct session, greeting, .args_size = sizeof(weft_pid), .stash_max = 100);

static weft_next checking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, TAG_USER, 1000 * weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior accounts = WEFT_STATELESS("accounts", checking);

/* --- a client: it asks at once, and says hello afterwards --- */

enum { REQUESTS = 3 };

struct client {
    weft_pid session;
    uint64_t heard;
};

static weft_next hearing(weft_self *self, void *state, weft_msg *msg)
{
    struct client *client = state;

    if (weft_failure(msg) != 0) {
        weft_exit(self, 1);
        return weft_stop(self);
    }
    printf("answer %" PRIu64 "\n", weft_word(msg));
    if (weft_word(msg) != 5000 + client->heard)
        weft_exit(self, 1);
    if (++client->heard == REQUESTS)
        weft_exit(self, 0);
    return weft_stay(self);
}

static weft_next begin(weft_self *self, void *state, weft_msg *msg)
{
    struct client *client = state;

    (void)msg;
    for (uint64_t i = 0; i < REQUESTS; i++)
        weft_ask(self, client->session, weft_word_letter(TAG_REQUEST, i), WEFT_SEC(30),
                 NULL);
    weft_cast_word(self, client->session, TAG_HELLO, 5);
    return weft_become(self, hearing);
}

static const weft_behavior client =
    WEFT_BEHAVIOR("client", struct client, begin, .args_size = sizeof(weft_pid));

int main(void)
{
    weft_runtime *rt;
    weft_pid pid;
    int code = 1;

    if (weft_start(&rt, NULL) < 0)
        return 1;
    if (weft_rt_spawn(rt, &accounts, NULL, &pid) == 0 &&
        weft_rt_spawn(rt, &session, &pid, &pid) == 0 &&
        weft_rt_spawn(rt, &client, &pid, &pid) == 0 &&
        weft_rt_cast_word(rt, pid, 0, 0) == 0)
        code = weft_run(rt);
    return weft_finish(rt, WEFT_SEC(30)) < 0 ? 1 : code;
}
