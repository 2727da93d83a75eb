/* test/explore/runtime/fixture.c: see fixture.h. */
#include "test/explore/runtime/fixture.h"

#include "test/explore/explore.h"
#include "test/explore/runtime/threads.h"
#include "test/explore/sched/support.h"

#include <string.h>

enum { END = 1, LONG_NS = 2 * STUCK_NS };

struct sched *scheduler;
static struct state {         /* of a task; plain: its own */
    uint64_t next[TASKS + 1]; /* word expected from each sender; the last is outside */
    bool over;
} states[TASKS];
static uint64_t ids[TASKS];
static _Atomic(bool) is_wanted;
static _Atomic(int) handled, dead, reports;
static uint64_t sent; /* by fixture_post */

/* --- tasks --- */

static unsigned number_of(uint64_t id)
{
    unsigned i = 0;

    while (i < TASKS && ids[i] != id)
        i++;
    return i;
}

static int step(struct weft_self *self, void *pointer, struct weft_msg *message)
{
    struct worker *w = (struct worker *)(void *)self;
    const struct record *r = (const struct record *)(void *)message;
    struct state *state = pointer;
    unsigned from = number_of(r->from), me = (unsigned)(state - states);
    uint32_t tag = record_tag(r);

    explore_assert(!state->over && r->to == ids[me]);
    explore_assert(state->next[from] <= r->word);
    state->next[from] = r->word + 1;
    if (tag == LONG || tag == LONG_FORWARD)
        explore_pass(LONG_NS);
    if (tag == FORWARD || tag == LONG_FORWARD)
        sched_send_word(w, ids[(me + 1) % TASKS], record_head(PLAIN, RECORD_MAIL, 0, 8),
                        r->word);
    state->over = tag == LAST;
    at_count(&handled, 1);
    return tag == LAST ? END : NEXT_STAY;
}

static void count_dead(struct sched *s, struct stock *stock, const struct record *r,
                       enum sched_dead why)
{
    (void)s, (void)stock, (void)why;
    explore_assert(record_kind(r) == RECORD_MAIL);
    at_count(&dead, 1);
}

static int count_unsent(struct worker *w, const struct record *r, enum sched_sent why)
{
    (void)w, (void)r, (void)why;
    at_count(&dead, 1);
    return -1;
}

static void block_handled(struct sched *s, struct stock *stock, const struct record *r,
                          int next)
{
    (void)s, (void)stock, (void)r, (void)next;
    explore_assert(false);
}

static void started(struct worker *w, struct task *t, const struct record *r)
{
    (void)w, (void)t, (void)r;
    explore_assert(false);
}

static void next(struct worker *w, struct task *t, int what, const uint64_t verdict[3])
{
    (void)verdict;
    explore_assert(what == END);
    sched_end(w, t);
}

/* A task with a thread of its own is watched. */
static bool idle_task(struct sched *s, uint64_t watcher, uint64_t task, uint64_t count)
{
    explore_assert(watcher == 1 && (count <= sent || count == SOLO_OVER));
    at_count(&reports, 1);
    explore_assert(at_peek(&task_at(&s->table, task)->in) != INBOX_CLOSED);
    return true;
}

static void control(struct worker *w, struct task *t, enum record_kind kind)
{
    (void)kind;
    sched_close(w, t);
    sched_free(w, t);
}

static void wanted(struct sched *s)
{
    (void)s;
    at_set(&is_wanted, true);
}

/* --- setting up --- */

static void *allocate(void *context, size_t size, size_t align)
{
    (void)context;
    return explore_alloc(size, align);
}

static void release(void *context, void *memory, size_t size, size_t align)
{
    (void)context, (void)size, (void)align;
    explore_free(memory);
}

static uint64_t now(void *hook)
{
    (void)hook;
    return explore_time_ns();
}

void fixture_make(unsigned i, uint32_t domain)
{
    struct stock *stock = lane_enter(scheduler);
    struct task *t = sched_outside_new(scheduler, stock, SCHED_HOME);

    explore_assert(t != NULL);
    task_set_word(t, word_with_owner(task_word(t), owner_of_domain(domain)));
    t->step = step;
    t->state = &states[i];
    ids[i] = sched_id(scheduler, t);
    sched_outside_spawned(scheduler, stock, t, NULL);
    lane_leave(scheduler, stock);
}

#define NAME(member, format) explore_name(&member, sizeof member, format, i)

static void name_parts(void)
{
    struct sched *s = scheduler;

    for (unsigned i = 0; i < s->n_domains; i++) {
        NAME(s->domains[i].tokens, "tokens %u");
        NAME(s->domains[i].hold, "hold %u");
        NAME(s->domains[i].load, "load %u");
        NAME(s->domains[i].work, "work %u");
        NAME(s->domains[i].beat, "beat %u");
        NAME(s->domains[i].deque.top, "top %u");
        NAME(s->domains[i].deque.bottom, "bottom %u");
    }
    for (unsigned i = 0; i < s->n_workers; i++) {
        NAME(s->workers[i].guard.up, "up %u");
        NAME(s->workers[i].guard.mine, "mine %u");
        NAME(s->workers[i].guard.held, "held %u");
        NAME(s->workers[i].running, "running %u");
        NAME(s->workers[i].detached, "detached %u");
        NAME(s->workers[i].bed.asleep, "asleep %u");
        NAME(s->workers[i].bed.bell, "bell %u");
    }
    for (unsigned i = 0; i < TASKS; i++) {
        NAME(task_at(&s->table, ids[i])->word, "word of task %u");
        NAME(task_at(&s->table, ids[i])->in, "inbox of task %u");
    }
    EXPLORE_NAME(s->stop);
    EXPLORE_NAME(s->dormitory.sleeping);
    EXPLORE_NAME(s->dormitory.searching);
    EXPLORE_NAME(s->dormitory.watcher);
    EXPLORE_NAME(s->lanes[0].lock);
}

void fixture_begin(const struct fixture *f)
{
    static const struct memory memory = {allocate, release, NULL};
    static const struct sched_ops ops = {.dead = count_dead,
                                         .unsent = count_unsent,
                                         .handled = block_handled,
                                         .start = started,
                                         .next = next,
                                         .control = control,
                                         .wanted = wanted,
                                         .idle = idle_task};
    struct sched_options options = {.workers = f->domains,
                                    .relief = f->relief,
                                    .threadless = f->threadless,
                                    .solos = f->solos,
                                    .tasks_max = 64,
                                    .seed = 1,
                                    .now = now};

    memset(states, 0, sizeof states);
    at_set(&handled, 0);
    at_set(&dead, 0);
    at_set(&is_wanted, false);
    at_set(&reports, 0);
    sent = 0;
    support_membarrier = !f->no_membarrier;
    threads_reset();
    explore_assert(sched_create(&scheduler, &options, &memory, &ops, NULL, 0) == 0);
    for (unsigned i = 0; i < TASKS; i++)
        if (f->homes[i] != FIXTURE_NOWHERE)
            fixture_make(i, f->homes[i]);
    name_parts();
}

/* --- mail --- */

struct record fixture_record(unsigned to, enum tag tag, uint64_t word)
{
    return (struct record){ids[to], 0, record_head(tag, RECORD_MAIL, 0, 8), word};
}

void fixture_post(unsigned to, enum tag tag)
{
    struct record r = fixture_record(to, tag, sent++);

    if (sched_post(scheduler, &r) != SENT)
        at_count(&dead, 1);
}

struct task *fixture_task(unsigned i)
{
    return task_at(&scheduler->table, ids[i]);
}

bool fixture_wanted(void)
{
    return atomic_exchange_explicit(&is_wanted, false, memory_order_relaxed);
}

int fixture_over(void)
{
    return at_peek(&handled) + at_peek(&dead);
}

int fixture_reports(void)
{
    return at_peek(&reports);
}
