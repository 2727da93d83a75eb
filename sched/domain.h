/* sched/domain.h: the structures of the scheduler.
 *
 *   sched    all of it: the table of tasks, the domains, the workers, the lanes
 *   domain   a ring, a deque, tokens, an outbox, memory, and the tasks it owns
 *   worker   a thread, which borrows a domain (sched/hold.h), or has none
 *   solo     a domain with a thread of its own, for one task (sched/solo.h)
 *   lane     memory and counters for threads outside, and for workers without a domain
 *
 * Members are grouped by who writes them. */
#ifndef WEFT_SCHED_DOMAIN_H
#define WEFT_SCHED_DOMAIN_H

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "sched/deque.h"
#include "sched/hold.h"
#include "sched/inbox.h"
#include "sched/mailq.h"
#include "sched/park.h"
#include "sched/pool.h"
#include "sched/ring.h"
#include "sched/sched.h"
#include "sched/task.h"
#include "sched/tuning.h"
#include "sched/wheel.h"

#include <pthread.h>
#include <setjmp.h>

/* Memory and counters of whoever does something: a domain's holder, or a lane's. */
struct stock {
    struct pool pool;
    struct tally tally;
    uint64_t serial; /* the last one given out: no two stocks ever give the same */
};
enum { SERIAL_STOCK_SHIFT = 36 }; /* 2^36 of each; 48 bits fit a key (sched/slab.h) */

/* Mail on its way to one task of another domain, newest first. */
struct box {
    struct task *to;
    struct node *newest, *oldest;
    uint32_t n;
};

struct survey;

/* What a behaviour's newborns have brought their thieves; one for all, hashed. */
struct gain {
    _Atomic(uint64_t) next_try; /* advisory, like fails */
    _Atomic(uint32_t) fails;
};
enum { GAINS = 64 };

struct domain {
    /* --- the holder --- */
    _Alignas(CACHE_LINE) struct ring ring;
    uint32_t id, mine; /* constant; its owner number << OWNER_SHIFT */
    bool solo;         /* constant: it has a thread of its own (sched/solo.h) */
    struct sched *sched;
    struct record *newborns; /* their first records: [newborns_base, newborns_top) */
    uint32_t newborns_top, newborns_base;

    _Alignas(CACHE_LINE) struct stock stock;
    struct box box[OUTBOX_BOXES];
    uint64_t boxed; /* which of them hold mail */
    struct token *control_first,
        *control_last;           /* tasks with control mail, tokens in hand */
    struct segment *reserve;     /* for ring_split, so that a rescue needs no memory */
    struct mailq *reserve_queue; /* likewise */
    struct aside *reserve_aside;
    struct random random;

    /* what the last ticks saw, in cycles */
    uint32_t span;                 /* turns until the next tick */
    uint64_t ticked, ticked_turns; /* when; turns at that time */
    uint64_t per, per_before;      /* cost of a turn in the last two windows */
    uint64_t aged, published, woke, looked;
    uint64_t next_offer;    /* no look for dear tasks before */
    uint64_t cheap_at;      /* the last tick at which turns were not dear */
    uint32_t sent, arrived; /* mail to and from other domains, wraps */
    uint32_t mail_seen;     /* sent + arrived at the last tick */
    uint64_t turns, others; /* all of them; those that handled no message */
    bool far;               /* the ring is so long that its tasks are not in the cache */
    bool offered_newborns;  /* the last offer was of newborns */

    /* who talks to whom */
    struct survey *survey;
    uint8_t surveying; /* enum survey_mode */
    bool one_piece;    /* the last survey found nothing that could move alone */
    uint64_t judged, merged, merge_pause, hot, moved;
    uint32_t judged_mail;
    uint64_t judged_turns;

    struct wheel wheel; /* when its tasks' timers are looked at (sched/timer.h) */

    /* a newborn was stolen: whose it was, since when */
    struct gain *gain;
    uint64_t gain_since;

    /* --- everybody --- */
    _Alignas(CACHE_LINE) token_list tokens;
    _Alignas(CACHE_LINE) hold hold;
    _Atomic(uint32_t) load;        /* advisory: the ring's size at the last look */
    _Atomic(uint32_t) looks;       /* advisory: of a watcher, since it was revoked */
    _Atomic(bool) work;            /* advisory: free, and somebody should take it */
    _Atomic(uint64_t) due;         /* advisory: when the wheel wants a look; 0: never */
    _Atomic(bool) vacant;          /* a solo's: its task is over */
    _Atomic(uint32_t) trial_fails; /* advisory: bad moves in a row */
    _Atomic(uint64_t) next_trial, next_bad;      /* advisory: no survey, no move before */
    _Alignas(CACHE_LINE) _Atomic(uint64_t) beat; /* advisory: time of the last tick */
    _Atomic(uint32_t) waiting;                   /* advisory: the ring's size then */
    struct deque deque;
};

enum { KINDS = 8 };

struct worker {
    /* --- its own thread; the guard also revokers --- */
    _Alignas(CACHE_LINE) struct guard guard;
    bool boxed;            /* its domain's outbox holds mail */
    struct domain *domain; /* the one it holds, or held last */
    struct task *tasks;    /* the table's tasks, and its mask: copies */
    uint64_t index_mask;
    /* The id of the task whose step runs or ran last; 0 without a domain. Written by the
     * thread, guard up (relaxed: the guard shows it to who takes the domain over). */
    _Atomic(uint64_t) running;
    struct sched *sched;

    uint32_t id;
    /* Running plain messages from the ring: those from here to its head are not counted yet;
     * else NULL. And where the head was when it lost its domain. */
    const struct record *uncounted, *behind;
    bool lost;              /* it had a domain until the step that ran last */
    bool guest;             /* the running step has lost the domain, and knows */
    jmp_buf *unwind;        /* where a step goes on that is left by sched_unwind */
    int unwound;            /* what it is to have returned */
    struct record *handled; /* its message, if that is not plain; else NULL */
    bool laned;             /* it works in a lane, which is locked */
    uint64_t verdict[3];    /* what a step says besides its result: the actor layer's */
    struct record question[RECORD_SLOTS_MAX]; /* what it wants to ask (NEXT_AWAIT) */
    task_step reply_step; /* the running one, if it is not the task's own */
    uint64_t deadline;    /* that the running step's questions keep to; 0: none */
    struct node
        *slips; /* that the running step has written (sched/pressure.h), newest first */
    struct record newborn;                   /* the newborn's record being handled */
    struct record message[RECORD_SLOTS_MAX]; /* of a yielded step being continued */
    struct segment *pinned; /* holds the message of a step that lost its domain */
    _Atomic(bool) detached; /* RS1: the domain's next holder has taken note of the step */
    struct bed bed;
    bool counted;      /* as searching, by a waker */
    int32_t processor; /* it is pinned to, or -1 */
    pthread_t thread;
    bool started;
    struct sched_kind kinds[KINDS]; /* of tasks that it has made lately, hashed */
    _Atomic(int) kernel_number;     /* of its thread, once that runs */
    _Atomic(uint32_t) entered;      /* advisory: times it was given a domain */
};

struct lane {
    _Alignas(CACHE_LINE) pthread_mutex_t lock;
    struct stock stock;
    struct random random;
};
enum { LANES = 8 };

struct solo;
struct sim;

struct sched {
    const struct sched_ops *ops;
    void *context;
    struct sched_options options;
    struct memory memory;
    struct task_table table;
    uint64_t runtime;    /* runtime's bits of an id */
    double rate;         /* cycles in a nanosecond */
    uint64_t began;      /* when it was made, in cycles */
    unsigned tick_shift; /* a wheel's tick is so many cycles, as a power of two */
    uint32_t n_domains, n_workers, n_solos;
    struct domain *domains;
    struct worker *workers;
    struct lane *lanes;
    struct depot depot;
    struct dormitory dormitory;
    struct gain gains[GAINS];
    struct lookout *lookout;       /* NULL: nobody asked for one */
    _Atomic(struct solo *) *solos; /* made when they are first wanted */
    pthread_mutex_t solo_lock;
    struct dormitory solo_dormitory;
    struct sim *sim; /* NULL: the workers are threads (sched/sim.h) */
    _Alignas(CACHE_LINE) _Atomic(int32_t) offers; /* advisory: bundles in deques */
    _Alignas(CACHE_LINE) _Atomic(uint64_t) held;  /* times that tasks were held */
    _Alignas(CACHE_LINE) _Atomic(bool) stop;      /* workers are to end */
    _Atomic(bool) driven; /* DV1: threadless, and somebody is the worker */
};

/* --- sched/sched.c --- */

/* A zeroed domain, without what only workers' domains need; false: no memory. */
bool domain_begin(struct sched *s, struct domain *d, uint32_t id);
void worker_init(struct sched *s, struct worker *w, uint32_t id, bool asymmetric);

/* --- little helpers that all files use --- */

static inline uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t cycles(const struct sched *s, uint64_t ns)
{
    return (uint64_t)((double)ns * s->rate);
}

static inline uint64_t sched_now(const struct sched *s)
{
    return UNLIKELY(s->options.now != NULL) ? s->options.now(s->options.hook)
                                            : clock_cycles();
}

/* True if `when` has come; times may be compared across half their range. */
static inline bool is_past(uint64_t when, uint64_t now)
{
    return (int64_t)(now - when) >= 0;
}

static inline struct task *worker_task(const struct worker *w, uint64_t id)
{
    return w->tasks + (id & w->index_mask);
}

/* Why an id names no task here. */
static inline enum sched_sent sent_to_nobody(const struct sched *s, uint64_t id)
{
    return (id & ID_FOREIGN) != 0 && ((id ^ s->runtime) & ID_FOREIGN) != 0 ? SENT_FOREIGN
                                                                           : SENT_NO_TASK;
}

/* Mail for an id that names no task here: another kind's of this runtime is the floor above's
 * matter. stock: the sender's place. */
static inline enum sched_sent send_elsewhere(struct sched *s, struct stock *stock,
                                             const struct record *r)
{
    if (id_kind(r->to) != 0 && ((r->to ^ s->runtime) & ID_RUNTIME) == 0)
        return s->ops->elsewhere(s, stock, r);
    return sent_to_nobody(s, r->to);
}

/* Shows readers what the turns have come to. */
static inline void show_turns(struct domain *d)
{
    at_set(&d->stock.tally.handled, d->turns - d->others); /* relaxed: a counter */
}

static inline struct mailq *task_queue(const struct sched *s, const struct task *t)
{
    (void)s;
    return t->cold.queue;
}

#endif
