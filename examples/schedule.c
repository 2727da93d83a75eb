/* schedule.c: what is to be done at times of the day, as cron does it: "30 9-17 * * 1-5" is half
 * past each hour from nine to five, Monday to Friday.
 *
 * A timer counts the processor's clock, a schedule means the one on the wall, which is set now
 * and then. So the actor sleeps until the next time of a line as far as it can tell, never for
 * more than an hour, and looks at the clock on the wall when it wakes.
 *
 * The wall of this program is quick: an hour passes in 50 ms. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <weft.h>

/* --- lines --- */

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static const struct {
    unsigned first, last;
} ranges[FIELDS] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};

struct line {
    uint64_t set[FIELDS]; /* a bit for each value */
};

/* One of "*", "3", "3-5", with or without a step "/2". Returns where it ends, NULL: nonsense. */
static const char *read_item(const char *text, unsigned field, uint64_t *set)
{
    unsigned long first = ranges[field].first, last = ranges[field].last, step = 1;
    char *end = (char *)(uintptr_t)text;

    if (*text == '*') {
        end++;
    } else {
        first = last = strtoul(text, &end, 10);
        if (end == text)
            return NULL;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
    }
    if (*end == '/')
        step = strtoul(end + 1, &end, 10);
    if (first < ranges[field].first || last > ranges[field].last || step == 0)
        return NULL;
    for (; first <= last; first += step)
        *set |= UINT64_C(1) << first;
    return end;
}

/* Five fields of items with commas between them. False: nonsense. */
static bool read_line(const char *text, struct line *line)
{
    *line = (struct line){{0}};
    for (unsigned field = 0; field < FIELDS; field++) {
        do
            text = read_item(text + (*text == ','), field, &line->set[field]);
        while (text != NULL && *text == ',');
        if (text == NULL || *text != (field + 1 < FIELDS ? ' ' : '\0'))
            return false;
        text++;
    }
    return true;
}

static bool has(const struct line *line, unsigned field, int value)
{
    return (line->set[field] >> value & 1) != 0;
}

static bool matches(const struct line *line, time_t minute)
{
    struct tm t;

    gmtime_r(&minute, &t);
    return has(line, MINUTE, t.tm_min) && has(line, HOUR, t.tm_hour) &&
           has(line, DAY, t.tm_mday) && has(line, MONTH, t.tm_mon + 1) &&
           has(line, WEEKDAY, t.tm_wday);
}

/* The first whole minute behind `after` that a line means, or an hour on. */
static time_t next_minute(const struct line *line, time_t after)
{
    time_t minute = after - after % 60 + 60;

    for (int i = 0; i < 60 && !matches(line, minute); i++)
        minute += 60;
    return minute;
}

/* --- the clock on the wall --- */

#define HOUR_NS WEFT_MS(50) /* that pass in one of its hours */

static const time_t friday = 1767344400; /* 2 January 2026, 09:00 */

static time_t wall(weft_self *self)
{
    return friday + (time_t)(weft_now(self) * 3600 / HOUR_NS);
}

/* --- the actor --- */

enum { TAG_WAKE = 1, TAG_JOB };

struct schedule {
    weft_pid worker; /* the args begin the state */
    struct line line;
    time_t next;
};

static int sleep_on(weft_self *self, struct schedule *schedule)
{
    time_t now = wall(self);
    uint64_t seconds = schedule->next > now ? (uint64_t)(schedule->next - now) : 0;

    return weft_cast_after(self, weft_self_pid(self), weft_signal(TAG_WAKE),
                           seconds * HOUR_NS / 3600, NULL);
}

/* Woken early, or late: what counts is the wall. Times that were slept through are left out. */
static weft_next waking(weft_self *self, void *state, weft_msg *msg)
{
    struct schedule *schedule = state;
    time_t now = wall(self);

    (void)msg;
    if (now >= schedule->next) {
        if (matches(&schedule->line, schedule->next))
            weft_cast_word(self, schedule->worker, TAG_JOB, (uint64_t)schedule->next);
        schedule->next = next_minute(&schedule->line, now);
    }
    return sleep_on(self, schedule) < 0 ? weft_fail(self, WEFT_ENOMEM, "no timer")
                                        : weft_stay(self);
}

static weft_next schedule_init(weft_self *self, void *state, const void *args)
{
    struct schedule *schedule = state;

    *schedule = *(const struct schedule *)args;
    schedule->next = next_minute(&schedule->line, wall(self));
    return sleep_on(self, schedule) < 0 ? weft_fail(self, WEFT_ENOMEM, "no timer")
                                        : weft_stay(self);
}

static const weft_behavior schedule =
    WEFT_BEHAVIOR("schedule", struct schedule, waking, .init = schedule_init,
                  .args_size = sizeof(struct schedule));

/* --- a job, and when it is over --- */

enum { JOBS = 3 };

static weft_next doing(weft_self *self, void *state, weft_msg *msg)
{
    unsigned *done = state;
    time_t at = (time_t)weft_word(msg);
    struct tm t;

    gmtime_r(&at, &t);
    printf("day %d, %02d:%02d\n", t.tm_mday, t.tm_hour, t.tm_min);
    if (++*done == JOBS)
        weft_exit(self, 0);
    return weft_stay(self);
}

static const weft_behavior worker = WEFT_BEHAVIOR("worker", unsigned, doing);

int main(void)
{
    struct schedule args = {.worker = WEFT_NOBODY};
    weft_runtime *rt = NULL;
    weft_pid pid;
    int code = 1;

    if (!read_line("30 9-17/4 * * 1-5", &args.line) || weft_start(&rt, NULL) < 0)
        return 1;
    if (weft_rt_spawn(rt, &worker, NULL, &args.worker) == 0 &&
        weft_rt_spawn(rt, &schedule, &args, &pid) == 0)
        code = weft_run(rt);
    return weft_finish(rt, WEFT_SEC(5)) < 0 ? 1 : code;
}
