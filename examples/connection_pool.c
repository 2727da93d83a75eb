/* connection_pool.c: many clients, few connections.
 *
 * The pool is an actor: a client asks it for a connection, waits its turn, and gives the
 * connection back. Nobody locks anything: a connection changes hands with a message. (A
 * client that ended with one in its hands would keep it for ever: a pool for real
 * programs monitors its clients, see docs/programs.md.) */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include <weft.h>

enum { CONNECTIONS = 3, CLIENTS = 20, LOANS_EACH = 50, STATEMENTS = 4 };
enum { TAG_BORROW = 1, TAG_LENT, TAG_GIVE_BACK };

/* Stand for sockets to a database. Plain memory, written by the holder only. */
static struct {
    uint64_t statements;
} connections[CONNECTIONS];

/* --- the pool --- */

struct pool {
    uint64_t idle[CONNECTIONS]; /* a stack of those that nobody holds */
    size_t idle_count;
    weft_pid holder[CONNECTIONS];
    weft_pid waiting[CLIENTS]; /* a ring: a client waits at most once */
    size_t first, waiting_count;
    uint64_t given_back;
};

static weft_next pool_init(weft_self *self, void *state, const void *args)
{
    struct pool *pool = state;

    (void)args;
    for (uint64_t i = 0; i < CONNECTIONS; i++)
        pool->idle[pool->idle_count++] = i;
    return weft_stay(self);
}

/* Serves those who wait, in their order, while there is something to lend. */
static void lend(weft_self *self, struct pool *pool)
{
    while (pool->idle_count > 0 && pool->waiting_count > 0) {
        uint64_t connection = pool->idle[--pool->idle_count];
        weft_pid client = pool->waiting[pool->first];

        pool->first = (pool->first + 1) % CLIENTS;
        pool->waiting_count--;
        pool->holder[connection] = client;
        weft_cast_word(self, client, TAG_LENT, connection);
    }
}

static weft_next lending(weft_self *self, void *state, weft_msg *msg)
{
    struct pool *pool = state;
    uint64_t connection = weft_word(msg);

    if (weft_tag(msg) == TAG_BORROW && pool->waiting_count < CLIENTS) {
        pool->waiting[(pool->first + pool->waiting_count) % CLIENTS] = weft_sender(msg);
        pool->waiting_count++;
    } else if (weft_tag(msg) == TAG_GIVE_BACK && connection < CONNECTIONS &&
               pool->holder[connection] == weft_sender(msg)) {
        pool->holder[connection] = WEFT_NOBODY;
        pool->idle[pool->idle_count++] = connection;
        pool->given_back++;
    } else {
        weft_exit(self, 1); /* a client does not keep to the rules */
    }

    lend(self, pool);
    if (pool->given_back == CLIENTS * LOANS_EACH)
        weft_exit(self, 0);
    return weft_stay(self);
}

static const weft_behavior pool =
    WEFT_BEHAVIOR("pool", struct pool, lending, .init = pool_init);

/* --- a client: borrows, works, gives back, and again --- */

struct client {
    weft_pid pool;
    int loans;
    int statements; /* on this loan */
};

static weft_next client_init(weft_self *self, void *state, const void *args)
{
    struct client *client = state;

    client->pool = *(const weft_pid *)args;
    weft_cast_word(self, client->pool, TAG_BORROW, 0);
    return weft_stay(self);
}

/* One statement at each call: others run meanwhile, and the connection stays ours. */
static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    struct client *client = state;
    uint64_t connection = weft_word(msg);

    connections[connection].statements++;
    client->statements++;
    if (client->statements < STATEMENTS)
        return weft_yield(self);

    client->statements = 0;
    client->loans++;
    weft_cast_word(self, client->pool, TAG_GIVE_BACK, connection);
    if (client->loans == LOANS_EACH)
        return weft_stop(self);
    weft_cast_word(self, client->pool, TAG_BORROW, 0);
    return weft_stay(self);
}

static const weft_behavior client = WEFT_BEHAVIOR(
    "client", struct client, working, .init = client_init, .args_size = sizeof(weft_pid));

static int run(weft_runtime *rt)
{
    weft_pid pid;
    int error = weft_rt_spawn(rt, &pool, NULL, &pid);

    for (int i = 0; i < CLIENTS && error == 0; i++)
        error = weft_rt_spawn(rt, &client, &pid, NULL);
    return error < 0 ? error : weft_run(rt);
}

int main(void)
{
    weft_runtime *rt = NULL;
    uint64_t statements = 0;
    int code = weft_start(&rt, NULL);

    if (code == 0)
        code = run(rt);
    if (code < 0)
        fprintf(stderr, "connection_pool: %s\n", weft_strerror(code));
    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        code = 1;

    for (int i = 0; i < CONNECTIONS; i++) {
        printf("connection %d: %" PRIu64 " statements\n", i, connections[i].statements);
        statements += connections[i].statements;
    }
    return code == 0 && statements == CLIENTS * LOANS_EACH * STATEMENTS ? 0 : 1;
}
