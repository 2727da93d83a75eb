/* lib/actor/crew.c: like actors with threads of their own, behind one pid.
 *
 *   senders --mail--> front --one at a time--> member, member, ...
 *                      ^---I have nothing to do---'
 *
 * The front is an actor. What comes waits with it, in order, until a member is idle, and goes on
 * as it came, with its sender. A member does not know what it is: the scheduler reports for it
 * when its thread has nothing to do (sched/solo.c), with how many messages it has handled, so
 * that a report from before it got the last one is no mistake. */
#include "lib/actor/runtime.h"
#include "sched/mailq.h"

#include <string.h>

#define TAG_REPORT (WEFT_TAG_RESERVED + 17u)

struct report {
    weft_pid member;
    uint64_t handled; /* SOLO_OVER: it has ended */
};

struct member {
    weft_pid pid;
    bool reported;         /* at least once */
    uint64_t handled;      /* by its last report */
    uint64_t wanted;       /* so many are to be handled before it is idle */
    struct node *envelope; /* in which it will be told to stop */
};

/* Who makes it has the lock until it is complete. From then on the lock is the front's, and so is
 * the rest. */
struct crew {
    pthread_mutex_t lock;
    weft_runtime *rt;
    struct mailq *waiting; /* its part `fresh` */
    unsigned n, over;
    struct member member[];
};

/* --- memory --- */

static size_t crew_size(unsigned n)
{
    return sizeof(struct crew) + n * sizeof(struct member);
}

/* With an empty queue. */
static void crew_free(struct crew *crew)
{
    struct sched *s = crew->rt->sched;
    struct stock *stock = lane_enter(s);

    if (crew->waiting != NULL)
        mailq_free(stock_pool(stock), crew->waiting);
    lane_leave(s, stock);
    for (unsigned i = 0; i < crew->n; i++)
        if (crew->member[i].envelope != NULL)
            sched_envelope_free(s, crew->member[i].envelope);
    pthread_mutex_destroy(&crew->lock);
    memory_free(&crew->rt->memory, crew, crew_size(crew->n), CACHE_LINE);
}

static struct crew *crew_new(weft_runtime *rt, unsigned n)
{
    struct crew *crew = memory_zalloc(&rt->memory, crew_size(n), CACHE_LINE);
    struct stock *stock;
    bool complete;

    if (crew == NULL)
        return NULL;
    pthread_mutex_init(&crew->lock, NULL);
    crew->rt = rt;
    crew->n = n;
    stock = lane_enter(rt->sched);
    crew->waiting = mailq_new(stock_pool(stock));
    lane_leave(rt->sched, stock);
    complete = crew->waiting != NULL;
    for (unsigned i = 0; i < n && complete; i++) {
        crew->member[i].envelope = sched_envelope_new(rt->sched);
        complete = crew->member[i].envelope != NULL;
    }
    if (complete)
        return crew;
    crew_free(crew);
    return NULL;
}

/* --- the front --- */

static struct member *idle_member(struct crew *crew)
{
    for (unsigned i = 0; i < crew->n; i++) {
        struct member *m = &crew->member[i];

        if (m->reported && m->handled != SOLO_OVER && m->handled >= m->wanted)
            return m;
    }
    return NULL;
}

static void note(struct crew *crew, const struct report *report)
{
    for (unsigned i = 0; i < crew->n; i++) {
        struct member *m = &crew->member[i];

        if (m->pid != report->member || m->handled == SOLO_OVER)
            continue;
        m->reported = true;
        m->handled = report->handled;
        crew->over += report->handled == SOLO_OVER;
    }
}

/* The message is ours from here on, with its block and the right to answer it. */
static void keep(struct crew *crew, weft_self *self, struct record *r)
{
    bool lane, kept;
    struct stock *stock = stock_enter(worker_of(self), &lane);

    kept = fifo_put(&crew->waiting->fresh, stock_pool(stock), r);
    if (kept)
        record_unmark(r, RECORD_OWNED);
    else
        counter_add(&stock_tally(stock)->dead[WEFT_DEAD_NO_MEMORY], 1);
    stock_leave(worker_of(self), stock, lane);
    if (!kept)
        dead_record(crew->rt, r, WEFT_DEAD_NO_MEMORY);
}

static void next_waiting(struct crew *crew, weft_self *self,
                         struct record r[RECORD_SLOTS_MAX])
{
    bool lane;
    struct stock *stock = stock_enter(worker_of(self), &lane);
    const struct record *next = fifo_next(&crew->waiting->fresh, stock_pool(stock));

    memcpy(r, next, record_slots(next) * sizeof *next);
    stock_leave(worker_of(self), stock, lane);
}

static void is_dead(weft_self *self, const struct record *r, enum sched_dead why)
{
    bool lane;
    struct stock *stock = stock_enter(worker_of(self), &lane);

    actor_ops.dead(sched_of(worker_of(self)), stock, r, why);
    stock_leave(worker_of(self), stock, lane);
}

/* The oldest message to this member or, if that has ended unnoticed, to another one. */
static void hand_on(struct crew *crew, weft_self *self, struct member *m)
{
    struct record r[RECORD_SLOTS_MAX];
    enum sched_sent sent = SENT_NO_TASK;

    next_waiting(crew, self, r);
    for (; m != NULL && sent == SENT_NO_TASK; m = idle_member(crew)) {
        r->to = m->pid;
        m->wanted = m->handled + 1;
        sent = sched_send(worker_of(self), r);
    }
    if (sent != SENT)
        is_dead(self, r, sent == SENT_NO_TASK ? SCHED_NO_TASK : SCHED_NO_MEMORY);
}

static weft_next fronting(weft_self *self, void *state, weft_msg *msg)
{
    struct crew *crew = *(struct crew **)state;
    struct record *r = (struct record *)(void *)msg;
    struct member *m;
    bool all_over;

    pthread_mutex_lock(&crew->lock);
    if (record_tag(r) == TAG_REPORT && record_size(r) == sizeof(struct report))
        note(crew, (const struct report *)(const void *)&r->word);
    else
        keep(crew, self, r);
    while (crew->waiting->fresh.count > 0 && (m = idle_member(crew)) != NULL)
        hand_on(crew, self, m);
    all_over = crew->over == crew->n;
    pthread_mutex_unlock(&crew->lock);
    return all_over ? weft_stop(self) : weft_stay(self);
}

/* What waits is dead, and the members stop. */
static void disband(void *state)
{
    struct crew *crew = *(struct crew **)state;
    struct sched *s = crew->rt->sched;
    struct stock *stock;
    struct record *r;

    pthread_mutex_lock(&crew->lock);
    for (unsigned i = 0; i < crew->n; i++) {
        struct member *m = &crew->member[i];
        struct record stop[2] = {{m->pid, 0, record_head(0, RECORD_STOP, 1, 0), 0}};

        if (m->pid == WEFT_NOBODY)
            continue;
        sched_post_in(s, m->envelope, stop);
        m->envelope = NULL;
    }
    stock = lane_enter(s);
    while ((r = fifo_next(&crew->waiting->fresh, stock_pool(stock))) != NULL)
        actor_ops.dead(s, stock, r, SCHED_ENDED);
    lane_leave(s, stock);
    pthread_mutex_unlock(&crew->lock);
    crew_free(crew);
}

static const weft_behavior front =
    WEFT_BEHAVIOR("crew", struct crew *, fronting, .destroy = disband,
                  .args_size = sizeof(struct crew *));

/* --- making one --- */

static int members_spawn(struct crew *crew, const weft_behavior *b, const void *args,
                         weft_pid front_pid)
{
    int error = WEFT_OK;

    for (unsigned i = 0; i < crew->n && error == WEFT_OK; i++)
        error = actor_spawn(crew->rt, b, args, NULL, front_pid, &crew->member[i].pid);
    return error;
}

/* The last envelope is for the front, if some member cannot be made. */
static int crew_spawn(struct crew *crew, const weft_behavior *b, const void *args,
                      struct node *envelope, weft_pid *ret_pid)
{
    struct record kill[2] = {{0, 0, record_head(0, RECORD_KILL, 1, 0), 0}};
    weft_runtime *rt = crew->rt;
    weft_pid pid;
    int error;

    pthread_mutex_lock(&crew->lock);
    error = actor_spawn(rt, &front, &crew, NULL, WEFT_NOBODY, &pid);
    if (error < 0) {
        pthread_mutex_unlock(&crew->lock);
        crew_free(crew);
        sched_envelope_free(rt->sched, envelope);
        return error;
    }
    error = members_spawn(crew, b, args, pid);
    pthread_mutex_unlock(&crew->lock); /* it may be gone from here on */
    if (error < 0) {
        kill->to = pid;
        sched_post_in(rt->sched, envelope, kill);
        return error;
    }
    sched_envelope_free(rt->sched, envelope);
    if (ret_pid != NULL)
        *ret_pid = pid;
    return WEFT_OK;
}

int weft_rt_spawn_crew(weft_runtime *rt, const weft_behavior *behavior, unsigned count,
                       const void *args, weft_pid *ret_pid)
{
    struct node *envelope;
    struct crew *crew;

    if (ret_pid != NULL)
        *ret_pid = WEFT_NOBODY;
    if (behavior == NULL || !behavior->own_thread || count == 0 ||
        count > WEFT_OWN_THREADS_MAX)
        return WEFT_EINVAL;
    crew = crew_new(rt, count);
    if (crew == NULL)
        return WEFT_ENOMEM;
    envelope = sched_envelope_new(rt->sched);
    if (envelope == NULL) {
        crew_free(crew);
        return WEFT_ENOMEM;
    }
    return crew_spawn(crew, behavior, args, envelope, ret_pid);
}

int weft_spawn_crew(weft_self *self, const weft_behavior *behavior, unsigned count,
                    const void *args, weft_pid *ret_pid)
{
    return weft_rt_spawn_crew(weft_self_runtime(self), behavior, count, args, ret_pid);
}

/* --- the scheduler's hook --- */

/* Marked as the runtime's own, which is counted nowhere. */
bool crew_report(struct sched *s, uint64_t watcher, uint64_t task, uint64_t handled)
{
    struct report report = {task, handled};
    struct record r[RECORD_SLOTS_MAX] = {
        {watcher, 0,
         record_head(TAG_REPORT, RECORD_REPLY, RECORD_FAILED | 1, sizeof report), 0}};

    memcpy(&r->word, &report, sizeof report);
    return sched_post(s, r) != SENT_NO_MEMORY;
}
