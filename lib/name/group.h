/* lib/name/group.h: scopes, groups and memberships, for the files of lib/name.
 *
 *   groups   all of a runtime, and one lock for them
 *   scope    has groups; is there as long as it has one, or somebody watches it
 *   group    has members; likewise
 *   member   one actor in one group. It is kept by the actor (lib/actor/keep.h) until that ends,
 *            or lets it go; so it outlives the membership by a moment when another takes it out
 *
 * All with the lock, if it does not say otherwise. */
#ifndef WEFT_NAME_GROUP_H
#define WEFT_NAME_GROUP_H

#include "lib/actor/cast.h"
#include "lib/base/hash.h"
#include "lib/name/name.h"
#include "lib/name/news.h"

#include <pthread.h>
#include <weft/group.h>

/* Whose link, or other part, this is. */
#define OWNER_OF(link_, type, member_) \
    ((type *)(void *)((char *)(link_)-offsetof(type, member_)))

struct scope {
    struct hash_link link; /* by its text */
    struct scope *next, *before;
    uint64_t number; /* they are numbered as they are made */
    uint32_t groups;
    struct watcher *watchers;
    char text[WEFT_NAME_MAX + 1];
};

struct group {
    struct hash_link link;   /* by the texts of both */
    struct hash_link number; /* its hash: as a scope's */
    struct group *next, *before;
    struct scope *scope;
    struct member **members;
    uint32_t count, room;
    struct snapshot *snapshot; /* of the members, for those who publish; NULL: none */
    struct watcher *watchers;
    char text[WEFT_NAME_MAX + 1];
};

struct member {
    struct hash_link link; /* by both of what follows */
    struct group *group;
    weft_pid pid;
    uint64_t kept;  /* the key by which the actor keeps it; 0: it was made from outside */
    uint32_t place; /* among the group's */
    bool in;        /* it is a member still */
    news leaving;   /* to be told then */
};

struct groups {
    struct annex annex;
    weft_runtime *rt;
    pthread_mutex_t lock;
    struct hash scopes, groups, numbers, members, watches;
    struct scope *first_scope, *last_scope;
    struct group *first_group, *last_group;
    uint64_t made;            /* numbers given out */
    struct watcher *watchers; /* of all */
};

/* Which group is meant; no lock. */
struct group_key {
    const char *scope, *group;
    uint64_t scope_hash, hash;
};
/* False: a text is empty, or too long. */
bool group_key(const weft_runtime *rt, struct group_key *key, const char *scope,
               const char *group);
bool scope_key(const weft_runtime *rt, struct group_key *key, const char *scope);

/* A runtime's; NULL: none yet, or no memory for them. No lock. */
struct groups *groups_of(const weft_runtime *rt);
struct groups *groups_make(weft_runtime *rt);

static inline void groups_lock(struct groups *all)
{
    pthread_mutex_lock(&all->lock);
}

static inline void groups_unlock(struct groups *all)
{
    pthread_mutex_unlock(&all->lock);
}

/* NULL: there is none. */
struct scope *scope_find(struct groups *all, const struct group_key *key);
struct group *group_find(struct groups *all, const struct group_key *key);
struct member *member_find(struct groups *all, const struct group *g, weft_pid pid);

/* Finds it or makes it; NULL: no memory, or (groups) as many as there may be: *error. What is made
 * and not used is given back by the _rest functions. */
struct scope *scope_make(struct groups *all, const struct group_key *key);
struct group *group_make(struct groups *all, const struct group_key *key, int *error);
/* Behind what may have been its last use. */
void scope_rest(struct groups *all, struct scope *scope);
void group_rest(struct groups *all, struct group *g);

/* Room for one more; false: no memory. */
bool group_reserve(struct groups *all, struct group *g);
/* Whose member it is not yet, with room. */
void group_enter(struct groups *all, struct group *g, struct member *m);
/* It is a member no more, and those who watch are told; the group may be gone. */
void group_exit(struct groups *all, struct stock *stock, struct member *m);

/* Fills in the first `count` members that live; how many there are. g: NULL: none. */
size_t group_pids(struct groups *all, const struct group *g, weft_pid *pids,
                  size_t count);

/* News of this membership for the watchers of a list, added to *list; false: no memory. */
bool member_news(struct groups *all, struct stock *stock, const struct watcher *watchers,
                 const struct group *g, weft_pid pid, bool joined, news *list);

/* --- lib/name/publish.c --- */

/* The members have changed. */
void snapshot_drop(struct groups *all, struct group *g);

/* --- lib/name/watch.c --- */

bool groups_unwatch(weft_self *self, uint64_t watch);

#endif
