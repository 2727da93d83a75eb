/* lib/test/mock.c: mocks as the test sees them: their rules and counters. */
#include "lib/test/mock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- rules --- */

static bool is_valid(const weft_act *act)
{
    bool answers = act->kind == WEFT_ACT_REPLY || act->kind == WEFT_ACT_ERROR;

    return (act->after_ns == 0 || answers) &&
           (act->kind != WEFT_ACT_ERROR || act->error < 0) &&
           (act->kind != WEFT_ACT_CALL || act->call != NULL);
}

/* Rules for a number of times lie before the others, in order; the latest of the others is the
 * first of them. */
static void add_rule(weft_mock *m, struct rule *rule)
{
    struct rule **link = &m->rules;

    pthread_mutex_lock(&m->test->lock);
    while (*link != NULL && (*link)->act.times > 0)
        link = &(*link)->next;
    rule->next = *link;
    *link = rule;
    pthread_mutex_unlock(&m->test->lock);
}

int weft_mock_on(weft_mock *mock, weft_match match, weft_act act)
{
    struct rule *rule;
    int error = WEFT_OK;

    if (!is_valid(&act))
        return WEFT_EINVAL;
    rule = malloc(sizeof *rule);
    if (rule == NULL)
        return WEFT_ENOMEM;
    if (act.kind == WEFT_ACT_REPLY)
        error = weft_rt_share(mock->test->rt, act.letter, &act.letter);
    if (error < 0) {
        free(rule);
        return error;
    }
    *rule = (struct rule){.match = match, .act = act};
    add_rule(mock, rule);
    return WEFT_OK;
}

static void rule_free(struct rule *rule)
{
    weft_letter_drop(rule->act.letter);
    free(rule);
}

void weft_mock_reset(weft_mock *mock)
{
    struct rule *rules;

    pthread_mutex_lock(&mock->test->lock);
    rules = mock->rules;
    mock->rules = NULL;
    pthread_mutex_unlock(&mock->test->lock);
    while (rules != NULL) {
        struct rule *rule = rules;

        rules = rule->next;
        rule_free(rule);
    }
}

/* With the lock held. NULL: no rule fits. */
static struct rule **find_rule(weft_mock *m, const weft_msg *msg)
{
    for (struct rule **link = &m->rules; *link != NULL; link = &(*link)->next)
        if (weft_matches(&(*link)->match, msg))
            return link;
    return NULL;
}

/* What it says, with a letter of its own; a rule whose last time this is goes to *spent. */
static weft_act use_rule(struct rule **link, struct rule **spent)
{
    struct rule *rule = *link;
    weft_act act = rule->act;

    act.letter = weft_letter_copy(&rule->act.letter);
    if (rule->act.times > 0 && --rule->act.times == 0) {
        *link = rule->next;
        *spent = rule;
    }
    return act;
}

weft_act kit_mock_rule(weft_mock *mock, const weft_msg *msg)
{
    weft_act act = weft_act_nothing();
    struct rule **link, *spent = NULL;

    pthread_mutex_lock(&mock->test->lock);
    link = find_rule(mock, msg);
    if (link != NULL)
        act = use_rule(link, &spent);
    pthread_mutex_unlock(&mock->test->lock);
    if (spent != NULL)
        rule_free(spent);
    return act;
}

void kit_mock_count(weft_mock *mock)
{
    pthread_mutex_lock(&mock->test->lock);
    mock->calls++;
    kit_tell(mock->test);
    pthread_mutex_unlock(&mock->test->lock);
}

/* --- life --- */

int weft_mock_open(weft_test *test, const char *name, weft_mock **ret_mock)
{
    weft_mock *m = calloc(1, sizeof *m);
    int error = m != NULL ? weft_probe_open(test, name, &m->got) : WEFT_ENOMEM;

    *ret_mock = NULL;
    if (error == 0) {
        m->test = test;
        m->port = weft_probe_pid(m->got);
        snprintf(m->name, sizeof m->name, "%s", name);
        error = weft_rt_spawn(test->rt, &kit_mock, &m, &m->pid);
        if (error < 0)
            weft_probe_close(m->got);
    }
    if (error < 0) {
        free(m);
        return error;
    }
    m->next = test->mocks;
    test->mocks = m;
    *ret_mock = m;
    return WEFT_OK;
}

void kit_mocks_reset(weft_test *t)
{
    for (weft_mock *m = t->mocks; m != NULL; m = m->next)
        weft_mock_reset(m);
}

void kit_mocks_free(weft_test *t)
{
    while (t->mocks != NULL) {
        weft_mock *m = t->mocks;

        t->mocks = m->next;
        free(m);
    }
}

weft_pid weft_mock_pid(const weft_mock *mock)
{
    return mock->pid;
}

weft_probe *weft_mock_probe(weft_mock *mock)
{
    return mock->got;
}

/* --- counting --- */

uint64_t weft_mock_calls(const weft_mock *mock)
{
    uint64_t calls;

    pthread_mutex_lock(&mock->test->lock);
    calls = mock->calls;
    pthread_mutex_unlock(&mock->test->lock);
    return calls;
}

bool weft_mock_expect_calls(weft_mock *mock, uint64_t calls, uint64_t timeout_ns)
{
    struct kit_wait w = kit_wait_begin(mock->test, timeout_ns);
    struct kit_text text = {0};
    uint64_t seen;
    bool more = weft_test_settle(mock->test, timeout_ns);

    while (more) {
        seen = kit_news(mock->test);
        more = weft_mock_calls(mock) < calls && kit_wait_news(&w, seen);
    }
    if (weft_mock_calls(mock) == calls)
        return true;
    kit_say(&text, "mock \"%s\": expected %" PRIu64 " messages", mock->name, calls);
    kit_say_time(&text, w.timeout_ns);
    kit_say(&text, "; there came %" PRIu64, weft_mock_calls(mock));
    return kit_fail(mock->test, &text);
}
