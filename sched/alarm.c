/* sched/alarm.c: setting and taking back; what happens when the time has come. */
#include "sched/alarm.h"

#include "sched/remote.h"
#include "sched/rescue.h"
#include "sched/send.h"
#include "sched/timer.h"

/* Messages of one look, at most: each alarm a task may have, once. More are sent at the next. */
enum { RINGS_MAX = SLAB_PLACES };

/* --- memory --- */

struct timing *timing_make(struct pool *pool, struct mailq *q, struct task *t)
{
    struct timing *timing = q->talk.timing;

    if (timing == NULL && (timing = pool_alloc(pool, POOL_64)) != NULL) {
        *timing = (struct timing){.task = t};
        q->talk.timing = timing;
    }
    return timing;
}

static struct alarms *alarms_make(struct pool *pool, struct timing *timing)
{
    struct alarms *all = timing->alarms;

    if (all == NULL && (all = pool_alloc(pool, POOL_64)) != NULL) {
        *all = (struct alarms){.order = 0};
        timing->alarms = all;
    }
    return all;
}

bool timing_is_idle(const struct timing *timing)
{
    return timing == NULL || timing->alarms == NULL || timing->alarms->slab.used == 0;
}

void timing_free(struct pool *pool, struct timing *timing)
{
    if (timing == NULL)
        return;
    INVARIANT(timing_is_idle(timing) && timing->link.at == NULL);
    if (timing->alarms != NULL) {
        slab_done(&timing->alarms->slab, pool);
        pool_free(pool, POOL_64, timing->alarms);
    }
    pool_free(pool, POOL_64, timing);
}

static struct alarms *alarms_of(const struct mailq *q)
{
    return q != NULL && q->talk.timing != NULL ? q->talk.timing->alarms : NULL;
}

static struct slab_entry *entry_of(struct alarms *all, uint64_t key)
{
    return all != NULL ? slab_find(&all->slab, key) : NULL;
}

static struct alarm *alarm_of(const struct slab_entry *entry)
{
    return (struct alarm *)(uintptr_t)entry->word[0];
}

/* Neither in the heap any more. */
static void alarm_free(struct pool *pool, struct alarms *all, struct alarm *a)
{
    slab_remove(&all->slab, slab_find(&all->slab, a->key));
    pool_free(pool, POOL_128, a);
}

/* --- setting --- */

static void put(struct alarms *all, struct alarm *a, uint64_t at)
{
    a->node.at = at != 0 ? at : 1; /* 0 is no time */
    a->node.order = ++all->order;
    heap_put(&all->heap, &a->node);
}

/* In no heap yet. NULL: *why says why. */
static struct alarm *alarm_new(struct stock *stock, struct task *t, uint64_t max,
                               enum sched_alarm_error *why)
{
    struct mailq *q = t->cold.queue;
    struct timing *timing = NULL;
    struct alarms *all = NULL;
    struct slab_entry *entry = NULL;
    struct alarm *a = NULL;

    *why = SCHED_ALARM_NO_MEMORY;
    if (q == NULL)
        q = t->cold.queue = mailq_new(&stock->pool);
    if (q != NULL)
        timing = timing_make(&stock->pool, q, t);
    if (timing != NULL)
        all = alarms_make(&stock->pool, timing);
    if (all != NULL && all->slab.used >= max)
        *why = SCHED_ALARM_FULL;
    else if (all != NULL && (a = pool_alloc(&stock->pool, POOL_128)) != NULL)
        entry = slab_add(&all->slab, &stock->pool, ++stock->serial);
    if (entry == NULL) {
        if (a != NULL)
            pool_free(&stock->pool, POOL_128, a);
        return NULL;
    }
    entry->word[0] = (uint64_t)(uintptr_t)a;
    a->key = entry->key;
    return a;
}

static struct task *running_task(struct worker *w)
{
    return worker_task(w, sched_running(w));
}

static inline void copy(struct record *to, const struct record *from)
{
    for (unsigned i = 0; i < record_slots(from); i++)
        record_copy(&to[i], &from[i]);
}

uint64_t sched_alarm_set(struct worker *w, const struct sched_alarm *how,
                         const struct record *letter, enum sched_alarm_error *why)
{
    bool lane;
    struct stock *stock = stock_enter(w, &lane);
    struct task *t = running_task(w);
    struct alarm *a = alarm_new(stock, t, least(how->max, SLAB_PLACES), why);
    uint64_t key = 0;

    if (a != NULL) {
        key = a->key;
        a->period = how->period;
        a->missed = (uint8_t)how->missed;
        a->out = false;
        copy(a->letter, letter);
        put(alarms_of(t->cold.queue), a, how->at);
        if (!lane) /* else the timer is set when the task is back */
            timer_arm(w->domain, t, a->node.at);
    }
    stock_leave(w, stock, lane);
    return key;
}

bool sched_alarm_take(struct worker *w, uint64_t key, struct record *letter)
{
    bool lane;
    struct stock *stock = stock_enter(w, &lane);
    struct alarms *all = alarms_of(running_task(w)->cold.queue);
    struct slab_entry *entry = entry_of(all, key);

    letter->head = 0;
    if (entry != NULL) {
        struct alarm *a = alarm_of(entry);

        if (!a->out)
            heap_take(&all->heap, &a->node);
        if (!a->out && (record_extra(a->letter) & RECORD_BLOCK) != 0)
            record_copy(letter, a->letter); /* else the record that is out has it */
        alarm_free(&stock->pool, all, a);
    }
    stock_leave(w, stock, lane);
    return entry != NULL;
}

uint64_t sched_alarm_at(struct worker *w, uint64_t key)
{
    bool lane;
    struct stock *stock = stock_enter(w, &lane);
    struct slab_entry *entry = entry_of(alarms_of(running_task(w)->cold.queue), key);
    uint64_t at = entry != NULL ? alarm_of(entry)->node.at : 0;

    stock_leave(w, stock, lane);
    return at;
}

uint32_t sched_alarms(struct worker *w)
{
    bool lane;
    struct stock *stock = stock_enter(w, &lane);
    const struct alarms *all = alarms_of(running_task(w)->cold.queue);
    uint32_t used = all != NULL ? all->slab.used : 0;

    stock_leave(w, stock, lane);
    return used;
}

/* --- going off --- */

/* Of one that goes off, or is heard, now. */
static uint64_t next_time(const struct alarm *a, uint64_t now)
{
    uint64_t next = a->node.at + a->period;

    if (a->missed == SCHED_CATCH_UP || !is_past(next, now))
        return next;
    if (a->missed == SCHED_DELAY)
        return now + a->period;
    return next + ((now - next) / a->period + 1) * a->period;
}

/* It is in no heap; its letter has been sent. */
static void go_on(struct domain *d, struct alarms *all, struct alarm *a, uint64_t now)
{
    if (a->period == 0)
        alarm_free(&d->stock.pool, all, a);
    else
        put(all, a, next_time(a, now));
}

/* The letter as a record of the task's mail, with a slot behind it that says whose it is. */
static bool ring_own(struct domain *d, struct task *t, struct alarm *a)
{
    struct record r[ALARM_SLOTS + 1];

    copy(r, a->letter);
    r->head = record_head(record_tag(r), RECORD_TIMED, record_extra(r) | RECORD_CALL,
                          record_size(r));
    r->head += (uint64_t)1 << RECORD_EXTRA_SHIFT; /* one slot more */
    *record_call(r) = (struct call){.ref = a->key};
    a->out = deliver(d, t, r);
    return a->out;
}

/* To another, or what ends one. False: no memory. */
static bool ring_other(struct domain *d, struct alarm *a)
{
    struct record r[ALARM_SLOTS];
    enum sched_sent sent;

    copy(r, a->letter);
    if (record_kind(r) == RECORD_MAIL) {
        r->head |= (uint64_t)RECORD_REPLY << RECORD_KIND_SHIFT; /* no limit stops it */
        sent = send_between(d, r);
    } else {
        sent = push_record(d->sched, &d->stock, r);
    }
    if (sent == SENT_NO_MEMORY)
        return false;
    if (sent != SENT) { /* it will find nobody the next time either */
        a->period = 0;
        if (record_is_mail(r))
            d->sched->ops->dead(d->sched, &d->stock, r, SCHED_NO_TASK);
    }
    return true;
}

/* Its time has come. False: no memory; it stays the first, and is tried again. */
static bool ring(struct domain *d, struct task *t, struct alarm *a, uint64_t now)
{
    struct alarms *all = alarms_of(task_queue(d->sched, t));
    bool own = record_kind(a->letter) == RECORD_MAIL &&
               a->letter->to == task_id(&d->sched->table, t);

    if (!(own ? ring_own(d, t, a) : ring_other(d, a)))
        return false;
    heap_take(&all->heap, &a->node);
    if (!own)
        go_on(d, all, a, now);
    return true;
}

uint64_t alarms_ring(struct domain *d, struct task *t, uint64_t now)
{
    struct alarms *all = alarms_of(task_queue(d->sched, t));
    struct heap_node *first;

    if (all == NULL)
        return 0;
    for (unsigned n = 0; n < RINGS_MAX; n++) {
        first = all->heap.first;
        if (first == NULL || !is_past(first->at, now) ||
            !ring(d, t, (struct alarm *)(void *)first, now))
            break;
    }
    first = all->heap.first;
    return first != NULL ? first->at : 0;
}

bool alarm_heard(struct domain *d, struct task *t, struct record *m)
{
    struct alarms *all = alarms_of(task_queue(d->sched, t));
    struct slab_entry *entry = entry_of(all, record_call(m)->ref);

    if (entry == NULL) {
        d->sched->ops->handled(d->sched, &d->stock, m, NEXT_STAY);
        return false;
    }
    m->head = record_head(record_tag(m), RECORD_MAIL,
                          record_extra(m) & ~(unsigned)RECORD_CALL, record_size(m));
    alarm_of(entry)->out = false;
    go_on(d, all, alarm_of(entry), sched_now(d->sched));
    if (all->heap.first != NULL)
        timer_arm(d, t, all->heap.first->at);
    return true;
}

/* --- the end --- */

void alarms_end(struct domain *d, struct mailq *q)
{
    struct alarms *all = alarms_of(q);

    if (all == NULL)
        return;
    for (uint32_t i = 0; i < all->slab.end; i++) {
        struct slab_entry *entry = &all->slab.entries[i];
        struct alarm *a = alarm_of(entry);

        if (entry->key == 0)
            continue;
        if (!a->out || a->period != 0)
            d->sched->ops->handled(d->sched, &d->stock, a->letter, NEXT_STAY);
        alarm_free(&d->stock.pool, all, a);
    }
    all->heap.first = NULL;
}

void sched_alarms_end(struct worker *w, struct task *t)
{
    alarms_end(w->domain, task_queue(w->sched, t));
}
