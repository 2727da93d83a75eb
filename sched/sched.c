/* sched/sched.c: making and ending a scheduler. */
#include "sched/sched.h"

#include "sched/adopt.h"
#include "sched/fault.h"
#include "sched/idle.h"
#include "sched/lookout.h"
#include "sched/remote.h"
#include "sched/sim.h"
#include "sched/solo.h"
#include "sched/survey.h"
#include "sched/worker.h"

#include <signal.h>
#include <string.h>
#include <weft/error.h>

/* --- making --- */

bool domain_begin(struct sched *s, struct domain *d, uint32_t id)
{
    uint64_t seed = s->options.seed + id;

    d->id = id;
    d->mine = owner_of_domain(id) << OWNER_SHIFT;
    d->sched = s;
    pool_init(&d->stock.pool, &s->depot);
    random_init(&d->random, seed);
    d->stock.serial = (uint64_t)id << SERIAL_STOCK_SHIFT;
    d->wheel.now = sched_now(s) >> s->tick_shift;
    return ring_init(&d->ring, &d->stock.pool);
}

static bool domain_init(struct sched *s, struct domain *d, uint32_t id)
{
    if (!domain_begin(s, d, id))
        return false;
    d->newborns =
        memory_alloc(&s->memory, NEWBORNS_MAX * sizeof *d->newborns, CACHE_LINE);
    if (d->newborns == NULL)
        return false;
    d->newborns[0].to = 0;
    d->reserve = pool_alloc(&d->stock.pool, POOL_SEGMENT);
    d->reserve_queue = mailq_new(&d->stock.pool);
    d->reserve_aside = aside_new(&d->stock.pool);
    return d->reserve != NULL && d->reserve_queue != NULL && d->reserve_aside != NULL;
}

void worker_init(struct sched *s, struct worker *w, uint32_t id, bool asymmetric)
{
    w->id = id;
    w->sched = s;
    w->tasks = s->table.tasks;
    w->index_mask = s->table.mask;
    w->domain = id < s->n_domains ? &s->domains[id] : NULL;
    w->processor = -1;
    w->guard.asymmetric = asymmetric;
    guard_claim(&w->guard, MINE_NOBODY);
}

static void lanes_init(struct sched *s)
{
    for (int i = 0; i < LANES; i++) {
        pthread_mutex_init(&s->lanes[i].lock, NULL);
        pool_init(&s->lanes[i].stock.pool, &s->depot);
        random_init(&s->lanes[i].random, s->options.seed - 1 - (uint64_t)i);
        s->lanes[i].stock.serial = (uint64_t)(s->n_domains + s->n_solos + (uint32_t)i)
                                   << SERIAL_STOCK_SHIFT;
    }
}

static bool parts_init(struct sched *s)
{
    bool asymmetric = s->sim == NULL && hold_asymmetric();

    s->domains = memory_zalloc(&s->memory, s->n_domains * sizeof *s->domains, CACHE_LINE);
    s->workers = memory_zalloc(&s->memory, s->n_workers * sizeof *s->workers, CACHE_LINE);
    s->lanes = memory_zalloc(&s->memory, LANES * sizeof *s->lanes, CACHE_LINE);
    if (s->domains == NULL || s->workers == NULL || s->lanes == NULL || !solos_init(s))
        return false;
    lanes_init(s);
    for (uint32_t i = 0; i < s->n_domains; i++)
        if (!domain_init(s, &s->domains[i], i))
            return false;
    for (uint32_t i = 0; i < s->n_workers; i++)
        worker_init(s, &s->workers[i], i, asymmetric);
    return lookout_init(s);
}

static void parts_free(struct sched *s)
{
    for (uint32_t i = 0; s->domains != NULL && i < s->n_domains; i++) {
        struct domain *d = &s->domains[i];

        memory_free(&s->memory, d->newborns, NEWBORNS_MAX * sizeof *d->newborns,
                    CACHE_LINE);
        survey_free(d);
    }
    solos_free(s);
    for (int i = 0; s->lanes != NULL && i < LANES; i++)
        pthread_mutex_destroy(&s->lanes[i].lock);
    memory_free(&s->memory, s->domains, s->n_domains * sizeof *s->domains, CACHE_LINE);
    memory_free(&s->memory, s->workers, s->n_workers * sizeof *s->workers, CACHE_LINE);
    memory_free(&s->memory, s->lanes, LANES * sizeof *s->lanes, CACHE_LINE);
    lookout_done(s);
    sim_free(s);
    depot_done(&s->depot);
    task_table_done(&s->table);
    memory_free(&s->memory, s, sizeof *s, CACHE_LINE);
}

static void threads_end(struct sched *s)
{
    sim_end(s);
    at_store(&s->stop, true, seq_cst, WK1);
    while (wake_one(s))
        continue;
    for (uint32_t i = 0; i < s->n_workers; i++)
        if (s->workers[i].started)
            pthread_join(s->workers[i].thread, NULL);
    lookout_stop(s);
    solos_join(s);
}

/* By its caller: it has no threads. */
static bool is_driven(const struct sched *s)
{
    return s->options.threadless || s->sim != NULL;
}

/* The workers are to handle no signal of the embedder's: they inherit a full mask. */
static int threads_start(struct sched *s)
{
    sigset_t all, before;
    int failed = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (uint32_t i = 0; i < s->n_workers && !is_driven(s) && failed == 0; i++) {
        failed = pthread_create(&s->workers[i].thread, NULL, worker_main, &s->workers[i]);
        s->workers[i].started = failed == 0;
    }
    if (failed == 0)
        failed = lookout_start(s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        threads_end(s);
    return -failed;
}

int sched_create(struct sched **ret, const struct sched_options *options,
                 const struct memory *memory, const struct sched_ops *ops, void *context,
                 uint64_t runtime)
{
    struct sched *s = memory_zalloc(memory, sizeof *s, CACHE_LINE);
    uint32_t spare;
    int failed;

    if (s == NULL)
        return WEFT_ENOMEM;
    s->options = *options;
    s->memory = *memory;
    s->ops = ops;
    s->context = context;
    s->runtime = runtime;
    s->n_domains = options->workers;
    s->n_workers = options->workers + options->relief;
    s->n_solos = options->solos;
    depot_init(&s->depot, memory, &s->table);
    if (options->sim != NULL && !sim_create(s)) {
        memory_free(memory, s, sizeof *s, CACHE_LINE);
        return WEFT_ENOMEM;
    }
    s->rate = s->options.now != NULL ? 1 : clock_rate();
    s->began = sched_now(s);
    s->tick_shift = 63u - (unsigned)__builtin_clzll(cycles(s, WHEEL_TICK_NS));
    spare = 3 * pool_magazine_size(POOL_SLOT) * (s->n_domains + s->n_solos + LANES);
    if (task_table_init(&s->table, options->tasks_max, spare) < 0 || !parts_init(s)) {
        parts_free(s);
        return WEFT_ENOMEM;
    }
    sim_begin(s);
    *ret = s; /* the first step may want it */
    failed = faults_begin(s);
    if (failed == 0) {
        failed = threads_start(s);
        if (failed < 0)
            faults_end(s);
    }
    if (failed < 0)
        parts_free(s);
    return failed;
}

/* --- ending --- */

static void record_dead(struct domain *d, const struct record *r)
{
    if (r->to != 0 && record_kind(r) != RECORD_TURN)
        d->sched->ops->dead(d->sched, &d->stock, r, SCHED_ENDED);
}

static void domain_dead(struct domain *d)
{
    for (struct ring_walk i = ring_walk(&d->ring); i.at != d->ring.tail;
         ring_step(&d->ring, &i))
        record_dead(d, i.at);
    while (d->newborns_top > d->newborns_base)
        record_dead(d, &d->newborns[--d->newborns_top]);
}

/* All threads are gone: what mail there is belongs to tasks that are over. */
static void mail_dead(struct sched *s)
{
    struct domain *d = &s->domains[0];
    uint32_t used = at_peek(&s->table.used); /* relaxed: all threads are gone */

    for (uint32_t i = 0; i < s->n_domains; i++)
        domain_dead(&s->domains[i]);
    for (uint32_t i = 0; i < s->n_solos; i++)
        if (solo_at(s, i) != NULL)
            domain_dead(&solo_at(s, i)->domain);
    for (uint32_t i = s->table.first; i < used; i++) {
        struct task *t = &s->table.tasks[i];

        nodes_dead(s, &d->stock, inbox_reverse(inbox_shut(&t->in)), SCHED_ENDED);
    }
}

void sched_destroy(struct sched *s)
{
    threads_end(s);
    faults_end(s);
    mail_dead(s);
    parts_free(s);
}

/* --- looking --- */

void *sched_context(const struct sched *s)
{
    return s->context;
}

static uint64_t count_of(const struct stock *stock, size_t offset)
{
    return at_load((counter *)(void *)((char *)(uintptr_t)&stock->tally + offset),
                   acquire, CT1);
}

uint64_t sched_sum(const struct sched *s, size_t offset)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < s->n_domains; i++)
        sum += count_of(&s->domains[i].stock, offset);
    for (uint32_t i = 0; i < s->n_solos; i++)
        sum += solo_at(s, i) != NULL ? count_of(&solo_at(s, i)->domain.stock, offset) : 0;
    for (int i = 0; i < LANES; i++)
        sum += count_of(&s->lanes[i].stock, offset);
    return sum;
}

uint64_t sched_running(const struct worker *w)
{
    return at_peek(&((struct worker *)(uintptr_t)w)->running); /* relaxed: our own */
}

struct sched *sched_of(const struct worker *w)
{
    return w->sched;
}

uint64_t *sched_verdict(struct worker *w)
{
    return w->verdict;
}

void sched_become(struct worker *w, task_step step)
{
    worker_task(w, sched_running(w))->step = step;
}
