/* bounded.c: a logger that cannot keep up does not eat the memory, and urgent lines do not wait.
 *
 *   main ---go---> worker ---line---> logger   (room for 100 lines)
 *                    \---line that came back: counted as lost, and freed
 *
 * The worker writes more lines in one step than the logger has room for. weft_try_cast gives
 * back what does not fit, with what it owns. Alarms are handled before the lines that wait. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft.h>

enum { TAG_GO = 1, TAG_LINE, TAG_ALARM, TAG_LAST, LINES = 1000, ROOM = 100 };

static void line_done(void *object);

#define LINE_FIELDS(F) F(char *, text)
WEFT_BLOCK(line, TAG_LINE, LINE_FIELDS, line_done)

static void line_done(void *object)
{
    free(((struct line *)object)->text);
}

/* --- the logger --- */

struct logger {
    unsigned lines, before_alarm;
};

static unsigned urgency(const weft_msg *msg)
{
    return weft_tag(msg) == TAG_ALARM ? WEFT_PRIORITY_MAX : 0;
}

static weft_next logging(weft_self *self, void *state, weft_msg *msg)
{
    struct logger *logger = state;

    if (weft_tag(msg) == TAG_ALARM) {
        logger->before_alarm = logger->lines;
    } else if (weft_tag(msg) == TAG_LAST) {
        printf("%u lines logged, %u of them before the alarm\n", logger->lines,
               logger->before_alarm);
        weft_exit(self, logger->lines == ROOM - 1 && logger->before_alarm == 0 ? 0 : 1);
    } else if (line_see(msg) != NULL) {
        logger->lines++;
    }
    return weft_stay(self);
}

static const weft_behavior logger =
    WEFT_BEHAVIOR("logger", struct logger, logging, .mailbox_max = ROOM,
                  .overflow = WEFT_OVERFLOW_REFUSE, .priority = urgency);

/* --- the worker --- */

/* Takes the text. */
static int log_line(weft_self *self, weft_pid to, char *text)
{
    const struct line line = {.text = text};
    int error = weft_try_cast(self, to, line_msg(&line));

    if (error < 0)
        free(text); /* it came back: still ours */
    return error;
}

static weft_next working(weft_self *self, void *state, weft_msg *msg)
{
    const weft_pid *to = state;
    unsigned lost = 0;

    (void)msg;
    for (unsigned i = 1; i < ROOM; i++)
        lost += log_line(self, *to, strdup("so far so good")) < 0;
    weft_cast_word(self, *to, TAG_ALARM, 0); /* the last that there is room for */
    for (unsigned i = ROOM; i < LINES; i++)
        lost += log_line(self, *to, strdup("and on it goes")) == WEFT_EFULL;
    printf("%u lines did not fit\n", lost);
    return weft_stop(self);
}

static const weft_behavior worker =
    WEFT_BEHAVIOR("worker", weft_pid, working, .args_size = sizeof(weft_pid));

int main(void)
{
    weft_options options;
    weft_runtime *rt = NULL;
    weft_pid to, from;
    int error, code;

    weft_options_init(&options);
    options.workers = 1;
    options.memory_max = 64 << 20; /* and the whole of it has a limit, too */
    error = weft_start(&rt, &options);
    if (error < 0) {
        fprintf(stderr, "weft: %s\n", weft_strerror(error));
        return 1;
    }
    error = weft_rt_spawn(rt, &logger, NULL, &to);
    if (error == 0)
        error = weft_rt_spawn(rt, &worker, &to, &from);
    if (error == 0)
        error = weft_rt_cast_word(rt, from, TAG_GO, 0);
    /* The worker has ended when there is nobody to take another word; then the logger, which
     * has room again sooner or later, hears that this was all. */
    while (error == 0 && weft_rt_alive(rt, from))
        continue;
    while (error == 0 && (error = weft_rt_cast_word(rt, to, TAG_LAST, 0)) == WEFT_EFULL)
        error = 0;
    code = error == 0 ? weft_run(rt) : 1;
    weft_finish(rt, WEFT_SEC(30));
    return code;
}
