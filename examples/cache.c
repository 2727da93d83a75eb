/* cache.c: timers. A cache forgets what is older than its time to live; what is put in again lives
 * on, and the timer of before is cancelled: it is not handled, even if it had gone off. */
#include <inttypes.h>
#include <stdio.h>
#include <weft.h>

enum { TAG_PUT = 1, TAG_GET, TAG_VALUE, TAG_EXPIRED, TAG_BEAT, SLOTS = 256 };

struct cache {
    struct slot {
        uint64_t value;
        weft_timer expiry; /* 0: the slot is free */
    } slot[SLOTS];
};

static void put(weft_self *self, struct cache *cache, uint64_t value)
{
    uint64_t number = value % SLOTS;
    struct slot *slot = &cache->slot[number];

    weft_cancel(self, slot->expiry); /* 0 is no timer */
    slot->value = value;
    if (weft_cast_after(self, weft_self_pid(self), weft_word_letter(TAG_EXPIRED, number),
                        WEFT_MS(30), &slot->expiry) < 0)
        slot->expiry = 0; /* what cannot expire is not kept */
}

static weft_next caching(weft_self *self, void *state, weft_msg *msg)
{
    struct cache *cache = state;
    struct slot *slot = &cache->slot[weft_word(msg) % SLOTS];

    if (weft_tag(msg) == TAG_PUT)
        put(self, cache, weft_word(msg));
    else if (weft_tag(msg) == TAG_GET)
        weft_reply_word(self, msg, TAG_VALUE, slot->expiry != 0 ? slot->value : 0);
    else if (weft_tag(msg) == TAG_EXPIRED)
        slot->expiry = 0;
    return weft_stay(self);
}

static const weft_behavior cache = WEFT_BEHAVIOR("cache", struct cache, caching);

/* --- one who uses it: it puts a value in again and again, and then no more --- */

struct user {
    weft_pid cache; /* the args begin the state */
    weft_timer beat;
    unsigned beats;
};

enum { VALUE = 1042, PUTS = 5 };

static weft_next heard(weft_self *self, void *state, weft_msg *answer)
{
    struct user *user = state;

    if (weft_failure(answer) == 0)
        printf("beat %u: %" PRIu64 "\n", user->beats, weft_word(answer));
    if (user->beats > PUTS && weft_word(answer) == 0)
        weft_exit(self, 0); /* it is forgotten */
    return weft_stay(self);
}

static weft_next using(weft_self *self, void *state, weft_msg *msg)
{
    struct user *user = state;

    (void)msg;
    if (++user->beats <= PUTS)
        weft_cast_word(self, user->cache, TAG_PUT, VALUE);
    return weft_await_word(self, user->cache, TAG_GET, VALUE, WEFT_SEC(1), heard);
}

static weft_next user_init(weft_self *self, void *state, const void *args)
{
    struct user *user = state;

    user->cache = *(const weft_pid *)args;
    return weft_cast_every(self, weft_self_pid(self), weft_signal(TAG_BEAT), WEFT_MS(10),
                           &user->beat) < 0
               ? weft_fail(self, WEFT_ENOMEM, "no timer")
               : weft_stay(self);
}

static const weft_behavior user = WEFT_BEHAVIOR(
    "user", struct user, using, .init = user_init, .args_size = sizeof(weft_pid));

int main(void)
{
    weft_runtime *rt = NULL;
    weft_pid pid;
    int code = 1;

    if (weft_start(&rt, NULL) < 0)
        return 1;
    if (weft_rt_spawn(rt, &cache, NULL, &pid) == 0 &&
        weft_rt_spawn(rt, &user, &pid, &pid) == 0)
        code = weft_run(rt);
    return weft_finish(rt, WEFT_SEC(5)) < 0 ? 1 : code;
}
