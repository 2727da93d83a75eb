/* test/explore/engine/seq_cst.c: see seq_cst.h.
 *
 * The order is RC11's (Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing sequential
 * consistency in C/C++11", PLDI 2017): one seq_cst operation comes before another if it
 *
 *   happens before it;
 *   for accesses of one location: stores in their modification order, a load before the
 *   stores that are newer than what it reads;
 *   for fences: what comes behind the one reads or stores, in the order of the location,
 *   something older than what comes before the other one.
 *
 * It must have no cycle. The order of the run has no part in it. (Of RC11 one thing is left
 * out: that happens-before counts only in part between accesses, which is about POWER.) */
#include "test/explore/engine/seq_cst.h"

#include <string.h>

enum { NODES_MAX = 2048, WORDS = NODES_MAX / 64 };

/* Sets of nodes. */
struct set {
    uint64_t words[WORDS];
};

struct node {
    uint8_t thread;
    bool fence;
    uint16_t location, read, stored; /* of an access: stores, or NONE */
    uint32_t clock;                  /* the thread's own */
    struct set reached;              /* the nodes that come behind it */
};

/* What matters of a fence is what is known before it, and what is done behind it. */
struct fence {
    uint16_t node;
    uint16_t seen[LOCATIONS_MAX];    /* newest store, or NONE */
    uint16_t written[LOCATIONS_MAX]; /* newest store that happens before it */
    struct {
        uint16_t store;      /* NONE: nothing */
        bool read;           /* it was read, not made */
    } behind[LOCATIONS_MAX]; /* what comes first in the modification order */
};
enum { FENCES_MAX = 128 };

static struct node nodes[NODES_MAX];
static struct fence fences[FENCES_MAX];
static unsigned n_nodes, n_fences, n_words;

void seq_cst_reset(void)
{
    n_nodes = n_fences = n_words = 0;
}

static void insert(struct set *set, unsigned node)
{
    set->words[node / 64] |= (uint64_t)1 << node % 64;
}

static bool contains(const struct set *set, unsigned node)
{
    return (set->words[node / 64] >> node % 64 & 1) != 0;
}

static bool meet(const struct set *a, const struct set *b)
{
    for (unsigned i = 0; i < n_words; i++) {
        if ((a->words[i] & b->words[i]) != 0)
            return true;
    }
    return false;
}

static void unite(struct set *to, const struct set *from)
{
    for (unsigned i = 0; i < n_words; i++)
        to->words[i] |= from->words[i];
}

/* --- places in a modification order --- */

static unsigned place_of(uint16_t store)
{
    return 4 * memory_store(store)->rank;
}

static unsigned place_of_read(uint16_t store)
{
    return place_of(store) + 1;
}

static unsigned place_of_next(uint16_t store)
{
    return place_of(store) + 2;
}

static unsigned place_behind(const struct fence *f, uint16_t location)
{
    uint16_t store = f->behind[location].store;

    return f->behind[location].read ? place_of_read(store) : place_of(store);
}

/* --- where an access belongs --- */

struct neighbours {
    struct set before, behind;
};

static bool happens_before(const struct node *n, const uint32_t *clock)
{
    return clock[n->thread] >= n->clock;
}

/* Where a is in the modification order: what it reads, or else what it stores. */
static unsigned place_of_access(const struct seq_cst_access *a)
{
    return a->reads ? place_of_read(a->after) : place_of_next(a->after);
}

static bool is_newer(const struct node *n, const struct seq_cst_access *a)
{
    return !n->fence && n->location == a->location && n->stored != NONE &&
           place_of(n->stored) > place_of_access(a);
}

static bool is_older(const struct node *n, const struct seq_cst_access *a)
{
    unsigned written = place_of_next(a->after);

    return a->writes && n->location == a->location &&
           ((n->stored != NONE && place_of(n->stored) < written) ||
            (n->read != NONE && place_of_read(n->read) < written));
}

/* An access that orders the fences before it with what it comes before. */
static void find_around(const struct seq_cst_access *a, struct neighbours *near)
{
    memset(near, 0, sizeof *near);
    for (unsigned i = 0; i < n_nodes; i++) {
        if (nodes[i].fence && happens_before(&nodes[i], a->clock))
            insert(&near->before, i);
        if (is_newer(&nodes[i], a))
            insert(&near->behind, i);
    }
    for (unsigned i = 0; i < n_fences; i++) {
        if (place_of_access(a) < place_of_read(fences[i].seen[a->location]))
            insert(&near->behind, fences[i].node);
    }
}

/* A seq_cst access. */
static void find_beside(const struct seq_cst_access *a, struct neighbours *near)
{
    memset(near, 0, sizeof *near);
    for (unsigned i = 0; i < n_nodes; i++) {
        if (happens_before(&nodes[i], a->clock) ||
            (!nodes[i].fence && is_older(&nodes[i], a)))
            insert(&near->before, i);
        if (is_newer(&nodes[i], a))
            insert(&near->behind, i);
    }
    for (unsigned i = 0; i < n_fences; i++) {
        const struct fence *f = &fences[i];

        if (place_of_access(a) < place_of(f->written[a->location]))
            insert(&near->behind, f->node);
        if (a->writes && f->behind[a->location].store != NONE &&
            place_behind(f, a->location) < place_of_next(a->after))
            insert(&near->before, f->node);
    }
}

/* Node i is in the set, or comes before one that is. */
static bool leads_to(unsigned i, const struct set *set)
{
    return contains(set, i) || meet(&nodes[i].reached, set);
}

static bool is_cycle(const struct neighbours *near)
{
    for (unsigned i = 0; i < n_nodes; i++) {
        if (contains(&near->behind, i) && leads_to(i, &near->before))
            return true;
    }
    return false;
}

bool seq_cst_allows(const struct seq_cst_access *a)
{
    struct neighbours near;

    if (n_fences > 0) {
        find_around(a, &near);
        if (is_cycle(&near))
            return false;
    }
    if (!a->seq_cst || n_nodes == 0)
        return true;
    find_beside(a, &near);
    return !is_cycle(&near);
}

/* --- new nodes --- */

/* All that lead to `before` lead to `reached`. */
static void connect(const struct set *before, const struct set *reached)
{
    for (unsigned i = 0; i < n_nodes; i++) {
        if (leads_to(i, before))
            unite(&nodes[i].reached, reached);
    }
}

static unsigned new_node(unsigned thread, struct neighbours *near)
{
    unsigned number = n_nodes;

    if (n_nodes == NODES_MAX)
        run_fail(EXPLORE_ENDLESS, "too many seq_cst operations for the explorer");
    nodes[n_nodes++] = (struct node){.thread = (uint8_t)thread,
                                     .clock = memory_view(thread)->clock[thread],
                                     .reached = near->behind};
    n_words = (n_nodes - 1) / 64 + 1;
    insert(&near->behind, number);
    return number;
}

static void note_behind_fences(const struct seq_cst_access *a, uint16_t stored)
{
    uint16_t store = a->reads ? a->after : stored;
    unsigned place = a->reads ? place_of_read(store) : place_of(store);

    for (unsigned i = 0; i < n_fences; i++) {
        struct fence *f = &fences[i];

        if (!happens_before(&nodes[f->node], a->clock) ||
            (f->behind[a->location].store != NONE &&
             place_behind(f, a->location) <= place))
            continue;
        f->behind[a->location].store = store;
        f->behind[a->location].read = a->reads;
    }
}

/* What is behind those behind is behind. */
static void complete(struct neighbours *near)
{
    for (unsigned i = 0; i < n_nodes; i++) {
        if (contains(&near->behind, i))
            unite(&near->behind, &nodes[i].reached);
    }
}

void seq_cst_access(const struct seq_cst_access *a, unsigned thread, uint16_t stored)
{
    struct neighbours near;
    unsigned number;

    if (n_fences > 0) {
        find_around(a, &near);
        complete(&near);
        connect(&near.before, &near.behind);
        note_behind_fences(a, stored);
    }
    if (!a->seq_cst)
        return;
    find_beside(a, &near);
    complete(&near);
    number = new_node(thread, &near);
    nodes[number].location = a->location;
    nodes[number].read = a->reads ? a->after : NONE;
    nodes[number].stored = stored;
    connect(&near.before, &near.behind);
}

/* What the thread knows now comes before a fence. */
static void find_before(const struct fence *f, const uint32_t *clock, struct set *before)
{
    for (unsigned i = 0; i < n_nodes; i++) {
        const struct node *n = &nodes[i];
        unsigned written = place_of(f->written[n->location]);

        if (happens_before(n, clock) ||
            (!n->fence && ((n->read != NONE && place_of_read(n->read) < written) ||
                           (n->stored != NONE && place_of(n->stored) < written))))
            insert(before, i);
    }
    for (unsigned i = 0; i < n_fences; i++) {
        for (uint16_t l = 0; l < memory_locations(); l++) {
            if (fences[i].behind[l].store != NONE &&
                place_behind(&fences[i], l) < place_of_read(f->seen[l]))
                insert(before, fences[i].node);
        }
    }
}

static unsigned add_fence(unsigned thread, const struct set *before)
{
    const struct view *now = memory_view(thread);
    struct neighbours near = {.before = *before};
    struct fence *f = &fences[n_fences];
    unsigned number;

    if (n_fences == FENCES_MAX)
        run_fail(EXPLORE_ENDLESS, "too many seq_cst fences for the explorer");
    memset(f, 0, sizeof *f);
    for (uint16_t l = 0; l < memory_locations(); l++) {
        f->seen[l] = now->seen[l];
        f->written[l] = memory_newest_before(l, now->clock);
    }
    find_before(f, now->clock, &near.before);
    number = new_node(thread, &near);
    nodes[number].fence = true;
    connect(&near.before, &near.behind);
    f->node = (uint16_t)number;
    n_fences++;
    return number;
}

void seq_cst_fence(unsigned thread)
{
    add_fence(thread, &(struct set){{0}});
}

/* The caller's fence, one in each of the others, which are not ordered with each other, and
 * the caller's again. */
void seq_cst_membarrier(unsigned thread)
{
    struct set first = {{0}}, others = {{0}};

    insert(&first, add_fence(thread, &first));
    others = first;
    for (unsigned i = 1; i < run.n_threads; i++) {
        if (i != thread)
            insert(&others, add_fence(i, &first));
    }
    add_fence(thread, &others);
}
