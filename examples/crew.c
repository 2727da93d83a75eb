/* crew.c: actors with threads of their own, behind one pid.
 *
 *   client --queries--> crew --one to each that is idle--> member, member, member
 *      ^------------------------rows, from the member-----------'
 *
 * A database handle, here, may be used on the thread only that opened it, and each query blocks.
 * So each handle belongs to an actor that has a thread of its own, and the client, an ordinary
 * actor, sees one pid. */
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <weft.h>

enum { HANDLES = 3, QUERIES = 12 };
enum { TAG_START = 1, TAG_QUERY, TAG_ROWS, TAG_MISUSE };

/* --- a member: a handle, which is bound to its thread --- */

struct handle {
    pthread_t opened_by;
    uint64_t queries;
};

static weft_next open_handle(weft_self *self, void *state, const void *args)
{
    (void)args;
    ((struct handle *)state)->opened_by = pthread_self();
    return weft_stay(self);
}

static weft_next querying(weft_self *self, void *state, weft_msg *msg)
{
    const struct timespec a_while = {.tv_nsec = 1000000};
    struct handle *handle = state;

    if (!pthread_equal(handle->opened_by, pthread_self()))
        return weft_fail(self, TAG_MISUSE, "a handle on a foreign thread");
    nanosleep(&a_while, NULL); /* blocks, and holds nobody up */
    handle->queries++;
    weft_reply_word(self, msg, TAG_ROWS, weft_word(msg) * 10);
    return weft_stay(self);
}

static const weft_behavior database = WEFT_BEHAVIOR(
    "database", struct handle, querying, .init = open_handle, .own_thread = true);

/* --- the client --- */

struct client {
    weft_pid crew;
    uint64_t answers, rows;
};

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    struct client *client = state;

    if (weft_tag(msg) == TAG_START) {
        for (uint64_t i = 1; i <= QUERIES; i++)
            weft_cast_word(self, client->crew, TAG_QUERY, i);
    } else if (weft_tag(msg) == TAG_ROWS) {
        client->rows += weft_word(msg);
        if (++client->answers == QUERIES) {
            printf("%" PRIu64 " rows from %d handles\n", client->rows, HANDLES);
            weft_exit(self, client->rows == QUERIES * (QUERIES + 1) / 2 * 10 ? 0 : 1);
        }
    }
    return weft_stay(self);
}

static const weft_behavior client =
    WEFT_BEHAVIOR("client", struct client, asking, .args_size = sizeof(weft_pid));

int main(void)
{
    weft_runtime *rt = NULL;
    weft_pid crew, pid;
    int code = 1;

    if (weft_start(&rt, NULL) < 0)
        return 1;
    if (weft_rt_spawn_crew(rt, &database, HANDLES, NULL, &crew) == 0 &&
        weft_rt_spawn(rt, &client, &crew, &pid) == 0) {
        weft_rt_cast_word(rt, pid, TAG_START, 0);
        code = weft_run(rt);
    }
    return weft_finish(rt, WEFT_SEC(30)) == 0 ? code : 1;
}
