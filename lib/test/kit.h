/* lib/test/kit.h: what the files of the test kit share.
 *
 *   test.c    a test: its runtime, its beginning, its end
 *   wait.c    time limits, and running the actors: the one place that knows a clock
 *   ends.c    how actors ended
 *   dead.c    dead letters
 *   match.c   which messages are meant
 *   text.c    what is said about failures
 *   probe.c   probes
 *   mock.c    mocks, and act.c what they do
 *
 * The kit uses the public functions of the library only. What steps and on_exit write is guarded
 * by the test's lock; everything else is the test's thread's. */
#ifndef WEFT_TEST_KIT_H
#define WEFT_TEST_KIT_H

#include <pthread.h>
#include <stdarg.h>
#include <weft.h>
#include <weft/test.h>

enum { KIT_TEXT = 2048, KIT_NAME = 48, KIT_BUCKETS = 256, KIT_DEAD = 4 };

struct kit_text {
    char s[KIT_TEXT];
    size_t used;
};

struct kit_end {
    struct kit_end *next;
    weft_pid pid;
    weft_reason reason;
    char *text; /* a copy of the reason's */
};

struct weft_test {
    weft_runtime *rt;
    weft_test_options options;
    weft_options runtime; /* the callbacks are the program's */
    struct kit_text failure;
    unsigned failures;
    uint64_t dead; /* letters that were expected, or complained of */
    struct weft_probe *probes;
    struct weft_mock *mocks;

    pthread_mutex_t lock; /* of what follows, and of the mocks' rules and counters */
    pthread_cond_t changed;
    uint64_t news; /* counts what happened */
    uint64_t ended;
    bool lost; /* there was no memory to note an end */
    weft_dead_info last_dead[KIT_DEAD];
    uint64_t dead_noted;
    struct kit_end *ends[KIT_BUCKETS];
};

/* --- text.c --- */

void kit_say(struct kit_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void kit_say_pid(struct kit_text *text, weft_pid pid);
void kit_say_time(struct kit_text *text, uint64_t ns);
void kit_say_tag(const weft_test *t, struct kit_text *text, uint32_t tag);
void kit_say_match(const weft_test *t, struct kit_text *text, const weft_match *match);
void kit_say_msg(const weft_test *t, struct kit_text *text, const weft_msg *msg);
void kit_say_error(struct kit_text *text, int error);
void kit_say_end(struct kit_text *text, enum weft_exit_kind exit, int code);

/* A failure; the text so far is it. Returns false. */
bool kit_fail(weft_test *t, const struct kit_text *text);

/* --- wait.c --- */

struct kit_wait {
    weft_test *test;
    uint64_t began, timeout_ns;
    bool idle; /* it was given up because nothing can come */
};

/* 0: the test's time limit. */
struct kit_wait kit_wait_begin(weft_test *t, uint64_t timeout_ns);
/* The same, where 0 is no time. */
struct kit_wait kit_wait_for(weft_test *t, uint64_t ns);

/* Lets something happen, so that the caller looks again. False: the time is over, or nothing
 * can come: he looks once more, and gives up. */
bool kit_wait_port(struct kit_wait *w, weft_port *port, weft_msg **ret_msg);
bool kit_wait_news(struct kit_wait *w, uint64_t seen);

/* Something happened: who waits for news looks again. With the lock held. */
void kit_tell(weft_test *t);
/* How much has. Without the lock. */
uint64_t kit_news(weft_test *t);

/* --- ends.c --- */

void kit_on_exit(void *context, weft_pid pid, const weft_reason *reason);
void kit_ends_free(weft_test *t);

/* --- dead.c --- */

void kit_on_dead_letter(void *context, const weft_dead_info *dead);

/* --- probe.c --- */

void kit_probes_close(weft_test *t);

/* --- mock.c --- */

/* Their rules; before the runtime's end. */
void kit_mocks_reset(weft_test *t);
/* The rest; behind it. */
void kit_mocks_free(weft_test *t);

#endif
