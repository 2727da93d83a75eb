/* sched/pick.c: taking tasks with all their mail out of the ring. */
#include "sched/pick.h"

#include "sched/remote.h"

typedef void (*visit_fn)(struct domain *d, struct pick *p, struct record *r);

static void each_picked(struct worker *w, struct domain *d, struct pick *picks,
                        uint32_t limit, visit_fn visit)
{
    uint32_t seen = 0;

    for (struct ring_walk i = ring_walk(&d->ring); i.at != d->ring.tail && seen < limit;
         seen++) {
        struct record *r = i.at;
        struct task *t = pick_task(w, d, r);

        ring_step(&d->ring, &i);
        if (t != NULL && t->place != 0 && picks[t->place - 1].task == t)
            visit(d, &picks[t->place - 1], r);
    }
}

static void count_one(struct domain *d, struct pick *p, struct record *r)
{
    (void)d, (void)r;
    p->count++;
}

static void copy_one(struct domain *d, struct pick *p, struct record *r)
{
    struct node *n;

    if (record_kind(r) == RECORD_TURN) /* made anew where the task goes */
        return;
    n = node_new(&d->stock.pool, r);
    if (n == NULL) {
        p->count = 0; /* dropped behind the loop: a later copy would be out of order */
        return;
    }
    n->next = p->mail;
    p->mail = n;
}

static void remove_one(struct domain *d, struct pick *p, struct record *r)
{
    if (record_kind(r) == RECORD_TURN)
        task_queue(d->sched, p->task)->turn_out = false;
    ring_remove(r);
    at_bump(&p->task->left, 1);
}

void pick_count(struct worker *w, struct domain *d, struct pick *picks, uint32_t limit)
{
    each_picked(w, d, picks, limit, count_one);
}

bool pick_is_whole(const struct pick *p)
{
    /* relaxed: give_up decides */
    return p->count == task_in_ring(p->task) && at_peek(&p->task->in) == INBOX_ARMED;
}

static void drop(struct domain *d, struct pick *p)
{
    struct node *next;

    for (; p->mail != NULL; p->mail = next) {
        next = p->mail->next;
        node_free(&d->stock.pool, p->mail);
    }
    p->task->place = 0;
    p->task = NULL;
}

void pick_mail(struct worker *w, struct domain *d, struct pick *picks, uint32_t n,
               uint32_t limit)
{
    each_picked(w, d, picks, limit, copy_one);
    for (uint32_t i = 0; i < n; i++)
        if (picks[i].task != NULL && picks[i].count != task_in_ring(picks[i].task))
            drop(d, &picks[i]);
    each_picked(w, d, picks, limit, remove_one);
}
