/* lib/bench/pace.c: begins operations when they are due.
 *
 * It never skips one: when it comes late, because the system had no processor for it or a
 * scenario's run took long, it begins all that have become due meanwhile, each with the time that
 * it was due at. */
#include <sys/prctl.h>
#include <weft/threadless.h>

#include "lib/bench/inside.h"

#define DRAIN_LOOK_NS 200000u

static void run_actors(weft_bench *bench)
{
    while (bench->threadless && weft_run_once(bench->rt, 0) > 0)
        continue;
}

/* A caller's clock stops wherever there is something to be done. */
static uint64_t next_stop(const weft_bench *bench, uint64_t at_ns)
{
    uint64_t timer_ns = bench->threadless ? weft_wait_ns(bench->rt) : WEFT_FOREVER;
    uint64_t now_ns = bench_time(bench);

    if (bench->own_clock && bench->watch.next_ns < at_ns)
        at_ns = bench->watch.next_ns;
    return at_ns > now_ns && timer_ns < at_ns - now_ns ? now_ns + timer_ns : at_ns;
}

static void wait_until(weft_bench *bench, uint64_t at_ns)
{
    for (;;) {
        run_actors(bench);
        if (bench->own_clock)
            watch_look(&bench->watch, bench_time(bench));
        if (bench_time(bench) >= at_ns)
            return;
        if (!bench->options.spin)
            bench_sleep_until(bench, next_stop(bench, at_ns));
    }
}

/* May one more begin? */
static bool has_room(weft_bench *bench)
{
    uint64_t under_way, most = bench->options.backlog_max;

    if (bench->room == 0) {
        under_way = ledger_under_way(bench->ledger) / bench->options.parts;
        bench->room = under_way < most ? most - under_way : 0;
    }
    if (bench->room == 0)
        return false;
    bench->room--;
    return true;
}

static void begin(weft_bench *bench, weft_op op)
{
    const weft_scenario *scenario = bench->scenario;
    uint64_t parts = bench->options.parts;
    bool counts = bench_counts(bench, op), room = has_room(bench);

    ledger_begun(bench->ledger, parts, counts);
    if (!room || scenario->run(bench, bench->options.context, op) < 0)
        ledger_failed(bench->ledger, parts, counts);
}

static void begin_late(weft_bench *bench, weft_op due)
{
    if (bench_counts(bench, due))
        weft_histogram_add(bench->lag, bench_time(bench) - due, 1);
    begin(bench, due);
}

/* One plan, from one moment on. */
static int follow(weft_bench *bench, const weft_arrivals *arrivals, uint64_t from_ns)
{
    weft_schedule schedule;
    uint64_t due_ns;
    int error = weft_schedule_init(&schedule, arrivals);

    while (error == 0 && weft_schedule_next(&schedule, &due_ns)) {
        wait_until(bench, from_ns + due_ns);
        begin_late(bench, from_ns + due_ns);
    }
    return error;
}

/* A constant load at the rate that the plan begins with; a replay has none. */
static int warm_up(weft_bench *bench)
{
    const weft_arrivals *arrivals = &bench->options.arrivals;
    weft_arrivals warm = {.rate = arrivals->rate,
                          .duration_ns = bench->options.warmup_ns,
                          .random = arrivals->random,
                          .seed = arrivals->seed + 1};

    if (warm.duration_ns == 0 || warm.rate <= 0 || arrivals->pattern == WEFT_REPLAY)
        return 0;
    return follow(bench, &warm, 0);
}

static int open_loop(weft_bench *bench)
{
    int error = warm_up(bench);

    return error < 0 ? error
                     : follow(bench, &bench->options.arrivals, bench->options.warmup_ns);
}

static void closed_loop(weft_bench *bench)
{
    bench->room = UINT64_MAX;
    for (unsigned i = 0; i < bench->options.clients; i++)
        begin(bench, bench_time(bench));
}

/* Else the kernel adds 50 us to each sleep. Returns what it was. */
static int set_slack(int ns)
{
    int before = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);

    prctl(PR_SET_TIMERSLACK, (unsigned long)ns, 0, 0, 0);
    return before;
}

int pace_load(weft_bench *bench)
{
    int slack = set_slack(1), error = 0;

    if (bench->options.clients > 0)
        closed_loop(bench);
    else
        error = open_loop(bench);
    if (error == 0)
        wait_until(bench, bench->end_ns);
    set_slack(slack > 0 ? slack : 0);
    return error;
}

void pace_drain(weft_bench *bench)
{
    uint64_t left, until_ns = bench_time(bench) + bench->options.drain_ns;

    bench->options.spin = false;
    run_actors(bench);
    while ((left = ledger_under_way(bench->ledger)) > 0) {
        uint64_t now_ns = bench_time(bench);

        if (now_ns >= until_ns)
            return;
        wait_until(bench, now_ns + DRAIN_LOOK_NS);
        if (ledger_under_way(bench->ledger) < left)
            until_ns = bench_time(bench) + bench->options.drain_ns;
    }
}
