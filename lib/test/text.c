/* lib/test/text.c: what is said about failures. */
#include "lib/test/kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void kit_say(struct kit_text *text, const char *format, ...)
{
    size_t room = sizeof text->s - text->used;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text->s + text->used, room, format, args);
    va_end(args);
    if (n > 0)
        text->used += (size_t)n < room ? (size_t)n : room - 1;
}

void kit_say_pid(struct kit_text *text, weft_pid pid)
{
    char name[WEFT_PID_TEXT];

    kit_say(text, "%s", weft_pid_text(pid, name));
}

void kit_say_time(struct kit_text *text, uint64_t ns)
{
    if (ns == WEFT_FOREVER)
        kit_say(text, " ever");
    else if (ns == 0)
        kit_say(text, " by now");
    else if (ns < WEFT_MS(1))
        kit_say(text, " within %" PRIu64 " ns", ns);
    else
        kit_say(text, " within %" PRIu64 " ms", ns / WEFT_MS(1));
}

void kit_say_error(struct kit_text *text, int error)
{
    const char *name = weft_err_name(error);

    if (name != NULL && error <= WEFT_EINVAL)
        kit_say(text, "%s", name);
    else
        kit_say(text, "%d", error);
}

/* --- messages --- */

void kit_say_tag(const weft_test *t, struct kit_text *text, uint32_t tag)
{
    const char *name = t->options.tag_name != NULL ? t->options.tag_name(tag) : NULL;

    kit_say(text, "tag %" PRIu32, tag);
    if (name != NULL)
        kit_say(text, " (%s)", name);
}

static void say_type(const weft_test *t, struct kit_text *text, const weft_type *type)
{
    kit_say(text, "\"%s\" with ", type->name);
    kit_say_tag(t, text, type->tag);
    kit_say(text, " and %" PRIu32 " bytes", type->size);
}

static void say_meant(const weft_test *t, struct kit_text *text, const weft_match *match)
{
    switch (match->kind) {
    case WEFT_MATCH_ANY:
        kit_say(text, "any message");
        break;
    case WEFT_MATCH_TAG:
        kit_say_tag(t, text, match->tag);
        break;
    case WEFT_MATCH_WORD:
        kit_say_tag(t, text, match->tag);
        kit_say(text, ", word %" PRIu64, match->word);
        break;
    case WEFT_MATCH_TYPE:
        say_type(t, text, match->type);
        break;
    case WEFT_MATCH_FAILURE:
        kit_say(text, "a failure");
        if (match->error != 0) {
            kit_say(text, ", ");
            kit_say_error(text, match->error);
        }
        break;
    case WEFT_MATCH_ANSWER:
        kit_say(text, "the answer to question %" PRIu64, match->word);
        break;
    case WEFT_MATCH_IF:
        kit_say(text, "%s", match->text != NULL ? match->text : "a certain message");
    }
}

void kit_say_match(const weft_test *t, struct kit_text *text, const weft_match *match)
{
    say_meant(t, text, match);
    if (match->from != WEFT_NOBODY) {
        kit_say(text, " from ");
        kit_say_pid(text, match->from);
    }
}

static void say_payload(const weft_test *t, struct kit_text *text, const weft_msg *msg)
{
    const weft_type *type = weft_msg_type(msg);
    size_t size;

    if (type != NULL) {
        say_type(t, text, type);
        return;
    }
    weft_payload(msg, &size);
    kit_say_tag(t, text, weft_tag(msg));
    if (size == 8)
        kit_say(text, ", word %" PRIu64, weft_word(msg));
    else if (size > 0)
        kit_say(text, ", %zu bytes", size);
}

void kit_say_msg(const weft_test *t, struct kit_text *text, const weft_msg *msg)
{
    if (weft_failure(msg) != 0) {
        kit_say(text, "a failure, ");
        kit_say_error(text, weft_failure(msg));
    } else {
        say_payload(t, text, msg);
    }
    if (weft_is_question(msg))
        kit_say(text, ", a question");
    if (weft_msg_question(msg) != 0)
        kit_say(text, ", to question %" PRIu64, weft_msg_question(msg));
    kit_say(text, ", from ");
    kit_say_pid(text, weft_sender(msg));
}

void kit_say_end(struct kit_text *text, enum weft_exit_kind exit, int code)
{
    static const char *const names[] = {[WEFT_EXIT_NORMAL] = "normally",
                                        [WEFT_EXIT_STOPPED] = "stopped",
                                        [WEFT_EXIT_KILLED] = "killed",
                                        [WEFT_EXIT_FAILED] = "failed",
                                        [WEFT_EXIT_SHUTDOWN] = "at shutdown",
                                        [WEFT_EXIT_DRAINED] = "drained",
                                        [WEFT_EXIT_LINKED] =
                                            "with an actor it was linked with"};
    size_t known = sizeof names / sizeof *names;

    kit_say(text, "%s", (size_t)exit < known ? names[exit] : "in a way unknown here");
    if (exit == WEFT_EXIT_FAILED) {
        kit_say(text, " with ");
        kit_say_error(text, code);
    }
}

/* --- failures --- */

bool kit_fail(weft_test *t, const struct kit_text *text)
{
    t->failure = *text;
    t->failures++;
    if (t->options.on_failure != NULL)
        t->options.on_failure(t->options.context, t->failure.s);
    return false;
}

unsigned weft_test_failures(const weft_test *test)
{
    return test->failures;
}

const char *weft_test_failure(const weft_test *test)
{
    return test->failure.s;
}

bool weft_test_check(weft_test *test, bool met, const char *text)
{
    struct kit_text said = {0};

    if (met)
        return true;
    kit_say(&said, "expected: %s", text);
    return kit_fail(test, &said);
}
