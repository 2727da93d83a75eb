/* lib/actor/cast.c: sending. */
#include "lib/actor/runtime.h"

#include <string.h>

/* What a send comes to, by how it went. */
static const struct {
    int error;
    enum weft_dead_letter dead;
} outcomes[] = {
    [SENT] = {WEFT_OK, WEFT_DEAD_NO_ACTOR},
    [SENT_NO_TASK] = {WEFT_ENOACTOR, WEFT_DEAD_NO_ACTOR},
    [SENT_FOREIGN] = {WEFT_EFOREIGN, WEFT_DEAD_FOREIGN},
    [SENT_NO_MEMORY] = {WEFT_ENOMEM, WEFT_DEAD_NO_MEMORY},
};

enum { MALFORMED = SENT_NO_MEMORY + 1 };

/* Where the sender works: a worker's place, or a lane. */
struct place {
    struct worker *worker; /* NULL: outside */
    struct sched *sched;
};

static struct stock *enter(struct place p, bool *lane)
{
    *lane = true;
    return p.worker != NULL ? stock_enter(p.worker, lane) : lane_enter(p.sched);
}

static void quit(struct place p, struct stock *stock, bool lane)
{
    if (p.worker != NULL)
        stock_leave(p.worker, stock, lane);
    else
        lane_leave(p.sched, stock);
}

bool letter_is_well_formed(const weft_letter *letter)
{
    if (letter->form == WEFT_LETTER_SMALL)
        return letter->size <= WEFT_SMALL_MAX;
    return (letter->form == WEFT_LETTER_BLOCK || letter->form == WEFT_LETTER_OWNED) &&
           letter->word[0] != 0 && letter->word[1] != 0 &&
           letter_type(letter)->size > 0 && letter_type(letter)->align <= 4096 &&
           (letter_type(letter)->align & (letter_type(letter)->align - 1)) == 0;
}

/* The letter as a record; a block that it borrows is copied into memory of the runtime.
 * Returns SENT if it can be sent. */
static enum sched_sent fill(struct place p, struct record *r, const weft_letter *letter,
                            enum record_kind kind)
{
    struct stock *stock;
    bool lane;

    if (letter->form == WEFT_LETTER_SMALL) {
        r->head =
            record_head(letter->tag, kind, record_more_for(letter->size), letter->size);
        memcpy(&r->word, letter->word, WEFT_SMALL_MAX);
        return SENT;
    }
    r->head = record_head(letter->tag, kind, RECORD_BLOCK, 0);
    if (letter->form == WEFT_LETTER_OWNED) {
        if (letter_runtime(letter) != runtime_of(p.sched))
            return SENT_FOREIGN;
        block_let_go(letter_object(letter));
        r->word = letter->word[1];
        return SENT;
    }
    stock = enter(p, &lane);
    r->word = (uint64_t)(uintptr_t)block_new(stock, &runtime_of(p.sched)->memory,
                                             letter_type(letter), letter_object(letter));
    quit(p, stock, lane);
    return r->word != 0 ? SENT : SENT_NO_MEMORY;
}

/* The block of a letter that could not be sent. */
static void take_back(struct place p, const weft_letter *letter, const struct record *r)
{
    struct stock *stock;
    bool lane;

    if (letter->form == WEFT_LETTER_OWNED)
        block_hold(letter_object(letter));
    if (letter->form != WEFT_LETTER_BLOCK)
        return;
    stock = enter(p, &lane);
    block_free(stock, &runtime_of(p.sched)->memory, (void *)(uintptr_t)r->word);
    quit(p, stock, lane);
}

static unsigned send(struct place p, weft_pid from, weft_pid to,
                     const weft_letter *letter, enum record_kind kind)
{
    struct record r[RECORD_SLOTS_MAX];
    enum sched_sent sent;

    if (UNLIKELY(!letter_is_well_formed(letter)))
        return MALFORMED;
    r->to = to;
    r->from = from;
    sent = fill(p, r, letter, kind);
    if (UNLIKELY(sent != SENT))
        return sent;
    sent = p.worker != NULL ? sched_send(p.worker, r) : sched_post(p.sched, r);
    if (UNLIKELY(sent != SENT))
        take_back(p, letter, r);
    return sent;
}

static void count_dead(struct place p, enum weft_dead_letter why)
{
    bool lane;
    struct stock *stock = enter(p, &lane);

    counter_add(&stock_tally(stock)->dead[why], 1);
    quit(p, stock, lane);
}

/* Takes on every path: what could not be sent ends here. */
static int taken(struct place p, const weft_letter *letter, unsigned outcome)
{
    if (LIKELY(outcome == SENT))
        return WEFT_OK;
    weft_letter_drop(*letter);
    if (outcome == MALFORMED) {
        count_dead(p, WEFT_DEAD_MALFORMED);
        return WEFT_EINVAL;
    }
    count_dead(p, outcomes[outcome].dead);
    return outcomes[outcome].error;
}

static int given_back(struct place p, unsigned outcome)
{
    struct stock *stock;
    bool lane;

    if (outcome == SENT)
        return WEFT_OK;
    stock = enter(p, &lane);
    counter_add(&stock_tally(stock)->returned, 1);
    quit(p, stock, lane);
    return outcome == MALFORMED ? WEFT_EINVAL : outcomes[outcome].error;
}

static struct place inside(weft_self *self)
{
    return (struct place){worker_of(self), sched_of(worker_of(self))};
}

static struct place outside(weft_runtime *rt)
{
    return (struct place){NULL, rt->sched};
}

int word_unsent(struct worker *w, enum sched_sent why)
{
    count_dead((struct place){w, sched_of(w)}, outcomes[why].dead);
    return outcomes[why].error;
}

/* --- from a step --- */

int weft_cast_word(weft_self *self, weft_pid to, uint32_t tag, uint64_t word)
{
    return sched_send_word(worker_of(self), to, record_head(tag, RECORD_MAIL, 0, 8),
                           word);
}

int weft_cast(weft_self *self, weft_pid to, weft_letter letter)
{
    struct place p = inside(self);

    return taken(p, &letter, send(p, weft_self_pid(self), to, &letter, RECORD_MAIL));
}

int weft_try_cast(weft_self *self, weft_pid to, weft_letter letter)
{
    struct place p = inside(self);

    return given_back(p, send(p, weft_self_pid(self), to, &letter, RECORD_MAIL));
}

int weft_reply(weft_self *self, const weft_msg *msg, weft_letter letter)
{
    struct place p = inside(self);

    return taken(p, &letter,
                 send(p, weft_self_pid(self), weft_sender(msg), &letter, RECORD_REPLY));
}

int weft_reply_word(weft_self *self, const weft_msg *msg, uint32_t tag, uint64_t word)
{
    return sched_send_word(worker_of(self), weft_sender(msg),
                           record_head(tag, RECORD_REPLY, 0, 8), word);
}

/* --- from any thread --- */

static unsigned send_outside(weft_runtime *rt, weft_pid to, const weft_letter *letter)
{
    unsigned outcome = send(outside(rt), WEFT_NOBODY, to, letter, RECORD_MAIL);

    if (outcome == SENT) {
        struct stock *stock = lane_enter(rt->sched);

        counter_add(&stock_tally(stock)->outside, 1);
        lane_leave(rt->sched, stock);
    }
    return outcome;
}

int weft_rt_cast(weft_runtime *rt, weft_pid to, weft_letter letter)
{
    return taken(outside(rt), &letter, send_outside(rt, to, &letter));
}

int weft_rt_cast_word(weft_runtime *rt, weft_pid to, uint32_t tag, uint64_t word)
{
    return weft_rt_cast(rt, to, weft_word_letter(tag, word));
}

int weft_rt_try_cast(weft_runtime *rt, weft_pid to, weft_letter letter)
{
    return given_back(outside(rt), send_outside(rt, to, &letter));
}

/* --- control --- */

static int control(struct sched *s, weft_pid from, weft_pid pid, enum record_kind kind)
{
    struct record r = {pid, from, record_head(0, kind, 0, 0), 0};

    return outcomes[sched_post(s, &r)].error;
}

int weft_stop_actor(weft_self *self, weft_pid pid)
{
    return control(sched_of(worker_of(self)), weft_self_pid(self), pid, RECORD_STOP);
}

int weft_kill_actor(weft_self *self, weft_pid pid)
{
    return control(sched_of(worker_of(self)), weft_self_pid(self), pid, RECORD_KILL);
}

int weft_rt_stop_actor(weft_runtime *rt, weft_pid pid)
{
    return control(rt->sched, WEFT_NOBODY, pid, RECORD_STOP);
}

int weft_rt_kill_actor(weft_runtime *rt, weft_pid pid)
{
    return control(rt->sched, WEFT_NOBODY, pid, RECORD_KILL);
}
