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

void mailq_free(struct pool *pool, struct mailq *q)
{
    struct fifo *both[] = {&q->old, &q->fresh};

    INVARIANT(!mailq_has_mail(q) && q->returned == NULL);
    for (int i = 0; i < 2; i++)
        if (both[i]->first !=
            NULL) /* read to its end, kept for the message being handled */
            pool_free(pool, POOL_1K, both[i]->first);
    pool_free(pool, POOL_256, q);
}

static struct qblock *fifo_grow(struct fifo *f, struct pool *pool)
{
    struct qblock *b = pool_alloc(pool, POOL_1K);

    if (b == NULL)
        return NULL;
    b->next = NULL;
    b->end = 0;
    if (f->last != NULL)
        f->last->next = b;
    else
        f->first = b;
    f->last = b;
    return b;
}

bool fifo_put(struct fifo *f, struct pool *pool, const struct record *r)
{
    struct qblock *b = f->last;
    unsigned slots = record_slots(r);

    if (b == NULL || b->end + slots > QBLOCK_SLOTS) {
        b = fifo_grow(f, pool);
        if (b == NULL)
            return false;
    }
    memcpy(&b->slot[b->end], r, slots * sizeof *r);
    b->end += slots;
    f->count++;
    return true;
}

struct record *fifo_next(struct fifo *f, struct pool *pool)
{
    struct qblock *b = f->first;
    struct record *r;

    if (b != NULL && f->read == b->end && b->next != NULL) {
        f->first = b->next;
        f->read = 0;
        pool_free(pool, POOL_1K, b);
        b = f->first;
    }
    if (b == NULL || f->read == b->end)
        return NULL;
    r = &b->slot[f->read];
    f->read += record_slots(r);
    f->count--;
    return r;
}
