/* sched/tree.c: the circle of children, and the nodes between them and their parent. */
#include "sched/tree.h"

#include "sched/adopt.h"
#include "sched/alarm.h"
#include "sched/await.h"
#include "sched/pressure.h"
#include "sched/remote.h"
#include "sched/send.h"
#include "sched/timer.h"

#include <string.h>

static uint32_t index_of(const struct sched *s, const struct task *t)
{
    return (uint32_t)task_index(&s->table, t);
}

static struct task *at(const struct sched *s, uint32_t index)
{
    return &s->table.tasks[index];
}

/* --- the circle --- */

void tree_bear(struct sched *s, struct task *parent, struct task *child,
               uint64_t shutdown_ns, bool lasts)
{
    struct kin *k = task_kin(s, child);

    if (is_kinless(parent))
        memset(task_kin(s, parent), 0, sizeof *k);
    memset(k, 0, sizeof *k);
    k->note.from = task_id(&s->table, child);
    k->shutdown_ns = shutdown_ns;
    k->phase = lasts ? KIN_LASTS : 0;
    k->depth = task_kin(s, parent)->depth + 1;
    at_set(&child->cold.parent, index_of(s, parent)); /* relaxed: nobody sees it yet */
}

void tree_join(struct sched *s, struct task *parent, struct task *child,
               const struct task *elder)
{
    uint32_t index = index_of(s, child);
    struct task *next =
        elder != NULL ? (struct task *)(uintptr_t)elder : tree_youngest(s, parent);

    if (next == NULL) {
        child->cold.next = child->cold.previous = index;
    } else {
        child->cold.next = index_of(s, next);
        child->cold.previous = next->cold.previous;
        at(s, next->cold.previous)->cold.next = index;
        next->cold.previous = index;
    }
    if (next == NULL || (elder != NULL && parent->cold.child == index_of(s, elder)))
        parent->cold.child = index;
}

struct task *tree_youngest(const struct sched *s, const struct task *parent)
{
    return has_children(parent) ? at(s, parent->cold.child) : NULL;
}

struct task *tree_older(const struct sched *s, const struct task *parent,
                        const struct task *child)
{
    return child->cold.next != parent->cold.child ? at(s, child->cold.next) : NULL;
}

void tree_turn(const struct sched *s, struct task *parent)
{
    parent->cold.child = s->table.tasks[parent->cold.child].cold.next;
}

void tree_leave(const struct sched *s, struct task *parent, struct task *child)
{
    uint32_t index = index_of(s, child), next = child->cold.next;

    at(s, child->cold.previous)->cold.next = next;
    at(s, next)->cold.previous = child->cold.previous;
    if (parent->cold.child == index)
        parent->cold.child = next != index ? next : 0;
}

void tree_bury(struct sched *s, struct stock *stock, struct task *child)
{
    (void)s;
    at_set(&child->cold.parent, 0); /* relaxed: the slot's next inhabitant has none */
    slot_free(stock, child);
}

/* Back where it was. */
static void rejoin(const struct sched *s, struct task *parent, struct task *child,
                   bool youngest)
{
    uint32_t index = index_of(s, child);

    if (!has_children(parent) || youngest)
        parent->cold.child = index;
    at(s, child->cold.previous)->cold.next = index;
    at(s, child->cold.next)->cold.previous = index;
}

/* Its links are not touched any more when it may be gone. */
bool tree_release(struct sched *s, struct task *parent, struct task *child)
{
    uint32_t is = index_of(s, parent);
    bool youngest = parent->cold.child == index_of(s, child);

    tree_leave(s, parent, child);
    if (at_cas(&child->cold.parent, &is, 0, release, KN4))
        return true;
    rejoin(s, parent, child, youngest);
    return false;
}

/* --- the node --- */

static struct node *node_of(struct kin *k)
{
    return (struct node *)(void *)k;
}

static struct kin *kin_of_node(struct node *n)
{
    return (struct kin *)(void *)n;
}

/* False: it is away, or the child is over, or has no parent. */
static bool take_node(struct task *child, uint32_t parent)
{
    uint32_t is = parent;

    return parent != 0 &&
           at_cas(&child->cold.parent, &is, parent | KIN_AWAY, acquire, KN1);
}

static void send_node(struct sched *s, struct stock *stock, struct task *child,
                      struct task *to, enum record_kind kind, unsigned extra)
{
    struct kin *k = task_kin(s, child);
    struct node *n = node_of(k);

    k->note.to = task_id(&s->table, to);
    k->note.head = record_head(0, kind, extra, 0);
    push_mail(s, NULL, stock, to, n, n);
}

/* Who has the node has read it, and will not look at these flags again: what it is to say to the
 * parent instead of going home; or RECORD_SKIP. */
static enum record_kind bring_home(struct task *child, uint32_t heard)
{
    uint32_t is, will;

    do {
        is = kin_word(child);
        will = is & ~heard;
        if ((will & (KIN_OVER | KIN_FALLEN)) == 0)
            will &= ~(uint32_t)KIN_AWAY;
    } while (!at_cas_weak(&child->cold.parent, &is, will, release, KN2));
    return (will & KIN_OVER) != 0     ? RECORD_OVER
           : (will & KIN_FALLEN) != 0 ? RECORD_FALLEN
                                      : RECORD_SKIP;
}

void tree_home(struct sched *s, struct stock *stock, struct node *n)
{
    struct task *child = task_of_kin(s, kin_of_node(n));
    enum record_kind what = bring_home(child, 0);

    if (what != RECORD_SKIP)
        send_node(s, stock, child, at(s, kin_word(child) & KIN_PARENT), what, 0);
}

/* --- orders --- */

bool tree_send_order(struct sched *s, struct stock *stock, struct task *child,
                     enum record_kind kind)
{
    if (!take_node(child, kin_word(child) & KIN_PARENT))
        return false;
    send_node(s, stock, child, child, kind, RECORD_MARK);
    return true;
}

bool tree_order(struct domain *d, struct task *child, enum record_kind kind)
{
    uint64_t word = task_word(child);

    if ((word & OWNER_MASK) != d->mine)
        return tree_send_order(d->sched, &d->stock, child, kind);
    if ((word & TASK_DYING) != 0)
        return false;
    task_kin(d->sched, child)->phase |= KIN_TOLD;
    task_flag(child, kind == RECORD_KILL ? TASK_KILLED : TASK_STOPPING);
    control_later(d, child);
    return true;
}

bool tree_wake(struct sched *s, struct stock *stock, struct task *child, uint64_t word)
{
    if (!take_node(child, kin_word(child) & KIN_PARENT))
        return false;
    task_kin(s, child)->note.word = word;
    send_node(s, stock, child, child, RECORD_WAKE, 0);
    return true;
}

/* --- news --- */

void tree_news(struct domain *d, struct task *parent, struct node *n)
{
    struct kin *k = task_kin(d->sched, parent);

    if (k->news == 0) {
        n->next = n;
    } else {
        struct kin *last = &d->sched->table.kin[k->news];

        n->next = last->next;
        last->next = n;
    }
    k->news = (uint32_t)(kin_of_node(n) - d->sched->table.kin);
    task_flag(parent, TASK_SIGNALLED);
    if (is_closed(parent) || is_to_act(d->sched, parent))
        control_later(d, parent);
}

/* As news of its parent's, if that lives here. */
static void tell(struct domain *d, struct task *child, struct task *parent,
                 enum record_kind what)
{
    struct kin *k = task_kin(d->sched, child);

    if ((task_word(parent) & OWNER_MASK) != d->mine) {
        send_node(d->sched, &d->stock, child, parent, what, 0);
        return;
    }
    k->note.head = record_head(0, what, 0, 0);
    tree_news(d, parent, node_of(k));
}

/* The child says so; and tells, unless its node is away. False: it has no parent. */
static bool say(struct domain *d, struct task *child, uint32_t flag,
                enum record_kind what)
{
    uint32_t is;

    do {
        is = kin_word(child);
        if ((is & KIN_PARENT) == 0)
            return false;
    } while (!at_cas_weak(&child->cold.parent, &is, is | flag | KIN_AWAY, acq_rel, KN3));
    if ((is & KIN_AWAY) == 0)
        tell(d, child, at(d->sched, is & KIN_PARENT), what);
    return true;
}

bool tree_over(struct domain *d, struct task *child)
{
    return say(d, child, KIN_OVER, RECORD_OVER);
}

bool tree_fall(struct domain *d, struct task *child)
{
    return say(d, child, KIN_FALLEN, RECORD_FALLEN);
}

void tree_begun(struct sched *s, struct stock *stock, struct task *child)
{
    uint32_t parent = kin_word(child) & KIN_PARENT;

    if (take_node(child, parent))
        send_node(s, stock, child, at(s, parent), RECORD_BEGUN, 0);
}

/* Takes the first of the circle. */
static struct kin *news_take(struct domain *d, struct kin *k)
{
    struct kin *last = &d->sched->table.kin[k->news], *first = kin_of_node(last->next);

    if (first == last) {
        k->news = 0;
    } else {
        last->next = first->next;
    }
    return first;
}

struct task *tree_hear(struct domain *d, struct task *parent, enum record_kind *what)
{
    struct kin *k = task_kin(d->sched, parent), *of;
    enum record_kind more;
    struct task *child;

    if (!tree_has_news(d->sched, parent))
        return NULL;
    of = news_take(d, k);
    child = task_of_kin(d->sched, of);
    *what = record_kind(&of->note);
    if (*what == RECORD_BEGUN || *what == RECORD_FALLEN) {
        more = bring_home(child, *what == RECORD_FALLEN ? KIN_FALLEN : 0);
        if (more != RECORD_SKIP)
            tell(d, child, parent, more);
    }
    return child;
}

void tree_put_off(struct domain *d, struct task *parent, struct task *child)
{
    struct kin *k = task_kin(d->sched, child);

    k->note.head = record_head(0, RECORD_SKIP, 0, 0);
    tree_news(d, parent, node_of(k));
}

bool tree_keep(struct task *child)
{
    uint32_t is;

    do {
        is = kin_word(child);
        if ((is & KIN_PARENT) == 0)
            return false;
    } while (
        !at_claim(&child->cold.parent, &is, is | KIN_KEPT)); /* relaxed: KN3 follows */
    return true;
}

/* --- lasting --- */

/* What was put aside comes back; the message whose step is not over is dead. */
static void mail_waits(struct domain *d, struct task *t, struct mailq *q)
{
    if (q->held)
        d->sched->ops->dead(d->sched, &d->stock, q->aside->message, SCHED_ENDED);
    q->held = false;
    pressure_release(d, t);
    unstash(d, t, q);
    q->talk.ref = 0;
    q->talk.deadline = 0;
    alarms_end(d, q); /* what the last life wanted sent later */
    timer_disarm(d, t);
}

void tree_lie_down(struct domain *d, struct task *t)
{
    enum { LIFE = TASK_QUEUED | TASK_BOUNDED | TASK_SIGNALLED };
    struct kin *k = task_kin(d->sched, t);
    uint64_t word = task_word(t), kept = word & (TASK_FLAGS & LIFE);

    task_set_word(t, (word & ~(uint64_t)TASK_FLAGS) | kept | TASK_DORMANT);
    k->phase = (k->phase & KIN_WOKEN) | KIN_LASTS | KIN_FELL;
    if (task_queue(d->sched, t) != NULL)
        mail_waits(d, t, task_queue(d->sched, t));
}

void tree_get_up(struct domain *d, struct task *t)
{
    task_unflag(t, TASK_DORMANT);
    task_kin(d->sched, t)->phase = KIN_LASTS;
}

/* --- waiting for a child to end --- */

bool tree_wait(struct domain *d, struct task *parent, uint64_t deadline)
{
    struct mailq *q = talk_begin(d, parent);

    if (q == NULL || !timer_arm(d, parent, deadline))
        return false;
    q->talk.deadline = deadline;
    task_kin(d->sched, parent)->phase |= KIN_WAITS;
    return true;
}

bool tree_has_waited(const struct sched *s, const struct task *parent)
{
    const struct mailq *q = task_queue(s, parent);

    return (task_kin(s, parent)->phase & KIN_WAITS) != 0 &&
           (q == NULL || q->talk.deadline == 0);
}

void tree_wait_over(const struct sched *s, struct task *parent)
{
    struct mailq *q = task_queue(s, parent);

    task_kin(s, parent)->phase &= (uint8_t)~KIN_WAITS;
    if (q != NULL)
        q->talk.deadline = 0;
}
