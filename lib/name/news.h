/* lib/name/news.h: what those who watch names or groups are told.
 *
 * It must not be lost for want of memory, least of all when an actor ends. So the memory for
 * what there will be to tell is there before: when something begins to be (a name is taken, an
 * actor joins), both the news of that and the news of its end are made, for each watcher; and
 * when a watch begins, the news of the end of all that it covers. They are envelopes
 * (sched/record.h) that carry one block together.
 *
 * A watch is kept by its actor (lib/actor/keep.h), and its key is what its news are known by: one
 * that comes up at an actor that does not keep the watch any more is not handled.
 *
 * All with the lock of what is watched, and a stock that was entered before it. */
#ifndef WEFT_NAME_NEWS_H
#define WEFT_NAME_NEWS_H

#include "lib/actor/runtime.h"

#include <weft/monitor.h>

struct watcher {
    struct watcher *next;
    weft_pid pid;
    uint64_t key;
};

/* What is to be told, newest watcher first; NULL: nothing. */
typedef struct node *news;

/* News for each watcher of a list, added to *list. They carry one block, a copy of the object.
 * False: no memory; *list is as it was. from: whom they are about. */
bool news_make(weft_runtime *rt, struct stock *stock, const struct watcher *watchers,
               const weft_type *type, const void *object, weft_pid from, news *list);
/* News that are not to be told. */
void news_drop(weft_runtime *rt, struct stock *stock, news *list);
/* Those of one watcher only. */
void news_drop_for(weft_runtime *rt, struct stock *stock, uint64_t key, news *list);
/* Tells them. */
void news_tell(weft_runtime *rt, struct stock *stock, news *list);

/* By which watch a message that is news was heard. */
weft_watch news_watch(const weft_msg *msg);

/* --- watchers --- */

void watcher_add(struct watcher **list, struct watcher *watcher);
/* NULL: there is none. */
struct watcher *watcher_find(struct watcher *list, weft_pid pid, uint64_t key);
/* False: it is not in this list. */
bool watcher_remove(struct watcher **list, const struct watcher *watcher);

#endif
