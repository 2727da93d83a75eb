/* uct: an unbalanced cobwebbed tree. Each new node computes a little and asks the root whether
 * it may have children; the root lets about half of them, by lot, until there are NODES. Then
 * the tree is traversed, and taken down. */
#include <math.h>
#include <stdlib.h>

#include "bench/savina/random.h"
#include "bench/savina/savina.h"

enum { GO, ASK, MAY, GRANT, TRAVERSE, URGENT, END, ENDED };
enum { NODES, AVERAGE, DEVIATION, CHILDREN, URGENT_PERCENT };

#define SEED          2
#define COMPUTED_ONCE 100u /* by a new node */
#define NOBODY_URGENT UINT64_MAX

/* A node may have children: their computation, and which one is urgent. */
#define MAY_FIELDS(F) F(uint64_t, work) F(uint64_t, urgent)
WEFT_MESSAGE(may, MAY, MAY_FIELDS)

/* Of a node and all below it, when they have ended. */
#define ENDED_FIELDS(F) F(uint64_t, nodes) F(uint64_t, traversed) F(uint64_t, urgent)
WEFT_MESSAGE(ended, ENDED, ENDED_FIELDS)

/* --- nodes, and what the root has in common with them --- */

struct node {
    weft_pid root;
    weft_pid parent;
    uint64_t height;
    uint64_t index; /* among its parent's children */
    uint64_t work;
    uint64_t children;
    uint64_t urgent; /* which child */
    weft_pid *child;
    uint64_t granted; /* children that have children */
    uint64_t waiting; /* for children to end */
    struct ended ended;
};

static void node_destroy(void *state)
{
    free(((struct node *)state)->child);
}

static void spend(uint64_t times)
{
    for (volatile uint64_t i = 0; i < times;)
        i = i + 1;
}

static const weft_behavior node_behavior;

static void add_children(weft_self *self, struct node *node, uint64_t work)
{
    struct node child = {.root = node->root,
                         .parent = weft_self_pid(self),
                         .height = node->height + 1,
                         .work = work,
                         .children = node->children,
                         .urgent = NOBODY_URGENT};

    node->child = savina_alloc(node->children, sizeof *node->child);
    for (; child.index < node->children; child.index++)
        node->child[child.index] = savina_spawn(self, &node_behavior, &child);
    for (uint64_t i = 0; i < node->children; i++)
        weft_cast(self, node->child[i], weft_signal(GO));
}

static void tell_children(weft_self *self, const struct node *node, uint32_t tag)
{
    for (uint64_t i = 0; i < node->children; i++)
        weft_cast(self, node->child[i],
                  weft_signal(tag == TRAVERSE && i == node->urgent ? URGENT : tag));
}

static void add_ended(struct node *node, const struct ended *ended)
{
    node->ended.nodes += ended->nodes;
    node->ended.traversed += ended->traversed;
    node->ended.urgent += ended->urgent;
}

static void traverse(weft_self *self, struct node *node, uint32_t tag)
{
    node->ended.traversed++;
    node->ended.urgent += tag == URGENT;
    spend(node->work);
    if (node->child != NULL)
        tell_children(self, node, TRAVERSE);
}

static weft_next report(weft_self *self, const struct node *node)
{
    const struct ended *ended = &node->ended;

    weft_cast(self, node->parent,
              ended_msg(ended->nodes + 1, ended->traversed, ended->urgent));
    return weft_stop(self);
}

static weft_next end(weft_self *self, struct node *node)
{
    if (node->child == NULL)
        return report(self, node);
    node->waiting = node->children;
    tell_children(self, node, END);
    return weft_stay(self);
}

static weft_next node_step(weft_self *self, void *state, weft_msg *msg)
{
    struct node *node = state;
    struct may may;
    struct ended ended;

    if (may_get(msg, &may)) {
        weft_cast_word(self, node->parent, GRANT, node->index);
        node->urgent = may.urgent;
        add_children(self, node, may.work);
    } else if (ended_get(msg, &ended)) {
        add_ended(node, &ended);
        return --node->waiting > 0 ? weft_stay(self) : report(self, node);
    } else if (weft_tag(msg) == END) {
        return end(self, node);
    } else if (weft_tag(msg) == GRANT) {
        node->granted++;
    } else if (weft_tag(msg) == GO) {
        spend(COMPUTED_ONCE);
        weft_cast_word(self, node->root, ASK, node->height);
    } else {
        traverse(self, node, weft_tag(msg));
    }
    return weft_stay(self);
}

static const weft_behavior node_behavior =
    WEFT_BEHAVIOR("node", struct node, node_step, .destroy = node_destroy,
                  .args_size = sizeof(struct node));

/* --- the root --- */

struct root {
    struct savina_run *run;
    struct node node;
    struct java_random random;
    uint64_t size;   /* nodes that are, or will be, the root among them */
    uint64_t asked;  /* nodes that have asked */
    uint64_t urgent; /* nodes with an urgent child */
};

static void root_destroy(void *state)
{
    free(((struct root *)state)->node.child);
}

/* Normally distributed, and above 0. */
static uint64_t draw_work(struct root *root)
{
    const uint64_t *param = root->run->param;
    double work;

    do {
        work = floor(java_gaussian(&root->random) * (double)param[DEVIATION] +
                     (double)param[AVERAGE] + 0.5);
    } while (work <= 0);
    return (uint64_t)work;
}

static void let(weft_self *self, struct root *root, const weft_msg *msg)
{
    const uint64_t *param = root->run->param;
    uint64_t urgent = NOBODY_URGENT, work;

    if (root->size + param[CHILDREN] > param[NODES] || !java_bool(&root->random))
        return;
    work = draw_work(root);
    if ((uint64_t)java_below(&root->random, 100) <= param[URGENT_PERCENT]) {
        urgent = (uint64_t)java_below(&root->random, (int32_t)param[CHILDREN]);
        root->urgent++;
    }
    weft_reply(self, msg, may_msg(work, urgent));
    root->size += param[CHILDREN];
}

/* Every node but the root was traversed once, the urgent ones as such; and there are as many as
 * there may be, if the lots did not end the tree before. */
static bool is_right(const struct root *root)
{
    const struct ended *ended = &root->node.ended;
    const uint64_t *param = root->run->param;

    return root->size + param[CHILDREN] > param[NODES] &&
           ended->nodes == root->size - 1 && ended->traversed == ended->nodes &&
           ended->urgent == root->urgent;
}

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    struct ended ended;

    if (!ended_get(msg, &ended))
        return weft_stay(self); /* GRANT */
    add_ended(&root->node, &ended);
    if (--root->node.waiting > 0)
        return weft_stay(self);
    savina_end(root->run);
    return savina_result(self, root->run, is_right(root));
}

/* When all nodes have asked, no other ones can come. */
static weft_next grow(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;

    if (weft_tag(msg) != ASK)
        return weft_stay(self); /* GRANT */
    let(self, root, msg);
    if (++root->asked < root->size - 1)
        return weft_stay(self);
    tell_children(self, &root->node, TRAVERSE);
    end(self, &root->node);
    return weft_become(self, collect);
}

static weft_next start(weft_self *self, void *state, weft_msg *msg)
{
    struct root *root = state;
    uint64_t children = root->run->param[CHILDREN];

    (void)msg;
    root->random = java_seeded(SEED);
    root->size = 1 + children;
    root->node = (struct node){.root = weft_self_pid(self),
                               .height = 1,
                               .children = children,
                               .urgent = NOBODY_URGENT};
    savina_begin(root->run);
    add_children(self, &root->node, draw_work(root));
    return weft_become(self, grow);
}

static const weft_behavior root_behavior =
    SAVINA_ROOT("root", struct root, start, .destroy = root_destroy);

const struct savina savina_uct = {
    .name = "uct",
    .what = "an unbalanced tree that grows, is traversed, and ends",
    .param = {[NODES] = {"nodes", 200000, 500, .power = 1},
              [AVERAGE] = {"avg", 500, 50, .power = 0},
              [DEVIATION] = {"stdev", 100, 10, .power = 0},
              [CHILDREN] = {"binomial", 10, 10, .power = 0},
              [URGENT_PERCENT] = {"urgent", 50, 50, .power = 0}},
    .root = &root_behavior,
};
