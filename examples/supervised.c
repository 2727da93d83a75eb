/* supervised.c: a pipeline of three stages, of which one fails now and then.
 *
 *     main --lines--> trim --> shout --> sink
 *
 * One table says what the children are, and what to do when one fails: start it again, and those
 * behind it in the order of start. Children keep their pids when they start again, and the lines
 * that wait for them: only the line at which a stage failed is lost. Each stage finds the next
 * through its supervisor, once, in its init: all have their pids before the first of them begins. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <weft.h>

enum { TAG_LINE = 1, LINE = WEFT_SMALL_MAX, NOT_TO_BE_SHOUTED = 3 };

static const char *const lines[] = {
    "  warp",    "   weft", "* a line that cannot be shouted",
    "  shuttle", " loom",   "    cloth"};
enum { LINES = sizeof lines / sizeof lines[0], GOOD_LINES = LINES - 1 };

/* --- what the stages have in common --- */

struct stage {
    weft_pid next;
};

static weft_next stage_init(weft_self *self, void *state, const void *args)
{
    struct stage *stage = state;

    stage->next = weft_sibling(self, *(const char *const *)args);
    return weft_stay(self);
}

static void copy_line(char line[LINE], const weft_msg *msg)
{
    size_t size;
    const void *payload = weft_payload(msg, &size);

    memcpy(line, payload, size);
    line[LINE - 1] = '\0';
}

static void pass_on(weft_self *self, const struct stage *stage, const char *line)
{
    weft_cast(self, stage->next, weft_small(TAG_LINE, line, strlen(line) + 1));
}

/* --- the stages --- */

static weft_next trimming(weft_self *self, void *state, weft_msg *msg)
{
    char line[LINE];

    copy_line(line, msg);
    pass_on(self, state, line + strspn(line, " "));
    return weft_stay(self);
}

static weft_next shouting(weft_self *self, void *state, weft_msg *msg)
{
    char line[LINE];

    copy_line(line, msg);
    if (line[0] == '*')
        return weft_fail(self, NOT_TO_BE_SHOUTED, "this cannot be shouted");
    for (char *at = line; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    pass_on(self, state, line);
    return weft_stay(self);
}

struct sink {
    unsigned got;
};

static weft_next sinking(weft_self *self, void *state, weft_msg *msg)
{
    struct sink *sink = state;
    char line[LINE];

    copy_line(line, msg);
    printf("%s\n", line);
    if (++sink->got == GOOD_LINES)
        weft_exit(self, 0);
    return weft_stay(self);
}

#define STAGE(name, step)                                       \
    WEFT_BEHAVIOR(name, struct stage, step, .init = stage_init, \
                  .args_size = sizeof(const char *))

static const weft_behavior trim = STAGE("trim", trimming);
static const weft_behavior shout = STAGE("shout", shouting);
static const weft_behavior sink = WEFT_BEHAVIOR("sink", struct sink, sinking);

/* --- the table --- */

static const char *const to_sink = "sink";
static const char *const to_shout = "shout";

static const weft_child stages[] = {
    {.id = "sink", .behavior = &sink, .shutdown_ns = WEFT_SEC(5)},
    {.id = "shout", .behavior = &shout, .args = &to_sink},
    {.id = "trim", .behavior = &trim, .args = &to_shout},
};

static const weft_supervisor pipeline = {
    .name = "pipeline",
    .strategy = WEFT_REST_FOR_ONE,
    .intensity = 5, /* restarts in a period, before the supervisor itself fails */
    .period_ns = WEFT_SEC(10),
    .backoff = {.least_ns = WEFT_MS(1), .most_ns = WEFT_SEC(5), .jitter = 0.2},
    .children = stages,
    .child_count = sizeof stages / sizeof stages[0],
};

static int run(weft_runtime *rt)
{
    uint64_t count, first;
    weft_pid supervisor;
    int error = weft_rt_supervise(rt, &pipeline, &supervisor);

    if (error == 0)
        error =
            weft_rt_await_word(rt, supervisor, weft_sup_ready(), WEFT_FOREVER, &count);
    if (error == 0)
        error = weft_rt_await_word(rt, supervisor, weft_sup_pid("trim"), WEFT_FOREVER,
                                   &first);
    for (int i = 0; i < LINES && error == 0; i++)
        error =
            weft_rt_cast(rt, first, weft_small(TAG_LINE, lines[i], strlen(lines[i]) + 1));
    return error < 0 ? error : weft_run(rt);
}

int main(void)
{
    weft_runtime *rt;
    int error = weft_start(&rt, NULL);

    if (error == 0) {
        error = run(rt);
        weft_finish(rt, WEFT_FOREVER);
    }
    if (error < 0)
        fprintf(stderr, "supervised: %s\n", weft_strerror(error));
    return error == 0 ? 0 : 1;
}
