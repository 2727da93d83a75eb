/* test_behaviors.c: aim: what a behaviour may look like, and what its actor then has: a zeroed
 * and aligned state of its own, its args copied, its name in the reason.
 * Method: tables of contradictions; behaviours of all sizes and alignments made on the fly,
 * whose actors write all over their states. */
#include "test/support/unit_story.h"

#include <string.h>

TestSuite(behaviors, .timeout = 60);

static weft_runtime *rt;

static weft_next idle(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static weft_next ready(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    return weft_stay(self);
}

/* --- contradictions --- */

static const weft_behavior contradictions[] = {
    {.name = "without a step", .state_align = 1},
    {.name = "no power of two", .state_size = 8, .state_align = 3, .step = idle},
    {.name = "no power of two", .state_size = 8, .state_align = 24, .step = idle},
    {.name = "aligned to 0", .state_size = 8, .step = idle},
    {.name = "aligned too much", .state_size = 8, .state_align = 8192, .step = idle},
    {.name = "args without room", .state_align = 1, .args_size = 1, .step = idle},
    {.name = "args too large",
     .state_size = 8,
     .state_align = 8,
     .args_size = 9,
     .step = idle},
};
enum { CONTRADICTIONS = sizeof contradictions / sizeof *contradictions };

/* With size 0 nothing is said about alignment. */
static const weft_behavior allowed[] = {
    {.name = "nothing but a step", .step = idle},
    {.name = "aligned to 4096", .state_size = 1, .state_align = 4096, .step = idle},
    {.name = "args as large",
     .state_size = 8,
     .state_align = 8,
     .args_size = 8,
     .step = idle},
    {.name = "args for init", .args_size = 5000, .step = idle, .init = ready},
    {.step = idle},
};

Test(behaviors, that_contradict_themselves_are_refused_from_outside)
{
    weft_stats stats;

    rt = story_start(1);
    cr_expect_eq(weft_rt_spawn(rt, NULL, NULL, NULL), WEFT_EINVAL);
    for (int i = 0; i < CONTRADICTIONS; i++) {
        weft_pid pid = 12345;

        cr_expect_eq(weft_rt_spawn(rt, &contradictions[i], NULL, &pid), WEFT_EINVAL, "%s",
                     contradictions[i].name);
        cr_expect_eq(pid, WEFT_NOBODY);
    }
    stats = story_stats(rt);
    cr_expect_eq(stats.spawned, 0);
    story_finish(rt);
}

static weft_next spawning_nonsense(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    cr_expect_eq(weft_spawn(self, NULL, NULL, NULL), WEFT_EINVAL);
    for (int i = 0; i < CONTRADICTIONS; i++) {
        weft_pid pid = 12345;

        cr_expect_eq(weft_spawn(self, &contradictions[i], NULL, &pid), WEFT_EINVAL, "%s",
                     contradictions[i].name);
        cr_expect_eq(pid, WEFT_NOBODY);
    }
    weft_exit(self, 0);
    return weft_stay(self);
}

static const weft_behavior spawner = WEFT_STATELESS("spawner", spawning_nonsense);

Test(behaviors, that_contradict_themselves_are_refused_in_a_step)
{
    rt = story_start(1);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &spawner, NULL), TELL, 0), 0);
    weft_run(rt);
    cr_expect_eq(story_stats(rt).spawned, 1);
    story_finish(rt);
}

Test(behaviors, of_all_other_kinds_are_allowed)
{
    rt = story_start(1);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        weft_pid pid = WEFT_NOBODY;

        cr_expect_eq(weft_rt_spawn(rt, &allowed[i], NULL, &pid), 0);
        cr_expect_neq(pid, WEFT_NOBODY);
        cr_expect_eq(weft_rt_spawn(rt, &allowed[i], NULL, NULL), 0,
                     "nobody wants to know");
    }
    story_finish(rt);
}

Test(behaviors, without_room_for_args_are_given_none)
{
    weft_pid pid = 12345;
    int arg = 1;

    rt = story_start(1);
    cr_expect_eq(weft_rt_spawn(rt, &allowed[0], &arg, &pid), WEFT_EINVAL);
    cr_expect_eq(pid, WEFT_NOBODY);
    story_finish(rt);
}

/* --- states --- */

static const size_t sizes[] = {1,   2,   7,    8,    9,    31,   32,   33,   39,   40,
                               41,  48,  63,   64,   65,   100,  128,  129,  256,  257,
                               512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 20000};
enum { SIZES = sizeof sizes / sizeof *sizes, ALIGNS = 13, KINDS = SIZES * ALIGNS };

static weft_behavior kinds[KINDS];

/* Which of the behaviours an actor has is in its messages; each is told twice. */
static const weft_behavior *kind_of(const weft_msg *msg)
{
    return &kinds[weft_word(msg) % KINDS];
}

static bool all_are(const unsigned char *bytes, size_t n, int value)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

static weft_next second(weft_self *self, void *state, weft_msg *msg)
{
    const weft_behavior *kind = kind_of(msg);
    int mark = 1 + (int)(weft_word(msg) % 250);

    cr_expect(all_are(state, kind->state_size, mark), "size %zu, align %zu",
              kind->state_size, kind->state_align);
    return weft_stop(self);
}

static weft_next first(weft_self *self, void *state, weft_msg *msg)
{
    const weft_behavior *kind = kind_of(msg);

    cr_expect_eq((uintptr_t)state % kind->state_align, 0, "size %zu, align %zu",
                 kind->state_size, kind->state_align);
    cr_expect(all_are(state, kind->state_size, 0), "size %zu, align %zu",
              kind->state_size, kind->state_align);
    memset(state, 1 + (int)(weft_word(msg) % 250), kind->state_size);
    return weft_become(self, second);
}

static void make_kinds(void)
{
    for (size_t i = 0; i < KINDS; i++)
        kinds[i] = (weft_behavior){.name = "a kind",
                                   .state_size = sizes[i / ALIGNS],
                                   .state_align = (size_t)1 << i % ALIGNS,
                                   .step = first};
}

/* All of them at once, twice over, so that states lie beside each other and memory of ended
 * ones is used again. */
TestOnWorkers(behaviors, states_are_aligned_zeroed_and_ones_own)
{
    static weft_pid pids[KINDS];

    make_kinds();
    rt = story_start(workers);
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < KINDS; i++)
            cr_assert_eq(weft_rt_spawn(rt, &kinds[i], NULL, &pids[i]), 0);
        for (uint64_t i = 0; i < 2 * KINDS; i++)
            cr_assert_eq(weft_rt_cast_word(rt, pids[i % KINDS], TELL, i % KINDS), 0);
        wait_until(story_stats(rt).ended == (uint64_t)(round + 1) * KINDS);
    }
    story_finish(rt);
}

static void *state_in[4];

static weft_next stateless_init(weft_self *self, void *state, const void *args)
{
    (void)args;
    state_in[0] = state;
    return weft_stay(self);
}

static weft_next stateless_step(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    state_in[1] = state;
    return weft_stop(self);
}

static void stateless_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)self, (void)reason;
    state_in[2] = state;
}

static void stateless_destroy(void *state)
{
    state_in[3] = state;
}

Test(behaviors, without_state_get_NULL)
{
    static const weft_behavior stateless =
        WEFT_STATELESS("stateless", stateless_step, .init = stateless_init,
                       .stop = stateless_stop, .destroy = stateless_destroy);

    for (int i = 0; i < 4; i++)
        state_in[i] = &rt;
    rt = story_start(1);
    cr_assert_eq(weft_rt_cast_word(rt, story_spawn(rt, 0, &stateless, NULL), TELL, 0), 0);
    story_wait(0, "exit normal");
    story_finish(rt);
    for (int i = 0; i < 4; i++)
        cr_expect_null(state_in[i], "place %d", i);
}

/* --- args --- */

struct long_state {
    unsigned char bytes[100];
};

static weft_next comparing(weft_self *self, void *state, weft_msg *msg)
{
    const unsigned char *bytes = ((struct long_state *)state)->bytes;
    size_t given = (size_t)weft_word(msg);

    for (size_t i = 0; i < sizeof(struct long_state); i++)
        cr_expect_eq(bytes[i], i < given ? (int)(i + 1) : 0, "byte %zu of %zu", i, given);
    return weft_stop(self);
}

/* Without init the args are the state's beginning; the caller's copy may change at once. */
TestOnWorkers(behaviors, args_begin_the_state_and_the_rest_is_zero)
{
    static weft_behavior behavior[sizeof(struct long_state) + 1];
    struct long_state args;
    weft_pid pid;

    rt = story_start(workers);
    for (size_t n = 0; n <= sizeof args; n++) {
        behavior[n] = (weft_behavior)WEFT_BEHAVIOR("long", struct long_state, comparing,
                                                   .args_size = n);
        for (size_t i = 0; i < sizeof args; i++)
            args.bytes[i] = (unsigned char)(i + 1);
        cr_assert_eq(weft_rt_spawn(rt, &behavior[n], n > 0 ? &args : NULL, &pid), 0);
        memset(&args, 0xee, sizeof args);
        cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, n), 0);
        cr_assert_eq(weft_rt_spawn(rt, &behavior[n], NULL, &pid), 0);
        cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, 0), 0);
    }
    wait_until(story_stats(rt).ended == 2 * (sizeof args + 1));
    story_finish(rt);
}

/* The same for states that are small enough to lie in the slot, from addresses of all kinds. */
static weft_next comparing_small(weft_self *self, void *state, weft_msg *msg)
{
    const unsigned char *bytes = state;
    size_t given = (size_t)weft_word(msg) % 64, size = (size_t)weft_word(msg) / 64;

    for (size_t i = 0; i < size; i++)
        cr_expect_eq(bytes[i], i < given ? (int)(i + 1) : 0,
                     "byte %zu of %zu, state of %zu", i, given, size);
    return weft_stop(self);
}

TestOnWorkers(behaviors, small_states_begin_with_their_args_too)
{
    enum { LARGEST = 48 };
    static weft_behavior behavior[LARGEST + 1][LARGEST + 1];
    char place[LARGEST + 8];
    uint64_t made = 0;

    rt = story_start(workers);
    for (size_t size = 1; size <= LARGEST; size++)
        for (size_t n = 1; n <= size; n++) {
            char *args = place + n % 8;
            weft_pid pid;

            for (size_t i = 0; i < n; i++)
                args[i] = (char)(i + 1);
            behavior[size][n] = (weft_behavior){.name = "small",
                                                .state_size = size,
                                                .state_align = 1,
                                                .step = comparing_small,
                                                .args_size = n};
            cr_assert_eq(weft_rt_spawn(rt, &behavior[size][n], args, &pid), 0);
            cr_assert_eq(weft_rt_cast_word(rt, pid, TELL, size * 64 + n), 0);
            made++;
        }
    wait_until(story_stats(rt).ended == made);
    story_finish(rt);
}

static weft_next checking_args(weft_self *self, void *state, const void *args)
{
    const unsigned char *bytes = args;

    cr_expect(all_are(state, sizeof(int), 0));
    cr_expect_eq((uintptr_t)args % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < 5000; i++)
        cr_expect_eq(bytes[i], (unsigned char)(i * 7));
    return weft_stop(self);
}

Test(behaviors, init_gets_a_copy_of_args_that_may_be_larger_than_the_state)
{
    static const weft_behavior checker =
        WEFT_BEHAVIOR("checker", int, idle, .init = checking_args, .args_size = 5000);
    static unsigned char args[5000];

    for (size_t i = 0; i < sizeof args; i++)
        args[i] = (unsigned char)(i * 7);
    rt = story_start(1);
    story_spawn(rt, 0, &checker, args);
    memset(args, 0, sizeof args);
    story_wait(0, "exit normal");
    story_finish(rt);
}

static weft_next wanting_none(weft_self *self, void *state, const void *args)
{
    (void)state;
    return args == NULL ? weft_stop(self) : weft_fail(self, 1, "args");
}

Test(behaviors, init_gets_NULL_if_no_args_were_given)
{
    static const weft_behavior modest =
        WEFT_STATELESS("modest", idle, .init = wanting_none, .args_size = 8);
    static const weft_behavior poor = WEFT_STATELESS("poor", idle, .init = wanting_none);

    rt = story_start(1);
    story_spawn(rt, 0, &modest, NULL);
    story_spawn(rt, 1, &poor, NULL);
    story_wait(0, "exit normal");
    story_wait(1, "exit normal");
    story_finish(rt);
}

/* --- the name --- */

static const char *name_in_stop, *name_on_exit;

static void naming_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)self, (void)state;
    name_in_stop = reason->behavior;
}

static void naming_exit(void *context, weft_pid pid, const weft_reason *reason)
{
    (void)pid;
    name_on_exit = reason->behavior;
    cr_expect_eq(context, &rt);
}

Test(behaviors, a_reason_has_the_name_and_on_exit_its_context)
{
    static const weft_behavior named =
        WEFT_STATELESS("some name", idle, .stop = naming_stop);
    weft_options options;

    weft_options_init(&options);
    options.on_exit = naming_exit;
    options.context = &rt;
    rt = story_start_with(&options);
    cr_assert_eq(weft_rt_spawn(rt, &named, NULL, NULL), 0);
    story_finish(rt);
    cr_expect_str_eq(name_in_stop, "some name");
    cr_expect_str_eq(name_on_exit, "some name");
}
