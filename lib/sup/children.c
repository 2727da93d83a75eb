/* lib/sup/children.c: the children that a supervisor knows: in order, by pid, by key. */
#include "lib/sup/sup.h"

#include <string.h>

enum { CHAINS_MIN = 16 };

/* --- tables --- */

static uint64_t number_of(const struct sup_table *table, const struct sup_child *c)
{
    return table->by_key ? c->key : c->pid;
}

static struct sup_child **link_of(const struct sup_table *table, struct sup_child *c)
{
    return table->by_key ? &c->next_by_key : &c->next_by_pid;
}

static struct sup_child **chain_of(const struct sup_table *table, uint64_t number)
{
    return &table
                ->chains[number * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (table->size - 1)];
}

static void put(struct sup_table *table, struct sup_child *c)
{
    struct sup_child **chain = chain_of(table, number_of(table, c));

    *link_of(table, c) = *chain;
    *chain = c;
}

static void chains_free(struct sup *sup, struct sup_child **chains, uint32_t size)
{
    memory_free(&sup->rt->memory, chains, size * sizeof *chains, CACHE_LINE);
}

/* False: no memory, and no table yet. */
static bool grow(struct sup *sup, struct sup_table *table)
{
    struct sup_table old = *table;
    uint32_t size = old.size == 0 ? CHAINS_MIN : 2 * old.size;
    struct sup_child **chains =
        memory_zalloc(&sup->rt->memory, size * sizeof *chains, CACHE_LINE);

    if (chains == NULL)
        return old.size > 0;
    table->chains = chains;
    table->size = size;
    for (uint32_t i = 0; i < old.size; i++)
        for (struct sup_child *c = old.chains[i], *next; c != NULL; c = next) {
            next = *link_of(table, c);
            put(table, c);
        }
    chains_free(sup, old.chains, old.size);
    return true;
}

static bool table_add(struct sup *sup, struct sup_table *table, struct sup_child *c)
{
    if (table->count >= table->size && !grow(sup, table))
        return false;
    put(table, c);
    table->count++;
    return true;
}

static void table_remove(struct sup_table *table, struct sup_child *c)
{
    struct sup_child **at = chain_of(table, number_of(table, c));

    while (*at != c)
        at = link_of(table, *at);
    *at = *link_of(table, c);
    table->count--;
}

static struct sup_child *table_find(const struct sup_table *table, uint64_t number)
{
    struct sup_child *c = table->size > 0 ? *chain_of(table, number) : NULL;

    while (c != NULL && number_of(table, c) != number)
        c = *link_of(table, c);
    return c;
}

bool sup_table_begin(struct sup *sup, struct sup_table *table)
{
    return grow(sup, table);
}

void sup_set_pid(struct sup *sup, struct sup_child *c, weft_pid pid)
{
    if (c->pid != WEFT_NOBODY)
        table_remove(&sup->by_pid, c);
    c->pid = pid;
    if (pid != WEFT_NOBODY)
        table_add(sup, &sup->by_pid, c); /* there is a table */
}

bool sup_set_key(struct sup *sup, struct sup_child *c, uint64_t key)
{
    c->key = key;
    c->keyed = table_add(sup, &sup->by_key, c);
    return c->keyed;
}

struct sup_child *sup_by_pid(const struct sup *sup, weft_pid pid)
{
    return table_find(&sup->by_pid, pid);
}

struct sup_child *sup_by_key(const struct sup *sup, uint64_t key)
{
    return table_find(&sup->by_key, key);
}

struct sup_child *sup_by_id(const struct sup *sup, const char *id)
{
    struct sup_child *c = sup->oldest;

    while (c != NULL && (c->spec.id == NULL || strcmp(c->spec.id, id) != 0))
        c = c->younger;
    return c;
}

/* --- in order --- */

struct sup_child *sup_child_new(struct sup *sup, const weft_child *spec)
{
    struct sup_child *c = memory_zalloc(&sup->rt->memory, sizeof *c, CACHE_LINE);

    if (c == NULL)
        return NULL;
    c->spec = *spec;
    c->place = UINT32_MAX;
    c->lasts = !spec->fresh && spec->restart != WEFT_TEMPORARY;
    c->older = sup->youngest;
    if (sup->youngest != NULL)
        sup->youngest->younger = c;
    else
        sup->oldest = c;
    sup->youngest = c;
    sup->known++;
    return c;
}

void sup_child_free(struct sup *sup, struct sup_child *c)
{
    if (c->status == WEFT_SUP_WAITING)
        sup_wait_no_more(sup, c);
    sup_set_pid(sup, c, WEFT_NOBODY);
    if (c->keyed)
        table_remove(&sup->by_key, c);
    *(c->older != NULL ? &c->older->younger : &sup->oldest) = c->younger;
    *(c->younger != NULL ? &c->younger->older : &sup->youngest) = c->older;
    sup->known--;
    if (c->spec.args_destroy != NULL)
        c->spec.args_destroy((void *)(uintptr_t)c->spec.args);
    memory_free(&sup->rt->memory, c, sizeof *c, CACHE_LINE);
}

void sup_wait(struct sup *sup, struct sup_child *c, uint64_t due)
{
    c->status = WEFT_SUP_WAITING;
    c->due = due;
    c->next_waiting = NULL;
    if (sup->waiting == NULL)
        sup->waiting = c;
    else
        sup->last_waiting->next_waiting = c;
    sup->last_waiting = c;
}

void sup_wait_no_more(struct sup *sup, struct sup_child *c)
{
    struct sup_child *before = NULL, *at = sup->waiting;

    for (; at != c; at = at->next_waiting)
        before = at;
    *(before != NULL ? &before->next_waiting : &sup->waiting) = c->next_waiting;
    if (sup->last_waiting == c)
        sup->last_waiting = before;
    c->status = WEFT_SUP_ABSENT;
    c->due = 0;
}

void sup_done(struct sup *sup)
{
    const struct memory *m = &sup->rt->memory;

    while (sup->youngest != NULL)
        sup_child_free(sup, sup->youngest);
    chains_free(sup, sup->by_pid.chains, sup->by_pid.size);
    chains_free(sup, sup->by_key.chains, sup->by_key.size);
    memory_free(m, sup->times, sup->intensity * sizeof *sup->times, CACHE_LINE);
    memory_free(m, sup->askers, sup->n_askers * sizeof *sup->askers, CACHE_LINE);
    memory_free(m, sup->pids, sup->spec->child_count * sizeof *sup->pids, CACHE_LINE);
    memory_free(m, sup, sizeof *sup, CACHE_LINE);
}
