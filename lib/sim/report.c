/* lib/sim/report.c: what is said about a run that failed. */
#include "lib/sim/run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static const char *const verdicts[] = {
    [WEFT_SIM_HELD] = "all held",
    [WEFT_SIM_CHECK] = "invariant",
    [WEFT_SIM_AT_REST] = "invariant at rest",
    [WEFT_SIM_EVENTUALLY] = "eventually",
    [WEFT_SIM_DEADLOCK] = "deadlock",
    [WEFT_SIM_ERROR] = "error",
    [WEFT_SIM_DIFFERS] = "not the same run",
};

const char *weft_sim_verdict_text(enum weft_sim_verdict verdict)
{
    return (size_t)verdict < sizeof verdicts / sizeof verdicts[0] ? verdicts[verdict]
                                                                  : NULL;
}

static const char *program(const weft_sim *sim)
{
    return sim->name != NULL ? sim->name : "sim";
}

void report_run(const struct run *run, weft_sim_report *r)
{
    r->verdict = run->verdict;
    r->error = run->error;
    r->seed = run->seed;
    r->digest = run->chooser.digest;
    r->turns = run->turns;
    r->time_ns = run->now_ns - run->began_ns;
    r->circle_size = run->circle_size;
    memcpy(r->circle, run->circle, sizeof r->circle);
}

/* --- the text --- */

struct text {
    char *s;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *t, const char *format,
                                                      ...)
{
    size_t room = t->size - t->used;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(t->s + t->used, room, format, args);
    va_end(args);
    if (n > 0)
        t->used += (size_t)n < room ? (size_t)n : room - 1;
}

/* 8113 as 8,113 */
static void say_number(struct text *t, uint64_t n)
{
    if (n >= 1000) {
        say_number(t, n / 1000);
        say(t, ",%03u", (unsigned)(n % 1000));
    } else {
        say(t, "%u", (unsigned)n);
    }
}

static const char *named(const char *name)
{
    return name != NULL ? name : "?";
}

static void say_what(struct text *t, const struct run *run)
{
    const weft_sim *sim = run->sim;

    switch (run->verdict) {
    case WEFT_SIM_CHECK:
        say(t, "invariant '%s' broken", named(sim->check_name));
        break;
    case WEFT_SIM_AT_REST:
        say(t, "invariant '%s' broken at rest", named(sim->check_at_rest_name));
        break;
    case WEFT_SIM_EVENTUALLY:
        say(t, "'%s' has not come to hold", named(sim->eventually_name));
        break;
    case WEFT_SIM_DEADLOCK:
        say(t, run->circle_open ? "an answer will never come" : "deadlock");
        break;
    case WEFT_SIM_DIFFERS:
        say(t, "the same seed gave another run: the world depends on something else, or "
               "this is"
               " another program; seen");
        break;
    default:
        say(t, "%s: %s", weft_sim_verdict_text(run->verdict), weft_strerror(run->error));
    }
}

static void say_circle(struct text *t, const struct run *run)
{
    char pid[WEFT_PID_TEXT];
    unsigned n = run->circle_size < WEFT_SIM_CIRCLE ? run->circle_size : WEFT_SIM_CIRCLE;

    for (unsigned i = 0; i < n; i++)
        say(t, "%s%s %s", i == 0 ? "\n  " : " awaits ", run->circle_name[i],
            weft_pid_text(run->circle[i], pid));
    if (run->circle_size > n)
        say(t, " awaits %u more", run->circle_size - n);
    if (n > 0 && !run->circle_open)
        say(t, " awaits %s %s", run->circle_name[0], weft_pid_text(run->circle[0], pid));
}

static void say_replay(struct text *t, const weft_sim *sim, const weft_sim_report *r,
                       bool has_tape)
{
    say(t, "\n  replay: WEFT_SEED=0x%" PRIx64, r->seed);
    if (has_tape)
        say(t, " WEFT_TAPE=%s", r->tape);
    say(t, " ./%s", program(sim));
    if (sim->trace != NULL)
        say(t, "      trace: %s", sim->trace);
    if (sim->log != NULL)
        say(t, "      log: %s", sim->log);
}

void report_text(const struct run *run, const struct tape *tape, weft_sim_report *r)
{
    struct text t = {r->text, sizeof r->text, 0};
    bool has_tape = !tape->lost && tape_write(tape, r->tape, sizeof r->tape);

    say(&t, "%s: ", program(run->sim));
    say_what(&t, run);
    say(&t, " at t=%.6gs, step ", (double)r->time_ns * 1e-9);
    say_number(&t, r->turns);
    if (r->shrunk_to < r->choices)
        say(&t, " (shrunk from %u choices to %u)", r->choices, r->shrunk_to);
    say_circle(&t, run);
    say_replay(&t, run->sim, r, has_tape);
}
