/* lib/test/mock.h: a mock, as its step and the test both know it. */
#ifndef WEFT_TEST_MOCK_H
#define WEFT_TEST_MOCK_H

#include "lib/test/kit.h"

struct rule {
    struct rule *next;
    weft_match match;
    weft_act act;
};

struct weft_mock {
    weft_test *test;
    struct weft_mock *next; /* of the test's */
    weft_probe *got;
    weft_pid pid, port; /* the actor's, and the probe's */
    char name[KIT_NAME];

    /* --- guarded by the test's lock --- */
    struct rule *rules;
    uint64_t calls;
};

/* --- lib/test/act.c --- */

/* Its args are the mock's address. */
extern const weft_behavior kit_mock;

/* --- lib/test/mock.c; from the mock's step --- */

/* What the mock is to do with a message; a letter in it is the caller's. */
weft_act kit_mock_rule(weft_mock *mock, const weft_msg *msg);
/* The message is in its probe, or on its way there. */
void kit_mock_count(weft_mock *mock);

#endif
