/* lib/timer/timer.c: letters that are sent later, on the alarms of sched/alarm.h. */
#include "lib/actor/cast.h"

#include <weft/timer.h>

_Static_assert((int)WEFT_MISSED_SKIP == (int)SCHED_SKIP &&
                   (int)WEFT_MISSED_CATCH_UP == (int)SCHED_CATCH_UP &&
                   (int)WEFT_MISSED_DELAY == (int)SCHED_DELAY,
               "both floors mean the same");

/* The record has its payload, and `to`. Returns a kind of outcome. */
static unsigned set(struct worker *w, struct record *r, struct sched_alarm *how,
                    weft_timer *timer)
{
    const weft_behavior *b = sched_behavior(w);
    enum sched_alarm_error why;

    how->max = b->timers_max != 0 ? b->timers_max : WEFT_TIMERS_MAX;
    r->from = sched_running(w);
    *timer = sched_alarm_set(w, how, r, &why);
    return *timer != 0 ? SENT : why == SCHED_ALARM_FULL ? SENT_FULL : SENT_NO_MEMORY;
}

static unsigned set_letter(weft_self *self, weft_pid to, const weft_letter *letter,
                           struct sched_alarm *how, weft_timer *timer)
{
    struct record r[RECORD_SLOTS_MAX];
    unsigned outcome = SENT;

    *timer = 0;
    r->to = to;
    if (UNLIKELY(!letter_small_record(r, letter, RECORD_MAIL)))
        outcome = letter_record(place_inside(self), r, letter, RECORD_MAIL);
    if (UNLIKELY(outcome != SENT))
        return outcome;
    outcome = set(worker_of(self), r, how, timer);
    if (UNLIKELY(outcome != SENT))
        letter_unsent(place_inside(self), r, letter);
    return outcome;
}

/* Takes the letter. */
static int cast_later(weft_self *self, weft_pid to, const weft_letter *letter,
                      struct sched_alarm *how, weft_timer *ret_timer)
{
    weft_timer timer;
    unsigned outcome = set_letter(self, to, letter, how, &timer);

    if (ret_timer != NULL)
        *ret_timer = timer;
    return LIKELY(outcome == SENT) ? WEFT_OK
                                   : letter_end(place_inside(self), to, letter, outcome);
}

int weft_cast_after(weft_self *self, weft_pid to, weft_letter letter, uint64_t delay_ns,
                    weft_timer *ret_timer)
{
    struct sched_alarm how = {.at = sched_deadline(sched_of(worker_of(self)), delay_ns)};

    return cast_later(self, to, &letter, &how, ret_timer);
}

static bool may_repeat(const weft_letter *letter, const weft_repeat *repeat)
{
    return letter->form == WEFT_LETTER_SMALL && repeat->period_ns != 0 &&
           (unsigned)repeat->missed <= WEFT_MISSED_DELAY;
}

int weft_cast_repeat(weft_self *self, weft_pid to, weft_letter letter,
                     const weft_repeat *repeat, weft_timer *ret_timer)
{
    struct sched *s = sched_of(worker_of(self));
    uint64_t first = repeat->first_ns != 0 ? repeat->first_ns : repeat->period_ns;
    struct sched_alarm how = {.at = sched_deadline(s, first),
                              .period = sched_span(s, repeat->period_ns),
                              .missed = (enum sched_missed)repeat->missed};

    if (may_repeat(&letter, repeat))
        return cast_later(self, to, &letter, &how, ret_timer);
    if (ret_timer != NULL)
        *ret_timer = 0;
    return letter_end(place_inside(self), to, &letter, SENT_MALFORMED);
}

int weft_cast_every(weft_self *self, weft_pid to, weft_letter letter, uint64_t period_ns,
                    weft_timer *ret_timer)
{
    const weft_repeat repeat = {.period_ns = period_ns};

    return weft_cast_repeat(self, to, letter, &repeat, ret_timer);
}

static int end_later(weft_self *self, weft_pid pid, enum record_kind kind,
                     uint64_t delay_ns, weft_timer *ret_timer)
{
    struct worker *w = worker_of(self);
    struct record r[RECORD_SLOTS_MAX] = {{.to = pid, .head = record_head(0, kind, 0, 0)}};
    struct sched_alarm how = {.at = sched_deadline(sched_of(w), delay_ns)};
    weft_timer timer;
    unsigned outcome = set(w, r, &how, &timer);

    if (ret_timer != NULL)
        *ret_timer = timer;
    return send_error(outcome);
}

int weft_stop_after(weft_self *self, weft_pid pid, uint64_t delay_ns,
                    weft_timer *ret_timer)
{
    return end_later(self, pid, RECORD_STOP, delay_ns, ret_timer);
}

int weft_kill_after(weft_self *self, weft_pid pid, uint64_t delay_ns,
                    weft_timer *ret_timer)
{
    return end_later(self, pid, RECORD_KILL, delay_ns, ret_timer);
}

bool weft_cancel(weft_self *self, weft_timer timer)
{
    struct record letter;
    bool in_time = sched_alarm_take(worker_of(self), timer, &letter);

    if (UNLIKELY(letter.head != 0))
        weft_letter_drop(weft_take(self, (weft_msg *)(void *)&letter));
    return in_time;
}

uint64_t weft_timer_left(weft_self *self, weft_timer timer)
{
    struct worker *w = worker_of(self);
    uint64_t at = sched_alarm_at(w, timer);

    return at != 0 ? sched_until(sched_of(w), at) : WEFT_FOREVER;
}

uint32_t weft_timers(weft_self *self)
{
    return sched_alarms(worker_of(self));
}

uint64_t weft_now(weft_self *self)
{
    return sched_time(sched_of(worker_of(self)));
}

uint64_t weft_rt_now(const struct weft_runtime *rt)
{
    return sched_time(rt->sched);
}
