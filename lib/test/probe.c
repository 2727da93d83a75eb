/* lib/test/probe.c: probes.
 *
 * A message is in the port, then kept (it waits for an expectation), then given (an expectation
 * gave it out), and freed when the probe is cleared. */
#include "lib/test/kit.h"

#include <stdio.h>
#include <stdlib.h>

struct held {
    struct held *next;
    weft_msg *msg;
};

struct ignored {
    struct ignored *next;
    weft_match match;
};

struct weft_probe {
    weft_test *test;
    weft_port *port;
    struct weft_probe *next; /* of the test's */
    struct held *kept, **last;
    struct held *given;
    struct ignored *ignored;
    char name[KIT_NAME];
};

/* --- opening, closing --- */

int weft_probe_open(weft_test *test, const char *name, weft_probe **ret_probe)
{
    weft_probe *p = calloc(1, sizeof *p);
    int error = p != NULL ? weft_port_open(test->rt, UINT32_MAX, &p->port) : WEFT_ENOMEM;

    *ret_probe = NULL;
    if (error < 0) {
        free(p);
        return error;
    }
    p->test = test;
    p->last = &p->kept;
    snprintf(p->name, sizeof p->name, "%s", name);
    p->next = test->probes;
    test->probes = p;
    *ret_probe = p;
    return WEFT_OK;
}

void weft_probe_heed(weft_probe *probe)
{
    while (probe->ignored != NULL) {
        struct ignored *ignored = probe->ignored;

        probe->ignored = ignored->next;
        free(ignored);
    }
}

static void probe_destroy(weft_probe *p)
{
    weft_probe_clear(p);
    weft_probe_heed(p);
    weft_port_close(p->port);
    free(p);
}

void weft_probe_close(weft_probe *probe)
{
    weft_probe **link;

    if (probe == NULL)
        return;
    for (link = &probe->test->probes; *link != probe;)
        link = &(*link)->next;
    *link = probe->next;
    probe_destroy(probe);
}

void kit_probes_close(weft_test *t)
{
    while (t->probes != NULL) {
        weft_probe *p = t->probes;

        t->probes = p->next;
        probe_destroy(p);
    }
}

/* --- sending --- */

weft_pid weft_probe_pid(const weft_probe *probe)
{
    return weft_port_pid(probe->port);
}

int weft_probe_cast(weft_probe *probe, weft_pid to, weft_letter letter)
{
    return weft_port_cast(probe->port, to, letter);
}

int weft_probe_ask(weft_probe *probe, weft_pid to, weft_letter letter,
                   weft_question *ret_question)
{
    return weft_port_ask(probe->port, to, letter, probe->test->options.timeout_ns,
                         ret_question);
}

int weft_probe_reply(weft_probe *probe, const weft_msg *msg, weft_letter letter)
{
    return weft_port_reply(probe->port, msg, letter);
}

int weft_probe_reply_error(weft_probe *probe, const weft_msg *msg, int error)
{
    return weft_port_reply_error(probe->port, msg, error);
}

int weft_probe_forward(weft_probe *probe, weft_pid to, weft_msg *msg)
{
    return weft_port_forward(probe->port, to, msg);
}

/* --- what it holds --- */

static bool is_ignored(const weft_probe *p, const weft_msg *msg)
{
    for (const struct ignored *i = p->ignored; i != NULL; i = i->next)
        if (weft_matches(&i->match, msg))
            return true;
    return false;
}

static void say_no_memory(weft_probe *p)
{
    struct kit_text text = {0};

    kit_say(&text, "probe \"%s\": no memory for a message, which is lost", p->name);
    kit_fail(p->test, &text);
}

static void keep(weft_probe *p, weft_msg *msg)
{
    struct held *h = is_ignored(p, msg) ? NULL : malloc(sizeof *h);

    if (h == NULL) {
        if (!is_ignored(p, msg))
            say_no_memory(p);
        weft_msg_free(msg);
        return;
    }
    *h = (struct held){.msg = msg};
    *p->last = h;
    p->last = &h->next;
}

static void take_in(weft_probe *p)
{
    weft_msg *msg;

    while (weft_port_receive(p->port, &msg) == 0)
        keep(p, msg);
}

/* Out of those that are kept. */
static struct held *unlink_kept(weft_probe *p, struct held **link)
{
    struct held *h = *link;

    *link = h->next;
    if (*link == NULL)
        p->last = link;
    return h;
}

static weft_msg *give(weft_probe *p, struct held **link)
{
    struct held *h = unlink_kept(p, link);

    h->next = p->given;
    p->given = h;
    return h->msg;
}

static void held_free(struct held *h)
{
    weft_msg_free(h->msg);
    free(h);
}

void weft_probe_clear(weft_probe *probe)
{
    take_in(probe);
    while (probe->kept != NULL)
        held_free(unlink_kept(probe, &probe->kept));
    while (probe->given != NULL) {
        struct held *h = probe->given;

        probe->given = h->next;
        held_free(h);
    }
}

int weft_probe_ignore(weft_probe *probe, weft_match match)
{
    struct ignored *i = malloc(sizeof *i);

    if (i == NULL)
        return WEFT_ENOMEM;
    *i = (struct ignored){probe->ignored, match};
    probe->ignored = i;
    for (struct held **link = &probe->kept; *link != NULL;)
        if (weft_matches(&match, (*link)->msg))
            held_free(unlink_kept(probe, link));
        else
            link = &(*link)->next;
    return WEFT_OK;
}

size_t weft_probe_count(weft_probe *probe, weft_match match)
{
    size_t n = 0;

    take_in(probe);
    for (const struct held *h = probe->kept; h != NULL; h = h->next)
        n += weft_matches(&match, h->msg);
    return n;
}

/* --- failures --- */

/* Some messages, from this one on. */
static void say_held(const weft_probe *p, struct kit_text *text, const struct held *h)
{
    enum { SHOWN = 4 };
    int n = 0;

    for (; h != NULL; h = h->next)
        if (++n <= SHOWN) {
            kit_say(text, n == 1 ? "; there came: " : "; ");
            kit_say_msg(p->test, text, h->msg);
        }
    if (n > SHOWN)
        kit_say(text, "; and %d more", n - SHOWN);
}

static void fail(weft_probe *p, const char *what, const weft_match *match,
                 const struct kit_wait *w, const struct held *came)
{
    struct kit_text text = {0};

    kit_say(&text, "probe \"%s\": expected %s", p->name, what);
    kit_say_match(p->test, &text, match);
    kit_say_time(&text, w->timeout_ns);
    if (came != NULL)
        say_held(p, &text, came);
    else
        kit_say(&text, "; nothing came%s", w->idle ? ", and no actor can run" : "");
    kit_fail(p->test, &text);
}

/* --- expectations --- */

static struct held **find_kept(weft_probe *p, const weft_match *match)
{
    for (struct held **link = &p->kept; *link != NULL; link = &(*link)->next)
        if (weft_matches(match, (*link)->msg))
            return link;
    return NULL;
}

/* The next one, whatever it is, or the first that is meant; NULL: it did not come. */
static struct held **await(weft_probe *p, const weft_match *match, struct kit_wait *w)
{
    struct held **link;
    weft_msg *msg;
    bool more = true;

    for (;;) {
        take_in(p);
        link = find_kept(p, match);
        if (link != NULL || !more)
            return link;
        more = kit_wait_port(w, p->port, &msg);
        if (msg != NULL)
            keep(p, msg);
    }
}

weft_msg *weft_probe_expect(weft_probe *probe, weft_match match, uint64_t timeout_ns)
{
    struct kit_wait w = kit_wait_begin(probe->test, timeout_ns);
    weft_match any = weft_match_any();
    struct held **next = await(probe, &any, &w);

    if (next != NULL && weft_matches(&match, (*next)->msg))
        return give(probe, next);
    fail(probe, "the next message to be ", &match, &w, probe->kept);
    return NULL;
}

weft_msg *weft_probe_find(weft_probe *probe, weft_match match, uint64_t timeout_ns)
{
    struct kit_wait w = kit_wait_begin(probe->test, timeout_ns);
    struct held **found = await(probe, &match, &w);

    if (found != NULL)
        return give(probe, found);
    fail(probe, "", &match, &w, probe->kept);
    return NULL;
}

bool weft_probe_get(weft_probe *probe, const weft_type *type, void *object,
                    uint64_t timeout_ns)
{
    const weft_msg *msg = weft_probe_expect(probe, weft_match_type(type), timeout_ns);

    return msg != NULL && weft_get(msg, type, object);
}

const void *weft_probe_see(weft_probe *probe, const weft_type *type, uint64_t timeout_ns)
{
    const weft_msg *msg = weft_probe_expect(probe, weft_match_type(type), timeout_ns);

    return msg != NULL ? weft_see(msg, type) : NULL;
}

bool weft_probe_expect_none(weft_probe *probe, weft_match match, uint64_t for_ns)
{
    struct held **found;
    struct kit_wait w;

    if (!weft_test_settle(probe->test, 0))
        return false;
    w = kit_wait_for(probe->test, for_ns);
    found = await(probe, &match, &w);
    if (found == NULL)
        return true;
    fail(probe, "none of: ", &match, &w, *found);
    return false;
}
