/* test/support/fault_play.c: see fault_play.h. */
#include "test/support/fault_play.h"

#include "test/support/fault_allocator.h"
#include "test/support/stress_run.h"
#include "test/support/stress_thing.h"

#include <criterion/criterion.h>

enum { LEDGER = 1 << 16 };

struct ledger fault_ledger;
atomic_ulong fault_sent;
static struct faulty memory;

void fault_relent(void)
{
    faulty_relent(&memory);
}

static weft_options options_for(const struct fault_play *play, unsigned long after)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = play->workers;
    options.actors_max = 1 << 12;
    options.seed = 1 + after;
    options.allocator = &memory.allocator;
    if (play->ledger) {
        options.on_exit = ledger_on_exit;
        options.context = &fault_ledger;
    }
    if (play->options != NULL)
        play->options(&options);
    return options;
}

static void run_and_end(const struct fault_play *play, weft_runtime *rt)
{
    play->run(rt);
    fault_relent(); /* the number to be refused may be larger than what is left */
    if (play->end != NULL) {
        play->end(rt);
    } else {
        cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0);
        stress_check_conserved(rt, atomic_load(&fault_sent));
    }
    cr_assert_eq(weft_finish(rt, STRESS_DEADLINE), 0);
    if (play->ledger)
        ledger_check(&fault_ledger);
}

/* Returns how often it has asked for memory. */
static unsigned long play_once(const struct fault_play *play, unsigned long after,
                               unsigned long n)
{
    weft_options options;
    weft_runtime *rt = NULL;
    int error;

    faulty_init(&memory);
    ledger_init(&fault_ledger, LEDGER);
    atomic_store(&fault_sent, 0);
    if (play->begin != NULL)
        play->begin(after);
    options = options_for(play, after);
    faulty_refuse(&memory, after, n);
    error = weft_start(&rt, &options);
    if (error == 0) {
        run_and_end(play, rt);
    } else {
        cr_expect_eq(error, WEFT_ENOMEM, "%s", weft_strerror(error));
        cr_expect_null(rt);
    }
    if (play->check != NULL)
        play->check(n == 0);
    thing_check();
    faulty_check(&memory);
    ledger_done(&fault_ledger);
    return atomic_load(&memory.calls);
}

void fault_each(const struct fault_play *play, unsigned long n)
{
    unsigned long calls = play_once(play, 0, 0);
    unsigned long stride = play->most > 0 ? 1 + calls / play->most : 1;

    cr_expect_gt(calls, play->least);
    for (unsigned long k = 0; k < calls; k += stride)
        play_once(play, k, n);
}
