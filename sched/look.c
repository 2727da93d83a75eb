/* sched/look.c: see look.h. */
#include "sched/look.h"

#include "sched/limit.h"
#include "sched/tree.h"

/* True if somebody with this id lives there. One that is over has the next one's generation
 * already. */
static bool lives_as(uint64_t word, uint64_t id)
{
    return id_high(word ^ id) == 0 && (word & (TASK_DYING | TASK_FREE)) == 0;
}

/* The inbox is as new as the word at least. */
static uint64_t word_and_inbox(struct task *t, uintptr_t *in)
{
    uint64_t word = at_load(&t->word, acquire, LK1);

    *in = at_load(&t->in, acquire, IN7);
    return word;
}

/* It lives as long as its child does. */
static uint64_t parent_id(const struct sched *s, const struct task *t)
{
    const struct task *parent = tree_parent(s, t);

    return parent != NULL ? task_id(&s->table, parent) : 0;
}

/* The word comes first and last: a behaviour that is seen between two looks at the same
 * generation, with the inbox open, is that generation's. */
bool look_task(const struct sched *s, uint64_t id, struct task_seen *seen)
{
    struct task *t = task_at(&s->table, id);
    uintptr_t in;
    uint64_t word = word_and_inbox(t, &in);

    if (!task_id_is_sound(&s->table, id) || !lives_as(word, id) || in == INBOX_CLOSED)
        return false;
    seen->waiting = task_in_ring(t);
    if ((word & TASK_BOUNDED) != 0)
        seen->waiting = (uint32_t)limit_taken(limit_of(s, t));
    seen->taken = at_peek(&t->left); /* relaxed: wants no order */
    seen->behavior = at_load(&t->behavior, acquire, LK2);
    seen->parent = parent_id(s, t);
    word = task_word(t);
    seen->flags = word & TASK_FLAGS;
    seen->domain = word_domain(word) < s->n_domains ? word_domain(word) : LOOK_NOWHERE;
    seen->posted = (in & INBOX_MAIL) != 0;
    return lives_as(word, id);
}

/* A task that ends has the next one's generation first, is DYING, and has its inbox closed in the
 * end; without the token, which may be on its way. */
bool look_is_over(const struct sched *s, uint64_t id)
{
    struct task *t = task_at(&s->table, id);
    uintptr_t in;
    uint64_t word = word_and_inbox(t, &in);

    if (!task_id_is_sound(&s->table, id))
        return true;
    if (id_high(word ^ id) == 0)
        return (word & (TASK_DYING | TASK_FREE)) != 0;
    return id_high(word) != id_next(id) || (word & TASK_DYING) == 0 || in == INBOX_CLOSED;
}

bool sched_has_parent(const struct sched *s, uint64_t id)
{
    return tree_parent(s, task_at(&s->table, id)) != NULL;
}

static enum look_state state_of(uint64_t hold_word)
{
    switch (hold_state(hold_word)) {
    case HOLD_HELD:
        return LOOK_ACTIVE;
    case HOLD_REVOKING:
    case HOLD_REVOKED:
        return LOOK_STUCK;
    default: /* served: for a moment, by a neighbour */
        return LOOK_IDLE;
    }
}

static uint64_t nanoseconds(const struct sched *s, int64_t cycles)
{
    return cycles > 0 ? (uint64_t)((double)cycles / s->rate) : 0;
}

void look_domain(struct sched *s, uint32_t number, struct domain_seen *seen)
{
    struct domain *d = &s->domains[number];
    uint64_t h = hold_look(&d->hold);

    *seen = (struct domain_seen){.state = state_of(h), .worker = LOOK_NOWHERE};
    if (seen->state == LOOK_IDLE)
        return;
    seen->worker = hold_worker(h);
    /* relaxed, all three: advisory */
    seen->running = at_peek(&s->workers[seen->worker].running);
    seen->quiet_ns = nanoseconds(s, (int64_t)(sched_now(s) - at_peek(&d->beat)));
    seen->waiting = at_peek(&d->waiting);
}

/* A worker is in a step, and not between two, if its guard is down. */
void look_worker(struct sched *s, uint32_t number, struct worker_seen *seen)
{
    struct worker *w = &s->workers[number];

    *seen = (struct worker_seen){.state = LOOK_IDLE, .domain = LOOK_NOWHERE};
    seen->running = at_peek(&w->running);      /* relaxed: advisory */
    seen->thread = at_peek(&w->kernel_number); /* relaxed: it stays */
    for (uint32_t i = 0; i < s->n_domains && seen->domain == LOOK_NOWHERE; i++) {
        uint64_t h = hold_look(&s->domains[i].hold);

        if (state_of(h) == LOOK_IDLE || hold_worker(h) != number)
            continue;
        seen->domain = i;
        seen->state = state_of(h);
    }
    if (seen->domain == LOOK_NOWHERE && seen->running != 0)
        seen->state = LOOK_STUCK;
}

uint64_t look_count(const struct sched *s, uint32_t domain, size_t offset)
{
    const struct tally *tally = &s->domains[domain].stock.tally;

    /* relaxed: a counter */
    return at_peek((counter *)(void *)((char *)(uintptr_t)tally + offset));
}
