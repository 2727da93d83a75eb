/* test/stress/test_blocking.c: many actors offload functions while threads of the pool come
 * and go, the queue overflows, actors end with answers on their way, and the runtime is
 * stopped around all of it. Each function that was taken sends one message, whatever it does;
 * what answers own is ended once. */
#include "test/support/stress_parcel.h"
#include "test/support/stress_run.h"

#include <string.h>

#include <criterion/criterion.h>

enum { ASKERS = 8, IN_FLIGHT = 4, LEDGER = 1 << 16, TAG_BEGIN = 1 };

static weft_runtime *rt;
static struct ledger ledger;
static atomic_ulong sent, refused, answered, wanted;

/* --- functions --- */

struct job {
    uint64_t random;
    struct hop hop;
    char fill[200];
};

/* One answer at most is counted as sent when it was asked for; each more here. */
static void answer_twice(weft_work *work, const struct job *job)
{
    struct parcel parcel;

    atomic_fetch_add(&sent, 1);
    cr_expect_eq(weft_work_answer(work, parcel_letter(&parcel, PARCEL_BLOCK, job->hop)),
                 WEFT_EANSWERED);
}

static void work(weft_work *work, const void *args)
{
    const struct job *job = args;
    uint64_t random = job->random;
    enum parcel_form form = (enum parcel_form)stress_random(&random, PARCEL_FORMS);
    struct parcel parcel;
    int error;

    for (size_t i = 0; i < sizeof job->fill; i++)
        cr_expect_eq(job->fill[i], (char)job->hop.number, "args were damaged");
    if (stress_random(&random, 8) == 0)
        stress_spin(WEFT_US(50));
    switch (stress_random(&random, 8)) {
    case 0:
        return; /* forgotten */
    case 1:
        error = weft_work_fail(work, -1);
        break;
    default:
        error = weft_work_answer(work, parcel_letter(&parcel, form, job->hop));
    }
    cr_expect(error == 0 || error == WEFT_ENOACTOR, "%s", weft_strerror(error));
    if (stress_random(&random, 8) == 0)
        answer_twice(work, job);
}

/* --- who asks --- */

struct asker {
    uint64_t random;
    uint64_t number, seen;
};

static weft_next ask(weft_self *self, struct asker *a)
{
    struct job job = {.random = a->random,
                      .hop = {0, (uint32_t)(a->number & 0xfffff), (uint32_t)a->number}};
    int error;

    memset(job.fill, (char)job.hop.number, sizeof job.fill);
    stress_random(&a->random, 2);
    a->number++;
    atomic_fetch_add(&sent, 1);
    error = weft_offload(self, work, &job, sizeof job, a->number);
    if (error == 0)
        return weft_stay(self);
    cr_expect(error == WEFT_EFULL || error == WEFT_ESTOPPING, "%s", weft_strerror(error));
    atomic_fetch_sub(&sent, 1);
    atomic_fetch_add(&refused, 1);
    if (error == WEFT_EFULL) { /* again, behind the others */
        atomic_fetch_add(&sent, 1);
        weft_cast_word(self, weft_self_pid(self), TAG_BEGIN, 1);
    }
    return weft_stay(self);
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    struct asker *a = state;
    weft_work_failed failed;
    struct hop hop;

    if (weft_tag(msg) == TAG_BEGIN) {
        for (uint64_t n = weft_word(msg); n > 0; n--)
            ask(self, a);
        return weft_stay(self);
    }
    if (weft_work_failed_get(msg, &failed))
        cr_expect(failed.ref <= a->number && failed.ref > 0);
    else
        cr_expect(parcel_read(msg, &hop), "an answer was damaged");
    atomic_fetch_add(&answered, 1);
    if (++a->seen % 100 == 0 && stress_random(&a->random, 4) == 0)
        return weft_stop(self); /* with answers on their way */
    return ask(self, a);
}

static const weft_behavior asker =
    WEFT_BEHAVIOR("asker", struct asker, asking, .args_size = sizeof(uint64_t));

static void spawn(uint64_t seed)
{
    weft_pid pid;

    cr_assert_eq(weft_rt_spawn(rt, &asker, &seed, &pid), 0);
    ledger_add(&ledger, pid, 0);
    atomic_fetch_add(&sent, 1);
    cr_assert_eq(weft_rt_cast_word(rt, pid, TAG_BEGIN, IN_FLIGHT), 0);
}

static void begin(unsigned workers, uint64_t seed)
{
    weft_options options;

    ledger_init(&ledger, LEDGER);
    atomic_store(&sent, 0);
    atomic_store(&answered, 0);
    weft_options_init(&options);
    options.workers = workers;
    options.relief = 1;
    options.actors_max = 1 << 16;
    options.seed = seed;
    options.on_exit = ledger_on_exit;
    options.context = &ledger;
    options.blocking_max = 3;
    options.blocking_queue_max = 20; /* fewer than there may be wanted */
    options.blocking_idle_ns = WEFT_US(20);
    cr_assert_eq(weft_start(&rt, &options), 0);
}

static bool has_enough(void *nothing)
{
    weft_stats stats;

    (void)nothing;
    weft_stats_read(rt, &stats);
    for (uint64_t n = stats.spawned - stats.ended; n < ASKERS; n++)
        spawn(atomic_load(&sent));
    return atomic_load(&answered) >= atomic_load(&wanted);
}

static void run(unsigned workers, uint64_t n)
{
    begin(workers, stress_seed());
    atomic_store(&wanted, n);
    cr_expect(stress_until(has_enough, NULL), "an answer was lost");
    cr_assert_eq(weft_stop_all(rt, STRESS_DEADLINE), 0); /* nobody sends from here on */
    stress_finish(rt, atomic_load(&sent));
    thing_check();
    ledger_check(&ledger);
    ledger_done(&ledger);
}

TestSuite(blocking, .timeout = 600);

Test(blocking, each_function_sends_one_message_on_one_worker)
{
    run(1, stress_amount(5000));
}

Test(blocking, each_function_sends_one_message_on_four_workers)
{
    run(4, stress_amount(5000));
}

Test(blocking, runtimes_are_stopped_around_it)
{
    for (uint64_t i = 0; i < stress_amount(20); i++)
        run(2, i * 17 % 200);
}
