/* lib/actor/call.c: questions and answers.
 *
 * An actor's asks: {deadline or 0, who was asked, -} under the question's reference. What it
 * owes: {asker, the asker's reference, enum debt}; and what it holds (lib/actor/keep.h). */
#include "lib/actor/call.h"

#include "lib/actor/keep.h"
#include "lib/actor/tie.h"
#include "lib/base/clock.h"
#include "sched/slab.h"

#include <string.h>
#include <weft/monitor.h>
#include <weft/wait.h>

_Static_assert(WEFT_TAG_FAILURE == SCHED_TAG_FAILURE &&
                   WEFT_TAG_ENDED == SCHED_TAG_ENDED &&
                   WEFT_TAG_STARTED == SCHED_TAG_STARTED,
               "both floors mean the same");

/* --- asking --- */

/* The earlier one; 0 is none. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a == 0 ? b : b == 0 || (int64_t)(b - a) >= 0 ? a : b;
}

uint64_t deadline_for(struct worker *w, uint64_t timeout_ns)
{
    uint64_t inherited = *sched_inherited(w);

    if (timeout_ns == WEFT_FOREVER)
        return inherited;
    return earlier(sched_deadline(sched_of(w), timeout_ns), inherited);
}

/* A question that is not asked: the step asks another one. */
static void drop_question(struct place p, struct record *q)
{
    bool lane;
    struct stock *stock;

    if (q->to == 0)
        return;
    stock = place_enter(p, &lane);
    sched_unask(p.sched, stock, q);
    place_leave(p, stock, lane);
}

/* False: no memory. */
static bool can_wait(struct place p)
{
    struct talk_part part;
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    bool ok = sched_talk(p.worker, stock, &part);

    place_leave(p, stock, lane);
    return ok;
}

static inline weft_next wait_for(struct place p, weft_step_fn step, uint64_t deadline,
                                 uint64_t more, int next)
{
    uint64_t *verdict = sched_verdict(p.worker);

    verdict[0] = (uint64_t)(uintptr_t)step;
    verdict[1] = deadline;
    verdict[2] = more;
    return next;
}

static weft_next no_memory(weft_self *self)
{
    return weft_fail(self, WEFT_ENOMEM, "no memory to wait in");
}

static weft_next no_step(weft_self *self)
{
    return weft_fail(self, WEFT_EINVAL, "no step to go on with");
}

/* The record has its payload. */
static inline weft_next await(weft_self *self, weft_pid to, struct record *q,
                              unsigned extra, uint64_t timeout_ns, weft_step_fn step)
{
    struct worker *w = worker_of(self);
    uint64_t deadline = deadline_for(w, timeout_ns);

    record_add_call(q, extra, 0, deadline);
    q->to = to;
    q->from = weft_self_pid(self);
    return wait_for(place_inside(self), step, deadline, *sched_inherited(w), NEXT_AWAIT);
}

static weft_next await_slow(weft_self *self, weft_pid to, const weft_letter *letter,
                            uint64_t timeout_ns, weft_step_fn step)
{
    struct place p = place_inside(self);
    struct record *q = sched_question(p.worker);
    unsigned made;

    drop_question(p, q);
    if (step == NULL) {
        weft_letter_drop(*letter);
        return no_step(self);
    }
    made = letter_record(p, q, letter, RECORD_MAIL);
    if (UNLIKELY(made != SENT)) {
        letter_end(p, to, letter, made);
        return weft_fail(self, made == SENT_NO_MEMORY ? WEFT_ENOMEM : WEFT_EINVAL,
                         "a question that cannot be asked");
    }
    if (UNLIKELY(!can_wait(p))) {
        q->to = to;
        drop_question(p, q);
        return no_memory(self);
    }
    return await(self, to, q, RECORD_OPEN, timeout_ns, step);
}

weft_next weft_await(weft_self *self, weft_pid to, weft_letter letter,
                     uint64_t timeout_ns, weft_step_fn step)
{
    return await_slow(self, to, &letter, timeout_ns, step);
}

weft_next weft_await_word(weft_self *self, weft_pid to, uint32_t tag, uint64_t word,
                          uint64_t timeout_ns, weft_step_fn step)
{
    struct worker *w = worker_of(self);
    struct record *q = sched_question(w);
    weft_letter letter;

    if (LIKELY(sched_handles_answer(w) && q->to == 0 &&
               step != NULL)) { /* nothing can fail */
        q->head = record_head(tag, RECORD_MAIL, 0, 8);
        q->word = word;
        return await(self, to, q, RECORD_OPEN, timeout_ns, step);
    }
    letter = weft_word_letter(tag, word);
    return await_slow(self, to, &letter, timeout_ns, step);
}

static weft_next await_event(weft_self *self, weft_pid pid, uint32_t tag,
                             uint64_t timeout_ns, weft_step_fn step)
{
    struct place p = place_inside(self);
    struct record *q = sched_question(p.worker);

    drop_question(p, q);
    if (step == NULL)
        return no_step(self);
    if (UNLIKELY(!can_wait(p)))
        return no_memory(self);
    q->head = record_head(tag, RECORD_WATCH, 0, 8);
    q->word = 0;
    return await(self, pid, q, RECORD_OPEN | RECORD_MARK, timeout_ns, step);
}

weft_next weft_await_end(weft_self *self, weft_pid pid, uint64_t timeout_ns,
                         weft_step_fn step)
{
    return await_event(self, pid, WEFT_TAG_ENDED, timeout_ns, step);
}

weft_next weft_await_start(weft_self *self, weft_pid pid, uint64_t timeout_ns,
                           weft_step_fn step)
{
    return await_event(self, pid, WEFT_TAG_STARTED, timeout_ns, step);
}

weft_next weft_receive(weft_self *self, weft_wanted_fn wanted, uint64_t timeout_ns,
                       weft_step_fn step)
{
    struct place p = place_inside(self);

    if (step == NULL)
        return no_step(self);
    if (UNLIKELY(!sched_make_room(p.worker)))
        return no_memory(self);
    return wait_for(p, step,
                    timeout_ns == WEFT_FOREVER ? 0 : sched_deadline(p.sched, timeout_ns),
                    (uint64_t)(uintptr_t)wanted, NEXT_RECEIVE);
}

weft_next weft_go_on(weft_self *self, weft_step_fn step, uint32_t tag, uint64_t word)
{
    if (step == NULL)
        return no_step(self);
    if (UNLIKELY(!sched_make_room(worker_of(self))))
        return no_memory(self);
    return wait_for(place_inside(self), step, tag, word, NEXT_LATER);
}

uint64_t note(struct place p, enum notes notes, const uint64_t word[3], unsigned *why)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct talk_part part;
    struct slab_entry *entry = NULL;
    struct slab *slab = NULL;
    uint64_t key = 0;

    *why = SENT_NO_MEMORY;
    if (sched_talk(p.worker, stock, &part)) {
        slab = notes == NOTES_DEBTS ? part.debts : part.asks;
        entry = slab_add(slab, stock_pool(stock),
                         sched_serial(stock) | (notes == NOTES_GATHERED ? SLAB_MARK : 0));
    }
    if (entry != NULL) {
        memcpy(entry->word, word, sizeof entry->word);
        key = entry->key;
    } else if (slab != NULL && slab_is_full(slab)) {
        *why = SENT_FULL;
    }
    place_leave(p, stock, lane);
    return key;
}

/* The words of an entry are in `word`; false if there is none. */
bool note_read(struct place p, enum notes notes, uint64_t key, uint64_t word[3])
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct talk_part part;
    struct slab_entry *entry =
        sched_talk(p.worker, stock, &part)
            ? slab_find(notes == NOTES_DEBTS ? part.debts : part.asks, key)
            : NULL;

    if (entry != NULL)
        memcpy(word, entry->word, sizeof entry->word);
    place_leave(p, stock, lane);
    return entry != NULL;
}

void note_strike(struct place p, enum notes notes, uint64_t key)
{
    bool lane;
    struct stock *stock = place_enter(p, &lane);
    struct talk_part part;

    if (sched_talk(p.worker, stock, &part)) {
        struct slab *slab = notes == NOTES_DEBTS ? part.debts : part.asks;

        slab_remove(slab, slab_find(slab, key));
    }
    place_leave(p, stock, lane);
}

/* The question has its entry. */
static unsigned ask(struct place p, struct record *q, const weft_letter *letter,
                    uint64_t key, uint64_t deadline)
{
    unsigned outcome;

    record_add_call(q, RECORD_OPEN, key, deadline);
    outcome = letter_send(p, q, letter);
    if (outcome != SENT)
        note_strike(p, NOTES_ASKS, key);
    return outcome;
}

static unsigned ask_alone(struct place p, struct record *q, const weft_letter *letter,
                          uint64_t deadline, uint64_t *key)
{
    unsigned outcome;

    *key = note(p, NOTES_ASKS, (uint64_t[]){deadline, q->to, 0}, &outcome);
    if (*key != 0 && deadline != 0 && !sched_remind(p.worker, deadline)) {
        note_strike(p, NOTES_ASKS, *key);
        *key = 0;
        outcome = SENT_NO_MEMORY;
    }
    if (*key == 0) {
        letter_unsent(p, q, letter);
        return outcome;
    }
    outcome = ask(p, q, letter, *key, deadline);
    if (outcome != SENT)
        *key = 0;
    return outcome;
}

int ask_gathered(struct place p, weft_pid to, const weft_letter *letter,
                 uint64_t deadline, uint64_t mark)
{
    struct record q[RECORD_SLOTS_MAX];
    unsigned outcome = letter_record(p, q, letter, RECORD_MAIL);
    uint64_t key;

    q->to = to;
    q->from = weft_self_pid(self_of(p.worker));
    if (LIKELY(outcome == SENT)) {
        key = note(p, NOTES_GATHERED, (uint64_t[]){0, to, mark}, &outcome);
        if (key != 0)
            outcome = ask(p, q, letter, key, deadline);
    }
    return letter_end(p, to, letter, outcome);
}

bool ask_take(struct place p, weft_question question, uint64_t word[3])
{
    if (!note_read(p, NOTES_ASKS, question, word))
        return false;
    note_strike(p, NOTES_ASKS, question);
    return true;
}

int weft_ask(weft_self *self, weft_pid to, weft_letter letter, uint64_t timeout_ns,
             weft_question *ret_question)
{
    struct place p = place_inside(self);
    struct record q[RECORD_SLOTS_MAX];
    unsigned outcome = letter_record(p, q, &letter, RECORD_MAIL);
    uint64_t key = 0;

    q->to = to;
    q->from = weft_self_pid(self);
    if (LIKELY(outcome == SENT))
        outcome = ask_alone(p, q, &letter, deadline_for(p.worker, timeout_ns), &key);
    if (ret_question != NULL)
        *ret_question = key;
    return letter_end(p, to, &letter, outcome);
}

/* --- looking --- */

weft_question weft_msg_question(const weft_msg *msg)
{
    const struct record *r = record_of(msg);

    return record_is_answer(r) && !record_has_envelope(r) &&
                   (record_call(r)->ref & SLAB_PLACES) != SLAB_NO_PLACE
               ? record_call(r)->ref
               : 0;
}

int weft_failure(const weft_msg *msg)
{
    const struct record *r = record_of(msg);

    return LIKELY((record_extra(r) & RECORD_FAILED) == 0) ? 0 : (int)(int64_t)r->word;
}

bool weft_is_question(const weft_msg *msg)
{
    const struct record *r = record_of(msg);

    return (record_extra(r) & RECORD_OPEN) != 0 && record_kind(r) == RECORD_MAIL;
}

/* --- answering --- */

/* It is answered: nobody else has to. */
static void close_question(const weft_msg *msg)
{
    record_unmark(question_of(msg), RECORD_OPEN);
}

unsigned reply_send(struct place p, struct record *r, const weft_letter *letter,
                    const weft_msg *msg)
{
    const struct record *question = record_of(msg);
    bool open = weft_is_question(msg);
    unsigned outcome;

    r->to = question->from;
    r->from = p.worker != NULL ? weft_self_pid(self_of(p.worker)) : p.from;
    if (was_question(question) && !open) {
        letter_unsent(p, r, letter);
        return SENT_ANSWERED;
    }
    if (open)
        record_add_call(r, 0, record_call(question)->ref, 0);
    outcome = letter_send(p, r, letter);
    if (open && outcome != SENT_NO_MEMORY)
        close_question(msg);
    return outcome;
}

struct record failure_of(weft_pid to, weft_pid from, int error)
{
    return (struct record){to, from,
                           record_head(WEFT_TAG_FAILURE, RECORD_REPLY, RECORD_FAILED, 8),
                           (uint64_t)(int64_t)error};
}

int weft_reply_error(weft_self *self, const weft_msg *msg, int error)
{
    struct record r[2] = {failure_of(0, 0, error)};
    weft_letter none = weft_signal(0);
    struct place p = place_inside(self);

    if (error >= 0)
        return WEFT_EINVAL;
    if (!was_question(record_of(msg)))
        return WEFT_OK;
    return letter_end(p, weft_sender(msg), &none, reply_send(p, r, &none, msg));
}

weft_due weft_reply_later(weft_self *self, const weft_msg *msg)
{
    const struct record *r = record_of(msg);
    uint64_t key;
    unsigned why;

    if (!weft_is_question(msg))
        return 0;
    key = note(place_inside(self), NOTES_DEBTS,
               (uint64_t[]){r->from, record_call(r)->ref, DEBT_ANSWER}, &why);
    if (key != 0)
        close_question(msg);
    return key;
}

/* An answer that is owed. */
static bool read_due(struct place p, weft_due due, uint64_t word[3])
{
    return note_read(p, NOTES_DEBTS, due, word) && word[2] == DEBT_ANSWER;
}

/* The record has its payload. What cannot be sent for want of memory is owed as before. */
static unsigned answer(struct place p, weft_due due, struct record *r,
                       const weft_letter *letter)
{
    uint64_t word[3];
    unsigned outcome;

    if (!read_due(p, due, word)) {
        letter_unsent(p, r, letter);
        return SENT_ANSWERED;
    }
    r->to = word[0];
    r->from = weft_self_pid(self_of(p.worker));
    record_add_call(r, 0, word[1], 0);
    outcome = letter_send(p, r, letter);
    if (outcome != SENT_NO_MEMORY)
        note_strike(p, NOTES_DEBTS, due);
    return outcome;
}

int weft_answer(weft_self *self, weft_due due, weft_letter letter)
{
    struct place p = place_inside(self);
    struct record r[RECORD_SLOTS_MAX];
    unsigned outcome = letter_record(p, r, &letter, RECORD_REPLY);

    r->to = WEFT_NOBODY; /* as long as nobody is owed an answer */
    if (LIKELY(outcome == SENT))
        outcome = answer(p, due, r, &letter);
    return letter_end(p, r->to, &letter, outcome);
}

int weft_answer_word(weft_self *self, weft_due due, uint32_t tag, uint64_t word)
{
    return weft_answer(self, due, weft_word_letter(tag, word));
}

int weft_answer_error(weft_self *self, weft_due due, int error)
{
    struct place p = place_inside(self);
    struct record r[2] = {failure_of(0, 0, error)};
    weft_letter none = weft_signal(0);
    unsigned outcome;

    if (error >= 0)
        return WEFT_EINVAL;
    outcome = answer(p, due, r, &none);
    return letter_end(p, r->to, &none, outcome);
}

static void tell(struct sched *s, struct stock *stock, struct record *r, uint64_t ref)
{
    record_add_call(r, 0, ref, 0);
    sched_push(s, stock, r); /* the asker may have ended; or its deadline tells it */
}

int weft_hand_on(weft_self *self, weft_due due, weft_pid to, weft_letter letter)
{
    struct place p = place_inside(self);
    struct record r[RECORD_SLOTS_MAX];
    uint64_t word[3];
    unsigned outcome = letter_record(p, r, &letter, RECORD_MAIL);
    int error;

    if (UNLIKELY(outcome != SENT))
        return letter_end(p, to, &letter, outcome);
    if (!read_due(p, due, word)) {
        letter_unsent(p, r, &letter);
        return letter_end(p, to, &letter, SENT_ANSWERED);
    }
    note_strike(p, NOTES_DEBTS, due);
    r->to = to;
    r->from = word[0];
    record_add_call(r, RECORD_OPEN, word[1], *sched_inherited(p.worker));
    outcome = letter_send(p, r, &letter);
    error = letter_end(p, to, &letter, outcome);
    if (error < 0) {
        struct record failed[2] = {failure_of(word[0], weft_self_pid(self), error)};
        bool lane;
        struct stock *stock = place_enter(p, &lane);

        tell(p.sched, stock, failed, word[1]);
        place_leave(p, stock, lane);
    }
    return error;
}

void question_fail(struct sched *s, struct stock *stock, const struct record *r,
                   int error)
{
    struct record failed[2] = {failure_of(r->from, r->to, error)};

    tell(s, stock, failed, record_call(r)->ref);
}

struct record start_answer(const struct record *r, int error)
{
    struct record answer = failure_of(record_call(r)->reserved, r->to, error);

    if (error == 0)
        answer.head = record_head(WEFT_TAG_STARTED, RECORD_REPLY, 0, 8);
    return answer;
}

void start_fail(struct sched *s, struct stock *stock, const struct record *r)
{
    struct record failed[2] = {start_answer(r, WEFT_EENDED)};

    tell(s, stock, failed, record_call(r)->ref);
}

/* --- what an actor owes when it ends --- */

struct estate estate_take(struct sched *s, struct stock *stock, struct task *t)
{
    struct talk_part part;
    struct estate estate = {{0}, NULL};

    if (!sched_talk_of(s, t, &part))
        return estate;
    gathering_drop(s, stock, part.asks);
    estate = (struct estate){*part.debts, *part.ties};
    memset(part.debts, 0, sizeof *part.debts);
    *part.ties = NULL;
    return estate;
}

static void pay(struct sched *s, struct stock *stock, const uint64_t word[3],
                weft_pid pid, const weft_reason *reason)
{
    struct record r[2] = {failure_of(word[0], pid, WEFT_EENDED)};

    if (word[2] == DEBT_END) {
        r->head = record_head(WEFT_TAG_ENDED, RECORD_REPLY, 0, 8);
        r->word = reason->exit;
    }
    tell(s, stock, r, word[1]);
}

void estate_release(struct sched *s, struct stock *stock, const struct estate *estate,
                    weft_pid pid, const weft_reason *reason)
{
    const struct slab *debts = &estate->debts;

    for (uint32_t i = 0; i < debts->end; i++)
        if (debts->entries[i].key != 0 && is_kept(debts->entries[i].word))
            keep_release(s, stock, debts->entries[i].word, pid, reason);
}

void estate_settle(struct sched *s, struct stock *stock, struct estate *estate,
                   weft_pid pid, const weft_reason *reason)
{
    struct slab *debts = &estate->debts;

    for (uint32_t i = 0; i < debts->end; i++)
        if (debts->entries[i].key != 0 && !is_kept(debts->entries[i].word))
            pay(s, stock, debts->entries[i].word, pid, reason);
    slab_done(debts, stock_pool(stock));
    ties_end(s, stock, estate->ties, reason);
}

static bool is_of_this_life(uint64_t debt)
{
    return debt == DEBT_ANSWER || debt == DEBT_LIFE || debt == DEBT_OBJECT ||
           debt == DEBT_DESCRIPTOR;
}

void estate_renew(struct sched *s, struct stock *stock, struct task *t,
                  const weft_reason *reason)
{
    weft_pid pid = sched_id(s, t);
    struct talk_part part;

    if (!sched_talk_of(s, t, &part))
        return;
    gathering_drop(s, stock, part.asks);
    slab_done(part.asks, stock_pool(stock));
    for (uint32_t i = 0; i < part.debts->end; i++) {
        struct slab_entry *entry = &part.debts->entries[i];
        uint64_t word[3];

        if (entry->key == 0 || !is_of_this_life(entry->word[2]))
            continue;
        memcpy(word, entry->word, sizeof word);
        slab_remove(part.debts, entry);
        if (is_kept(word))
            keep_release(s, stock, word, pid, reason);
        else
            pay(s, stock, word, pid, reason);
    }
    ties_renew(s, stock, &part);
}

/* --- the scheduler's hooks --- */

bool on_answered(struct sched *s, struct stock *stock, struct task *t,
                 const struct record *r)
{
    struct talk_part part;
    struct slab_entry *entry = NULL;

    if (record_has_envelope(r) && record_tag(r) == WEFT_TAG_DOWN)
        return tie_answered(s, stock, t, r);
    if (record_has_envelope(r)) /* news, by a watch that it keeps, or has ended */
        return sched_talk_of(s, t, &part) &&
               slab_find(part.debts, record_call(r)->ref) != NULL;
    if (sched_talk_of(s, t, &part))
        entry = slab_find(part.asks, record_call(r)->ref);
    if (entry != NULL &&
        !slab_key_is_marked(entry->key)) /* else who gathers strikes it */
        slab_remove(part.asks, entry);
    return entry != NULL;
}

/* The failure is mail; until it is handled the question is open, and an answer that comes first
 * is the one that counts. Without memory it is tried again. */
static bool expire(struct domain *d, struct task *t, const struct slab_entry *entry)
{
    struct record r[2] = {
        failure_of(sched_id(sched_of_domain(d), t), entry->word[1], WEFT_ETIMEDOUT)};

    record_add_call(r, 0, entry->key, 0);
    return sched_tell(d, t, r);
}

uint64_t on_expire(struct domain *d, struct task *t, uint64_t now)
{
    struct talk_part part;
    uint64_t next = 0;

    if (!sched_talk_of(sched_of_domain(d), t, &part))
        return 0;
    for (uint32_t i = 0; i < part.asks->end; i++) {
        struct slab_entry *entry = &part.asks->entries[i];
        uint64_t deadline = entry->word[0];

        if (entry->key == 0 || deadline == 0)
            continue;
        if ((int64_t)(now - deadline) >= 0)
            entry->word[0] = deadline = expire(d, t, entry) ? 0 : now + 1;
        next = earlier(next, deadline);
    }
    return next;
}

void on_probed(struct sched *s, struct stock *stock, const struct record *r,
               uint64_t callee, uint64_t ref)
{
    struct record answer[RECORD_SLOTS_MAX] = {
        {r->from, r->to, record_head(WEFT_TAG_STARTED, RECORD_REPLY, 1, 16), callee},
        {.to = ref}}; /* the payload goes on in the second slot */

    tell(s, stock, answer, record_call(r)->ref);
}

void on_watch(struct sched *s, struct stock *stock, struct task *t,
              const struct record *r)
{
    struct talk_part part;
    struct slab_entry *entry = NULL;

    if (record_kind(r) == RECORD_TIE) {
        tie_arrived(s, stock, t, r);
        return;
    }
    if (record_tag(r) == WEFT_TAG_STARTED) {
        struct record yes[2] = {failure_of(r->from, r->to, 0)};

        yes->head = record_head(WEFT_TAG_STARTED, RECORD_REPLY, 0, 8);
        tell(s, stock, yes, record_call(r)->ref);
        return;
    }
    if (keep_is_asked(r)) {
        keep_asked(s, stock, t, r);
        return;
    }
    if (sched_talk_make(s, stock, t, &part))
        entry = slab_add(part.debts, stock_pool(stock), sched_serial(stock));
    if (entry == NULL) {
        question_fail(s, stock, r, WEFT_ENOMEM);
        return;
    }
    entry->word[0] = r->from;
    entry->word[1] = record_call(r)->ref;
    entry->word[2] = DEBT_END;
}

/* --- deadlines --- */

uint64_t weft_deadline_left(weft_self *self)
{
    struct worker *w = worker_of(self);
    uint64_t deadline = *sched_inherited(w);

    return deadline == 0 ? WEFT_FOREVER : sched_until(sched_of(w), deadline);
}

void weft_deadline_set(weft_self *self, uint64_t timeout_ns)
{
    struct worker *w = worker_of(self);

    *sched_inherited(w) =
        timeout_ns == WEFT_FOREVER ? 0 : sched_deadline(sched_of(w), timeout_ns);
    sched_look_behind(w); /* it is this step's alone */
}

/* --- the stash --- */

static uint64_t stash_max(struct worker *w)
{
    const weft_behavior *b = sched_behavior(w);

    return b->stash_max != 0 ? b->stash_max : WEFT_STASH_MAX;
}

weft_next weft_stash(weft_self *self)
{
    struct place p = place_inside(self);
    struct talk_part part;
    bool lane, ok;
    struct stock *stock = place_enter(p, &lane);

    ok = sched_talk(p.worker, stock, &part);
    place_leave(p, stock, lane);
    if (!ok)
        return no_memory(self);
    return part.stashed < stash_max(p.worker) ? NEXT_STASH : NEXT_STASH_FULL;
}

void weft_unstash(weft_self *self)
{
    sched_unstash(worker_of(self));
}
