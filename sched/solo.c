/* sched/solo.c: threads for one task each. */
#include "sched/solo.h"

#include "sched/fault.h"
#include "sched/idle.h"
#include "sched/timer.h"
#include "sched/worker.h"

#include <signal.h>
#include <weft/error.h>

/* --- its thread --- */

void solo_wake(struct sched *s, struct domain *d)
{
    struct solo *solo = solo_at(s, d->id - s->n_domains);

    if (dormitory_any(&s->solo_dormitory))
        bed_wake(&s->solo_dormitory, &solo->worker.bed);
}

void solo_settle(struct sched *s, const struct task *t)
{
    struct solo *solo = solo_at(s, word_domain(task_word(t)) - s->n_domains);

    at_store(&solo->tenant, task_id(&s->table, t), release, SO3);
}

static uint64_t to_report(struct solo *solo)
{
    struct domain *d = &solo->domain;

    return at_peek(&d->vacant) ? SOLO_OVER /* relaxed: see the table */
                               : d->turns - d->others - solo->turns;
}

/* One that awaits an answer has not done with its message. */
static bool must_report(struct solo *solo)
{
    uint64_t tenant = at_peek(&solo->tenant); /* relaxed: SO3 follows */
    uint64_t what = to_report(solo);

    return solo->watcher != 0 && tenant != 0 && what != solo->reported &&
           (what == SOLO_OVER ||
            (task_word(worker_task(&solo->worker, tenant)) & TASK_AWAITING) == 0);
}

/* Without memory for it there is nothing else to do than to wait for some: somebody would wait
 * for ever. */
static void report(struct sched *s, struct solo *solo)
{
    uint64_t tenant = at_load(&solo->tenant, acquire, SO3), what = to_report(solo);
    _Atomic(uint32_t) pause = 0;

    while (!s->ops->idle(s, solo->watcher, tenant, what))
        bell_wait(&pause, 0, REPORT_AGAIN_NS);
    solo->reported = what;
}

static bool has_something(struct solo *solo)
{
    struct domain *d = &solo->domain;

    return at_peek(&d->tokens) != NULL ||
           at_peek(&d->vacant) || /* relaxed: see the table */
           must_report(solo);
}

/* Nanoseconds until its wheel wants a look; 0: it does not. relaxed: its thread's own. */
static uint64_t until_due(struct domain *d)
{
    uint64_t due = at_peek(&d->due);

    return due == 0                            ? 0
           : is_past(due, sched_now(d->sched)) ? 1
                                               : sched_until(d->sched, due) + 1;
}

bool solo_idle(struct worker *w, struct domain *d)
{
    struct dormitory *dormitory = &w->sched->solo_dormitory;
    struct solo *solo = solo_at(w->sched, d->id - w->sched->n_domains);
    uint32_t bell = bed_bell(&w->bed);

    if (must_report(solo))
        report(w->sched, solo);
    if (at_peek(&d->vacant)) { /* relaxed: see the table */
        leave(w, d);
        return false;
    }
    if (timers_due(d, sched_now(d->sched))) {
        timers_run(d, sched_now(d->sched));
        return true;
    }
    counter_add(&d->stock.tally.parks, 1);
    bed_lie_down(dormitory, &w->bed);
    if (!recheck(has_something(solo), SO2))
        bell_wait(&w->bed.bell, bell, until_due(d));
    if (bed_get_up(dormitory, &w->bed))
        at_count(&dormitory->searching, -1); /* relaxed: advisory */
    tick_restart(d);
    return true;
}

static void *solo_main(void *arg)
{
    struct solo *solo = arg;
    struct worker *w = &solo->worker;
    struct domain *d = &solo->domain;
    bool took = hold_take(&d->hold, &w->guard, w->id, d->mine);

    PANIC_IF(!took);
    pthread_setname_np(pthread_self(), "weft-own");
    tick_restart(d);
    faults_enter(w, true);
    worker_run(w, d);
    faults_leave(w);
    return NULL;
}

/* It is to handle no signal of the embedder's: it inherits a full mask. */
static int thread_start(struct solo *solo)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&solo->thread, NULL, solo_main, solo);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -failed;
}

/* --- making and finding --- */

struct solo *solo_at(const struct sched *s, uint32_t number)
{
    return at_load(&s->solos[number], acquire, SO1);
}

static struct solo *solo_new(struct sched *s, uint32_t number)
{
    struct solo *solo = memory_zalloc(&s->memory, sizeof *solo, CACHE_LINE);

    if (solo == NULL)
        return NULL;
    if (!domain_begin(s, &solo->domain, s->n_domains + number)) {
        memory_free(&s->memory, solo, sizeof *solo, CACHE_LINE);
        return NULL;
    }
    solo->domain.solo = true;
    worker_init(s, &solo->worker, s->n_workers + number, s->workers[0].guard.asymmetric);
    solo->worker.domain = &solo->domain;
    at_store(&s->solos[number], solo, release, SO1);
    return solo;
}

static bool is_open(struct solo *solo)
{
    return solo->taken ||
           (solo->started && !at_peek(&solo->domain.vacant)); /* relaxed: see above */
}

/* Locked. One that nobody has, and is the caller's from here on. */
static int solo_take(struct sched *s, struct solo **ret)
{
    for (uint32_t i = 0; i < s->n_solos; i++) {
        struct solo *solo = solo_at(s, i);

        if (solo == NULL)
            solo = solo_new(s, i);
        if (solo == NULL)
            return WEFT_ENOMEM;
        if (is_open(solo))
            continue;
        solo->taken = true;
        *ret = solo;
        return WEFT_OK;
    }
    return WEFT_ELIMIT;
}

int sched_solo_open(struct sched *s, uint64_t watcher)
{
    struct solo *solo = NULL;
    int error;

    if (s->options.threadless || s->sim != NULL)
        return WEFT_EPLACE;
    pthread_mutex_lock(&s->solo_lock);
    error = solo_take(s, &solo);
    pthread_mutex_unlock(&s->solo_lock);
    if (error < 0)
        return error;
    if (solo->started) /* it is ending, or has */
        pthread_join(solo->thread, NULL);
    at_set(&solo->domain.vacant, false); /* relaxed: its thread is not there yet */
    at_set(&solo->tenant, 0);            /* relaxed: as vacant */
    solo->watcher = watcher;
    solo->turns = solo->domain.turns - solo->domain.others;
    solo->reported = SOLO_OVER - 1;
    error = thread_start(solo);
    pthread_mutex_lock(&s->solo_lock);
    solo->started = error == 0;
    solo->taken = false;
    pthread_mutex_unlock(&s->solo_lock);
    return error < 0 ? error : (int)solo->domain.id;
}

void sched_solo_opened(struct sched *s, int domain, bool spawned)
{
    struct domain *d = domain_at(s, (uint32_t)domain);

    if (!spawned)
        at_set(&d->vacant, true); /* relaxed: see the table */
    solo_wake(s, d);
}

uint32_t sched_solos(struct sched *s)
{
    uint32_t n = 0;

    pthread_mutex_lock(&s->solo_lock);
    for (uint32_t i = 0; i < s->n_solos; i++)
        n += solo_at(s, i) != NULL && is_open(solo_at(s, i));
    pthread_mutex_unlock(&s->solo_lock);
    return n;
}

bool sched_is_solo(const struct worker *w)
{
    return w->id >= w->sched->n_workers;
}

/* --- all of them --- */

bool solos_init(struct sched *s)
{
    pthread_mutex_init(&s->solo_lock, NULL);
    if (s->n_solos > 0)
        s->solos = memory_zalloc(&s->memory, s->n_solos * sizeof *s->solos, CACHE_LINE);
    return s->n_solos == 0 || s->solos != NULL;
}

void solos_join(struct sched *s)
{
    for (uint32_t i = 0; i < s->n_solos; i++) {
        struct solo *solo = solo_at(s, i);

        if (solo != NULL && solo->started)
            pthread_join(solo->thread, NULL);
    }
}

void solos_free(struct sched *s)
{
    if (s->solos == NULL)
        return;
    for (uint32_t i = 0; i < s->n_solos; i++)
        memory_free(&s->memory, solo_at(s, i), sizeof(struct solo), CACHE_LINE);
    memory_free(&s->memory, s->solos, s->n_solos * sizeof *s->solos, CACHE_LINE);
    pthread_mutex_destroy(&s->solo_lock);
}
