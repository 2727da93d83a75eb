/* lib/actor/runtime.h: the actors' view of a runtime. */
#ifndef WEFT_ACTOR_RUNTIME_H
#define WEFT_ACTOR_RUNTIME_H

#include "lib/actor/blocking.h"
#include "sched/sched.h"

#include <weft/actor.h>
#include <weft/letter.h>
#include <weft/runtime.h>
#include <weft/simulated.h>

/* Results of a step beyond the scheduler's own. They are no small numbers, so that a step
 * which returns something else by mistake is found out. */
enum {
    NEXT_STOP = NEXT_OTHERS,
    NEXT_FAIL,
    NEXT_STAYS,   /* asked to stop, it will not */
    NEXT_STOPPED, /* ... or will */
    NEXT_FAILED,  /* for good: the hook has said so */
    NEXT_INIT_STOP,
    NEXT_INIT_FAIL,
    NEXT_INIT_GARBAGE,
    NEXT_ENDED
};

/* What a floor above keeps with a runtime: made when it is first wanted, ended with the runtime. */
enum annex_place { ANNEX_NAMES, ANNEX_GROUPS, ANNEXES };
struct annex {
    void (*destroy)(struct annex *annex);
};

struct weft_runtime {
    struct sched *sched;
    weft_options options;
    struct memory_account account;
    struct memory memory;     /* of the account */
    struct ports *ports;      /* lib/actor/port.h */
    int tag;                  /* of its pids: 1 .. WEFT_RUNTIMES_MAX */
    int wake_fd;              /* -1: it has threads; lib/actor/threadless.h */
    _Atomic(bool) wanted;     /* TL1: the descriptor is readable, or will be */
    _Atomic(bool) stopping;   /* RT1 */
    _Atomic(int) exit_code;   /* RT2; -1: nobody has called weft_exit */
    _Atomic(uint32_t) exited; /* a futex */
    struct blocking blocking;
    weft_sim_driver sim_driver; /* lib/actor/simulated.h; of a runtime that is played */
    struct sched_sim sim;
    _Atomic(struct annex *) annex[ANNEXES]; /* RT4 */
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

static inline const weft_type *letter_type(const weft_letter *letter)
{
    return (const weft_type *)(uintptr_t)letter->word[0];
}

static inline void *letter_object(const weft_letter *letter)
{
    return (void *)(uintptr_t)letter->word[1];
}

/* Of one that owns its block. */
static inline weft_runtime *letter_runtime(const weft_letter *letter)
{
    return (weft_runtime *)(uintptr_t)letter->word[2];
}

/* --- lib/actor/runtime.c --- */

/* NULL: it has none yet. */
static inline struct annex *annex_of(const weft_runtime *rt, enum annex_place place)
{
    return at_load(&((weft_runtime *)(uintptr_t)rt)->annex[place], acquire, RT4);
}

/* Gives it one; if somebody else was first that is returned, and this one destroyed. */
struct annex *annex_put(weft_runtime *rt, enum annex_place place, struct annex *annex);

/* --- lib/actor/life.c --- */

extern const struct sched_ops actor_ops;

/* --- lib/actor/spawn.c --- */

/* Frees what an actor's state lies in, unless that is its slot. */
void state_free(struct stock *stock, const struct memory *m, const weft_behavior *b,
                void *state);

/* The START record of an actor with an init: its word is the address of the arguments' copy;
 * its sender field, which nobody asks a START record for, that of the behaviour they are
 * for. */
void args_free(struct stock *stock, const struct memory *m, const weft_behavior *b,
               void *args);

static inline void *args_of(const struct record *r)
{
    return (void *)(uintptr_t)r->word;
}

static inline const weft_behavior *start_behavior(const struct record *r)
{
    return (const weft_behavior *)(uintptr_t)r->from;
}

static inline bool fits_slot(const weft_behavior *b)
{
    return b->state_size <= TASK_INLINE_STATE && b->state_align <= TASK_INLINE_ALIGN;
}

/* Who is to be answered, as if by the actor, when its init is over. */
struct waiter {
    weft_pid pid;
    uint64_t ref;
};

/* weft_rt_spawn. waiter: NULL, nobody waits for its start. watcher: NOBODY, or who is to have
 * the reports of an actor with a thread of its own (lib/actor/crew.c). */
int actor_spawn(weft_runtime *rt, const weft_behavior *behavior, const void *args,
                const struct waiter *waiter, weft_pid watcher, weft_pid *ret_pid);

/* --- lib/actor/crew.c --- */

bool crew_report(struct sched *s, uint64_t watcher, uint64_t task, uint64_t handled);

/* --- lib/actor/cast.c --- */

/* A word that could not be sent is a dead letter: counts it, returns why. */
int word_unsent(struct worker *w, const struct record *r, enum sched_sent why);
/* The same of a word, unless it may go past a limit: sched_ops.unsent. */
int on_unsent(struct worker *w, const struct record *r, enum sched_sent why);
bool letter_is_well_formed(const weft_letter *letter);
/* As weft_rt_cast, with a sender. */
int cast_outside(weft_runtime *rt, weft_pid from, weft_pid to, const weft_letter *letter);
int try_cast_outside(weft_runtime *rt, weft_pid from, weft_pid to,
                     const weft_letter *letter);

/* --- lib/actor/message.c --- */

bool same_type(const weft_type *a, const weft_type *b);

/* --- lib/actor/dead.c: on_dead_letter is told --- */

/* A message is dead; before it is released and counted. */
void dead_record(const weft_runtime *rt, const struct record *r,
                 enum weft_dead_letter why);
/* The same for a letter that was not sent. */
void dead_letter(const weft_runtime *rt, weft_pid from, weft_pid to,
                 const weft_letter *letter, enum weft_dead_letter why);

/* --- lib/actor/look.c --- */

void on_stuck(struct sched *s, const struct sched_stuck *stuck);

/* --- lib/actor/block.c: objects that travel by address --- */

/* Memory for size bytes, from the stock's pool if it is small. NULL if there is none. */
void *object_alloc(struct stock *stock, const struct memory *m, size_t size,
                   size_t align);
void object_free(struct stock *stock, const struct memory *m, void *object, size_t size,
                 size_t align);

/* A block with a copy of the object; NULL if there is no memory. */
void *block_new(struct stock *stock, const struct memory *m, const weft_type *type,
                const void *object);
/* The same for a block that several messages and letters may carry: it counts them. */
void *block_new_shared(struct stock *stock, const struct memory *m, const weft_type *type,
                       const void *object);
/* Frees a block without destroying the object. */
void block_free(struct stock *stock, const struct memory *m, void *object);
/* One that carried it ends: if it was the last, the object is destroyed, the block freed. */
void block_release(struct stock *stock, const struct memory *m, void *object);

const weft_type *block_type(const void *object);
bool block_is_shared(const void *object);
/* A shared block: one more carries it; one less does. True if that was the last, as it
 * always is with a block that is not shared. Any thread. */
void block_ref(void *object);
bool block_unref(void *object);
/* The block goes to a letter, or back to a message. Debug builds find out from this who
 * uses a letter twice. */
void block_hold(void *object);
void block_let_go(void *object);

#endif
