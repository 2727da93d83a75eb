/* lib/actor/runtime.c: starting and ending a runtime, and reading its counters.
 *
 * Ordering (label: operation -> partner: what it gives)
 *   RT1 stopping: store release, loads acquire -> RT1: no actor is made from here on; one
 *                 whose maker did not see it yet is found by a later walk (lib/actor/life.c,
 *                 lib/actor/spawn.c, lib/actor/blocking.c)
 *   RT2 exit:     CAS acq_rel, add release, loads acquire -> RT2: one code wins, weft_run
 *                 sees it
 *   RT3 tags:     CAS acq_rel, sub release -> RT3: a tag has one runtime at a time
 *   RT4 annex:    CAS acq_rel, load acquire -> RT4: who finds one sees what is in it */
#include "lib/actor/runtime.h"
#include "lib/actor/port.h"
#include "lib/actor/simulated.h"
#include "lib/actor/threadless.h"

#include "lib/base/clock.h"
#include "sched/park.h"

#include <limits.h>
#include <sched.h>
#include <string.h>
#include <weft/version.h>

/* With what the table needs beside them, a little less than 2^24 and 2^26 slots. */
enum { DEFAULT_ACTORS = 16000000, MAX_ACTORS = 64000000 };
enum { DEFAULT_PORTS = 4096, MAX_PORTS = 1000000 };
enum { DEFAULT_NAMES = 1000000, DEFAULT_DEPTH = 1000000 };
enum { DEFAULT_STUCK_NS = 100000000 };

enum { DEFAULT_OWN_THREADS = 64, DEFAULT_BLOCKING = 64, DEFAULT_BLOCKING_QUEUE = 65536 };
#define DEFAULT_BLOCKING_IDLE_NS WEFT_SEC(10)

/* --- tags: what tells the pids of this process's runtimes apart ---
 * The one variable of the library that is not a runtime's: bits for the tags in use. */
static _Atomic(uint64_t) tags_taken = 1; /* tag 0 is nobody's */

static int tag_take(void)
{
    uint64_t taken = at_peek(&tags_taken); /* relaxed: RT3 decides */
    int tag;

    do {
        if (taken == UINT64_MAX)
            return WEFT_ELIMIT;
        tag = __builtin_ctzll(~taken);
    } while (!at_cas_weak(&tags_taken, &taken, taken | (uint64_t)1 << tag, acq_rel, RT3));
    return tag;
}

static void tag_return(int tag)
{
    at_sub(&tags_taken, (uint64_t)1 << tag, release, RT3);
}

/* --- options --- */

void weft_options_init(weft_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static unsigned processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    return n < 1 ? 1 : n > WEFT_WORKERS_MAX ? WEFT_WORKERS_MAX : (unsigned)n;
}

/* Members that the caller's header does not have, and those that are 0, are the defaults. */
static int options_read(weft_options *to, const weft_options *from)
{
    weft_options_init(to);
    if (from != NULL) {
        if (from->size < offsetof(weft_options, workers) || from->size > sizeof *to)
            return WEFT_EINVAL;
        memcpy(to, from, from->size);
        to->size = sizeof *to;
    }
    if (to->threadless) {
        if (to->workers != 0 || to->relief != 0 || to->pin)
            return WEFT_EINVAL;
        to->workers = 1;
    }
    if (!simulated_options(to))
        return WEFT_EINVAL;
    if (to->workers == 0)
        to->workers = processors();
    if (to->actors_max == 0)
        to->actors_max = DEFAULT_ACTORS;
    if (to->ports_max == 0)
        to->ports_max = DEFAULT_PORTS;
    if (to->relief == 0)
        to->relief = to->workers > 1 ? 1 : 0;
    if (to->relief == WEFT_NO_RELIEF)
        to->relief = 0;
    if (to->names_max == 0)
        to->names_max = DEFAULT_NAMES;
    if (to->depth_max == 0)
        to->depth_max = DEFAULT_DEPTH;
    if (to->groups_max == 0)
        to->groups_max = DEFAULT_NAMES;
    if (to->memory_max == 0)
        to->memory_max = UINT64_MAX;
    if (to->seed == 0)
        to->seed = clock_ns() ^ clock_cycles();
    if (to->stuck_ns == 0 && to->on_stuck != NULL)
        to->stuck_ns = DEFAULT_STUCK_NS;
    if (to->stuck_ns == WEFT_FOREVER)
        to->stuck_ns = 0;
    if (to->own_threads_max == 0)
        to->own_threads_max = DEFAULT_OWN_THREADS;
    if (to->blocking_max == 0)
        to->blocking_max = DEFAULT_BLOCKING;
    if (to->blocking_queue_max == 0)
        to->blocking_queue_max = DEFAULT_BLOCKING_QUEUE;
    if (to->blocking_idle_ns == 0)
        to->blocking_idle_ns = DEFAULT_BLOCKING_IDLE_NS;
    if (to->workers > WEFT_WORKERS_MAX || to->relief > WEFT_WORKERS_MAX ||
        to->actors_max > MAX_ACTORS || to->ports_max > MAX_PORTS ||
        to->blocking_max > WEFT_BLOCKING_MAX ||
        to->own_threads_max > WEFT_OWN_THREADS_MAX)
        return WEFT_EINVAL;
    if (to->allocator != NULL &&
        (to->allocator->alloc == NULL || to->allocator->free == NULL))
        return WEFT_EINVAL;
    return WEFT_OK;
}

/* --- life --- */

struct annex *annex_put(weft_runtime *rt, enum annex_place place, struct annex *annex)
{
    struct annex *first = NULL;

    if (at_cas(&rt->annex[place], &first, annex, acq_rel, RT4))
        return annex;
    annex->destroy(annex);
    return annex_of(rt, place);
}

static void runtime_free(weft_runtime *rt)
{
    struct memory memory = rt->account.from;

    for (unsigned i = 0; i < ANNEXES; i++)
        if (annex_of(rt, (enum annex_place)i) != NULL)
            annex_of(rt, (enum annex_place)i)->destroy(annex_of(rt, (enum annex_place)i));
    threadless_done(rt);
    ports_destroy(rt->ports);
    blocking_done(&rt->blocking);
    tag_return(rt->tag);
    memory_free(&memory, rt, sizeof *rt, CACHE_LINE);
}

static int runtime_new(weft_runtime **ret, const weft_options *options)
{
    struct memory memory = memory_host;
    weft_runtime *rt;
    int tag, error;

    if (options->allocator != NULL)
        memory = (struct memory){options->allocator->alloc, options->allocator->free,
                                 options->allocator->context};
    if (options->memory_max < sizeof *rt)
        return WEFT_ENOMEM;
    rt = memory_zalloc(&memory, sizeof *rt, CACHE_LINE);
    if (rt == NULL)
        return WEFT_ENOMEM;
    tag = tag_take();
    if (tag < 0) {
        memory_free(&memory, rt, sizeof *rt, CACHE_LINE);
        return tag;
    }
    rt->account.from = memory;
    rt->account.max = options->memory_max;
    at_set(&rt->account.used, sizeof *rt); /* relaxed: nobody else is here yet */
    rt->memory = memory_of_account(&rt->account);
    rt->options = *options;
    if (is_simulated(rt))
        simulated_begin(rt);
    rt->tag = tag;
    blocking_init(&rt->blocking);
    at_set(&rt->exit_code, -1); /* relaxed: nobody else is here yet */
    error = threadless_init(rt);
    rt->ports = error == 0 ? ports_create(rt) : NULL;
    if (rt->ports == NULL) {
        runtime_free(rt);
        return error < 0 ? error : WEFT_ENOMEM;
    }
    *ret = rt;
    return WEFT_OK;
}

int weft_start(weft_runtime **ret_rt, const weft_options *options)
{
    struct sched_options so = {0};
    weft_options all;
    weft_runtime *rt;
    int error;

    if (ret_rt == NULL)
        return WEFT_EINVAL;
    error = options_read(&all, options);
    if (error < 0)
        return error;
    error = runtime_new(&rt, &all);
    if (error < 0)
        return error;
    so.workers = all.workers;
    so.relief = all.relief;
    so.solos = all.own_threads_max;
    so.pin = all.pin;
    so.threadless = all.threadless && all.sim == NULL;
    so.sim = all.sim != NULL ? &rt->sim : NULL;
    so.tasks_max = all.actors_max;
    so.seed = all.seed;
    so.stuck_ns = all.stuck_ns;
    so.sample_ns = all.sample_ns;
    so.catch_faults = all.catch_faults;
    error = sched_create(&rt->sched, &so, &rt->memory, &actor_ops, rt,
                         (uint64_t)rt->tag << ID_RUNTIME_SHIFT);
    if (error < 0) {
        runtime_free(rt);
        return error;
    }
    *ret_rt = rt;
    return WEFT_OK;
}

int weft_run(weft_runtime *rt)
{
    for (;;) {
        uint32_t exited = at_load(&rt->exited, acquire, RT2);
        int code = at_load(&rt->exit_code, acquire, RT2);

        if (code >= 0)
            return code;
        if (is_simulated(rt) && !simulated_rest(rt, WEFT_FOREVER))
            return WEFT_ETIMEDOUT;
        if (rt->options.threadless)
            threadless_rest(rt, -1, WEFT_FOREVER);
        else
            bell_wait(&rt->exited, exited, 0);
    }
}

void weft_rt_exit(weft_runtime *rt, int code)
{
    int none = -1;

    if (!at_cas(&rt->exit_code, &none, code < 0 ? INT_MAX : code, acq_rel, RT2))
        return;
    at_add(&rt->exited, 1, release, RT2);
    bell_ring(&rt->exited);
    threadless_want(rt);
}

bool weft_exited(const weft_runtime *rt, int *ret_code)
{
    int code = at_load(&((weft_runtime *)(uintptr_t)rt)->exit_code, acquire, RT2);

    if (code >= 0 && ret_code != NULL)
        *ret_code = code;
    return code >= 0;
}

void weft_exit(weft_self *self, int code)
{
    weft_rt_exit(weft_self_runtime(self), code);
}

/* --- ending --- */

static uint64_t living(const weft_runtime *rt)
{
    /* The ended are summed first, so what is missed makes the number larger, never smaller. */
    uint64_t ended = sched_sum(rt->sched, offsetof(struct tally, ended));

    return sched_sum(rt->sched, offsetof(struct tally, spawned)) - ended;
}

/* To all who live; again and again, for memory may be short, and newborns slip through. Who has
 * a supervisor is stopped by that. */
static void tell_all(weft_runtime *rt, enum record_kind kind)
{
    uint32_t index = 0;
    uint64_t pid;

    while ((pid = sched_each(rt->sched, &index)) != 0) {
        struct record r = {pid, 0, record_head(0, kind, 0, 0), 0};

        if (kind == RECORD_KILL || !sched_has_parent(rt->sched, pid))
            sched_post(rt->sched, &r);
    }
}

/* False: the time is over. Whoever lives is told once at least: this thread may have been stopped
 * for longer than that. */
static bool wait_for_all(weft_runtime *rt, enum record_kind kind, uint64_t timeout_ns)
{
    enum { LOOK_NS = 200000, TELL_NS = 20000000 };
    uint64_t began = runtime_clock(rt), told = 0, now;
    _Atomic(uint32_t) pause = 0;

    for (;;) {
        if (living(rt) == 0)
            return true;
        now = runtime_clock(rt);
        if (now - began >= timeout_ns && (told != 0 || timeout_ns == 0))
            return false;
        if (told == 0 || now - told >= TELL_NS) {
            tell_all(rt, kind);
            told = runtime_clock(rt);
        }
        if (rt->options.threadless)
            threadless_rest(rt, -1, is_simulated(rt) ? TELL_NS : LOOK_NS);
        else
            bell_wait(&pause, 0, LOOK_NS);
    }
}

int weft_stop_all(weft_runtime *rt, uint64_t timeout_ns)
{
    enum { KILL_NS = 200000000 };
    uint64_t began = clock_ns();

    at_store(&rt->stopping, true, release, RT1);
    blocking_close(rt);
    if (!wait_for_all(rt, RECORD_STOP, timeout_ns) &&
        !wait_for_all(rt, RECORD_KILL, KILL_NS))
        return WEFT_ETIMEDOUT;
    timeout_ns = timeout_ns < UINT64_MAX - began ? began + timeout_ns : UINT64_MAX;
    return blocking_wait(rt, timeout_ns) ? WEFT_OK : WEFT_ETIMEDOUT;
}

int weft_finish(weft_runtime *rt, uint64_t timeout_ns)
{
    int error;

    if (rt == NULL)
        return WEFT_OK;
    error = weft_stop_all(rt, timeout_ns);
    if (error < 0)
        return error;
    ports_close(rt->ports);
    sched_destroy(rt->sched);
    runtime_free(rt);
    return WEFT_OK;
}

/* --- looking --- */

void weft_stats_read(const weft_runtime *rt, weft_stats *stats)
{
    const struct sched *s = rt->sched;

    memset(stats, 0, sizeof *stats);
    stats->ended = sched_sum(s, offsetof(struct tally, ended));
    stats->spawned = sched_sum(s, offsetof(struct tally, spawned));
    stats->handled = sched_sum(s, offsetof(struct tally, handled));
    stats->returned = sched_sum(s, offsetof(struct tally, returned));
    for (size_t i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        stats->dead[i] = sched_sum(s, offsetof(struct tally, dead) + i * sizeof(counter));
    stats->remote = sched_sum(s, offsetof(struct tally, remote));
    stats->outside = sched_sum(s, offsetof(struct tally, outside));
    stats->published = sched_sum(s, offsetof(struct tally, published));
    stats->stolen = sched_sum(s, offsetof(struct tally, stolen));
    stats->moved = sched_sum(s, offsetof(struct tally, moved));
    stats->rescues = sched_sum(s, offsetof(struct tally, rescues));
    stats->parks = sched_sum(s, offsetof(struct tally, parks));
    stats->wakes = sched_sum(s, offsetof(struct tally, wakes));
    stats->held = sched_sum(s, offsetof(struct tally, held));
    stats->memory = memory_used(&rt->account);
    stats->stuck = sched_stuck_steps(s);
    blocking_stats(rt, stats);
    stats->own_threads = sched_solos(rt->sched);
}

unsigned weft_workers(const weft_runtime *rt)
{
    return rt->options.workers;
}

const char *weft_version(void)
{
    return WEFT_VERSION;
}
