/* lib/sup/ask.c: what a supervisor is asked, and what it answers. */
#include "lib/sup/sup.h"

#include <string.h>

#define TAG_READY   (WEFT_TAG_RESERVED + 64u)
#define TAG_ADD     (WEFT_TAG_RESERVED + 65u)
#define TAG_START   (WEFT_TAG_RESERVED + 66u)
#define TAG_STOP    (WEFT_TAG_RESERVED + 67u)
#define TAG_RESTART (WEFT_TAG_RESERVED + 68u)
#define TAG_REMOVE  (WEFT_TAG_RESERVED + 69u)
#define TAG_PID     (WEFT_TAG_RESERVED + 70u)
#define TAG_COUNTS  (WEFT_TAG_RESERVED + 71u)
#define TAG_ENTRY   (WEFT_TAG_RESERVED + 72u)
#define TAG_SPAWN   (WEFT_TAG_RESERVED + 73u)
#define TAG_KEY     (WEFT_TAG_RESERVED + 74u)

/* --- letters --- */

/* One that was not taken. */
static void add_destroy(void *object)
{
    const weft_child *child = object;

    if (child->args_destroy != NULL)
        child->args_destroy((void *)(uintptr_t)child->args);
}

static const weft_type add_type = {"weft_sup_add",       TAG_ADD, sizeof(weft_child),
                                   _Alignof(weft_child), 0,       add_destroy};
const weft_type weft_sup_count_type = {
    "weft_sup_count", TAG_COUNTS, sizeof(weft_sup_count), 8, 0, NULL};
const weft_type weft_sup_entry_type = {
    "weft_sup_entry", TAG_ENTRY, sizeof(weft_sup_entry), 8, 0, NULL};
_Static_assert(sizeof(weft_sup_entry) <= WEFT_SMALL_MAX, "a small message");

static weft_letter by_id(uint32_t tag, const char *id)
{
    return weft_word_letter(tag, (uint64_t)(uintptr_t)id);
}

weft_letter weft_sup_ready(void)
{
    return weft_signal(TAG_READY);
}

weft_letter weft_sup_add(const weft_child *child)
{
    return weft_block(&add_type, child);
}

weft_letter weft_sup_start(const char *id)
{
    return by_id(TAG_START, id);
}

weft_letter weft_sup_stop(const char *id)
{
    return by_id(TAG_STOP, id);
}

weft_letter weft_sup_restart(const char *id)
{
    return by_id(TAG_RESTART, id);
}

weft_letter weft_sup_remove(const char *id)
{
    return by_id(TAG_REMOVE, id);
}

weft_letter weft_sup_pid(const char *id)
{
    return by_id(TAG_PID, id);
}

weft_letter weft_sup_counts(void)
{
    return weft_signal(TAG_COUNTS);
}

weft_letter weft_sup_entry_at(uint64_t number)
{
    return weft_word_letter(TAG_ENTRY, number);
}

weft_letter weft_sup_spawn(const void *args, size_t size)
{
    return weft_small(TAG_SPAWN, args, size);
}

weft_letter weft_sup_key(uint64_t key)
{
    return weft_word_letter(TAG_KEY, key);
}

/* --- waiting for something to be done --- */

static void answer_word(weft_self *self, const weft_msg *msg, uint64_t word)
{
    weft_reply_word(self, msg, TAG_ANSWER, word);
}

/* The asker hears when the child is as it is wanted. An error: it has been told that. */
static int promise(weft_self *self, weft_msg *msg, struct sup_child *c,
                   enum wanted wanted)
{
    int error = WEFT_EFULL;

    if (c->asker == 0 && c->wanted == WANTED_NOTHING) {
        c->asker = weft_reply_later(self, msg);
        error = c->asker != 0 || !weft_is_question(msg) ? WEFT_OK : WEFT_ENOMEM;
    }
    if (error < 0)
        weft_reply_error(self, msg, error);
    else
        c->wanted = (uint8_t)wanted;
    return error;
}

/* --- children by id --- */

static void start_child(weft_self *self, struct sup *sup, struct sup_child *c,
                        weft_msg *msg)
{
    if (c->status == WEFT_SUP_RUNNING && !c->to_stop) {
        answer_word(self, msg, c->pid);
        return;
    }
    if (promise(self, msg, c, WANTED_PID) < 0)
        return;
    if (c->to_stop || c->status == WEFT_SUP_STOPPING) {
        c->again = true;
        sup->regroup = true;
    } else if (c->status == WEFT_SUP_WAITING) {
        c->due = 0; /* now */
    } else if (c->status == WEFT_SUP_ABSENT) {
        sup_wait(sup, c, 0);
    }
}

static void stop_child(weft_self *self, struct sup *sup, struct sup_child *c,
                       weft_msg *msg, enum wanted wanted)
{
    if (promise(self, msg, c, wanted) < 0)
        return;
    sup_to_stop(sup, c, wanted == WANTED_PID);
    sup->regroup |= wanted == WANTED_PID;
    if (c->status != WEFT_SUP_ABSENT)
        return;
    if (wanted == WANTED_PID) {
        sup_wait(sup, c, 0);
        return;
    }
    c->again = false;
    if (wanted == WANTED_REMOVED)
        sup_forget(self, sup, c, 0);
    else
        sup_answer(self, c, 0);
}

static void ask_child(weft_self *self, struct sup *sup, weft_msg *msg)
{
    const char *id = (const char *)(uintptr_t)weft_word(msg);
    struct sup_child *c = id != NULL ? sup_by_id(sup, id) : NULL;

    if (c == NULL) {
        weft_reply_error(self, msg, WEFT_ENOACTOR);
        return;
    }
    switch (weft_tag(msg)) {
    case TAG_START:
        start_child(self, sup, c, msg);
        break;
    case TAG_STOP:
        stop_child(self, sup, c, msg, WANTED_STOPPED);
        break;
    case TAG_RESTART:
        stop_child(self, sup, c, msg, WANTED_PID);
        break;
    case TAG_REMOVE:
        stop_child(self, sup, c, msg, WANTED_REMOVED);
        break;
    default:
        answer_word(self, msg, c->ends ? WEFT_NOBODY : c->pid);
    }
}

/* --- more children --- */

static void add(weft_self *self, struct sup *sup, weft_msg *msg)
{
    weft_child *spec = weft_at(msg, &add_type);
    struct sup_child *c = NULL;
    int error = WEFT_EINVAL;

    if (spec != NULL && spec->id != NULL && sup_spec_is_sound(spec) &&
        sup_by_id(sup, spec->id) == NULL) {
        c = sup_child_new(sup, spec);
        error = WEFT_ENOMEM;
    }
    if (c == NULL) {
        weft_reply_error(self, msg, error);
        return;
    }
    spec->args_destroy = NULL; /* they are the supervisor's */
    c->adding = true;
    if (promise(self, msg, c, WANTED_PID) < 0)
        sup_child_free(sup, c);
    else
        sup_wait(sup, c, 0);
}

/* It begins by itself: nobody waits for it, and it for nobody. */
static void add_like(weft_self *self, struct sup *sup, weft_msg *msg, const void *args,
                     bool keyed)
{
    struct sup_child *c = sup_child_new(sup, sup->spec->pool);
    int error = WEFT_ENOMEM;

    if (c != NULL) {
        c->pooled = true;
        memcpy(c->args, args, sup->spec->pool->behavior->args_size);
        if (!keyed || sup_set_key(sup, c, weft_word(msg)))
            error = sup_start(self, sup, c);
    }
    if (error == WEFT_OK) {
        answer_word(self, msg, c->pid);
        return;
    }
    weft_reply_error(self, msg, error);
    if (c != NULL)
        sup_child_free(sup, c);
}

static void ask_pool(weft_self *self, struct sup *sup, weft_msg *msg)
{
    bool keyed = weft_tag(msg) == TAG_KEY;
    struct sup_child *c = keyed ? sup_by_key(sup, weft_word(msg)) : NULL;
    size_t size;
    const void *args = weft_payload(msg, &size);

    if (sup->spec->pool == NULL || size != sup->spec->pool->behavior->args_size)
        weft_reply_error(self, msg, WEFT_EINVAL);
    else if (c == NULL)
        add_like(self, sup, msg, args, keyed);
    else if (c->status == WEFT_SUP_STARTING) /* its mail waits */
        answer_word(self, msg, c->pid);
    else
        start_child(self, sup, c, msg);
}

/* --- looking --- */

static void tell_counts(weft_self *self, const struct sup *sup, const weft_msg *msg)
{
    const weft_sup_count count = {sup->known, sup->running, sup->restarts};

    weft_reply(self, msg, weft_small(TAG_COUNTS, &count, sizeof count));
}

static void tell_entry(weft_self *self, const struct sup *sup, const weft_msg *msg)
{
    const struct sup_child *c = sup->oldest;
    weft_sup_entry entry;

    for (uint64_t i = weft_word(msg); c != NULL && i > 0; i--)
        c = c->younger;
    if (c == NULL) {
        weft_reply_error(self, msg, WEFT_ENOACTOR);
        return;
    }
    entry = (weft_sup_entry){c->spec.id, c->pid,
                             c->spec.behavior != NULL ? c->spec.behavior : &sup_behavior,
                             c->status, c->restarts};
    weft_reply(self, msg, weft_small(TAG_ENTRY, &entry, sizeof entry));
}

/* --- ready --- */

bool sup_ask_ready(weft_self *self, struct sup_child *c)
{
    return weft_ask(self, c->pid, weft_sup_ready(), WEFT_FOREVER, &c->ready) == 0;
}

static void hear_ready(weft_self *self, struct sup *sup, const weft_msg *msg)
{
    struct sup_child *c = sup_by_pid(sup, weft_sender(msg));

    if (c != NULL && c->ready == weft_msg_question(msg))
        sup_child_begun(self, sup, c);
}

void sup_is_ready(weft_self *self, struct sup *sup)
{
    sup->ready = true;
    for (uint32_t i = 0; i < sup->n_askers; i++)
        weft_answer_word(self, sup->askers[i], TAG_ANSWER, sup->spec->child_count);
    memory_free(&sup->rt->memory, sup->askers, sup->n_askers * sizeof *sup->askers,
                CACHE_LINE);
    sup->askers = NULL;
    sup->n_askers = 0;
}

static void ask_ready(weft_self *self, struct sup *sup, weft_msg *msg)
{
    const struct memory *m = &sup->rt->memory;
    uint32_t n = sup->n_askers;
    weft_due *more;

    if (sup->ready) {
        answer_word(self, msg, sup->spec->child_count);
        return;
    }
    more = memory_alloc(m, (n + 1) * sizeof *more, CACHE_LINE);
    if (more == NULL) {
        weft_reply_error(self, msg, WEFT_ENOMEM);
        return;
    }
    if (n > 0)
        memcpy(more, sup->askers, n * sizeof *more);
    memory_free(m, sup->askers, n * sizeof *more, CACHE_LINE);
    more[n] = weft_reply_later(self, msg);
    sup->askers = more;
    sup->n_askers = n + 1;
}

/* --- the step --- */

weft_next sup_asked(weft_self *self, void *state, weft_msg *msg)
{
    struct sup *sup = *(struct sup **)state;

    switch (weft_failure(msg) == 0 ? weft_tag(msg) : 0) {
    case TAG_ANSWER:
        hear_ready(self, sup, msg);
        break;
    case TAG_READY:
        ask_ready(self, sup, msg);
        break;
    case TAG_ADD:
        add(self, sup, msg);
        break;
    case TAG_START:
    case TAG_STOP:
    case TAG_RESTART:
    case TAG_REMOVE:
    case TAG_PID:
        ask_child(self, sup, msg);
        break;
    case TAG_COUNTS:
        tell_counts(self, sup, msg);
        break;
    case TAG_ENTRY:
        tell_entry(self, sup, msg);
        break;
    case TAG_SPAWN:
    case TAG_KEY:
        ask_pool(self, sup, msg);
        break;
    default: /* its time has come, or it is none of our business */
        break;
    }
    return sup_work(self, sup);
}
