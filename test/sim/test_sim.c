/* test_sim.c: aim: the simulator finds what does not hold, says what that was, makes it short, and
 * runs it again; the same seed is the same run, in any process.
 * Method: small worlds, each with one fault, or none. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weft.h>
#include <weft/sim.h>

TestSuite(sim, .timeout = 120);

static weft_sim_report report;

/* --- a race: who comes by two steps mostly comes before who comes by three --- */

enum { TAG_FIRST = 1, TAG_SECOND, TAG_RELAY };

static weft_pid sink, relay[3];
static bool first_came, wrong;

static weft_next sinking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == TAG_FIRST)
        first_came = true;
    else
        wrong |= !first_came;
    return weft_stay(self);
}

/* The word says where it goes: digits of relays, then the tag for the sink. */
static weft_next relaying(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t way = weft_word(msg);

    (void)state;
    if (way < 10)
        weft_cast_word(self, sink, (uint32_t)way, 0);
    else
        weft_cast_word(self, relay[way % 10], TAG_RELAY, way / 10);
    return weft_stay(self);
}

static const weft_behavior sink_behavior = WEFT_STATELESS("sink", sinking);
static const weft_behavior relay_behavior = WEFT_STATELESS("relay", relaying);

static int build_race(weft_runtime *rt, void *context)
{
    int error = weft_rt_spawn(rt, &sink_behavior, NULL, &sink);

    (void)context;
    first_came = wrong = false;
    for (int i = 0; i < 3 && error == 0; i++)
        error = weft_rt_spawn(rt, &relay_behavior, NULL, &relay[i]);
    weft_rt_cast_word(rt, relay[0], TAG_RELAY, TAG_FIRST);
    weft_rt_cast_word(rt, relay[1], TAG_RELAY, TAG_SECOND * 10 + 2);
    return error;
}

static bool in_turn(void *context)
{
    (void)context;
    return !wrong;
}

static const weft_sim race = {.name = "race",
                              .build = build_race,
                              .check = in_turn,
                              .check_name = "in turn",
                              .seeds = 1000};

static weft_sim_report found_race(enum weft_sim_strategy strategy)
{
    weft_sim sim = race;

    sim.strategy = strategy;
    cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EBROKEN);
    cr_assert_eq(report.verdict, WEFT_SIM_CHECK);
    cr_assert(report.shrunk_to >= 1 && report.shrunk_to <= 5, "%s", report.text);
    cr_assert_not_null(strstr(report.text, "race: invariant 'in turn' broken at t="));
    cr_assert_not_null(strstr(report.text, report.tape));
    return report;
}

Test(sim, a_race_is_found_and_made_short)
{
    found_race(WEFT_SIM_RANDOM);
    found_race(WEFT_SIM_PCT);
    found_race(WEFT_SIM_EXHAUSTIVE);
}

Test(sim, a_tape_is_the_run_again)
{
    weft_sim_report found = found_race(WEFT_SIM_RANDOM);
    weft_sim sim = race;

    sim.seed = found.seed;
    sim.tape = found.tape;
    cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EBROKEN);
    cr_assert_eq(report.digest, found.digest);
    cr_assert_eq(report.turns, found.turns);
    cr_assert_str_eq(report.tape, found.tape);
    sim.tape = ""; /* the plainest run has no race */
    cr_assert_eq(weft_sim_run(&sim, &report), 0);
}

Test(sim, no_tape_is_none)
{
    static const char *const bad[] = {"3",       "3:",      ":1", "3:1;4:1",
                                      "3:1,3:2", "4:1,3:1", "x",  "-3:1"};
    weft_sim sim = race;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sim.tape = bad[i];
        cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EINVAL, "%s", bad[i]);
    }
}

Test(sim, all_orders_are_tried)
{
    weft_sim sim = race;

    sim.check = NULL;
    sim.strategy = WEFT_SIM_EXHAUSTIVE;
    sim.seeds = 0;
    sim.depth = 4;
    cr_assert_eq(weft_sim_run(&sim, &report), 0);
    cr_assert(report.runs > 4 && report.runs < 10000, "%d runs", (int)report.runs);
}

/* --- what comes to hold, and what does not --- */

static bool second_came(void *context)
{
    return *(bool *)context;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static bool first_has_come(void *context)
{
    (void)context;
    return first_came;
}

Test(sim, what_has_to_come)
{
    weft_sim sim = race;

    sim.check = NULL;
    sim.eventually = first_has_come;
    sim.eventually_name = "it comes";
    cr_assert_eq(weft_sim_run(&sim, &report), 0);
    sim.eventually = never;
    cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EBROKEN);
    cr_assert_eq(report.verdict, WEFT_SIM_EVENTUALLY);
    cr_assert_not_null(strstr(report.text, "'it comes'"));
    cr_assert_eq(report.shrunk_to, 0); /* whatever is chosen */
}

Test(sim, what_holds_at_rest)
{
    bool yes = true, no = false;
    weft_sim sim = race;

    sim.check = NULL;
    sim.check_at_rest = second_came;
    sim.context = &yes;
    cr_assert_eq(weft_sim_run(&sim, &report), 0);
    sim.context = &no;
    cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EBROKEN);
    cr_assert_eq(report.verdict, WEFT_SIM_AT_REST);
}

static int fails(weft_runtime *rt, void *context)
{
    (void)rt, (void)context;
    return -77;
}

Test(sim, what_fails_by_itself)
{
    weft_sim sim = {.build = fails};

    cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EBROKEN);
    cr_assert_eq(report.verdict, WEFT_SIM_ERROR);
    cr_assert_eq(report.error, -77);
    sim = race;
    sim.check = NULL;
    sim.end = fails;
    cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EBROKEN);
    cr_assert_eq(report.error, -77);
    sim.build = NULL;
    cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EINVAL);
}

static int builds_something_else(weft_runtime *rt, void *context)
{
    static uint32_t run;

    (void)context;
    cr_assert_eq(build_race(rt, NULL), 0);
    return weft_rt_cast_word(rt, sink, TAG_FIRST + 10 + run++, 0);
}

Test(sim, a_world_that_differs_is_found_out)
{
    weft_sim sim = {.build = builds_something_else, .twice = true};

    cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EBROKEN);
    cr_assert_eq(report.verdict, WEFT_SIM_DIFFERS);
}

/* --- who awaits whom --- */

enum { RING = 3, TAG_ASK = 20 };

static weft_pid ring[RING];

static weft_next heard(weft_self *self, void *state, weft_msg *answer)
{
    (void)state, (void)answer;
    return weft_stay(self);
}

/* Asks the actor that the word names; a question is left open. */
static weft_next awaiting(weft_self *self, void *state, weft_msg *msg)
{
    weft_due *due = state;

    if (!weft_is_question(msg))
        return weft_await_word(self, ring[weft_word(msg)], TAG_ASK, 0, WEFT_SEC(5),
                               heard);
    *due = weft_reply_later(self, msg);
    return weft_stay(self);
}

static const weft_behavior awaiter = WEFT_BEHAVIOR("awaiter", weft_due, awaiting);

static int build_ring(weft_runtime *rt, void *context)
{
    int error = 0, asking = *(int *)context;

    for (int i = 0; i < RING && error == 0; i++)
        error = weft_rt_spawn(rt, &awaiter, NULL, &ring[i]);
    for (int i = 0; i < asking && error == 0; i++)
        error = weft_rt_cast_word(rt, ring[i], TAG_ASK, (uint64_t)(i + 1) % RING);
    return error;
}

Test(sim, a_circle_is_printed)
{
    int asking = RING;
    weft_sim sim = {.build = build_ring, .context = &asking};

    cr_assert_eq(weft_sim_run(&sim, &report), WEFT_EBROKEN);
    cr_assert_eq(report.verdict, WEFT_SIM_DEADLOCK);
    cr_assert_eq(report.circle_size, RING);
    for (unsigned i = 0; i < RING; i++)
        for (unsigned k = 0; k < RING; k++)
            if (report.circle[i] == ring[k])
                cr_assert_eq(report.circle[(i + 1) % RING], ring[(k + 1) % RING]);
    cr_assert_not_null(strstr(report.text, "awaits awaiter <"));
    sim.deadlocks_allowed = true;
    cr_assert_eq(weft_sim_run(&sim, &report), 0);
    cr_assert(report.time_ns >= WEFT_SEC(5)); /* the deadlines came, in no time */
    asking = RING - 1;
    sim.deadlocks_allowed = false;
    cr_assert_eq(weft_sim_run(&sim, &report), 0);
}

/* --- threads outside --- */

static weft_next doubling(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, TAG_ASK, 2 * weft_word(msg));
    return weft_stay(self);
}

static const weft_behavior doubler = WEFT_STATELESS("doubler", doubling);

static int build_and_ask(weft_runtime *rt, void *context)
{
    weft_pid pid;
    uint64_t answer = 0;
    int error = weft_rt_spawn_and_wait(rt, &doubler, NULL, WEFT_SEC(1), &pid);

    (void)context;
    if (error == 0)
        error = weft_rt_await_word(rt, pid, weft_word_letter(TAG_ASK, 21), WEFT_SEC(1),
                                   &answer);
    if (error == 0)
        error = weft_rt_stop_and_wait(rt, pid, WEFT_SEC(1));
    return error == 0 && answer != 42 ? -1 : error;
}

Test(sim, a_thread_outside_may_wait)
{
    weft_sim sim = {.build = build_and_ask, .seeds = 200, .faults = WEFT_SIM_SLOW_STEPS};

    cr_assert_eq(weft_sim_run(&sim, &report), 0, "%s", report.text);
}

static int build_and_wait_for_ever(weft_runtime *rt, void *context)
{
    weft_port *port;
    weft_msg *msg;
    int error = weft_port_open(rt, 0, &port);

    (void)context;
    if (error < 0)
        return error;
    error = weft_port_wait(port, WEFT_FOREVER, &msg);
    if (error == WEFT_ETIMEDOUT)
        error = weft_port_wait(port, WEFT_SEC(100), &msg);
    weft_port_close(port);
    return error == WEFT_ETIMEDOUT && weft_sim_now(rt) >= WEFT_SEC(101) ? 0 : -1;
}

Test(sim, for_ever_is_over_when_nothing_can_happen)
{
    weft_sim sim = {.build = build_and_wait_for_ever};

    cr_assert_eq(weft_sim_run(&sim, &report), 0, "%s", report.text);
}

/* --- offloaded functions --- */

static unsigned worked;

static void work(weft_work *w, const void *args)
{
    weft_work_answer(w, weft_word_letter(TAG_SECOND, *(const uint64_t *)args));
}

static weft_next offloading(weft_self *self, void *state, weft_msg *msg)
{
    uint64_t n = weft_word(msg);

    (void)state;
    if (weft_tag(msg) == TAG_SECOND)
        worked += (unsigned)n;
    else
        for (n = 1; n <= 4; n++)
            cr_assert_eq(weft_offload(self, work, &n, sizeof n, n), 0);
    return weft_stay(self);
}

static const weft_behavior offloader = WEFT_STATELESS("offloader", offloading);

static int build_offloader(weft_runtime *rt, void *context)
{
    weft_pid pid;
    int error = weft_rt_spawn(rt, &offloader, NULL, &pid);

    (void)context;
    worked = 0;
    return error < 0 ? error : weft_rt_cast_word(rt, pid, TAG_FIRST, 0);
}

static bool all_worked(void *context)
{
    (void)context;
    return worked == 10;
}

Test(sim, offloaded_functions_run)
{
    weft_sim sim = {
        .build = build_offloader, .eventually = all_worked, .seeds = 50, .twice = true};

    cr_assert_eq(weft_sim_run(&sim, &report), 0, "%s", report.text);
}

/* --- the same in any process --- */

enum { ALL_FAULTS = 63, DIGESTS = 1000 };

static void cast_in(weft_runtime *rt, void *context)
{
    (void)context;
    weft_rt_cast_word(rt, relay[1], TAG_RELAY, TAG_SECOND * 100 + 20);
}

/* Slow tools have less to do. */
static uint64_t digests(void)
{
    const char *slow = getenv("SHIM_TIMEOUT_FACTOR");

    return slow != NULL && strtod(slow, NULL) > 4 ? DIGESTS / 20 : DIGESTS;
}

static uint64_t digest_of_all(void)
{
    uint64_t digest = 0, n = digests();
    weft_sim sim = race;

    sim.check = NULL;
    sim.outside = cast_in;
    sim.turns_max = 200;
    sim.seeds = 1;
    for (sim.seed = 0; sim.seed < n; sim.seed++) {
        sim.faults = (unsigned)sim.seed & ALL_FAULTS;
        if (weft_sim_run(&sim, &report) != 0)
            return 0;
        digest = digest * 31 + report.digest;
    }
    return digest;
}

/* Before any test: a process that was started by the test below. */
__attribute__((constructor)) static void be_the_other_process(void)
{
    if (getenv("WEFT_TEST_DIGEST") == NULL)
        return;
    printf("%016llx\n", (unsigned long long)digest_of_all());
    fflush(stdout);
    _exit(0);
}

Test(sim, two_processes_run_the_same)
{
    char command[64], theirs[32] = "", ours[32];
    FILE *f;

    snprintf(command, sizeof command, "WEFT_TEST_DIGEST=1 /proc/%d/exe", (int)getpid());
    f = popen(command, "r");
    cr_assert_not_null(f);
    cr_assert_not_null(fgets(theirs, sizeof theirs, f));
    pclose(f);
    snprintf(ours, sizeof ours, "%016llx\n", (unsigned long long)digest_of_all());
    cr_assert_str_eq(theirs, ours);
    cr_assert_str_neq(ours, "0000000000000000\n");
    snprintf(theirs, sizeof theirs, "%016llx\n", (unsigned long long)digest_of_all());
    cr_assert_str_eq(theirs, ours);
}

/* --- what the environment says --- */

Test(sim, environment)
{
    weft_sim sim = race;

    cr_assert_eq(weft_sim_from_env(&sim), 0);
    cr_assert_eq(sim.seeds, 1000);
    setenv("WEFT_SEED", "0x5eed", 1);
    setenv("WEFT_TAPE", "1:2", 1);
    setenv("WEFT_SIM", "pct", 1);
    cr_assert_eq(weft_sim_from_env(&sim), 0);
    cr_assert(sim.seed == 0x5eed && sim.seeds == 1 && sim.strategy == WEFT_SIM_PCT);
    cr_assert_str_eq(sim.tape, "1:2");
    setenv("WEFT_SEED", "five", 1);
    cr_assert_eq(weft_sim_from_env(&sim), WEFT_EINVAL);
    unsetenv("WEFT_SEED");
    setenv("WEFT_SIM", "hope", 1);
    cr_assert_eq(weft_sim_from_env(&sim), WEFT_EINVAL);
}
