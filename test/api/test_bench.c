/* test_bench.c: aim: a run measures latency from when operations were due, so that a server which
 * stands still is seen in all that it kept waiting; its totals add up, whatever fails, gets lost
 * or is too much; intervals, warm-up and closed loops count what they say they count.
 * Method: a clock that only goes on when somebody sleeps or works, so that every latency is known
 * beforehand, with actors on the same thread; and runs with workers, of which only the totals
 * are known. */
#include <criterion/criterion.h>
#include <string.h>
#include <weft.h>
#include <weft/bench.h>

TestSuite(bench, .timeout = 60);

enum { TAG_OP = 1 };

/* --- a clock that goes on by hand, and a server that takes its time --- */

struct world {
    uint64_t now_ns;
    uint64_t service_ns; /* of one operation */
    unsigned stall_at;   /* the operation at which the server stands still; 0: none */
    uint64_t stall_ns;   /* and how long */
    weft_histogram
        *seen; /* what operations took from when they began; NULL: nobody asks */
    weft_pid server;
    unsigned served;
    unsigned lost_every, failed_every; /* 0: none */
    bool right;
    unsigned set_up, torn_down;
};

static uint64_t now(void *context)
{
    return ((struct world *)context)->now_ns;
}

static void sleep_until(void *context, uint64_t at_ns)
{
    struct world *world = context;

    if (at_ns > world->now_ns)
        world->now_ns = at_ns;
}

struct server {
    weft_bench *bench;
    struct world *world;
};

static weft_next serving(weft_self *self, void *state, weft_msg *msg)
{
    struct server *server = state;
    struct world *world = server->world;
    weft_op op = weft_word(msg);
    unsigned n = ++world->served;
    uint64_t began_ns = world->now_ns;

    world->now_ns += world->service_ns;
    if (n == world->stall_at)
        world->now_ns += world->stall_ns;
    if (world->seen != NULL)
        weft_histogram_add(world->seen, world->now_ns - began_ns, 1);
    if (world->failed_every > 0 && n % world->failed_every == 0)
        weft_bench_failed(server->bench, op);
    else if (world->lost_every == 0 || n % world->lost_every > 0)
        weft_bench_done(server->bench, op);
    if (weft_bench_options_of(server->bench)->clients > 0 &&
        weft_bench_next(server->bench, &op))
        weft_cast_word(self, weft_self_pid(self), TAG_OP, op);
    return weft_stay(self);
}

static const weft_behavior server_behavior =
    WEFT_BEHAVIOR("server", struct server, serving, .args_size = sizeof(struct server));

static int set_up(weft_bench *bench, void *context)
{
    struct server server = {.bench = bench, .world = context};

    server.world->set_up++;
    return weft_rt_spawn(weft_bench_runtime(bench), &server_behavior, &server,
                         &server.world->server);
}

static int ask(weft_bench *bench, void *context, weft_op op)
{
    struct world *world = context;

    return weft_rt_cast_word(weft_bench_runtime(bench), world->server, TAG_OP, op);
}

static bool check(weft_bench *bench, void *context)
{
    (void)bench;
    return ((struct world *)context)->right;
}

static void tear_down(void *context)
{
    ((struct world *)context)->torn_down++;
}

static const weft_scenario scenario = {
    .name = "server", .setup = set_up, .run = ask, .check = check, .teardown = tear_down};

static weft_options threadless;
static weft_bench_options options;
static weft_bench_clock clock_by_hand;

/* A thousand operations in a second, for ten seconds. */
static struct world virtual_world(void)
{
    weft_options_init(&threadless);
    threadless.threadless = true;
    weft_bench_options_init(&options);
    options.runtime = &threadless;
    options.duration_ns = WEFT_SEC(10);
    options.interval_ns = WEFT_SEC(1);
    options.drain_ns = WEFT_SEC(1);
    options.arrivals.rate = 1000;
    options.clock = &clock_by_hand;
    return (struct world){.service_ns = WEFT_US(100), .right = true};
}

static weft_bench_result run(struct world *world)
{
    weft_bench_result result;

    clock_by_hand = (weft_bench_clock){now, sleep_until, world};
    options.context = world;
    cr_assert_eq(weft_bench_run(&scenario, &options, &result), 0);
    cr_expect_eq(world->set_up, 1);
    cr_expect_eq(world->torn_down, 1);
    return result;
}

static bool is_near(uint64_t got, uint64_t wanted)
{
    uint64_t off = got > wanted ? got - wanted : wanted - got;

    return off * 250 <= wanted;
}

#define expect_percentile(h, percent, wanted)                              \
    cr_expect(is_near(weft_histogram_percentile(h, percent), wanted),      \
              "%g %%: %llu ns, not %llu", (double)(percent),               \
              (unsigned long long)weft_histogram_percentile(h, (percent)), \
              (unsigned long long)(wanted))

/* --- coordinated omission --- */

Test(bench, a_steady_server_shows_its_service_time)
{
    struct world world = virtual_world();
    weft_bench_result result = run(&world);

    cr_expect(result.right);
    cr_expect_eq(result.begun, 10000);
    cr_expect_eq(result.done, 10000);
    cr_expect_eq(result.failed + result.unfinished + result.dead, 0);
    cr_expect_eq(weft_histogram_least(result.latency), WEFT_US(100));
    cr_expect_eq(weft_histogram_most(result.latency), WEFT_US(100));
    cr_expect_eq(weft_histogram_mean(result.latency), WEFT_US(100));
    cr_expect_eq(weft_histogram_most(result.lag), 0);
    cr_expect_eq(result.span_ns, WEFT_SEC(10));
    cr_expect_eq(result.rate, 1000);
    weft_bench_result_done(&result);
}

/* The server stands still for a second at the 2000th of 10000 operations. Those that were due
 * meanwhile have waited for what was left of it: 1000 of them, evenly from a second down to
 * nothing, and those behind them until the server, which can serve 10 while 1 is due, has caught
 * up: 111 more. A tenth of all has waited; by the times from when each was begun one operation
 * alone did, and 99.9 % took 0.1 ms. */
Test(bench, a_server_that_stands_still_is_seen_by_all_who_were_due)
{
    struct world world = virtual_world();
    weft_bench_result result;
    weft_histogram *wanted = weft_histogram_create();
    unsigned waited = 0;

    world.stall_at = 2000;
    world.stall_ns = WEFT_SEC(1);
    world.seen = weft_histogram_create();
    result = run(&world);

    /* By hand: each is served when it is due, or when the one before it is over. */
    for (uint64_t k = 0, free_ns = 0; k < 10000; k++) {
        uint64_t due_ns = k * WEFT_MS(1);
        uint64_t began_ns = due_ns > free_ns ? due_ns : free_ns;

        free_ns = began_ns + WEFT_US(100) + (k == 1999 ? WEFT_SEC(1) : 0);
        weft_histogram_add(wanted, free_ns - due_ns, 1);
        waited += free_ns - due_ns > WEFT_US(100);
    }
    cr_expect_eq(waited, 1112);
    cr_expect_eq(weft_histogram_count(result.latency), 10000);
    for (double percent = 1; percent <= 100; percent += 0.5)
        cr_expect_eq(weft_histogram_percentile(result.latency, percent),
                     weft_histogram_percentile(wanted, percent));
    expect_percentile(result.latency, 50, WEFT_US(100));
    expect_percentile(result.latency, 99, WEFT_US(910000));
    expect_percentile(world.seen, 99.9, WEFT_US(100));
    cr_expect_eq(weft_histogram_most(result.latency), WEFT_SEC(1) + WEFT_US(100));
    weft_histogram_destroy(world.seen);
    weft_histogram_destroy(wanted);
    weft_bench_result_done(&result);
}

/* The same stall in a closed loop of one client: it is waited for once. That is what a closed
 * loop is, and why it is not the default. */
Test(bench, a_closed_loop_waits_once)
{
    struct world world = virtual_world();
    weft_bench_result result;

    options.clients = 1;
    world.stall_at = 2000;
    world.stall_ns = WEFT_SEC(1);
    result = run(&world);
    cr_expect_eq(result.begun, 90000, "ten in a millisecond, but for one second");
    cr_expect_eq(result.done, 90000);
    expect_percentile(result.latency, 99.99, WEFT_US(100));
    cr_expect_eq(weft_histogram_most(result.latency), WEFT_SEC(1) + WEFT_US(100));
    weft_bench_result_done(&result);
}

/* A thousand are due in each interval of a second; while the server stood still none came to
 * pass, but they were due. */
Test(bench, intervals_say_when_it_happened)
{
    struct world world = virtual_world();
    weft_bench_result result;
    uint64_t begun = 0, done = 0;

    world.stall_at = 2500;
    world.stall_ns = WEFT_MS(400);
    result = run(&world);
    cr_assert_eq(result.interval_count, 10);
    for (unsigned i = 0; i < 10; i++) {
        const weft_bench_interval *interval = &result.intervals[i];

        cr_expect_eq(interval->from_ns, i * WEFT_SEC(1));
        cr_expect_eq(interval->to_ns, (i + 1) * WEFT_SEC(1));
        cr_expect(is_near(interval->worst_ns, i == 2 ? WEFT_US(400100) : WEFT_US(100)));
        begun += interval->begun;
        done += interval->done;
    }
    cr_expect_eq(begun, 10000);
    cr_expect_eq(done, 10000);
    weft_bench_result_done(&result);
}

/* --- what counts --- */

Test(bench, a_warm_up_does_not_count)
{
    struct world world = virtual_world();
    weft_bench_result result;

    options.warmup_ns = WEFT_SEC(5);
    world.stall_at = 2000; /* in the warm-up */
    world.stall_ns = WEFT_MS(100);
    result = run(&world);
    cr_expect_eq(world.served, 15000);
    cr_expect_eq(result.begun, 10000);
    cr_expect_eq(result.done, 10000);
    cr_expect_eq(weft_histogram_most(result.latency), WEFT_US(100));
    cr_expect_eq(result.intervals[0].from_ns, 0);
    cr_expect_eq(result.intervals[0].done, 1000);
    weft_bench_result_done(&result);
}

Test(bench, every_operation_is_done_failed_or_unfinished)
{
    struct world world = virtual_world();
    weft_bench_result result;

    world.failed_every = 10;
    world.lost_every = 4;
    result = run(&world);
    cr_expect(result.right);
    cr_expect_eq(result.begun, 10000);
    cr_expect_eq(result.failed, 1000);
    cr_expect_eq(result.unfinished, 2000, "those of 2500 that had not failed");
    cr_expect_eq(result.done, 7000);
    weft_bench_result_done(&result);
}

/* Of the first 100 nobody says anything: they fill the backlog. */
Test(bench, more_than_the_backlog_fails)
{
    struct world world = virtual_world();
    weft_bench_result result;

    options.backlog_max = 100;
    world.lost_every = 1;
    result = run(&world);
    cr_expect_eq(world.served, 100);
    cr_expect_eq(result.failed, 9900);
    cr_expect_eq(result.unfinished, 100);
    weft_bench_result_done(&result);
}

Test(bench, what_check_says_is_the_verdict)
{
    struct world world = virtual_world();
    weft_bench_result result;

    world.right = false;
    result = run(&world);
    cr_expect_not(result.right);
    cr_expect_eq(result.done, 10000);
    weft_bench_result_done(&result);
}

static int set_up_badly(weft_bench *bench, void *context)
{
    (void)bench, (void)context;
    return WEFT_ELIMIT;
}

Test(bench, a_setup_that_fails_is_the_error)
{
    weft_scenario broken = scenario;
    weft_bench_result result;
    struct world world = virtual_world();

    clock_by_hand = (weft_bench_clock){now, sleep_until, &world};
    options.context = &world;
    broken.setup = set_up_badly;
    cr_expect_eq(weft_bench_run(&broken, &options, &result), WEFT_ELIMIT);
    cr_expect_eq(world.torn_down, 1);
    cr_expect_null(result.latency);
}

Test(bench, options_that_make_no_sense_are_refused)
{
    weft_scenario empty = {.name = "empty"};
    weft_bench_result result;

    virtual_world();
    cr_expect_eq(weft_bench_run(&empty, &options, &result), WEFT_EINVAL);
    options.size = 8;
    cr_expect_eq(weft_bench_run(&scenario, &options, &result), WEFT_EINVAL);
    virtual_world();
    options.arrivals.rate = 0;
    cr_expect_eq(weft_bench_run(&scenario, &options, &result), WEFT_EINVAL);
    virtual_world();
    options.duration_ns = 0;
    cr_expect_eq(weft_bench_run(&scenario, &options, &result), WEFT_EINVAL);
}

/* --- with workers, and time as it is --- */

struct crowd {
    weft_pid worker[4];
    unsigned next;
};

static weft_next answering(weft_self *self, void *state, weft_msg *msg)
{
    weft_bench *bench = *(weft_bench **)state;
    weft_op op = weft_word(msg);

    weft_bench_done(bench, op);
    if (weft_bench_options_of(bench)->clients > 0 && weft_bench_next(bench, &op))
        weft_cast_word(self, weft_self_pid(self), TAG_OP, op);
    return weft_stay(self);
}

static const weft_behavior answerer =
    WEFT_BEHAVIOR("answerer", weft_bench *, answering, .args_size = sizeof(weft_bench *));

static int set_up_crowd(weft_bench *bench, void *context)
{
    struct crowd *crowd = context;
    int error = 0;

    for (unsigned i = 0; i < 4 && error == 0; i++)
        error = weft_rt_spawn(weft_bench_runtime(bench), &answerer, &bench,
                              &crowd->worker[i]);
    return error;
}

static int ask_one(weft_bench *bench, void *context, weft_op op)
{
    struct crowd *crowd = context;

    return weft_rt_cast_word(weft_bench_runtime(bench), crowd->worker[crowd->next++ % 4],
                             TAG_OP, op);
}

static const weft_scenario crowded = {
    .name = "crowd", .setup = set_up_crowd, .run = ask_one};

static weft_bench_result run_crowd(unsigned clients)
{
    struct crowd crowd = {.next = 0};
    weft_bench_result result;
    weft_options two;

    weft_options_init(&two);
    two.workers = 2;
    weft_bench_options_init(&options);
    options.runtime = &two;
    options.duration_ns = WEFT_MS(100);
    options.arrivals.rate = 20000;
    options.clients = clients;
    options.context = &crowd;
    cr_assert_eq(weft_bench_run(&crowded, &options, &result), 0);
    cr_expect(result.right);
    cr_expect_eq(result.done, result.begun);
    cr_expect_eq(result.handled, result.begun);
    cr_expect_eq(result.dead, 0);
    cr_expect_eq(weft_histogram_count(result.latency), result.done);
    cr_expect_geq(result.span_ns, WEFT_MS(100));
    return result;
}

Test(bench, workers_lose_no_operation_of_an_open_loop)
{
    weft_bench_result result = run_crowd(0);

    cr_expect_eq(result.begun, 2000);
    cr_expect_eq(weft_histogram_count(result.lag), 2000);
    weft_bench_result_done(&result);
}

Test(bench, workers_lose_no_operation_of_a_closed_loop)
{
    weft_bench_result result = run_crowd(8);

    cr_expect_geq(result.begun, 8);
    weft_bench_result_done(&result);
}
