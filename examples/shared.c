/* shared.c: one forecast for many readers, and a desk that keeps what it is sent.
 *
 *   main ---draft---> editor ===forecast===> reader 1 .. reader 1000 ---receipt---> editor
 *                        \---forecast---> desk ---(forwarded, once asked for)---> archive
 *
 * The editor takes a draft over, makes one object of it that all readers are sent, and copies
 * it nowhere. The desk keeps the letter in its state until somebody asks for it. Readers are
 * given a handle in place of the editor's pid: it admits receipts and nothing else. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft.h>

enum { TAG_FORECAST = 1, TAG_READ, TAG_RECEIPT, TAG_ASK, READERS = 1000, TEXT_MAX = 100 };

static atomic_int texts_alive; /* only to show at the end that none was forgotten */

static void forecast_done(void *object);

#define FORECAST_FIELDS(F) F(char *, text) F(weft_handle, receipts)
WEFT_BLOCK(forecast, TAG_FORECAST, FORECAST_FIELDS, forecast_done)

/* Whoever is the last to have it comes here, once. */
static void forecast_done(void *object)
{
    free(((struct forecast *)object)->text);
    atomic_fetch_sub(&texts_alive, 1);
}

/* What readers call a receipt is a count of one to the editor. */
static weft_letter receipt_to_count(weft_letter letter)
{
    (void)letter;
    return weft_word_letter(TAG_READ, 1);
}

WEFT_INTERFACE(receipts, receipt_to_count, TAG_RECEIPT)

/* --- readers: read, and say so --- */

static weft_next reading(weft_self *self, void *state, weft_msg *msg)
{
    const struct forecast *forecast =
        forecast_see(msg); /* forecast_at: not ours to change */

    (void)state;
    if (forecast == NULL || strcmp(forecast->text, "tomorrow: rain") != 0)
        return weft_fail(self, 1, "a reader got something else");
    weft_handle_cast(self, forecast->receipts, weft_signal(TAG_RECEIPT));
    return weft_stop(self);
}

static const weft_behavior reader = WEFT_STATELESS("reader", reading);

/* --- the desk: keeps the last forecast, and gives it to who asks --- */

struct desk {
    weft_letter kept;
};

static weft_next keeping(weft_self *self, void *state, weft_msg *msg)
{
    struct desk *desk = state;

    if (weft_tag(msg) == TAG_ASK) {
        weft_reply(self, msg, desk->kept); /* given away, */
        desk->kept = weft_signal(0);       /* and no longer ours */
    } else {
        weft_letter_drop(desk->kept);
        desk->kept = weft_take(self, msg);
    }
    return weft_stay(self);
}

static void desk_destroy(void *state)
{
    weft_letter_drop(((struct desk *)state)->kept);
}

static const weft_behavior desk =
    WEFT_BEHAVIOR("desk", struct desk, keeping, .destroy = desk_destroy);

/* --- the archive: prints what it gets --- */

static weft_next archiving(weft_self *self, void *state, weft_msg *msg)
{
    const struct forecast *forecast = forecast_see(msg);

    (void)state;
    if (forecast != NULL)
        printf("for the archive: %s\n", forecast->text);
    weft_exit(self, forecast != NULL ? 0 : 1);
    return weft_stay(self);
}

static const weft_behavior archive = WEFT_STATELESS("archive", archiving);

/* --- the editor --- */

struct editor {
    weft_pid desk, archive; /* the args begin the state */
    uint64_t read;
};

static int spread(weft_self *self, weft_pid desk_pid, weft_letter draft)
{
    weft_letter forecast;
    weft_pid pid;
    int error = weft_share(self, draft, &forecast);

    if (error < 0) {
        weft_letter_drop(draft); /* it is still ours */
        return error;
    }
    for (int i = 0; i < READERS && error == 0; i++) {
        error = weft_spawn(self, &reader, NULL, &pid);
        if (error == 0)
            error = weft_cast(self, pid, weft_letter_copy(&forecast));
    }
    weft_cast(self, desk_pid, forecast); /* the last one: it need not be copied */
    return error;
}

static weft_next editing(weft_self *self, void *state, weft_msg *msg)
{
    struct editor *editor = state;
    struct forecast *draft = forecast_at(msg);

    if (draft != NULL) {
        draft->receipts = weft_handle_make(weft_self_pid(self), &receipts);
        if (spread(self, editor->desk, weft_take(self, msg)) < 0)
            weft_exit(self, 1);
    } else if (weft_tag(msg) == TAG_READ) {
        editor->read += weft_word(msg);
        if (editor->read == READERS)
            weft_cast(self, editor->desk, weft_signal(TAG_ASK));
    } else {
        printf("%" PRIu64 " readers have read it\n", editor->read);
        weft_forward(self, editor->archive, msg); /* the desk's answer, as it came */
    }
    return weft_stay(self);
}

static const weft_behavior editor =
    WEFT_BEHAVIOR("editor", struct editor, editing, .args_size = 2 * sizeof(weft_pid));

static int run(weft_runtime *rt)
{
    struct forecast draft = {.text = malloc(TEXT_MAX)};
    weft_pid args[2];
    weft_pid pid;
    int error = weft_rt_spawn(rt, &desk, NULL, &args[0]);

    if (draft.text == NULL)
        return WEFT_ENOMEM;
    atomic_fetch_add(&texts_alive, 1);
    snprintf(draft.text, TEXT_MAX, "tomorrow: rain");
    if (error == 0)
        error = weft_rt_spawn(rt, &archive, NULL, &args[1]);
    if (error == 0)
        error = weft_rt_spawn(rt, &editor, args, &pid);
    if (error < 0)
        weft_letter_drop(forecast_msg(&draft)); /* as if it could not be sent */
    else
        error = weft_rt_cast(rt, pid, forecast_msg(&draft));
    return error < 0 ? error : weft_run(rt);
}

int main(void)
{
    weft_runtime *rt = NULL;
    int code = weft_start(&rt, NULL);

    if (code == 0)
        code = run(rt);
    if (code < 0)
        fprintf(stderr, "shared: %s\n", weft_strerror(code));
    if (weft_finish(rt, WEFT_SEC(30)) < 0)
        code = 1;
    printf("texts left in memory: %d\n", atomic_load(&texts_alive));
    return code == 0 && atomic_load(&texts_alive) == 0 ? 0 : 1;
}
