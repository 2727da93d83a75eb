/* lib/actor/look.c: what <weft/look.h> shows of actors and workers. */
#include "sched/look.h"

#include "lib/actor/runtime.h"

#include <string.h>
#include <weft/look.h>

enum { INFO_MAX = 4096 }; /* bytes of a structure of any version */

/* Fills a structure that begins with its size: as much of it as both sides know. */
static int hand_out(void *to, const void *from, size_t known)
{
    size_t asked = *(const size_t *)to;

    if (asked < 2 * sizeof asked || asked > INFO_MAX)
        return WEFT_EINVAL;
    memset((char *)to + sizeof asked, 0, asked - sizeof asked);
    memcpy((char *)to + sizeof asked, (const char *)from + sizeof asked,
           (asked < known ? asked : known) - sizeof asked);
    return WEFT_OK;
}

/* --- actors --- */

static const char *const lives[] = {
#define TEXT(NAME, text) [WEFT_LIFE_##NAME] = text,
    WEFT_LIVES(TEXT)
#undef TEXT
};

const char *weft_life_text(enum weft_life life)
{
    return (unsigned)life < WEFT_LIFE_STATES ? lives[life] : NULL;
}

weft_pid weft_actor_next(const weft_runtime *rt, weft_cursor *cursor)
{
    uint32_t index = (uint32_t)cursor->at;
    struct task_seen seen;
    weft_pid pid;

    do /* one that is being made has a slot, but nobody may know it yet */
        pid = sched_each(rt->sched, &index);
    while (pid != WEFT_NOBODY && !look_task(rt->sched, pid, &seen));
    cursor->at = index;
    return pid;
}

static enum weft_life life_in(uint64_t flags)
{
    return (flags & TASK_STARTING) != 0   ? WEFT_LIFE_NEWBORN
           : (flags & TASK_ENDING) != 0   ? WEFT_LIFE_ENDING
           : (flags & TASK_HELD) != 0     ? WEFT_LIFE_HELD
           : (flags & TASK_AWAITING) != 0 ? WEFT_LIFE_AWAITING
           : (flags & TASK_DRAINING) != 0 ? WEFT_LIFE_DRAINING
                                          : WEFT_LIFE_RUNNING;
}

/* A newborn's START lies in the ring before its messages. */
static uint32_t messages_in(const struct task_seen *seen)
{
    return seen->waiting - ((seen->flags & TASK_STARTING) != 0 && seen->waiting > 0);
}

static size_t memory_of(const weft_behavior *b)
{
    size_t slot = sizeof(struct task);

    return fits_slot(b) ? slot : slot + b->state_size;
}

int weft_actor_read(const weft_runtime *rt, weft_pid pid, weft_actor_info *info)
{
    weft_actor_info is = {0};
    struct task_seen seen;
    const weft_behavior *b;

    if (pid != WEFT_NOBODY && pid >> ID_RUNTIME_SHIFT != (uint64_t)rt->tag)
        return WEFT_EFOREIGN;
    is.busy_ns = sched_sampled_ns(rt->sched, pid); /* first: what follows says whose */
    if (!look_task(rt->sched, pid, &seen))
        return WEFT_ENOACTOR;
    b = seen.behavior;
    is.behavior = b->name;
    is.life = life_in(seen.flags);
    is.worker = seen.domain;
    is.stuck = (seen.flags & TASK_DETACHED) != 0;
    is.more = seen.posted || (seen.flags & (TASK_QUEUED | TASK_LIFO)) != 0;
    is.waiting = messages_in(&seen);
    is.taken = seen.taken;
    is.memory = memory_of(b);
    is.supervisor = seen.parent;
    return hand_out(info, &is, sizeof is);
}

/* --- workers --- */

_Static_assert((int)WEFT_IDLE == LOOK_IDLE && (int)WEFT_ACTIVE == LOOK_ACTIVE &&
                   (int)WEFT_STUCK == LOOK_STUCK && WEFT_NO_WORKER == LOOK_NOWHERE,
               "the scheduler's words are the header's");

int weft_worker_read(const weft_runtime *rt, uint32_t number, weft_worker_info *info)
{
    weft_worker_info is = {0};
    struct domain_seen seen;

    if (number >= rt->options.workers)
        return WEFT_EINVAL;
    look_domain(rt->sched, number, &seen);
    is.activity = (enum weft_activity)seen.state;
    is.thread = seen.worker;
    is.running = seen.running;
    is.quiet_ns = seen.quiet_ns;
    is.waiting = seen.waiting;
#define COUNT(member) \
    is.member = look_count(rt->sched, number, offsetof(struct tally, member));
    COUNT(handled)
    COUNT(remote)
    COUNT(published)
    COUNT(stolen)
    COUNT(moved)
    COUNT(rescues)
    COUNT(parks)
    COUNT(wakes)
    COUNT(spawned)
    COUNT(ended)
#undef COUNT
    return hand_out(info, &is, sizeof is);
}

int weft_thread_read(const weft_runtime *rt, uint32_t number, weft_thread_info *info)
{
    weft_thread_info is = {0};
    struct worker_seen seen;

    if (number >= rt->options.workers + rt->options.relief)
        return WEFT_EINVAL;
    look_worker(rt->sched, number, &seen);
    is.activity = (enum weft_activity)seen.state;
    is.worker = seen.domain;
    is.running = seen.running;
    is.kernel_id = seen.thread;
    return hand_out(info, &is, sizeof is);
}

/* --- behaviours --- */

bool weft_behavior_next(const weft_runtime *rt, weft_cursor *cursor,
                        weft_behavior_info *info)
{
    uint32_t index = (uint32_t)cursor->at;
    weft_behavior_info is = {0};

    is.behavior = sched_sample(rt->sched, &index, &is.busy_ns, &is.looks);
    cursor->at = index;
    if (is.behavior == NULL)
        return false;
    is.name = is.behavior->name;
    return hand_out(info, &is, sizeof is) == WEFT_OK;
}

/* --- steps that do not end --- */

void on_stuck(struct sched *s, const struct sched_stuck *stuck)
{
    const weft_runtime *rt = runtime_of(s);
    const weft_behavior *b = stuck->behavior;
    weft_stuck_info info = {.pid = stuck->id,
                            .behavior = b->name,
                            .elapsed_ns = stuck->ns,
                            .times = stuck->times,
                            .kernel_id = stuck->thread};

    if (rt->options.on_stuck != NULL)
        rt->options.on_stuck(rt->options.context, &info);
}
