/* lib/actor/tie.c: halves of ties: tables of them, and what becomes of them on their way. */
#include "lib/actor/tie.h"

#include "sched/inbox.h"
#include "sched/pool.h"

#include <string.h>
#include <weft/link.h>
#include <weft/monitor.h>

_Static_assert(sizeof(struct ties) <= 128, "of class POOL_128");

/* --- halves --- */

enum { HALF = RECORD_CALL | RECORD_OPEN | RECORD_MARK | 2, PAYLOAD = 32 };

static struct node *half_new(struct stock *stock, enum tie_tag tag, weft_pid from,
                             weft_pid to, uint64_t key)
{
    struct node *half = pool_alloc(stock_pool(stock), POOL_128);

    if (half == NULL)
        return NULL;
    half->record = (struct record){to, from, record_head(tag, RECORD_TIE, HALF, 0), 0};
    *record_call(&half->record) =
        (struct call){.ref = key, .reserved = (uint64_t)(uintptr_t)half};
    return half;
}

int tie_refuses(const weft_self *self, weft_pid pid)
{
    if (pid != WEFT_NOBODY && ((pid ^ weft_self_pid(self)) & ID_RUNTIME) != 0)
        return WEFT_EFOREIGN;
    return id_kind(pid) != 0 ? WEFT_EINVAL : WEFT_OK;
}

void tie_free(struct stock *stock, struct node *half)
{
    pool_free(stock_pool(stock), POOL_128, half);
}

/* Nobody is there: then it comes to tie_dead. */
static void send(struct sched *s, struct stock *stock, struct node *half, uint64_t head)
{
    half->record.head = head;
    sched_push_in(s, stock, half, &half->record);
}

void tie_send(struct sched *s, struct stock *stock, struct node *half, enum tie_tag tag)
{
    send(s, stock, half, record_head(tag, RECORD_TIE, HALF, PAYLOAD));
}

/* --- reasons --- */

/* The payload goes on in the second slot. */
void reason_write(struct record *r, const weft_reason *reason)
{
    r->word = (uint64_t)(uint32_t)reason->code | (uint64_t)reason->exit << 32 |
              (uint64_t)reason->hook << 48;
    r[1].to = (uint64_t)(uintptr_t)reason->text;
    r[1].from = (uint64_t)(uintptr_t)reason->behavior;
}

weft_reason reason_read(const struct record *r)
{
    return (weft_reason){.exit = (enum weft_exit_kind)(r->word >> 32 & 0xffff),
                         .hook = (enum weft_hook)(r->word >> 48),
                         .code = (int)(uint32_t)r->word,
                         .text = (const char *)(uintptr_t)r[1].to,
                         .behavior = (const char *)(uintptr_t)r[1].from};
}

/* --- a new tie --- */

struct ties *tie_begin(struct worker *w, struct stock *stock, enum tie_tag own,
                       enum tie_tag other, weft_pid pid, struct node *half[2])
{
    uint64_t key = slab_key(sched_serial(stock), SLAB_NO_PLACE);
    weft_pid me = sched_running(w);
    struct talk_part part;
    struct ties *ties = sched_talk(w, stock, &part) ? ties_make(stock, &part) : NULL;

    if (ties == NULL)
        return NULL;
    half[0] = half_new(stock, own, me, pid, key);
    half[1] = half_new(stock, other, me, pid, key);
    if (half[0] != NULL && half[1] != NULL)
        return ties;
    for (int i = 0; i < 2; i++)
        if (half[i] != NULL)
            tie_free(stock, half[i]);
    return NULL;
}

/* --- an actor's table of halves --- */

struct ties *ties_make(struct stock *stock, struct talk_part *part)
{
    struct ties *ties = *part->ties;

    if (ties != NULL)
        return ties;
    ties = pool_alloc(stock_pool(stock), POOL_128);
    if (ties == NULL)
        return NULL;
    memset(ties, 0, sizeof *ties);
    ties->buckets = ties->first;
    ties->size = TIE_BUCKETS;
    *part->ties = ties;
    return ties;
}

static void buckets_free(struct sched *s, struct stock *stock, struct ties *ties)
{
    if (ties->buckets != ties->first)
        object_free(stock, &runtime_of(s)->memory, ties->buckets,
                    ties->size * sizeof *ties->buckets, CACHE_LINE);
}

void ties_rest(struct sched *s, struct stock *stock, struct talk_part *part)
{
    struct ties *ties = *part->ties;

    if (ties == NULL || ties->count > 0 || ties->exits != NULL || ties->traps)
        return;
    buckets_free(s, stock, ties);
    pool_free(stock_pool(stock), POOL_128, ties);
    *part->ties = NULL;
}

static struct node **bucket_of(struct ties *ties, uint64_t id)
{
    return &ties->buckets[id * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (ties->size - 1)];
}

static void put(struct ties *ties, struct node *half)
{
    struct node **bucket = bucket_of(ties, tie_id(&half->record));

    half->next = *bucket;
    *bucket = half;
}

/* Without memory the table stays as it is: chains become longer. */
static void grow(struct sched *s, struct stock *stock, struct ties *ties)
{
    struct ties old = *ties;
    size_t bytes = 2 * (size_t)old.size * sizeof *old.buckets;
    struct node **buckets =
        object_alloc(stock, &runtime_of(s)->memory, bytes, CACHE_LINE);

    if (buckets == NULL)
        return;
    memset(buckets, 0, bytes);
    old.buckets = ties->buckets;
    ties->buckets = buckets;
    ties->size = 2 * old.size;
    for (uint32_t i = 0; i < old.size; i++)
        for (struct node *half = old.buckets[i], *next; half != NULL; half = next) {
            next = half->next;
            put(ties, half);
        }
    if (old.buckets != ties->first)
        object_free(stock, &runtime_of(s)->memory, old.buckets, bytes / 2, CACHE_LINE);
}

void ties_add(struct sched *s, struct stock *stock, struct ties *ties, struct node *half)
{
    if (ties->count >= ties->size && ties->size < UINT32_MAX / 2)
        grow(s, stock, ties);
    put(ties, half);
    ties->count++;
}

static bool matches(const struct record *half, enum tie_tag tag, uint64_t id,
                    uint64_t key)
{
    return record_tag(half) == tag && tie_id(half) == id &&
           (key == 0 || record_call(half)->ref == key);
}

struct node *ties_take(struct ties *ties, enum tie_tag tag, uint64_t id, uint64_t key)
{
    for (struct node **at = bucket_of(ties, id); *at != NULL; at = &(*at)->next) {
        struct node *half = *at;

        if (matches(&half->record, tag, id, key)) {
            *at = half->next;
            ties->count--;
            return half;
        }
    }
    return NULL;
}

bool ties_any(const struct ties *ties, enum tie_tag tag, uint64_t id)
{
    const struct node *half = *bucket_of((struct ties *)(uintptr_t)ties, id);

    while (half != NULL && !matches(&half->record, tag, id, 0))
        half = half->next;
    return half != NULL;
}

/* --- exits that wait to be told --- */

static void exits_add(struct ties *ties, struct node *exit)
{
    exit->next = NULL;
    if (ties->exits == NULL)
        ties->exits = exit;
    else
        ties->last->next = exit;
    ties->last = exit;
}

struct node *tie_next_exit(struct task *t, struct ties *ties)
{
    struct node *exit = ties->exits;

    if (exit == NULL)
        return NULL;
    ties->exits = exit->next;
    if (ties->exits != NULL)
        sched_set(t, TASK_SIGNALLED);
    return exit;
}

void ties_forget(struct stock *stock, struct ties *ties, weft_pid pid)
{
    struct node *exit = ties->exits, *next;

    ties->exits = NULL;
    for (; exit != NULL; exit = next) {
        next = exit->next;
        if (exit->record.from == pid)
            tie_free(stock, exit);
        else
            exits_add(ties, exit);
    }
}

/* --- halves that go --- */

static void send_down(struct sched *s, struct stock *stock, struct node *half,
                      const weft_reason *reason)
{
    reason_write(&half->record, reason);
    send(s, stock, half, record_head(WEFT_TAG_DOWN, RECORD_REPLY, HALF, PAYLOAD));
}

static void send_exit(struct sched *s, struct stock *stock, struct node *half,
                      const weft_reason *reason)
{
    reason_write(&half->record, reason);
    tie_send(s, stock, half, TIE_EXIT);
}

static void end(struct sched *s, struct stock *stock, struct node *half,
                const weft_reason *reason)
{
    if (record_tag(&half->record) == TIE_WATCHES)
        tie_send(s, stock, half, TIE_UNWATCH);
    else if (record_tag(&half->record) == TIE_WATCHED)
        send_down(s, stock, half, reason);
    else
        send_exit(s, stock, half, reason);
}

void ties_end(struct sched *s, struct stock *stock, struct ties *ties,
              const weft_reason *reason)
{
    struct node *half, *next;

    if (ties == NULL)
        return;
    for (uint32_t i = 0; i < ties->size; i++)
        for (half = ties->buckets[i]; half != NULL; half = next) {
            next = half->next;
            end(s, stock, half, reason);
        }
    for (half = ties->exits; half != NULL; half = next) {
        next = half->next;
        tie_free(stock, half);
    }
    buckets_free(s, stock, ties);
    pool_free(stock_pool(stock), POOL_128, ties);
}

void ties_renew(struct sched *s, struct stock *stock, struct talk_part *part)
{
    struct ties *ties = *part->ties;

    if (ties == NULL)
        return;
    for (uint32_t i = 0; i < ties->size; i++)
        for (struct node **at = &ties->buckets[i]; *at != NULL;) {
            struct node *half = *at;

            if (record_tag(&half->record) != TIE_WATCHES) {
                at = &half->next;
                continue;
            }
            *at = half->next;
            ties->count--;
            tie_send(s, stock, half, TIE_UNWATCH);
        }
    ties->traps = false;
    ties_rest(s, stock, part);
}

/* Its actor is not there: it goes back. */
static void turn_around(struct sched *s, struct stock *stock, struct node *half)
{
    const weft_reason reason = {.exit = WEFT_EXIT_NO_ACTOR};
    struct record *r = &half->record;
    bool watched = record_tag(r) == TIE_WATCHED;
    weft_pid pid = r->to;

    r->to = r->from;
    r->from = pid;
    if (watched)
        send_down(s, stock, half, &reason);
    else
        send_exit(s, stock, half, &reason);
}

/* There was no memory for the record: its envelope is sent once more. */
static void send_again(struct sched *s, struct stock *stock, const struct record *r)
{
    struct node *half = record_envelope(r);

    memmove(&half->record, r, RECORD_SLOTS_MAX * sizeof *r);
    if (record_kind(r) == RECORD_TIE && record_tag(r) == TIE_LINKED)
        tie_send(s, stock, half, TIE_LINKED_LATE);
    else
        send(s, stock, half, r->head);
}

void tie_dead(struct sched *s, struct stock *stock, const struct record *r,
              enum sched_dead why)
{
    bool half = record_kind(r) == RECORD_TIE && record_tag(r) >= TIE_WATCHED &&
                record_tag(r) <= TIE_LINKED_LATE;

    if (why == SCHED_NO_MEMORY)
        send_again(s, stock, r);
    else if (half)
        turn_around(s, stock, record_envelope(r));
    else
        tie_free(stock, record_envelope(r));
}

void tie_handled(struct stock *stock, const struct record *r)
{
    tie_free(stock, record_envelope(r));
}

/* --- halves that come --- */

/* The other half has come back. */
static void untie(struct stock *stock, struct ties *ties, enum tie_tag tag, uint64_t id,
                  const struct record *r)
{
    struct node *half =
        ties != NULL ? ties_take(ties, tag, id, record_call(r)->ref) : NULL;

    if (half != NULL)
        tie_free(stock, half);
    tie_free(stock, record_envelope(r));
}

/* One that is linked has ended, if it still is. */
static void exited(struct stock *stock, struct task *t, struct ties *ties,
                   struct node *exit)
{
    weft_pid pid = exit->record.from;
    struct node *half =
        ties != NULL ? ties_take(ties, TIE_LINKED, pid, record_call(&exit->record)->ref)
                     : NULL;

    if (half == NULL || (sched_has(t, TASK_ENDING) && !is_dormant(t))) {
        tie_free(stock, exit);
    } else {
        exits_add(ties, exit);
        sched_set(t, TASK_SIGNALLED);
    }
    for (; half != NULL; half = ties_take(ties, TIE_LINKED, pid, 0))
        tie_free(stock, half);
}

/* It becomes an exit that has come. */
static void exit_at_once(struct task *t, struct ties *ties, struct node *half)
{
    const weft_reason reason = {.exit = WEFT_EXIT_NO_ACTOR};

    half->record.head = record_head(TIE_EXIT, RECORD_TIE, HALF, PAYLOAD);
    reason_write(&half->record, &reason);
    exits_add(ties, half);
    sched_set(t, TASK_SIGNALLED);
}

/* A half has come to stay; unless the exit of whom it leads to may have come before it, and
 * found nothing. */
static void tied(struct sched *s, struct stock *stock, struct task *t,
                 const struct record *r)
{
    struct node *half = record_envelope(r);
    weft_pid pid = r->to, other = r->from;
    struct talk_part part;
    struct ties *ties =
        sched_talk_make(s, stock, t, &part) ? ties_make(stock, &part) : NULL;

    if (ties == NULL) {
        send_again(s, stock, r);
        return;
    }
    if (record_tag(r) == TIE_LINKED_LATE && !sched_alive(s, other)) {
        exit_at_once(t, ties, half);
        return;
    }
    half->record.head = record_head(
        record_tag(r) == TIE_WATCHED ? TIE_WATCHED : TIE_LINKED, RECORD_TIE, HALF, 0);
    half->record.to = other;
    half->record.from = pid;
    ties_add(s, stock, ties, half);
}

void tie_arrived(struct sched *s, struct stock *stock, struct task *t,
                 const struct record *r)
{
    struct talk_part part;
    struct ties *ties = sched_talk_of(s, t, &part) ? *part.ties : NULL;
    uint64_t key = record_call(r)->ref;

    switch ((enum tie_tag)record_tag(r)) {
    case TIE_UNWATCH:
        untie(stock, ties, TIE_WATCHED, key, r);
        break;
    case TIE_UNLINK:
        untie(stock, ties, TIE_LINKED, r->from, r);
        break;
    case TIE_EXIT:
        exited(stock, t, ties, record_envelope(r));
        break;
    default:
        tied(s, stock, t, r);
        return;
    }
    if (ties != NULL)
        ties_rest(s, stock, &part);
}

bool tie_answered(struct sched *s, struct stock *stock, struct task *t,
                  const struct record *r)
{
    struct talk_part part;
    struct ties *ties = sched_talk_of(s, t, &part) ? *part.ties : NULL;
    struct node *half =
        ties != NULL ? ties_take(ties, TIE_WATCHES, record_call(r)->ref, 0) : NULL;

    if (half == NULL)
        return false;
    tie_free(stock, half);
    ties_rest(s, stock, &part);
    return true;
}
