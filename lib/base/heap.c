/* lib/base/heap.c: the pairing heap: each node comes before its children. */
#include "lib/base/heap.h"

static bool is_before(const struct heap_node *a, const struct heap_node *b)
{
    int64_t ahead = (int64_t)(b->at - a->at);

    return ahead > 0 || (ahead == 0 && (int64_t)(b->order - a->order) > 0);
}

static void add_child(struct heap_node *n, struct heap_node *child)
{
    child->next = n->child;
    if (child->next != NULL)
        child->next->before = child;
    child->before = n;
    n->child = child;
}

/* Two trees become one; either may be empty. */
static struct heap_node *join(struct heap_node *a, struct heap_node *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    if (is_before(b, a)) {
        add_child(b, a);
        return b;
    }
    add_child(a, b);
    return a;
}

/* Siblings become one tree: two by two from the first, then all from the last. */
static struct heap_node *join_all(struct heap_node *n)
{
    struct heap_node *pairs = NULL, *tree = NULL, *next;

    for (; n != NULL; n = next) {
        struct heap_node *second = n->next, *pair;

        next = second != NULL ? second->next : NULL;
        pair = join(n, second);
        pair->next = pairs;
        pairs = pair;
    }
    for (; pairs != NULL; pairs = next) {
        next = pairs->next;
        tree = join(tree, pairs);
    }
    return tree;
}

static void set_first(struct heap *h, struct heap_node *n)
{
    h->first = n;
    if (n != NULL)
        n->before = n->next = NULL;
}

void heap_put(struct heap *h, struct heap_node *n)
{
    n->child = n->next = n->before = NULL;
    h->first = join(h->first, n);
}

void heap_take(struct heap *h, struct heap_node *n)
{
    struct heap_node *below = join_all(n->child);

    if (n == h->first) {
        set_first(h, below);
        return;
    }
    if (n->before->child == n)
        n->before->child = n->next;
    else
        n->before->next = n->next;
    if (n->next != NULL)
        n->next->before = n->before;
    set_first(h, join(h->first, below));
}
