/* test_child.c: aim: in which order a tree of actors ends, whatever it ends of, and what a
 * supervisor hears of its children.
 * Method: trees are given as text, "a(bc(de))": who has which children, in the order of their
 * start; a capital letter has a child hook. All that happens is written down in one log; on
 * one worker and on three. */
#include "test/support/unit_threads.h"

#include <weft.h>

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

TestSuite(child, .timeout = 60);

enum { LETTERS = 128, LOG = 8192 };
enum {
    TAG_FAIL = 1,
    TAG_END,
    TAG_WAIT, /* at the gate */
    TAG_NOTE,
    TAG_ASK, /* whoever the word is, who does not answer, and waits for the answer */
    TAG_ASKED,
    TAG_RECEIVE, /* a NOTE of word 9 */
    TAG_STOP_CHILD,
    TAG_KILL_CHILD,
    TAG_RELEASE,
    TAG_COUNT
};

/* --- the log --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[LOG];
static size_t log_length;
static weft_runtime *rt;
static _Atomic(weft_pid) pid_of[LETTERS];
static atomic_int result;

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

static bool log_has(const char *part)
{
    bool has;

    pthread_mutex_lock(&lock);
    has = strstr(log_text, part) != NULL;
    pthread_mutex_unlock(&lock);
    return has;
}

static void log_clear(void)
{
    pthread_mutex_lock(&lock);
    log_length = 0;
    log_text[0] = '\0';
    pthread_mutex_unlock(&lock);
}

static bool log_becomes(bool (*holds)(const char *), const char *text)
{
    const uint64_t until = wait_begin();

    while (!holds(text))
        if (!wait_goes_on(until))
            return false;
    return true;
}

#define log_wait(expected)                                                      \
    cr_assert(log_becomes(log_is, expected), "the log is: \"%s\", not: \"%s\"", \
              log_text, expected)
#define log_wait_for(part)                                                       \
    cr_assert(log_becomes(log_has, part), "the log is: \"%s\", without: \"%s\"", \
              log_text, part)

static char letter_of(weft_pid pid)
{
    for (int i = 0; i < LETTERS; i++)
        if (atomic_load(&pid_of[i]) == pid)
            return (char)i;
    return '?';
}

static void on_exit_tell(void *context, weft_pid pid, const weft_reason *reason)
{
    (void)context;
    if (reason->text != NULL)
        tell("%c %s %d %s", letter_of(pid), weft_exit_text(reason->exit), reason->code,
             reason->text);
    else
        tell("%c %s", letter_of(pid), weft_exit_text(reason->exit));
}

/* --- the actors of a tree --- */

struct node {
    const char *tree; /* its part of the text: a letter, and its children in brackets */
    char heir;        /* what was taken of a child's state */
};

static atomic_bool gate;

static const weft_behavior leaf, plain, hooked, heir, stubborn;

static const weft_behavior *behavior_of(char letter)
{
    return letter == 'H'                    ? &heir
           : letter >= 'A' && letter <= 'Z' ? &hooked
           : letter == 's'                  ? &stubborn
           : letter == 'l'                  ? &leaf
                                            : &plain;
}

static weft_next node_init(weft_self *self, void *state, const void *args)
{
    struct node *node = state;
    const char *at;
    int depth = 0;

    node->tree = *(const char *const *)args;
    atomic_store(&pid_of[(int)node->tree[0]], weft_self_pid(self));
    if (node->tree[0] == 'x')
        return weft_fail(self, 3, "no init");
    for (at = node->tree + 1; *at != '\0'; at++) {
        weft_pid pid;

        depth += (*at == '(') - (*at == ')');
        if (depth == 0)
            break;
        if (depth != 1 || *at == '(' || *at == ')')
            continue;
        cr_expect_eq(weft_spawn_child(self, behavior_of(*at), &at, &pid), 0);
        atomic_store(&pid_of[(int)*at], pid);
    }
    return weft_stay(self);
}

static weft_next asked(weft_self *self, void *state, weft_msg *msg)
{
    const struct node *node = state;

    (void)msg;
    tell("%c answered", node->tree[0]);
    return weft_stay(self);
}

static weft_next noted(weft_self *self, void *state, weft_msg *msg)
{
    const struct node *node = state;

    tell("%c received %d", node->tree[0], (int)weft_word(msg));
    return weft_stay(self);
}

static bool is_nine(void *state, const weft_msg *msg)
{
    (void)state;
    return weft_tag(msg) == TAG_NOTE && weft_word(msg) == 9;
}

static weft_next living(weft_self *self, void *state, weft_msg *msg)
{
    struct node *node = state;
    weft_pid pids[8];

    switch (weft_tag(msg)) {
    case TAG_FAIL:
        return weft_fail(self, (int)weft_word(msg), "as told");
    case TAG_END:
        return weft_stop(self);
    case TAG_WAIT:
        tell("%c waits", node->tree[0]);
        wait_until(atomic_load(&gate));
        break;
    case TAG_NOTE:
        tell("%c %d", node->tree[0], (int)weft_word(msg));
        break;
    case TAG_ASK:
        return weft_await_word(self, weft_word(msg), TAG_ASKED, 0, WEFT_FOREVER, asked);
    case TAG_ASKED:
        tell("%c is asked", node->tree[0]);
        weft_reply_later(self, msg);
        break;
    case TAG_RECEIVE:
        tell("%c wants 9", node->tree[0]);
        return weft_receive(self, is_nine, WEFT_FOREVER, noted);
    case TAG_STOP_CHILD:
        atomic_store(&result, weft_stop_child(self, weft_word(msg)));
        break;
    case TAG_KILL_CHILD:
        atomic_store(&result, weft_kill_child(self, weft_word(msg)));
        break;
    case TAG_RELEASE:
        atomic_store(&result, weft_release(self, weft_word(msg)));
        tell("%c released", node->tree[0]);
        break;
    case TAG_COUNT:
        tell("%c has %d", node->tree[0], (int)weft_children(self, pids, 8));
        for (size_t i = 0; i < weft_children(self, NULL, 0); i++)
            tell("%c", letter_of(pids[i]));
        break;
    }
    return weft_stay(self);
}

static void node_stop(weft_self *self, void *state, const weft_reason *reason)
{
    const struct node *node = state;
    weft_pid pid = 1;

    (void)reason;
    tell("stop %c", node->tree[0]);
    if (node->tree[0] == 'z')
        tell("%d", weft_spawn_child(self, &plain, &node->tree, &pid) == WEFT_EENDED &&
                       pid == WEFT_NOBODY);
}

static void node_destroy(void *state)
{
    const struct node *node = state;

    if (node->heir != '\0')
        tell("destroy %c of %c", node->heir, node->tree[0]);
}

static weft_next node_child(weft_self *self, void *state, weft_child_event *event)
{
    static const char *const changes[] = {"started", "ended", "failed"};
    struct node *node = state;
    const struct node *child = event->state;

    tell("%c hears %c %s", node->tree[0], letter_of(event->pid), changes[event->change]);
    if (child != NULL) {
        tell("heritage %c", child->tree[0]);
        if (child->tree[0] == 'k') { /* it takes it */
            node->heir = child->heir;
            event->state = NULL;
        }
    }
    return event->reason.code == 99 ? weft_fail(self, 98, "too much") : weft_stay(self);
}

#define NODE(name, ...)                                                            \
    WEFT_BEHAVIOR(name, struct node, living, .init = node_init, .stop = node_stop, \
                  .args_size = sizeof(const char *), __VA_ARGS__)

static const weft_behavior plain = NODE("plain", .destroy = node_destroy);
static const weft_behavior hooked = NODE("hooked", .child = node_child);
static const weft_behavior heir =
    NODE("heir", .child = node_child, .inherits = true, .destroy = node_destroy);
static const weft_behavior stubborn = NODE("stubborn", .shutdown_ns = WEFT_MS(5));
/* Nothing runs when it ends. */
static const weft_behavior leaf = WEFT_BEHAVIOR(
    "leaf", struct node, living, .init = node_init, .args_size = sizeof(const char *));

/* --- a test --- */

static bool all_began(const char *tree)
{
    for (const char *at = tree; *at != '\0'; at++) {
        weft_actor_info info = {.size = sizeof info};
        weft_pid pid = atomic_load(&pid_of[(int)*at]);

        if (*at == '(' || *at == ')')
            continue;
        if (weft_actor_read(rt, pid, &info) != 0 || info.life == WEFT_LIFE_NEWBORN)
            return false;
    }
    return true;
}

static void begin(unsigned workers, const char *tree)
{
    weft_options options;

    weft_options_init(&options);
    options.workers = workers;
    options.on_exit = on_exit_tell;
    log_clear();
    atomic_store(&gate, false);
    for (int i = 0; i < LETTERS; i++)
        atomic_store(&pid_of[i], WEFT_NOBODY);
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_assert_eq(weft_rt_spawn(rt, behavior_of(tree[0]), &tree, NULL), 0);
}

static void start(unsigned workers, const char *tree)
{
    begin(workers, tree);
    wait_until(all_began(tree));
}

static void finish(void)
{
    cr_assert_eq(weft_finish(rt, WEFT_FOREVER), 0);
}

static weft_pid pid(char letter)
{
    return atomic_load(&pid_of[(int)letter]);
}

static void cast(char letter, uint32_t tag, uint64_t word)
{
    cr_assert_eq(weft_rt_cast_word(rt, pid(letter), tag, word), 0);
}

#define TestTree(name)                       \
    static void name##_on(unsigned workers); \
    Test(child, name##_on_1_worker)          \
    {                                        \
        name##_on(1);                        \
    }                                        \
    Test(child, name##_on_3_workers)         \
    {                                        \
        name##_on(3);                        \
    }                                        \
    static void name##_on(unsigned workers)

/* --- ends --- */

enum how { STOP, END, FAIL, DRAIN, SHUTDOWN, HOWS };

static void end(char letter, enum how how)
{
    if (how == STOP)
        cr_assert_eq(weft_rt_stop_actor(rt, pid(letter)), 0);
    else if (how == DRAIN)
        cr_assert_eq(weft_rt_drain_actor(rt, pid(letter)), 0);
    else if (how == SHUTDOWN)
        cr_assert_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    else
        cast(letter, how == END ? TAG_END : TAG_FAIL, 7);
}

TestTree(a_tree_ends_from_the_youngest_leaf_to_the_root)
{
    static const char *const reasons[HOWS] = {"stopped", "normal", "failed 7 as told",
                                              "drained", "shutdown"};

    for (enum how how = STOP; how < HOWS; how++) {
        const char *others = how == SHUTDOWN ? "shutdown" : "stopped";
        char expected[LOG];

        start(workers, "a(bc(de)f)");
        end('a', how);
        snprintf(expected, LOG,
                 "stop f, f %s, stop e, e %s, stop d, d %s, stop c, c %s, stop b, b %s, "
                 "stop a, a %s",
                 others, others, others, others, others, reasons[how]);
        log_wait(expected);
        finish();
    }
}

TestTree(who_has_nothing_to_do_ends_in_order_as_well)
{
    start(workers, "a(bl)");
    end('a', STOP);
    log_wait("l stopped, stop b, b stopped, stop a, a stopped");
    finish();
}

static size_t place(const char *what)
{
    const char *at = strstr(log_text, what);

    cr_assert_not_null(at, "\"%s\" is not in \"%s\"", what, log_text);
    return (size_t)(at - log_text);
}

TestTree(a_kill_kills_all_below_and_then_the_root)
{
    start(workers, "a(bc(de)f)");
    cr_assert_eq(weft_rt_kill_actor(rt, pid('a')), 0);
    log_wait_for("a killed");
    finish();
    cr_expect_null(strstr(log_text, "stop"));
    cr_expect_eq(strlen(log_text),
                 strlen("b killed, c killed, d killed, e killed, f killed, "
                        "a killed"));
    cr_expect_lt(place("d killed"), place("c killed"));
    cr_expect_lt(place("e killed"), place("c killed"));
    for (const char *at = "bcf"; *at != '\0'; at++) {
        char killed[16];

        snprintf(killed, sizeof killed, "%c killed", *at);
        cr_expect_lt(place(killed), place("a killed"));
    }
}

TestTree(a_failing_child_takes_its_supervisors_along)
{
    start(workers, "a(bc(de))");
    end('d', FAIL);
    log_wait("stop d, d failed 7 as told, stop e, e stopped, "
             "stop c, c child failed 7 as told, stop b, b stopped, "
             "stop a, a child failed 7 as told");
    finish();
}

TestTree(a_killed_child_has_failed)
{
    start(workers, "a(bc)");
    cr_assert_eq(weft_rt_kill_actor(rt, pid('b')), 0);
    log_wait("b killed, stop c, c stopped, stop a, a child failed");
    finish();
}

TestTree(a_child_that_ends_as_it_is_meant_to_is_no_matter)
{
    start(workers, "a(bc)");
    end('b', END);
    log_wait("stop b, b normal");
    end('c', STOP);
    log_wait("stop b, b normal, stop c, c stopped");
    log_clear();
    cast('a', TAG_COUNT, 0);
    log_wait("a has 0");
    finish();
}

TestTree(a_child_whose_init_fails_has_failed)
{
    begin(workers, "a(x)");
    log_wait("x failed 3 no init, stop a, a child failed 3 no init");
    finish();
}

/* A child that waits for an answer cannot be stopped, but it can be killed. */
TestTree(who_does_not_stop_in_time_is_killed)
{
    start(workers, "a(bs)");
    cast('s', TAG_ASK, pid('b'));
    log_wait("b is asked");
    end('a', STOP);
    log_wait("b is asked, s killed, stop b, b stopped, stop a, a stopped");
    finish();
}

TestTree(a_kill_while_the_children_stop_kills_them)
{
    start(workers, "a(bc)");
    cast('c', TAG_ASK, pid('b'));
    log_wait("b is asked");
    end('a', STOP);
    cr_assert_eq(weft_rt_kill_actor(rt, pid('a')), 0);
    log_wait_for("a killed");
    finish();
    cr_expect_null(strstr(log_text, "stop"));
}

static uint64_t accounted(void)
{
    weft_stats stats;

    weft_stats_read(rt, &stats);
    return stats.handled + stats.dead[WEFT_DEAD_ENDED] + stats.dead[WEFT_DEAD_NO_ACTOR];
}

/* Mail for one whose children end is dead, some time behind the end. */
TestTree(nobody_listens_while_the_children_end)
{
    start(workers, "a(bc)");
    cast('c', TAG_WAIT, 0);
    log_wait("c waits");
    cast('a', TAG_END, 0);
    for (int i = 0; i < 5; i++)
        weft_rt_cast_word(rt, pid('a'), TAG_NOTE, (uint64_t)i);
    atomic_store(&gate, true);
    log_wait("c waits, stop c, c stopped, stop b, b stopped, stop a, a normal");
    cr_assert_eq(weft_stop_all(rt, WEFT_FOREVER), 0);
    wait_until(accounted() == 7);
    finish();
}

TestTree(nobody_has_children_in_a_stop_hook)
{
    start(workers, "z(b)");
    end('z', STOP);
    log_wait("stop b, b stopped, stop z, 1, z stopped");
    finish();
}

/* --- what the hook hears --- */

TestTree(a_hook_hears_what_becomes_of_the_children)
{
    start(workers, "A(bcd)");
    log_wait_for("A hears b started");
    log_wait_for("A hears c started");
    log_wait_for("A hears d started");
    log_clear();
    end('b', FAIL);
    log_wait("stop b, b failed 7 as told, A hears b failed");
    log_clear();
    end('c', END);
    log_wait("stop c, c normal, A hears c ended");
    log_clear();
    cr_assert_eq(weft_rt_kill_actor(rt, pid('d')), 0);
    log_wait("d killed, A hears d failed");
    finish();
}

TestTree(events_come_before_messages)
{
    start(workers, "A(b)");
    log_wait("A hears b started");
    log_clear();
    cast('A', TAG_WAIT, 0);
    log_wait("A waits");
    cast('A', TAG_NOTE, 1);
    cast('A', TAG_NOTE, 2);
    end('b', FAIL);
    if (workers > 1) { /* else b ends behind A's step, and its mail */
        log_wait("A waits, stop b, b failed 7 as told");
        atomic_store(&gate, true);
        log_wait("A waits, stop b, b failed 7 as told, A hears b failed, A 1, A 2");
    }
    atomic_store(&gate, true);
    log_wait_for("A hears b failed");
    finish();
}

TestTree(an_open_await_comes_before_events)
{
    start(workers, "a(B(c)d)");
    log_wait("B hears c started");
    log_clear();
    cast('B', TAG_ASK, pid('d'));
    log_wait("d is asked");
    end('c', FAIL);
    log_wait("d is asked, stop c, c failed 7 as told");
    cast('d', TAG_END, 0); /* that is an answer as well */
    log_wait_for("B answered, B hears c failed");
    finish();
}

TestTree(who_waits_for_a_message_hears_and_goes_on_waiting)
{
    start(workers, "A(b)");
    log_wait("A hears b started");
    log_clear();
    cast('A', TAG_RECEIVE, 0);
    cast('A', TAG_NOTE, 1);
    log_wait("A wants 9");
    end('b', FAIL);
    log_wait("A wants 9, stop b, b failed 7 as told, A hears b failed");
    cast('A', TAG_NOTE, 9);
    log_wait(
        "A wants 9, stop b, b failed 7 as told, A hears b failed, A received 9, A 1");
    finish();
}

TestTree(a_hook_may_fail)
{
    start(workers, "A(bc)");
    log_wait_for("A hears b started");
    log_wait_for("A hears c started");
    log_clear();
    cast('b', TAG_FAIL, 99);
    log_wait("stop b, b failed 99 as told, A hears b failed, stop c, c stopped, stop A, "
             "A failed 98 too much");
    finish();
}

TestTree(a_state_is_left_to_who_inherits)
{
    start(workers, "H(bk)");
    log_wait_for("H hears b started");
    log_wait_for("H hears k started");
    log_clear();
    end('b', FAIL);
    log_wait("stop b, b failed 7 as told, H hears b failed, heritage b");
    log_clear();
    end('k', END);
    log_wait("stop k, k normal, H hears k ended, heritage k");
    finish();
}

/* --- what a supervisor may do --- */

TestTree(a_supervisor_tells_its_children_to_end)
{
    start(workers, "A(bcd)");
    log_wait_for("A hears b started");
    log_wait_for("A hears c started");
    log_wait_for("A hears d started");
    log_clear();
    cast('A', TAG_STOP_CHILD, pid('b'));
    log_wait("stop b, b stopped, A hears b ended");
    cr_expect_eq(atomic_load(&result), 0);
    log_clear();
    cast('A', TAG_KILL_CHILD, pid('c'));
    log_wait("c killed, A hears c ended");
    log_clear();
    cast('A', TAG_COUNT, 0);
    log_wait("A has 1, d");
    cast('A', TAG_KILL_CHILD, pid('c'));
    cast('A', TAG_NOTE, 5);
    log_wait("A has 1, d, A 5");
    cr_expect_eq(atomic_load(&result), WEFT_ENOACTOR);
    finish();
}

TestTree(a_child_that_was_given_up_is_nobodys)
{
    weft_actor_info info = {.size = sizeof info};

    start(workers, "a(bc)");
    cr_assert_eq(weft_actor_read(rt, pid('c'), &info), 0);
    cr_expect_eq(info.supervisor, pid('a'));
    cast('a', TAG_RELEASE, pid('c'));
    log_wait("a released");
    cr_expect_eq(atomic_load(&result), 0);
    cr_assert_eq(weft_actor_read(rt, pid('c'), &info), 0);
    cr_expect_eq(info.supervisor, WEFT_NOBODY);
    log_clear();
    end('c', FAIL);
    log_wait("stop c, c failed 7 as told");
    log_clear();
    cast('a', TAG_RELEASE, pid('c'));
    log_wait("a released");
    cr_expect_eq(atomic_load(&result), WEFT_ENOACTOR);
    cast('a', TAG_RELEASE, pid('b'));
    log_wait("a released, a released");
    cast('a', TAG_COUNT, 0);
    log_wait("a released, a released, a has 0");
    log_clear();
    end('a', STOP);
    log_wait("stop a, a stopped");
    finish();
}

static const weft_behavior deep;

static weft_next deep_init(weft_self *self, void *state, const void *args)
{
    int error = weft_spawn_child(self, &deep, NULL, NULL);

    (void)state, (void)args;
    if (error != 0)
        atomic_store(&result, error);
    return weft_stay(self);
}

static const weft_behavior deep = WEFT_STATELESS("deep", living, .init = deep_init);

TestTree(the_depth_of_a_tree_has_a_limit)
{
    weft_options options;
    weft_stats stats;

    weft_options_init(&options);
    options.workers = workers;
    options.depth_max = 100;
    atomic_store(&result, 0);
    cr_assert_eq(weft_start(&rt, &options), 0);
    cr_assert_eq(weft_rt_spawn(rt, &deep, NULL, NULL), 0);
    wait_until(atomic_load(&result) != 0);
    cr_expect_eq(atomic_load(&result), WEFT_ELIMIT);
    weft_stats_read(rt, &stats);
    cr_expect_eq(stats.spawned, 101);
    finish();
}
