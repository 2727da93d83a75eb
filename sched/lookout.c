/* sched/lookout.c: see lookout.h. */
#include "sched/lookout.h"

#include "sched/look.h"

enum { LOOKS_PER_STUCK = 4, EVERY_MIN_NS = 1000000 };

/* --- where the time goes --- */

static struct sample *sample_of(struct lookout *l, const void *behavior)
{
    uint32_t first = (uint32_t)((uintptr_t)behavior >> 4) * 2654435761u >> 24;

    for (uint32_t i = 0; i < SAMPLES; i++) {
        struct sample *sample = &l->samples[(first + i) % SAMPLES];
        const void *is = at_peek(&sample->behavior); /* relaxed: our own */

        if (is == behavior)
            return sample;
        if (is == NULL) {
            at_store(&sample->behavior, behavior, release, LO1);
            return sample;
        }
    }
    return &l->samples[SAMPLES];
}

static struct task_sample *task_sample_of(struct sched *s, struct lookout *l, uint64_t id)
{
    struct task_sample *sample = &l->tasks[id & s->table.mask];

    if (at_peek(&sample->id) != id) { /* relaxed: our own */
        at_set(&sample->ns, 0);       /* relaxed: LO2 shows it */
        at_store(&sample->id, id, release, LO2);
    }
    return sample;
}

static void count_sample(struct sched *s, struct lookout *l, uint64_t id,
                         const void *behavior, uint64_t passed)
{
    struct sample *sample = sample_of(l, behavior);
    uint64_t ns = (uint64_t)((double)passed / s->rate);

    counter_add(&sample->ns, ns);
    counter_add(&sample->looks, 1);
    counter_add(&task_sample_of(s, l, id)->ns, ns);
}

uint64_t sched_sampled_ns(const struct sched *s, uint64_t id)
{
    const struct task_sample *sample;

    if (s->lookout == NULL)
        return 0;
    sample = &s->lookout->tasks[id & s->table.mask];
    return at_load(&sample->id, acquire, LO2) == id
               ? at_peek(&sample->ns) /* relaxed: a counter */
               : 0;
}

const void *sched_sample(const struct sched *s, uint32_t *index, uint64_t *ns,
                         uint64_t *looks)
{
    while (s->lookout != NULL && *index < SAMPLES) {
        struct sample *sample = &s->lookout->samples[(*index)++];
        const void *behavior = at_load(&sample->behavior, acquire, LO1);

        if (behavior == NULL)
            continue;
        *ns = at_peek(&sample->ns); /* relaxed, both: counters */
        *looks = at_peek(&sample->looks);
        return behavior;
    }
    return NULL;
}

/* --- who does not come back --- */

/* It is the same step that was seen before, unless its task has taken a message since: then
 * a record has come out of the ring for it. (Records of a detached task do too, but it cannot
 * run them.) A worker that has lost its domain runs nothing else before it has another. */
static bool same_step(const struct watched *o, const struct watched *is, bool detached)
{
    return o->running == is->running && o->entered == is->entered &&
           (detached || o->taken == is->taken);
}

static void report(struct sched *s, struct lookout *l, uint32_t worker, struct watched *o,
                   const void *behavior)
{
    struct sched_stuck stuck = {.id = o->running, .behavior = behavior};

    while (o->due <= l->looked - o->since)
        o->due *= 2;
    if (o->times++ == 0)
        counter_add(&l->found, 1);
    stuck.ns = (uint64_t)((double)(l->looked - o->since) / s->rate);
    stuck.times = o->times;
    stuck.thread = at_peek(&s->workers[worker].kernel_number); /* relaxed: it stays */
    s->ops->stuck(s, &stuck);
}

static void look_at(struct sched *s, struct lookout *l, uint32_t worker, uint64_t passed)
{
    struct worker *w = &s->workers[worker];
    struct watched *o = &l->watched[worker], is = {0};
    struct task_seen task;

    /* relaxed, here and below: a look that is wrong is made good by the next */
    is.running = at_peek(&w->running);
    if (is.running != 0 && at_peek(&w->guard.up) != 0)
        return; /* between two steps, or sending */
    if (is.running == 0 || !look_task(s, is.running, &task)) {
        *o = is;
        return;
    }
    count_sample(s, l, is.running, task.behavior, passed);
    is.entered = at_peek(&w->entered); /* relaxed: as above */
    is.taken = task.taken;
    is.since = l->looked;
    is.due = l->stuck;
    if (!same_step(o, &is, (task.flags & TASK_DETACHED) != 0))
        *o = is;
    else if (l->looked - o->since >= o->due)
        report(s, l, worker, o, task.behavior);
}

void lookout_look(struct sched *s, struct lookout *l)
{
    uint64_t now = sched_now(s), passed = now - l->looked;

    l->looked = now;
    for (uint32_t i = 0; i < s->n_workers; i++)
        look_at(s, l, i, passed);
}

uint64_t sched_stuck_steps(const struct sched *s)
{
    return s->lookout != NULL ? at_peek(&s->lookout->found) : 0; /* relaxed: a counter */
}

/* --- its life --- */

static void *lookout_main(void *sched)
{
    struct sched *s = sched;
    struct lookout *l = s->lookout;

    l->looked = sched_now(s);
    while (!at_load(&s->stop, acquire, WK1)) {
        bell_wait(&l->bell, 0, l->every_ns);
        lookout_look(s, l);
    }
    return NULL;
}

static size_t tasks_size(const struct sched *s)
{
    return (s->table.mask + 1) * sizeof(struct task_sample);
}

static size_t lookout_size(const struct sched *s)
{
    return sizeof(struct lookout) + s->n_workers * sizeof(struct watched);
}

bool lookout_init(struct sched *s)
{
    uint64_t stuck_ns = s->options.stuck_ns, sample_ns = s->options.sample_ns;
    struct lookout *l;

    if (stuck_ns == 0 && sample_ns == 0)
        return true;
    l = memory_zalloc(&s->memory, lookout_size(s), CACHE_LINE);
    s->lookout = l;
    if (l == NULL || (l->tasks = pages_reserve(tasks_size(s))) == NULL)
        return false;
    l->every_ns = least(stuck_ns > 0 ? stuck_ns / LOOKS_PER_STUCK : UINT64_MAX,
                        sample_ns > 0 ? sample_ns : UINT64_MAX);
    if (l->every_ns < EVERY_MIN_NS)
        l->every_ns = EVERY_MIN_NS;
    l->stuck = stuck_ns > 0 ? cycles(s, stuck_ns) : UINT64_MAX;
    return true;
}

void lookout_done(struct sched *s)
{
    if (s->lookout != NULL && s->lookout->tasks != NULL)
        pages_release(s->lookout->tasks, tasks_size(s));
    memory_free(&s->memory, s->lookout, lookout_size(s), CACHE_LINE);
}

int lookout_start(struct sched *s)
{
    struct lookout *l = s->lookout;
    int failed;

    if (l == NULL)
        return 0;
    failed = pthread_create(&l->thread, NULL, lookout_main, s);
    l->started = failed == 0;
    return failed;
}

void lookout_stop(struct sched *s)
{
    struct lookout *l = s->lookout;

    if (l == NULL || !l->started)
        return;
    at_set(&l->bell, 1); /* relaxed: stop was set before, and seen sooner or later */
    bell_ring(&l->bell);
    pthread_join(l->thread, NULL);
}
