/* threadring: N actors in a ring, and a token that makes R hops.
 *
 * The token counts down to 0, so it is handled R + 1 times. Behind it goes a message that ends
 * the ring, which collects how often each has seen the token; the last one gives it to the
 * root (in the suite it goes on to the first, which has ended). */
#include "bench/savina/savina.h"

enum { GO, NEXT, TOKEN, EXIT, DONE };
enum { N, R };

#define EXIT_FIELDS(F) F(uint64_t, left) F(uint64_t, tokens)
WEFT_MESSAGE(exit_ring, EXIT, EXIT_FIELDS)

struct node {
    weft_pid root;
    weft_pid next;
    uint64_t size; /* of the ring */
    uint64_t tokens;
};

struct root {
    struct savina_run *run;
};

static weft_next token(weft_self *self, struct node *node, uint64_t left)
{
    node->tokens++;
    if (left > 0)
        weft_cast_word(self, node->next, TOKEN, left - 1);
    else
        weft_cast(self, node->next, exit_ring_msg(node->size, 0));
    return weft_stay(self);
}

static weft_next leave(weft_self *self, struct node *node, struct exit_ring exit)
{
    exit.tokens += node->tokens;
    if (exit.left > 1)
        weft_cast(self, node->next, exit_ring_msg(exit.left - 1, exit.tokens));
    else
        weft_cast_word(self, node->root, DONE, exit.tokens);
    return weft_stop(self);
}

static weft_next hop(weft_self *self, void *state, weft_msg *msg)
{
    struct node *node = state;
    struct exit_ring exit;

    if (weft_tag(msg) == TOKEN)
        return token(self, node, weft_word(msg));
    if (exit_ring_get(msg, &exit))
        return leave(self, node, exit);
    node->next = weft_word(msg);
    return weft_stay(self);
}

static const weft_behavior node_behavior =
    WEFT_BEHAVIOR("node", struct node, hop, .args_size = sizeof(struct node));

static weft_next finish(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;

    savina_end(root->run);
    return savina_result(self, root->run, weft_word(msg) == root->run->param[R] + 1);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    uint64_t n = root->run->param[N];
    struct node node = {.root = weft_self_pid(self), .size = n};
    weft_pid *nodes = savina_share(root->run, n, sizeof *nodes);

    (void)msg;
    savina_begin(root->run);
    for (uint64_t i = 0; i < n; i++)
        nodes[i] = savina_spawn(self, &node_behavior, &node);
    for (uint64_t i = 0; i < n; i++)
        weft_cast_word(self, nodes[i], NEXT, nodes[(i + 1) % n]);
    weft_cast_word(self, nodes[0], TOKEN, root->run->param[R]);
    return weft_become(self, finish);
}

static const weft_behavior root_behavior = SAVINA_ROOT("driver", struct root, start);

const struct savina savina_threadring = {
    .name = "threadring",
    .what = "a token goes round a ring of actors",
    .param = {[N] = {"N", 100, 10, .power = 0}, [R] = {"R", 100000, 1005, .power = 1}},
    .root = &root_behavior,
};
