/* embed.c: Weft inside somebody else's event loop.
 *
 *   pipes --epoll--> main --weft_rt_cast--> readers --results, eventfd--> main
 *
 * The program owns its thread and its file descriptors. What it reads it casts to an
 * actor, one for each pipe. A step that has a result puts it into its place and wakes
 * the loop through an eventfd; a port (epoll.c) is both in one. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <weft.h>

enum { PIPES = 4, CHUNK = 16 };
enum { TAG_CHUNK = 1, TAG_END };

/* --- the way out: written by steps, read by main --- */

static _Atomic uint64_t results[PIPES];
static int wake; /* an eventfd: it counts the results that main has not seen */

/* --- a reader: counts the letters of what came through its pipe --- */

#define CHUNK_FIELDS(F) F(uint32_t, size) F(char, bytes[CHUNK])
WEFT_BLOCK(chunk, TAG_CHUNK, CHUNK_FIELDS, NULL)

struct reader {
    unsigned pipe; /* what main gave: without an init args begin the state */
    uint64_t letters;
};

static weft_next reading(weft_self *self, void *state, weft_msg *msg)
{
    struct reader *reader = state;
    const struct chunk *chunk = chunk_at(msg);

    if (chunk != NULL) {
        for (uint32_t i = 0; i < chunk->size; i++)
            reader->letters += chunk->bytes[i] != ' ';
    } else if (weft_tag(msg) == TAG_END) {
        results[reader->pipe] = reader->letters;
        eventfd_write(wake, 1);
        return weft_stop(self);
    }
    return weft_stay(self);
}

static const weft_behavior reader =
    WEFT_BEHAVIOR("reader", struct reader, reading, .args_size = sizeof(unsigned));

/* --- the loop --- */

struct loop {
    weft_runtime *rt;
    int epoll;
    int fd[PIPES];
    weft_pid reader[PIPES];
};

static int watch(const struct loop *loop, int fd, uint32_t number)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Opens a pipe that says something of its own length, and makes its reader. */
static int add_pipe(struct loop *loop, unsigned number)
{
    static const char text[] = "a weaver throws the weft across the warp and beats it";
    int end[2];

    if (pipe(end) < 0 || write(end[1], text, strlen(text) - number) < 0 ||
        close(end[1]) < 0)
        return -1;
    if (weft_rt_spawn(loop->rt, &reader, &number, &loop->reader[number]) < 0)
        return -1;
    loop->fd[number] = end[0];
    return watch(loop, end[0], number);
}

/* The chunk is copied when it is cast, and the stack is ours again. */
static void read_pipe(const struct loop *loop, uint32_t number)
{
    struct chunk chunk;
    ssize_t size = read(loop->fd[number], chunk.bytes, sizeof chunk.bytes);

    if (size > 0) {
        chunk.size = (uint32_t)size;
        weft_rt_cast(loop->rt, loop->reader[number], chunk_msg(&chunk));
    } else {
        weft_rt_cast_word(loop->rt, loop->reader[number], TAG_END, 0);
        close(loop->fd[number]); /* which ends the watch, too */
    }
}

static int run(struct loop *loop)
{
    struct epoll_event event;
    eventfd_t seen = 0;
    eventfd_t more;

    if (watch(loop, wake, PIPES) < 0)
        return -1;
    for (unsigned i = 0; i < PIPES; i++) {
        if (add_pipe(loop, i) < 0)
            return -1;
    }
    while (seen < PIPES) {
        if (epoll_wait(loop->epoll, &event, 1, -1) < 0)
            return -1;
        if (event.data.u32 < PIPES)
            read_pipe(loop, event.data.u32);
        else if (eventfd_read(wake, &more) == 0)
            seen += more;
    }
    return 0;
}

int main(void)
{
    static const uint64_t expected[PIPES] = {43, 42, 41, 41};
    struct loop loop = {.epoll = epoll_create1(0)};
    int good = 0;

    wake = eventfd(0, 0);
    if (weft_start(&loop.rt, NULL) < 0)
        return 1;
    if (run(&loop) < 0)
        perror("embed");
    if (weft_finish(loop.rt, WEFT_SEC(30)) < 0)
        return 1;
    close(wake); /* not before: a step may still have been at it */
    close(loop.epoll);

    for (int i = 0; i < PIPES; i++) {
        printf("pipe %d: %" PRIu64 " letters\n", i, results[i]);
        good += results[i] == expected[i];
    }
    return good == PIPES ? 0 : 1;
}
