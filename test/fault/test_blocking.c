/* test/fault/test_blocking.c: every allocation around offloaded functions fails once, and some
 * fail in a row. Whatever is refused: weft_offload succeeds, and one message comes, or it says
 * WEFT_ENOMEM, and none does; what answers own is ended once; all memory is given back. */
#include "test/support/fault_play.h"
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <criterion/criterion.h>

enum { JOBS = 3 * PARCEL_FORMS, TAG_GO = 1 };

static weft_runtime *rt;
static atomic_ulong heard;

/* --- a function for each form of answer, and one that gives none --- */

struct job {
    uint32_t number;
    char fill[1500];
};

static void work(weft_work *work, const void *args)
{
    uint32_t number = ((const struct job *)args)->number;
    enum parcel_form form = (enum parcel_form)(number / 3);
    struct hop hop = {0, 0, number};
    struct parcel parcel;
    int error = 0;

    if (number % 3 == 0)
        error = weft_work_answer(work, parcel_letter(&parcel, form, hop));
    else if (number % 3 == 1)
        error = weft_work_fail(work, 5);
    if (error == WEFT_ENOMEM)
        atomic_fetch_add(&fault_sent, 1); /* a dead letter, besides the failure */
    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    weft_work_failed failed;
    struct hop hop;

    (void)state;
    if (weft_tag(msg) != TAG_GO) {
        cr_expect(weft_work_failed_get(msg, &failed) || parcel_read(msg, &hop));
        atomic_fetch_add(&heard, 1);
        return weft_stay(self);
    }
    for (uint32_t i = 0; i < JOBS; i++) {
        struct job job = {.number = i};
        int error;

        atomic_fetch_add(&fault_sent, 1);
        error = weft_offload(self, work, &job, sizeof job, i);
        if (error == 0)
            continue;
        cr_expect_eq(error, WEFT_ENOMEM, "%s", weft_strerror(error));
        atomic_fetch_sub(&fault_sent, 1);
    }
    return weft_stay(self);
}

static const weft_behavior asker = WEFT_STATELESS("asker", asking);

/* --- the play --- */

static bool is_at_rest(void *nothing)
{
    (void)nothing;
    return stress_accounted(rt) >= atomic_load(&fault_sent);
}

static void play(weft_runtime *runtime)
{
    weft_pid pid;
    int error;

    rt = runtime;
    error = weft_rt_spawn(rt, &asker, NULL, &pid);

    if (error == 0) {
        ledger_add(&fault_ledger, pid, 0);
        atomic_fetch_add(&fault_sent, 1);
        error = weft_rt_cast_word(rt, pid, TAG_GO, 0);
    }
    cr_expect(error == 0 || error == WEFT_ENOMEM, "%s", weft_strerror(error));
    cr_assert(stress_until(is_at_rest, NULL), "a message was lost");
}

static void few_threads(weft_options *options)
{
    options->blocking_max = 2;
}

static void begin(unsigned long after)
{
    (void)after;
    atomic_store(&heard, 0);
}

static void check(bool whole)
{
    if (whole)
        cr_expect_eq(atomic_load(&heard), JOBS);
}

static const struct fault_play plays = {
    .workers = 1,
    .least = JOBS,
    .ledger = true,
    .options = few_threads,
    .begin = begin,
    .run = play,
    .check = check,
};

TestSuite(blocking, .timeout = 300);

Test(blocking, each_allocation_fails_once)
{
    fault_each(&plays, 1);
}

Test(blocking, each_and_the_next_few_fail)
{
    fault_each(&plays, 4);
}

Test(blocking, each_and_all_that_follow_fail)
{
    fault_each(&plays, 1000);
}
