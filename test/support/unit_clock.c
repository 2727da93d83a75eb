/* test/support/unit_clock.c: the clock is put in behind the start, when nothing has been
 * timed yet. */
#include "test/support/unit_clock.h"

#include "lib/actor/runtime.h"
#include "sched/domain.h"

static uint64_t time_now;

static uint64_t read_clock(void *hook)
{
    (void)hook;
    return time_now;
}

weft_runtime *clock_start_with(weft_options *options)
{
    weft_runtime *rt;
    struct sched *s;

    options->threadless = true;
    time_now = 0;
    rt = story_start_with(options);
    s = rt->sched;
    s->options.now = read_clock;
    s->rate = 1;
    s->tick_shift = 19;
    s->began = 0;
    s->domains[0].wheel.now = 0;
    return rt;
}

weft_runtime *clock_start(void)
{
    weft_options options;

    weft_options_init(&options);
    return clock_start_with(&options);
}

void clock_skip(uint64_t ns)
{
    time_now += ns;
}

void clock_run(weft_runtime *rt)
{
    int ran;

    do
        ran = weft_run_once(rt, 0);
    while (ran > 0 || weft_wait_ns(rt) == 0);
    cr_assert_eq(ran, 0);
}

void clock_pass(weft_runtime *rt, uint64_t ns)
{
    const uint64_t end = time_now + ns;

    clock_run(rt);
    while (time_now < end) {
        uint64_t wait = weft_wait_ns(rt);

        time_now = wait < end - time_now ? time_now + wait : end;
        clock_run(rt);
    }
}

uint64_t clock_time(void)
{
    return time_now;
}
