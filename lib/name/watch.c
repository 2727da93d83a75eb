/* lib/name/watch.c: watching a group, a scope or all groups. */
#include "lib/actor/keep.h"
#include "lib/name/group.h"

/* One of the three. */
struct watch {
    struct watcher watcher;
    struct hash_link link; /* by its key */
    struct group *group;   /* NULL: not that */
    struct scope *scope;   /* likewise */
};

static struct watcher **list_of(struct groups *all, const struct watch *w)
{
    return w->group != NULL   ? &w->group->watchers
           : w->scope != NULL ? &w->scope->watchers
                              : &all->watchers;
}

/* --- what a watch covers --- */

/* Groups from this one on. */
static struct group *covered(const struct watch *w, struct group *g)
{
    while (g != NULL && w->scope != NULL && g->scope != w->scope)
        g = g->next;
    return g;
}

static struct group *first_covered(struct groups *all, const struct watch *w)
{
    return w->group != NULL ? w->group : covered(w, all->first_group);
}

static struct group *next_covered(const struct watch *w, struct group *g)
{
    return w->group != NULL ? NULL : covered(w, g->next);
}

static void forget_in(struct groups *all, struct stock *stock, const struct watch *w,
                      struct group *g)
{
    for (uint32_t i = 0; i < g->count; i++)
        news_drop_for(all->rt, stock, w->watcher.key, &g->members[i]->leaving);
}

static void forget(struct groups *all, struct stock *stock, const struct watch *w)
{
    struct group *g = first_covered(all, w);

    for (; g != NULL; g = next_covered(w, g))
        forget_in(all, stock, w, g);
}

static bool cover_group(struct groups *all, struct stock *stock, const struct watch *w,
                        struct group *g)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (!member_news(all, stock, &w->watcher, g, g->members[i]->pid, false,
                         &g->members[i]->leaving))
            return false;
    return true;
}

/* How many memberships; false: no memory. */
static bool cover(struct groups *all, struct stock *stock, const struct watch *w, int *n)
{
    struct group *g = first_covered(all, w);

    for (*n = 0; g != NULL; g = next_covered(w, g)) {
        if (!cover_group(all, stock, w, g)) {
            forget(all, stock, w);
            return false;
        }
        *n += (int)g->count;
    }
    return true;
}

/* --- the end of a watch --- */

static void rest(struct groups *all, const struct watch *w)
{
    if (w->group != NULL)
        group_rest(all, w->group);
    else if (w->scope != NULL)
        scope_rest(all, w->scope);
}

/* With the lock. False: it was over. */
static bool remove_watch(struct groups *all, struct stock *stock, struct watch *w)
{
    if (!watcher_remove(list_of(all, w), &w->watcher))
        return false;
    forget(all, stock, w);
    hash_take(&all->watches, &w->link);
    rest(all, w);
    return true;
}

static void released(weft_runtime *rt, struct stock *stock, weft_pid pid,
                     const weft_reason *reason, void *object)
{
    struct groups *all = groups_of(rt);
    struct watch *w = object;

    (void)pid, (void)reason;
    groups_lock(all);
    remove_watch(all, stock, w);
    groups_unlock(all);
    memory_free(&rt->memory, w, sizeof *w, CACHE_LINE);
}

/* With the lock. */
static struct watch *watch_find(struct groups *all, weft_pid pid, uint64_t key)
{
    struct hash_link *link = hash_find(&all->watches, key);

    for (; link != NULL; link = hash_same(link->next, key)) {
        struct watch *w = OWNER_OF(link, struct watch, link);

        if (w->watcher.key == key && w->watcher.pid == pid)
            return w;
    }
    return NULL;
}

bool groups_unwatch(weft_self *self, uint64_t key)
{
    struct place p = place_inside(self);
    struct groups *all = groups_of(weft_self_runtime(self));
    struct stock *stock;
    struct watch *w;
    bool lane;

    if (all == NULL)
        return false;
    stock = place_enter(p, &lane);
    groups_lock(all);
    w = watch_find(all, weft_self_pid(self), key);
    if (w != NULL)
        remove_watch(all, stock, w);
    groups_unlock(all);
    place_leave(p, stock, lane);
    if (w == NULL)
        return false;
    keep_remove(p, key);
    memory_free(&all->rt->memory, w, sizeof *w, CACHE_LINE);
    return true;
}

int weft_unwatch(weft_self *self, weft_watch watch)
{
    return names_unwatch(self, watch) || groups_unwatch(self, watch) ? WEFT_OK
                                                                     : WEFT_EINVAL;
}

/* --- its beginning --- */

/* What is to be watched, and where those are to be told of who are there now. */
struct wish {
    enum { GROUP, SCOPE, ALL } what;
    struct group_key key;
    weft_pid *pids;
    size_t count;
};

/* False: *error. */
static bool find_place(struct groups *all, const struct wish *wish, struct watch *w,
                       int *error)
{
    *error = WEFT_ENOMEM;
    if (wish->what == GROUP)
        w->group = group_make(all, &wish->key, error);
    else if (wish->what == SCOPE)
        w->scope = scope_make(all, &wish->key);
    return wish->what == ALL || w->group != NULL || w->scope != NULL;
}

/* With the lock. How many memberships, or an error. */
static int add_watch(struct groups *all, struct stock *stock, const struct wish *wish,
                     struct watch *w)
{
    int n;

    if (!find_place(all, wish, w, &n))
        return n;
    if (!cover(all, stock, w, &n)) {
        rest(all, w);
        return WEFT_ENOMEM;
    }
    for (size_t i = 0; w->group != NULL && i < w->group->count && i < wish->count; i++)
        wish->pids[i] = w->group->members[i]->pid; /* all whose leaving will be told */
    watcher_add(list_of(all, w), &w->watcher);
    w->link.hash = w->watcher.key;
    hash_put(&all->watches, &w->link);
    return n;
}

static int begin(weft_self *self, const struct wish *wish, struct groups *all,
                 struct watch *w)
{
    struct place p = place_inside(self);
    struct stock *stock;
    unsigned why;
    bool lane;
    int n;

    w->watcher.pid = weft_self_pid(self);
    w->watcher.key = keep_for_life(p, released, w, &why);
    if (w->watcher.key == 0)
        return send_error(why);
    stock = place_enter(p, &lane);
    groups_lock(all);
    n = add_watch(all, stock, wish, w);
    groups_unlock(all);
    place_leave(p, stock, lane);
    if (n < 0)
        keep_remove(p, w->watcher.key);
    return n;
}

static int watch(weft_self *self, const struct wish *wish, weft_watch *ret_watch)
{
    weft_runtime *rt = weft_self_runtime(self);
    struct groups *all = groups_make(rt);
    struct watch *w = NULL;
    int n = WEFT_ENOMEM;

    if (all != NULL)
        w = memory_zalloc(&rt->memory, sizeof *w, CACHE_LINE);
    if (w != NULL)
        n = begin(self, wish, all, w);
    if (n >= 0 && ret_watch != NULL)
        *ret_watch = w->watcher.key;
    if (n < 0)
        memory_free(&rt->memory, w, sizeof *w, CACHE_LINE);
    return n;
}

int weft_watch_group(weft_self *self, const char *scope, const char *group,
                     weft_pid *pids, size_t count, weft_watch *ret_watch)
{
    struct wish wish = {.what = GROUP, .count = count};

    wish.pids = pids;
    if (ret_watch != NULL)
        *ret_watch = 0;
    return group_key(weft_self_runtime(self), &wish.key, scope, group)
               ? watch(self, &wish, ret_watch)
               : WEFT_EINVAL;
}

int weft_watch_scope(weft_self *self, const char *scope, weft_watch *ret_watch)
{
    struct wish wish = {.what = SCOPE};

    if (ret_watch != NULL)
        *ret_watch = 0;
    return scope_key(weft_self_runtime(self), &wish.key, scope)
               ? watch(self, &wish, ret_watch)
               : WEFT_EINVAL;
}

int weft_watch_groups(weft_self *self, weft_watch *ret_watch)
{
    const struct wish wish = {.what = ALL};

    if (ret_watch != NULL)
        *ret_watch = 0;
    return watch(self, &wish, ret_watch);
}
