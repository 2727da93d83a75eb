/* lib/bench/arrivals.c: due times, from the integral of the rate.
 *
 * Let E(t) be how many arrivals are expected before the time t, the integral of the rate. Even
 * arrivals are due where E(t) is 0, 1, 2, ...; those of a Poisson process where it has grown by
 * numbers that are drawn exponentially. So each pattern is its E and the inverse of it. Within
 * this file times are seconds. */
#include <math.h>
#include <weft/arrivals.h>

#define PI     3.14159265358979323846
#define NS     1e9
#define PERIOD UINT64_C(1000000000)
#define STEPS  5u

static double seconds(uint64_t ns)
{
    return (double)ns / NS;
}

/* --- plans --- */

/* The same with the defaults filled in. */
static weft_arrivals filled_in(const weft_arrivals *arrivals)
{
    weft_arrivals a = *arrivals;

    if (a.period_ns == 0)
        a.period_ns = PERIOD;
    if (a.steps == 0)
        a.steps = STEPS;
    if (a.pattern == WEFT_REPLAY && a.duration_ns == 0)
        a.duration_ns = a.times > 0 ? a.times_ns[a.times - 1] + 1 : 1;
    return a;
}

static bool in_order(const weft_arrivals *a)
{
    for (size_t i = 1; i < a->times; i++) {
        if (a->times_ns[i] < a->times_ns[i - 1])
            return false;
    }
    return true;
}

static bool is_rate(double rate)
{
    return rate >= 0 && rate < NS;
}

/* @a  with the defaults filled in */
static bool makes_sense(const weft_arrivals *a)
{
    if (a->duration_ns == 0)
        return false;
    switch (a->pattern) {
    case WEFT_CONSTANT:
        return is_rate(a->rate) && a->rate > 0;
    case WEFT_BURST:
        return is_rate(a->rate) && a->rate * seconds(a->period_ns) >= 1 && !a->random;
    case WEFT_RAMP:
        return is_rate(a->rate) && is_rate(a->rate_to) && a->rate + a->rate_to > 0;
    case WEFT_WAVE:
        return is_rate(a->rate) && a->rate > 0 && a->rate_to >= a->rate &&
               a->rate_to <= 2 * a->rate;
    case WEFT_STEP:
        return is_rate(a->rate) && a->rate > 0 && is_rate(a->rate_to) && a->rate_to > 0 &&
               a->steps > 1;
    case WEFT_REPLAY:
        return !a->random && in_order(a);
    }
    return false;
}

/* --- steps --- */

static double step_length(const weft_arrivals *a)
{
    return seconds(a->duration_ns) / a->steps;
}

static double step_rate(const weft_arrivals *a, unsigned step)
{
    return a->rate + (a->rate_to - a->rate) * step / (a->steps - 1);
}

static unsigned step_at(const weft_arrivals *a, double t)
{
    double step = t / step_length(a);

    return step < a->steps ? (unsigned)step : a->steps - 1;
}

static double step_until(const weft_arrivals *a, double t)
{
    double count = 0, length = step_length(a);
    unsigned last = step_at(a, t);

    for (unsigned i = 0; i < last; i++)
        count += step_rate(a, i) * length;
    return count + step_rate(a, last) * (t - last * length);
}

static double step_time(const weft_arrivals *a, double count)
{
    double length = step_length(a);

    for (unsigned i = 0;; i++) {
        double all = step_rate(a, i) * length;

        if (count < all || i + 1 == a->steps)
            return i * length + count / step_rate(a, i);
        count -= all;
    }
}

/* --- waves --- */

static double wave_turn(const weft_arrivals *a)
{
    return 2 * PI / seconds(a->period_ns);
}

static double wave_until(const weft_arrivals *a, double t)
{
    double turn = wave_turn(a);

    return a->rate * t + (a->rate_to - a->rate) / turn * (1 - cos(turn * t));
}

static double wave_rate(const weft_arrivals *a, double t)
{
    return a->rate + (a->rate_to - a->rate) * sin(wave_turn(a) * t);
}

/* By Newton's method, held between two bounds where the rate is next to nothing. The wave adds
 * at most (rate_to - rate) * period / pi to what is expected of its mean. */
static double wave_time(const weft_arrivals *a, double count)
{
    double most = 2 * (a->rate_to - a->rate) / wave_turn(a);
    double low = fmax(0, (count - most) / a->rate), high = count / a->rate;
    double t = high;

    for (int i = 0; i < 60 && high - low > 0.1 / NS; i++) {
        double over = wave_until(a, t) - count, next;

        if (over > 0)
            high = t;
        else
            low = t;
        next = t - over / wave_rate(a, t);
        if (!(next > low && next < high))
            next = (low + high) / 2;
        if (fabs(next - t) < 0.01 / NS)
            return next;
        t = next;
    }
    return t;
}

/* --- E and its inverse --- */

/* Of a burst so many are due at once. */
static double burst_size(const weft_arrivals *a)
{
    return a->rate * seconds(a->period_ns);
}

static double ramp_until(const weft_arrivals *a, double t)
{
    return a->rate * t + (a->rate_to - a->rate) * t * t / (2 * seconds(a->duration_ns));
}

/* The root of ramp_until(t) = count, in the form in which nothing cancels out. */
static double ramp_time(const weft_arrivals *a, double count)
{
    double bend = (a->rate_to - a->rate) / (2 * seconds(a->duration_ns));
    double under = a->rate * a->rate + 4 * bend * count;

    if (count <= 0)
        return 0;
    return under >= 0 ? 2 * count / (a->rate + sqrt(under)) : INFINITY;
}

/* When so many are expected; of a replay nobody asks. */
static double time_of(const weft_arrivals *a, double count)
{
    switch (a->pattern) {
    case WEFT_BURST:
        return floor(count / burst_size(a)) * seconds(a->period_ns);
    case WEFT_RAMP:
        return ramp_time(a, count);
    case WEFT_WAVE:
        return wave_time(a, count);
    case WEFT_STEP:
        return step_time(a, count);
    default:
        return count / a->rate;
    }
}

static double replay_until(const weft_arrivals *a, uint64_t at_ns)
{
    size_t low = 0, high = a->times;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (a->times_ns[middle] < at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low;
}

double weft_arrivals_until(const weft_arrivals *arrivals, uint64_t at_ns)
{
    weft_arrivals a = filled_in(arrivals);
    double t = seconds(at_ns < a.duration_ns ? at_ns : a.duration_ns);

    switch (a.pattern) {
    case WEFT_BURST:
        return burst_size(&a) * ceil(t / seconds(a.period_ns));
    case WEFT_RAMP:
        return ramp_until(&a, t);
    case WEFT_WAVE:
        return wave_until(&a, t);
    case WEFT_STEP:
        return step_until(&a, t);
    case WEFT_REPLAY:
        return replay_until(&a, at_ns < a.duration_ns ? at_ns : a.duration_ns);
    default:
        return a.rate * t;
    }
}

double weft_arrivals_rate(const weft_arrivals *arrivals, uint64_t at_ns)
{
    weft_arrivals a = filled_in(arrivals);
    double t = seconds(at_ns);

    if (at_ns >= a.duration_ns)
        return 0;
    switch (a.pattern) {
    case WEFT_RAMP:
        return a.rate + (a.rate_to - a.rate) * t / seconds(a.duration_ns);
    case WEFT_WAVE:
        return wave_rate(&a, t);
    case WEFT_STEP:
        return step_rate(&a, step_at(&a, t));
    case WEFT_REPLAY:
        return replay_until(&a, a.duration_ns) / seconds(a.duration_ns);
    default:
        return a.rate;
    }
}

/* --- schedules --- */

/* A number above 0 and up to 1 (splitmix64). */
static double draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)((z >> 11) + 1) / (double)(UINT64_C(1) << 53);
}

static double next_gap(weft_schedule *s)
{
    return s->arrivals.random ? -log(draw(&s->random)) : 1;
}

int weft_schedule_init(weft_schedule *schedule, const weft_arrivals *arrivals)
{
    weft_arrivals a = filled_in(arrivals);

    if (!makes_sense(&a))
        return WEFT_EINVAL;
    *schedule = (weft_schedule){.arrivals = a, .random = a.seed};
    if (a.random)
        schedule->place = next_gap(schedule);
    return WEFT_OK;
}

static bool next_replayed(weft_schedule *s, uint64_t *due_ns)
{
    if (s->count == s->arrivals.times)
        return false;
    *due_ns = s->arrivals.times_ns[s->count];
    return true;
}

static bool next_planned(weft_schedule *s, uint64_t *due_ns)
{
    double due = time_of(&s->arrivals, s->place) * NS;

    if (!(due < (double)s->arrivals.duration_ns + 1))
        return false;
    *due_ns = (uint64_t)llround(due);
    return true;
}

bool weft_schedule_next(weft_schedule *schedule, uint64_t *ret_due_ns)
{
    uint64_t due_ns = 0;
    bool any = schedule->arrivals.pattern == WEFT_REPLAY
                   ? next_replayed(schedule, &due_ns)
                   : next_planned(schedule, &due_ns);

    if (!any || due_ns >= schedule->arrivals.duration_ns)
        return false;
    schedule->count++;
    /* Whole numbers are counted and not added up, so that even arrivals do not drift. */
    schedule->place = schedule->arrivals.random ? schedule->place + next_gap(schedule)
                                                : (double)schedule->count;
    *ret_due_ns = due_ns;
    return true;
}
