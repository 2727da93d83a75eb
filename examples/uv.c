/* uv.c: a port in a libuv loop.
 *
 * A timer of the loop asks an actor now and then; the loop watches the port's descriptor
 * and is called when there are answers. When the last one is in, both are closed and the
 * loop ends. */
#include <inttypes.h>
#include <stdio.h>

#include <uv.h>
#include <weft.h>

enum { QUESTIONS = 20 };
enum { TAG_SQUARE = 1, TAG_RESULT };

/* --- the actor --- */

static weft_next squaring(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, TAG_RESULT, weft_word(msg) * weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior squarer = WEFT_STATELESS("squarer", squaring);

/* --- the front: what the loop has to do with actors --- */

struct front {
    weft_port *port;
    weft_pid squarer;
    uv_poll_t mail;
    uv_timer_t clock;
    uint64_t asked, answered, sum;
};

static void ask(uv_timer_t *clock)
{
    struct front *front = clock->data;

    weft_port_cast(front->port, front->squarer,
                   weft_word_letter(TAG_SQUARE, ++front->asked));
    if (front->asked == QUESTIONS)
        uv_close((uv_handle_t *)clock, NULL);
}

static void on_mail(uv_poll_t *mail, int status, int events)
{
    struct front *front = mail->data;
    weft_msg *msg;

    (void)status, (void)events;
    while (weft_port_receive(front->port, &msg) == 0) {
        front->answered++;
        front->sum += weft_word(msg);
        weft_msg_free(msg);
    }
    if (front->answered == QUESTIONS)
        uv_close((uv_handle_t *)mail, NULL);
}

/* The loop must stop watching the descriptor before the port is closed: its handle was
 * closed when the last answer came. */
static int run(struct front *front, uv_loop_t *loop)
{
    front->mail.data = front->clock.data = front;
    if (uv_poll_init(loop, &front->mail, weft_port_fd(front->port)) != 0 ||
        uv_poll_start(&front->mail, UV_READABLE, on_mail) != 0 ||
        uv_timer_init(loop, &front->clock) != 0 ||
        uv_timer_start(&front->clock, ask, 0, 1) != 0)
        return 1;
    return uv_run(loop, UV_RUN_DEFAULT);
}

int main(void)
{
    struct front front = {.port = NULL};
    weft_runtime *rt = NULL;
    uv_loop_t loop;
    int failed = 1;

    if (weft_start(&rt, NULL) < 0)
        return 1;
    if (weft_rt_spawn(rt, &squarer, NULL, &front.squarer) == 0 &&
        weft_port_open(rt, 0, &front.port) == 0 && uv_loop_init(&loop) == 0) {
        failed = run(&front, &loop);
        failed |= uv_loop_close(&loop) != 0;
    }
    weft_port_close(front.port);
    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        failed = 1;
    printf("the squares of 1 .. %d make %" PRIu64 "\n", QUESTIONS, front.sum);
    return failed == 0 && front.sum == 2870 ? 0 : 1;
}
