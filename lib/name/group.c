/* lib/name/group.c: the structures of lib/name/group.h, and who is told of their changes. */
#include "lib/name/group.h"

#include <string.h>

/* --- keys --- */

static bool is_text(const char *text)
{
    return text != NULL && text[0] != 0 &&
           strnlen(text, WEFT_NAME_MAX + 1) <= WEFT_NAME_MAX;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    size_t size = strlen(text);
    uint64_t word;

    for (; size >= 8; size -= 8, text += 8) {
        memcpy(&word, text, 8);
        hash = hash_mix(hash, word);
    }
    word = size + 1;
    for (size_t i = 0; i < size; i++)
        word = word << 8 | (unsigned char)text[i];
    return hash_mix(hash, word);
}

bool scope_key(const weft_runtime *rt, struct group_key *key, const char *scope)
{
    if (scope != NULL && !is_text(scope))
        return false;
    key->scope = scope != NULL ? scope : "";
    key->scope_hash = hash_text(rt->options.seed, key->scope);
    return true;
}

bool group_key(const weft_runtime *rt, struct group_key *key, const char *scope,
               const char *group)
{
    if (!is_text(group) || !scope_key(rt, key, scope))
        return false;
    key->group = group;
    key->hash = hash_text(key->scope_hash, group);
    return true;
}

/* --- all of a runtime --- */

static void groups_destroy(struct annex *annex)
{
    struct groups *all = (struct groups *)(void *)annex;

    /* Those who had to do with them have ended, and so have they. */
    INVARIANT(all->first_group == NULL && all->first_scope == NULL);
    hash_done(&all->scopes);
    hash_done(&all->groups);
    hash_done(&all->numbers);
    hash_done(&all->members);
    hash_done(&all->watches);
    pthread_mutex_destroy(&all->lock);
    memory_free(&all->rt->memory, all, sizeof *all, CACHE_LINE);
}

struct groups *groups_of(const weft_runtime *rt)
{
    return (struct groups *)(void *)annex_of(rt, ANNEX_GROUPS);
}

struct groups *groups_make(weft_runtime *rt)
{
    struct groups *all = groups_of(rt);

    if (all != NULL)
        return all;
    all = memory_zalloc(&rt->memory, sizeof *all, CACHE_LINE);
    if (all == NULL)
        return NULL;
    all->annex.destroy = groups_destroy;
    all->rt = rt;
    pthread_mutex_init(&all->lock, NULL);
    hash_init(&all->scopes, &rt->memory);
    hash_init(&all->groups, &rt->memory);
    hash_init(&all->numbers, &rt->memory);
    hash_init(&all->members, &rt->memory);
    hash_init(&all->watches, &rt->memory);
    return (struct groups *)(void *)annex_put(rt, ANNEX_GROUPS, &all->annex);
}

/* --- scopes --- */

struct scope *scope_find(struct groups *all, const struct group_key *key)
{
    struct hash_link *link = hash_find(&all->scopes, key->scope_hash);

    for (; link != NULL; link = hash_same(link->next, key->scope_hash)) {
        struct scope *scope = OWNER_OF(link, struct scope, link);

        if (strcmp(scope->text, key->scope) == 0)
            return scope;
    }
    return NULL;
}

struct scope *scope_make(struct groups *all, const struct group_key *key)
{
    struct scope *scope = scope_find(all, key);

    if (scope != NULL)
        return scope;
    scope = memory_zalloc(&all->rt->memory, sizeof *scope, CACHE_LINE);
    if (scope == NULL)
        return NULL;
    strcpy(scope->text, key->scope);
    scope->link.hash = key->scope_hash;
    hash_put(&all->scopes, &scope->link);
    scope->number = ++all->made;
    scope->before = all->last_scope;
    *(scope->before != NULL ? &scope->before->next : &all->first_scope) = scope;
    all->last_scope = scope;
    return scope;
}

void scope_rest(struct groups *all, struct scope *scope)
{
    if (scope->groups > 0 || scope->watchers != NULL)
        return;
    hash_take(&all->scopes, &scope->link);
    *(scope->before != NULL ? &scope->before->next : &all->first_scope) = scope->next;
    *(scope->next != NULL ? &scope->next->before : &all->last_scope) = scope->before;
    memory_free(&all->rt->memory, scope, sizeof *scope, CACHE_LINE);
}

/* --- groups --- */

struct group *group_find(struct groups *all, const struct group_key *key)
{
    struct hash_link *link = hash_find(&all->groups, key->hash);

    for (; link != NULL; link = hash_same(link->next, key->hash)) {
        struct group *g = OWNER_OF(link, struct group, link);

        if (strcmp(g->text, key->group) == 0 && strcmp(g->scope->text, key->scope) == 0)
            return g;
    }
    return NULL;
}

static void group_link(struct groups *all, struct group *g, struct scope *scope)
{
    g->scope = scope;
    scope->groups++;
    hash_put(&all->groups, &g->link);
    g->number.hash = ++all->made;
    hash_put(&all->numbers, &g->number);
    g->before = all->last_group;
    *(g->before != NULL ? &g->before->next : &all->first_group) = g;
    all->last_group = g;
}

struct group *group_make(struct groups *all, const struct group_key *key, int *error)
{
    struct group *g = group_find(all, key);
    struct scope *scope;

    if (g != NULL)
        return g;
    *error = WEFT_ELIMIT;
    if (all->groups.count >= all->rt->options.groups_max)
        return NULL;
    *error = WEFT_ENOMEM;
    scope = scope_make(all, key);
    if (scope == NULL)
        return NULL;
    g = memory_zalloc(&all->rt->memory, sizeof *g, CACHE_LINE);
    if (g == NULL) {
        scope_rest(all, scope);
        return NULL;
    }
    strcpy(g->text, key->group);
    g->link.hash = key->hash;
    group_link(all, g, scope);
    return g;
}

static size_t bytes_of(uint32_t room)
{
    return room * sizeof(struct member *);
}

void group_rest(struct groups *all, struct group *g)
{
    struct scope *scope = g->scope;

    if (g->count > 0 || g->watchers != NULL)
        return;
    snapshot_drop(all, g);
    hash_take(&all->groups, &g->link);
    hash_take(&all->numbers, &g->number);
    *(g->before != NULL ? &g->before->next : &all->first_group) = g->next;
    *(g->next != NULL ? &g->next->before : &all->last_group) = g->before;
    memory_free(&all->rt->memory, g->members, bytes_of(g->room), CACHE_LINE);
    memory_free(&all->rt->memory, g, sizeof *g, CACHE_LINE);
    scope->groups--;
    scope_rest(all, scope);
}

/* --- members --- */

static uint64_t hash_member(const struct group *g, weft_pid pid)
{
    return hash_mix((uint64_t)(uintptr_t)g, pid);
}

struct member *member_find(struct groups *all, const struct group *g, weft_pid pid)
{
    uint64_t hash = hash_member(g, pid);
    struct hash_link *link = hash_find(&all->members, hash);

    for (; link != NULL; link = hash_same(link->next, hash)) {
        struct member *m = OWNER_OF(link, struct member, link);

        if (m->group == g && m->pid == pid)
            return m;
    }
    return NULL;
}

bool group_reserve(struct groups *all, struct group *g)
{
    uint32_t room = g->room > 0 ? 2 * g->room : 8;
    struct member **members;

    if (g->count < g->room)
        return true;
    members = memory_alloc(&all->rt->memory, bytes_of(room), CACHE_LINE);
    if (members == NULL)
        return false;
    if (g->count > 0)
        memcpy(members, g->members, bytes_of(g->count));
    memory_free(&all->rt->memory, g->members, bytes_of(g->room), CACHE_LINE);
    g->members = members;
    g->room = room;
    return true;
}

void group_enter(struct groups *all, struct group *g, struct member *m)
{
    m->group = g;
    m->in = true;
    m->place = g->count;
    m->link.hash = hash_member(g, m->pid);
    hash_put(&all->members, &m->link);
    g->members[g->count++] = m;
    snapshot_drop(all, g);
}

void group_exit(struct groups *all, struct stock *stock, struct member *m)
{
    struct group *g = m->group;

    if (!m->in)
        return;
    m->in = false;
    hash_take(&all->members, &m->link);
    g->members[m->place] = g->members[--g->count];
    g->members[m->place]->place = m->place;
    snapshot_drop(all, g);
    news_tell(all->rt, stock, &m->leaving);
    group_rest(all, g);
}

/* One that has ended is released in a moment. */
size_t group_pids(struct groups *all, const struct group *g, weft_pid *pids, size_t count)
{
    size_t n = 0;

    for (uint32_t i = 0; g != NULL && i < g->count; i++) {
        if (!sched_alive(all->rt->sched, g->members[i]->pid))
            continue;
        if (n < count)
            pids[n] = g->members[i]->pid;
        n++;
    }
    return n;
}

/* --- news --- */

struct event {
    weft_pid pid;
    bool joined;
    char scope[WEFT_NAME_MAX + 1], group[WEFT_NAME_MAX + 1];
};

static const weft_type event_type = {
    "group event", WEFT_TAG_GROUP_EVENT, sizeof(struct event), _Alignof(struct event), 0,
    NULL};

bool member_news(struct groups *all, struct stock *stock, const struct watcher *watchers,
                 const struct group *g, weft_pid pid, bool joined, news *list)
{
    struct event event = {.pid = pid, .joined = joined};

    if (watchers == NULL)
        return true;
    strcpy(event.scope, g->scope->text);
    strcpy(event.group, g->text);
    return news_make(all->rt, stock, watchers, &event_type, &event, pid, list);
}

bool weft_group_event_get(const weft_msg *msg, weft_group_event *event)
{
    const struct event *from = weft_see(msg, &event_type);

    if (from == NULL)
        return false;
    event->scope = from->scope;
    event->group = from->group;
    event->pid = from->pid;
    event->joined = from->joined;
    event->watch = news_watch(msg);
    return true;
}
