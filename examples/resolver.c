/* resolver.c: names. A service registers a name in its init, and there is to be one of it. Who
 * needs it looks it up, keeps the pid, and looks again when that one has ended. */
#include <inttypes.h>
#include <stdio.h>
#include <weft.h>

enum { TAG_LOOKUP = 1, TAG_ANSWER, TAG_GO };

static weft_next service_init(weft_self *self, void *state, const void *args)
{
    (void)state, (void)args;
    return weft_register(self, "resolver") == 0
               ? weft_stay(self)
               : weft_stop(self); /* another one was first */
}

/* It bears three questions. */
static weft_next resolving(weft_self *self, void *state, weft_msg *msg)
{
    unsigned *answered = state;

    weft_reply_word(self, msg, TAG_ANSWER, weft_word(msg) ^ 0xff);
    return ++*answered == 3 ? weft_stop(self) : weft_stay(self);
}

static const weft_behavior resolver =
    WEFT_BEHAVIOR("resolver", unsigned, resolving, .init = service_init);

/* --- who uses it --- */

enum { QUESTIONS = 8 };

struct user {
    weft_pid resolver;
    uint64_t number;
};

static weft_next heard(weft_self *self, void *state, weft_msg *answer);

/* Makes one if there is none; of several who do so at a time one wins. */
static weft_next ask(weft_self *self, struct user *user)
{
    if (user->resolver == WEFT_NOBODY) {
        user->resolver = weft_whereis_of(self, "resolver", &resolver);
        if (user->resolver == WEFT_NOBODY &&
            weft_spawn(self, &resolver, NULL, &user->resolver) < 0)
            return weft_fail(self, WEFT_ENOMEM, "no resolver");
    }
    return weft_await_word(self, user->resolver, TAG_LOOKUP, user->number, WEFT_SEC(1),
                           heard);
}

static weft_next heard(weft_self *self, void *state, weft_msg *answer)
{
    struct user *user = state;

    if (weft_failure(answer) != 0) { /* it has ended: look again */
        user->resolver = WEFT_NOBODY;
        return ask(self, user);
    }
    printf("%" PRIu64 " is %" PRIu64 "\n", user->number, weft_word(answer));
    if (++user->number < QUESTIONS)
        return ask(self, user);
    weft_exit(self, 0);
    return weft_stay(self);
}

static weft_next begin(weft_self *self, void *state, weft_msg *msg)
{
    (void)msg;
    return ask(self, state);
}

static const weft_behavior user = WEFT_BEHAVIOR("user", struct user, begin);

int main(void)
{
    weft_runtime *rt = NULL;
    weft_pid pid;
    int code = 1;

    if (weft_start(&rt, NULL) < 0)
        return 1;
    if (weft_rt_spawn_named(rt, &resolver, NULL, "another name", &pid) == 0 &&
        weft_rt_spawn(rt, &user, NULL, &pid) == 0 &&
        weft_rt_cast_word(rt, pid, TAG_GO, 0) == 0)
        code = weft_run(rt);
    return weft_finish(rt, WEFT_SEC(5)) < 0 ? 1 : code;
}
