/* lib/actor/blocking.c: functions that block, on threads of their own.
 *
 * Threads are started when there is more work than idle threads, and end when they were idle
 * for a while. Each joins the one that ended before it, so at most one is left to join.
 *
 * A piece of work carries {pid, ref} and the memory in which its one message will travel: to
 * say how it ended cannot fail. */
#include "lib/actor/cast.h"
#include "lib/actor/simulated.h"
#include "lib/base/clock.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

struct weft_work {
    struct weft_work *next;
    weft_runtime *rt;
    weft_work_fn fn;
    weft_pid pid;          /* who waits */
    uint64_t ref;          /* for what: the call's number */
    struct node *envelope; /* of the message to come; NULL: it is out */
    size_t size;
    _Alignas(max_align_t) char args[]; /* size bytes */
};

/* --- a piece of work --- */

static struct weft_work *work_new(weft_runtime *rt, size_t size)
{
    struct weft_work *work;

    if (size > PTRDIFF_MAX - sizeof *work)
        return NULL;
    work = memory_alloc(&rt->memory, sizeof *work + size, _Alignof(struct weft_work));
    if (work == NULL)
        return NULL;
    work->rt = rt;
    work->size = size;
    work->envelope = sched_envelope_new(rt->sched);
    if (work->envelope == NULL) {
        memory_free(&rt->memory, work, sizeof *work + size, _Alignof(struct weft_work));
        return NULL;
    }
    return work;
}

static void work_free(struct weft_work *work)
{
    if (work->envelope != NULL)
        sched_envelope_free(work->rt->sched, work->envelope);
    memory_free(&work->rt->memory, work, sizeof *work + work->size,
                _Alignof(struct weft_work));
}

/* The one way out, for answers and failures. r has room for RECORD_SLOTS_MAX slots. */
static int work_reply(struct weft_work *work, struct record *r)
{
    struct node *envelope = work->envelope;

    work->envelope = NULL;
    if (record_slots(r) == 1) /* an envelope has room for more, and goes by it */
        r->head += record_head(0, RECORD_MAIL, 1, 0);
    r->to = work->pid;
    r->from = WEFT_NOBODY;
    return sched_post_in(work->rt->sched, envelope, r) == SENT ? WEFT_OK : WEFT_ENOACTOR;
}

static int work_failed(struct weft_work *work, int error)
{
    weft_work_failed failed = {work->ref, error};
    struct record r[RECORD_SLOTS_MAX] = {{0}};

    r->head = record_head(WEFT_TAG_WORK_FAILED, RECORD_REPLY,
                          record_more_for(sizeof failed), sizeof failed);
    memcpy(&r->word, &failed, sizeof failed);
    return work_reply(work, r);
}

static void work_run(struct weft_work *work)
{
    work->fn(work, work->size > 0 ? work->args : NULL);
    if (work->envelope != NULL)
        work_failed(work, WEFT_ENOANSWER);
    work_free(work);
}

/* --- the function's side --- */

int weft_work_answer(weft_work *work, weft_letter letter)
{
    struct record r[RECORD_SLOTS_MAX] = {{0}};
    struct place place = place_outside(work->rt);
    bool waits = work->envelope != NULL;
    unsigned outcome =
        waits ? letter_record(place, r, &letter, RECORD_REPLY) : SENT_ANSWERED;
    int error;

    if (outcome == SENT)
        return work_reply(work, r);
    error = letter_end(place, work->pid, &letter, outcome);
    if (waits)
        (void)work_failed(work, error);
    return error;
}

int weft_work_fail(weft_work *work, int error)
{
    if (error == 0)
        return WEFT_EINVAL;
    return work->envelope != NULL ? work_failed(work, error) : WEFT_EANSWERED;
}

uint64_t weft_work_ref(const weft_work *work)
{
    return work->ref;
}

weft_pid weft_work_pid(const weft_work *work)
{
    return work->pid;
}

weft_runtime *weft_work_runtime(const weft_work *work)
{
    return work->rt;
}

bool weft_work_should_stop(const weft_work *work)
{
    return at_load(&work->rt->stopping, acquire, RT1) ||
           !sched_alive(work->rt->sched, work->pid);
}

bool weft_work_failed_get(const weft_msg *msg, weft_work_failed *failed)
{
    size_t size;
    const void *payload = weft_payload(msg, &size);

    if (weft_tag(msg) != WEFT_TAG_WORK_FAILED || size != sizeof *failed)
        return false;
    memcpy(failed, payload, size);
    return true;
}

/* --- threads --- */

static uint64_t later(uint64_t ns)
{
    uint64_t now = clock_ns();

    return ns < UINT64_MAX - now ? now + ns : UINT64_MAX;
}

/* False: the time has come. */
static bool wait_until(struct blocking *b, pthread_cond_t *what, uint64_t ns)
{
    struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};

    return pthread_cond_timedwait(what, &b->lock, &t) != ETIMEDOUT;
}

/* Locked. The next piece of work, or NULL: the thread is to end. */
static struct weft_work *work_next(struct blocking *b, uint64_t idle_ns)
{
    struct weft_work *work;
    uint64_t until = later(idle_ns);
    bool in_time = true;

    b->idle++;
    while (b->first == NULL && !b->closed && in_time)
        in_time = wait_until(b, &b->wanted, until);
    b->idle--;
    work = b->first;
    if (work != NULL) {
        b->first = work->next;
        b->queued--;
    }
    return work;
}

static void *blocking_main(void *arg)
{
    weft_runtime *rt = arg;
    struct blocking *b = &rt->blocking;
    struct weft_work *work;
    pthread_t before;
    bool any_before;

    pthread_setname_np(pthread_self(), "weft-blocking");
    pthread_mutex_lock(&b->lock);
    while ((work = work_next(b, rt->options.blocking_idle_ns)) != NULL) {
        b->running++;
        pthread_mutex_unlock(&b->lock);
        work_run(work);
        pthread_mutex_lock(&b->lock);
        b->running--;
        b->done++;
    }
    any_before = b->any_ended;
    before = b->ended;
    b->any_ended = true;
    b->ended = pthread_self();
    b->threads--;
    pthread_cond_broadcast(&b->left);
    pthread_mutex_unlock(&b->lock);
    if (any_before)
        pthread_join(before, NULL);
    return NULL;
}

/* Locked. The thread is to handle no signal of the embedder's: it inherits a full mask. */
static int thread_start(weft_runtime *rt)
{
    sigset_t all, before;
    pthread_t thread;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, NULL, blocking_main, rt);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0)
        rt->blocking.threads++;
    return -failed;
}

/* --- the actor's side --- */

/* Locked. */
static int room_for_one(weft_runtime *rt)
{
    const struct blocking *b = &rt->blocking;
    const weft_options *o = &rt->options;
    int error;

    if (b->closed)
        return WEFT_ESTOPPING;
    if ((uint64_t)b->queued + b->running >=
        (uint64_t)o->blocking_max + o->blocking_queue_max)
        return WEFT_EFULL;
    if (b->queued < b->idle || b->threads == o->blocking_max || is_simulated(rt))
        return WEFT_OK;
    error = thread_start(rt);
    return b->threads > 0 ? WEFT_OK : error; /* those that are there will come to it */
}

static int work_put(weft_runtime *rt, struct weft_work *work)
{
    struct blocking *b = &rt->blocking;
    int error;

    pthread_mutex_lock(&b->lock);
    error = room_for_one(rt);
    if (error == WEFT_OK) {
        work->next = NULL;
        if (b->first == NULL)
            b->first = work;
        else
            b->last->next = work;
        b->last = work;
        b->queued++;
        pthread_cond_signal(&b->wanted);
    }
    pthread_mutex_unlock(&b->lock);
    return error;
}

int weft_offload(weft_self *self, weft_work_fn fn, const void *args, size_t size,
                 uint64_t ref)
{
    weft_runtime *rt = weft_self_runtime(self);
    struct weft_work *work;
    int error;

    if (fn == NULL || (args == NULL && size > 0))
        return WEFT_EINVAL;
    if (rt->options.threadless && !is_simulated(rt))
        return WEFT_EPLACE;
    work = work_new(rt, size);
    if (work == NULL)
        return WEFT_ENOMEM;
    work->fn = fn;
    work->pid = weft_self_pid(self);
    work->ref = ref;
    if (size > 0)
        memcpy(work->args, args, size);
    error = work_put(rt, work);
    if (error < 0)
        work_free(work);
    return error;
}

/* --- the runtime's side --- */

bool blocking_play(struct sched *s)
{
    struct blocking *b = &runtime_of(s)->blocking;
    struct weft_work *work = b->first;

    if (work == NULL)
        return false;
    b->first = work->next;
    b->queued--;
    work_run(work);
    b->done++;
    return true;
}

void blocking_init(struct blocking *b)
{
    pthread_condattr_t steady;

    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->wanted, &steady);
    pthread_cond_init(&b->left, &steady);
    pthread_condattr_destroy(&steady);
}

void blocking_close(weft_runtime *rt)
{
    struct blocking *b = &rt->blocking;
    struct weft_work *work, *next;

    pthread_mutex_lock(&b->lock);
    b->closed = true;
    work = b->first;
    b->first = NULL;
    b->queued = 0;
    pthread_cond_broadcast(&b->wanted);
    pthread_mutex_unlock(&b->lock);
    for (; work != NULL; work = next) {
        next = work->next;
        (void)work_failed(work, WEFT_ESTOPPING);
        work_free(work);
    }
}

bool blocking_wait(weft_runtime *rt, uint64_t until_ns)
{
    struct blocking *b = &rt->blocking;
    bool in_time = true, all;

    pthread_mutex_lock(&b->lock);
    while (b->threads > 0 && in_time)
        in_time = wait_until(b, &b->left, until_ns);
    all = b->threads == 0;
    pthread_mutex_unlock(&b->lock);
    return all;
}

void blocking_done(struct blocking *b)
{
    if (b->any_ended)
        pthread_join(b->ended, NULL);
    pthread_cond_destroy(&b->left);
    pthread_cond_destroy(&b->wanted);
    pthread_mutex_destroy(&b->lock);
}

void blocking_stats(const weft_runtime *rt, weft_stats *stats)
{
    struct blocking *b = &((weft_runtime *)(uintptr_t)rt)->blocking;

    pthread_mutex_lock(&b->lock);
    stats->work_queued = b->queued;
    stats->work_running = b->running;
    stats->work_done = b->done;
    stats->work_threads = b->threads;
    pthread_mutex_unlock(&b->lock);
}
