/* lib/name/publish.c: sending to all members of a group.
 *
 * A snapshot of the members is made when one is wanted, and shared until they change; so nobody
 * sends with the lock held, and who publishes again and again copies nothing.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   PB1 unref: sub acq_rel -> PB1: the last one frees behind all reading
 * Relaxed: a reference is added with the lock, by who sees that the group has one. */
#include "lib/name/group.h"

struct snapshot {
    _Atomic(uint64_t) refs;
    uint32_t count;
    weft_pid pids[];
};

static size_t bytes_of(uint32_t count)
{
    return sizeof(struct snapshot) + count * sizeof(weft_pid);
}

static void unref(const struct memory *m, struct snapshot *s)
{
    if (at_sub(&s->refs, 1, acq_rel, PB1) == 1)
        memory_free(m, s, bytes_of(s->count), CACHE_LINE);
}

void snapshot_drop(struct groups *all, struct group *g)
{
    if (g->snapshot == NULL)
        return;
    unref(&all->rt->memory, g->snapshot);
    g->snapshot = NULL;
}

static struct snapshot *snapshot_new(struct groups *all, const struct group *g)
{
    struct snapshot *s = memory_alloc(&all->rt->memory, bytes_of(g->count), CACHE_LINE);

    if (s == NULL)
        return NULL;
    at_set(&s->refs, 1); /* relaxed: nobody else has it yet */
    s->count = g->count;
    for (uint32_t i = 0; i < g->count; i++)
        s->pids[i] = g->members[i]->pid;
    return s;
}

/* The members at this moment, which are the caller's to unref; NULL: there are none, or *error. */
static struct snapshot *members(struct groups *all, const struct group_key *key,
                                int *error)
{
    struct group *g;
    struct snapshot *s = NULL;

    groups_lock(all);
    g = group_find(all, key);
    if (g != NULL && g->count > 0) {
        if (g->snapshot == NULL)
            g->snapshot = snapshot_new(all, g);
        s = g->snapshot;
        if (s != NULL)
            at_count(&s->refs, 1); /* relaxed: see above */
        else
            *error = WEFT_ENOMEM;
    }
    groups_unlock(all);
    return s;
}

/* --- sending --- */

/* One that has ended meanwhile is no member. */
static void not_sent(struct place p, weft_pid to, const weft_letter *letter, unsigned why)
{
    if (why == SENT_NO_TASK)
        weft_letter_drop(*letter);
    else
        letter_end(p, to, letter, why);
}

static bool send_small(struct place p, struct record *r, const weft_letter *letter)
{
    enum sched_sent sent =
        p.worker != NULL ? sched_send(p.worker, r) : sched_post(p.sched, r);

    if (UNLIKELY(sent != SENT))
        not_sent(p, r->to, letter, sent);
    return LIKELY(sent == SENT);
}

/* A copy carries the object once more. */
static bool send_shared(struct place p, struct record *r, const weft_letter *letter)
{
    weft_letter copy = weft_letter_copy(letter);
    unsigned outcome = letter_record(p, r, &copy, RECORD_MAIL);

    if (outcome == SENT)
        outcome = letter_send(p, r, &copy);
    if (outcome != SENT)
        not_sent(p, r->to, &copy, outcome);
    return outcome == SENT;
}

static int send_all(struct place p, const struct snapshot *s, const weft_letter *letter)
{
    struct record r[RECORD_SLOTS_MAX];
    bool small = letter_small_record(r, letter, RECORD_MAIL);
    int n = 0;

    r->from = p.worker != NULL ? sched_running(p.worker) : WEFT_NOBODY;
    for (uint32_t i = 0; i < s->count; i++) {
        bool sent;

        r->to = s->pids[i];
        sent = small ? send_small(p, r, letter) : send_shared(p, r, letter);
        n += sent;
        if (p.worker == NULL && sent)
            count_outside(runtime_of(p.sched));
    }
    return n;
}

/* To how many; or an error: to nobody. */
static int publish(struct place p, const struct group_key *key, const weft_letter *letter)
{
    weft_runtime *rt = runtime_of(p.sched);
    struct groups *all = groups_of(rt);
    int n = 0;
    struct snapshot *s = all != NULL ? members(all, key, &n) : NULL;

    if (s == NULL)
        return n;
    n = send_all(p, s, letter);
    unref(&rt->memory, s);
    return n;
}

/* What all are to carry is made one for all. */
static int prepare(struct place p, const weft_letter *letter, weft_letter *shared)
{
    *shared = *letter;
    if (letter->form == WEFT_LETTER_SMALL)
        return letter->size <= WEFT_SMALL_MAX ? WEFT_OK : WEFT_EINVAL;
    return p.worker != NULL ? weft_share(self_of(p.worker), *letter, shared)
                            : weft_rt_share(runtime_of(p.sched), *letter, shared);
}

/* Takes the letter. */
static int publish_letter(struct place p, const char *scope, const char *group,
                          const weft_letter *letter)
{
    struct group_key key;
    weft_letter shared;
    int n = WEFT_EINVAL;

    if (group_key(runtime_of(p.sched), &key, scope, group))
        n = prepare(p, letter, &shared);
    if (n == 0) {
        n = publish(p, &key, &shared);
        letter = &shared;
    }
    if (n >= 0)
        weft_letter_drop(*letter);
    else
        letter_end(p, WEFT_NOBODY, letter,
                   n == WEFT_ENOMEM     ? SENT_NO_MEMORY
                   : n == WEFT_EFOREIGN ? SENT_FOREIGN
                                        : SENT_MALFORMED);
    return n;
}

int weft_publish(weft_self *self, const char *scope, const char *group,
                 weft_letter letter)
{
    return publish_letter(place_inside(self), scope, group, &letter);
}

int weft_rt_publish(weft_runtime *rt, const char *scope, const char *group,
                    weft_letter letter)
{
    return publish_letter(place_outside(rt), scope, group, &letter);
}
