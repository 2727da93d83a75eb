/* lib/name/news.c: envelopes with a block in common. */
#include "lib/name/news.h"

#include "sched/inbox.h"
#include "sched/pool.h"

enum { EXTRA = RECORD_CALL | RECORD_OPEN | RECORD_MARK | RECORD_BLOCK | 2 };

static void *block_of(const struct node *n)
{
    return (void *)(uintptr_t)n->record.word;
}

static struct node *make_one(struct stock *stock, const struct watcher *watcher,
                             void *block, weft_pid from)
{
    struct node *n = pool_alloc(stock_pool(stock), POOL_128);

    if (n == NULL)
        return NULL;
    block_ref(block);
    n->record = (struct record){
        watcher->pid, from, record_head(block_type(block)->tag, RECORD_REPLY, EXTRA, 0),
        (uint64_t)(uintptr_t)block};
    *record_call(&n->record) =
        (struct call){.ref = watcher->key, .reserved = (uint64_t)(uintptr_t)n};
    return n;
}

static void drop_one(weft_runtime *rt, struct stock *stock, struct node *n)
{
    block_release(stock, &rt->memory, block_of(n));
    pool_free(stock_pool(stock), POOL_128, n);
}

static bool make_all(weft_runtime *rt, struct stock *stock,
                     const struct watcher *watchers, void *block, weft_pid from,
                     news *list)
{
    news made = NULL;

    for (; watchers != NULL; watchers = watchers->next) {
        struct node *n = make_one(stock, watchers, block, from);

        if (n == NULL) {
            news_drop(rt, stock, &made);
            return false;
        }
        n->next = made;
        made = n;
    }
    while (made != NULL) {
        struct node *n = made;

        made = n->next;
        n->next = *list;
        *list = n;
    }
    return true;
}

bool news_make(weft_runtime *rt, struct stock *stock, const struct watcher *watchers,
               const weft_type *type, const void *object, weft_pid from, news *list)
{
    void *block;
    bool ok;

    if (watchers == NULL)
        return true;
    block = block_new_shared(stock, &rt->memory, type, object);
    if (block == NULL)
        return false;
    ok = make_all(rt, stock, watchers, block, from, list);
    block_release(stock, &rt->memory, block); /* that was ours */
    return ok;
}

void news_drop(weft_runtime *rt, struct stock *stock, news *list)
{
    struct node *n;

    while ((n = *list) != NULL) {
        *list = n->next;
        drop_one(rt, stock, n);
    }
}

void news_drop_for(weft_runtime *rt, struct stock *stock, uint64_t key, news *list)
{
    struct node *n;

    while ((n = *list) != NULL) {
        if (record_call(&n->record)->ref == key) {
            *list = n->next;
            drop_one(rt, stock, n);
        } else {
            list = &n->next;
        }
    }
}

void news_tell(weft_runtime *rt, struct stock *stock, news *list)
{
    struct node *n;

    while ((n = *list) != NULL) {
        *list = n->next;
        sched_push_in(rt->sched, stock, n, &n->record);
    }
}

weft_watch news_watch(const weft_msg *msg)
{
    const struct record *r = record_of(msg);

    return record_is_answer(r) ? record_call(r)->ref : 0;
}

void watcher_add(struct watcher **list, struct watcher *watcher)
{
    watcher->next = *list;
    *list = watcher;
}

bool watcher_remove(struct watcher **list, const struct watcher *watcher)
{
    while (*list != NULL && *list != watcher)
        list = &(*list)->next;
    if (*list == NULL)
        return false;
    *list = watcher->next;
    return true;
}

struct watcher *watcher_find(struct watcher *list, weft_pid pid, uint64_t key)
{
    while (list != NULL && (list->pid != pid || list->key != key))
        list = list->next;
    return list;
}
