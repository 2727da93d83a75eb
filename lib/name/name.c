/* lib/name/name.c: names for actors, on the table of lib/name/table.h.
 *
 * A name's node is kept by its holder (lib/actor/keep.h) until that ends, or lets it go; so the
 * node outlives the name by a moment when somebody else takes the name away.
 *
 *            listed, with a pid                 listed no more         kept no more
 *   (free) --------------------> taken --------------------------> out ------------> (free)
 *      \                           ^        unregister; taken over
 *       \ listed, no pid: reserved |                                      the holder has ended:
 *        +-------------------------+  born                                both at once */
#include "lib/name/name.h"

#include "lib/actor/keep.h"
#include "lib/name/table.h"
#include "sched/look.h"

#include <pthread.h>
#include <weft/name.h>

_Static_assert(WEFT_NAME_MAX == NAME_BYTES, "both say how long a name may be");

struct names {
    struct annex annex;
    weft_runtime *rt;
    struct name_table table;
    pthread_mutex_t lock; /* of changing the table, and of what follows */
    struct watcher *watchers;
};

/* --- the names of a runtime --- */

static void names_destroy(struct annex *annex)
{
    struct names *names = (struct names *)(void *)annex;

    name_table_done(&names->table);
    pthread_mutex_destroy(&names->lock);
    memory_free(&names->rt->memory, names, sizeof *names, CACHE_LINE);
}

/* NULL: there are none yet. */
static struct names *names_of(const weft_runtime *rt)
{
    return (struct names *)(void *)annex_of(rt, ANNEX_NAMES);
}

static struct names *names_make(weft_runtime *rt)
{
    struct names *names = names_of(rt);

    if (names != NULL)
        return names;
    names = memory_zalloc(&rt->memory, sizeof *names, CACHE_LINE);
    if (names == NULL)
        return NULL;
    names->annex.destroy = names_destroy;
    names->rt = rt;
    pthread_mutex_init(&names->lock, NULL);
    if (name_table_init(&names->table, &rt->memory, rt->options.seed))
        return (struct names *)(void *)annex_put(rt, ANNEX_NAMES, &names->annex);
    names_destroy(&names->annex);
    return NULL;
}

/* A name to be changed; an error if it is no name, or there is no memory. */
static int begin(weft_runtime *rt, const char *text, struct names **names,
                 struct name_key *key)
{
    *names = names_make(rt);
    if (*names == NULL)
        return WEFT_ENOMEM;
    return text != NULL && name_key(&(*names)->table, text, key) ? WEFT_OK : WEFT_EINVAL;
}

/* --- what watchers are told --- */

struct event {
    weft_pid pid;
    bool taken;
    char name[WEFT_NAME_MAX + 1];
};

static const weft_type event_type = {
    "name event", WEFT_TAG_NAME_EVENT, sizeof(struct event), _Alignof(struct event), 0,
    NULL};

static bool make_news(struct names *names, struct stock *stock,
                      const struct watcher *watchers, struct name *n, weft_pid pid,
                      bool taken, news *list)
{
    struct event event = {.pid = pid, .taken = taken};

    if (watchers == NULL)
        return true;
    name_text(n, event.name);
    return news_make(names->rt, stock, watchers, &event_type, &event, pid, list);
}

/* That the name, which is listed, is this actor's. False: no memory. */
static bool tell_taken(struct names *names, struct stock *stock, struct name *n,
                       weft_pid pid)
{
    news now = NULL;

    if (!make_news(names, stock, names->watchers, n, pid, true, &now) ||
        !make_news(names, stock, names->watchers, n, pid, false, &n->news)) {
        news_drop(names->rt, stock, &now);
        return false;
    }
    name_give(n, pid);
    news_tell(names->rt, stock, &now);
    return true;
}

/* It is nobody's any more. */
static void take_away(struct names *names, struct stock *stock, struct name *n)
{
    if (!n->listed)
        return;
    name_unlist(&names->table, n);
    news_tell(names->rt, stock, &n->news);
}

/* --- holders --- */

static void lock(struct names *names)
{
    pthread_mutex_lock(&names->lock);
}

static void unlock(struct names *names)
{
    pthread_mutex_unlock(&names->lock);
}

/* Who kept it does so no more. */
static void released(weft_runtime *rt, struct stock *stock, weft_pid pid,
                     const weft_reason *reason, void *object)
{
    struct names *names = names_of(rt);
    struct name *n = object;

    (void)pid, (void)reason;
    lock(names);
    take_away(names, stock, n);
    name_free(&names->table, n);
    unlock(names);
}

static struct name *node_new(struct names *names)
{
    struct name *n;

    lock(names);
    n = name_new(&names->table);
    unlock(names);
    return n;
}

static void node_free(struct names *names, struct name *n)
{
    lock(names);
    name_free(&names->table, n);
    unlock(names);
}

static uint64_t pid_of(struct name *n)
{
    return at_peek(&n->pid); /* relaxed: with the lock */
}

enum { HELD_BEFORE = 1 };

/* One whose holder has ended, which will release it, is free already. */
static int make_room(struct names *names, struct stock *stock, const struct name_key *key,
                     weft_pid pid)
{
    struct name *old = name_lookup(&names->table, key);

    if (old != NULL) {
        if (pid_of(old) == 0 || sched_alive(names->rt->sched, pid_of(old)))
            return pid_of(old) == pid && pid != WEFT_NOBODY ? HELD_BEFORE : WEFT_ETAKEN;
        take_away(names, stock, old);
    }
    return names->table.listed < names->rt->options.names_max ? WEFT_OK : WEFT_ELIMIT;
}

/* pid: 0 reserves it. */
static int list(struct names *names, struct place p, struct name *n,
                const struct name_key *key, weft_pid pid)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    int error;

    lock(names);
    error = make_room(names, stock, key, pid);
    if (error == 0) {
        name_list(&names->table, n, key);
        if (pid != WEFT_NOBODY && !tell_taken(names, stock, n, pid)) {
            name_unlist(&names->table, n);
            error = WEFT_ENOMEM;
        }
    }
    unlock(names);
    place_leave(p, stock, lane);
    return error;
}

/* Its holder is given it back; without memory for that it lets go of it when it ends. */
static void let_go(struct names *names, struct place p, struct name *n, weft_pid pid)
{
    bool own = p.worker != NULL && sched_running(p.worker) == pid && n->kept != 0;

    if (own && keep_remove(p, n->kept))
        node_free(names, n);
    else
        (void)keep_end_for(p, pid, released, n);
}

/* --- taking and giving back --- */

int weft_register(weft_self *self, const char *text)
{
    struct place p = place_inside(self);
    struct name_key key;
    struct names *names;
    struct name *n;
    unsigned why;
    int error = begin(weft_self_runtime(self), text, &names, &key);

    if (error < 0)
        return error;
    n = node_new(names);
    if (n == NULL)
        return WEFT_ENOMEM;
    n->kept = keep_add(p, released, n, &why);
    error = n->kept != 0 ? list(names, p, n, &key, weft_self_pid(self)) : send_error(why);
    if (error == WEFT_OK)
        return WEFT_OK;
    if (n->kept != 0)
        keep_remove(p, n->kept);
    node_free(names, n);
    return error == HELD_BEFORE ? WEFT_OK : error;
}

/* of: NOBODY: anybody's. */
static int unregister(weft_runtime *rt, struct place p, const char *text, weft_pid of)
{
    struct names *names = names_of(rt);
    struct name_key key;
    struct name *n;
    weft_pid pid = WEFT_NOBODY;
    bool lane;
    struct stock *stock;

    if (names == NULL || text == NULL || !name_key(&names->table, text, &key))
        return WEFT_ENONAME;
    stock = place_enter(p, &lane);
    lock(names);
    n = name_lookup(&names->table, &key);
    if (n != NULL && (of == WEFT_NOBODY || pid_of(n) == of))
        pid = pid_of(n);
    if (pid != WEFT_NOBODY)
        take_away(names, stock, n);
    unlock(names);
    place_leave(p, stock, lane);
    if (pid == WEFT_NOBODY)
        return WEFT_ENONAME;
    let_go(names, p, n, pid);
    return WEFT_OK;
}

int weft_unregister(weft_self *self, const char *name)
{
    return unregister(weft_self_runtime(self), place_inside(self), name,
                      weft_self_pid(self));
}

int weft_rt_unregister(weft_runtime *rt, const char *name)
{
    return unregister(rt, place_outside(rt), name, WEFT_NOBODY);
}

int pid_refuses(const weft_runtime *rt, weft_pid pid)
{
    if (pid != WEFT_NOBODY && (pid & ID_RUNTIME) >> ID_RUNTIME_SHIFT != (unsigned)rt->tag)
        return WEFT_EFOREIGN;
    if (id_kind(pid) != 0)
        return WEFT_EINVAL;
    return sched_alive(rt->sched, pid) ? WEFT_OK : WEFT_ENOACTOR;
}

int weft_rt_register(weft_runtime *rt, const char *text, weft_pid pid)
{
    struct place p = place_outside(rt);
    struct name_key key;
    struct names *names;
    struct name *n;
    int error = begin(rt, text, &names, &key);

    if (error == 0)
        error = pid_refuses(rt, pid);
    if (error < 0)
        return error;
    n = node_new(names);
    if (n == NULL)
        return WEFT_ENOMEM;
    error = list(names, p, n, &key, pid);
    if (error != WEFT_OK) {
        node_free(names, n);
        return error == HELD_BEFORE ? WEFT_OK : error;
    }
    error = keep_for(p, pid, released, n);
    if (error < 0) { /* it will not be called */
        struct stock *stock = lane_enter(rt->sched);

        released(rt, stock, pid, NULL, n);
        lane_leave(rt->sched, stock);
    }
    return error;
}

/* --- at spawn --- */

static bool born(weft_runtime *rt, struct stock *stock, weft_pid pid, uint64_t kept,
                 void *object)
{
    struct names *names = names_of(rt);
    struct name *n = object;
    bool told;

    n->kept = kept;
    lock(names);
    told = tell_taken(names, stock, n, pid);
    unlock(names);
    return told;
}

static int spawn_named(weft_runtime *rt, struct place p, const weft_behavior *behavior,
                       const void *args, const char *text, weft_pid *ret_pid)
{
    struct kept_birth birth = {released, born, NULL};
    struct name_key key;
    struct names *names;
    struct name *n;
    int error = begin(rt, text, &names, &key);

    if (ret_pid != NULL)
        *ret_pid = WEFT_NOBODY;
    if (error < 0)
        return error;
    n = birth.object = node_new(names);
    if (n == NULL)
        return WEFT_ENOMEM;
    error = list(names, p, n, &key, WEFT_NOBODY);
    if (error < 0) {
        node_free(names, n);
        return error;
    }
    error = actor_spawn_kept(p, behavior, args, &birth, ret_pid);
    if (error < 0) {
        bool lane;
        struct stock *stock = place_enter(p, &lane);

        released(rt, stock, WEFT_NOBODY, NULL, n);
        place_leave(p, stock, lane);
    }
    return error;
}

int weft_spawn_named(weft_self *self, const weft_behavior *behavior, const void *args,
                     const char *name, weft_pid *ret_pid)
{
    return spawn_named(weft_self_runtime(self), place_inside(self), behavior, args, name,
                       ret_pid);
}

int weft_rt_spawn_named(weft_runtime *rt, const weft_behavior *behavior, const void *args,
                        const char *name, weft_pid *ret_pid)
{
    return spawn_named(rt, place_outside(rt), behavior, args, name, ret_pid);
}

/* --- looking --- */

static weft_pid whereis(const weft_runtime *rt, const char *text)
{
    struct names *names = names_of(rt);
    struct name_key key;
    weft_pid pid;

    if (names == NULL || text == NULL || !name_key(&names->table, text, &key))
        return WEFT_NOBODY;
    pid = name_find(&names->table, &key);
    return pid != 0 && sched_alive(rt->sched, pid) ? pid : WEFT_NOBODY;
}

static weft_pid whereis_of(const weft_runtime *rt, const char *text,
                           const weft_behavior *behavior)
{
    weft_pid pid = whereis(rt, text);
    struct task_seen seen;

    return pid != WEFT_NOBODY && look_task(rt->sched, pid, &seen) &&
                   seen.behavior == behavior
               ? pid
               : WEFT_NOBODY;
}

weft_pid weft_whereis(weft_self *self, const char *name)
{
    return whereis(weft_self_runtime(self), name);
}

weft_pid weft_rt_whereis(const weft_runtime *rt, const char *name)
{
    return whereis(rt, name);
}

weft_pid weft_whereis_of(weft_self *self, const char *name, const weft_behavior *behavior)
{
    return whereis_of(weft_self_runtime(self), name, behavior);
}

weft_pid weft_rt_whereis_of(const weft_runtime *rt, const char *name,
                            const weft_behavior *behavior)
{
    return whereis_of(rt, name, behavior);
}

bool weft_name_next(const weft_runtime *rt, weft_cursor *cursor, weft_name_info *info)
{
    struct names *names = names_of(rt);
    uint32_t at = (uint32_t)cursor->at;
    struct name *n;

    if (names == NULL)
        return false;
    lock(names);
    do
        n = name_next(&names->table, &at);
    while (n != NULL && !sched_alive(rt->sched, pid_of(n)));
    if (n != NULL) {
        name_text(n, info->name);
        info->pid = pid_of(n);
    }
    unlock(names);
    cursor->at = at;
    return n != NULL;
}

/* --- watching --- */

/* With the lock. */
static void forget_watcher(struct names *names, struct stock *stock,
                           const struct watcher *watcher)
{
    struct name *n;
    uint32_t at = 0;

    while ((n = name_next(&names->table, &at)) != NULL)
        news_drop_for(names->rt, stock, watcher->key, &n->news);
}

static void watch_over(weft_runtime *rt, struct stock *stock, weft_pid pid,
                       const weft_reason *reason, void *object)
{
    struct names *names = names_of(rt);
    struct watcher *watcher = object;

    (void)pid, (void)reason;
    lock(names);
    if (watcher_remove(&names->watchers, watcher))
        forget_watcher(names, stock, watcher);
    unlock(names);
    memory_free(&rt->memory, watcher, sizeof *watcher, CACHE_LINE);
}

/* With the lock. How many names there are, or an error. */
static int watch_all(struct names *names, struct stock *stock, struct watcher *watcher)
{
    struct name *n;
    uint32_t at = 0;
    int count = 0;

    for (; (n = name_next(&names->table, &at)) != NULL; count++)
        if (!make_news(names, stock, watcher, n, pid_of(n), false, &n->news)) {
            forget_watcher(names, stock, watcher);
            return WEFT_ENOMEM;
        }
    watcher_add(&names->watchers, watcher);
    return count;
}

/* How many names there are, or an error. */
static int watch_with(struct place p, struct names *names, struct watcher *watcher)
{
    unsigned why = SENT_NO_MEMORY;
    bool lane;
    struct stock *stock;
    int count;

    watcher->key = keep_for_life(p, watch_over, watcher, &why);
    if (watcher->key == 0)
        return send_error(why);
    stock = place_enter(p, &lane);
    watcher->pid = weft_self_pid(self_of(p.worker));
    lock(names);
    count = watch_all(names, stock, watcher);
    unlock(names);
    place_leave(p, stock, lane);
    if (count < 0)
        keep_remove(p, watcher->key);
    return count;
}

int weft_watch_names(weft_self *self, weft_watch *ret_watch)
{
    weft_runtime *rt = weft_self_runtime(self);
    struct names *names = names_make(rt);
    struct watcher *watcher;
    int count;

    if (ret_watch != NULL)
        *ret_watch = 0;
    if (names == NULL)
        return WEFT_ENOMEM;
    watcher = memory_zalloc(&rt->memory, sizeof *watcher, CACHE_LINE);
    if (watcher == NULL)
        return WEFT_ENOMEM;
    count = watch_with(place_inside(self), names, watcher);
    if (count < 0)
        memory_free(&rt->memory, watcher, sizeof *watcher, CACHE_LINE);
    else if (ret_watch != NULL)
        *ret_watch = watcher->key;
    return count;
}

bool names_unwatch(weft_self *self, uint64_t watch)
{
    struct place p = place_inside(self);
    weft_runtime *rt = weft_self_runtime(self);
    struct names *names = names_of(rt);
    struct watcher *watcher;
    struct stock *stock;
    bool lane;

    if (names == NULL)
        return false;
    stock = place_enter(p, &lane);
    lock(names);
    watcher = watcher_find(names->watchers, weft_self_pid(self), watch);
    if (watcher != NULL) {
        watcher_remove(&names->watchers, watcher);
        forget_watcher(names, stock, watcher);
    }
    unlock(names);
    place_leave(p, stock, lane);
    if (watcher == NULL)
        return false;
    keep_remove(p, watch);
    memory_free(&rt->memory, watcher, sizeof *watcher, CACHE_LINE);
    return true;
}

bool weft_name_event_get(const weft_msg *msg, weft_name_event *event)
{
    const struct event *from = weft_see(msg, &event_type);

    if (from == NULL)
        return false;
    event->name = from->name;
    event->pid = from->pid;
    event->taken = from->taken;
    event->watch = news_watch(msg);
    return true;
}
