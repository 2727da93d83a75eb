/* zero_threads.c: actors without a thread: the program runs them itself.
 *
 * A runtime that is threadless does nothing by itself. weft_run_once lets its actors run
 * until nothing can run or a budget is spent; in between the program does what it likes,
 * and sleeps until the runtime's descriptor says that there is something to run. Here two
 * actors throw a ball, and another thread throws one in now and then. */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include <weft.h>

enum { BALLS = 5, THROWS = 1000, BUDGET = 300 };
enum { TAG_BALL = 1 };

static weft_pid players[2];

/* --- a player: the word says how often the ball is to be thrown still --- */

struct player {
    unsigned number;
    unsigned dropped;
};

static weft_next playing(weft_self *self, void *state, weft_msg *msg)
{
    struct player *player = state;
    uint64_t left = weft_word(msg);

    if (left > 0)
        weft_cast_word(self, players[1 - player->number], TAG_BALL, left - 1);
    else if (++player->dropped == BALLS)
        weft_exit(self, 0);
    return weft_stay(self);
}

static const weft_behavior player =
    WEFT_BEHAVIOR("player", struct player, playing, .args_size = sizeof(unsigned));

/* --- another thread --- */

static void *throw_in(void *rt)
{
    for (int i = 0; i < BALLS; i++)
        weft_rt_cast_word(rt, players[0], TAG_BALL, THROWS);
    return NULL;
}

/* --- the loop --- */

/* poll() wants milliseconds; rounded up, so that it does not wake up too early. */
static int poll_ms(uint64_t ns)
{
    return ns == WEFT_FOREVER ? -1 : (int)((ns + WEFT_MS(1) - 1) / WEFT_MS(1));
}

/* Until an actor called weft_exit. Returns the steps that ran, or an error. */
static int64_t run_by_hand(weft_runtime *rt, int *code)
{
    struct pollfd wake = {.fd = weft_wake_fd(rt), .events = POLLIN};
    int64_t steps = 0;

    while (!weft_exited(rt, code)) {
        int ran = weft_run_once(rt, BUDGET);

        if (ran < 0)
            return ran;
        steps += ran;
        if (poll(&wake, 1, poll_ms(weft_wait_ns(rt))) < 0)
            return -1;
    }
    return steps;
}

int main(void)
{
    weft_runtime *rt = NULL;
    weft_options options;
    pthread_t thread;
    int64_t steps = -1;
    int code = 1;

    weft_options_init(&options);
    options.threadless = true;
    if (weft_start(&rt, &options) < 0)
        return 1;
    for (unsigned i = 0; i < 2; i++)
        if (weft_rt_spawn(rt, &player, &i, &players[i]) < 0)
            code = -1;
    if (code > 0 && pthread_create(&thread, NULL, throw_in, rt) == 0) {
        steps = run_by_hand(rt, &code);
        pthread_join(thread, NULL);
    }
    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        code = 1;
    printf("%" PRId64 " steps\n", steps);
    return code == 0 && steps == (int64_t)BALLS * (THROWS + 1) ? 0 : 1;
}
