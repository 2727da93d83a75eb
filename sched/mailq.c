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

static struct record *block_of(struct qfoot *foot)
{
    return (struct record *)(void *)foot - foot->capacity;
}

static void block_free(struct pool *pool, struct qfoot *foot)
{
    pool_free(pool, foot->capacity == QBLOCK_FEW ? POOL_1K : POOL_SEGMENT,
              block_of(foot));
}

void mailq_free(struct pool *pool, struct mailq *q)
{
    INVARIANT(!mailq_has_mail(q) && !q->returned);
    if (q->old.read_end != NULL) /* read to its end, kept for the message being handled */
        block_free(pool, q->old.read_end);
    if (q->fresh.read_end != NULL)
        block_free(pool, q->fresh.read_end);
    pool_free(pool, POOL_256, q);
}

COLD bool fifo_grow(struct fifo *f, struct pool *pool)
{
    bool large = f->count >= QBLOCK_FEW;
    uint32_t capacity = large ? QBLOCK_MANY : QBLOCK_FEW;
    struct record *block = pool_alloc(pool, large ? POOL_SEGMENT : POOL_1K);
    struct qfoot *foot;

    if (block == NULL)
        return false;
    foot = (struct qfoot *)(void *)(block + capacity);
    foot->next = NULL;
    foot->capacity = capacity;
    if (f->write_end == NULL) {
        f->read = block;
        f->read_end = foot;
    } else {
        f->write_end->next = foot;
        if (f->write !=
            (struct record *)(void *)f->write_end) { /* too little room: skip it */
            f->write->to = 0;
            f->write->head = record_head(0, RECORD_END, 0, 0);
        }
    }
    f->write = block;
    f->write_end = foot;
    return true;
}

COLD void fifo_advance(struct fifo *f, struct pool *pool)
{
    struct qfoot *foot = f->read_end;

    f->read_end = foot->next;
    f->read = block_of(foot->next);
    block_free(pool, foot);
}
