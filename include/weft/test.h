/* weft/test.h: a kit for testing actors; in its own library, libweft-test.a.
 *
 * A *test* is a runtime under observation. Its *probes* stand in for actors that the test plays
 * itself; its *mocks* stand in for neighbours that answer by rules.
 *
 *   weft_test *t;
 *   weft_probe *client;
 *   weft_mock *prices;
 *
 *   weft_test_start(&t, NULL);
 *   weft_probe_open(t, "client", &client);
 *   weft_mock_open(t, "prices", &prices);
 *   weft_mock_on(prices, weft_match_tag(TAG_PRICE_OF), weft_act_word(TAG_PRICE, 42));
 *   ... spawn the shop, with weft_mock_pid(prices) among its args ...
 *
 *   weft_probe_ask(client, shop, weft_word_letter(TAG_ORDER, 7), NULL);
 *   offer = weft_probe_expect(client, weft_match_tag(TAG_OFFER), 0);
 *   assert(offer != NULL && weft_word(offer) == 42);
 *
 *   weft_test_expect_dead_letters(t, 0);
 *   weft_test_stop(t);
 *   assert(weft_test_failures(t) == 0);
 *   weft_test_free(t);
 *
 * It is bound to no test framework: an expectation returns NULL or false when it fails, and
 * weft_test_failure() says in a line what was expected and what came instead.
 *
 * Unless it is told otherwise a test has no threads: the kit runs the actors, inside its
 * expectations, in the same order each time; it does not sleep, and what cannot be met fails at
 * once, since nothing can come any more. All that waits takes a time limit; 0 is the test's own.
 *
 * Threads: a test, its probes and its mocks belong to one thread at a time, which is no worker.
 * Nothing here is to be called from inside a step. */
#ifndef WEFT_TEST_H
#define WEFT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/actor.h>
#include <weft/call.h>
#include <weft/message.h>
#include <weft/pid.h>
#include <weft/port.h>
#include <weft/runtime.h>
#include <weft/version.h>

typedef struct weft_test weft_test;
typedef struct weft_probe weft_probe;
typedef struct weft_mock weft_mock;

#define WEFT_TEST_TIMEOUT WEFT_SEC(5) /* of tests that do not say */

/* How a test is to be. weft_test_options_init() gives the defaults. */
typedef struct weft_test_options {
    size_t size;
    /* Of the runtime; borrowed until weft_test_start returns. on_exit is still called. NULL: no
     * threads, and always the same seed. */
    const weft_options *runtime;
    uint64_t timeout_ns; /* of expectations that are given 0; 0: WEFT_TEST_TIMEOUT */
    /* Without threads: other threads send too (the program's, or those of weft/blocking.h), so
     * time limits are waited for even if no actor can run. */
    bool patient;
    const char *(*tag_name)(uint32_t tag); /* for the texts: a name, or NULL */
    /* Is told each failure as it happens; @text borrows. May leave by longjmp. */
    void (*on_failure)(void *context, const char *text);
    void *context;
    uint64_t reserved[4]; /* 0 */
} weft_test_options;

/* Which messages are meant. Made by the functions below. */
enum weft_match_kind {
    WEFT_MATCH_ANY,
    WEFT_MATCH_TAG,
    WEFT_MATCH_WORD,    /* a tag and a word */
    WEFT_MATCH_TYPE,    /* a declared type */
    WEFT_MATCH_FAILURE, /* a question's failure, with this code */
    WEFT_MATCH_ANSWER,  /* the answer to, or failure of, this question */
    WEFT_MATCH_IF
};

typedef bool (*weft_match_fn)(void *context, const weft_msg *msg);

typedef struct weft_match {
    enum weft_match_kind kind;
    uint32_t tag;
    uint64_t word; /* or the question */
    int error;
    weft_pid from; /* WEFT_NOBODY: from anybody */
    const weft_type *type;
    weft_match_fn wanted;
    void *context;
    const char *text; /* what it looks for, in the texts */
} weft_match;

/* What a mock does with a message. Made by the functions below. */
enum weft_act_kind {
    WEFT_ACT_NOTHING, /* a question stays open: see weft_mock_probe */
    WEFT_ACT_REPLY,
    WEFT_ACT_ERROR,
    WEFT_ACT_FORWARD,
    WEFT_ACT_CALL,
    WEFT_ACT_STOP,
    WEFT_ACT_FAIL
};

typedef void (*weft_act_fn)(weft_self *self, void *context, weft_msg *msg);

typedef struct weft_act {
    enum weft_act_kind kind;
    int error; /* or code */
    weft_pid to;
    weft_letter letter;
    weft_act_fn call;
    void *context;
    uint64_t after_ns; /* of replies and errors; 0: at once */
    uint64_t times;    /* 0: always */
} weft_act;

WEFT_BEGIN_DECLS

/* --- a test --- */

WEFT_API void weft_test_options_init(weft_test_options *options);

/* Starts a runtime to be tested.
 * @ret_test  fills: new, weft_test_free; NULL on an error
 * @options   copies; NULL: the defaults
 * Errors: as weft_start.  Blocks: as weft_start. */
WEFT_API WEFT_MUST_CHECK int weft_test_start(weft_test **ret_test,
                                             const weft_test_options *options);

/* Returns borrowed: until weft_test_free. It is not to be finished by others. */
WEFT_API weft_runtime *weft_test_runtime(const weft_test *test);

/* How many expectations failed, and the text of the last one, "" if none did.
 * Returns borrowed: until the next failure.  Blocks: no. */
WEFT_API unsigned weft_test_failures(const weft_test *test);
WEFT_API const char *weft_test_failure(const weft_test *test);

/* An expectation of the program's own: if it is not met "expected: text" is the failure.
 * Returns met. */
WEFT_API bool weft_test_check(weft_test *test, bool met, const char *text);

/* Without threads: runs actors until nothing can run. With threads it does nothing: nobody can
 * know when they rest. False: there was no end of it. Blocks: until the time limit. */
WEFT_API bool weft_test_settle(weft_test *test, uint64_t timeout_ns);

/* Waits for an actor's end, also if it was before.
 * Returns borrowed: how it ended, until weft_test_free; NULL: it failed.  Blocks: yes. */
WEFT_API const weft_reason *weft_test_await_end(weft_test *test, weft_pid pid,
                                                uint64_t timeout_ns);

/* The same, and it has to be this end. @code is compared for WEFT_EXIT_FAILED only. */
WEFT_API bool weft_test_expect_end(weft_test *test, weft_pid pid,
                                   enum weft_exit_kind exit, int code,
                                   uint64_t timeout_ns);

/* So many dead letters, for whatever reason, since the last call of this function; without
 * threads behind a weft_test_settle. With threads, what is on its way is not counted yet. */
WEFT_API bool weft_test_expect_dead_letters(weft_test *test, uint64_t count);

/* Stops all actors. Each that was made has to end, once, in time. Probes may still be asked
 * for what was sent meanwhile. Blocks: until the time limit of the test. */
WEFT_API bool weft_test_stop(weft_test *test);

/* Stops what runs, and frees the test, its probes, its mocks, and messages they gave out.
 * @test  takes on success; NULL is allowed
 * Errors: WEFT_ETIMEDOUT, as weft_finish: a step still runs.  Blocks: as weft_test_stop. */
WEFT_API int weft_test_free(weft_test *test);

/* --- which messages are meant --- */

WEFT_API weft_match weft_match_any(void);
WEFT_API weft_match weft_match_tag(uint32_t tag);
WEFT_API weft_match weft_match_word(uint32_t tag, uint64_t word);
/* A declared type, small or block: weft_match_type(&inc_type). */
WEFT_API weft_match weft_match_type(const weft_type *type);
/* A failure in place of an answer; 0: with any code. */
WEFT_API weft_match weft_match_failure(int error);
/* What became of a question that weft_probe_ask asked. */
WEFT_API weft_match weft_match_answer(weft_question question);
/* @wanted is called on the test's thread; for a mock's rule in the mock's step.
 * @text  borrows as long as the match is used: what is meant, for the texts */
WEFT_API weft_match weft_match_if(weft_match_fn wanted, void *context, const char *text);
/* The same, but only from this sender. */
WEFT_API weft_match weft_match_from(weft_match match, weft_pid from);

/* True if the message is meant. */
WEFT_API bool weft_matches(const weft_match *match, const weft_msg *msg);

/* --- probes --- */

/* Opens a probe: a port that the test reads by expectations. There is no limit to what waits
 * in it.
 * @name       copies: for the texts
 * @ret_probe  fills: new, weft_probe_close or weft_test_free; NULL on an error
 * Errors: WEFT_ENOMEM, WEFT_ELIMIT (weft_options.ports_max). */
WEFT_API WEFT_MUST_CHECK int weft_probe_open(weft_test *test, const char *name,
                                             weft_probe **ret_probe);

/* What it had is given up (see weft_probe_clear); later mail finds nobody.
 * @probe  takes; NULL is allowed; not a mock's */
WEFT_API void weft_probe_close(weft_probe *probe);

WEFT_API weft_pid weft_probe_pid(const weft_probe *probe);

/* As weft_port_cast, weft_port_ask (with the time limit of the test), weft_port_reply,
 * weft_port_reply_error, weft_port_forward. */
WEFT_API int weft_probe_cast(weft_probe *probe, weft_pid to, weft_letter letter);
WEFT_API int weft_probe_ask(weft_probe *probe, weft_pid to, weft_letter letter,
                            weft_question *ret_question);
WEFT_API int weft_probe_reply(weft_probe *probe, const weft_msg *msg, weft_letter letter);
WEFT_API int weft_probe_reply_error(weft_probe *probe, const weft_msg *msg, int error);
WEFT_API int weft_probe_forward(weft_probe *probe, weft_pid to, weft_msg *msg);

/* The next message has to be a meant one. If it is another it fails at once, and that one
 * stays the next.
 * Returns borrowed: until weft_probe_clear or the probe is closed, like all messages that a
 * probe gives out. A question among them is open so long, or until it is answered. NULL: it
 * failed.  Blocks: until the time limit. */
WEFT_API weft_msg *weft_probe_expect(weft_probe *probe, weft_match match,
                                     uint64_t timeout_ns);

/* The first meant one, of those that wait and that are to come; the others stay, in order. */
WEFT_API weft_msg *weft_probe_find(weft_probe *probe, weft_match match,
                                   uint64_t timeout_ns);

/* As weft_probe_expect, of a declared type, whose object is copied out.
 * @object  fills: type->size bytes; untouched on a failure */
WEFT_API bool weft_probe_get(weft_probe *probe, const weft_type *type, void *object,
                             uint64_t timeout_ns);

/* The same, with the type's name: WEFT_PROBE_GET(probe, inc, &inc, 0) for what is declared by
 * WEFT_MESSAGE; and const struct order *WEFT_PROBE_SEE(probe, order, 0) for WEFT_BLOCK (NULL:
 * it failed), valid as long as the message. */
#define WEFT_PROBE_GET(probe, name, object, timeout_ns)       \
    ((void)sizeof(name##_get((const weft_msg *)0, (object))), \
     weft_probe_get((probe), &name##_type, (object), (timeout_ns)))
#define WEFT_PROBE_SEE(probe, name, timeout_ns) \
    ((const struct name *)weft_probe_see((probe), &name##_type, (timeout_ns)))
WEFT_API const void *weft_probe_see(weft_probe *probe, const weft_type *type,
                                    uint64_t timeout_ns);

/* No meant message waits, and none comes in this time; 0: only what has come by now is looked
 * at, without threads when all is settled. */
WEFT_API bool weft_probe_expect_none(weft_probe *probe, weft_match match,
                                     uint64_t for_ns);

/* From now on, and among what waits, meant messages are given up as they come. Any number of
 * matches. Returns 0 or WEFT_ENOMEM. */
WEFT_API int weft_probe_ignore(weft_probe *probe, weft_match match);
/* All that was to be ignored is not any more. */
WEFT_API void weft_probe_heed(weft_probe *probe);

/* How many meant messages wait. Blocks: no. */
WEFT_API size_t weft_probe_count(weft_probe *probe, weft_match match);

/* Gives up what waits, and what was given out: it counts as handled, and who asked an open
 * question is told WEFT_ENOANSWER. */
WEFT_API void weft_probe_clear(weft_probe *probe);

/* --- mocks --- */

/* What is to be done. The letter that weft_act_reply takes is sent once for each message that
 * is answered; what is no small one is shared by them (weft_see, not weft_at, reads it). */
WEFT_API weft_act weft_act_nothing(void);
WEFT_API weft_act weft_act_reply(weft_letter letter);
WEFT_API weft_act weft_act_word(uint32_t tag, uint64_t word);
/* Fails a question, with a negative code: WEFT_ENOANSWER is one. */
WEFT_API weft_act weft_act_error(int error);
/* Sends the message on, as weft_forward. */
WEFT_API weft_act weft_act_forward(weft_pid to);
/* Calls a function in the mock's step. It may send, reply, keep the right to answer. */
WEFT_API weft_act weft_act_call(weft_act_fn call, void *context);
/* The mock ends, as if by weft_stop or weft_fail; who asked is told WEFT_EENDED. */
WEFT_API weft_act weft_act_stop(void);
WEFT_API weft_act weft_act_fail(int code);

/* The same, but later; the mock goes on meanwhile. For replies and errors. */
WEFT_API weft_act weft_act_after(uint64_t after_ns, weft_act act);
/* The same, but only so many times. */
WEFT_API weft_act weft_act_times(uint64_t times, weft_act act);

/* Makes a mock: an actor that does as its rules say. Without a rule it does nothing.
 * @name      copies
 * @ret_mock  fills: new, it lives until weft_test_free; NULL on an error
 * Errors: as weft_spawn, and WEFT_ELIMIT (weft_options.ports_max). */
WEFT_API WEFT_MUST_CHECK int weft_mock_open(weft_test *test, const char *name,
                                            weft_mock **ret_mock);

WEFT_API weft_pid weft_mock_pid(const weft_mock *mock);

/* A rule more; at any time. Of those that fit a message the ones with a number of times come
 * first, in the order they were given: a script. Then the others, the latest first.
 * @act  takes its letter on success
 * Errors: WEFT_EINVAL (what is later must be a reply or an error; an error is negative),
 * WEFT_ENOMEM, and as weft_rt_share. */
WEFT_API WEFT_MUST_CHECK int weft_mock_on(weft_mock *mock, weft_match match,
                                          weft_act act);

/* All rules are gone. */
WEFT_API void weft_mock_reset(weft_mock *mock);

/* How many messages it got. Blocks: no. */
WEFT_API uint64_t weft_mock_calls(const weft_mock *mock);
/* Waits until it got so many since it was made. More of them is a failure. */
WEFT_API bool weft_mock_expect_calls(weft_mock *mock, uint64_t calls,
                                     uint64_t timeout_ns);

/* What it got, in order, with senders and payloads: a probe like any other, but that it is not
 * to be closed. Questions that the rules left open may be answered here. (What was forwarded,
 * stopped or failed the mock is here as a copy from the mock, and without its block.)
 * Returns borrowed: as the mock. */
WEFT_API weft_probe *weft_mock_probe(weft_mock *mock);

WEFT_END_DECLS

#endif
