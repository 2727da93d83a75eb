/* sched/spawn.c: new tasks: the long way, and looking who lives. */
#include "sched/spawn.h"

#include "sched/remote.h"
#include "sched/send.h"
#include "sched/solo.h"

/* mine: the owner, where it is in a task's word. */
static struct task *slot_new(struct sched *s, struct stock *stock, uint64_t mine)
{
    struct task *t = pool_alloc(&stock->pool, POOL_SLOT);

    if (t != NULL)
        slot_begin(t, slot_high(s, t), mine);
    return t;
}

void sched_undo(struct stock *stock, struct task *t)
{
    if (t->cold.queue != NULL)
        mailq_free(&stock->pool, t->cold.queue);
    t->cold.queue = NULL;
    at_set(&t->cold.parent, 0); /* relaxed: nobody has seen it */
    task_set_word(t, id_high(task_word(t)) | OWNER_MASK | TASK_FREE);
    pool_free(&stock->pool, POOL_SLOT, t);
}

struct task *sched_task_new(struct worker *w)
{
    return slot_new(w->sched, &w->domain->stock, w->domain->mine);
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

struct task *sched_outside_new(struct sched *s, struct stock *stock, uint32_t domain)
{
    return slot_new(s, stock, (uint64_t)owner_of_domain(domain) << OWNER_SHIFT);
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
    if (word_domain(task_word(t)) >= s->n_domains)
        solo_settle(s, t);
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

void *sched_slot_state(struct task *t)
{
    return t->cold.state;
}

bool sched_is_full(const struct sched *s)
{
    return may_be_full(s) && sched_sum(s, offsetof(struct tally, spawned)) -
                                     sched_sum(s, offsetof(struct tally, over)) >=
                                 s->options.tasks_max;
}

static bool lives(uint64_t word)
{
    return id_high(word) != 0 && (word & (TASK_DYING | TASK_FREE)) == 0;
}

bool sched_alive(const struct sched *s, uint64_t id)
{
    const struct task *t = task_at(&s->table, id);

    return task_id_is_sound(&s->table, id) && task_is(t, id) && lives(task_word(t));
}

uint64_t sched_each(const struct sched *s, uint32_t *index)
{
    uint32_t used =
        at_peek(&((struct sched *)(uintptr_t)s)->table.used); /* relaxed: grows */

    if (*index < s->table.first)
        *index = s->table.first;
    while (*index < used) {
        uint32_t at = (*index)++;
        uint64_t word = task_word(&s->table.tasks[at]);

        if (lives(word))
            return id_high(word) | at;
    }
    return 0;
}
