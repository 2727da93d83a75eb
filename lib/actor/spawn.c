/* lib/actor/spawn.c: how actors begin.
 *
 * Most have no hook that begins them, and a state that fits the slot beside them, or none: they are *plain*,
 * and made by sched/spawn.h at once. What that needs to know of their behaviour each worker
 * finds out once, for behaviours are constant, and keeps until it forgets it for another. */
#include "sched/spawn.h"
#include "lib/actor/runtime.h"

#include <string.h>

/* --- behaviours --- */

static bool valid(const weft_behavior *b)
{
    return b != NULL && b->step != NULL && b->state_align <= 4096 &&
           (b->state_align & (b->state_align - 1)) == 0 &&
           (b->state_size == 0 || b->state_align > 0) &&
           (b->init != NULL || b->args_size <= b->state_size);
}

COLD static bool kind_learn(struct sched_kind *kind, const weft_behavior *b)
{
    if (!valid(b))
        return false;
    *kind = (struct sched_kind){
        .behavior = b,
        .step = b->step,
        .plain = b->init == NULL && b->started == NULL && fits_slot(b) &&
                 b->args_size % 8 == 0,
        .state = b->state_size > 0,
    };
    if (kind->plain)
        kind->words = (uint8_t)(b->args_size / 8);
    return true;
}

/* --- state and arguments --- */

static bool large_state_new(struct sched *s, struct stock *stock, struct task *t,
                            const weft_behavior *b)
{
    t->state = object_alloc(stock, &runtime_of(s)->memory, b->state_size, b->state_align);
    if (t->state != NULL)
        memset(t->state, 0, b->state_size);
    return t->state != NULL;
}

/* Zeroed; without init the arguments are its beginning. */
static bool state_new(struct sched *s, struct stock *stock, struct task *t,
                      const weft_behavior *b, const void *args)
{
    if (!fits_slot(b)) {
        if (!large_state_new(s, stock, t, b))
            return false;
    } else {
        t->state = b->state_size > 0 ? sched_slot_state(t) : NULL;
        memset(sched_slot_state(t), 0, TASK_INLINE_STATE);
    }
    if (b->init == NULL && args != NULL)
        memcpy(t->state, args, b->args_size);
    return true;
}

void state_free(struct stock *stock, const struct memory *m, const weft_behavior *b,
                void *state)
{
    if (!fits_slot(b))
        object_free(stock, m, state, b->state_size, b->state_align);
}

void args_free(struct stock *stock, const struct memory *m, const weft_behavior *b,
               void *args)
{
    if (args != NULL)
        object_free(stock, m, args, b->args_size, _Alignof(max_align_t));
}

/* The first record of an actor with an init. */
static bool start_new(struct sched *s, struct stock *stock, struct record *start,
                      weft_pid pid, const weft_behavior *b, const void *args)
{
    void *copy = NULL;

    if (args != NULL && b->args_size > 0) {
        copy = object_alloc(stock, &runtime_of(s)->memory, b->args_size,
                            _Alignof(max_align_t));
        if (copy == NULL)
            return false;
        memcpy(copy, args, b->args_size);
    }
    *start =
        (struct record){pid, (uint64_t)(uintptr_t)b, record_head(0, RECORD_START, 0, 0),
                        (uint64_t)(uintptr_t)copy};
    return true;
}

/* --- the long way: any behaviour, any place --- */

/* The task's parts, then the task. w: NULL for a lane, and another domain than the worker's. */
static bool begin(struct sched *s, struct worker *w, struct stock *stock, struct task *t,
                  const void *args)
{
    const weft_behavior *b = t->behavior;
    struct record start, *first = b->init != NULL || b->started != NULL ? &start : NULL;

    if (!state_new(s, stock, t, b, args))
        return false;
    if (first != NULL &&
        !start_new(s, stock, first, sched_id(s, t), b, b->init != NULL ? args : NULL)) {
        state_free(stock, &runtime_of(s)->memory, b, t->state);
        return false;
    }
    counter_add(&stock_tally(stock)->spawned, 1); /* before anybody can end it */
    if (w != NULL ? sched_spawned(w, t, first)
                  : sched_outside_spawned(s, stock, t, first))
        return true;
    counter_add(&stock_tally(stock)->spawned, (uint64_t)-1);
    args_free(stock, &runtime_of(s)->memory, b, first != NULL ? args_of(first) : NULL);
    state_free(stock, &runtime_of(s)->memory, b, t->state);
    return false;
}

static int spawn_in(struct sched *s, struct worker *w, struct stock *stock,
                    const weft_behavior *b, const void *args, uint32_t domain,
                    weft_pid *pid)
{
    struct task *t;

    if (at_load(&runtime_of(s)->stopping, acquire, RT1))
        return WEFT_ESTOPPING;
    if (args != NULL && b->args_size == 0)
        return WEFT_EINVAL;
    if (sched_is_full(s))
        return WEFT_ELIMIT;
    t = w != NULL ? sched_task_new(w) : sched_outside_new(s, stock, domain);
    if (t == NULL)
        return WEFT_ELIMIT;
    *pid = sched_id(s, t);
    t->step = b->step;
    t->behavior = b;
    if (begin(s, w, stock, t, args))
        return WEFT_OK;
    *pid = WEFT_NOBODY;
    sched_undo(stock, t);
    return WEFT_ENOMEM;
}

/* Not where its maker is: it is to have a thread of its own, or its maker has one, or is none of
 * the runtime's. */
static int spawn_apart(struct sched *s, const weft_behavior *b, const void *args,
                       weft_pid watcher, weft_pid *pid)
{
    int domain = SCHED_HOME, error;
    struct stock *stock;

    if (b->own_thread) { /* looked at again in spawn_in, with all the rest */
        if (at_load(&runtime_of(s)->stopping, acquire, RT1))
            return WEFT_ESTOPPING;
        domain = sched_solo_open(s, watcher);
    }
    if (domain < 0)
        return domain;
    stock = lane_enter(s);
    error = spawn_in(s, NULL, stock, b, args, (uint32_t)domain, pid);
    lane_leave(s, stock);
    if (b->own_thread)
        sched_solo_opened(s, domain, error == 0);
    return error;
}

COLD static int spawn_inside(struct worker *w, const weft_behavior *b, const void *args,
                             weft_pid *ret_pid)
{
    weft_pid pid = WEFT_NOBODY;
    int error = WEFT_EINVAL;

    if (b != NULL && (b->own_thread || sched_is_solo(w))) {
        if (valid(b))
            error = spawn_apart(sched_of(w), b, args, WEFT_NOBODY, &pid);
    } else if (b != NULL &&
               (sched_kind(w, b)->behavior == b || kind_learn(sched_kind(w, b), b))) {
        bool lane;
        struct stock *stock = stock_enter(w, &lane);

        error = spawn_in(sched_of(w), lane ? NULL : w, stock, b, args, SCHED_HOME, &pid);
        stock_leave(w, stock, lane);
    }
    if (ret_pid != NULL)
        *ret_pid = pid;
    return error;
}

/* --- the public functions --- */

static inline bool is_plain(const struct sched_kind *kind, const weft_behavior *b,
                            const void *args)
{
    return kind->behavior == b && kind->plain && (args == NULL || kind->words > 0);
}

int weft_spawn(weft_self *self, const weft_behavior *behavior, const void *args,
               weft_pid *ret_pid)
{
    struct worker *w = worker_of(self);
    const struct sched_kind *kind = sched_kind(w, behavior);
    weft_pid pid;

    if (UNLIKELY(!is_plain(kind, behavior, args) ||
                 at_load(&runtime_of(w->sched)->stopping, acquire, RT1)))
        return spawn_inside(w, behavior, args, ret_pid);
    pid = sched_spawn_plain(w, kind, args);
    if (UNLIKELY(pid == WEFT_NOBODY))
        return spawn_inside(w, behavior, args, ret_pid);
    if (ret_pid != NULL)
        *ret_pid = pid;
    return WEFT_OK;
}

int actor_spawn(weft_runtime *rt, const weft_behavior *behavior, const void *args,
                weft_pid watcher, weft_pid *ret_pid)
{
    weft_pid pid = WEFT_NOBODY;
    int error = WEFT_EINVAL;

    if (valid(behavior))
        error = spawn_apart(rt->sched, behavior, args, watcher, &pid);
    if (ret_pid != NULL)
        *ret_pid = pid;
    return error;
}

int weft_rt_spawn(weft_runtime *rt, const weft_behavior *behavior, const void *args,
                  weft_pid *ret_pid)
{
    return actor_spawn(rt, behavior, args, WEFT_NOBODY, ret_pid);
}
