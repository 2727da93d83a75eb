/* ping_pong.c: two actors and one ball.
 *
 * A message of a tag and a word is the cheapest there is: nothing is declared and nothing
 * allocated. At the end the program compares what it counted with what the runtime
 * counted. */
#include <inttypes.h>
#include <stdio.h>

#include <weft.h>

enum { TAG_START = 1, TAG_PING, TAG_PONG };

static const uint64_t rounds = 100000;

/* --- pong: no state; it sends each ball back, with the number that it carries --- */

static weft_next returning(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == TAG_PING)
        weft_reply_word(self, msg, TAG_PONG, weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior pong = WEFT_STATELESS("pong", returning);

/* --- ping: serves, and counts what comes back --- */

struct ping {
    weft_pid partner; /* what main gave: without an init args begin the state */
    uint64_t returned;
};

static weft_next serving(weft_self *self, void *state, weft_msg *msg)
{
    struct ping *ping = state;

    if (weft_tag(msg) == TAG_PONG) {
        if (weft_word(msg) != ping->returned)
            weft_exit(self, 1); /* not the ball that was served last */
        ping->returned++;
    }
    if (ping->returned == rounds)
        weft_exit(self, 0);
    else
        weft_cast_word(self, ping->partner, TAG_PING, ping->returned);
    return weft_stay(self);
}

static const weft_behavior ping =
    WEFT_BEHAVIOR("ping", struct ping, serving, .args_size = sizeof(weft_pid));

/* Makes both and lets them play. Returns what the game ended with, or an error. */
static int play(weft_runtime *rt)
{
    weft_pid server;
    weft_pid partner;
    int error = weft_rt_spawn(rt, &pong, NULL, &partner);

    if (error == 0)
        error = weft_rt_spawn(rt, &ping, &partner, &server);
    if (error == 0)
        error = weft_rt_cast_word(rt, server, TAG_START, 0);
    return error < 0 ? error : weft_run(rt);
}

/* Each round is two messages, and main's word to start is one more. */
static int compare(const weft_runtime *rt)
{
    weft_stats stats;

    weft_stats_read(rt, &stats);
    printf("%" PRIu64 " messages handled by %u workers, %" PRIu64 " between workers\n",
           stats.handled, weft_workers(rt), stats.remote);
    return stats.handled == 2 * rounds + 1 ? 0 : 1;
}

int main(void)
{
    weft_runtime *rt = NULL;
    int code = weft_start(&rt, NULL);

    if (code == 0)
        code = play(rt);
    if (code < 0)
        fprintf(stderr, "ping_pong: %s\n", weft_strerror(code));

    /* With no actor left the counters rest, and are exact. */
    if (code == 0)
        code = weft_stop_all(rt, WEFT_SEC(30));
    if (code == 0)
        code = compare(rt);
    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        code = 1;
    return code == 0 ? 0 : 1;
}
