/* lib/actor/spawn.c: how actors begin.
 *
 * Most have no hook that begins them, and a state that fits the slot beside them, or none: they
 * are *plain*, and made by sched/spawn.h at once. What that needs to know of their behaviour
 * each worker finds out once, for behaviours are constant, and keeps until it forgets it for
 * another. */
#include "sched/spawn.h"

#include "lib/actor/call.h"
#include "lib/actor/family.h"
#include "lib/actor/keep.h"
#include "lib/actor/tie.h"

#include <string.h>

/* --- behaviours --- */

static bool valid(const weft_behavior *b)
{
    return b != NULL && b->step != NULL && b->state_align <= 4096 &&
           (b->state_align & (b->state_align - 1)) == 0 &&
           (b->state_size == 0 || b->state_align > 0) &&
           b->overflow <= WEFT_OVERFLOW_HOLD &&
           (b->init != NULL || b->args_size <= b->state_size);
}

static bool has_rules(const weft_behavior *b)
{
    return b->mailbox_max != 0 || b->mailbox_bytes_max != 0 || b->priority != NULL;
}

COLD static bool kind_learn(struct sched_kind *kind, const weft_behavior *b)
{
    if (!valid(b))
        return false;
    *kind = (struct sched_kind){
        .behavior = b,
        .step = b->step,
        .plain = b->init == NULL && b->started == NULL && fits_slot(b) &&
                 b->args_size % 8 == 0 && !has_rules(b),
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

void state_renew(struct task *t, const weft_behavior *b, const void *args)
{
    if (b->state_size > 0)
        memset(t->state, 0, b->state_size);
    if (b->init == NULL && args != NULL)
        memcpy(t->state, args, b->args_size);
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

/* What is to be made. */
struct order {
    const weft_behavior *behavior;
    const void *args;
    const struct waiter *waiter;    /* NULL: nobody waits */
    uint32_t domain;                /* of one that is made outside */
    struct node *tie;               /* that it has from the first; NULL: none */
    const struct kept_birth *birth; /* likewise */
    struct task *parent, *elder;    /* its place among whose children; NULL: none */
    uint64_t shutdown_ns;           /* that its parent gives it */
    bool lasts;                     /* and is dormant at first */
};

/* The first record of an actor with an init, or with a waiter: then it is a question. */
static bool start_new(struct sched *s, struct stock *stock, struct record start[2],
                      weft_pid pid, const weft_behavior *b, const void *args,
                      const struct waiter *waiter)
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
    if (waiter != NULL) {
        record_add_call(start, RECORD_OPEN, waiter->ref, 0);
        record_call(start)->reserved = waiter->pid;
    }
    return true;
}

/* --- the long way: any behaviour, any place --- */

/* Policies have the same numbers on both floors. */
static bool rules_new(struct sched *s, struct stock *stock, struct task *t,
                      const weft_behavior *b)
{
    const struct sched_mailbox box = {.max = b->mailbox_max,
                                      .bytes_max = b->mailbox_bytes_max,
                                      .overflow = (enum sched_overflow)b->overflow,
                                      .rank = b->priority};

    return !has_rules(b) || sched_mailbox(s, stock, t, &box);
}

/* The half of the tie is the new actor's; without memory for that it is the caller's. */
static bool tie_give(struct sched *s, struct stock *stock, struct task *t,
                     struct node *half)
{
    struct talk_part part;
    struct ties *ties =
        sched_talk_make(s, stock, t, &part) ? ties_make(stock, &part) : NULL;

    if (ties == NULL)
        return false;
    half->record.to = half->record.from;
    half->record.from = sched_id(s, t);
    ties_add(s, stock, ties, half);
    return true;
}

/* What was begun ends: nobody has seen it. */
static void tie_take_back(struct sched *s, struct stock *stock, struct task *t,
                          struct node *half)
{
    struct talk_part part;

    if (sched_talk_of(s, t, &part) && *part.ties != NULL) {
        ties_take(*part.ties, TIE_LINKED, half->record.to, 0);
        ties_rest(s, stock, &part);
    }
}

/* The task's parts, then the task. w: NULL for a lane, and another domain than the worker's. */
static bool begin(struct sched *s, struct worker *w, struct stock *stock, struct task *t,
                  const struct order *o)
{
    const weft_behavior *b = o->behavior;
    struct record start[2], *first = NULL;

    if (b->init != NULL || b->started != NULL || o->waiter != NULL ||
        (o->parent != NULL && family_hears(o->parent)))
        first = o->lasts ? NULL : start;
    if (o->lasts) {
        task_unflag(t, TASK_FRESH);
        task_flag(t, TASK_DORMANT);
    }

    if (!rules_new(s, stock, t, b) || !state_new(s, stock, t, b, o->args))
        return false;
    if (first != NULL && !start_new(s, stock, first, sched_id(s, t), b,
                                    b->init != NULL ? o->args : NULL, o->waiter)) {
        state_free(stock, &runtime_of(s)->memory, b, t->state);
        return false;
    }
    counter_add(&stock_tally(stock)->spawned, 1); /* before anybody can end it */
    if (o->tie != NULL && !tie_give(s, stock, t, o->tie))
        goto undo;
    if (o->birth != NULL && !keep_from_birth(s, stock, t, o->birth))
        goto undo;
    if (w != NULL ? sched_spawned(w, t, first)
                  : sched_outside_spawned(s, stock, t, first))
        return true;
    if (o->tie != NULL)
        tie_take_back(s, stock, t, o->tie);
undo:
    counter_add(&stock_tally(stock)->spawned, (uint64_t)-1);
    args_free(stock, &runtime_of(s)->memory, b, first != NULL ? args_of(first) : NULL);
    state_free(stock, &runtime_of(s)->memory, b, t->state);
    return false;
}

/* w: NULL for a lane, or for another domain than the worker's. */
static int spawn_in(struct sched *s, struct worker *w, struct stock *stock,
                    const struct order *o, weft_pid *pid)
{
    const weft_behavior *b = o->behavior;
    struct task *t;

    if (at_load(&runtime_of(s)->stopping, acquire, RT1))
        return WEFT_ESTOPPING;
    if (o->args != NULL && b->args_size == 0)
        return WEFT_EINVAL;
    if (sched_is_full(s))
        return WEFT_ELIMIT;
    t = w != NULL ? sched_task_new(w) : sched_outside_new(s, stock, o->domain);
    if (t == NULL)
        return WEFT_ELIMIT;
    *pid = sched_id(s, t);
    t->step = b->step;
    task_set_behavior(t, b);
    if (o->parent != NULL)
        tree_bear(s, o->parent, t, o->shutdown_ns, o->lasts);
    if (begin(s, w, stock, t, o)) {
        if (o->parent != NULL)
            tree_join(s, o->parent, t, o->elder);
        return WEFT_OK;
    }
    *pid = WEFT_NOBODY;
    sched_undo(stock, t);
    return WEFT_ENOMEM;
}

/* Not where its maker is: it is to have a thread of its own, or its maker has one, or is none of
 * the runtime's. */
static int spawn_apart(struct sched *s, struct order *o, weft_pid watcher, weft_pid *pid)
{
    bool own_thread = o->behavior->own_thread && !sched_is_simulated(s);
    struct stock *stock;
    int domain, error;

    if (watcher != WEFT_NOBODY && !own_thread)
        return WEFT_EPLACE;
    o->domain = sched_birthplace(s, o->domain);
    if (own_thread) { /* looked at again in spawn_in, with all the rest */
        if (at_load(&runtime_of(s)->stopping, acquire, RT1))
            return WEFT_ESTOPPING;
        domain = sched_solo_open(s, watcher);
        if (domain < 0)
            return domain;
        o->domain = (uint32_t)domain;
    }
    stock = lane_enter(s);
    error = spawn_in(s, NULL, stock, o, pid);
    lane_leave(s, stock);
    if (own_thread)
        sched_solo_opened(s, (int)o->domain, error == 0);
    return error;
}

/* The order is for an actor of the worker's domain, if it can be. */
COLD static int spawn_inside(struct worker *w, struct order *order, weft_pid *ret_pid)
{
    const weft_behavior *b = order->behavior;
    weft_pid pid = WEFT_NOBODY;
    int error = WEFT_EINVAL;

    if (b != NULL && (b->own_thread || sched_is_solo(w))) {
        if (valid(b))
            error = spawn_apart(sched_of(w), order, WEFT_NOBODY, &pid);
    } else if (b != NULL &&
               (sched_kind(w, b)->behavior == b || kind_learn(sched_kind(w, b), b))) {
        bool lane;
        struct stock *stock = stock_enter(w, &lane);

        if (!lane && !sched_is_apart(w, &order->domain))
            error = spawn_in(sched_of(w), w, stock, order, &pid);
        else
            error = spawn_in(sched_of(w), NULL, stock, order, &pid);
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

COLD static int spawn_slowly(struct worker *w, const weft_behavior *b, const void *args,
                             weft_pid *ret_pid)
{
    struct order order = {.behavior = b, .args = args, .domain = SCHED_HOME};

    return spawn_inside(w, &order, ret_pid);
}

int weft_spawn(weft_self *self, const weft_behavior *behavior, const void *args,
               weft_pid *ret_pid)
{
    struct worker *w = worker_of(self);
    const struct sched_kind *kind = sched_kind(w, behavior);
    weft_pid pid;

    if (UNLIKELY(!is_plain(kind, behavior, args) ||
                 at_load(&runtime_of(w->sched)->stopping, acquire, RT1)))
        return spawn_slowly(w, behavior, args, ret_pid);
    pid = sched_spawn_plain(w, kind, args);
    if (UNLIKELY(pid == WEFT_NOBODY))
        return spawn_slowly(w, behavior, args, ret_pid);
    if (ret_pid != NULL)
        *ret_pid = pid;
    return WEFT_OK;
}

int actor_spawn_tied(weft_self *self, const weft_behavior *behavior, const void *args,
                     struct node *half, weft_pid *ret_pid)
{
    struct order order = {
        .behavior = behavior, .args = args, .domain = SCHED_HOME, .tie = half};

    return spawn_inside(worker_of(self), &order, ret_pid);
}

/* A child is never plain: its parent is to hear of it. */
int child_spawn(struct worker *w, const struct child_order *child, weft_pid *ret_pid)
{
    const weft_behavior *b = child->behavior;
    struct task *parent = sched_running_task(w);
    struct order order = {.behavior = b,
                          .args = child->args,
                          .domain = SCHED_HOME,
                          .parent = parent,
                          .elder = child->elder,
                          .shutdown_ns = child->shutdown_ns,
                          .lasts = child->lasts};

    if (ret_pid != NULL)
        *ret_pid = WEFT_NOBODY;
    if (b == NULL)
        return WEFT_EINVAL;
    if (sched_has(parent, TASK_ENDING))
        return WEFT_EENDED;
    if (!is_kinless(parent) &&
        task_kin(w->sched, parent)->depth >= runtime_of(w->sched)->options.depth_max)
        return WEFT_ELIMIT;
    if (order.shutdown_ns == 0)
        order.shutdown_ns = b->shutdown_ns != 0 ? b->shutdown_ns : WEFT_SHUTDOWN_NS;
    return spawn_inside(w, &order, ret_pid);
}

int weft_spawn_child(weft_self *self, const weft_behavior *behavior, const void *args,
                     weft_pid *ret_pid)
{
    struct worker *w = worker_of(self);
    const struct child_order child = {.behavior = behavior,
                                      .args = args,
                                      .elder =
                                          tree_youngest(w->sched, sched_running_task(w))};

    return child_spawn(w, &child, ret_pid);
}

int actor_spawn(weft_runtime *rt, const weft_behavior *behavior, const void *args,
                const struct waiter *waiter, weft_pid watcher, weft_pid *ret_pid)
{
    struct order order = {
        .behavior = behavior, .args = args, .waiter = waiter, .domain = SCHED_HOME};
    weft_pid pid = WEFT_NOBODY;
    int error = WEFT_EINVAL;

    if (valid(behavior))
        error = spawn_apart(rt->sched, &order, watcher, &pid);
    if (ret_pid != NULL)
        *ret_pid = pid;
    return error;
}

int actor_spawn_kept(struct place p, const weft_behavior *behavior, const void *args,
                     const struct kept_birth *birth, weft_pid *ret_pid)
{
    struct order order = {
        .behavior = behavior, .args = args, .domain = SCHED_HOME, .birth = birth};
    weft_pid pid = WEFT_NOBODY;
    int error = WEFT_EINVAL;

    if (p.worker != NULL)
        return spawn_inside(p.worker, &order, ret_pid);
    if (valid(behavior))
        error = spawn_apart(p.sched, &order, WEFT_NOBODY, &pid);
    if (ret_pid != NULL)
        *ret_pid = pid;
    return error;
}

int weft_rt_spawn(weft_runtime *rt, const weft_behavior *behavior, const void *args,
                  weft_pid *ret_pid)
{
    return actor_spawn(rt, behavior, args, NULL, WEFT_NOBODY, ret_pid);
}
