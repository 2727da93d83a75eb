/* lib/actor/keep.c: what actors hold. */
#include "lib/actor/keep.h"

#include "sched/slab.h"

#include <unistd.h>
#include <weft/keep.h>

/* Of WATCH records: {object, function}. */
#define TAG_KEEP     (WEFT_TAG_RESERVED + 18u)
#define TAG_KEEP_END (WEFT_TAG_RESERVED + 19u)

static uint64_t word_of_fn(kept_fn fn)
{
    return (uint64_t)(uintptr_t)fn;
}

static void call(struct sched *s, struct stock *stock, uint64_t object, uint64_t fn,
                 weft_pid pid, const weft_reason *reason)
{
    ((kept_fn)(uintptr_t)fn)(runtime_of(s), stock, pid, reason,
                             (void *)(uintptr_t)object);
}

static bool is_internal(const uint64_t word[3])
{
    return word[2] == DEBT_KEPT || word[2] == DEBT_LIFE;
}

void keep_release(struct sched *s, struct stock *stock, const uint64_t word[3],
                  weft_pid pid, const weft_reason *reason)
{
    if (is_internal(word))
        call(s, stock, word[0], word[1], pid, reason);
    else if (word[2] == DEBT_OBJECT)
        ((void (*)(void *))(uintptr_t)word[1])((void *)(uintptr_t)word[0]);
    else
        close((int)word[0]);
}

/* --- for oneself --- */

static uint64_t add(struct place p, kept_fn fn, void *object, enum debt what,
                    unsigned *why)
{
    return note(p, NOTES_DEBTS,
                (uint64_t[]){(uint64_t)(uintptr_t)object, word_of_fn(fn), what}, why);
}

uint64_t keep_add(struct place p, kept_fn fn, void *object, unsigned *why)
{
    return add(p, fn, object, DEBT_KEPT, why);
}

uint64_t keep_for_life(struct place p, kept_fn fn, void *object, unsigned *why)
{
    return add(p, fn, object, DEBT_LIFE, why);
}

static bool remove(struct place p, uint64_t key, bool internal)
{
    uint64_t word[3];

    if (!note_read(p, NOTES_DEBTS, key, word) || !is_kept(word) ||
        is_internal(word) != internal)
        return false;
    note_strike(p, NOTES_DEBTS, key);
    return true;
}

bool keep_remove(struct place p, uint64_t key)
{
    return remove(p, key, true);
}

static int keep_word(weft_self *self, uint64_t object, uint64_t fn, enum debt what,
                     weft_kept *ret_kept)
{
    unsigned why = SENT;
    uint64_t key =
        note(place_inside(self), NOTES_DEBTS, (uint64_t[]){object, fn, what}, &why);

    if (ret_kept != NULL)
        *ret_kept = key;
    return key != 0 ? WEFT_OK : send_error(why);
}

int weft_keep(weft_self *self, void (*release)(void *object), void *object,
              weft_kept *ret_kept)
{
    if (ret_kept != NULL)
        *ret_kept = 0;
    return release != NULL
               ? keep_word(self, (uint64_t)(uintptr_t)object,
                           (uint64_t)(uintptr_t)release, DEBT_OBJECT, ret_kept)
               : WEFT_EINVAL;
}

int weft_keep_fd(weft_self *self, int fd, weft_kept *ret_kept)
{
    if (ret_kept != NULL)
        *ret_kept = 0;
    return fd >= 0 ? keep_word(self, (uint64_t)fd, 0, DEBT_DESCRIPTOR, ret_kept)
                   : WEFT_EINVAL;
}

int weft_let_go(weft_self *self, weft_kept kept)
{
    return remove(place_inside(self), kept, false) ? WEFT_OK : WEFT_EINVAL;
}

bool keep_from_birth(struct sched *s, struct stock *stock, struct task *t,
                     const struct kept_birth *birth)
{
    struct talk_part part;
    struct slab_entry *entry = NULL;

    if (sched_talk_make(s, stock, t, &part))
        entry = slab_add(part.debts, stock_pool(stock), sched_serial(stock));
    if (entry == NULL)
        return false;
    entry->word[0] = (uint64_t)(uintptr_t)birth->object;
    entry->word[1] = word_of_fn(birth->fn);
    entry->word[2] = DEBT_KEPT;
    return birth->born(runtime_of(s), stock, sched_id(s, t), entry->key, birth->object);
}

/* --- for another actor's sake --- */

static int ask(struct place p, uint32_t tag, weft_pid pid, kept_fn fn, void *object)
{
    struct record r[2] = {
        {pid, p.from, record_head(tag, RECORD_WATCH, RECORD_MARK | 1, 16),
         (uint64_t)(uintptr_t)object},
        {.to = word_of_fn(fn)}}; /* the payload goes on in the second slot */

    return send_error(p.worker != NULL ? sched_send(p.worker, r)
                                       : sched_post(p.sched, r));
}

int keep_for(struct place p, weft_pid pid, kept_fn fn, void *object)
{
    return ask(p, TAG_KEEP, pid, fn, object);
}

int keep_end_for(struct place p, weft_pid pid, kept_fn fn, void *object)
{
    return ask(p, TAG_KEEP_END, pid, fn, object);
}

bool keep_is_asked(const struct record *r)
{
    return record_tag(r) == TAG_KEEP || record_tag(r) == TAG_KEEP_END;
}

static struct slab_entry *find(const struct slab *debts, uint64_t object, uint64_t fn)
{
    for (uint32_t i = 0; i < debts->end; i++) {
        struct slab_entry *entry = &debts->entries[i];

        if (entry->key != 0 && entry->word[0] == object && entry->word[1] == fn &&
            entry->word[2] == DEBT_KEPT)
            return entry;
    }
    return NULL;
}

void keep_refused(struct sched *s, struct stock *stock, const struct record *r, int error)
{
    const weft_reason reason = {.exit = WEFT_EXIT_NO_ACTOR, .code = error};

    if (record_tag(r) == TAG_KEEP)
        call(s, stock, r->word, r[1].to, r->to, &reason);
}

void keep_asked(struct sched *s, struct stock *stock, struct task *t,
                const struct record *r)
{
    struct talk_part part;
    struct slab_entry *entry = NULL;
    bool any = record_tag(r) == TAG_KEEP ? sched_talk_make(s, stock, t, &part)
                                         : sched_talk_of(s, t, &part);

    if (record_tag(r) == TAG_KEEP) {
        if (any)
            entry = slab_add(part.debts, stock_pool(stock), sched_serial(stock));
        if (entry == NULL) {
            keep_refused(s, stock, r, WEFT_ENOMEM);
            return;
        }
        entry->word[0] = r->word;
        entry->word[1] = r[1].to;
        entry->word[2] = DEBT_KEPT;
    } else if (any && (entry = find(part.debts, r->word, r[1].to)) != NULL) {
        slab_remove(part.debts, entry);
        call(s, stock, r->word, r[1].to, r->to, NULL);
    }
}
