/* lib/test/dead.c: dead letters: how many there are, and the last of them. */
#include "lib/test/kit.h"

#include <inttypes.h>

void kit_on_dead_letter(void *context, const weft_dead_info *dead)
{
    weft_test *t = context;

    if (t->runtime.on_dead_letter != NULL)
        t->runtime.on_dead_letter(t->runtime.context, dead);
    pthread_mutex_lock(&t->lock);
    t->last_dead[t->dead_noted++ % KIT_DEAD] = *dead;
    pthread_mutex_unlock(&t->lock);
}

static void say_one(const weft_test *t, struct kit_text *text, const weft_dead_info *dead)
{
    static const char *const why[] = {
#define WHY(NAME, name, text) [WEFT_DEAD_##NAME] = text,
        WEFT_DEAD_LETTERS(WHY)
#undef WHY
    };

    kit_say_tag(t, text, dead->tag);
    kit_say(text, " for ");
    kit_say_pid(text, dead->to);
    kit_say(text, " from ");
    kit_say_pid(text, dead->from);
    kit_say(text, " (%s)", why[dead->why]);
}

/* The last of so many. */
static void say_last(weft_test *t, struct kit_text *text, uint64_t many)
{
    uint64_t shown = many < KIT_DEAD ? many : KIT_DEAD;

    pthread_mutex_lock(&t->lock);
    if (shown > t->dead_noted)
        shown = t->dead_noted;
    for (uint64_t i = t->dead_noted - shown; i < t->dead_noted; i++) {
        kit_say(text, i + shown == t->dead_noted ? ": " : "; ");
        say_one(t, text, &t->last_dead[i % KIT_DEAD]);
    }
    pthread_mutex_unlock(&t->lock);
}

static uint64_t counted(const weft_test *t)
{
    weft_stats stats;
    uint64_t n = 0;

    weft_stats_read(t->rt, &stats);
    for (int i = 0; i < WEFT_DEAD_LETTER_REASONS; i++)
        n += stats.dead[i];
    return n;
}

bool weft_test_expect_dead_letters(weft_test *test, uint64_t count)
{
    struct kit_text text = {0};
    uint64_t before = test->dead, more;

    if (!weft_test_settle(test, 0))
        return false;
    test->dead = counted(test);
    more = test->dead - before;
    if (more == count)
        return true;
    kit_say(&text, "expected %" PRIu64 " dead letters; there are %" PRIu64, count, more);
    say_last(test, &text, more);
    return kit_fail(test, &text);
}
