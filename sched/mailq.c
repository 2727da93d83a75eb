/* sched/mailq.c: queues of records in blocks. */
#include "sched/mailq.h"

#include <string.h>

struct mailq *mailq_new(struct pool *pool)
{
    struct mailq *q = pool_alloc(pool, POOL_256);

    if (q != NULL)
        memset(q, 0, sizeof *q);
    return q;
}

static enum pool_class class_of(const struct qblock *b)
{
    return b->capacity == QBLOCK_FEW ? POOL_1K : POOL_SEGMENT;
}

void mailq_free(struct pool *pool, struct mailq *q)
{
    struct fifo *both[] = {&q->old, &q->fresh};

    INVARIANT(!mailq_has_mail(q) && !q->returned);
    for (int i = 0; i < 2; i++)
        if (both[i]->first !=
            NULL) /* read to its end, kept for the message being handled */
            pool_free(pool, class_of(both[i]->first), both[i]->first);
    pool_free(pool, POOL_256, q);
}

COLD bool fifo_grow(struct fifo *f, struct pool *pool)
{
    bool large = f->count >= QBLOCK_FEW;
    struct qblock *b = pool_alloc(pool, large ? POOL_SEGMENT : POOL_1K);

    if (b == NULL)
        return false;
    b->next = NULL;
    b->end = 0;
    b->capacity = large ? QBLOCK_MANY : QBLOCK_FEW;
    if (f->last != NULL)
        f->last->next = b;
    else
        f->first = b;
    f->last = b;
    return true;
}

COLD void fifo_advance(struct fifo *f, struct pool *pool)
{
    struct qblock *b = f->first;

    f->first = b->next;
    f->read = 0;
    pool_free(pool, class_of(b), b);
}
