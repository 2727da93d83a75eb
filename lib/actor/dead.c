/* lib/actor/dead.c: telling the embedder about messages that nobody will handle. */
#include "lib/actor/runtime.h"

#include <weft/look.h>

static void tell_dead(const weft_runtime *rt, const weft_dead_info *info)
{
    rt->options.on_dead_letter(rt->options.context, info);
}

COLD void dead_record(const weft_runtime *rt, const struct record *r,
                      enum weft_dead_letter why)
{
    const weft_msg *msg = (const weft_msg *)(const void *)r;
    weft_dead_info info = {
        .to = r->to, .from = r->from, .why = why, .tag = record_tag(r)};

    if (rt->options.on_dead_letter == NULL)
        return;
    info.payload = weft_payload(msg, &info.size);
    info.type = weft_msg_type(msg);
    tell_dead(rt, &info);
}

COLD void dead_letter(const weft_runtime *rt, weft_pid from, weft_pid to,
                      const weft_letter *letter, enum weft_dead_letter why)
{
    weft_dead_info info = {.to = to, .from = from, .why = why, .tag = letter->tag};

    if (rt->options.on_dead_letter == NULL)
        return;
    if (why != WEFT_DEAD_MALFORMED && letter->form == WEFT_LETTER_SMALL) {
        info.payload = letter->word;
        info.size = letter->size;
    } else if (why != WEFT_DEAD_MALFORMED) {
        info.type = letter_type(letter);
        info.payload = letter_object(letter);
        info.size = info.type->size;
    }
    tell_dead(rt, &info);
}
