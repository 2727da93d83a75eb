/* protocol.c: a protocol as a state machine.
 *
 *            HELLO         LOGIN          BYE            BYE
 *   greeting -----> auth ---------> ready -----> closing -----> (ends)
 *
 * Each state is a step, and weft_become goes from one to the next: a wrong login stays in
 * auth, the third one closes. What does not fit a state is refused in one place. The
 * client plays a script and checks every answer. */
#include <inttypes.h>
#include <stdio.h>

#include <weft.h>

/* Both directions speak in a tag and a word. */
enum { HELLO = 1, LOGIN, GET, BYE, OK, VALUE, DENIED, REFUSED };

static const char *const tag_name[] = {"",   "HELLO", "LOGIN",  "GET",    "BYE",
                                       "OK", "VALUE", "DENIED", "REFUSED"};

static const uint64_t password = 4711;

/* --- the session: the server's side of a connection --- */

struct session {
    unsigned wrong_logins;
};

static weft_next auth(weft_self *self, void *state, weft_msg *msg);
static weft_next ready(weft_self *self, void *state, weft_msg *msg);
static weft_next closing(weft_self *self, void *state, weft_msg *msg);

static weft_next refuse(weft_self *self, const weft_msg *msg)
{
    weft_reply_word(self, msg, REFUSED, weft_tag(msg));
    return weft_stay(self);
}

static weft_next greeting(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) != HELLO)
        return refuse(self, msg);
    weft_reply_word(self, msg, OK, 0);
    return weft_become(self, auth);
}

static weft_next auth(weft_self *self, void *state, weft_msg *msg)
{
    struct session *session = state;

    if (weft_tag(msg) != LOGIN)
        return refuse(self, msg);
    if (weft_word(msg) == password) {
        weft_reply_word(self, msg, OK, 0);
        return weft_become(self, ready);
    }
    weft_reply_word(self, msg, DENIED, ++session->wrong_logins);
    return session->wrong_logins < 3 ? weft_stay(self) : weft_become(self, closing);
}

static weft_next ready(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == BYE) {
        weft_reply_word(self, msg, OK, 0);
        return weft_become(self, closing);
    }
    if (weft_tag(msg) != GET)
        return refuse(self, msg);
    weft_reply_word(self, msg, VALUE, weft_word(msg) * weft_word(msg));
    return weft_stay(self);
}

/* Both sides say good-bye, so that nothing is on its way when the session ends. */
static weft_next closing(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == BYE ? weft_stop(self) : refuse(self, msg);
}

static const weft_behavior session = WEFT_BEHAVIOR("session", struct session, greeting);

/* --- the client: says a line, checks the answer, says the next --- */

static const struct line {
    uint32_t say;
    uint64_t word;
    uint32_t expect;
    uint64_t expect_word;
} script[] = {
    {GET, 9, REFUSED, GET},                           /* nobody said hello */
    {HELLO, 0, OK, 0},        {GET, 9, REFUSED, GET}, /* nobody logged in */
    {LOGIN, 1234, DENIED, 1}, {LOGIN, 4711, OK, 0},
    {GET, 9, VALUE, 81},      {HELLO, 0, REFUSED, HELLO}, /* too late */
    {BYE, 0, OK, 0},          {GET, 9, REFUSED, GET},     /* closing */
};

struct client {
    weft_pid session; /* what main gave: without an init args begin the state */
    size_t said;
};

static bool as_expected(const struct line *line, const weft_msg *msg)
{
    printf("%-5s %4" PRIu64 "  ->  %s\n", tag_name[line->say], line->word,
           tag_name[weft_tag(msg)]);
    return weft_tag(msg) == line->expect && weft_word(msg) == line->expect_word;
}

/* Main's word starts it; every other message answers the line that was said last. */
static weft_next playing(weft_self *self, void *state, weft_msg *msg)
{
    struct client *client = state;
    const struct line *line;

    if (client->said > 0 && !as_expected(&script[client->said - 1], msg))
        weft_exit(self, 1);
    if (client->said == sizeof script / sizeof script[0]) {
        weft_cast_word(self, client->session, BYE, 0);
        weft_exit(self, 0);
        return weft_stop(self);
    }
    line = &script[client->said++];
    weft_cast_word(self, client->session, line->say, line->word);
    return weft_stay(self);
}

static const weft_behavior client =
    WEFT_BEHAVIOR("client", struct client, playing, .args_size = sizeof(weft_pid));

int main(void)
{
    weft_runtime *rt = NULL;
    weft_pid server = WEFT_NOBODY;
    weft_pid player = WEFT_NOBODY;
    int code = weft_start(&rt, NULL);

    if (code == 0)
        code = weft_rt_spawn(rt, &session, NULL, &server);
    if (code == 0)
        code = weft_rt_spawn(rt, &client, &server, &player);
    if (code == 0)
        code = weft_rt_cast_word(rt, player, HELLO, 0);
    code = code < 0 ? code : weft_run(rt);
    if (code < 0)
        fprintf(stderr, "protocol: %s\n", weft_strerror(code));
    return weft_finish(rt, WEFT_SEC(30)) == 0 && code == 0 ? 0 : 1;
}
