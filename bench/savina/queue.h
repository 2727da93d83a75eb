/* queue.h: words in the order in which they came, any number of them. All zeros is empty. */
#ifndef WEFT_BENCH_SAVINA_QUEUE_H
#define WEFT_BENCH_SAVINA_QUEUE_H

#include <stdlib.h>

#include "bench/savina/savina.h"

struct queue {
    uint64_t *word;
    size_t room; /* a power of two, or 0 */
    size_t first;
    size_t count;
};

static inline void queue_grow(struct queue *queue)
{
    size_t room = queue->room == 0 ? 2 : 2 * queue->room;
    uint64_t *word = savina_alloc(room, sizeof *word);

    for (size_t i = 0; i < queue->count; i++)
        word[i] = queue->word[(queue->first + i) & (queue->room - 1)];
    free(queue->word);
    queue->word = word;
    queue->room = room;
    queue->first = 0;
}

static inline void queue_push(struct queue *queue, uint64_t word)
{
    if (queue->count == queue->room)
        queue_grow(queue);
    queue->word[(queue->first + queue->count++) & (queue->room - 1)] = word;
}

/* The oldest; the queue is not empty. */
static inline uint64_t queue_pop(struct queue *queue)
{
    uint64_t word = queue->word[queue->first];

    queue->first = (queue->first + 1) & (queue->room - 1);
    queue->count--;
    return word;
}

static inline void queue_done(struct queue *queue)
{
    free(queue->word);
}

#endif
