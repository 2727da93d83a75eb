/* connection_pool.c: many clients, few connections.
 *
 * The pool is an actor: a client asks it for a connection, waits its turn, and gives the
 * connection back. Nobody locks anything: a connection changes hands with a message. The pool
 * monitors who has one: a client that fails with a connection in its hands does not keep it. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include <weft.h>

enum { CONNECTIONS = 3, CLIENTS = 20, LOANS_EACH = 50, STATEMENTS = 4 };
enum { CLUMSY = 5 }; /* clients more, each of which fails in its first loan */
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
    weft_watch watch[CONNECTIONS];      /* of its holder */
    weft_pid waiting[CLIENTS + CLUMSY]; /* a ring: a client waits at most once */
    size_t first, waiting_count;
    uint64_t given_back, recovered;
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

        pool->first = (pool->first + 1) % (CLIENTS + CLUMSY);
        pool->waiting_count--;
        if (weft_monitor(self, client, &pool->watch[connection]) < 0) {
            weft_exit(self, 1); /* no memory to watch it: no loan */
            return;
        }
        pool->holder[connection] = client;
        weft_cast_word(self, client, TAG_LENT, connection);
    }
}

static void take_back(struct pool *pool, uint64_t connection)
{
    pool->holder[connection] = WEFT_NOBODY;
    pool->watch[connection] = 0;
    pool->idle[pool->idle_count++] = connection;
}

/* A client has ended with a connection in its hands. */
static void recover(struct pool *pool, weft_watch watch)
{
    for (uint64_t i = 0; i < CONNECTIONS; i++)
        if (pool->watch[i] == watch) {
            take_back(pool, i);
            pool->recovered++;
        }
}

static weft_next lending(weft_self *self, void *state, weft_msg *msg)
{
    struct pool *pool = state;
    uint64_t connection = weft_word(msg);
    weft_down down;

    if (weft_down_get(msg, &down)) {
        recover(pool, down.watch);
    } else if (weft_tag(msg) == TAG_BORROW && pool->waiting_count < CLIENTS + CLUMSY) {
        pool->waiting[(pool->first + pool->waiting_count) % (CLIENTS + CLUMSY)] =
            weft_sender(msg);
        pool->waiting_count++;
    } else if (weft_tag(msg) == TAG_GIVE_BACK && connection < CONNECTIONS &&
               pool->holder[connection] == weft_sender(msg)) {
        weft_demonitor(self,
                       pool->watch[connection]); /* no down comes from it any more */
        take_back(pool, connection);
        pool->given_back++;
    } else {
        weft_exit(self, 1); /* a client does not keep to the rules */
    }

    lend(self, pool);
    if (pool->given_back == CLIENTS * LOANS_EACH && pool->recovered == CLUMSY)
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

/* --- a client that is no good --- */

static weft_next breaking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_fail(self, 1, "broken, with a connection in hand");
}

static const weft_behavior clumsy =
    WEFT_BEHAVIOR("clumsy", struct client, breaking, .init = client_init,
                  .args_size = sizeof(weft_pid));

static int run(weft_runtime *rt)
{
    weft_pid pid;
    int error = weft_rt_spawn(rt, &pool, NULL, &pid);

    for (int i = 0; i < CLIENTS && error == 0; i++)
        error = weft_rt_spawn(rt, &client, &pid, NULL);
    for (int i = 0; i < CLUMSY && error == 0; i++)
        error = weft_rt_spawn(rt, &clumsy, &pid, NULL);
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
