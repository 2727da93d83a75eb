/* pipeline.c: three stages, and messages that own memory.
 *
 *   source ---line---> shout ---line---> sink
 *
 * A line owns its text. Its type says once how that is released, and from then on it is
 * released exactly once wherever the line's way ends: handled, or dead. A stage changes a
 * line in place and forwards the message: nothing is copied. */
#include <ctype.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft.h>

enum { TAG_GO = 1, TAG_LINE };
enum { FAIL_NO_MEMORY = 1 };

static const uint32_t line_count = 1000;
static atomic_int texts_alive; /* only to show at the end that none was forgotten */

#define LINE_FIELDS(F) F(uint32_t, number) F(char *, text)

static void line_done(void *object);

WEFT_BLOCK(line, TAG_LINE, LINE_FIELDS, line_done)

/* Releases what a line owns. */
static void line_done(void *object)
{
    struct line *line = object;

    atomic_fetch_sub(&texts_alive, 1);
    free(line->text);
}

/* A stage is told whom to give its lines to; without an init args begin the state. */
struct stage {
    weft_pid next;
    uint32_t lines;
};

/* --- source: one line at each call, so that its neighbours have their turn --- */

static weft_next producing(weft_self *self, void *state, weft_msg *msg)
{
    struct stage *stage = state;
    struct line line = {.number = stage->lines, .text = malloc(32)};

    (void)msg; /* TAG_GO, the same at each call */
    if (line.text == NULL) {
        weft_exit(self, 1);
        return weft_fail(self, FAIL_NO_MEMORY, "no memory for a line");
    }
    atomic_fetch_add(&texts_alive, 1);
    snprintf(line.text, 32, "this is line %" PRIu32, line.number);

    weft_cast(self, stage->next, line_msg(&line)); /* the text is the message's now */
    stage->lines++;
    return stage->lines < line_count ? weft_yield(self) : weft_stop(self);
}

/* --- shout: changes a line and passes it on --- */

static weft_next shouting(weft_self *self, void *state, weft_msg *msg)
{
    struct stage *stage = state;
    struct line *line = line_at(msg);

    if (line == NULL)
        return weft_stay(self);
    for (char *c = line->text; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    weft_forward(self, stage->next, msg); /* the line is the next stage's now */
    return weft_stay(self);
}

/* --- sink: checks what arrives, in order, and ends the program with the last --- */

static weft_next checking(weft_self *self, void *state, weft_msg *msg)
{
    struct stage *stage = state;
    struct line *line = line_at(msg);
    char expected[32];

    if (line == NULL)
        return weft_stay(self);
    snprintf(expected, sizeof expected, "THIS IS LINE %" PRIu32, stage->lines);
    if (strcmp(line->text, expected) != 0)
        weft_exit(self, 1);
    stage->lines++;
    if (stage->lines == line_count) {
        printf("%" PRIu32 " lines, the last one reads: %s\n", stage->lines, line->text);
        weft_exit(self, 0);
    }
    return weft_stay(self);
}

#define STAGE(name, step) \
    WEFT_BEHAVIOR(name, struct stage, step, .args_size = sizeof(weft_pid))

static const weft_behavior source = STAGE("source", producing);
static const weft_behavior shout = STAGE("shout", shouting);
static const weft_behavior sink = STAGE("sink", checking);

/* Lays the pipeline from its end, since each stage has to know the next one. */
static int run(weft_runtime *rt)
{
    weft_pid last;
    weft_pid middle;
    weft_pid first;
    int error = weft_rt_spawn(rt, &sink, NULL, &last);

    if (error == 0)
        error = weft_rt_spawn(rt, &shout, &last, &middle);
    if (error == 0)
        error = weft_rt_spawn(rt, &source, &middle, &first);
    if (error == 0)
        error = weft_rt_cast_word(rt, first, TAG_GO, 0);
    return error < 0 ? error : weft_run(rt);
}

int main(void)
{
    weft_runtime *rt = NULL;
    int code = weft_start(&rt, NULL);

    if (code == 0)
        code = run(rt);
    if (code < 0)
        fprintf(stderr, "pipeline: %s\n", weft_strerror(code));
    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        code = 1;
    printf("texts left in memory: %d\n", atomic_load(&texts_alive));
    return code == 0 && atomic_load(&texts_alive) == 0 ? 0 : 1;
}
