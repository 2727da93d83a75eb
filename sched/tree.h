/* sched/tree.h: who has made whom, and what the two tell each other: the supervision tree.
 *
 * A child lies in its parent's circle of children, the youngest first, until the parent has
 * noted its end; its slot is not used again before. So an index is enough to name it, and a
 * child's parent is never gone. Only the parent touches its circle: its running step, also one
 * that has lost its domain, or, between two steps, the domain's holder. A task without a parent
 * lies in no circle.
 *
 * What parent and child tell each other is mail that needs no memory: each child has one node,
 * in its kin line.
 *
 *   order   to the child: STOP or KILL, marked; WAKE
 *   begun   to the parent: its beginning is over
 *   fallen  to the parent: it has come to an end
 *   over    to the parent: its slot is the parent's
 *
 * Who sends the node takes it (AWAY), who has read it brings it home. A child that has fallen or
 * is over while its node is away says so (FALLEN, OVER), and who would bring the node home sends
 * it to the parent. There it joins the news: children that the parent has not heard of yet, for
 * which it is signalled. Between tasks of one domain no node travels: an order sets the child's
 * flag, an end joins the news at once.
 *
 * A child that lasts keeps its slot and its mail when it comes to an end: it is dormant, and the
 * parent wakes it, to begin once more, or ends it. It is dormant before its first beginning, too.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   KN1 take:  CAS acquire -> KN2: who had the node last has done with it
 *   KN2 home:  CAS release -> KN1, KN3: what was read of the node has been read
 *   KN3 over:  CAS acq_rel -> KN2, KN4, KN5: release what the child leaves; acquire KN2
 *   KN4 free:  CAS release -> KN3, KN5: the parent gives the child up, and touches it no more
 *   KN5 look:  load acquire -> KN3, KN4: who finds no parent may use the slot again; who finds
 *              that the child has fallen or is over, before KN2, finds what it has left
 *              (lib/actor/life.c)
 * Relaxed: what nobody sees yet, or nobody else has a use for; KEPT (KN3 follows it). */
#ifndef WEFT_SCHED_TREE_H
#define WEFT_SCHED_TREE_H

#include "sched/domain.h"

/* Of task_cold.parent, above the index. KEPT: it is ending, and its state stays for the parent:
 * it cannot be given up any more. */
enum {
    KIN_PARENT = (1 << ID_INDEX_BITS) - 1,
    KIN_AWAY = 1 << 28,
    KIN_OVER = 1 << 29,
    KIN_KEPT = 1 << 30
};
#define KIN_FALLEN ((uint32_t)1 << 31)

enum kin_order { ORDER_NONE, ORDER_STOP, ORDER_KILL };
/* Of kin.phase: its parent has told it to stop; it gives a child time to end; it lasts; it has
 * fallen since it was woken; it is to wake. From KIN_PHASES on the floor above's. */
enum {
    KIN_TOLD = 1,
    KIN_WAITS = 2,
    KIN_LASTS = 4,
    KIN_FELL = 8,
    KIN_WOKEN = 16,
    KIN_PHASES = 32
};

/* The third line of tasks that have a parent or children; void otherwise. A node's beginning is
 * its own: of `note` the floor above has `word`, to say why it ends, as in code, exit and hook. */
struct kin {
    struct node *next;    /* who has the node; among the news: the next, in a circle */
    struct record note;   /* to, head: who has the node; from: the child's id, constant */
    uint64_t shutdown_ns; /* constant: to end when it is told to stop; UINT64_MAX: any */
    uint32_t news;        /* the last of its children that it has to hear of; 0: none */
    uint32_t depth;       /* constant: from the top */
    int32_t code;         /* why the task ends */
    uint8_t exit, hook;
    uint8_t phase;   /* of its end */
    uint8_t ordered; /* the parent's: enum kin_order, while it lives */
};
_Static_assert(sizeof(struct kin) == CACHE_LINE &&
                   offsetof(struct kin, note) == offsetof(struct node, record),
               "a line that begins as a node");

static inline struct kin *task_kin(const struct sched *s, const struct task *t)
{
    return &s->table.kin[task_index(&s->table, t)];
}

static inline struct task *task_of_kin(const struct sched *s, const struct kin *k)
{
    return &s->table.tasks[k - s->table.kin];
}

static inline bool has_children(const struct task *t)
{
    return t->cold.child != 0;
}

/* Its parent's index and flags; 0: it has none. */
static inline uint32_t kin_word(const struct task *t)
{
    return at_load(&((struct task *)(uintptr_t)t)->cold.parent, acquire, KN5);
}

/* It has neither parent nor children. */
static inline bool is_kinless(const struct task *t)
{
    return (kin_word(t) | t->cold.child) == 0;
}

/* The parent, NULL if there is none. For who may touch the child. */
static inline struct task *tree_parent(const struct sched *s, const struct task *t)
{
    uint32_t index = kin_word(t) & KIN_PARENT;

    return index != 0 ? &s->table.tasks[index] : NULL;
}

/* --- the parent's circle: its step's, or the holder's --- */

/* A new task will be the parent's child. Before anybody can see it. */
void tree_bear(struct sched *s, struct task *parent, struct task *child,
               uint64_t shutdown_ns, bool lasts);
/* Behind that, when it was spawned: it is the next younger of this one; elder: NULL: the oldest. */
void tree_join(struct sched *s, struct task *parent, struct task *child,
               const struct task *elder);
/* The youngest, and the next older one; NULL: none. */
struct task *tree_youngest(const struct sched *s, const struct task *parent);
struct task *tree_older(const struct sched *s, const struct task *parent,
                        const struct task *child);
/* The youngest becomes the oldest. */
void tree_turn(const struct sched *s, struct task *parent);
/* A child that is over, and has been taken from the news: it leaves the circle; its slot is
 * free. */
void tree_leave(const struct sched *s, struct task *parent, struct task *child);
void tree_bury(struct sched *s, struct stock *stock, struct task *child);
/* The child has no parent any more. False: it is over, or about to be, or has mail on its way. */
bool tree_release(struct sched *s, struct task *parent, struct task *child);

/* --- orders --- */

/* By the holder of the parent's domain, between two steps. False: the child's node is away, or
 * it is over: there will be news, or the same has to be tried again. */
bool tree_order(struct domain *d, struct task *child, enum record_kind kind);
/* The same from a step; always with the node. */
bool tree_send_order(struct sched *s, struct stock *stock, struct task *child,
                     enum record_kind kind);

/* From a step: a dormant child is to begin; `word`: its note's, until it has. False: it is over,
 * or not dormant as far as the parent has heard. */
bool tree_wake(struct sched *s, struct stock *stock, struct task *child, uint64_t word);

/* --- news --- */

/* A child that lasts has come to an end, which note.word and so on explain: the parent will hear of
 * it. False: it has no parent any more. Then it lies down: its mail waits. */
bool tree_fall(struct domain *d, struct task *child);
void tree_lie_down(struct domain *d, struct task *child);
/* It was woken, and is dormant no more. */
void tree_get_up(struct domain *d, struct task *child);
static inline bool tree_is_woken(const struct sched *s, const struct task *t)
{
    return is_dormant(t) && (task_kin(s, t)->phase & KIN_WOKEN) != 0;
}

/* The child says that it has begun. From its beginning. */
void tree_begun(struct sched *s, struct stock *stock, struct task *child);
/* The slot's token is home, and the task over. False: it has no parent: the slot is free. */
bool tree_over(struct domain *d, struct task *child);
/* A kin's node has been read, or found nobody. */
void tree_home(struct sched *s, struct stock *stock, struct node *n);
/* The node of a child has arrived. The holder of the parent's domain. */
void tree_news(struct domain *d, struct task *parent, struct node *n);
/* The oldest news: the child, and what of it: RECORD_BEGUN, RECORD_FALLEN, RECORD_OVER, or
 * RECORD_SKIP if it was put off. NULL: none. Between two steps. */
struct task *tree_hear(struct domain *d, struct task *parent, enum record_kind *what);
/* A child that is over, and has been heard of, joins the news once more, to be buried then. */
void tree_put_off(struct domain *d, struct task *parent, struct task *child);
/* The state of a child that is ending stays where it is, for the parent. False: it has none. */
bool tree_keep(struct task *child);
static inline bool tree_has_kept(const struct task *child)
{
    return (kin_word(child) & KIN_KEPT) != 0;
}

/* A parent that ends gives its youngest child so many cycles: then control is called. False: no
 * memory for a timer. */
bool tree_wait(struct domain *d, struct task *parent, uint64_t deadline);
/* It has had them. */
bool tree_has_waited(const struct sched *s, const struct task *parent);
void tree_wait_over(const struct sched *s, struct task *parent);

/* The parent has something to hear. */
static inline bool tree_has_news(const struct sched *s, const struct task *parent)
{
    return has_children(parent) && task_kin(s, parent)->news != 0;
}

/* A node that is part of a kin line. */
static inline bool is_kin_node(const struct node *n)
{
    enum record_kind kind = record_kind(&n->record);

    return kind == RECORD_BEGUN || kind == RECORD_FALLEN || kind == RECORD_OVER ||
           kind == RECORD_WAKE ||
           ((kind == RECORD_STOP || kind == RECORD_KILL) &&
            (record_extra(&n->record) & RECORD_MARK) != 0);
}

#endif
