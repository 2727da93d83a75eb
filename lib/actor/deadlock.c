/* lib/actor/deadlock.c: finding actors that await each other.
 *
 * Each awaits one other, so from any of them there is one way to go; a circle is where a way
 * comes to an actor that it has come by. The answers are collected one by one while the
 * program runs; a circle stays, so its members are asked once more, and must still await the
 * same answers. */
#include "lib/actor/call.h"
#include "lib/actor/port.h"
#include "sched/look.h"

#include <stdlib.h>
#include <string.h>
#include <weft/deadlock.h>

struct edge {
    weft_pid from, to;
    uint64_t ref;  /* of the question */
    uint32_t walk; /* the one that came by */
};

struct edges {
    weft_runtime *rt;
    struct edge *edge;
    size_t count, room;
};

/* --- asking --- */

/* 0, with edge->to NOBODY if it awaits nobody; or an error. */
static int probe(weft_runtime *rt, weft_pid pid, uint64_t timeout_ns, struct edge *edge)
{
    weft_port *port = port_borrow(rt);
    weft_msg *answer = NULL;
    uint64_t words[2] = {0};
    int error;

    if (port == NULL)
        return WEFT_ELIMIT;
    error = question_post(port, pid, RECORD_PROBE, WEFT_TAG_STARTED);
    if (error == 0)
        error = weft_port_wait(port, timeout_ns, &answer);
    if (error == 0 && weft_failure(answer) == 0)
        memcpy(words, weft_payload(answer, NULL), sizeof words);
    weft_msg_free(answer);
    port_return(port);
    *edge = (struct edge){.from = pid, .to = words[0], .ref = words[1]};
    return error == WEFT_ENOMEM || error == WEFT_ELIMIT ? error : 0;
}

static bool awaits(weft_runtime *rt, weft_pid pid)
{
    struct task_seen seen;

    return look_task(rt->sched, pid, &seen) && (seen.flags & TASK_AWAITING) != 0;
}

/* --- all of them --- */

static bool edges_grow(struct edges *es)
{
    size_t room = es->room == 0 ? 64 : 2 * es->room;
    struct edge *edge = memory_alloc(&es->rt->memory, room * sizeof *edge, CACHE_LINE);

    if (edge == NULL)
        return false;
    if (es->room > 0) {
        memcpy(edge, es->edge, es->count * sizeof *edge);
        memory_free(&es->rt->memory, es->edge, es->room * sizeof *edge, CACHE_LINE);
    }
    es->edge = edge;
    es->room = room;
    return true;
}

static int edges_collect(struct edges *es, uint64_t timeout_ns)
{
    uint32_t index = 0;
    weft_pid pid;

    while ((pid = sched_each(es->rt->sched, &index)) != 0) {
        int error;

        if (!awaits(es->rt, pid))
            continue;
        if (es->count == es->room && !edges_grow(es))
            return WEFT_ENOMEM;
        error = probe(es->rt, pid, timeout_ns, &es->edge[es->count]);
        if (error < 0)
            return error;
        es->count += es->edge[es->count].to != WEFT_NOBODY;
    }
    return WEFT_OK;
}

static int by_from(const void *a, const void *b)
{
    weft_pid x = ((const struct edge *)a)->from, y = ((const struct edge *)b)->from;

    return (x > y) - (x < y);
}

static struct edge *edge_of(const struct edges *es, weft_pid pid)
{
    const struct edge key = {.from = pid};

    return es->count == 0 ? NULL
                          : bsearch(&key, es->edge, es->count, sizeof key, by_from);
}

/* --- circles --- */

/* A member of the next circle, or NULL; *next is where to go on, 0 at first. */
static struct edge *circle_find(struct edges *es, size_t *next)
{
    while (*next < es->count) {
        struct edge *at = &es->edge[(*next)++];
        uint32_t walk = (uint32_t)*next;

        while (at != NULL && at->walk == 0) {
            at->walk = walk;
            at = edge_of(es, at->to);
        }
        if (at != NULL && at->walk == walk)
            return at;
    }
    return NULL;
}

/* Do its members still await what they did? */
static int circle_check(struct edges *es, struct edge *first, uint64_t timeout_ns)
{
    struct edge *at = first;

    do {
        struct edge again;
        int error = probe(es->rt, at->from, timeout_ns, &again);

        if (error < 0)
            return error;
        if (again.ref != at->ref)
            return 0;
        at = edge_of(es, at->to);
    } while (at != first);
    return 1;
}

static int circle_write(const struct edges *es, const struct edge *first, weft_pid *pids,
                        size_t max)
{
    const struct edge *at = first;
    int count = 0;

    do {
        if ((size_t)count < max)
            pids[count] = at->from;
        count++;
        at = edge_of(es, at->to);
    } while (at != first);
    return count;
}

int weft_find_deadlock(weft_runtime *rt, weft_pid *pids, size_t max, uint64_t timeout_ns)
{
    struct edges es = {.rt = rt};
    int result = edges_collect(&es, timeout_ns);
    struct edge *first;
    size_t next = 0;

    if (es.count > 0)
        qsort(es.edge, es.count, sizeof *es.edge, by_from);
    while (result == 0 && (first = circle_find(&es, &next)) != NULL) {
        result = circle_check(&es, first, timeout_ns);
        if (result > 0)
            result = circle_write(&es, first, pids, max);
    }
    if (es.room > 0)
        memory_free(&rt->memory, es.edge, es.room * sizeof *es.edge, CACHE_LINE);
    return result;
}
