/* test/support/install_c.c: a program of somebody who has only installed Weft.
 *
 * tools/dev/check_install compiles it outside the tree, in C and against jemalloc. It
 * sends one number through two actors and is content if it comes out at the end. */
#include <weft.h>

#define NUMBER_FIELDS(F) F(int64_t, value)
WEFT_MESSAGE(number, 1, NUMBER_FIELDS)

struct relay {
    weft_pid next;
};

static weft_next relaying(weft_self *self, void *state, weft_msg *msg)
{
    const struct relay *relay = state;
    struct number number;

    if (!number_get(msg, &number))
        return weft_fail(self, 1, "not a number");
    weft_cast(self, relay->next, number_msg(number.value + 1));
    return weft_stop(self);
}

static weft_next ending(weft_self *self, void *state, weft_msg *msg)
{
    struct number number = {0};

    (void)state;
    if (number_get(msg, &number))
        weft_exit(self, (int)number.value);
    return weft_stay(self);
}

static const weft_behavior relay_behavior =
    WEFT_BEHAVIOR("relay", struct relay, relaying, .args_size = sizeof(struct relay));
static const weft_behavior end_behavior = WEFT_STATELESS("end", ending);

int main(void)
{
    weft_runtime *rt = NULL;
    weft_options options;
    struct relay relay;
    weft_pid first;
    int code;

    weft_options_init(&options);
#ifdef WITH_JEMALLOC
    options.allocator = weft_jemalloc();
#endif
    if (weft_start(&rt, &options) < 0)
        return 1;
    if (weft_rt_spawn(rt, &end_behavior, NULL, &relay.next) < 0 ||
        weft_rt_spawn(rt, &relay_behavior, &relay, &first) < 0 ||
        weft_rt_cast(rt, first, number_msg(41)) < 0)
        return 2;
    code = weft_run(rt);
    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        return 3;
    return code == 42 ? 0 : 4;
}
