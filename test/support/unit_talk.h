/* test/support/unit_talk.h: actors of the tests about questions, answers and waiting. */
#ifndef WEFT_TEST_UNIT_TALK_H
#define WEFT_TEST_UNIT_TALK_H

#include "test/support/unit_story.h"

/* The state of all of them; the beginning is their args. */
struct talker {
    unsigned who; /* whose story it tells */
    weft_pid other;
    uint64_t word;
    weft_due due;
    weft_question question;
    unsigned n;
};

static inline struct talker talker_of(unsigned who, weft_pid other)
{
    return (struct talker){.who = who, .other = other};
}

/* static const weft_behavior NAME, whose state are its args; more members may follow. */
#define Talker(name_, ...)                                                     \
    static const weft_behavior name_ =                                         \
        WEFT_BEHAVIOR(#name_, struct talker, __VA_ARGS__, .stop = talker_stop, \
                      .destroy = talker_destroy, .args_size = sizeof(struct talker))

static inline void talker_stop(weft_self *self, void *state, const weft_reason *reason)
{
    (void)self;
    story_tell(((struct talker *)state)->who, "stop %d", (int)reason->exit);
}

static inline void talker_destroy(void *state)
{
    story_tell(((struct talker *)state)->who, "destroy");
}

/* Tells the message's word; or what failed. */
static inline void talker_tell(struct talker *t, const weft_msg *msg)
{
    if (weft_failure(msg) != 0)
        story_tell(t->who, "%s", weft_err_name(weft_failure(msg)));
    else
        story_tell(t->who, "%u", (unsigned)weft_word(msg));
}

static inline weft_next talker_tells(weft_self *self, void *state, weft_msg *msg)
{
    talker_tell(state, msg);
    return weft_stay(self);
}

/* Answers a question with its word plus 1, now. */
static inline weft_next talker_answers(weft_self *self, void *state, weft_msg *msg)
{
    (void)state;
    weft_reply_word(self, msg, TELL, weft_word(msg) + 1);
    return weft_stay(self);
}

/* Keeps the right to answer, for ever. */
static inline weft_next talker_keeps(weft_self *self, void *state, weft_msg *msg)
{
    struct talker *t = state;

    t->due = weft_reply_later(self, msg);
    story_tell(t->who, "keeps %u", (unsigned)weft_word(msg));
    return weft_stay(self);
}

static inline weft_pid talker_spawn(weft_runtime *rt, unsigned who,
                                    const weft_behavior *behavior, weft_pid other)
{
    struct talker args = talker_of(who, other);

    return story_spawn(rt, who, behavior, &args);
}

#define cast_to(rt, pid, tag, word) cr_assert_eq(weft_rt_cast_word(rt, pid, tag, word), 0)

#endif
