/* lib/actor/cast.c: sending. */
#include "lib/actor/cast.h"

#include "lib/actor/call.h"

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
    [SENT_NO_ROOM] = {WEFT_EFULL, WEFT_DEAD_FULL},
    [SENT_MALFORMED] = {WEFT_EINVAL, WEFT_DEAD_MALFORMED},
    [SENT_ANSWERED] = {WEFT_EANSWERED, WEFT_DEAD_LATE},
    [SENT_FULL] = {WEFT_ELIMIT, WEFT_DEAD_NO_MEMORY},
};

struct stock *place_enter(struct place p, bool *lane)
{
    *lane = true;
    return p.worker != NULL ? stock_enter(p.worker, lane) : lane_enter(p.sched);
}

void place_leave(struct place p, struct stock *stock, bool lane)
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

    if (letter_small_record(r, letter, kind))
        return SENT;
    r->head = record_head(letter->tag, kind, RECORD_BLOCK, 0);
    if (letter->form == WEFT_LETTER_OWNED) {
        if (letter_runtime(letter) != runtime_of(p.sched))
            return SENT_FOREIGN;
        block_let_go(letter_object(letter));
        r->word = letter->word[1];
        return SENT;
    }
    stock = place_enter(p, &lane);
    r->word = (uint64_t)(uintptr_t)block_new(stock, &runtime_of(p.sched)->memory,
                                             letter_type(letter), letter_object(letter));
    place_leave(p, stock, lane);
    return r->word != 0 ? SENT : SENT_NO_MEMORY;
}

unsigned letter_record(struct place p, struct record *r, const weft_letter *letter,
                       enum record_kind kind)
{
    if (UNLIKELY(!letter_is_well_formed(letter)))
        return SENT_MALFORMED;
    return fill(p, r, letter, kind);
}

void letter_unsent(struct place p, struct record *r, const weft_letter *letter)
{
    struct stock *stock;
    bool lane;

    if (letter->form == WEFT_LETTER_OWNED)
        block_hold(letter_object(letter));
    if (letter->form != WEFT_LETTER_BLOCK)
        return;
    stock = place_enter(p, &lane);
    block_free(stock, &runtime_of(p.sched)->memory, (void *)(uintptr_t)r->word);
    place_leave(p, stock, lane);
}

unsigned letter_send(struct place p, struct record *r, const weft_letter *letter)
{
    enum sched_sent sent =
        p.worker != NULL ? sched_send(p.worker, r) : sched_post(p.sched, r);

    if (UNLIKELY(sent == SENT_NO_ROOM) && p.worker != NULL && !p.tries)
        sent = sched_send_past(p.worker, r);
    if (UNLIKELY(sent != SENT))
        letter_unsent(p, r, letter);
    return sent;
}

static unsigned send(struct place p, weft_pid from, weft_pid to,
                     const weft_letter *letter, enum record_kind kind)
{
    struct record r[RECORD_SLOTS_MAX];
    unsigned made = letter_record(p, r, letter, kind);

    r->to = to;
    r->from = from;
    return LIKELY(made == SENT) ? letter_send(p, r, letter) : made;
}

void record_add_call(struct record *r, unsigned extra, uint64_t ref, uint64_t deadline)
{
    record_mark(r, RECORD_CALL | extra);
    r->head += (uint64_t)1 << RECORD_EXTRA_SHIFT; /* one slot more */
    *record_call(r) = (struct call){.ref = ref, .deadline = deadline};
}

void count_dead(struct place p, enum weft_dead_letter why)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);

    counter_add(&stock_tally(stock)->dead[why], 1);
    place_leave(p, stock, lane);
}

static weft_pid sender(struct place p)
{
    return p.worker != NULL ? sched_running(p.worker) : p.from;
}

/* Takes on every path: what could not be sent ends here. */
int letter_end(struct place p, weft_pid to, const weft_letter *letter, unsigned outcome)
{
    if (LIKELY(outcome == SENT))
        return WEFT_OK;
    dead_letter(runtime_of(p.sched), sender(p), to, letter, outcomes[outcome].dead);
    weft_letter_drop(*letter);
    count_dead(p, outcomes[outcome].dead);
    return outcomes[outcome].error;
}

static int given_back(struct place p, unsigned outcome)
{
    struct stock *stock;
    bool lane;

    if (outcome == SENT)
        return WEFT_OK;
    stock = place_enter(p, &lane);
    counter_add(&stock_tally(stock)->returned, 1);
    place_leave(p, stock, lane);
    return outcomes[outcome].error;
}

int word_unsent(struct worker *w, const struct record *r, enum sched_sent why)
{
    dead_record(runtime_of(sched_of(w)), r, outcomes[why].dead);
    count_dead((struct place){.worker = w, .sched = sched_of(w)}, outcomes[why].dead);
    return outcomes[why].error;
}

int on_unsent(struct worker *w, const struct record *r, enum sched_sent why)
{
    struct record again = *r;

    if (why == SENT_NO_ROOM)
        why = sched_send_past(w, &again);
    return why == SENT ? WEFT_OK : word_unsent(w, r, why);
}

/* --- from a step --- */

int weft_cast_word(weft_self *self, weft_pid to, uint32_t tag, uint64_t word)
{
    return sched_send_word(worker_of(self), to, record_head(tag, RECORD_MAIL, 0, 8),
                           word);
}

int weft_cast(weft_self *self, weft_pid to, weft_letter letter)
{
    struct place p = place_inside(self);

    return letter_end(p, to, &letter,
                      send(p, weft_self_pid(self), to, &letter, RECORD_MAIL));
}

int weft_try_cast(weft_self *self, weft_pid to, weft_letter letter)
{
    struct place p = place_inside(self);

    p.tries = true;
    return given_back(p, send(p, weft_self_pid(self), to, &letter, RECORD_MAIL));
}

int weft_reply(weft_self *self, const weft_msg *msg, weft_letter letter)
{
    struct place p = place_inside(self);
    struct record r[RECORD_SLOTS_MAX];
    unsigned outcome = letter_record(p, r, &letter, RECORD_REPLY);

    if (LIKELY(outcome == SENT))
        outcome = reply_send(p, r, &letter, msg);
    return letter_end(p, weft_sender(msg), &letter, outcome);
}

COLD static int reply_word_slow(weft_self *self, const weft_msg *msg, uint32_t tag,
                                uint64_t word)
{
    struct record r[2] = {{.head = record_head(tag, RECORD_REPLY, 0, 8), .word = word}};
    weft_letter none = weft_signal(tag);
    struct place p = place_inside(self);

    return letter_end(p, weft_sender(msg), &none, reply_send(p, r, &none, msg));
}

int weft_reply_word(weft_self *self, const weft_msg *msg, uint32_t tag, uint64_t word)
{
    unsigned extra = record_extra(record_of(msg));

    if (LIKELY((extra & RECORD_CALL) == 0))
        return sched_send_word(worker_of(self), record_of(msg)->from,
                               record_head(tag, RECORD_REPLY, 0, 8), word);
    if (LIKELY((extra & RECORD_OPEN) != 0 &&
               sched_answer_word(worker_of(self), question_of(msg),
                                 record_head(tag, RECORD_REPLY, RECORD_CALL | 1, 8),
                                 word)))
        return WEFT_OK;
    return reply_word_slow(self, msg, tag, word);
}

/* --- from any thread --- */

void count_outside(weft_runtime *rt)
{
    struct stock *stock = lane_enter(rt->sched);

    counter_add(&stock_tally(stock)->outside, 1);
    lane_leave(rt->sched, stock);
}

int send_error(unsigned outcome)
{
    return outcomes[outcome].error;
}

static unsigned send_outside(weft_runtime *rt, weft_pid from, weft_pid to,
                             const weft_letter *letter)
{
    unsigned outcome = send(place_outside(rt), from, to, letter, RECORD_MAIL);

    if (outcome == SENT)
        count_outside(rt);
    return outcome;
}

int cast_outside(weft_runtime *rt, weft_pid from, weft_pid to, const weft_letter *letter)
{
    struct place p = place_outside(rt);

    p.from = from;
    return letter_end(p, to, letter, send_outside(rt, from, to, letter));
}

int try_cast_outside(weft_runtime *rt, weft_pid from, weft_pid to,
                     const weft_letter *letter)
{
    return given_back(place_outside(rt), send_outside(rt, from, to, letter));
}

int weft_rt_cast(weft_runtime *rt, weft_pid to, weft_letter letter)
{
    return cast_outside(rt, WEFT_NOBODY, to, &letter);
}

int weft_rt_cast_word(weft_runtime *rt, weft_pid to, uint32_t tag, uint64_t word)
{
    return weft_rt_cast(rt, to, weft_word_letter(tag, word));
}

int weft_rt_try_cast(weft_runtime *rt, weft_pid to, weft_letter letter)
{
    return try_cast_outside(rt, WEFT_NOBODY, to, &letter);
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

/* Behind what this step has sent: that is mail it has. */
int weft_drain_actor(weft_self *self, weft_pid pid)
{
    struct record r = {pid, weft_self_pid(self), record_head(0, RECORD_DRAIN, 0, 0), 0};

    return outcomes[sched_post_behind(worker_of(self), &r)].error;
}

int weft_rt_drain_actor(weft_runtime *rt, weft_pid pid)
{
    return control(rt->sched, WEFT_NOBODY, pid, RECORD_DRAIN);
}

int weft_rt_stop_actor(weft_runtime *rt, weft_pid pid)
{
    return control(rt->sched, WEFT_NOBODY, pid, RECORD_STOP);
}

int weft_rt_kill_actor(weft_runtime *rt, weft_pid pid)
{
    return control(rt->sched, WEFT_NOBODY, pid, RECORD_KILL);
}
