/* chat.c: process groups. Guests of a room get what is published in it; who watches the room knows
 * who is there. Nobody has to say goodbye: a guest that ends has left. */
#include <stdio.h>
#include <weft.h>

enum { TAG_ENTER = 1, TAG_SAY, TAG_HEARD };

static const char room[] = "room:weavers";

/* --- guests --- */

static weft_next chatting(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    if (weft_tag(msg) == TAG_ENTER && weft_join(self, NULL, room) < 0)
        return weft_fail(self, 1, "the room is full");
    if (weft_tag(msg) == TAG_SAY) /* to all, ourselves as well */
        weft_publish(self, NULL, room, weft_word_letter(TAG_HEARD, weft_word(msg)));
    if (weft_tag(msg) == TAG_HEARD && weft_word(msg) == 0)
        return weft_stop(self); /* the lights are out */
    return weft_stay(self);
}

static const weft_behavior guest = WEFT_STATELESS("guest", chatting);

/* --- the host: it sees who comes and who goes --- */

enum { GUESTS = 3 };

struct host {
    weft_pid guest[GUESTS];
    int there;
    unsigned left;
};

static weft_next host_init(weft_self *self, void *state, const void *args)
{
    struct host *host = state;

    (void)args;
    host->there = weft_watch_group(self, NULL, room, NULL, 0, NULL);
    for (int i = 0; i < GUESTS && host->there >= 0; i++)
        if (weft_spawn(self, &guest, NULL, &host->guest[i]) < 0 ||
            weft_cast_word(self, host->guest[i], TAG_ENTER, 0) < 0)
            host->there = -1;
    return host->there < 0 ? weft_fail(self, 1, "no chat") : weft_stay(self);
}

static weft_next hosting(weft_self *self, void *state, weft_msg *msg)
{
    struct host *host = state;
    weft_group_event event;

    if (!weft_group_event_get(msg, &event))
        return weft_stay(self);
    host->there += event.joined ? 1 : -1;
    host->left += !event.joined;
    printf("one %s %s: %d\n", event.joined ? "enters" : "leaves", event.group,
           host->there);
    if (event.joined && host->there == GUESTS)
        weft_cast_word(self, host->guest[0], TAG_SAY, 0); /* "good night" */
    if (host->left == GUESTS)
        weft_exit(self, 0);
    return weft_stay(self);
}

static const weft_behavior host =
    WEFT_BEHAVIOR("host", struct host, hosting, .init = host_init);

int main(void)
{
    weft_runtime *rt = NULL;
    weft_pid pid;
    int code = 1;

    if (weft_start(&rt, NULL) < 0)
        return 1;
    if (weft_rt_spawn(rt, &host, NULL, &pid) == 0)
        code = weft_run(rt);
    return weft_finish(rt, WEFT_SEC(5)) < 0 ? 1 : code;
}
