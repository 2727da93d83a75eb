/* test_ports.c: aim: a port gets what is sent to its pid, in order, within its limit, and no
 * other port's mail; its descriptor is readable as long as there is mail; nothing is lost or
 * destroyed twice when it is closed; nothing is left of it behind weft_finish.
 * Method: an actor that sends what it is told to; counters, destructors, poll(2), /proc. */
#include "test/support/unit_story.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

TestSuite(ports, .timeout = 60);

static weft_runtime *rt;

/* --- a message that owns something --- */

static atomic_int owned; /* things that messages own */

static void load_done(void *object);

#define LOAD_FIELDS(F) F(uint64_t, number) F(char, text[80])
WEFT_BLOCK(load, 50, LOAD_FIELDS, load_done)

static void load_done(void *object)
{
    const struct load *load = object;

    cr_expect_eq(load->number, 7);
    atomic_fetch_sub(&owned, 1);
}

static weft_letter new_load(void)
{
    static const struct load load = {.number = 7, .text = "load"};

    atomic_fetch_add(&owned, 1);
    return load_msg(&load);
}

/* --- an actor that does with a port's pid what it is told --- */

enum { CAST = 1, CAST_WORD, CAST_LOAD, TRY_CAST, REPLY, REPLY_WORD, BOTH_ENDS };

static atomic_int clerk_said; /* what its last sending came to */
static atomic_ullong clerk_did;

static weft_next serving(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid port = weft_sender(msg);
    uint64_t word = weft_word(msg);
    const uint64_t words[] = {word, word + 1, word + 2};

    int error;

    (void)state;
    switch (weft_tag(msg)) {
    case CAST:
        error = weft_cast(self, port, weft_small(CAST, words, sizeof words));
        break;
    case CAST_WORD:
        error = weft_cast_word(self, port, CAST_WORD, word);
        break;
    case CAST_LOAD:
        error = weft_cast(self, port, new_load());
        break;
    case TRY_CAST:
        error = weft_try_cast(self, port, new_load());
        if (error < 0)
            atomic_fetch_sub(&owned, 1); /* it is ours again */
        break;
    case REPLY:
        error = weft_reply(self, msg, weft_small(REPLY, words, sizeof words));
        break;
    case REPLY_WORD:
        error = weft_reply_word(self, msg, REPLY_WORD, word);
        break;
    default:
        error = weft_alive(self, port) ? 1 : 0;
    }
    atomic_store(&clerk_said, error);
    atomic_fetch_add(&clerk_did, 1);
    return weft_stay(self);
}

static const weft_behavior clerk_behavior = WEFT_STATELESS("clerk", serving);

static weft_pid clerk;
static uint64_t told; /* messages that the clerk was sent */

static void set_up_with(unsigned workers)
{
    rt = story_start(workers);
    told = 0;
    atomic_store(&clerk_did, 0);
    clerk = WEFT_NOBODY;
    cr_assert_eq(weft_rt_spawn(rt, &clerk_behavior, NULL, &clerk), 0);
}

static void tear_down(void)
{
    story_finish(rt);
    cr_expect_eq(atomic_load(&owned), 0, "each message was destroyed once");
}

static weft_port *open_port(uint32_t mailbox_max)
{
    weft_port *port = NULL;

    cr_assert_eq(weft_port_open(rt, mailbox_max, &port), 0);
    cr_assert_not_null(port);
    return port;
}

static void tell(weft_port *port, uint32_t what, uint64_t word)
{
    cr_assert_eq(weft_port_cast(port, clerk, weft_word_letter(what, word)), 0);
    told++;
}

static int clerk_error(void)
{
    wait_until(atomic_load(&clerk_did) == told);
    return atomic_load(&clerk_said);
}

static weft_msg *receive(weft_port *port)
{
    weft_msg *msg = NULL;

    cr_assert_eq(weft_port_wait(port, WEFT_SEC(100), &msg), 0);
    return msg;
}

static void expect_word(weft_port *port, uint32_t tag, uint64_t word)
{
    weft_msg *msg = receive(port);

    cr_expect_eq(weft_tag(msg), tag);
    cr_expect_eq(weft_word(msg), word);
    cr_expect_eq(weft_sender(msg), clerk);
    weft_msg_free(msg);
}

static void expect_empty(weft_port *port)
{
    weft_msg *msg = NULL;

    cr_expect_eq(weft_port_receive(port, &msg), WEFT_EEMPTY);
    cr_expect_null(msg);
}

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

/* --- sending and receiving --- */

TestOnWorkers(ports, whatever_a_step_can_send_arrives_in_order)
{
    static const uint32_t tags[] = {CAST,     CAST_WORD, CAST_LOAD,
                                    TRY_CAST, REPLY,     REPLY_WORD};
    weft_port *port;

    set_up_with(workers);
    port = open_port(0);
    for (uint64_t i = 0; i < 60; i++)
        tell(port, tags[i % 6], i);
    for (uint64_t i = 0; i < 60; i++) {
        weft_msg *msg = receive(port);
        uint32_t tag = tags[i % 6];
        size_t size;
        const uint64_t *words = weft_payload(msg, &size);

        cr_expect_eq(weft_sender(msg), clerk);
        if (tag == CAST_LOAD || tag == TRY_CAST) {
            cr_assert_not_null(load_at(msg));
            cr_expect_str_eq(load_at(msg)->text, "load");
        } else {
            cr_expect_eq(weft_tag(msg), tag);
            cr_expect_eq(weft_word(msg), i);
            if (tag == CAST || tag == REPLY)
                cr_expect(size == 24 && words[2] == i + 2);
        }
        weft_msg_free(msg);
    }
    expect_empty(port);
    wait_until(story_stats(rt).handled == 120);
    weft_port_close(port);
    tear_down();
}

Test(ports, threads_outside_send_too_and_have_no_name)
{
    weft_port *port;
    weft_msg *msg;

    set_up_with(1);
    port = open_port(0);
    cr_expect_eq(weft_rt_cast(rt, weft_port_pid(port), new_load()), 0);
    cr_expect_eq(weft_rt_cast_word(rt, weft_port_pid(port), 3, 4), 0);
    msg = receive(port);
    cr_expect_not_null(load_at(msg));
    cr_expect_eq(weft_sender(msg), WEFT_NOBODY);
    weft_msg_free(msg);
    weft_msg_free(receive(port));
    cr_expect_eq(story_stats(rt).outside, 2);
    weft_port_close(port);
    tear_down();
}

Test(ports, one_writes_to_another)
{
    weft_port *a, *b;
    weft_msg *msg;

    set_up_with(1);
    a = open_port(0);
    b = open_port(0);
    cr_expect_neq(weft_port_pid(a), weft_port_pid(b));
    cr_expect_eq(weft_port_cast(a, weft_port_pid(b), weft_word_letter(1, 2)), 0);
    expect_empty(a);
    msg = receive(b);
    cr_expect_eq(weft_sender(msg), weft_port_pid(a));
    weft_msg_free(msg);
    weft_port_close(a);
    weft_port_close(b);
    tear_down();
}

/* Sends before it is stuck and, when others have its domain, behind that. */
static weft_next stuck_in_between(weft_self *self, void *state, weft_msg *msg)
{
    weft_pid port = weft_sender(msg);

    (void)state;
    cr_expect_eq(weft_cast_word(self, port, CAST_WORD, 1), 0);
    gate_pass(1);
    cr_expect_eq(weft_cast_word(self, port, CAST_WORD, 2), 0);
    cr_expect_eq(weft_reply(self, msg, new_load()), 0);
    return weft_stay(self);
}

Test(ports, a_step_that_lost_its_domain_reaches_them)
{
    static const weft_behavior stuck = WEFT_STATELESS("stuck", stuck_in_between);
    const struct probe args = probe_of(1);
    weft_port *port;

    set_up_with(2);
    port = open_port(0);
    cr_assert_eq(weft_rt_spawn(rt, &stuck, NULL, &clerk), 0);
    tell(port, CAST_WORD, 0);
    expect_word(port, CAST_WORD, 1);
    story_spawn(rt, 1, &probe, &args); /* somebody who waits in that domain, perhaps */
    wait_until(story_stats(rt).rescues > 0);
    gate_open(1);
    expect_word(port, CAST_WORD, 2);
    weft_msg_free(receive(port));
    weft_port_close(port);
    tear_down();
}

/* A reader cannot answer; who asks it is told so, and does not wait for ever. */
static weft_next heard(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_exit(self, -weft_failure(msg));
    return weft_stay(self);
}

static weft_next asking(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    return weft_await(self, weft_sender(msg), new_load(), WEFT_FOREVER, heard);
}

static void ask_a_port(bool read)
{
    static const weft_behavior asker = WEFT_STATELESS("asker", asking);
    weft_port *port;
    int fd;

    set_up_with(1);
    port = open_port(0);
    fd = weft_port_fd(port);
    expect_empty(port);
    cr_assert_eq(weft_rt_spawn(rt, &asker, NULL, &clerk), 0);
    tell(port, 1, 0);
    if (read)
        weft_msg_free(receive(port));
    else
        wait_until(is_readable(fd));
    weft_port_close(port);
    cr_expect_eq(weft_run(rt), read ? -WEFT_ENOANSWER : -WEFT_EENDED);
    tear_down();
}

Test(ports, a_question_is_read_and_has_no_answer)
{
    ask_a_port(true);
}

Test(ports, a_question_dies_with_them)
{
    ask_a_port(false);
}

/* --- waiting --- */

Test(ports, a_wait_ends_with_its_time)
{
    weft_port *port;
    weft_msg *msg = NULL;

    set_up_with(1);
    port = open_port(0);
    cr_expect_eq(weft_port_wait(port, 0, &msg), WEFT_ETIMEDOUT);
    cr_expect_eq(weft_port_wait(port, WEFT_MS(1), &msg), WEFT_ETIMEDOUT);
    cr_expect_null(msg);
    tell(port, CAST_WORD, 1);
    cr_expect_eq(weft_port_wait(port, WEFT_FOREVER, &msg), 0);
    weft_msg_free(msg);
    weft_port_close(port);
    tear_down();
}

/* The clerk, called again and again, by a reader that sleeps each time. */
Test(ports, a_sleeping_reader_is_woken)
{
    weft_port *port;

    set_up_with(1);
    port = open_port(0);
    for (uint64_t i = 0; i < 300; i++) {
        tell(port, REPLY_WORD, i);
        expect_word(port, REPLY_WORD, i);
    }
    weft_port_close(port);
    tear_down();
}

/* --- the descriptor --- */

Test(ports, the_descriptor_is_readable_while_there_is_mail)
{
    weft_port *port;
    int fd;

    set_up_with(1);
    port = open_port(0);
    tell(port, CAST_WORD, 1); /* before there is a descriptor */
    cr_expect_eq(clerk_error(), 0);
    fd = weft_port_fd(port);
    cr_assert_geq(fd, 0);
    cr_expect_eq(weft_port_fd(port), fd);
    cr_expect_neq(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    cr_expect(is_readable(fd));
    expect_word(port, CAST_WORD, 1);
    expect_empty(port);
    cr_expect_not(is_readable(fd));
    for (uint64_t i = 0; i < 5; i++) {
        tell(port, CAST_WORD, 2);
        wait_until(is_readable(fd));
        tell(port, CAST_WORD, 3);
        cr_expect_eq(clerk_error(), 0);
        expect_word(port, CAST_WORD, 2);
        cr_expect(is_readable(fd), "one is left");
        expect_word(port, CAST_WORD, 3);
        expect_empty(port);
        cr_expect_not(is_readable(fd));
    }
    weft_port_close(port);
    cr_expect_eq(fcntl(fd, F_GETFD), -1, "it is closed");
    tear_down();
}

/* --- limits --- */

Test(ports, a_full_one_refuses_all_but_replies)
{
    weft_port *port;

    set_up_with(1);
    port = open_port(2);
    tell(port, CAST_WORD, 1);
    tell(port, CAST_LOAD, 2);
    cr_expect_eq(clerk_error(), 0);
    tell(port, CAST_WORD, 3);
    cr_expect_eq(clerk_error(), WEFT_EFULL);
    tell(port, CAST_LOAD, 4);
    cr_expect_eq(clerk_error(), WEFT_EFULL);
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_FULL], 2);
    tell(port, TRY_CAST, 5);
    cr_expect_eq(clerk_error(), WEFT_EFULL);
    cr_expect_eq(story_stats(rt).returned, 1);
    cr_expect_eq(weft_rt_cast_word(rt, weft_port_pid(port), 1, 1), WEFT_EFULL);
    tell(port, REPLY_WORD, 6);
    cr_expect_eq(clerk_error(), 0);

    expect_word(port, CAST_WORD, 1);
    weft_msg_free(receive(port));
    expect_word(port, REPLY_WORD, 6);
    expect_empty(port);
    tell(port, CAST_WORD, 7);
    expect_word(port, CAST_WORD, 7);
    weft_port_close(port);
    tear_down();
}

Test(ports, there_are_as_many_as_the_options_say)
{
    weft_options options;
    weft_port *port[3], *more = NULL;

    weft_options_init(&options);
    options.ports_max = 3;
    options.actors_max = 1000;
    cr_assert_eq(weft_start(&rt, &options), 0);
    for (int i = 0; i < 3; i++)
        port[i] = open_port(0);
    cr_expect_eq(weft_port_open(rt, 0, &more), WEFT_ELIMIT);
    cr_expect_null(more);
    weft_port_close(port[1]);
    cr_expect_eq(weft_port_open(rt, 0, &more), 0);
    cr_expect_eq(weft_finish(rt, WEFT_SEC(100)), 0);

    options.ports_max = 1000001;
    cr_expect_eq(weft_start(&rt, &options), WEFT_EINVAL);
    cr_expect_eq(weft_port_open(NULL, 0, &more), WEFT_EINVAL);
}

/* --- closing --- */

Test(ports, what_is_in_a_closed_one_is_dead_and_what_was_received_is_not)
{
    weft_port *port, *next;
    weft_pid pid;
    weft_msg *msg;

    set_up_with(1);
    port = open_port(0);
    pid = weft_port_pid(port);
    cr_expect(weft_rt_alive(rt, pid));
    tell(port, BOTH_ENDS, 0);
    cr_expect_eq(clerk_error(), 1, "actors can see that it is open");
    for (int i = 0; i < 3; i++)
        tell(port, CAST_LOAD, 0);
    cr_expect_eq(clerk_error(), 0);
    msg = receive(port);
    weft_port_close(port);
    cr_expect_eq(atomic_load(&owned), 1);
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_ENDED], 2);

    next = open_port(0); /* in the same place */
    cr_expect_neq(weft_port_pid(next), pid);
    cr_expect_not(weft_rt_alive(rt, pid));
    cr_expect_eq(weft_rt_cast(rt, pid, new_load()), WEFT_ENOACTOR);
    cr_expect_eq(weft_rt_stop_actor(rt, weft_port_pid(next)), WEFT_ENOACTOR);
    cr_expect_eq(weft_rt_kill_actor(rt, weft_port_pid(next)), WEFT_ENOACTOR);
    cr_expect_eq(story_stats(rt).dead[WEFT_DEAD_NO_ACTOR], 1);
    expect_empty(next);

    cr_expect_not_null(load_at(msg));
    weft_msg_free(msg);
    weft_port_close(next);
    weft_port_close(NULL);
    weft_msg_free(NULL);
    tear_down();
}

static unsigned descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    cr_assert_not_null(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

Test(ports, finish_closes_those_that_are_open)
{
    const unsigned before = descriptors();
    weft_port *port[10];

    set_up_with(1);
    for (int i = 0; i < 10; i++) {
        port[i] = open_port(0);
        cr_assert_geq(weft_port_fd(port[i]), 0);
        cr_expect_eq(weft_rt_cast(rt, weft_port_pid(port[i]), new_load()), 0);
        tell(port[i], CAST_LOAD, 0);
    }
    cr_expect_eq(descriptors(), before + 10);
    tear_down();
    cr_expect_eq(descriptors(), before);
}

/* Mail can be read behind the end of all actors. */
Test(ports, mail_outlives_its_sender)
{
    weft_port *port;

    set_up_with(1);
    port = open_port(0);
    tell(port, CAST_WORD, 5);
    cr_expect_eq(clerk_error(), 0);
    cr_expect_eq(weft_stop_all(rt, WEFT_SEC(100)), 0);
    expect_word(port, CAST_WORD, 5);
    cr_expect_eq(weft_port_cast(port, clerk, new_load()), WEFT_ENOACTOR);
    tear_down();
}
