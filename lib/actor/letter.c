/* lib/actor/letter.c: letters that own what they carry: taken over from a message, shared by
 * many messages, given up; and messages that are sent on. */
#include "lib/actor/runtime.h"

#include <string.h>

static weft_letter owning(weft_runtime *rt, uint32_t tag, void *object)
{
    weft_letter letter = weft_signal(tag);

    block_hold(object);
    letter.form = WEFT_LETTER_OWNED;
    letter.word[0] = (uint64_t)(uintptr_t)block_type(object);
    letter.word[1] = (uint64_t)(uintptr_t)object;
    letter.word[2] = (uint64_t)(uintptr_t)rt;
    return letter;
}

/* --- taking over, and sending on --- */

/* A message is its step's own: nobody else looks at the record. */
static struct record *own_record(weft_msg *msg)
{
    return (struct record *)(void *)msg;
}

weft_letter weft_take(weft_self *self, weft_msg *msg)
{
    struct record *r = own_record(msg);
    weft_letter letter;

    if ((record_extra(r) & RECORD_BLOCK) != 0)
        letter =
            owning(weft_self_runtime(self), record_tag(r), (void *)(uintptr_t)r->word);
    else
        letter = weft_small(record_tag(r), &r->word, record_size(r));
    record_empty(r, RECORD_BLOCK);
    return letter;
}

int weft_forward(weft_self *self, weft_pid to, weft_msg *msg)
{
    struct record *r = own_record(msg), copy[RECORD_SLOTS_MAX];
    enum sched_sent sent;

    memcpy(copy, r, record_slots(r) * sizeof *r);
    copy->to = to;
    if (record_is_answer(copy)) { /* to a question of this actor's, which is over */
        record_no_call(copy);
        record_unmark(copy, RECORD_OPEN | RECORD_MARK);
    }
    record_unmark(copy, RECORD_PAST);
    sent = sched_send(worker_of(self), copy);
    if (UNLIKELY(sent == SENT_NO_ROOM))
        sent = sched_send_past(worker_of(self), copy);
    if (UNLIKELY(sent != SENT))
        return word_unsent(worker_of(self), copy, sent);
    record_empty(r, record_is_answer(r) ? RECORD_BLOCK : RECORD_OWNED);
    return WEFT_OK;
}

/* --- sharing --- */

/* Neither small nor shared already. */
static bool is_to_be_moved(const weft_letter *letter)
{
    return letter->form == WEFT_LETTER_BLOCK ||
           (letter->form == WEFT_LETTER_OWNED && !block_is_shared(letter_object(letter)));
}

/* Into a shared block; NULL if there is no memory for it. */
static void *move(struct stock *stock, const struct memory *m, const weft_letter *letter)
{
    void *old = letter_object(letter);
    void *object = block_new_shared(stock, m, letter_type(letter), old);

    if (object != NULL && letter->form == WEFT_LETTER_OWNED) {
        block_let_go(old);
        block_free(stock, m, old);
    }
    return object;
}

/* w: NULL outside a step. */
static int share(weft_runtime *rt, struct worker *w, const weft_letter *letter,
                 weft_letter *ret)
{
    struct stock *stock;
    void *object;
    bool lane = true;

    *ret = weft_no_letter();
    if (!letter_is_well_formed(letter))
        return WEFT_EINVAL;
    if (letter->form == WEFT_LETTER_OWNED && letter_runtime(letter) != rt)
        return WEFT_EFOREIGN;
    if (!is_to_be_moved(letter)) {
        *ret = *letter;
        return WEFT_OK;
    }
    stock = w != NULL ? stock_enter(w, &lane) : lane_enter(rt->sched);
    object = move(stock, &rt->memory, letter);
    if (w != NULL)
        stock_leave(w, stock, lane);
    else
        lane_leave(rt->sched, stock);
    if (object == NULL)
        return WEFT_ENOMEM;
    *ret = owning(rt, letter->tag, object);
    return WEFT_OK;
}

int weft_share(weft_self *self, weft_letter letter, weft_letter *ret_letter)
{
    return share(weft_self_runtime(self), worker_of(self), &letter, ret_letter);
}

int weft_rt_share(weft_runtime *rt, weft_letter letter, weft_letter *ret_letter)
{
    return share(rt, NULL, &letter, ret_letter);
}

weft_letter weft_letter_copy(const weft_letter *letter)
{
    if (letter->form == WEFT_LETTER_SMALL)
        return *letter;
    if (letter->form != WEFT_LETTER_OWNED || !block_is_shared(letter_object(letter)))
        return weft_no_letter();
    block_ref(letter_object(letter));
    return *letter;
}

/* --- the end --- */

/* The object is destroyed before the lane is entered: what its type's destroy does with locks
 * of the program has nothing to do with ours. */
static void drop_block(weft_runtime *rt, void *object)
{
    const weft_type *type = block_type(object);
    struct stock *stock;

    block_let_go(object);
    if (!block_unref(object))
        return;
    if (type->destroy != NULL)
        type->destroy(object);
    stock = lane_enter(rt->sched);
    block_free(stock, &rt->memory, object);
    lane_leave(rt->sched, stock);
}

void weft_letter_drop(weft_letter letter)
{
    if (!letter_is_well_formed(&letter) || letter.form == WEFT_LETTER_SMALL)
        return;
    if (letter.form == WEFT_LETTER_OWNED)
        drop_block(letter_runtime(&letter), letter_object(&letter));
    else if (letter_type(&letter)->destroy != NULL)
        letter_type(&letter)->destroy(letter_object(&letter));
}
