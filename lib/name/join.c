/* lib/name/join.c: joining and leaving groups, and looking at them. */
#include "lib/actor/keep.h"
#include "lib/name/group.h"

#include <string.h>

/* --- memberships and those who keep them --- */

static void member_free(weft_runtime *rt, struct stock *stock, struct member *m)
{
    object_free(stock, &rt->memory, m, sizeof *m, _Alignof(struct member));
}

/* The actor keeps it no more. */
static void released(weft_runtime *rt, struct stock *stock, weft_pid pid,
                     const weft_reason *reason, void *object)
{
    struct groups *all = groups_of(rt);
    struct member *m = object;

    (void)pid, (void)reason;
    groups_lock(all);
    group_exit(all, stock, m);
    groups_unlock(all);
    member_free(rt, stock, m);
}

static struct member *member_new(struct place p, weft_pid pid)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct member *m = object_alloc(stock, &runtime_of(p.sched)->memory, sizeof *m,
                                    _Alignof(struct member));

    place_leave(p, stock, lane);
    if (m != NULL)
        *m = (struct member){.pid = pid};
    return m;
}

static void member_drop(struct place p, struct member *m)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);

    member_free(runtime_of(p.sched), stock, m);
    place_leave(p, stock, lane);
}

/* --- joining --- */

/* What there is to tell of the joining, and what will be of the leaving. */
static bool prepare(struct groups *all, struct stock *stock, struct group *g,
                    struct member *m, news *joining)
{
    const struct watcher *const lists[] = {g->watchers, g->scope->watchers,
                                           all->watchers};
    bool ok = group_reserve(all, g);

    for (unsigned i = 0; i < 3; i++)
        ok = ok && member_news(all, stock, lists[i], g, m->pid, true, joining) &&
             member_news(all, stock, lists[i], g, m->pid, false, &m->leaving);
    if (ok)
        return true;
    news_drop(all->rt, stock, joining);
    news_drop(all->rt, stock, &m->leaving);
    return false;
}

enum { JOINED_BEFORE = 1 };

/* With the lock. */
static int enter(struct groups *all, struct stock *stock, const struct group_key *key,
                 struct member *m)
{
    int error = WEFT_ENOMEM;
    struct group *g = group_make(all, key, &error);
    news joining = NULL;

    if (g == NULL)
        return error;
    if (member_find(all, g, m->pid) != NULL)
        return JOINED_BEFORE;
    if (!prepare(all, stock, g, m, &joining)) {
        group_rest(all, g);
        return WEFT_ENOMEM;
    }
    group_enter(all, g, m);
    news_tell(all->rt, stock, &joining);
    return WEFT_OK;
}

static int join(struct groups *all, struct place p, const struct group_key *key,
                struct member *m)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    int error;

    groups_lock(all);
    error = enter(all, stock, key, m);
    groups_unlock(all);
    place_leave(p, stock, lane);
    return error;
}

/* An error if it is no group, or there is no memory. */
static int begin(weft_runtime *rt, const char *scope, const char *group,
                 struct groups **all, struct group_key *key)
{
    if (!group_key(rt, key, scope, group))
        return WEFT_EINVAL;
    *all = groups_make(rt);
    return *all != NULL ? WEFT_OK : WEFT_ENOMEM;
}

int weft_join(weft_self *self, const char *scope, const char *group)
{
    struct place p = place_inside(self);
    struct group_key key;
    struct groups *all;
    struct member *m;
    unsigned why;
    int error = begin(weft_self_runtime(self), scope, group, &all, &key);

    if (error < 0)
        return error;
    m = member_new(p, weft_self_pid(self));
    if (m == NULL)
        return WEFT_ENOMEM;
    m->kept = keep_add(p, released, m, &why);
    error = m->kept != 0 ? join(all, p, &key, m) : send_error(why);
    if (error == WEFT_OK)
        return WEFT_OK;
    if (m->kept != 0)
        keep_remove(p, m->kept);
    member_drop(p, m);
    return error == JOINED_BEFORE ? WEFT_OK : error;
}

int weft_rt_join(weft_runtime *rt, const char *scope, const char *group, weft_pid pid)
{
    struct place p = place_outside(rt);
    struct group_key key;
    struct groups *all;
    struct member *m;
    int error = begin(rt, scope, group, &all, &key);

    if (error == 0)
        error = pid_refuses(rt, pid);
    if (error < 0)
        return error;
    m = member_new(p, pid);
    if (m == NULL)
        return WEFT_ENOMEM;
    error = join(all, p, &key, m);
    if (error != WEFT_OK) {
        member_drop(p, m);
        return error == JOINED_BEFORE ? WEFT_OK : error;
    }
    error = keep_for(p, pid, released, m);
    if (error < 0) { /* it will not be called */
        struct stock *stock = lane_enter(rt->sched);

        released(rt, stock, pid, NULL, m);
        lane_leave(rt->sched, stock);
    }
    return error;
}

/* --- leaving --- */

/* Its actor lets it go; without memory for that when it ends. */
static void let_go(struct place p, struct member *m)
{
    bool own = p.worker != NULL && sched_running(p.worker) == m->pid && m->kept != 0;

    if (own && keep_remove(p, m->kept))
        member_drop(p, m);
    else
        (void)keep_end_for(p, m->pid, released, m);
}

static int leave(weft_runtime *rt, struct place p, const char *scope, const char *group,
                 weft_pid pid)
{
    struct groups *all = groups_of(rt);
    struct group_key key;
    struct member *m;
    struct group *g;
    struct stock *stock;
    bool lane;

    if (all == NULL || !group_key(rt, &key, scope, group))
        return WEFT_ENONAME;
    stock = place_enter(p, &lane);
    groups_lock(all);
    g = group_find(all, &key);
    m = g != NULL ? member_find(all, g, pid) : NULL;
    if (m != NULL)
        group_exit(all, stock, m);
    groups_unlock(all);
    place_leave(p, stock, lane);
    if (m == NULL)
        return WEFT_ENONAME;
    let_go(p, m);
    return WEFT_OK;
}

int weft_leave(weft_self *self, const char *scope, const char *group)
{
    return leave(weft_self_runtime(self), place_inside(self), scope, group,
                 weft_self_pid(self));
}

int weft_rt_leave(weft_runtime *rt, const char *scope, const char *group, weft_pid pid)
{
    return leave(rt, place_outside(rt), scope, group, pid);
}

/* --- looking --- */

size_t weft_rt_members(const weft_runtime *rt, const char *scope, const char *group,
                       weft_pid *pids, size_t count)
{
    struct groups *all = groups_of(rt);
    struct group_key key;
    size_t n = 0;

    if (all == NULL || !group_key(rt, &key, scope, group))
        return 0;
    groups_lock(all);
    n = group_pids(all, group_find(all, &key), pids, count);
    groups_unlock(all);
    return n;
}

size_t weft_rt_local_members(const weft_runtime *rt, const char *scope, const char *group,
                             weft_pid *pids, size_t count)
{
    return weft_rt_members(rt, scope, group, pids, count);
}

/* The first behind this number, which may be gone, that has members; so many. */
static struct group *group_behind(struct groups *all, uint64_t number, uint32_t *members)
{
    struct hash_link *link = hash_find(&all->numbers, number);
    struct group *g = all->first_group;

    if (link != NULL)
        g = OWNER_OF(link, struct group, number)->next;
    for (; g != NULL; g = g->next)
        if (g->number.hash > number &&
            (*members = (uint32_t)group_pids(all, g, NULL, 0)) > 0)
            break;
    return g;
}

bool weft_group_next(const weft_runtime *rt, weft_cursor *cursor, weft_group_info *info)
{
    struct groups *all = groups_of(rt);
    struct group *g;

    if (all == NULL)
        return false;
    groups_lock(all);
    g = group_behind(all, cursor->at, &info->members);
    if (g != NULL) {
        strcpy(info->scope, g->scope->text);
        strcpy(info->group, g->text);
        cursor->at = g->number.hash;
    }
    groups_unlock(all);
    return g != NULL;
}

/* Groups of it that have members. */
static uint32_t groups_in(struct groups *all, const struct scope *scope)
{
    uint32_t n = 0;

    for (const struct group *g = all->first_group; g != NULL; g = g->next)
        n += g->scope == scope && group_pids(all, g, NULL, 0) > 0;
    return n;
}

bool weft_scope_next(const weft_runtime *rt, weft_cursor *cursor, weft_scope_info *info)
{
    struct groups *all = groups_of(rt);
    struct scope *scope;

    if (all == NULL)
        return false;
    groups_lock(all);
    for (scope = all->first_scope; scope != NULL; scope = scope->next)
        if (scope->number > cursor->at && (info->groups = groups_in(all, scope)) > 0)
            break;
    if (scope != NULL) {
        strcpy(info->scope, scope->text);
        cursor->at = scope->number;
    }
    groups_unlock(all);
    return scope != NULL;
}
