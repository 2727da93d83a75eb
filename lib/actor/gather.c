/* lib/actor/gather.c: one question to many.
 *
 * The questions are asks, under references of their own kind (GATHERED), whose entries say which
 * gathering they are of and who was asked. Meanwhile the actor receives nothing but answers to
 * such; each is written down, and the actor waits on, until there are enough. */
#include "lib/actor/call.h"
#include "sched/slab.h"

#include <string.h>
#include <weft/gather.h>
#include <weft/wait.h>

struct gathering {
    weft_step_fn step;
    weft_outcome *outcomes;
    uint64_t deadline;
    uint32_t count, need, answers, failures;
};

/* An entry's third word: the gathering's address, and which of its questions. */
enum { INDEX_SHIFT = 48 };
_Static_assert(WEFT_GATHER_MAX <= 1 << (64 - INDEX_SHIFT),
               "an index fits above an address");

static uint64_t mark_of(const struct gathering *g, size_t index)
{
    return (uint64_t)(uintptr_t)g | (uint64_t)index << INDEX_SHIFT;
}

static struct gathering *gathering_of(uint64_t mark)
{
    return (struct gathering *)(uintptr_t)(mark & (((uint64_t)1 << INDEX_SHIFT) - 1));
}

static void gathering_free(struct place p, struct gathering *g)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);

    object_free(stock, &runtime_of(p.sched)->memory, g, sizeof *g, _Alignof(max_align_t));
    place_leave(p, stock, lane);
}

static struct gathering *gathering_new(struct place p)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct gathering *g = object_alloc(stock, &runtime_of(p.sched)->memory, sizeof *g,
                                       _Alignof(max_align_t));

    place_leave(p, stock, lane);
    return g;
}

void gathering_drop(struct sched *s, struct stock *stock, const struct slab *asks)
{
    for (uint32_t i = 0; i < asks->end; i++)
        if (asks->entries[i].key != 0 && asks->entries[i].word[2] != 0) {
            object_free(stock, &runtime_of(s)->memory,
                        gathering_of(asks->entries[i].word[2]), sizeof(struct gathering),
                        _Alignof(max_align_t));
            return; /* an actor waits for one at a time */
        }
}

/* --- the end --- */

/* Those that have not answered are late from here on. */
static void forget_the_rest(struct place p, const struct gathering *g)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct talk_part part;

    if (sched_talk(p.worker, stock, &part))
        for (uint32_t i = 0; i < part.asks->end; i++) {
            struct slab_entry *entry = &part.asks->entries[i];

            if (entry->key != 0 && gathering_of(entry->word[2]) == g)
                slab_remove(part.asks, entry);
        }
    place_leave(p, stock, lane);
}

/* What the actor's step is called with. */
static struct record result(weft_self *self, uint64_t answers, int failure)
{
    weft_pid me = weft_self_pid(self);

    if (failure == 0)
        return (struct record){me, me, record_head(WEFT_TAG_GATHERED, RECORD_REPLY, 0, 8),
                               answers};
    return (struct record){me, me,
                           record_head(WEFT_TAG_FAILURE, RECORD_REPLY, RECORD_FAILED, 8),
                           (uint64_t)(int64_t)failure};
}

static weft_next finish(weft_self *self, void *state, struct gathering *g, int failure)
{
    struct place p = place_inside(self);
    struct record r = result(self, g->answers, failure);
    weft_step_fn step = g->step;
    weft_next next;

    forget_the_rest(p, g);
    gathering_free(p, g);
    next = step(self, state, (weft_msg *)(void *)&r);
    return next == NEXT_YIELD || next == NEXT_STASH || next == NEXT_STASH_FULL
               ? weft_fail(self, WEFT_EINVAL, "the answers of many cannot be kept")
               : next;
}

/* --- waiting --- */

static bool is_gathered(void *state, const weft_msg *msg)
{
    (void)state;
    return record_is_answer(record_of(msg)) &&
           slab_key_is_marked(record_call(record_of(msg))->ref);
}

static void write_down(struct gathering *g, size_t index, const weft_msg *msg)
{
    weft_outcome *o = &g->outcomes[index];
    size_t size;
    const void *payload = weft_payload(msg, &size);

    o->failure = weft_failure(msg);
    o->tag = weft_tag(msg);
    if (o->failure == 0 && weft_msg_type(msg) != NULL) {
        o->failure = WEFT_ETYPE;
    } else if (o->failure == 0) {
        o->size = (uint32_t)size;
        memcpy(o->word, payload, size);
    }
    if (o->failure == 0)
        g->answers++;
    else
        g->failures++;
}

static weft_next collect(weft_self *self, void *state, weft_msg *msg);

static weft_next wait_on(weft_self *self, const struct gathering *g)
{
    uint64_t *verdict = sched_verdict(worker_of(self));

    verdict[0] = (uint64_t)(uintptr_t)collect;
    verdict[1] = g->deadline;
    verdict[2] = (uint64_t)(uintptr_t)is_gathered;
    return NEXT_RECEIVE;
}

/* Enough, or no hope any more? */
static weft_next look(weft_self *self, void *state, struct gathering *g)
{
    if (g->answers >= g->need)
        return finish(self, state, g, 0);
    if (g->count - g->failures < g->need)
        return finish(self, state, g, WEFT_ENOANSWER);
    return wait_on(self, g);
}

/* The gathering that the running actor waits for. */
static struct gathering *current(struct place p)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct talk_part part;
    struct gathering *g = NULL;

    if (sched_talk(p.worker, stock, &part))
        for (uint32_t i = 0; i < part.asks->end && g == NULL; i++)
            if (part.asks->entries[i].key != 0)
                g = gathering_of(part.asks->entries[i].word[2]);
    place_leave(p, stock, lane);
    return g;
}

static weft_next collect(weft_self *self, void *state, weft_msg *msg)
{
    struct place p = place_inside(self);
    uint64_t word[3] = {0};

    if (!record_is_answer(record_of(msg)) ||
        weft_msg_question(msg) == 0) /* time is over */
        return finish(self, state, current(p), weft_failure(msg));
    if (!ask_take(p, weft_msg_question(msg), word)) { /* late, of an earlier gathering */
        count_dead(p, WEFT_DEAD_LATE);
        return wait_on(self, current(p));
    }
    write_down(gathering_of(word[2]), (size_t)(word[2] >> INDEX_SHIFT), msg);
    return look(self, state, gathering_of(word[2]));
}

/* --- the beginning --- */

/* So many failed at once that there is nothing to wait for. */
static weft_next give_up(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return finish(self, state, current(place_inside(self)), WEFT_ENOANSWER);
}

/* An entry that stands for the gathering itself as long as it lasts. */
static bool anchor(struct place p, const struct gathering *g)
{
    unsigned why;

    return note(p, NOTES_GATHERED, (uint64_t[]){0, 0, mark_of(g, 0)}, &why) != 0;
}

static bool is_valid(size_t count, const weft_letter *letter, size_t need,
                     const weft_outcome *outcomes, weft_step_fn step)
{
    return step != NULL && count > 0 && count <= WEFT_GATHER_MAX && need > 0 &&
           need <= count && outcomes != NULL && letter->form == WEFT_LETTER_SMALL &&
           letter->size <= WEFT_SMALL_MAX;
}

static void ask_each(struct place p, struct gathering *g, const weft_pid *to,
                     const weft_letter *letter)
{
    for (uint32_t i = 0; i < g->count; i++) {
        weft_outcome *o = &g->outcomes[i];

        *o = (weft_outcome){.failure = WEFT_ETIMEDOUT};
        if (to[i] == weft_self_pid(self_of(p.worker)))
            o->failure = WEFT_EDEADLOCK;
        else
            o->failure = ask_gathered(p, to[i], letter, g->deadline, mark_of(g, i));
        if (o->failure == 0)
            o->failure = WEFT_ETIMEDOUT; /* so far */
        else
            g->failures++;
    }
}

weft_next weft_await_many(weft_self *self, const weft_pid *to, size_t count,
                          weft_letter letter, size_t need, uint64_t timeout_ns,
                          weft_outcome *outcomes, weft_step_fn step)
{
    struct place p = place_inside(self);
    struct gathering *g;

    if (!is_valid(count, &letter, need, outcomes, step)) {
        weft_letter_drop(letter);
        return weft_fail(self, WEFT_EINVAL, "weft_await_many: a wrong argument");
    }
    g = sched_make_room(p.worker) ? gathering_new(p) : NULL;
    if (g != NULL && !anchor(p, g)) {
        gathering_free(p, g);
        g = NULL;
    }
    if (g == NULL)
        return weft_fail(self, WEFT_ENOMEM, "no memory to wait in");
    *g = (struct gathering){.step = step,
                            .outcomes = outcomes,
                            .deadline = deadline_for(p.worker, timeout_ns),
                            .count = (uint32_t)count,
                            .need = (uint32_t)need};
    ask_each(p, g, to, &letter);
    if (g->count - g->failures < g->need)
        return weft_go_on(self, give_up, WEFT_TAG_GATHERED, 0);
    return wait_on(self, g);
}
