/* epoll.c: an event loop and actors that answer it, in a plain epoll loop.
 *
 *   pipe --epoll--> main --weft_port_cast--> words --weft_reply--> port --epoll--> main
 *
 * The program owns its thread and its descriptors. A port is one of them: readable when
 * an actor has answered. The actor knows nothing of loops: it replies to a pid. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <weft.h>

enum { LINES = 100 };
enum { TAG_LINE = 1, TAG_WORDS };

#define LINE_FIELDS(F) F(char, text[64])
WEFT_BLOCK(line, TAG_LINE, LINE_FIELDS, NULL)

/* --- the actor: counts the words of a line --- */

static weft_next counting(weft_self *self, void *state, weft_msg *msg)
{
    const struct line *line = line_at(msg);
    uint64_t words = 0;

    (void)state;
    if (line == NULL)
        return weft_stay(self);
    for (const char *c = line->text; *c != '\0'; c++)
        words += *c != ' ' && (c == line->text || c[-1] == ' ');
    weft_reply_word(self, msg, TAG_WORDS, words);
    return weft_stay(self);
}

static const weft_behavior counter = WEFT_STATELESS("counter", counting);

/* --- the loop --- */

struct loop {
    int epoll, input; /* where lines come from */
    weft_port *port;
    weft_pid counter;
    uint64_t asked, answered, words;
};

static int watch(const struct loop *loop, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Some input: one line of a fixed length, to keep this short. */
static void on_input(struct loop *loop)
{
    struct line line = {{0}};

    if (read(loop->input, line.text, sizeof line.text - 1) <= 0)
        return;
    if (weft_port_cast(loop->port, loop->counter, line_msg(&line)) == 0)
        loop->asked++;
}

/* Some answers: the descriptor is readable until all have been received. */
static void on_answers(struct loop *loop)
{
    weft_msg *msg;

    while (weft_port_receive(loop->port, &msg) == 0) {
        loop->answered++;
        loop->words += weft_word(msg);
        weft_msg_free(msg);
    }
}

static void run(struct loop *loop)
{
    while (loop->answered < LINES) {
        struct epoll_event event;

        if (epoll_wait(loop->epoll, &event, 1, -1) != 1)
            break;
        if (event.data.fd == loop->input)
            on_input(loop);
        else
            on_answers(loop);
    }
}

/* Somebody at the other end. */
static void write_lines(int fd)
{
    char text[63] = "the quick brown fox";

    for (int i = 0; i < LINES; i++)
        if (write(fd, text, sizeof text) < 0)
            break;
}

static int serve(weft_runtime *rt)
{
    struct loop loop = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    int ends[2] = {-1, -1}, error = weft_rt_spawn(rt, &counter, NULL, &loop.counter);

    if (error == 0)
        error = weft_port_open(rt, 0, &loop.port);
    if (error == 0 && pipe(ends) == 0) {
        loop.input = ends[0];
        if (watch(&loop, loop.input) == 0 && watch(&loop, weft_port_fd(loop.port)) == 0) {
            write_lines(ends[1]);
            run(&loop);
        }
    }
    weft_port_close(loop.port);
    close(ends[0]);
    close(ends[1]);
    close(loop.epoll);
    printf("%" PRIu64 " lines, %" PRIu64 " words\n", loop.answered, loop.words);
    return error == 0 && loop.words == 4 * LINES ? 0 : 1;
}

int main(void)
{
    weft_runtime *rt = NULL;
    int code;

    if (weft_start(&rt, NULL) < 0)
        return 1;
    code = serve(rt);
    return weft_finish(rt, WEFT_SEC(30)) == 0 ? code : 1;
}
