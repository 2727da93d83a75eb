/* lib/actor/runtime.h: the actors' view of a runtime. */
#ifndef WEFT_ACTOR_RUNTIME_H
#define WEFT_ACTOR_RUNTIME_H

#include "sched/sched.h"

#include <weft/actor.h>
#include <weft/runtime.h>

/* Results of a step beyond the scheduler's own. They are no small numbers, so that a step
 * which returns something else by mistake is found out. */
enum {
    NEXT_STOP = NEXT_OTHERS,
    NEXT_FAIL,
    NEXT_STAYS,   /* asked to stop, it will not */
    NEXT_STOPPED, /* ... or will */
    NEXT_INIT_STOP,
    NEXT_INIT_FAIL,
    NEXT_INIT_GARBAGE,
    NEXT_ENDED
};

struct weft_runtime {
    struct sched *sched;
    weft_options options;
    struct memory memory;
    int tag;                  /* of its pids: 1 .. WEFT_RUNTIMES_MAX */
    _Atomic(bool) stopping;   /* RT1 */
    _Atomic(int) exit_code;   /* RT2; -1: nobody has called weft_exit */
    _Atomic(uint32_t) exited; /* a futex */
};

static inline struct worker *worker_of(const weft_self *self)
{
    return (struct worker *)(uintptr_t)self;
}

static inline weft_self *self_of(struct worker *w)
{
    return (weft_self *)(void *)w;
}

static inline weft_runtime *runtime_of(const struct sched *s)
{
    return sched_context(s);
}

static inline const struct record *record_of(const weft_msg *msg)
{
    return (const struct record *)(const void *)msg;
}

/* --- lib/actor/life.c --- */

extern const struct sched_ops actor_ops;

/* --- lib/actor/cast.c --- */

/* A word that could not be sent is a dead letter: counts it, returns why. */
int word_unsent(struct worker *w, enum sched_sent why);

/* --- lib/actor/block.c: objects that travel by address --- */

/* Memory for size bytes, from the stock's pool if it is small. NULL if there is none. */
void *object_alloc(struct stock *stock, const struct memory *m, size_t size,
                   size_t align);
void object_free(struct stock *stock, const struct memory *m, void *object, size_t size,
                 size_t align);

/* A block with a copy of the object; NULL if there is no memory. */
void *block_new(struct stock *stock, const struct memory *m, const weft_type *type,
                const void *object);
/* Frees a block without destroying the object. */
void block_free(struct stock *stock, const struct memory *m, void *object);
const weft_type *block_type(const void *object);

#endif
