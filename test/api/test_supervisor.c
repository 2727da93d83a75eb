/* test_supervisor.c: aim: what a supervisor by a table does when a child of it ends, exactly: which
 * children are stopped and started again, in which order; and what it can be told.
 * Method: children have letters; what their hooks do is written down in one log, in order. */
#include "test/support/unit_threads.h"

#include <weft.h>

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

TestSuite(supervisor, .timeout = 120);

enum { LOG = 8192 };
enum { TAG_END = 1, TAG_FAIL, TAG_SIBLING, TAG_ASKED, TAG_ASK, TAG_AFTER, TAG_CALL };

/* --- the log --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[LOG];
static size_t log_length;
static weft_runtime *rt;
static weft_pid sup;

static void tell(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    pthread_mutex_lock(&lock);
    if (log_length > 0)
        log_length += (size_t)snprintf(log_text + log_length, LOG - log_length, ", ");
    log_length +=
        (size_t)vsnprintf(log_text + log_length, LOG - log_length, format, list);
    cr_expect_lt(log_length, LOG);
    pthread_mutex_unlock(&lock);
    va_end(list);
}

static bool log_is(const char *expected)
{
    bool same;

    pthread_mutex_lock(&lock);
    same = strcmp(log_text, expected) == 0;
    pthread_mutex_unlock(&lock);
    return same;
}

static void log_clear(void)
{
    pthread_mutex_lock(&lock);
    log_length = 0;
    log_text[0] = '\0';
    pthread_mutex_unlock(&lock);
}

static bool log_becomes(const char *text)
{
    const uint64_t until = wait_begin();

    while (!log_is(text))
        if (!wait_goes_on(until))
            return false;
    return true;
}

#define log_wait(expected)                                                        \
    cr_assert(log_becomes(expected), "the log is: \"%s\", not: \"%s\"", log_text, \
              expected)

/* --- children --- */

struct child {
    char letter;
    const char *plan; /* what its inits do, one after the other: '.' well, 'x' fails */
};

static atomic_uint begun[128]; /* times, by letter */
static const char *plans[128];
static atomic_int destroyed;

static weft_next child_init(weft_self *self, void *state, const void *args)
{
    struct child *child = state;
    unsigned n;

    child->letter = *(const char *)args;
    child->plan = plans[(int)child->letter];
    n = atomic_fetch_add(&begun[(int)child->letter], 1);
    if (child->plan != NULL && n < strlen(child->plan) && child->plan[n] == 'x') {
        tell("no %c", child->letter);
        return weft_fail(self, -7, "not now");
    }
    tell("%c", child->letter);
    return weft_stay(self);
}

static weft_next answered(weft_self *self, void *state, weft_msg *msg)
{
    (void)state, (void)msg;
    return weft_stay(self);
}

static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    const struct child *child = state;
    char id[2] = {(char)weft_word(msg), '\0'};

    switch (weft_tag(msg)) {
    case TAG_END:
        return weft_stop(self);
    case TAG_FAIL:
        return weft_fail(self, 7, "as told");
    case TAG_SIBLING:
        weft_reply_word(self, msg, TAG_SIBLING, weft_sibling(self, id));
        break;
    case TAG_ASK:
        return weft_await_word(self, weft_word(msg), TAG_ASKED, 0, WEFT_FOREVER,
                               answered);
    case TAG_AFTER: /* two milliseconds later for each */
        cr_expect_eq(weft_cast_after(self, weft_self_pid(self),
                                     weft_word_letter(TAG_CALL, weft_word(msg)),
                                     WEFT_MS(2 * weft_word(msg)), NULL),
                     0);
        break;
    case TAG_CALL:
        tell("%c %u", child->letter, (unsigned)weft_word(msg));
        break;
    case TAG_ASKED:
        tell("%c asked", child->letter);
        weft_reply_later(self, msg);
        break;
    }
    return weft_stay(self);
}

static void child_stop(weft_self *self, void *state, const weft_reason *reason)
{
    const struct child *child = state;

    (void)self, (void)reason;
    tell("stop %c", child->letter);
}

static const weft_behavior child =
    WEFT_BEHAVIOR("child", struct child, living, .init = child_init, .stop = child_stop,
                  .args_size = 1);

static void on_exit_tell(void *context, weft_pid pid, const weft_reason *reason)
{
    (void)context;
    (void)pid;
    if (strcmp(reason->behavior, "supervisor") == 0)
        tell("supervisor %s %d %s", weft_exit_text(reason->exit), reason->code,
             reason->text != NULL ? reason->text : "-");
}

/* --- a runtime with a supervisor --- */

static void begin(unsigned workers)
{
    weft_options options;

    log_clear();
    memset(plans, 0, sizeof plans);
    for (int i = 0; i < 128; i++)
        atomic_store(&begun[i], 0);
    sup = WEFT_NOBODY;
    weft_options_init(&options);
    options.workers = workers;
    options.on_exit = on_exit_tell;
    cr_assert_eq(weft_start(&rt, &options), 0);
}

static int ask(weft_letter letter, uint64_t *word)
{
    return weft_rt_await_word(rt, sup, letter, WEFT_SEC(60), word);
}

static uint64_t told(weft_letter letter)
{
    uint64_t word;
    int error = ask(letter, &word);

    cr_assert_eq(error, 0, "%s", weft_strerror(error));
    return word;
}

static void supervise(const weft_supervisor *table)
{
    cr_assert_eq(weft_rt_supervise(rt, table, &sup), 0);
    cr_assert_eq(told(weft_sup_ready()), table->child_count);
}

static weft_pid pid(const char *id)
{
    return told(weft_sup_pid(id));
}

static void finish(void)
{
    cr_assert_eq(weft_finish(rt, WEFT_FOREVER), 0);
}

#define CHILD(id_) CHILD_WITH(id_, .restart = WEFT_PERMANENT)
#define CHILD_WITH(id_, ...)                                    \
    {                                                           \
        .id = id_, .behavior = &child, .args = id_, __VA_ARGS__ \
    }

#define TestOn(name)                         \
    static void name##_on(unsigned workers); \
    Test(supervisor, name##_on_1_worker)     \
    {                                        \
        name##_on(1);                        \
    }                                        \
    Test(supervisor, name##_on_3_workers)    \
    {                                        \
        name##_on(3);                        \
    }                                        \
    static void name##_on(unsigned workers)

/* --- each strategy, each type of child, each reason --- */

enum how { NORMAL, FAILED, STOPPED, KILLED, DRAINED, HOWS };

static void end(const char *id, enum how how)
{
    weft_pid it = pid(id);

    if (how == NORMAL || how == FAILED)
        cr_assert_eq(weft_rt_cast_word(rt, it, how == NORMAL ? TAG_END : TAG_FAIL, 0), 0);
    else if (how == STOPPED)
        cr_assert_eq(weft_rt_stop_actor(rt, it), 0);
    else if (how == KILLED)
        cr_assert_eq(weft_rt_kill_actor(rt, it), 0);
    else
        cr_assert_eq(weft_rt_drain_actor(rt, it), 0);
}

static const bool comes_again[][HOWS] = {
    [WEFT_PERMANENT] = {true, true, true, true, true},
    [WEFT_TRANSIENT] = {[FAILED] = true, [KILLED] = true},
    [WEFT_TEMPORARY] = {false},
};

/* Behind the end of b, of a, b, c and d, which is temporary. */
static const char *const then[] = {
    [WEFT_ONE_FOR_ONE] = "b",
    [WEFT_ONE_FOR_ALL] = "stop d, stop c, stop a, a, b, c",
    [WEFT_REST_FOR_ONE] = "stop d, stop c, b, c",
};
static const char *const running_then[] = {
    [WEFT_ONE_FOR_ONE] = "abcd",
    [WEFT_ONE_FOR_ALL] = "abc",
    [WEFT_REST_FOR_ONE] = "abc",
};

/* Who runs is found by their ids. */
static void check_running(const char *expected)
{
    char running[8] = "";

    for (const char *id = "abcd"; *id != '\0'; id++) {
        char one[2] = {*id, '\0'};

        if (pid(one) != WEFT_NOBODY)
            strcat(running, one);
    }
    cr_expect_str_eq(running, expected);
}

static void play(unsigned workers, enum weft_strategy strategy, enum weft_restart restart,
                 enum how how)
{
    const weft_child children[] = {CHILD_WITH("a", .restart = WEFT_PERMANENT),
                                   CHILD_WITH("b", .restart = restart),
                                   CHILD_WITH("c", .restart = WEFT_TRANSIENT),
                                   CHILD_WITH("d", .restart = WEFT_TEMPORARY)};
    const weft_supervisor table = {
        .strategy = strategy, .children = children, .child_count = 4};
    char expected[LOG];
    bool again = comes_again[restart][how];

    begin(workers);
    supervise(&table);
    cr_expect(log_is("a, b, c, d"));
    log_clear();
    end("b", how);
    snprintf(expected, LOG, "%s%s%s", how == KILLED ? "" : "stop b",
             how == KILLED || !again ? "" : ", ", again ? then[strategy] : "");
    log_wait(expected);
    while (again && pid("b") == WEFT_NOBODY) /* a word is written before it has begun */
        continue;
    while (again && pid("c") == WEFT_NOBODY)
        continue;
    check_running(again ? running_then[strategy] : "acd");
    log_clear();
    finish();
    cr_expect(log_is(!again ? "stop d, stop c, stop a, supervisor shutdown 0 -"
                     : strategy == WEFT_ONE_FOR_ONE ? "stop d, stop c, stop b, stop a, "
                                                      "supervisor shutdown 0 -"
                                                    : "stop c, stop b, stop a, "
                                                      "supervisor shutdown 0 -"),
              "%s", log_text);
}

static void play_all(unsigned workers, enum weft_strategy strategy)
{
    for (enum weft_restart restart = WEFT_PERMANENT; restart <= WEFT_TEMPORARY; restart++)
        for (enum how how = NORMAL; how < HOWS; how++)
            play(workers, strategy, restart, how);
}

TestOn(one_for_one)
{
    play_all(workers, WEFT_ONE_FOR_ONE);
}

TestOn(one_for_all)
{
    play_all(workers, WEFT_ONE_FOR_ALL);
}

TestOn(rest_for_one)
{
    play_all(workers, WEFT_REST_FOR_ONE);
}

TestOn(a_new_life_has_no_timers_of_the_last)
{
    const weft_child children[] = {CHILD("a")};
    const weft_supervisor table = {.children = children, .child_count = 1};
    weft_pid it;

    begin(workers);
    supervise(&table);
    it = pid("a");
    cr_assert_eq(weft_rt_cast_word(rt, it, TAG_AFTER, 5), 0);
    cr_assert_eq(weft_rt_cast_word(rt, it, TAG_FAIL, 0), 0);
    log_wait("a, stop a, a");
    cr_assert_eq(weft_rt_cast_word(rt, it, TAG_AFTER, 10), 0);
    log_wait("a, stop a, a, a 10");
    finish();
}

/* --- too often --- */

TestOn(too_many_restarts_are_a_failure_of_the_supervisor)
{
    const weft_child children[] = {CHILD("a"), CHILD("b"), CHILD("c")};
    const weft_supervisor table = {.intensity = 2,
                                   .period_ns = WEFT_SEC(1000),
                                   .children = children,
                                   .child_count = 3};

    begin(workers);
    supervise(&table);
    log_clear();
    for (int i = 0; i < 2; i++) {
        while (pid("b") == WEFT_NOBODY)
            continue;
        end("b", FAILED);
        log_wait(i == 0 ? "stop b, b" : "stop b, b, stop b, b");
    }
    while (pid("b") == WEFT_NOBODY)
        continue;
    log_clear();
    end("b", FAILED);
    log_wait("stop b, stop c, stop a, supervisor child failed 7 as told");
    finish();
}

TestOn(a_failing_supervisor_is_its_supervisors_matter)
{
    const weft_child lower[] = {CHILD("c"), CHILD("d")};
    const weft_supervisor below = {.intensity = 1,
                                   .period_ns = WEFT_SEC(1000),
                                   .strategy = WEFT_ONE_FOR_ALL,
                                   .children = lower,
                                   .child_count = 2};
    const weft_child upper[] = {
        CHILD("a"), {.id = "below", .supervisor = &below}, CHILD("e")};
    const weft_supervisor table = {
        .children = upper, .child_count = 3, .strategy = WEFT_REST_FOR_ONE};
    weft_pid top;

    begin(workers);
    supervise(&table);
    cr_expect(log_is("a, c, d, e"), "%s",
              log_text); /* each when the one before is ready */
    log_clear();
    top = sup;
    sup = pid("below");
    end("c", FAILED);
    log_wait("stop c, stop d, c, d");
    while (pid("c") == WEFT_NOBODY || pid("d") == WEFT_NOBODY)
        continue;
    log_clear();
    end("d", FAILED);
    log_wait("stop d, stop c, stop e, c, d, e"); /* it keeps its pid: that is no end */
    sup = top;
    finish();
}

TestOn(a_backoff_is_waited_for_and_grows)
{
    const weft_child children[] = {CHILD("a"), CHILD("b")};
    const weft_supervisor table = {
        .children = children,
        .child_count = 2,
        .intensity = WEFT_ANY_INTENSITY,
        .backoff = {.least_ns = WEFT_MS(5), .factor = 4, .reset_ns = WEFT_SEC(1000)}};
    struct timespec from, to;

    begin(workers);
    supervise(&table);
    for (int i = 0; i < 3; i++) {
        log_clear();
        clock_gettime(CLOCK_MONOTONIC, &from);
        end("a", FAILED);
        log_wait("stop a, a");
        clock_gettime(CLOCK_MONOTONIC, &to);
        cr_expect_geq((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec,
                      5000000 << 2 * i);
        while (pid("a") == WEFT_NOBODY)
            continue;
    }
    finish();
}

/* --- beginnings --- */

TestOn(who_fails_to_begin_fails_its_supervisor)
{
    const weft_child children[] = {CHILD("a"), CHILD("b"), CHILD("c"), CHILD("d")};
    const weft_supervisor table = {.children = children, .child_count = 4};
    uint64_t word;

    begin(workers);
    plans['c'] = "x";
    cr_assert_eq(weft_rt_supervise(rt, &table, &sup), 0);
    cr_assert_lt(ask(weft_sup_ready(), &word), 0);
    cr_assert(
        log_becomes("a, b, no c, stop b, stop a, supervisor child failed -7 not now") ||
        log_becomes("a, b, no c, stop b, stop a"));
    finish();
}

TestOn(who_fails_to_begin_again_is_tried_again)
{
    const weft_child children[] = {CHILD("a"), CHILD("b"), CHILD("c")};
    const weft_supervisor table = {
        .children = children, .child_count = 3, .strategy = WEFT_ONE_FOR_ALL};

    begin(workers);
    plans['b'] = ".xx";
    supervise(&table);
    log_clear();
    end("c", FAILED);
    log_wait("stop c, stop b, stop a, a, no b, stop a, a, no b, stop a, a, b, c");
    finish();
}

TestOn(a_significant_child_takes_its_supervisor_along)
{
    const weft_child children[] = {
        CHILD("a"), CHILD_WITH("b", .restart = WEFT_TRANSIENT, .significant = true)};
    const weft_supervisor table = {.children = children, .child_count = 2};

    begin(workers);
    supervise(&table);
    log_clear();
    end("b", FAILED);
    log_wait("stop b, b");
    while (pid("b") == WEFT_NOBODY)
        continue;
    log_clear();
    end("b", NORMAL);
    log_wait("stop b, stop a, supervisor normal 0 -");
    finish();
}

/* --- what it is asked --- */

static void args_gone(void *args)
{
    (void)args;
    atomic_fetch_add(&destroyed, 1);
}

TestOn(children_come_and_go)
{
    const weft_child children[] = {CHILD("a"), CHILD("b")};
    const weft_supervisor table = {.children = children, .child_count = 2};
    weft_child more = CHILD_WITH("c", .args_destroy = args_gone);
    uint64_t word;
    weft_pid was;

    begin(workers);
    atomic_store(&destroyed, 0);
    supervise(&table);
    log_clear();
    word = told(weft_sup_add(&more));
    cr_expect(weft_rt_alive(rt, word));
    cr_expect_eq(pid("c"), word);
    cr_expect_eq(ask(weft_sup_add(&more), &word), WEFT_EINVAL); /* there is one */
    wait_until(atomic_load(&destroyed) == 1);
    cr_expect(log_is("c"));
    end("c", FAILED);
    log_wait("c, stop c, c");
    log_clear();
    cr_expect_eq(told(weft_sup_stop("b")), 0);
    cr_expect_eq(pid("b"), WEFT_NOBODY);
    cr_expect_eq(told(weft_sup_stop("b")), 0);
    word = told(weft_sup_start("b"));
    cr_expect_eq(pid("b"), word);
    cr_expect_eq(told(weft_sup_start("b")), word);
    was = word;
    word = told(weft_sup_restart("b"));
    cr_expect(weft_rt_alive(rt, word));
    cr_expect_neq(was, WEFT_NOBODY);
    cr_expect(log_is("stop b, b, stop b, b"), "%s", log_text);
    cr_expect_eq(told(weft_sup_remove("c")), 0);
    cr_expect_eq(atomic_load(&destroyed), 2);
    cr_expect_eq(ask(weft_sup_pid("c"), &word), WEFT_ENOACTOR);
    cr_expect_eq(ask(weft_sup_remove("c"), &word), WEFT_ENOACTOR);
    plans['f'] = "x";
    cr_expect_eq(
        ask(weft_sup_add(&(weft_child)CHILD_WITH("f", .args_destroy = args_gone)), &word),
        -7);
    cr_expect_eq(atomic_load(&destroyed), 3);
    cr_expect_eq(ask(weft_sup_pid("f"), &word), WEFT_ENOACTOR);
    finish();
    cr_expect_eq(atomic_load(&destroyed), 3);
}

TestOn(children_are_counted_and_listed)
{
    const weft_child children[] = {CHILD("a"), CHILD("b"), CHILD("c")};
    const weft_supervisor table = {.children = children, .child_count = 3};
    weft_sup_count count;
    weft_sup_entry entry;
    weft_msg *answer;

    begin(workers);
    supervise(&table);
    end("b", FAILED);
    while (pid("b") == WEFT_NOBODY || atomic_load(&begun['b']) < 2)
        continue;
    told(weft_sup_stop("c"));
    cr_assert_eq(weft_rt_await(rt, sup, weft_sup_counts(), WEFT_FOREVER, &answer), 0);
    cr_assert(weft_get(answer, &weft_sup_count_type, &count));
    cr_expect(count.known == 3 && count.running == 2 && count.restarts == 1);
    weft_msg_free(answer);
    for (uint64_t i = 0; i < 3; i++) {
        cr_assert_eq(weft_rt_await(rt, sup, weft_sup_entry_at(i), WEFT_FOREVER, &answer),
                     0);
        cr_assert(weft_get(answer, &weft_sup_entry_type, &entry));
        cr_expect_str_eq(entry.id, children[i].id);
        cr_expect_eq(entry.status, i < 2 ? WEFT_SUP_RUNNING : WEFT_SUP_ABSENT);
        cr_expect_eq(entry.restarts, i == 1);
        cr_expect_eq(entry.pid, pid(children[i].id));
        weft_msg_free(answer);
    }
    cr_expect_eq(weft_rt_await(rt, sup, weft_sup_entry_at(3), WEFT_FOREVER, &answer),
                 WEFT_ENOACTOR);
    finish();
}

/* A child that waits for an answer cannot be stopped, but it can be killed. */
TestOn(who_does_not_stop_in_time_is_killed)
{
    const weft_child children[] = {CHILD("a"), CHILD_WITH("b", .shutdown_ns = WEFT_MS(5)),
                                   CHILD_WITH("c", .shutdown_ns = WEFT_KILL_AT_ONCE)};
    const weft_supervisor table = {.children = children, .child_count = 3};

    begin(workers);
    supervise(&table);
    log_clear();
    weft_rt_cast_word(rt, pid("b"), TAG_ASK, pid("a"));
    log_wait("a asked");
    cr_expect_eq(told(weft_sup_stop("b")), 0);
    cr_expect_eq(told(weft_sup_stop("c")), 0);
    cr_expect(log_is("a asked"), "%s", log_text);
    finish();
}

TestOn(siblings_find_each_other)
{
    const weft_child children[] = {CHILD("a"), CHILD("b")};
    const weft_supervisor table = {.children = children, .child_count = 2};
    uint64_t word;

    begin(workers);
    supervise(&table);
    cr_assert_eq(weft_rt_await_word(rt, pid("a"), weft_word_letter(TAG_SIBLING, 'b'),
                                    WEFT_FOREVER, &word),
                 0);
    cr_expect_eq(word, pid("b"));
    cr_assert_eq(weft_rt_await_word(rt, pid("a"), weft_word_letter(TAG_SIBLING, 'x'),
                                    WEFT_FOREVER, &word),
                 0);
    cr_expect_eq(word, WEFT_NOBODY);
    finish();
}

/* --- children that keep their pids --- */

enum { TAG_NOTE = 20, TAG_HOLD, TAG_LATER, TAG_STASH, TAG_WATCH, TAG_LINK };

static atomic_int released, heard_down;
static weft_reason down_reason;
static atomic_bool gate;

static void release(void *object)
{
    (void)object;
    atomic_fetch_add(&released, 1);
}

static weft_next lasting(weft_self *self, void *state, weft_msg *msg)
{
    switch (weft_tag(msg)) {
    case TAG_FAIL:
        return weft_fail(self, (int)weft_word(msg), "as told");
    case TAG_NOTE:
        tell("note %d", (int)weft_word(msg));
        break;
    case TAG_HOLD:
        cr_expect_eq(weft_keep(self, release, &released, NULL), 0);
        break;
    case TAG_LATER:
        weft_reply_later(self, msg);
        break;
    case TAG_STASH:
        if (*(bool *)state) {
            tell("it is back");
            break;
        }
        *(bool *)state = true;
        return weft_stash(self);
    case TAG_WATCH: /* which has to be no more in its next life */
        cr_expect_eq(weft_monitor(self, weft_word(msg), NULL), 0);
        break;
    default:
        tell("what is this");
    }
    return weft_stay(self);
}

static weft_next lasting_init(weft_self *self, void *state, const void *args)
{
    (void)args;
    cr_expect_not(*(bool *)state); /* as at the first time */
    wait_until(atomic_load(&gate));
    tell("begins %d", weft_sibling(self, "y") != WEFT_NOBODY);
    return weft_stay(self);
}

static const weft_behavior lasts =
    WEFT_BEHAVIOR("lasts", bool, lasting, .init = lasting_init);

/* It watches one, and is linked with it, and says what it hears. */
static weft_next watching(weft_self *self, void *state, weft_msg *msg)
{
    weft_link_exit ended;
    weft_down down;

    (void)state;
    if (weft_down_get(msg, &down)) {
        down_reason = down.reason;
        atomic_fetch_add(&heard_down, 1);
    } else if (weft_link_exit_get(msg, &ended)) {
        atomic_fetch_add(&heard_down, 1);
    } else if (weft_tag(msg) == TAG_WATCH) {
        cr_expect_eq(weft_monitor(self, weft_word(msg), NULL), 0);
        cr_expect_eq(weft_trap_exits(self, true), 0);
        cr_expect_eq(weft_link(self, weft_word(msg)), 0);
        weft_reply_word(self, msg, TAG_WATCH, 0);
    } else if (weft_tag(msg) == TAG_END) {
        return weft_stop(self);
    }
    return weft_stay(self);
}

static const weft_behavior watcher = WEFT_STATELESS("watcher", watching);

#define LASTING                                                 \
    {.id = "x", .behavior = &lasts, .restart = WEFT_TRANSIENT}, \
    {                                                           \
        .id = "y", .behavior = &lasts                           \
    }

TestOn(a_pid_and_what_belongs_to_it_survive)
{
    const weft_child children[] = {LASTING};
    const weft_supervisor table = {
        .children = children, .child_count = 2, .intensity = WEFT_ANY_INTENSITY};
    weft_pid x, other;
    uint64_t word;

    begin(workers);
    atomic_store(&gate, true);
    atomic_store(&heard_down, 0);
    supervise(&table);
    cr_expect(log_is("begins 1, begins 1"), "%s", log_text);
    x = pid("x");
    cr_assert_eq(weft_rt_spawn(rt, &watcher, NULL, &other), 0);
    cr_assert_eq(weft_rt_await_word(rt, other, weft_word_letter(TAG_WATCH, x),
                                    WEFT_FOREVER, &word),
                 0);
    for (int i = 0; i < 5; i++) {
        log_clear();
        weft_rt_cast_word(rt, x, TAG_FAIL, 3);
        weft_rt_cast_word(rt, x, TAG_NOTE, 1);
        weft_rt_cast_word(rt, x, TAG_NOTE, 2);
        log_wait("begins 1, note 1, note 2");
        cr_expect_eq(pid("x"), x);
    }
    cr_expect_eq(atomic_load(&heard_down), 0);
    cr_expect(weft_rt_alive(rt, x));
    told(weft_sup_stop("x"));
    wait_until(atomic_load(&heard_down) == 2);
    cr_expect_eq(down_reason.exit, WEFT_EXIT_STOPPED);
    cr_expect(!weft_rt_alive(rt, x));
    cr_expect_eq(pid("x"), WEFT_NOBODY);
    word = told(weft_sup_start("x"));
    cr_expect_neq(word, x);
    finish();
}

TestOn(what_belongs_to_a_life_ends_with_it)
{
    const weft_child children[] = {LASTING};
    const weft_supervisor table = {
        .children = children, .child_count = 2, .intensity = WEFT_ANY_INTENSITY};
    weft_pid x, other;
    uint64_t word;

    begin(workers);
    atomic_store(&gate, true);
    atomic_store(&released, 0);
    supervise(&table);
    x = pid("x");
    cr_assert_eq(weft_rt_spawn(rt, &watcher, NULL, &other), 0);
    log_clear();
    weft_rt_cast_word(rt, x, TAG_HOLD, 0);
    weft_rt_cast_word(rt, x, TAG_HOLD, 0);
    weft_rt_cast_word(rt, x, TAG_WATCH, other);
    weft_rt_cast_word(rt, x, TAG_STASH, 0);
    cr_expect_eq(weft_rt_await_word(rt, x, weft_signal(TAG_LATER), WEFT_MS(20), &word),
                 WEFT_ETIMEDOUT);
    weft_rt_cast_word(rt, x, TAG_FAIL, 3);
    weft_rt_cast_word(rt, x, TAG_NOTE, 1);
    weft_rt_cast_word(rt, x, TAG_STASH, 0);
    log_wait("begins 1, note 1, it is back");
    cr_expect_eq(atomic_load(&released), 2);
    weft_rt_cast_word(rt, other, TAG_END, 0);
    cr_expect_eq(weft_rt_await_end(rt, other, WEFT_FOREVER), 0);
    weft_rt_cast_word(rt, x, TAG_NOTE, 2);
    log_wait("begins 1, note 1, it is back, note 2");
    finish();
}

TestOn(an_open_question_fails_when_its_actor_starts_again)
{
    const weft_child children[] = {LASTING};
    const weft_supervisor table = {.children = children, .child_count = 2};
    weft_port *port;
    weft_msg *answer;

    begin(workers);
    atomic_store(&gate, true);
    supervise(&table);
    cr_assert_eq(weft_port_open(rt, 0, &port), 0);
    cr_assert_eq(
        weft_port_ask(port, pid("x"), weft_signal(TAG_LATER), WEFT_FOREVER, NULL), 0);
    weft_rt_cast_word(rt, pid("x"), TAG_FAIL, 3);
    cr_assert_eq(weft_port_wait(port, WEFT_FOREVER, &answer), 0);
    cr_expect_eq(weft_failure(answer), WEFT_EENDED);
    weft_msg_free(answer);
    weft_port_close(port);
    finish();
}

TestOn(a_kill_is_for_good_if_it_is_dormant)
{
    const weft_child children[] = {{.id = "y", .behavior = &lasts}};
    const weft_supervisor table = {
        .children = children, .child_count = 1, .backoff = {.least_ns = WEFT_SEC(1000)}};
    weft_pid y;

    begin(workers);
    atomic_store(&gate, true);
    supervise(&table);
    y = pid("y");
    weft_rt_cast_word(rt, y, TAG_FAIL, 3);
    weft_rt_cast_word(rt, y, TAG_NOTE, 3);
    weft_rt_kill_actor(rt, y); /* wherever it is by now */
    weft_rt_kill_actor(rt, y);
    finish();
}

TestOn(who_is_fresh_has_another_pid)
{
    const weft_child children[] = {CHILD_WITH("a", .fresh = true), CHILD("b")};
    const weft_supervisor table = {.children = children, .child_count = 2};
    weft_pid a, b;

    begin(workers);
    supervise(&table);
    a = pid("a");
    b = pid("b");
    log_clear();
    cr_expect_eq(told(weft_sup_restart("b")), b);
    cr_expect_neq(told(weft_sup_restart("a")), a);
    cr_expect(!weft_rt_alive(rt, a));
    cr_expect(log_is("stop b, b, stop a, a"));
    finish();
    cr_expect(log_is("stop b, b, stop a, a, stop b, stop a, supervisor shutdown 0 -"));
}

/* --- like children --- */

static weft_next keyed_init(weft_self *self, void *state, const void *args)
{
    *(uint64_t *)state = *(const uint64_t *)args;
    return weft_stay(self);
}

static weft_next keyed_step(weft_self *self, void *state, weft_msg *msg)
{
    if (weft_tag(msg) == TAG_FAIL)
        return weft_fail(self, 1, "as told");
    weft_reply_word(self, msg, TAG_ASKED, *(const uint64_t *)state);
    return weft_stay(self);
}

static const weft_behavior keyed =
    WEFT_BEHAVIOR("keyed", uint64_t, keyed_step, .init = keyed_init, .args_size = 8);

static uint64_t key_of(weft_pid it)
{
    uint64_t word;

    cr_assert_eq(weft_rt_await_word(rt, it, weft_signal(TAG_ASKED), WEFT_FOREVER, &word),
                 0);
    return word;
}

TestOn(a_pool_grows_by_keys)
{
    enum { KEYS = 500 };
    static const weft_child like = {.behavior = &keyed};
    static const weft_supervisor table = {.pool = &like, .intensity = WEFT_ANY_INTENSITY};
    static const weft_child like_temporary = {.behavior = &keyed,
                                              .restart = WEFT_TEMPORARY};
    static const weft_supervisor temporary = {.pool = &like_temporary};
    weft_pid pids[KEYS];
    uint64_t word = 77;

    begin(workers);
    supervise(&table);
    for (uint64_t i = 0; i < KEYS; i++)
        pids[i] = told(weft_sup_key(i));
    for (uint64_t i = 0; i < KEYS; i++) {
        cr_expect_eq(told(weft_sup_key(i)), pids[i]);
        cr_expect_eq(key_of(pids[i]), i);
    }
    weft_rt_cast_word(rt, pids[3], TAG_FAIL, 0);
    cr_expect_eq(key_of(pids[3]), 3); /* once more */
    cr_expect_eq(told(weft_sup_key(3)), pids[3]);
    cr_expect_eq(key_of(told(weft_sup_spawn(&word, 8))), 77);
    cr_expect_eq(ask(weft_sup_spawn(&word, 4), &word), WEFT_EINVAL);
    finish();

    begin(workers);
    supervise(&temporary);
    pids[0] = told(weft_sup_key(5));
    weft_rt_cast_word(rt, pids[0], TAG_FAIL, 0);
    while (told(weft_sup_key(5)) == pids[0])
        continue;
    finish();
}

Test(supervisor, a_table_that_contradicts_itself_is_refused)
{
    const weft_child twice[] = {CHILD("a"), CHILD("a")};
    const weft_child nothing[] = {{.id = "a"}};
    const weft_child nameless[] = {{.behavior = &child}};
    const weft_supervisor tables[] = {
        {.children = twice, .child_count = 2},
        {.children = nothing, .child_count = 1},
        {.children = nameless, .child_count = 1},
        {.strategy = (enum weft_strategy)9},
        {.backoff = {.jitter = 2}},
        {.pool = &nothing[0]},
    };

    begin(1);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        cr_expect_eq(weft_rt_supervise(rt, &tables[i], &sup), WEFT_EINVAL);
    cr_expect_eq(weft_rt_supervise(rt, NULL, &sup), WEFT_EINVAL);
    finish();
}
