/* test/support/install_cc.cc: the same as install_c.c, in C++17. */
#include <weft.h>

#define NUMBER_FIELDS(F) F(int64_t, value)
WEFT_MESSAGE(number, 1, NUMBER_FIELDS)

namespace {

struct relay {
    weft_pid next;
};

weft_next relaying(weft_self *self, void *state, weft_msg *msg)
{
    const auto *to = static_cast<const relay *>(state);
    number received{};

    if (!number_get(msg, &received))
        return weft_fail(self, 1, "not a number");
    weft_cast(self, to->next, number_msg(received.value + 1));
    return weft_stop(self);
}

weft_next ending(weft_self *self, void *, weft_msg *msg)
{
    number received{};

    if (number_get(msg, &received))
        weft_exit(self, static_cast<int>(received.value));
    return weft_stay(self);
}

const weft_behavior relay_behavior =
    WEFT_BEHAVIOR("relay", relay, relaying, nullptr, nullptr, nullptr, sizeof(relay));
const weft_behavior end_behavior = WEFT_STATELESS("end", ending);

} /* namespace */

int main()
{
    weft_runtime *rt = nullptr;
    relay args{};
    weft_pid first;

    if (weft_start(&rt, nullptr) < 0)
        return 1;
    if (weft_rt_spawn(rt, &end_behavior, nullptr, &args.next) < 0 ||
        weft_rt_spawn(rt, &relay_behavior, &args, &first) < 0 ||
        weft_rt_cast(rt, first, number_msg(41)) < 0)
        return 2;
    const int code = weft_run(rt);
    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        return 3;
    return code == 42 ? 0 : 4;
}
