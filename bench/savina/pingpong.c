/* pingpong: two actors and one message in flight, N pings.
 *
 * As in the suite, who gets a pong sends itself a message before it sends the next ping: three
 * messages a round. */
#include "bench/savina/savina.h"

enum { GO, PING, PONG, SEND, OVER, PINGS };
enum { N };

struct ping {
    struct savina_run *run;
    weft_pid pong;
    uint64_t left;
};

struct pong {
    uint64_t pings;
};

static weft_next answer(weft_self *self, void *state, weft_msg *msg)
{
    struct pong *pong = state;

    if (weft_tag(msg) == OVER) {
        weft_reply_word(self, msg, PINGS, pong->pings);
        return weft_stop(self);
    }
    pong->pings++;
    weft_reply_word(self, msg, PONG, 0);
    return weft_stay(self);
}

static const weft_behavior pong_behavior = WEFT_BEHAVIOR("pong", struct pong, answer);

static weft_next send_ping(weft_self *self, struct ping *ping)
{
    ping->left--;
    weft_cast_word(self, ping->pong, PING, 0);
    return weft_stay(self);
}

static weft_next play(weft_self *self, void *state, weft_msg *msg)
{
    struct ping *ping = state;

    switch (weft_tag(msg)) {
    case SEND:
        return send_ping(self, ping);
    case PONG:
        if (ping->left > 0)
            weft_cast_word(self, weft_self_pid(self), SEND, 0);
        else
            weft_cast_word(self, ping->pong, OVER, 0);
        return weft_stay(self);
    default: /* PINGS */
        savina_end(ping->run);
        return savina_result(self, ping->run, weft_word(msg) == ping->run->param[N]);
    }
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct ping *ping = state;

    (void)msg;
    ping->left = ping->run->param[N];
    savina_begin(ping->run);
    ping->pong = savina_spawn(self, &pong_behavior, NULL);
    send_ping(self, ping);
    return weft_become(self, play);
}

static const weft_behavior root = SAVINA_ROOT("ping", struct ping, start);

const struct savina savina_pingpong = {
    .name = "pingpong",
    .what = "two actors, one message in flight",
    .param = {[N] = {"N", 40000, 100, .power = 1}},
    .root = &root,
};
