/* sched/spawn.c: new tasks. A slot is filled in whole before its inbox is opened: late mail
 * for its last inhabitant may come the moment it is. */
#include "sched/remote.h"
#include "sched/send.h"

enum {
    HOME = 0
}; /* the domain of tasks that are made outside: they spread by their traffic */

static struct task *slot_new(struct sched *s, struct stock *stock, uint32_t domain)
{
    struct task *t = pool_alloc(&stock->pool, POOL_SLOT);
    uint64_t high;

    if (t == NULL)
        return NULL;
    high = id_high(task_word(t));
    if (high == 0) /* never used before */
        high = s->runtime | ID_FIRST_GENERATION;
    t->joined = t->left = t->seen_joined = 0;
    t->place = 0;
    t->follow = 0;
    t->offer = OFFER_TASK;
    task_set_word(t,
                  high | (uint64_t)owner_of_domain(domain) << OWNER_SHIFT | TASK_FRESH);
    return t;
}

void sched_undo(struct stock *stock, struct task *t)
{
    task_set_word(t, id_high(task_word(t)) | OWNER_MASK | TASK_FREE);
    pool_free(&stock->pool, POOL_SLOT, t);
}

struct task *sched_task_new(struct worker *w)
{
    return slot_new(w->sched, &w->domain->stock, w->domain->id);
}

bool sched_spawned(struct worker *w, struct task *t, const struct record *start)
{
    struct domain *d = w->domain;

    if (start != NULL) {
        task_flag(t, TASK_STARTING);
        if (!deliver(d, t, start))
            return false;
    }
    inbox_open(&t->in);
    return true;
}

struct task *sched_outside_new(struct sched *s, struct stock *stock)
{
    return slot_new(s, stock, HOME);
}

bool sched_outside_spawned(struct sched *s, struct stock *stock, struct task *t,
                           const struct record *start)
{
    struct node *n = NULL;

    task_unflag(t, TASK_FRESH);
    if (start != NULL) {
        task_flag(t, TASK_STARTING);
        n = node_new(&stock->pool, start);
        if (n == NULL)
            return false;
    }
    inbox_open(&t->in);
    if (n != NULL)
        push_mail(s, NULL, stock, t, n, n);
    return true;
}

uint64_t sched_id(const struct sched *s, const struct task *t)
{
    return task_id(&s->table, t);
}

bool sched_has(const struct task *t, uint64_t flag)
{
    return (task_word(t) & flag) != 0;
}

void sched_set(struct task *t, uint64_t flag)
{
    task_flag(t, flag);
}

void *sched_slot_state(const struct sched *s, const struct task *t)
{
    (void)s;
    return ((struct task *)(uintptr_t)t)->cold.state;
}

/* Only once so many slots have been carved that there might be too many tasks are they
 * counted. */
bool sched_is_full(const struct sched *s)
{
    /* relaxed: it only grows */
    if (LIKELY(at_peek(&((struct sched *)(uintptr_t)s)->table.used) < s->table.full))
        return false;
    return sched_sum(s, offsetof(struct tally, spawned)) -
               sched_sum(s, offsetof(struct tally, over)) >=
           s->options.tasks_max;
}

static bool lives(const struct task *t)
{
    uint64_t word = task_word(t);

    return id_high(word) != 0 && (word & (TASK_DYING | TASK_FREE)) == 0;
}

bool sched_alive(const struct sched *s, uint64_t id)
{
    const struct task *t = task_at(&s->table, id);

    return task_id_is_sound(&s->table, id) && task_is(t, id) && lives(t);
}

uint64_t sched_each(const struct sched *s, uint32_t *index)
{
    uint32_t used =
        at_peek(&((struct sched *)(uintptr_t)s)->table.used); /* relaxed: grows */

    if (*index < s->table.first)
        *index = s->table.first;
    while (*index < used) {
        const struct task *t = &s->table.tasks[(*index)++];

        if (lives(t))
            return task_id(&s->table, t);
    }
    return 0;
}
